"""App data in and out through `portway serve`, beside floors that do only what must be done.

In: one PUT, hashed, encrypted and on the disk before the answer; the floor receives, hashes, writes
and syncs in C. Out: the signed address, decrypted and proved right on its way; the floor is
`sendfile`.
"""

import hashlib
import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.measuring import Row, Target, alternate, seconds_of
from bench.moving import Moving, begin_move, start_cloud_app
from bench.processes import Growth, Served, helping, module, serving
from bench.raw_http import Wire, request
from bench.workplace import Workplace

WANTED_UPLOAD_SHARE = 0.6
WANTED_DOWNLOAD_SHARE = 0.3
WANTED_GROWTH_MIB = 64
MIB = 1 << 20
_BLOCK_BYTES = 4 * MIB


@dataclass
class Storage:
    """A platform that takes app data, and the keys of what it took."""

    served: Served
    moving: Moving
    keys: list[str] = field(default_factory=list)

    def drop_bytes(self) -> None:
        """Remove what is stored from the disk, as the floor's file is removed before each pass.

        Otherwise one side would be given fresh memory for its file, the other its own again.
        """
        for path in (self.served.data / "app-data").rglob("*"):
            if path.is_file():
                path.unlink()
        self.keys.clear()


MakeStorage = Callable[[Workplace], Storage]


@dataclass(frozen=True)
class Content:
    """Random bytes of any length: one block over and over."""

    block: bytes
    size_bytes: int

    @property
    def megabytes(self) -> float:
        """The size in MiB."""
        return self.size_bytes / MIB

    def send(self, wire: Wire) -> None:
        """Send all of it."""
        left = self.size_bytes
        while left:
            wire.socket.sendall(self.block[:left] if left < len(self.block) else self.block)
            left -= min(left, len(self.block))

    def sha256(self) -> bytes:
        """Return its digest."""
        digest = hashlib.sha256()
        for first in range(0, self.size_bytes, len(self.block)):
            digest.update(self.block[: self.size_bytes - first])
        return digest.digest()


def measure_upload(place: Workplace, make: MakeStorage | None = None) -> Row:
    """Send the same bytes to the gateway and to the floor."""
    storage, content = place.once(make or _storage), place.once(_content)
    expected = content.sha256()
    path = place.folder / "floor.bin"
    command, language = _receiver(place.folder, path)
    workers = storage.served.workers()
    growths: list[float] = []

    def product() -> float:
        storage.drop_bytes()
        growth = Growth(workers)
        seconds = seconds_of(lambda: _upload(storage, content, expected))
        growths.append(growth.most_bytes() / MIB)
        return content.megabytes / seconds

    with helping(command) as helper:
        port = int(helper.hear())

        def floor() -> float:
            path.unlink(missing_ok=True)
            seconds = seconds_of(lambda: _send_to_floor(port, content, expected))
            return content.megabytes / seconds

        uploads, floors = alternate(4, product, floor, budget_seconds=20)
    best, best_floor, grown = max(uploads), max(floors), max(growths)
    return Row(
        measured=best,
        unit="MiB/s",
        floor=best_floor,
        floor_unit="MiB/s",
        floor_is=f"receive, SHA-256, write, fsync in {language}",
        share=best / best_floor,
        targets=[
            Target("share", best / best_floor, WANTED_UPLOAD_SHARE),
            Target("growth", grown, WANTED_GROWTH_MIB, " MiB", at_most=True),
        ],
        notes=[f"one PUT of {content.megabytes:.0f} MiB; the server grew by {grown:.1f} MiB"],
        rounds={"uploads": uploads, "floor": floors, "growth MiB": growths},
    )


