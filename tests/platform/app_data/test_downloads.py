"""Downloads by signed addresses: whole or in part, proven on the way, gated every time.

Wire contract, 1.5 and 3.4; docs/reference/connect-api.md#app-data.
"""

import os
from urllib.parse import parse_qs, urlsplit

import pytest

from portway_platform.app_data.downloads import BrokenDownloadError
from portway_platform.app_data.files import PIECE_BYTES
from support.app_side import a_move, enrol, install, repr_digest, sha256_hex
from support.platform import PUBLIC_URL

CONTENT = os.urandom(2 * PIECE_BYTES + 4321)


@pytest.fixture
def transfer_id(move):
    return move.start()


@pytest.fixture
def key(move, transfer_id):
    return move.server.put(transfer_id, CONTENT).json["key"]


def damage(move, key, *, at=PIECE_BYTES + 5):
    [path] = (move.running.folder / "files").rglob(key)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def fetch(move, address, **headers):
    return move.running.call("GET", address, headers=headers)


# Addresses


def test_an_address_is_good_for_one_hour(move, key):
    address = move.cloud.address(key)

    move.running.advance(minutes=59, seconds=59)
    assert fetch(move, address).data == CONTENT
    move.running.advance(seconds=1)
    late = fetch(move, address)

    assert (late.status_code, late.json["code"]) == (403, "address_expired")
    assert fetch(move, move.cloud.address(key)).data == CONTENT


def test_an_address_tells_where_when_and_that_portway_said_so(move, key):
    url = move.cloud.call("GET", f"data/{key}").json["url"]

    parts = urlsplit(url)
    assert url.startswith(f"{PUBLIC_URL}/files/{key}?")
    assert sorted(parse_qs(parts.query)) == ["expires", "signature"]


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.replace("signature=", "signature=0"),
        lambda address: address.replace("expires=", "expires=9"),
        lambda address: address.partition("?")[0],
        lambda address: address.partition("&")[0],
        lambda address: address[:-1],
        lambda address: address.replace("/files/", "/files/x"),
    ],
)
def test_a_changed_address_opens_nothing(move, key, change):
    answer = fetch(move, change(move.cloud.address(key)))

    assert (answer.status_code, answer.json["code"]) == (403, "address_invalid")


def test_an_address_of_one_file_does_not_open_another(move, transfer_id, key):
    other = move.server.put(transfer_id, b"other").json["key"]

    answer = fetch(move, move.cloud.address(key).replace(key, other))

    assert answer.json["code"] == "address_invalid"


# The whole file


def test_a_file_comes_whole_with_its_digest(move, key):
    answer = move.cloud.download(key)

    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Repr-Digest"] == repr_digest(CONTENT)
    assert answer.headers["ETag"] == f'"{sha256_hex(CONTENT)}"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_head_tells_about_a_file_without_sending_it(move, key):
    answer = move.running.call("HEAD", move.cloud.address(key))

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize("at", [0, 8, 16, 500, PIECE_BYTES + 5])
def test_a_file_damaged_at_its_beginning_is_refused(move, key, at, caplog):
    damage(move, key, at=at)

    answer = move.cloud.download(key)

    assert (answer.status_code, answer.json["code"]) == (500, "app_data_damaged")
    assert "stored file is damaged" in caplog.text


@pytest.mark.parametrize("at", [PIECE_BYTES + 45, 2 * PIECE_BYTES + 5, -1])
def test_a_damaged_file_never_arrives_whole(move, key, at, caplog):
    damage(move, key, at=at)
    answer = move.running.app.test_client().get(move.cloud.address(key), buffered=False)
    received = []

    with pytest.raises(BrokenDownloadError):
        received.extend(answer.iter_encoded())

    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert sum(map(len, received)) < len(CONTENT)
    assert "stored file is damaged" in caplog.text


def test_a_file_that_lost_its_end_never_arrives_whole(move, key, caplog):
    [path] = (move.running.folder / "files").rglob(key)
    os.truncate(path, path.stat().st_size - 1)
    answer = move.running.app.test_client().get(move.cloud.address(key), buffered=False)

    with pytest.raises(BrokenDownloadError):
        list(answer.iter_encoded())
    assert "shorter than recorded" in str(caplog.records[-1].__dict__)


