"""Taking in app data: a file in one request, or piece by piece by tus 1.0.

What was acknowledged is on the disk. A file becomes visible, with its event, in the one commit
that stores it. Source: docs/reference/gateway-api.md#app-data
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from portway_platform import error_codes
from portway_platform.app_data.bodies import Body, SenderGoneError
from portway_platform.app_data.digests import RunningDigests
from portway_platform.app_data.files import Appending, BusyError, Files, Part, Place
from portway_platform.app_data.rules import LengthFault, UploadStatus, find_length_fault
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.tables import app_data, app_data_parts
from portway_platform.events.service import emit
from portway_platform.services import Services
from portway_platform.work.service import DueWork
from portway_platform.work.worker import Handler
from portway_sdk.wire import EventType, StoredAppData
from portway_service.database import insert_if_absent
from portway_service.errors import ErrorCode, Refusal


@dataclass(frozen=True)
class NewUpload:
    """What a sender says about a file before its bytes."""

    label: str | None
    data_class: str | None
    creation_key: str | None
    """The Idempotency-Key."""


@dataclass(frozen=True)
class NextPiece:
    """What a sender says about the bytes of one PATCH."""

    offset_bytes: int
    length_bytes: int | None = None
    """The whole file's length, told now if not before."""
    checksum: bytes | None = None
    """SHA-256 of the bytes of this request."""
    whole_sha256: bytes | None = None
    """SHA-256 of the whole file, for the last piece."""


@dataclass(frozen=True)
class Reached:
    """How far an upload has come."""

    offset_bytes: int
    size_bytes: int | None
    sha256: bytes | None
    """Of the whole file, once it is stored."""


# In one request


def put_file(
    services: Services,
    standing: Standing,
    new: NewUpload,
    body: Body,
    *,
    expected_sha256: bytes | None = None,
) -> StoredAppData:
    """Store the file that a request carries.

    The same creation key and file give the first answer again.

    Raises:
        Refusal: The access ended meanwhile; the file is too large; its digest is another than
            announced; the sender went away. Nothing is kept.
    """
    files: Files = services.files
    key = services.ids.uuid()
    place = Place(standing.access.transfer_id, key)
    digest = hashlib.sha256()
    limit_bytes = services.settings.upload_limit_bytes
    _check_length(None, body.length_bytes, 0, limit_bytes)
    with _appending(services, place, 0) as sink:
        try:
            size_bytes = _receive(body, sink, [digest], standing, reached=0, limit=limit_bytes)
        except SenderGoneError:
            raise Refusal(error_codes.UPLOAD_INTERRUPTED) from None
        if expected_sha256 not in (None, digest.digest()):
            raise Refusal(error_codes.DIGEST_MISMATCH)
        part = sink.keep()
        stored = StoredAppData(
            key=key, label=new.label, size_bytes=size_bytes, sha256=digest.hexdigest()
        )
        try:
            first = _store_new(services, standing, new, stored, part)
        except BaseException:
            files.discard(place, [])
            raise
    if first.key != key:
        files.discard(place, [])
    else:
        files.settle_in(place)
    return first


def _store_new(
    services: Services,
    standing: Standing,
    new: NewUpload,
    stored: StoredAppData,
    part: Part | None,
) -> StoredAppData:
    """Make a received file visible; return it, or the one its creation key stands for."""
    now = services.clock.now()
    with services.database.write() as connection:
        access = standing.pass_gate(connection, lock=True)
        row = {
            "id": stored.key,
            "transfer_id": access.transfer_id,
            "label": new.label,
            "data_class": new.data_class,
            "status": UploadStatus.STORED,
            "offset_bytes": stored.size_bytes,
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "creation_key": new.creation_key,
            "created_at": now,
            "stored_at": now,
        }
        if not insert_if_absent(connection, app_data, row):
            return _first_stored(connection, access.transfer_id, new, stored)
        _insert_part(connection, stored.key, part)
        _announce(connection, services, access.transfer_id, stored.key, new.label)
    return stored


def _first_stored(
    connection: Connection, transfer_id: str, new: NewUpload, stored: StoredAppData
) -> StoredAppData:
    row = _get_by_creation_key(connection, transfer_id, new)
    same_content = (row.status, row.sha256) == (UploadStatus.STORED, stored.sha256)
    if not same_content:
        raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
    return stored.model_copy(update={"key": row.id})


# Piece by piece


def create_upload(
    services: Services, standing: Standing, new: NewUpload, *, length_bytes: int | None
) -> str:
    """Begin an upload and return its key. One of no bytes is complete at once."""
    _check_length(None, length_bytes, 0, services.settings.upload_limit_bytes)
    key = services.ids.uuid()
    with services.database.write() as connection:
        access = standing.pass_gate(connection, lock=True)
        row = {
            "id": key,
            "transfer_id": access.transfer_id,
            "label": new.label,
            "data_class": new.data_class,
            "status": UploadStatus.INCOMING,
            "offset_bytes": 0,
            "size_bytes": length_bytes,
            "creation_key": new.creation_key,
            "created_at": services.clock.now(),
        }
        if not insert_if_absent(connection, app_data, row):
            first = _get_by_creation_key(connection, access.transfer_id, new)
            if length_bytes is not None and first.size_bytes != length_bytes:
                raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
            key = first.id
    if length_bytes == 0:
        _complete_empty(services, standing, key)
    return key


