"""What both ways of uploading share: taking in bytes, and the rows a file has.

Source: docs/reference/gateway-api.md#app-data
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from portway_platform import error_codes
from portway_platform.app_data.bodies import Body
from portway_platform.app_data.files import BusyError, Files, Part, Place
from portway_platform.app_data.rules import LengthFault, UploadStatus, find_length_fault
from portway_platform.app_data.sealed_files import PlainAppending, SealedAppending, open_appending
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.tables import app_data, app_data_parts
from portway_platform.events.service import emit
from portway_platform.services import Services
from portway_sdk.wire import EventType
from portway_service.errors import ErrorCode, Refusal


@dataclass(frozen=True)
class NewUpload:
    """What a sender says about a file before its bytes."""

    label: str | None
    data_class: str | None
    creation_key: str | None
    """The Idempotency-Key."""


@contextmanager
def appending(
    services: Services,
    place: Place,
    transfer_key: bytes | None,
    *,
    offset: int = 0,
    stored: int | None = None,
) -> Iterator[SealedAppending | PlainAppending]:
    """Continue a file of `offset` bytes; ask the sender to wait while somebody else does.

    Args:
        transfer_key: None for a file that is not encrypted.
        stored: How many encrypted bytes it has.
    """
    files: Files = services.files
    with (
        _waiting_refused(),
        open_appending(files, place, transfer_key, offset=offset, stored=stored or 0) as sink,
    ):
        yield sink


@contextmanager
def locking(services: Services, place: Place, stored: int) -> Iterator[None]:
    """Keep everybody from continuing a file; ask to wait while somebody does."""
    files: Files = services.files
    with _waiting_refused(), files.append(place, stored):
        yield


@contextmanager
def _waiting_refused() -> Iterator[None]:
    try:
        yield
    except BusyError:
        raise Refusal(error_codes.UPLOAD_BUSY, headers={"Retry-After": "1"}) from None


def receive(
    body: Body,
    sink: SealedAppending | PlainAppending,
    digests: Sequence[Any],
    standing: Standing,
    *,
    limit: int,
) -> None:
    """Write the body to `sink`, piece by piece, as long as the access stands."""
    for piece in body.pieces():
        if sink.reached + len(piece) > limit:
            raise Refusal(error_codes.UPLOAD_TOO_LARGE, limit_bytes=limit)
        standing.check()
        for digest in digests:
            digest.update(piece)
        sink.write(piece)


_LENGTH_REFUSALS: dict[LengthFault, ErrorCode] = {
    LengthFault.NEGATIVE: error_codes.UPLOAD_LENGTH_INVALID,
    LengthFault.CHANGED: error_codes.UPLOAD_LENGTH_INVALID,
    LengthFault.EXCEEDED: error_codes.UPLOAD_TOO_LARGE,
    LengthFault.TOO_LARGE: error_codes.UPLOAD_TOO_LARGE,
}


def check_length(
    declared_before: int | None, declared_now: int | None, reached: int, limit_bytes: int
) -> None:
    """Refuse an upload whose length does not fit."""
    fault = find_length_fault(
        declared_before=declared_before,
        declared_now=declared_now,
        reached_bytes=reached,
        limit_bytes=limit_bytes,
    )
    if fault is not None:
        declared = declared_now if declared_before is None else declared_before
        limit = declared if fault is LengthFault.EXCEEDED else limit_bytes
        raise Refusal(_LENGTH_REFUSALS[fault], limit_bytes=limit, problem=fault)


def announce_stored(
    connection: Connection, services: Services, transfer_id: str, key: str, label: str | None
) -> None:
    """Tell the cloud app of a complete file, in the transaction that makes it visible."""
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


def insert_part(connection: Connection, key: str, part: Part | None) -> None:
    """Note a part of a file, where files are kept in parts."""
    if part is not None:
        connection.execute(
            insert(app_data_parts).values(
                app_data_id=key,
                offset_bytes=part.offset_bytes,
                size_bytes=part.size_bytes,
                name=part.name,
            )
        )


def find_row(connection: Connection, key: str) -> Row[Any] | None:
    """Return a file's row, whatever became of the file, or None."""
    return connection.execute(select(app_data).where(app_data.c.id == key)).first()


def get_row(connection: Connection, key: str) -> Row[Any]:
    """Return the row of a file that was not withdrawn, or refuse."""
    row = find_row(connection, key)
    if row is None or row.status == UploadStatus.DELETED:
        raise Refusal(error_codes.APP_DATA_UNKNOWN, key=key)
    return row


def get_by_creation_key(connection: Connection, transfer_id: str, new: NewUpload) -> Row[Any]:
    """Return the upload that a creation key stands for; refuse when another was meant."""
    row = connection.execute(
        select(app_data).where(
            app_data.c.transfer_id == transfer_id, app_data.c.creation_key == new.creation_key
        )
    ).one()
    if (row.label, row.data_class) != (new.label, new.data_class):
        raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
    return row
