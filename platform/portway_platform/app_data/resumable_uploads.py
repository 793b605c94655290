"""Uploads piece by piece: tus 1.0, with all its extensions but concatenation.

What was acknowledged is on the disk. A file becomes visible, with its event, in the commit that
takes its last piece. Source: docs/reference/gateway-api.md#app-data
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, update

from portway_platform import error_codes
from portway_platform.app_data.bodies import Body, SenderGoneError
from portway_platform.app_data.checksums import Checksum
from portway_platform.app_data.digests import RunningDigests
from portway_platform.app_data.files import Place
from portway_platform.app_data.frames import CIPHER
from portway_platform.app_data.keys import get_or_make_key
from portway_platform.app_data.rules import EXPIRY, UploadStatus
from portway_platform.app_data.sealed_files import Kept, read_sealed
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.storing import (
    NewUpload,
    announce_stored,
    appending,
    check_length,
    find_parts,
    find_row,
    get_by_creation_key,
    get_row,
    insert_part,
    locking,
    receive,
)
from portway_platform.app_data.tables import app_data
from portway_platform.services import Services
from portway_platform.work.service import DueWork, cancel, schedule
from portway_platform.work.worker import SlowHandler
from portway_service.database import insert_if_absent
from portway_service.errors import Refusal


@dataclass(frozen=True)
class NextPiece:
    """What a sender says about the bytes of one PATCH."""

    offset_bytes: int
    length_bytes: int | None = None
    """The whole file's length, told now if not before."""
    checksum: Checksum | None = None
    """What the bytes of this request amount to."""
    whole_sha256: bytes | None = None
    """SHA-256 of the whole file, for the last piece."""


@dataclass(frozen=True)
class Reached:
    """How far an upload has come."""

    offset_bytes: int
    size_bytes: int | None
    sha256: bytes | None
    """Of the whole file, once it is stored."""
    expires_at: datetime | None
    """When an upload that is not complete is forgotten."""


def create_upload(
    services: Services, standing: Standing, new: NewUpload, *, length_bytes: int | None
) -> str:
    """Begin an upload and return its key. One of no bytes is complete at once."""
    check_length(None, length_bytes, 0, services.settings.upload_limit_bytes)
    key = services.ids.uuid()
    created_at = services.clock.now()
    with standing.taking_effect() as (connection, access):
        row = {
            "id": key,
            "transfer_id": access.transfer_id,
            "label": new.label,
            "data_class": new.data_class,
            "status": UploadStatus.INCOMING,
            "offset_bytes": 0,
            "cipher": CIPHER,
            "stored_bytes": 0,
            "size_bytes": length_bytes,
            "creation_key": new.creation_key,
            "created_at": created_at,
        }
        if not insert_if_absent(connection, app_data, row):
            first = get_by_creation_key(connection, access.transfer_id, new)
            if length_bytes is not None and first.size_bytes != length_bytes:
                raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
            key = first.id
        else:
            schedule(connection, EXPIRY, key, created_at + services.settings.upload_life)
    if length_bytes == 0:
        _complete_empty(services, standing, key)
    return key


def _complete_empty(services: Services, standing: Standing, key: str) -> None:
    place = Place(standing.access.transfer_id, key)
    with appending(services, place, get_or_make_key(services, place.transfer_id)) as sink:
        with services.database.read() as connection:
            if get_row(connection, key).status != UploadStatus.INCOMING:
                return
        kept = sink.keep(is_end=True)
        _take(
            services,
            standing,
            key,
            before=0,
            reached=0,
            length=0,
            kept=kept,
            digest=hashlib.sha256(),
        )
    services.files.settle_in(place)


def find_reached(connection: Connection, services: Services, key: str) -> Reached:
    """Return how far an upload has come; refuse one that was withdrawn."""
    row = get_row(connection, key)
    is_stored = row.status == UploadStatus.STORED
    return Reached(
        offset_bytes=row.offset_bytes,
        size_bytes=row.size_bytes,
        sha256=bytes.fromhex(row.sha256) if is_stored else None,
        expires_at=None if is_stored else row.created_at + services.settings.upload_life,
    )