def _complete_empty(services: Services, standing: Standing, key: str) -> None:
    place = Place(standing.access.transfer_id, key)
    with _appending(services, place, 0) as sink:
        with services.database.read() as connection:
            if _get_row(connection, key).status != UploadStatus.INCOMING:
                return
        sink.keep()
        _take(
            services,
            standing,
            key,
            before=0,
            reached=0,
            length=0,
            part=None,
            digest=hashlib.sha256(),
        )
    services.files.settle_in(place)


def find_reached(connection: Connection, key: str) -> Reached:
    """Return how far an upload has come; refuse one that was withdrawn."""
    row = _get_row(connection, key)
    return Reached(
        offset_bytes=row.offset_bytes,
        size_bytes=row.size_bytes,
        sha256=bytes.fromhex(row.sha256) if row.status == UploadStatus.STORED else None,
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
    _check_offset(services, key, piece.offset_bytes)
    with _appending(services, place, piece.offset_bytes) as sink:
        # Looked at again under the lock: from here on nobody else moves this upload.
        row, parts = _check_offset(services, key, piece.offset_bytes)
        length = row.size_bytes if row.size_bytes is not None else piece.length_bytes
        announced = piece.offset_bytes + (body.length_bytes or 0)
        _check_length(row.size_bytes, piece.length_bytes, announced, limit_bytes)
        digest = digests.resume(
            key,
            piece.offset_bytes,
            lambda start, stop: services.files.read(place, parts, start, stop),
        )
        own_digest = hashlib.sha256()
        counted = _Counted(sink, piece.offset_bytes)
        is_whole = True
        try:
            _receive(
                body,
                counted,
                [digest] if piece.checksum is None else [digest, own_digest],
                standing,
                reached=piece.offset_bytes,
                limit=limit_bytes if length is None else length,
            )
        except SenderGoneError:
            is_whole = False
            if piece.checksum is not None or counted.reached == piece.offset_bytes:
                raise Refusal(error_codes.UPLOAD_INTERRUPTED) from None
        if piece.checksum not in (None, own_digest.digest()):
            raise Refusal(error_codes.CHECKSUM_MISMATCH)
        is_complete = counted.reached == length
        if is_complete and piece.whole_sha256 not in (None, digest.digest()):
            raise Refusal(error_codes.DIGEST_MISMATCH)
        _take(
            services,
            standing,
            key,
            before=piece.offset_bytes,
            reached=counted.reached,
            length=length,
            part=sink.keep(),
            digest=digest,
        )
    if is_complete:
        digests.forget(key)
        services.files.settle_in(place)
    else:
        digests.remember(key, counted.reached, digest)
    if not is_whole:
        raise Refusal(error_codes.UPLOAD_INTERRUPTED)
    return Reached(counted.reached, length, digest.digest() if is_complete else None)


def _check_offset(services: Services, key: str, offset_bytes: int) -> tuple[Row[Any], list[Part]]:
    """Return an upload and its parts; refuse when it goes on elsewhere than at `offset_bytes`."""
    with services.database.read() as connection:
        row = _get_row(connection, key)
        parts = find_parts(connection, key)
    if row.status != UploadStatus.INCOMING or row.offset_bytes != offset_bytes:
        raise _offset_mismatch(row)
    return row, parts


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
    part: Part | None,
    digest: Any,
) -> None:
    """Acknowledge bytes that are on the disk; at the length of the file, make it visible."""
    is_complete = reached == length
    values: dict[str, Any] = {"offset_bytes": reached, "size_bytes": length}
    if is_complete:
        values |= {
            "status": UploadStatus.STORED,
            "sha256": digest.hexdigest(),
            "stored_at": services.clock.now(),
        }
    with services.database.write() as connection:
        access = standing.pass_gate(connection, lock=True)
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
            raise _offset_mismatch(_get_row(connection, key))
        _insert_part(connection, key, part)
        if is_complete:
            label = _get_row(connection, key).label
            _announce(connection, services, access.transfer_id, key, label)


def withdraw_upload(services: Services, transfer_id: str, key: str) -> None:
    """Forget an upload that is not complete. One that was withdrawn before stays so."""
    place = Place(transfer_id, key)
    with services.database.read() as connection:
        row = _find_row(connection, key)
    if row is None or row.status == UploadStatus.DELETED:
        return
    if row.status == UploadStatus.STORED:
        raise Refusal(error_codes.UPLOAD_COMPLETE, key=key)
    with _appending(services, place, row.offset_bytes):
        with services.database.write() as connection:
            withdrawn = connection.execute(
                update(app_data)
                .where(app_data.c.id == key, app_data.c.status == UploadStatus.INCOMING)
                .values(status=UploadStatus.DELETED, creation_key=None)
            )
            if withdrawn.rowcount != 1:
                raise Refusal(error_codes.UPLOAD_COMPLETE, key=key)
        _discard(services, transfer_id, [key])


