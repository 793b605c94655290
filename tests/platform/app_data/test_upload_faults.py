"""Resumable uploads under every fault that was thought of: what was acknowledged is never lost.

A sender follows a schedule of faults drawn from a seed: it loses answers, breaks connections,
damages bytes, repeats itself; the platform restarts and finds bytes nobody acknowledged. What the
sender knows is the model; its rules are the text of tus 1.0.
"""

import random
from collections import Counter

import pytest

from portway_platform.app_data.files import PIECE_BYTES
from support.app_side import (
    ServerSide,
    a_move,
    repr_digest,
    sha256_hex,
    stored_content,
    upload_checksum,
)
from support.platform import a_platform

SIZES = [0, 1, 2, 17, 1000, 50_000, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1]
STEPS = 70


class Upload:
    """What the sender knows of one upload."""

    def __init__(self, key, content, *, deferred):
        self.key, self.content, self.deferred = key, content, deferred
        self.acknowledged = 0
        self.is_complete = not deferred and not content
        self.is_withdrawn = False

    @property
    def is_open(self):
        return not self.is_complete and not self.is_withdrawn


class Schedule:
    """One transfer's uploads, under faults drawn from a seed."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.folder = folder
        self.uploads = []
        self.done = Counter()
        self.context = None
        self.open_platform()
        move = a_move(self.running)
        self.transfer_id, self.server = move.start(), move.server

    def open_platform(self):
        self.context = a_platform(folder=self.folder)
        self.running = self.context.__enter__()

    def close_platform(self):
        self.context.__exit__(None, None, None)

    def run(self):
        """Take as many steps as a schedule has, then look at what is left."""
        weights = {
            self.create: 3,
            self.send: 8,
            self.lose_the_answer: 3,
            self.break_the_connection: 4,
            self.damage_a_piece: 3,
            self.damage_the_whole: 2,
            self.send_elsewhere: 2,
            self.send_too_much: 1,
            self.send_what_is_over: 2,
            self.withdraw: 1,
            self.restart: 1,
        }
        self.create()
        for _ in range(STEPS):
            [step] = self.random.choices(list(weights), list(weights.values()))
            step()
            self.done[step.__name__] += 1
            self.check_what_is_visible()
        for upload in self.uploads:
            while upload.is_open:
                self.send_piece(upload, len(upload.content))
        self.check_what_is_visible()
        self.check_what_is_stored()

    # What the sender does

    def create(self):
        content = self.random.randbytes(self.random.choice(SIZES) + self.random.choice(SIZES))
        deferred = self.random.random() < 0.5
        headers = {} if deferred else {"Upload_Length": str(len(content))}
        key = f"creation {len(self.uploads)}".replace(" ", "-")
        keys = {
            self.server.begin(self.transfer_id, Idempotency_Key=key, **headers) for _ in range(2)
        }
        self.uploads.append(Upload(*keys, content, deferred=deferred))

    def pick(self, *, rest=0):
        """An upload that is not over, with at least `rest` bytes to send; a new one if need be."""
        found = [
            upload
            for upload in self.uploads
            if upload.is_open and len(upload.content) - upload.acknowledged >= rest
        ]
        while not found:
            self.create()
            found = [
                upload
                for upload in self.uploads[-1:]
                if upload.is_open and len(upload.content) >= rest
            ]
        return self.random.choice(found)

    def size(self, upload, *, least=0):
        """How many of the bytes that are left to send now."""
        rest = len(upload.content) - upload.acknowledged
        return max(min(self.random.choice([*SIZES, rest, rest - 1]), rest), least)

    def piece(self, upload, size):
        return upload.content[upload.acknowledged : upload.acknowledged + size]

    def last_headers(self, upload, size):
        """What comes with the last piece: the digest, and the length if it is not known yet."""
        if upload.acknowledged + size < len(upload.content):
            return {}
        length = {"Upload_Length": str(len(upload.content))} if upload.deferred else {}
        return {"Repr_Digest": repr_digest(upload.content), **length}

    def send_piece(self, upload, size, **headers):
        piece = self.piece(upload, size)
        last = self.last_headers(upload, size)
        answer = self.server.patch(upload.key, upload.acknowledged, piece, **last, **headers)
        assert answer.status_code == 204, answer.text
        upload.acknowledged += len(piece)
        assert answer.headers["Upload-Offset"] == str(upload.acknowledged)
        upload.is_complete = upload.acknowledged == len(upload.content)
        if upload.is_complete:
            assert answer.headers["Repr-Digest"] == repr_digest(upload.content)

    def send(self):
        upload = self.pick()
        size = self.size(upload)
        checked = self.random.random() < 0.5
        piece = self.piece(upload, size)
        self.send_piece(
            upload, size, **({"Upload_Checksum": upload_checksum(piece)} if checked else {})
        )

    def lose_the_answer(self):
        """The sender asks how far it came, as after any lost answer."""
        upload = self.pick()
        size = self.size(upload)
        piece, last = self.piece(upload, size), self.last_headers(upload, size)
        self.server.patch(upload.key, upload.acknowledged, piece, **last)
        seen = self.server.head(upload.key).headers
        assert int(seen["Upload-Offset"]) == upload.acknowledged + len(piece)
        upload.acknowledged += len(piece)
        upload.is_complete = "Repr-Digest" in seen
        assert upload.is_complete == (upload.acknowledged == len(upload.content))

    def break_the_connection(self):
        upload = self.pick(rest=2)
        size = self.size(upload, least=2)
        piece = self.piece(upload, size)
        arrived = piece[: self.random.randrange(len(piece))]
        checked = self.random.random() < 0.5
        headers = {"Upload_Checksum": upload_checksum(piece)} if checked else {}
        answer = self.server.patch(
            upload.key, upload.acknowledged, arrived, promised=len(piece), **headers
        )
        assert answer.json["code"] == "upload_interrupted"
        upload.acknowledged += 0 if checked else len(arrived)
        offset = self.server.head(upload.key).headers["Upload-Offset"]
        assert offset == str(upload.acknowledged)

    def damage_a_piece(self):
        upload = self.pick(rest=1)
        piece = self.piece(upload, self.size(upload, least=1))
        damaged = self.damage(piece)
        answer = self.server.patch(
            upload.key, upload.acknowledged, damaged, Upload_Checksum=upload_checksum(piece)
        )
        assert answer.json["code"] == "checksum_mismatch"

    def damage_the_whole(self):
        upload = self.pick(rest=1)
        rest = len(upload.content) - upload.acknowledged
        damaged = self.damage(self.piece(upload, rest))
        answer = self.server.patch(
            upload.key, upload.acknowledged, damaged, **self.last_headers(upload, rest)
        )
        assert answer.json["code"] == "digest_mismatch"

    def damage(self, piece):
        place = self.random.randrange(len(piece))
        return piece[:place] + bytes([piece[place] ^ 1]) + piece[place + 1 :]

    def send_elsewhere(self):
        upload = self.pick()
        offset = self.random.choice([0, 1, upload.acknowledged + 1, len(upload.content)])
        if offset != upload.acknowledged:
            answer = self.server.patch(upload.key, offset, b"stray")
            assert answer.json["code"] == "upload_offset_mismatch"

    def send_too_much(self):
        upload = self.pick()
        if not upload.deferred:
            piece = upload.content[upload.acknowledged :] + b"!"
            answer = self.server.patch(upload.key, upload.acknowledged, piece)
            assert answer.json["code"] == "upload_too_large"

    def send_what_is_over(self):
        """A complete upload takes nothing; a withdrawn one does not exist."""
        for upload in self.uploads:
            if upload.is_withdrawn:
                assert self.server.patch(upload.key, 0, b"x").status_code == 404
            elif upload.is_complete:
                assert self.server.patch(upload.key, 0, b"x").status_code == 409
                assert self.server.withdraw(upload.key).json["code"] == "upload_complete"

    def withdraw(self):
        upload = self.pick()
        assert self.server.withdraw(upload.key).status_code == 204
        upload.is_withdrawn = True

    def restart(self):
        """The platform comes back and finds bytes that nobody acknowledged."""
        self.close_platform()
        for path in sorted((self.folder / "files" / "incoming").rglob("*")):
            if path.is_file() and self.random.random() < 0.5:
                with path.open("ab") as file:
                    file.write(self.random.randbytes(self.random.choice([3, 9000])))
        self.open_platform()
        self.server = ServerSide(self.running, self.server.key, self.server.listener_id)

    # What must hold

    def check_what_is_visible(self):
        seen = self.running.admin("GET", f"transfers/{self.transfer_id}").json["uploads"]
        complete = [upload for upload in self.uploads if upload.is_complete]
        assert seen == {
            "count": len(complete),
            "bytes": sum(len(upload.content) for upload in complete),
        }

    def check_what_is_stored(self):
        """Every complete upload made one event, and lies on the disk bit for bit."""
        events = self.running.admin("GET", f"transfers/{self.transfer_id}/events").json
        told = [event["s3Key"] for event in events if event["eventType"] == "app-data-uploaded"]
        complete = {upload.key: upload for upload in self.uploads if upload.is_complete}
        assert sorted(told) == sorted(complete)
        files = [path for path in (self.folder / "files").rglob("*") if path.is_file()]
        assert sorted(path.name for path in files) == sorted(complete)
        for key, upload in complete.items():
            assert sha256_hex(stored_content(self.running, key)) == sha256_hex(upload.content)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_goes_wrong_every_upload_arrives_whole_and_once(seed, tmp_path):
    schedule = Schedule(seed, tmp_path)
    try:
        schedule.run()
    finally:
        schedule.close_platform()
    assert len(schedule.done) >= 9, schedule.done
