"""The bytes of attachments: checked as they come, as they lie, and as they go out."""

import hashlib
import json
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from portway_service.errors import Refusal
from support.site import SOURCE, a_page, a_site, a_space, a_user, an_attachment, frames

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10


@pytest.fixture
def waiting(tmp_path):
    """A site with an attachment whose bytes are still to come."""
    site = a_site(tmp_path, files=5)
    site.must_send(a_user(), a_space(), a_page(), an_attachment(500, PNG, title="a b.png"))
    return site


def stored_files(site):
    return [path for path in site.files.rglob("*") if path.is_file()]


def the_attachment(site):
    return site.product("/pages/98307/attachments")["results"]


def test_an_attachment_is_shown_once_its_bytes_are_here(waiting):
    assert the_attachment(waiting) == []
    assert waiting.call("GET", "/api/v2/attachments/98308").status_code == 404

    response = waiting.send_file("attachment/500", PNG)

    assert response.status_code == 201
    assert response.get_json()["outcome"] == "created"
    assert [shown["title"] for shown in the_attachment(waiting)] == ["a b.png"]
    assert waiting.send(an_attachment(500, PNG, title="a b.png"))[0]["fileWanted"] is False


def test_the_bytes_that_came_go_out(waiting):
    waiting.send_file("attachment/500", PNG)

    response = waiting.call("GET", the_attachment(waiting)[0]["downloadLink"])

    assert response.get_data() == PNG
    assert response.content_length == len(PNG)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_sending_the_bytes_again_is_harmless(waiting):
    waiting.send_file("attachment/500", PNG)

    again = waiting.send_file("attachment/500", PNG)

    assert again.status_code == 200
    assert again.get_json()["outcome"] == "unchanged"
    assert len(stored_files(waiting)) == 1


def test_sending_the_bytes_again_heals_a_damaged_file(waiting):
    waiting.send_file("attachment/500", PNG)
    stored_files(waiting)[0].write_bytes(b"")

    waiting.send_file("attachment/500", PNG)

    assert waiting.inventory()["attachment/500"]["file"] == "stored"


@pytest.mark.parametrize(
    "content", [b"", PNG[:-1], PNG + b"x", b"X" + PNG[1:]], ids=["none", "short", "long", "other"]
)
def test_other_bytes_than_the_items_are_refused_and_not_kept(waiting, content):
    response = waiting.send_file("attachment/500", content)

    assert response.status_code == 422
    assert response.get_json()["code"] == "file_differs"
    assert stored_files(waiting) == []
    assert the_attachment(waiting) == []


def test_too_many_bytes_are_not_read_to_their_end(waiting):
    class Endless:
        taken = 0

        def read(self, size=-1):
            self.taken += size
            return b"x" * size

    stream = Endless()
    environ = {"wsgi.input_terminated": True, "wsgi.input": stream, "CONTENT_LENGTH": ""}
    response = waiting.call(
        "PUT",
        f"/portway/v1/sources/{SOURCE}/files?sourceKey=attachment/500",
        environ_overrides=environ,
    )

    assert response.get_json()["code"] == "file_differs"
    assert stream.taken <= 2 << 20


@pytest.mark.parametrize("key", ["attachment/9", "page/200", "user/ada"])
def test_bytes_without_an_attachment_are_refused(waiting, key):
    response = waiting.send_file(key, PNG)

    assert response.status_code == 404
    assert response.get_json()["code"] == "item_unknown"


def test_an_empty_file_is_a_file(waiting):
    waiting.must_send(an_attachment(501, b"", title="empty"))

    assert waiting.send_file("attachment/501", b"").status_code == 201
    [empty] = waiting.product("/pages/98307/attachments?filename=empty")["results"]
    assert waiting.call("GET", empty["downloadLink"]).get_data() == b""


def test_other_bytes_at_the_source_are_wanted_anew_and_replace_the_old(waiting):
    waiting.send_file("attachment/500", PNG)
    changed = an_attachment(500, b"new", title="a b.png", version=2)

    [result] = waiting.send(changed)
    assert (result["outcome"], result["fileWanted"]) == ("updated", True)
    assert the_attachment(waiting) == []
    assert waiting.send_file("attachment/500", PNG).status_code == 422

    assert waiting.send_file("attachment/500", b"new").status_code == 201
    assert [path.read_bytes() for path in stored_files(waiting)] == [b"new"]


def test_a_new_name_for_the_same_bytes_wants_nothing(waiting):
    waiting.send_file("attachment/500", PNG)

    [result] = waiting.send(an_attachment(500, PNG, title="new name.png"))

    assert (result["outcome"], result["fileWanted"]) == ("updated", False)
    assert [shown["title"] for shown in the_attachment(waiting)] == ["new name.png"]