# Parts


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        (f"bytes={PIECE_BYTES - 1}-{PIECE_BYTES}", PIECE_BYTES - 1, PIECE_BYTES + 1),
        (f"bytes={PIECE_BYTES}-{2 * PIECE_BYTES + 1}", PIECE_BYTES, 2 * PIECE_BYTES + 2),
    ],
)
def test_a_part_comes_as_asked(move, key, asked, start, stop):
    answer = move.cloud.download(key, Range=asked)

    assert (answer.status_code, answer.data) == (206, CONTENT[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.headers["Repr-Digest"] == repr_digest(CONTENT)


def test_a_broken_download_goes_on_where_it_stopped(move, key):
    first = move.cloud.download(key, Range="bytes=0-999999")
    rest = move.cloud.download(
        key, **{"Range": "bytes=1000000-", "If-Range": first.headers["ETag"]}
    )

    assert first.data + rest.data == CONTENT


def test_the_rest_of_another_file_is_sent_whole(move, key):
    answer = move.cloud.download(key, **{"Range": "bytes=5-", "If-Range": '"other"'})

    assert (answer.status_code, answer.data) == (200, CONTENT)


def test_a_part_outside_the_file_is_refused(move, key):
    answer = move.cloud.download(key, Range=f"bytes={len(CONTENT)}-")

    assert (answer.status_code, answer.json["code"]) == (416, "range_outside")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_part_of_a_damaged_file_is_proved_by_itself(move, key):
    damage(move, key, at=2 * PIECE_BYTES + 200)

    whole_part = move.cloud.download(key, Range="bytes=0-99")
    damaged_part = move.cloud.download(key, Range=f"bytes={2 * PIECE_BYTES}-")

    assert (whole_part.status_code, whole_part.data) == (206, CONTENT[:100])
    assert damaged_part.json["code"] == "app_data_damaged"


def test_a_file_damaged_after_it_was_read_is_found_out(move, key):
    assert move.cloud.download(key).status_code == 200
    damage(move, key, at=100)

    answer = move.cloud.download(key, Range="bytes=0-99")

    assert answer.json["code"] == "app_data_damaged"


# Who may


def test_an_unfinished_upload_does_not_exist_for_the_cloud_app(move, transfer_id):
    key = move.server.begin(transfer_id, Upload_Length="6")
    move.server.patch(key, 0, b"abc")

    answer = move.cloud.call("GET", f"data/{key}")

    assert (answer.status_code, answer.json["code"]) == (404, "app_data_unknown")
    assert move.cloud.files(transfer_id) == []


def test_the_file_of_another_site_looks_like_one_that_does_not_exist(running):
    move = a_move(running)
    key = move.server.put(move.start()).json["key"]
    running.add_site("other")
    stranger = install(running, site="other")

    for wanted in (key, "00000000-0000-0000-0000-000000000000"):
        answer = stranger.call("GET", f"data/{wanted}")
        assert (answer.status_code, answer.json["code"]) == (404, "app_data_unknown")


def test_each_download_passes_the_gate(move, key):
    address = move.cloud.address(key)
    move.withdraw_consent()

    answer = fetch(move, address)

    assert (answer.status_code, answer.json["code"]) == (403, "consent_withdrawn")
    assert CONTENT[:50] not in answer.data


def test_a_new_version_of_the_terms_stops_downloads_until_it_is_agreed_to(move, key):
    address = move.cloud.address(key)
    move.running.publish(version="2.0.0", scopes=["APP_DATA_UGC"])
    assert fetch(move, address).json["code"] == "consent_stale"

    move.running.advance(seconds=1)
    move.running.agree()

    assert fetch(move, address).data == CONTENT


def test_without_a_data_scope_nothing_is_listed_or_downloaded(move, transfer_id, key):
    move.running.advance(seconds=1)
    address = move.cloud.address(key)
    move.running.agree(scopes=["MIGRATION_TRACING_PRODUCT"])

    answers = [
        move.cloud.call("GET", f"data/{transfer_id}/all"),
        move.cloud.call("GET", f"data/{key}"),
        fetch(move, address),
    ]

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {
        (403, "scope_not_granted")
    }


def test_two_servers_of_one_app_keep_their_files_apart(running):
    move = a_move(running)
    first = move.start()
    key = move.server.put(first, b"one").json["key"]
    running.add_server("other-dc")
    enrol(running, server="other-dc")
    running.agree(server="other-dc")
    migration = running.begin_migration(server="other-dc", core="FINISHED")
    second = running.admin(
        "POST",
        f"migrations/{migration['migrationId']}/transfers",
        json={"appKey": "com.example.notes.cloud"},
    ).json["transferId"]

    assert [item["s3Key"] for item in move.cloud.files(first)] == [key]
    assert move.cloud.files(second) == []
