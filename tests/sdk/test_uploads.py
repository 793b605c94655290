"""App data on its way up: whatever happens to the connection, it arrives whole and once."""

import gzip
import hashlib
import tracemalloc

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_sdk import (
    APIError,
    AppDataWriter,
    ConsentError,
    IntegrityError,
    ScopeNotGrantedError,
    TransportError,
)
from portway_sdk._uploads import PIECE_BYTES, PlatformUpload
from portway_sdk.http import RetryPolicy
from support.sdk import TRANSFER, FakePlatform, Fault, ManualTime, a_caller, refusal

PIECE = 8
"""Small pieces make big uploads of small tests."""


def an_upload(platform, *, label=None, data_class=None, time=None, patience=600, piece=PIECE):
    caller = a_caller(platform.transport, time or ManualTime(), patience_seconds=patience)
    sink = PlatformUpload(
        caller,
        cleaner=caller,
        transfer_id=TRANSFER,
        label=label,
        data_class=data_class,
        policy=RetryPolicy(patience_seconds=patience),
    )
    return AppDataWriter(sink, label, piece_bytes=piece)


def upload_of(platform, *steps):
    """Write bytes, or call functions, one after the other inside the with block."""
    with an_upload(platform) as upload:
        for step in steps:
            step() if callable(step) else upload.write(step)
    return upload


def fail():
    raise KeyError


def methods(platform):
    return [request.split()[0] for request in platform.requests]


# What arrives


def test_a_small_upload_is_one_request():
    platform = FakePlatform()

    with an_upload(platform, label="notes-00001", data_class="APP_DATA_UGC") as upload:
        upload.write(b"hel")
        upload.write(b"lo")

    (key, stored), *others = platform.uploads.items()
    assert not others
    assert (stored.content, stored.label, stored.data_class) == (
        b"hello",
        "notes-00001",
        "APP_DATA_UGC",
    )
    assert methods(platform) == ["PUT"]
    assert upload.upload.key == key
    assert upload.upload.label == "notes-00001"
    assert upload.upload.size_bytes == 5
    assert upload.upload.sha256 == hashlib.sha256(b"hello").hexdigest()


def test_a_larger_upload_goes_in_pieces():
    platform = FakePlatform()

    with an_upload(platform, label="notes-00001", data_class="APP_DATA_UGC") as upload:
        upload.write(b"x" * (2 * PIECE + 1))

    (key, stored), *others = platform.uploads.items()
    assert not others
    assert (stored.content, stored.label, stored.data_class) == (
        b"x" * (2 * PIECE + 1),
        "notes-00001",
        "APP_DATA_UGC",
    )
    assert methods(platform) == ["POST", "PATCH", "PATCH", "PATCH"]
    assert upload.upload.key == key


def test_an_upload_of_exactly_one_piece_is_one_request():
    platform = FakePlatform()

    with an_upload(platform) as upload:
        upload.write(b"x" * PIECE)

    assert methods(platform) == ["PUT"]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize("written", [1, 3, PIECE, 100])
def test_any_size_arrives_however_it_is_written(size, written):
    platform, content = FakePlatform(), bytes(range(256))[:size]

    with an_upload(platform) as upload:
        for start in range(0, size, written):
            assert upload.write(content[start : start + written]) == len(
                content[start : start + written]
            )
        assert upload.tell() == size

    assert platform.stored == [content]


@pytest.mark.parametrize("label", [None, "", "notes", "é, with a comma", "a" * 300])
@pytest.mark.parametrize("size", [1, 3 * PIECE])
def test_a_label_arrives_as_it_was_given(label, size):
    platform = FakePlatform()

    with an_upload(platform, label=label) as upload:
        upload.write(b"x" * size)

    assert [stored.label for stored in platform.uploads.values()] == [label]
    assert upload.upload.label == label


def test_an_upload_without_a_byte_is_an_empty_file():
    platform = FakePlatform()

    with an_upload(platform) as upload:
        pass

    assert platform.stored == [b""]
    assert upload.upload.size_bytes == 0