def measure_download(place: Workplace, make: MakeStorage | None = None) -> Row:
    """Fetch what was uploaded, and the same bytes from a plain file."""
    storage, content = place.once(make or _storage), place.once(_content)
    if not storage.keys:
        _upload(storage, content, content.sha256())
    plain = place.folder / "plain.bin"
    with plain.open("wb") as file:
        for first in range(0, content.size_bytes, len(content.block)):
            file.write(content.block[: content.size_bytes - first])
    workers = storage.served.workers()
    growths: list[float] = []

    def product() -> float:
        target = _address(storage)
        growth = Growth(workers)
        rate = _fetch(storage.served.port, target, content)
        growths.append(growth.most_bytes() / MIB)
        return rate

    with helping(module("send_file", str(plain))) as helper:
        port = int(helper.hear())
        downloads, floors = alternate(
            5, product, lambda: _fetch(port, "/", content), budget_seconds=15
        )
    best, best_floor, grown = max(downloads), max(floors), max(growths)
    return Row(
        measured=best,
        unit="MiB/s",
        floor=best_floor,
        floor_unit="MiB/s",
        floor_is="sendfile of a plain file",
        share=best / best_floor,
        targets=[Target("share", best / best_floor, WANTED_DOWNLOAD_SHARE)],
        notes=[f"{content.megabytes:.0f} MiB, frame by frame; the server grew by {grown:.1f} MiB"],
        rounds={"downloads": downloads, "floor": floors, "growth MiB": growths},
    )


def _storage(place: Workplace) -> Storage:
    served = place.stack.enter_context(serving(place.folder / "data"))
    return Storage(served, begin_move(served.door(), place.once(start_cloud_app)))


def _content(place: Workplace) -> Content:
    return Content(os.urandom(_BLOCK_BYTES), place.pick(512, 64) * MIB)


def _upload(storage: Storage, content: Content, expected: bytes) -> None:
    path = f"transfers/{storage.moving.transfer_id}/app-data"
    target, authorization = storage.moving.gateway("PUT", path, {"label": "bench"})
    headers = {"Authorization": authorization, "Content-Length": str(content.size_bytes)}
    wire = Wire(storage.served.port)
    try:
        wire.socket.sendall(request("PUT", target, headers))
        content.send(wire)
        answer = orjson.loads(wire.read_answer())
    finally:
        wire.close()
    if answer["sha256"] != expected.hex():
        raise AssertionError("the platform stored something else")
    storage.keys.append(answer["key"])


def _address(storage: Storage) -> str:
    """Return the target of the signed address of an upload."""
    target, authorization = storage.moving.connect("GET", f"data/{storage.keys[0]}", {})
    wire = Wire(storage.served.port)
    try:
        url: str = orjson.loads(wire.ask(request("GET", target, {"Authorization": authorization})))[
            "url"
        ]
    finally:
        wire.close()
    return url.removeprefix(storage.served.url)


def _fetch(port: int, target: str, content: Content) -> float:
    wire = Wire(port)
    try:

        def fetch() -> None:
            wire.socket.sendall(request("GET", target, {}))
            if wire.discard_answer() != content.size_bytes:
                raise AssertionError("the answer has another length")

        return content.megabytes / seconds_of(fetch)
    finally:
        wire.close()


def _send_to_floor(port: int, content: Content, expected: bytes) -> None:
    wire = Wire(port)
    try:
        wire.socket.sendall(struct.pack("<Q", content.size_bytes))
        content.send(wire)
        if wire.receive_exactly(32) != expected:
            raise AssertionError("the floor stored something else")
    finally:
        wire.close()


def _receiver(folder: Path, target: Path) -> tuple[list[str], str]:
    """Return the command of the floor and its language: C where it can be compiled."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    source, program = Path(__file__).with_name("receive.c"), folder / "receive"
    if compiler is not None:
        made = subprocess.run(
            [compiler, "-O2", "-o", str(program), str(source), "-lcrypto"],
            capture_output=True,
            check=False,
        )
        if made.returncode == 0:
            return [str(program), str(target)], "C"
    return module("receive", str(target)), "Python (C could not be compiled)"


ROWS = {"upload": measure_upload, "download": measure_download}
