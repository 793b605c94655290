"""Uploads in one request, and piece by piece. docs/reference/gateway-api.md#app-data"""

import base64
import gzip
import hashlib
import io
import threading

import pytest

from portway_platform.app_data.files import Place
from support.app_side import (
    TUS,
    a_move,
    enrol,
    install,
    repr_digest,
    sha256_hex,
    upload_checksum,
    upload_metadata,
)
from support.manifests import APP_KEY
from support.platform import a_platform


@pytest.fixture
def transfer_id(move):
    transfer_id = move.start()
    move.deliver()
    move.cloud.events.clear()
    return transfer_id


def uploaded(move):
    return [event for event in move.deliver() if event["eventType"] == "app-data-uploaded"]


def nothing_arrived(move, transfer_id):
    assert move.cloud.files(transfer_id) == []
    assert uploaded(move) == []
    assert move.transfer(transfer_id)["uploads"] == {"count": 0, "bytes": 0}


def incoming(running):
    """Files that are not complete."""
    folder = running.folder / "files" / "incoming"
    return [path for path in folder.rglob("*") if path.is_file()]


def code(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json["code"]


# In one request


def test_a_file_arrives_with_its_label_size_and_digest(move, transfer_id):
    content = b"first note\n" * 1000

    answer = move.server.put(transfer_id, content, label="notes-00001", dataClass="APP_DATA_UGC")

    assert answer.status_code == 201
    assert answer.json == {
        "key": answer.json["key"],
        "label": "notes-00001",
        "sizeBytes": len(content),
        "sha256": sha256_hex(content),
    }
    assert move.cloud.files(transfer_id) == [{"s3Key": answer.json["key"], "label": "notes-00001"}]
    assert [event["s3Key"] for event in uploaded(move)] == [answer.json["key"]]
    assert move.cloud.download(answer.json["key"]).data == content
    assert move.transfer(transfer_id)["uploads"] == {"count": 1, "bytes": len(content)}


def test_a_file_of_no_bytes_is_a_file(move, transfer_id):
    """Wire contract, 14: a stream closed without a byte."""
    key = move.server.put(transfer_id, b"").json["key"]

    assert len(uploaded(move)) == 1
    answer = move.cloud.download(key)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "0"


def test_a_file_of_a_body_without_length_arrives_whole(move, transfer_id):
    content = b"x" * 3_000_000
    answer = move.server.call(
        "PUT",
        f"transfers/{transfer_id}/app-data",
        input_stream=io.BytesIO(content),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert answer.json["sha256"] == sha256_hex(content)


def test_no_label_and_an_empty_label_stay_different(move, transfer_id):
    keys = [
        move.server.put(transfer_id).json["key"],
        move.server.put(transfer_id, label="").json["key"],
        move.server.begin(transfer_id, Upload_Length="0"),
        move.server.begin(
            transfer_id, Upload_Length="0", Upload_Metadata=upload_metadata(label="")
        ),
    ]

    labels = {item["s3Key"]: item["label"] for item in move.cloud.files(transfer_id)}
    assert [labels[key] for key in keys] == [None, "", None, ""]


def test_the_same_label_names_many_files(move, transfer_id):
    keys = {move.server.put(transfer_id, b"x", label="part").json["key"] for _ in range(5)}

    assert len(keys) == 5
    assert [item["label"] for item in move.cloud.files(transfer_id)] == ["part"] * 5
    assert {event["s3Key"] for event in uploaded(move)} == keys


@pytest.mark.parametrize("label", ["größe/1 & 2?", "x" * 1000, "日本語", "a\nb"])
def test_a_label_is_kept_as_sent(move, transfer_id, label):
    move.server.put(transfer_id, label=label)
    move.server.begin(transfer_id, Upload_Length="0", Upload_Metadata=upload_metadata(label=label))

    assert [item["label"] for item in move.cloud.files(transfer_id)] == [label] * 2


def test_a_label_with_a_zero_character_is_refused(move, transfer_id):
    """No database keeps one."""
    metadata = upload_metadata(label="a\0b")

    assert move.server.put(transfer_id, label="a\0b").status_code == 400
    assert move.server.create(transfer_id, Upload_Metadata=metadata).status_code == 400


def test_gzip_comes_back_bit_for_bit(move, transfer_id):
    content = gzip.compress(b"note" * 10_000, mtime=0)

    key = move.server.put(transfer_id, content).json["key"]

    answer = move.cloud.download(key)
    assert answer.data == content
    assert "Content-Encoding" not in answer.headers


def test_the_announced_digest_is_compared_before_anything_is_kept(move, transfer_id):
    right, wrong = ({"Repr-Digest": repr_digest(content)} for content in (b"note", b"other"))

    assert code(move.server.put(transfer_id, b"note", headers=wrong), 422) == "digest_mismatch"
    nothing_arrived(move, transfer_id)
    assert move.server.put(transfer_id, b"note", headers=right).status_code == 201


@pytest.mark.parametrize("header", ["sha-256=AAAA", "md5=:AAAA:", "sha-256=:AAAA:"])
def test_a_digest_that_cannot_be_read_is_refused(move, transfer_id, header):
    answer = move.server.put(transfer_id, headers={"Repr-Digest": header})

    assert code(answer, 400) == "invalid_request"


def test_a_body_that_breaks_off_leaves_nothing(move, transfer_id):
    answer = move.server.call(
        "PUT",
        f"transfers/{transfer_id}/app-data",
        data=b"half",
        environ_overrides={"CONTENT_LENGTH": "8"},
    )

    assert code(answer, 400) == "upload_interrupted"
    nothing_arrived(move, transfer_id)
    assert incoming(move.running) == []


def test_a_repetition_with_its_key_is_the_same_file(move, transfer_id):
    """Wire contract, 14: a failed close is repeated whole."""
    headers = {"Idempotency-Key": "once"}
    first = move.server.put(transfer_id, b"note", headers=headers, label="a")

    again = move.server.put(transfer_id, b"note", headers=headers, label="a")

    assert (again.status_code, again.json) == (201, first.json)
    assert len(uploaded(move)) == 1
    stored = list((move.running.folder / "files").rglob("*-*"))
    assert len([path for path in stored if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("content", "query"), [(b"other", {"label": "a"}), (b"note", {"label": "b"}), (b"note", {})]
)
def test_a_key_stands_for_one_file(move, transfer_id, content, query):
    headers = {"Idempotency-Key": "once"}
    move.server.put(transfer_id, b"note", headers=headers, label="a")

    answer = move.server.put(transfer_id, content, headers=headers, **query)

    assert code(answer, 422) == "idempotency_key_reused"
    assert len(uploaded(move)) == 1


def test_many_repetitions_at_once_are_one_file(move, transfer_id):
    answers, barrier = [], threading.Barrier(6)

    def send():
        barrier.wait()
        answers.append(move.server.put(transfer_id, b"n", headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["key"] for answer in answers}) == 1
    assert len(move.cloud.files(transfer_id)) == 1


# Sizes


@pytest.fixture
def small(request):
    """A platform that takes uploads of ten bytes at most."""
    with a_platform(upload_limit_bytes=10) as running:
        move = a_move(running)
        yield move, move.start()


def test_the_largest_upload_is_taken_and_no_byte_more(small):
    move, transfer_id = small

    assert move.server.put(transfer_id, b"x" * 10).status_code == 201
    assert code(move.server.put(transfer_id, b"x" * 11), 413) == "upload_too_large"
    assert code(move.server.create(transfer_id, Upload_Length="11"), 413) == "upload_too_large"
    assert len(move.cloud.files(transfer_id)) == 1


def test_a_body_without_length_stops_at_the_limit(small):
    move, transfer_id = small
    answer = move.server.call(
        "PUT",
        f"transfers/{transfer_id}/app-data",
        input_stream=io.BytesIO(b"x" * 11),
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert code(answer, 413) == "upload_too_large"
    assert move.cloud.files(transfer_id) == []


def test_a_deferred_length_stops_at_the_limit(small):
    move, transfer_id = small
    key = move.server.begin(transfer_id)
    move.server.patch(key, 0, b"x" * 10)

    assert code(move.server.patch(key, 10, b"x"), 413) == "upload_too_large"
    assert move.server.patch(key, 10, b"", Upload_Length="10").status_code == 204


# Piece by piece


def test_a_file_arrives_in_pieces(move, transfer_id):
    content = bytes(range(256)) * 50
    key = move.server.begin(
        transfer_id,
        Upload_Length=str(len(content)),
        Upload_Metadata=upload_metadata(label="notes-00002", dataClass="APP_DATA_UGC"),
    )
    for start in range(0, len(content), 5000):
        nothing_arrived(move, transfer_id)
        assert move.server.head(key).headers["Upload-Offset"] == str(start)
        piece = content[start : start + 5000]
        answer = move.server.patch(key, start, piece, Upload_Checksum=upload_checksum(piece))
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(start + len(piece))

    assert answer.headers["Repr-Digest"] == repr_digest(content)
    assert move.cloud.files(transfer_id) == [{"s3Key": key, "label": "notes-00002"}]
    assert [(event["s3Key"], event["label"]) for event in uploaded(move)] == [(key, "notes-00002")]
    assert move.cloud.download(key).data == content


def test_creation_tells_where_to_send_and_head_how_far_it_came(move, transfer_id):
    created = move.server.create(transfer_id, Upload_Length="6")
    key = created.headers["Location"].rpartition("/")[2]

    assert created.headers["Location"] == f"/gateway/v1/app-data/{key}"
    assert created.headers["Tus-Resumable"] == "1.0.0"
    move.server.patch(key, 0, b"abc")
    seen = move.server.head(key).headers
    assert (seen["Upload-Offset"], seen["Upload-Length"]) == ("3", "6")
    assert seen["Cache-Control"] == "no-store"
    assert "Repr-Digest" not in seen
    move.server.patch(key, 3, b"def")
    assert move.server.head(key).headers["Repr-Digest"] == repr_digest(b"abcdef")


def test_a_deferred_length_comes_with_the_last_piece(move, transfer_id):
    key = move.server.begin(transfer_id)
    move.server.patch(key, 0, b"abc")
    assert "Upload-Length" not in move.server.head(key).headers

    answer = move.server.patch(
        key, 3, b"def", Upload_Length="6", Repr_Digest=repr_digest(b"abcdef")
    )

    assert answer.headers["Repr-Digest"] == repr_digest(b"abcdef")
    assert move.cloud.download(key).data == b"abcdef"


def test_a_deferred_length_may_come_with_no_byte_at_all(move, transfer_id):
    empty, full = move.server.begin(transfer_id), move.server.begin(transfer_id)
    move.server.patch(full, 0, b"abc")

    for key, length in ((empty, 0), (full, 3)):
        answer = move.server.patch(key, length, b"", Upload_Length=str(length))
        assert answer.status_code == 204
        assert "Repr-Digest" in answer.headers

    assert len(uploaded(move)) == 2


def test_an_upload_of_no_bytes_is_complete_at_once(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="0")

    assert move.server.head(key).headers["Repr-Digest"] == repr_digest(b"")
    assert len(uploaded(move)) == 1


def test_creating_again_with_the_same_key_gives_the_same_upload(move, transfer_id):
    keys = {
        move.server.begin(transfer_id, Upload_Length="3", Idempotency_Key="k") for _ in range(3)
    }
    assert len(keys) == 1

    other = move.server.create(transfer_id, Upload_Length="4", Idempotency_Key="k")
    assert code(other, 422) == "idempotency_key_reused"


def test_a_piece_elsewhere_than_at_the_offset_is_refused(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")
    move.server.patch(key, 0, b"abc")

    for offset in (0, 2, 4, 6):
        answer = move.server.patch(key, offset, b"x")
        assert code(answer, 409) == "upload_offset_mismatch"
        assert answer.headers["Upload-Offset"] == "3"
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert move.server.patch(key, 3, b"def").status_code == 204
    assert move.cloud.download(key).data == b"abcdef"


def test_a_complete_upload_takes_nothing_more(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="3")
    move.server.patch(key, 0, b"abc")

    assert code(move.server.patch(key, 3, b"d"), 409) == "upload_offset_mismatch"
    assert code(move.server.patch(key, 0, b"abc"), 409) == "upload_offset_mismatch"
    assert move.cloud.download(key).data == b"abc"
    assert len(uploaded(move)) == 1


def test_a_damaged_piece_is_dropped_whole(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")
    move.server.patch(key, 0, b"abc")

    damaged = move.server.patch(key, 3, b"dXf", Upload_Checksum=upload_checksum(b"def"))

    assert code(damaged, 460) == "checksum_mismatch"
    assert move.server.head(key).headers["Upload-Offset"] == "3"
    nothing_arrived(move, transfer_id)
    answer = move.server.patch(key, 3, b"def", Upload_Checksum=upload_checksum(b"def"))
    assert answer.headers["Repr-Digest"] == repr_digest(b"abcdef")


def test_a_whole_that_differs_drops_the_last_piece(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")
    move.server.patch(key, 0, b"abc")

    answer = move.server.patch(key, 3, b"dXf", Repr_Digest=repr_digest(b"abcdef"))

    assert code(answer, 422) == "digest_mismatch"
    nothing_arrived(move, transfer_id)
    assert move.server.patch(key, 3, b"def", Repr_Digest=repr_digest(b"abcdef")).status_code == 204


def test_what_arrived_before_the_connection_broke_is_kept(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")

    broken = move.server.patch(key, 0, b"abcd", promised=6)

    assert code(broken, 400) == "upload_interrupted"
    assert move.server.head(key).headers["Upload-Offset"] == "4"
    move.server.patch(key, 4, b"ef")
    assert move.cloud.download(key).data == b"abcdef"


def test_half_a_piece_with_a_checksum_is_not_kept(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")

    broken = move.server.patch(
        key, 0, b"abcd", promised=6, Upload_Checksum=upload_checksum(b"abcdef")
    )

    assert code(broken, 400) == "upload_interrupted"
    assert move.server.head(key).headers["Upload-Offset"] == "0"


def test_the_length_is_set_once(move, transfer_id):
    key = move.server.begin(transfer_id)
    move.server.patch(key, 0, b"abc", Upload_Length="6")

    changed = move.server.patch(key, 3, b"d", Upload_Length="7")

    assert code(changed, 400) == "upload_length_invalid"
    assert move.server.head(key).headers["Upload-Length"] == "6"
    assert code(move.server.patch(key, 3, b"defg"), 413) == "upload_too_large"
    assert move.server.patch(key, 3, b"def", Upload_Length="6").status_code == 204


def test_a_withdrawn_upload_is_gone(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6", Idempotency_Key="k")
    move.server.patch(key, 0, b"abc")

    assert [move.server.withdraw(key).status_code for _ in range(2)] == [204, 204]

    assert move.server.head(key).status_code == 404
    assert code(move.server.patch(key, 3, b"def"), 404) == "app_data_unknown"
    nothing_arrived(move, transfer_id)
    assert incoming(move.running) == []
    assert move.server.begin(transfer_id, Upload_Length="6", Idempotency_Key="k") != key


def test_a_complete_upload_cannot_be_withdrawn(move, transfer_id):
    key = move.server.put(transfer_id).json["key"]

    assert code(move.server.withdraw(key), 409) == "upload_complete"
    assert move.cloud.download(key).data == b"a note"


def test_parallel_uploads_do_not_meet(move, transfer_id):
    keys = [move.server.begin(transfer_id, Upload_Length="4") for _ in range(8)]

    def send(number, key):
        move.server.patch(key, 0, b"%02d" % number)
        move.server.patch(key, 2, b"%02d" % number)

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(keys)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [move.cloud.download(key).data for key in keys] == [
        b"%02d%02d" % (number, number) for number in range(8)
    ]
    assert len(uploaded(move)) == 8


def test_two_senders_of_the_same_piece_make_one(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="3")
    answers, barrier = [], threading.Barrier(6)

    def send():
        barrier.wait()
        answers.append(move.server.patch(key, 0, b"abc").status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(204) == 1
    assert set(answers) <= {204, 409, 423}
    assert move.cloud.download(key).data == b"abc"
    assert len(uploaded(move)) == 1


def test_a_sender_that_meets_another_is_asked_to_wait(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="3")
    files = move.running.platform.services.files

    with files.append(Place(transfer_id, key), 0):
        answer = move.server.patch(key, 0, b"abc")

    assert code(answer, 423) == "upload_busy"
    assert answer.headers["Retry-After"] == "1"
    assert move.server.patch(key, 0, b"abc").status_code == 204


def test_what_was_half_uploaded_goes_with_the_settled_transfer(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")
    move.server.patch(key, 0, b"abc")
    # What a platform that was killed had begun to write, and nobody knows of.
    [folder] = {path.parent for path in incoming(move.running)}
    (folder / "orphan").write_bytes(b"half a file")
    stored = move.server.put(transfer_id).json["key"]
    move.cloud.report(transfer_id, "SUCCESS")

    move.advance(minutes=10)

    left = [path.name for path in (move.running.folder / "files").rglob("*") if path.is_file()]
    assert left == [stored]


# The protocol


def test_options_tell_what_this_tus_can(move):
    answer = move.running.call("OPTIONS", "/gateway/v1/app-data")
    same = move.running.call("OPTIONS", "/gateway/v1/transfers/any/app-data")

    assert answer.status_code == same.status_code == 204
    assert same.headers["Tus-Extension"] == answer.headers["Tus-Extension"]
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == (
        "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration"
    )
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1,crc32c"
    assert answer.headers["Tus-Max-Size"] == "25000000000"


@pytest.mark.parametrize("version", [None, "0.2.2"])
def test_another_version_of_tus_is_refused(move, transfer_id, version):
    key = move.server.begin(transfer_id)
    headers = {} if version is None else {"Tus-Resumable": version}

    for method, path in [
        ("POST", f"transfers/{transfer_id}/app-data"),
        ("HEAD", f"app-data/{key}"),
        ("PATCH", f"app-data/{key}"),
        ("DELETE", f"app-data/{key}"),
    ]:
        answer = move.server.call(method, path, headers=headers)
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, "Upload-Length"),
        ({"Upload-Length": "5", "Upload-Defer-Length": "1"}, "Upload-Length"),
        ({"Upload-Length": "-5"}, "Upload-Length"),
        ({"Upload-Length": "five"}, "Upload-Length"),
        ({"Upload-Defer-Length": "2"}, "Upload-Defer-Length"),
        ({"Upload-Length": "5", "Upload-Metadata": "label !!"}, "Upload-Metadata"),
        ({"Upload-Length": "5", "Idempotency-Key": "two words"}, "Idempotency-Key"),
    ],
)
def test_a_creation_that_makes_no_sense_is_refused(move, transfer_id, headers, field):
    answer = move.server.call("POST", f"transfers/{transfer_id}/app-data", headers=TUS | headers)

    assert code(answer, 400) == "invalid_request"
    assert answer.json["details"][0]["field"] == field


@pytest.mark.parametrize(
    ("headers", "status", "refusal"),
    [
        ({"Content-Type": "application/octet-stream"}, 415, "upload_type_unsupported"),
        ({"Upload-Offset": "minus"}, 400, "invalid_request"),
        ({"Upload-Checksum": "sha256 !!"}, 400, "invalid_request"),
        ({"Upload-Checksum": "crc32 AAAA"}, 400, "checksum_unsupported"),
        ({"Upload-Length": "long"}, 400, "invalid_request"),
        ({"Repr-Digest": "sha-256=x"}, 400, "invalid_request"),
    ],
)
def test_a_piece_that_makes_no_sense_is_refused(move, transfer_id, headers, status, refusal):
    key = move.server.begin(transfer_id, Upload_Length="6")
    sent = {
        **TUS,
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        **headers,
    }

    answer = move.server.call("PATCH", f"app-data/{key}", data=b"abc", headers=sent)

    assert code(answer, status) == refusal
    assert move.server.head(key).headers["Upload-Offset"] == "0"


def test_a_piece_without_an_offset_is_refused(move, transfer_id):
    key = move.server.begin(transfer_id)
    headers = {**TUS, "Content-Type": "application/offset+octet-stream"}

    answer = move.server.call("PATCH", f"app-data/{key}", data=b"x", headers=headers)

    assert code(answer, 400) == "invalid_request"


# Who may


@pytest.mark.parametrize(
    ("granted", "data_class", "status", "refusal"),
    [
        (["APP_DATA_UGC"], None, 201, None),
        (["APP_DATA_UGC"], "APP_DATA_UGC", 201, None),
        (["APP_DATA_UGC"], "APP_DATA_PII", 403, "scope_not_granted"),
        (["APP_DATA_UGC"], "PRODUCT_DATA_UGC", 403, "scope_not_declared"),
        (["APP_DATA_UGC"], "MIGRATION_TRACING_PRODUCT", 400, "data_class_unknown"),
        (["APP_DATA_UGC"], "", 400, "data_class_unknown"),
        (["MIGRATION_TRACING_PRODUCT"], None, 403, "scope_not_granted"),
    ],
)
def test_a_data_class_needs_its_scope(running, granted, data_class, status, refusal):
    """Design, section 4: uploads may name their data class; outside the grant it is refused."""
    running.add_site()
    running.add_server()
    running.publish(scopes=["APP_DATA_UGC", "APP_DATA_PII", "MIGRATION_TRACING_PRODUCT"])
    server = enrol(running)
    install(running)
    running.agree(scopes=granted)
    migration = running.begin_migration(core="FINISHED")
    transfer_id = running.admin(
        "POST", f"migrations/{migration['migrationId']}/transfers", json={"appKey": APP_KEY}
    ).json["transferId"]
    named = {} if data_class is None else {"dataClass": data_class}

    at_once = server.put(transfer_id, **named)
    in_pieces = server.create(transfer_id, Upload_Metadata=upload_metadata(**named))

    assert (at_once.status_code, in_pieces.status_code) == (status, status)
    if refusal:
        assert (at_once.json["code"], in_pieces.json["code"]) == (refusal, refusal)
        assert incoming(running) == []


def test_the_upload_of_another_server_looks_like_one_that_does_not_exist(running):
    move = a_move(running)
    transfer_id = move.start()
    key = move.server.begin(transfer_id)
    running.add_server("other-dc")
    stranger = enrol(running, server="other-dc")

    for wanted in (key, "00000000-0000-0000-0000-000000000000"):
        answers = [
            stranger.head(wanted),
            stranger.patch(wanted, 0, b"x"),
            stranger.withdraw(wanted),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[1].json["code"] == "app_data_unknown"
    assert move.server.head(key).status_code == 200


def test_nobody_uploads_without_a_token(move, transfer_id):
    answer = move.running.call("PUT", f"/gateway/v1/transfers/{transfer_id}/app-data", data=b"x")

    assert code(answer, 401) == "unauthenticated"


# Kept in an object store


def test_files_live_in_an_object_store_as_well():
    with a_platform(files_url="memory:///") as running:
        move = a_move(running)
        transfer_id = move.start()
        content = b"0123456789" * 500_000
        at_once = move.server.put(transfer_id, content).json["key"]
        empty = move.server.put(transfer_id, b"").json["key"]
        in_pieces = move.server.begin(transfer_id, Upload_Length=str(len(content)))
        offset = 0
        for size in (1, 1_000_000, 0, 3_999_999):
            piece = content[offset : offset + size]
            damaged = move.server.patch(
                in_pieces, offset, b"?" * size, Upload_Checksum=upload_checksum(b"other")
            )
            assert damaged.status_code == 460
            assert move.server.patch(in_pieces, offset, piece).status_code == 204
            offset += size

        assert move.cloud.download(at_once).data == content
        assert move.cloud.download(empty).data == b""
        assert move.cloud.download(in_pieces).data == content
        part = move.cloud.download(in_pieces, Range="bytes=999999-1000003")
        assert (part.status_code, part.data) == (206, content[999_999:1_000_004])


def test_the_digest_is_found_again_after_a_restart(tmp_path):
    with a_platform(folder=tmp_path) as running:
        move = a_move(running)
        transfer_id = move.start()
        key = move.server.begin(transfer_id, Upload_Length="6")
        move.server.patch(key, 0, b"abc")
        private_key, listener_id = move.server.key, move.server.listener_id
    with a_platform(folder=tmp_path) as running:
        server = type(move.server)(running, private_key, listener_id)
        assert server.head(key).headers["Upload-Offset"] == "3"

        answer = server.patch(key, 3, b"def")

        digest = base64.b64encode(hashlib.sha256(b"abcdef").digest()).decode()
        assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"


# The first bytes with the creation


def create_with(move, transfer_id, content, **headers):
    kind = {"Content-Type": "application/offset+octet-stream"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"transfers/{transfer_id}/app-data"
    return move.server.call("POST", path, data=content, headers=TUS | kind | named)


def test_a_whole_file_comes_with_its_creation(move, transfer_id):
    answer = create_with(
        move,
        transfer_id,
        b"abcdef",
        Upload_Length="6",
        Upload_Checksum=upload_checksum(b"abcdef"),
        Upload_Metadata=upload_metadata(label="at once"),
    )
    key = answer.headers["Location"].rpartition("/")[2]

    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "6")
    assert answer.headers["Repr-Digest"] == repr_digest(b"abcdef")
    assert move.cloud.files(transfer_id) == [{"s3Key": key, "label": "at once"}]
    assert move.cloud.download(key).data == b"abcdef"


def test_what_comes_with_the_creation_is_gone_on_from(move, transfer_id):
    answer = create_with(move, transfer_id, b"abc", Upload_Defer_Length="1")
    key = answer.headers["Location"].rpartition("/")[2]

    assert answer.headers["Upload-Offset"] == "3"
    assert move.server.patch(key, 3, b"def", Upload_Length="6").status_code == 204
    assert move.cloud.download(key).data == b"abcdef"


def test_a_body_of_another_type_is_not_part_of_the_file(move, transfer_id):
    answer = move.server.call(
        "POST",
        f"transfers/{transfer_id}/app-data",
        data=b"not a piece",
        headers=TUS | {"Upload-Length": "6", "Content-Type": "text/plain"},
    )

    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")


@pytest.mark.parametrize(
    ("algorithm", "right"),
    [("sha1", hashlib.sha1(b"abc").digest()), ("crc32c", bytes.fromhex("364b3fb7"))],
)
def test_a_piece_is_compared_with_the_checksum_it_came_with(move, transfer_id, algorithm, right):
    key = move.server.begin(transfer_id, Upload_Length="3")
    wrong = bytes([right[0] ^ 1]) + right[1:]

    damaged, sound = (
        move.server.patch(
            key, 0, b"abc", Upload_Checksum=f"{algorithm} {base64.b64encode(digest).decode()}"
        )
        for digest in (wrong, right)
    )

    assert code(damaged, 460) == "checksum_mismatch"
    assert sound.status_code == 204


# How long an upload may take


def test_an_upload_nobody_completes_is_forgotten_after_a_week(move, transfer_id):
    created = move.server.create(transfer_id, Upload_Length="6")
    key = created.headers["Location"].rpartition("/")[2]
    move.server.patch(key, 0, b"abc")
    expires = move.server.head(key).headers["Upload-Expires"]

    assert created.headers["Upload-Expires"] == expires
    move.running.advance(days=6, hours=23)
    move.running.platform.worker.run_due()
    assert move.server.head(key).headers["Upload-Offset"] == "3"
    move.running.advance(hours=2)
    move.running.platform.worker.run_due()

    assert move.server.head(key).status_code == 404
    assert not [path for path in (move.running.folder / "files").rglob("*-*") if path.is_file()]


def test_a_complete_upload_expires_never(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="3")
    answer = move.server.patch(key, 0, b"abc")

    assert "Upload-Expires" not in answer.headers
    move.running.advance(days=8)
    move.running.platform.worker.run_due()
    assert move.cloud.download(key).data == b"abc"


# Upload tokens


def an_upload_token(move, transfer_id):
    answer = move.server.call("POST", f"transfers/{transfer_id}/upload-token")
    assert answer.status_code == 201, answer.text
    return answer.json["token"]


def put_with(move, transfer_id, token):
    path = f"/gateway/v1/transfers/{transfer_id}/app-data"
    return move.running.call("PUT", path, data=b"x", headers={"Authorization": f"Bearer {token}"})


def test_an_upload_token_opens_uploads_to_its_transfer_for_an_hour(move, transfer_id):
    token = an_upload_token(move, transfer_id)

    move.running.advance(minutes=59)
    assert put_with(move, transfer_id, token).status_code == 201
    move.running.advance(minutes=1)
    assert code(put_with(move, transfer_id, token), 401) == "unauthenticated"


def test_an_upload_token_opens_nothing_else(move, transfer_id):
    headers = {"Authorization": f"Bearer {an_upload_token(move, transfer_id)}"}
    gateway = "/gateway/v1"

    for method, path in [
        ("GET", f"{gateway}/transfers/{transfer_id}"),
        ("GET", f"{gateway}/work?waitSeconds=0"),
        ("POST", f"{gateway}/transfers/{transfer_id}/upload-token"),
        ("GET", "/admin/v1/migrations"),
    ]:
        assert move.running.call(method, path, headers=headers).status_code == 401


def test_an_upload_token_of_one_transfer_opens_no_other(move, transfer_id):
    token = an_upload_token(move, transfer_id)
    move.cloud.report(transfer_id, "FAILED")
    other = move.running.admin("POST", f"transfers/{transfer_id}/rerun").json["transferId"]

    assert code(put_with(move, other, token), 403) == "transfer_unknown"
    assert code(put_with(move, transfer_id, token), 403) == "transfer_settled"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: "pwu.e30.", str.upper]
)
def test_a_changed_upload_token_opens_nothing(move, transfer_id, change):
    token = change(an_upload_token(move, transfer_id))

    assert code(put_with(move, transfer_id, token), 401) == "unauthenticated"


def test_an_upload_token_ends_with_the_consent(move, transfer_id):
    token = an_upload_token(move, transfer_id)
    move.withdraw_consent()

    assert put_with(move, transfer_id, token).status_code == 403
