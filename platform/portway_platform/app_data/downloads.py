"""Handing out app data: the list, addresses that open for an hour, and the bytes themselves.

A file is kept in sealed frames; each is proved right before a byte of it is sent, so whoever
receives all of a file, or a part of it, has received what was uploaded. A file that proves wrong
ends in a broken connection. (Files of the time before are kept as they were sent: they are hashed
on their way, and their last bytes held back.) Source: docs/reference/connect-api.md#app-data
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, select

from portway_platform import error_codes
from portway_platform.app_data.files import Files, Part, Place
from portway_platform.app_data.keys import get_key
from portway_platform.app_data.rules import ByteRange, UploadStatus, sign_address
from portway_platform.app_data.sealed_files import read_sealed
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.storing import find_parts
from portway_platform.app_data.tables import app_data
from portway_platform.forge.tables import forge_transfers
from portway_platform.gate import Owner, owner_of
from portway_platform.services import Services
from portway_platform.transfers.tables import transfers
from portway_scopes import Access, Request
from portway_sdk.wire import AppDataItem
from portway_service.errors import Refusal

log = logging.getLogger(__name__)


class BrokenDownloadError(Exception):
    """A download cannot go on to its end; the connection must not end as if it had."""


@dataclass(frozen=True)
class StoredFile:
    """A file that is complete."""

    place: Place
    size_bytes: int
    sha256: bytes
    parts: tuple[Part, ...]
    owner: Owner
    """The cloud app that may fetch it."""
    is_sealed: bool
    """Whether it is encrypted; a file of the time before is not."""
    stored_bytes: int


def list_app_data(connection: Connection, transfer_id: str) -> list[AppDataItem]:
    """Return a transfer's complete files in the order they were stored."""
    rows = connection.execute(
        select(app_data.c.id, app_data.c.label)
        .where(app_data.c.transfer_id == transfer_id, app_data.c.status == UploadStatus.STORED)
        .order_by(app_data.c.stored_at, app_data.c.id)
    )
    return [AppDataItem(s3_key=row.id, label=row.label) for row in rows]


def address_of(connection: Connection, services: Services, key: str) -> str:
    """Return an address of a complete file, good for one hour."""
    get_stored_file(connection, key)
    ends_at = services.clock.now() + services.settings.address_life
    expires = int(ends_at.timestamp())
    signature = sign_address(services.keys.address_secret, key, expires)
    return f"{services.settings.public_url}/files/{key}?expires={expires}&signature={signature}"


def get_stored_file(connection: Connection, key: str) -> StoredFile:
    """Return a complete file, or refuse: one that is not complete does not exist for others."""
    row = connection.execute(
        select(
            app_data.c.transfer_id,
            app_data.c.size_bytes,
            app_data.c.sha256,
            app_data.c.cipher,
            app_data.c.stored_bytes,
            transfers.c.installation_id,
            forge_transfers.c.forge_installation_id,
        )
        .join(transfers, transfers.c.id == app_data.c.transfer_id)
        .outerjoin(forge_transfers, forge_transfers.c.transfer_id == transfers.c.id)
        .where(app_data.c.id == key, app_data.c.status == UploadStatus.STORED)
    ).first()
    if row is None:
        raise Refusal(error_codes.APP_DATA_UNKNOWN, key=key)
    return StoredFile(
        place=Place(row.transfer_id, key),
        size_bytes=row.size_bytes,
        sha256=bytes.fromhex(row.sha256),
        parts=tuple(find_parts(connection, key)),
        owner=owner_of(row.installation_id, row.forge_installation_id),
        is_sealed=row.cipher is not None,
        stored_bytes=row.stored_bytes or 0,
    )


class Proven:
    """Files this process has read and found right, as long as the store shows no change."""

    def __init__(self, *, kept: int = 1024) -> None:
        self._kept = kept
        self._identities: OrderedDict[str, object] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, files: Files, file: StoredFile) -> bool:
        """Tell whether the file was read whole and is still the same."""
        with self._lock:
            known = self._identities.get(file.place.key)
        return known is not None and known == files.identity(file.place, file.parts)

    def note(self, file: StoredFile, identity: object) -> None:
        """Remember a file that was read whole, and what the store said before."""
        with self._lock:
            self._identities[file.place.key] = identity
            self._identities.move_to_end(file.place.key)
            while len(self._identities) > self._kept:
                self._identities.popitem(last=False)


def open_download(
    services: Services, proven: Proven, file: StoredFile, part: ByteRange
) -> Iterator[bytes]:
    """Pass the gate, then return the bytes of a part of a file, checked on their way.

    The gate is asked again for each piece.

    Raises:
        Refusal: The gate refuses, before the first byte.
        BrokenDownloadError: Later on.
    """
    standing = Standing(
        services, file.place.transfer_id, Request(Access.DOWNLOAD_APP_DATA), owner=file.owner
    )
    files: Files = services.files
    if file.is_sealed:
        with services.database.read() as connection:
            transfer_key = get_key(connection, services, file.place.transfer_id)
        return _guarded(standing, file, _sealed_pieces(files, file, transfer_key, part))
    # A part is checked against the digest of the whole: the file is read from its start, unless
    # this process found it right before.
    is_whole = part == ByteRange(0, file.size_bytes)
    if not is_whole and proven.holds(files, file):
        pieces = files.read(file.place, file.parts, part.start, part.stop)
    else:
        pieces = _proven_pieces(files, proven, file, part)
    return _guarded(standing, file, pieces)


def _sealed_pieces(
    files: Files, file: StoredFile, transfer_key: bytes, part: ByteRange
) -> Iterator[bytes]:
    return read_sealed(
        files,
        file.place,
        file.parts,
        transfer_key,
        start=part.start,
        stop=part.stop,
        size=file.size_bytes,
        stored=file.stored_bytes,
    )


def _proven_pieces(
    files: Files, proven: Proven, file: StoredFile, part: ByteRange
) -> Iterator[bytes]:
    """Read the whole file; give out its part, the last piece of it only when all proved right."""
    identity = files.identity(file.place, file.parts)
    digest = sha256()
    held = b""
    reached = 0
    for piece in files.read(file.place, file.parts, 0, file.size_bytes):
        digest.update(piece)
        wanted = piece[max(part.start - reached, 0) : max(part.stop - reached, 0)]
        reached += len(piece)
        if wanted:
            if held:
                yield held
            held = wanted
    if digest.digest() != file.sha256:
        raise BrokenDownloadError("the stored bytes do not match their digest")
    proven.note(file, identity)
    if held:
        yield held


def _guarded(standing: Standing, file: StoredFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give out pieces while the access stands; break off otherwise, and say so in the log."""
    try:
        for piece in pieces:
            standing.check()
            yield piece
    except Refusal as refusal:
        log.warning("download broken off", extra={"key": file.place.key, "reason": refusal.code})
        raise BrokenDownloadError(refusal.code) from refusal
    except (OSError, BrokenDownloadError) as error:
        log.error("stored file is damaged", extra={"key": file.place.key, "problem": str(error)})
        raise BrokenDownloadError(str(error)) from error