def test_a_gzip_file_can_be_written_straight_into_it():
    platform = FakePlatform()

    with an_upload(platform) as upload, gzip.GzipFile(fileobj=upload, mode="wb") as packed:
        packed.write(b"hello" * 100)

    assert gzip.decompress(platform.stored[0]) == b"hello" * 100


def test_a_view_of_numbers_is_written_as_its_bytes():
    platform = FakePlatform()

    with an_upload(platform) as upload:
        assert upload.write(memoryview(b"\1\0\2\0").cast("h")) == 4

    assert platform.stored == [b"\1\0\2\0"]


class Sink(httpx.BaseTransport):
    """Takes bodies as they come and keeps only their sizes."""

    def __init__(self):
        self.sizes = []

    def handle_request(self, request):
        size = sum(map(len, request.stream))
        assert request.headers.get("Content-Length", "0") == str(size)
        self.sizes.append(size)
        offset = int(request.headers.get("Upload-Offset", 0)) + size
        location = {"Location": "/gateway/v1/app-data/key-1"}
        return httpx.Response(201, headers={"Upload-Offset": str(offset)} | location)


def test_memory_stays_flat_whatever_the_size():
    sink, block = Sink(), bytes(1024 * 1024)
    upload = an_upload(type("P", (), {"transport": sink}), piece=PIECE_BYTES)
    tracemalloc.start()
    try:
        with upload:
            for _ in range(64):
                upload.write(block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert max(sink.sizes) == PIECE_BYTES
    assert sum(sink.sizes) == 64 * len(block)
    assert peak < 3 * PIECE_BYTES


# What goes wrong on the way


@pytest.mark.parametrize("partial", [False, True], ids=["drops partial", "keeps partial"])
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
@pytest.mark.parametrize("position", range(8))
@pytest.mark.parametrize("size", [PIECE - 3, 3 * PIECE + 5])
def test_one_fault_anywhere_does_no_harm(partial, fault, position, size):
    platform = FakePlatform(keeps_partial_bodies=partial)
    platform.faults.extend([Fault.NONE] * position + [fault])
    content = bytes(range(size))

    with an_upload(platform) as upload:
        upload.write(content)

    assert platform.stored == [content]
    assert list(platform.uploads) == [upload.upload.key]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(list(Fault)), max_size=16),
    st.integers(0, 5 * PIECE),
    st.booleans(),
    st.floats(0.01, 1),
)
def test_no_schedule_of_faults_damages_or_doubles_an_upload(faults, size, partial, chance):
    # Three damaged arrivals of one piece are an IntegrityError: see below.
    spoilt = (Fault.DAMAGED, Fault.BROKEN_OFF)
    damaged = [i for i, fault in enumerate(faults) if fault in spoilt]
    for position in damaged[2:]:
        faults[position] = Fault.NONE
    platform = FakePlatform(keeps_partial_bodies=partial)
    platform.faults.extend(faults)
    content = bytes(i % 251 for i in range(size))

    with an_upload(platform, time=ManualTime(chance=chance), patience=10_000) as upload:
        upload.write(content)

    assert platform.stored == [content]
    assert list(platform.uploads) == [upload.upload.key]


@given(st.integers(0, 4 * PIECE), st.integers(0, 4 * PIECE), st.booleans())
def test_a_connection_cut_after_any_byte_is_resumed_there(size, cut_at, keeps):
    """The transport counts the bytes of all bodies and breaks once, after `cut_at` of them."""
    platform = FakePlatform()
    sent = [0, False]

    def cut_once(request):
        body = request.read()
        sent[0] += len(body)
        if sent[0] > cut_at and not sent[1]:
            sent[1] = True
            part = body[: len(body) - (sent[0] - cut_at)]
            if keeps and request.method == "PATCH":
                platform.uploads[request.url.path.rpartition("/")[2]].content += part
            raise httpx.WriteError("cut", request=request)
        return platform.answer(request)

    platform_behind_cut = type("Cut", (), {"transport": httpx.MockTransport(cut_once)})
    content = bytes(i % 251 for i in range(size))

    with an_upload(platform_behind_cut) as upload:
        upload.write(content)

    assert platform.stored == [content]