def discard_handler(services: Services) -> Handler:
    """Return the handler that removes what settled transfers left half uploaded."""

    def handle(connection: Connection, work: DueWork) -> None:
        unfinished = (
            app_data.c.transfer_id == work.subject_id,
            app_data.c.status == UploadStatus.INCOMING,
        )
        keys = connection.execute(select(app_data.c.id).where(*unfinished)).scalars().all()
        _discard(services, work.subject_id, keys)
        connection.execute(update(app_data).where(*unfinished).values(status=UploadStatus.DELETED))

    return handle


# Shared


@contextmanager
def _appending(services: Services, place: Place, offset_bytes: int) -> Iterator[Appending]:
    files: Files = services.files
    try:
        with files.append(place, offset_bytes) as sink:
            yield sink
    except BusyError:
        raise Refusal(error_codes.UPLOAD_BUSY, headers={"Retry-After": "1"}) from None


def _receive(
    body: Body,
    sink: "Appending | _Counted",
    digests: Sequence[Any],
    standing: Standing,
    *,
    reached: int,
    limit: int,
) -> int:
    """Write the body to `sink`, piece by piece, as long as the access stands."""
    for piece in body.pieces():
        reached += len(piece)
        if reached > limit:
            raise Refusal(error_codes.UPLOAD_TOO_LARGE, limit_bytes=limit)
        standing.check()
        for digest in digests:
            digest.update(piece)
        sink.write(piece)
    return reached


class _Counted:
    """Knows how far a sink was written, however the writing ended."""

    def __init__(self, sink: Appending, offset_bytes: int) -> None:
        self._sink = sink
        self.reached = offset_bytes

    def write(self, piece: bytes | memoryview) -> None:
        self._sink.write(piece)
        self.reached += len(piece)


_LENGTH_REFUSALS: dict[LengthFault, ErrorCode] = {
    LengthFault.NEGATIVE: error_codes.UPLOAD_LENGTH_INVALID,
    LengthFault.CHANGED: error_codes.UPLOAD_LENGTH_INVALID,
    LengthFault.EXCEEDED: error_codes.UPLOAD_TOO_LARGE,
    LengthFault.TOO_LARGE: error_codes.UPLOAD_TOO_LARGE,
}


def _check_length(
    declared_before: int | None, declared_now: int | None, reached: int, limit_bytes: int
) -> None:
    fault = find_length_fault(
        declared_before=declared_before,
        declared_now=declared_now,
        reached_bytes=reached,
        limit_bytes=limit_bytes,
    )
    if fault is not None:
        limit = declared_before if fault is LengthFault.EXCEEDED else limit_bytes
        raise Refusal(_LENGTH_REFUSALS[fault], limit_bytes=limit, problem=fault)


def _announce(
    connection: Connection, services: Services, transfer_id: str, key: str, label: str | None
) -> None:
    labelled = {} if label is None else {"label": label}
    emit(connection, services, transfer_id, EventType.APP_DATA_UPLOADED, s3Key=key, **labelled)


def find_parts(connection: Connection, key: str) -> list[Part]:
    """Return the parts of a file in order; none where files are kept whole."""
    rows = connection.execute(
        select(app_data_parts)
        .where(app_data_parts.c.app_data_id == key)
        .order_by(app_data_parts.c.offset_bytes)
    )
    return [Part(row.offset_bytes, row.size_bytes, row.name) for row in rows]


def _insert_part(connection: Connection, key: str, part: Part | None) -> None:
    if part is not None:
        connection.execute(
            insert(app_data_parts).values(
                app_data_id=key,
                offset_bytes=part.offset_bytes,
                size_bytes=part.size_bytes,
                name=part.name,
            )
        )


def _discard(services: Services, transfer_id: str, keys: Sequence[str]) -> None:
    for key in keys:
        services.files.discard(Place(transfer_id, key), [])


def _find_row(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(select(app_data).where(app_data.c.id == key)).first()


def _get_row(connection: Connection, key: str) -> Row[Any]:
    row = _find_row(connection, key)
    if row is None or row.status == UploadStatus.DELETED:
        raise Refusal(error_codes.APP_DATA_UNKNOWN, key=key)
    return row


def _get_by_creation_key(connection: Connection, transfer_id: str, new: NewUpload) -> Row[Any]:
    row = connection.execute(
        select(app_data).where(
            app_data.c.transfer_id == transfer_id, app_data.c.creation_key == new.creation_key
        )
    ).one()
    if (row.label, row.data_class) != (new.label, new.data_class):
        raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
    return row