def test_leftovers_of_uploads_that_died_long_ago_are_swept(tmp_path):
    incoming = tmp_path / "files" / "incoming"
    incoming.mkdir(parents=True)
    for name, age in (("old.part", 100_000), ("running.part", 10)):
        (incoming / name).write_bytes(b"x")
        os.utime(incoming / name, (time.time() - age,) * 2)

    a_site(tmp_path)

    assert [path.name for path in incoming.iterdir()] == ["running.part"]


def test_a_stored_file_is_synced_before_its_row_says_so(waiting, monkeypatch):
    synced = []
    fsync = os.fsync

    def fsync_and_note(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync_and_note)

    waiting.send_file("attachment/500", PNG)

    [stored] = stored_files(waiting)
    assert synced[0].suffix == ".part"
    assert stored.parent in synced


class TestDownloads:
    """What a browser may do with bytes strangers wrote."""

    def fetch(self, site, *, media_type, title="file", content=PNG, **more):
        site.must_send(an_attachment(501, content, title=title, mediaType=media_type))
        site.send_file("attachment/501", content)
        [shown] = site.product("/pages/98307/attachments", query_string={"filename": title})[
            "results"
        ]
        return site.call("GET", shown["downloadLink"], **more)

    @pytest.mark.parametrize("media_type", ["image/png", "IMAGE/JPEG", "image/webp"])
    def test_plain_images_are_shown_in_place(self, waiting, media_type):
        response = self.fetch(waiting, media_type=media_type)

        assert response.headers["Content-Disposition"].startswith("inline;")
        assert response.mimetype == media_type.lower()

    @pytest.mark.parametrize(
        "media_type", ["text/html", "image/svg+xml", "application/pdf", "text/xml", "text/plain"]
    )
    def test_anything_else_is_for_saving(self, waiting, media_type):
        response = self.fetch(waiting, media_type=media_type)

        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"

    @pytest.mark.parametrize("media_type", ["", "nonsense", "text/html\r\nX-Evil: 1", "a/b; c=d"])
    def test_a_media_type_that_is_none_is_not_passed_on(self, waiting, media_type):
        response = self.fetch(waiting, media_type=media_type)

        assert response.mimetype == "application/octet-stream"
        assert "X-Evil" not in response.headers

    @pytest.mark.parametrize("title", ["../../etc/passwd", 'a"b\r\nc.png', "Überblick 2024.png"])
    def test_any_name_is_served_under_itself(self, waiting, title):
        response = self.fetch(waiting, media_type="image/png", title=title)

        assert response.status_code == 200
        assert "\n" not in response.headers["Content-Disposition"]

    def test_parts_are_served_when_asked_for(self, waiting):
        response = self.fetch(waiting, media_type="image/png", headers=None)
        assert response.headers["Accept-Ranges"] == "bytes"
        link = waiting.product("/pages/98307/attachments")["results"][0]["downloadLink"]

        headers = {"Range": "bytes=2-5", "Authorization": "JWT acme/reader-app"}
        part = waiting.call("GET", link, headers=headers)

        assert part.status_code == 206
        assert part.get_data() == PNG[2:6]
        assert part.headers["Content-Range"] == f"bytes 2-5/{len(PNG)}"
        part.close()

    def test_what_the_browser_has_is_not_sent_again(self, waiting):
        response = self.fetch(waiting, media_type="image/png")
        link = waiting.product("/pages/98307/attachments")["results"][0]["downloadLink"]
        headers = {
            "If-None-Match": response.headers["ETag"],
            "Authorization": "JWT acme/reader-app",
        }

        assert waiting.call("GET", link, headers=headers).status_code == 304

    @pytest.mark.parametrize("damage", ["gone", "short", "other"])
    def test_damaged_bytes_are_never_sent_as_good_ones(self, waiting, damage):
        waiting.send_file("attachment/500", PNG)
        [path] = stored_files(waiting)
        match damage:
            case "gone":
                path.unlink()
            case "short":
                path.write_bytes(PNG[:-1])
            case "other":
                path.write_bytes(PNG[::-1])

        response = waiting.call("GET", the_attachment(waiting)[0]["downloadLink"])

        assert response.status_code == 500
        assert response.get_json()["code"] == "file_damaged"

    def test_a_large_damaged_file_breaks_off_before_its_end(self, waiting):
        content = os.urandom(3 << 20)
        waiting.must_send(an_attachment(501, content, title="large"))
        waiting.send_file("attachment/501", content)
        [path] = [path for path in stored_files(waiting) if path.stat().st_size > 1 << 20]
        with path.open("r+b") as file:
            file.seek(100)
            file.write(b"?")
        [shown] = waiting.product("/pages/98307/attachments?filename=large")["results"]

        response = waiting.call("GET", shown["downloadLink"])
        received = []
        with pytest.raises(Refusal, match="are other ones than were stored"):
            received.extend(response.response)

        assert sum(map(len, received)) < len(content)

    def test_the_newest_of_several_with_one_name_is_served_by_name(self, waiting):
        waiting.must_send(
            an_attachment(501, b"one", title="t"), an_attachment(502, b"two", title="t")
        )
        waiting.send_file("attachment/501", b"one")
        waiting.send_file("attachment/502", b"two")

        by_name = waiting.call("GET", "/download/attachments/98307/t")
        links = [a["downloadLink"] for a in waiting.product("/pages/98307/attachments")["results"]]

        assert by_name.get_data() == b"two"
        assert [waiting.call("GET", link).get_data() for link in links] == [b"one", b"two"]