def append_piece(
    services: Services,
    digests: RunningDigests,
    standing: Standing,
    key: str,
    piece: NextPiece,
    body: Body,
) -> Reached:
    """Take the bytes that follow; the last ones make the file visible.

    When the sender goes away half-way, what arrived is kept, unless it came with a checksum.

    Raises:
        Refusal: Another offset is due; the access ended meanwhile; checksum or digest differ; the
            length does not fit; somebody else is sending. Nothing of the piece is kept.
    """
    place = Place(standing.access.transfer_id, key)
    limit_bytes = services.settings.upload_limit_bytes
    before = _check_offset(services, key, piece.offset_bytes)
    transfer_key = get_or_make_key(services, place.transfer_id) if before.cipher else None
    with appending(
        services, place, transfer_key, offset=piece.offset_bytes, stored=before.stored_bytes
    ) as sink:
        # Looked at again under the lock: from here on nobody else moves this upload.
        row = _check_offset(services, key, piece.offset_bytes)
        length = row.size_bytes if row.size_bytes is not None else piece.length_bytes
        announced = piece.offset_bytes + (body.length_bytes or 0)
        check_length(row.size_bytes, piece.length_bytes, announced, limit_bytes)
        digest = digests.resume(
            key,
            piece.offset_bytes,
            lambda start, stop: _read_back(
                services, place, transfer_key, start, stop, stored=row.stored_bytes
            ),
        )
        own_digest = None if piece.checksum is None else piece.checksum.begin()
        is_whole = True
        try:
            receive(
                body,
                sink,
                [digest] if own_digest is None else [digest, own_digest],
                standing,
                limit=limit_bytes if length is None else length,
            )
        except SenderGoneError:
            is_whole = False
            if piece.checksum is not None or sink.reached == piece.offset_bytes:
                raise Refusal(error_codes.UPLOAD_INTERRUPTED) from None
        if piece.checksum and own_digest and own_digest.digest() != piece.checksum.expected:
            raise Refusal(error_codes.CHECKSUM_MISMATCH)
        is_complete = sink.reached == length
        if is_complete and piece.whole_sha256 not in (None, digest.digest()):
            raise Refusal(error_codes.DIGEST_MISMATCH)
        _take(
            services,
            standing,
            key,
            before=piece.offset_bytes,
            reached=sink.reached,
            length=length,
            kept=sink.keep(is_end=is_complete),
            digest=digest,
        )
    if is_complete:
        digests.forget(key)
        services.files.settle_in(place)
    else:
        digests.remember(key, sink.reached, digest)
    if not is_whole:
        raise Refusal(error_codes.UPLOAD_INTERRUPTED)
    return Reached(
        sink.reached,
        length,
        digest.digest() if is_complete else None,
        None if is_complete else row.created_at + services.settings.upload_life,
    )


def _check_offset(services: Services, key: str, offset_bytes: int) -> Row[Any]:
    """Return an upload's row; refuse when it goes on elsewhere than at `offset_bytes`."""
    with services.database.read() as connection:
        row = get_row(connection, key)
    if row.status != UploadStatus.INCOMING or row.offset_bytes != offset_bytes:
        raise _offset_mismatch(row)
    return row


def _read_back(
    services: Services,
    place: Place,
    transfer_key: bytes | None,
    start: int,
    stop: int,
    *,
    stored: int,
) -> Iterator[bytes]:
    """Return bytes of an upload that is not complete."""
    with services.database.read() as connection:
        parts = find_parts(connection, place.key)
    if transfer_key is None:
        return services.files.read(place, parts, start, stop)
    return read_sealed(
        services.files,
        place,
        parts,
        transfer_key,
        start=start,
        stop=stop,
        size=None,
        stored=stored,
    )


def _offset_mismatch(row: Row[Any]) -> Refusal:
    return Refusal(
        error_codes.UPLOAD_OFFSET_MISMATCH,
        headers={"Upload-Offset": str(row.offset_bytes)},
        offset=row.offset_bytes,
    )


def _take(
    services: Services,
    standing: Standing,
    key: str,
    *,
    before: int,
    reached: int,
    length: int | None,
    kept: Kept,
    digest: Any,
) -> None:
    """Acknowledge bytes that are on the disk; at the length of the file, make it visible."""
    is_complete = reached == length
    values: dict[str, Any] = {
        "offset_bytes": reached,
        "size_bytes": length,
        "stored_bytes": kept.stored_bytes,
    }
    if is_complete:
        values |= {
            "status": UploadStatus.STORED,
            "sha256": digest.hexdigest(),
            "stored_at": services.clock.now(),
        }
    with standing.taking_effect() as (connection, access):
        taken = connection.execute(
            update(app_data)
            .where(
                app_data.c.id == key,
                app_data.c.status == UploadStatus.INCOMING,
                app_data.c.offset_bytes == before,
            )
            .values(**values)
        )
        if taken.rowcount != 1:
            raise _offset_mismatch(get_row(connection, key))
        insert_part(connection, key, kept.part)
        if is_complete:
            cancel(connection, EXPIRY, key)
            label = get_row(connection, key).label
            announce_stored(connection, services, access.transfer_id, key, label)


def withdraw_upload(services: Services, transfer_id: str, key: str) -> None:
    """Forget an upload that is not complete. One that was withdrawn before stays so."""
    place = Place(transfer_id, key)
    with services.database.read() as connection:
        row = find_row(connection, key)
    if row is None or row.status == UploadStatus.DELETED:
        return
    if row.status == UploadStatus.STORED:
        raise Refusal(error_codes.UPLOAD_COMPLETE, key=key)
    with locking(services, place, row.stored_bytes if row.cipher else row.offset_bytes):
        with services.database.write() as connection:
            withdrawn = connection.execute(
                update(app_data)
                .where(app_data.c.id == key, app_data.c.status == UploadStatus.INCOMING)
                .values(status=UploadStatus.DELETED, creation_key=None)
            )
            if withdrawn.rowcount != 1:
                raise Refusal(error_codes.UPLOAD_COMPLETE, key=key)
        services.files.discard(place)


def expiry_handler(services: Services) -> SlowHandler:
    """Return the handler that forgets an upload nobody completed in time."""

    def handle(work: DueWork) -> datetime | None:
        with services.database.read() as connection:
            row = find_row(connection, work.subject_id)
        if row is not None and row.status == UploadStatus.INCOMING:
            # Raises while somebody is sending, and is tried again then.
            withdraw_upload(services, row.transfer_id, row.id)
        return None

    return handle