def test_a_lost_answer_to_the_last_piece_is_asked_for_not_repeated():
    platform = FakePlatform()
    platform.faults.extend([Fault.NONE, Fault.NONE, Fault.ANSWER_LOST])

    with an_upload(platform) as upload:
        upload.write(b"x" * (PIECE + 1))

    assert methods(platform) == ["POST", "PATCH", "PATCH", "HEAD"]


def test_a_lost_answer_to_the_creation_makes_no_second_upload():
    platform = FakePlatform()
    platform.faults.append(Fault.ANSWER_LOST)

    with an_upload(platform) as upload:
        upload.write(b"x" * (PIECE + 1))

    assert methods(platform) == ["POST", "POST", "PATCH", "PATCH"]
    assert len(platform.uploads) == 1


def test_a_platform_that_is_away_for_minutes_is_waited_out():
    platform, time = FakePlatform(), ManualTime(chance=1.0)
    platform.faults.extend([Fault.NONE, Fault.NONE, *[Fault.UNREACHABLE] * 15])

    with an_upload(platform, time=time) as upload:
        upload.write(b"x" * (3 * PIECE))

    assert platform.stored == [b"x" * (3 * PIECE)]
    assert 240 < sum(time.waits) < 600


def test_a_platform_that_stays_away_ends_the_upload():
    platform = FakePlatform()
    platform.faults.extend([Fault.NONE, *[Fault.UNREACHABLE] * 1000])

    with pytest.raises(TransportError), an_upload(platform) as upload:
        upload.write(b"x" * (3 * PIECE))

    with pytest.raises(ValueError, match="not complete"):
        _ = upload.upload


@pytest.mark.parametrize("size", [1, 3 * PIECE])
def test_bytes_damaged_again_and_again_are_an_integrity_error(size):
    platform = FakePlatform()
    platform.faults.extend([Fault.DAMAGED] * 12)

    with pytest.raises(IntegrityError), an_upload(platform) as upload:
        upload.write(b"x" * size)

    assert platform.uploads == {}


def test_a_platform_that_forgot_acknowledged_bytes_is_found_out():
    platform = FakePlatform()
    platform.faults.extend([Fault.NONE, Fault.NONE, Fault.CUT])

    def forget():
        (stored,) = platform.uploads.values()
        del stored.content[3:]

    with pytest.raises(IntegrityError, match="holds 3 bytes"):
        upload_of(platform, b"x" * (PIECE + 1), forget)

    assert platform.uploads == {}


@pytest.mark.parametrize("size", [PIECE, 2 * PIECE])
def test_a_platform_that_stored_something_else_is_found_out(size):
    platform = FakePlatform()

    def lie(request):
        answer = platform.answer(request)
        if request.method == "PUT":
            told = {"key": "k", "sizeBytes": size, "sha256": "0" * 64}
            return httpx.Response(201, json=told)
        if "Repr-Digest" in answer.headers:
            answer.headers["Repr-Digest"] = f"sha-256=:{'A' * 43}=:"
        return answer

    liar = type("Liar", (), {"transport": httpx.MockTransport(lie)})

    with pytest.raises(IntegrityError, match="another content"), an_upload(liar) as upload:
        upload.write(b"x" * size)


def test_a_platform_without_a_digest_has_compared_ours():
    platform = FakePlatform()

    def silent(request):
        answer = platform.answer(request)
        answer.headers.pop("Repr-Digest", None)
        return answer

    with an_upload(type("S", (), {"transport": httpx.MockTransport(silent)})) as upload:
        upload.write(b"x" * (PIECE + 1))

    assert platform.stored == [b"x" * (PIECE + 1)]


# Refusals and second thoughts


@pytest.mark.parametrize("size", [1, 3 * PIECE])
def test_an_exception_inside_withdraws_the_upload(size):
    platform = FakePlatform()

    with pytest.raises(KeyError):
        upload_of(platform, b"x" * size, fail)

    assert platform.uploads == {}