class TestManyFiles:
    """Many small files in one request."""

    def post(self, site, body):
        return site.call("POST", f"/portway/v1/sources/{SOURCE}/files", data=body)

    def test_each_file_is_answered_in_order(self, waiting):
        waiting.must_send(an_attachment(501, b"one"), an_attachment(502, b""))

        results = self.post(
            waiting,
            frames(
                [
                    ("attachment/501", b"one"),
                    ("attachment/999", b"lost"),
                    ("attachment/500", b"not the png"),
                    ("attachment/502", b""),
                    ("attachment/501", b"one"),
                ]
            ),
        ).get_json()["results"]

        assert [result["outcome"] for result in results] == [
            "created", "failed", "failed", "created", "unchanged",
        ]  # fmt: skip
        assert [result["code"] for result in results] == [
            None, "item_unknown", "file_differs", None, None,
        ]  # fmt: skip
        assert len(stored_files(waiting)) == 2
        assert waiting.inventory()["attachment/501"]["file"] == "stored"

    def test_no_files_are_fine_too(self, waiting):
        assert self.post(waiting, b"").get_json() == {"results": []}

    def test_files_of_any_bytes_pass_whole(self, waiting):
        contents = {
            "attachment/501": b'\n{"sourceKey":"attachment/500","sizeBytes":1}\n',
            "attachment/502": os.urandom(700_000),
            "attachment/503": b"\n" * 300_000,
        }
        waiting.must_send(
            *(an_attachment(int(key[-3:]), content) for key, content in contents.items())
        )

        results = self.post(waiting, frames(contents.items())).get_json()["results"]

        assert [result["outcome"] for result in results] == ["created"] * 3

    @pytest.mark.parametrize(
        ("damage", "problem"),
        [
            (lambda body: body[:-1], "1 bytes early"),
            (lambda body: body + b"x", "line is not valid"),
            (lambda body: body + b"x" * 10_000, "longer than"),
            (lambda body: body + b'{"sourceKey":"a","sizeBytes":-1}\n', "sizeBytes"),
            (lambda body: body + b'{"sourceKey":"a","sizeBytes":"3"}\n', "sizeBytes"),
        ],
    )
    def test_a_request_with_broken_frames_is_refused_whole(self, waiting, damage, problem):
        response = self.post(waiting, damage(frames([("attachment/500", PNG)])))

        assert response.status_code == 400
        assert response.get_json()["code"] == "files_misframed"
        assert stored_files(waiting) == []
        assert the_attachment(waiting) == []
        assert "Frame" in response.get_json()["message"]

    def test_more_files_than_allowed_are_refused_whole(self, waiting):
        response = self.post(waiting, frames([("attachment/500", PNG)] * 6))

        assert response.status_code == 413
        assert response.get_json()["code"] == "batch_too_large"
        assert stored_files(waiting) == []


def test_a_file_of_any_size_needs_little_memory(waiting):
    size = 40 << 20
    content = os.urandom(1 << 20) * 40
    digest = hashlib.sha256(content).hexdigest()
    item = an_attachment(501) | {"sizeBytes": size, "sha256": digest}
    waiting.must_send(item)
    head = json.dumps({"sourceKey": "attachment/501", "sizeBytes": size}).encode() + b"\n"

    tracemalloc.start()
    by_put = waiting.send_file("attachment/501", content).status_code
    by_post = waiting.call(
        "POST", f"/portway/v1/sources/{SOURCE}/files", data=head + content
    ).get_json()
    waiting.inventory()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert by_put == 201
    assert by_post["results"][0]["outcome"] == "unchanged"
    assert peak < size + (8 << 20)  # the second request's own body, made by this test