def test_a_withdrawal_that_fails_does_not_hide_why_it_came_to_that():
    platform = FakePlatform()

    def break_everything():
        platform.faults.extend([Fault.UNREACHABLE] * 1000)

    with pytest.raises(KeyError):
        upload_of(platform, b"x" * (3 * PIECE), break_everything, fail)


def test_a_consent_withdrawn_half_way_stops_the_next_piece():
    platform = FakePlatform()

    def withdraw_consent():
        (key,) = platform.uploads
        platform.refusals[f"PATCH /gateway/v1/app-data/{key}"] = refusal(403, "consent_withdrawn")

    with pytest.raises(ConsentError):
        upload_of(platform, b"x" * (2 * PIECE), withdraw_consent, b"x" * (2 * PIECE))

    assert platform.stored == []
    assert platform.uploads == {}


def test_a_refusal_that_head_cannot_explain_is_explained_by_the_next_piece():
    platform = FakePlatform()

    def withdraw_consent_and_cut():
        (key,) = platform.uploads
        path = f"/gateway/v1/app-data/{key}"
        platform.faults.append(Fault.CUT)
        platform.refusals[f"HEAD {path}"] = httpx.Response(403)
        platform.refusals[f"PATCH {path}"] = refusal(403, "consent_withdrawn")

    with pytest.raises(ConsentError):
        upload_of(platform, b"x" * (2 * PIECE), withdraw_consent_and_cut, b"x" * (2 * PIECE))


def test_a_handler_that_swallows_a_refusal_writes_no_further():
    platform = FakePlatform()

    with an_upload(platform) as upload:
        upload.write(b"x" * (2 * PIECE))
        (key,) = platform.uploads
        platform.refusals[f"PATCH /gateway/v1/app-data/{key}"] = refusal(403, "consent_withdrawn")
        with pytest.raises(ConsentError):
            upload.write(b"x" * (2 * PIECE))
        with pytest.raises(ValueError, match="with block"):
            upload.write(b"x")

    assert platform.stored == []
    with pytest.raises(ValueError, match="not complete"):
        _ = upload.upload


@pytest.mark.parametrize(("size", "method"), [(1, "PUT"), (2 * PIECE, "POST")])
def test_an_upload_without_the_scope_is_refused(size, method):
    platform = FakePlatform()
    path = f"/gateway/v1/transfers/{TRANSFER}/app-data"
    platform.refusals[f"{method} {path}"] = refusal(403, "scope_not_granted")

    with pytest.raises(ScopeNotGrantedError), an_upload(platform) as upload:
        upload.write(b"x" * size)

    assert platform.uploads == {}


def test_writing_needs_the_with_block():
    upload = an_upload(FakePlatform())

    with pytest.raises(ValueError, match="with block"):
        upload.write(b"x")


def test_only_the_key_is_taken_from_the_answered_address():
    """An address on another host must not be sent a token."""
    hosts = []

    def elsewhere(request):
        hosts.append(request.url.host)
        if request.method == "POST":
            location = "https://evil.test/steal/key-1?x=1"
            return httpx.Response(201, headers={"Location": location})
        offset = int(request.headers["Upload-Offset"]) + len(request.content)
        return httpx.Response(204, headers={"Upload-Offset": str(offset)})

    with an_upload(type("E", (), {"transport": httpx.MockTransport(elsewhere)})) as upload:
        upload.write(b"x" * (2 * PIECE))

    assert set(hosts) == {"portway.test"}
    assert upload.upload.key == "key-1"


@pytest.mark.parametrize("location", [None, "", "/", "/..", "/a b", "/" + "x" * 65])
def test_a_creation_without_a_usable_address_is_unexpected(location):
    headers = {} if location is None else {"Location": location}
    answer = httpx.MockTransport(lambda _request: httpx.Response(201, headers=headers))

    with (
        pytest.raises(APIError, match="Location"),
        an_upload(type("L", (), {"transport": answer})) as upload,
    ):
        upload.write(b"x" * (2 * PIECE))
