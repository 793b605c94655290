"""Uploads in one request. Source: docs/reference/gateway-api.md#app-data"""

import hashlib

from sqlalchemy import Connection

from portway_platform import error_codes
from portway_platform.app_data.bodies import Body, SenderGoneError
from portway_platform.app_data.files import Files, Place
from portway_platform.app_data.frames import CIPHER
from portway_platform.app_data.keys import get_or_make_key
from portway_platform.app_data.rules import UploadStatus
from portway_platform.app_data.sealed_files import Kept
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.storing import (
    NewUpload,
    announce_stored,
    appending,
    check_length,
    get_by_creation_key,
    insert_part,
    receive,
)
from portway_platform.app_data.tables import app_data
from portway_platform.services import Services
from portway_sdk.wire import StoredAppData
from portway_service.database import insert_if_absent
from portway_service.errors import Refusal


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
    check_length(None, body.length_bytes, 0, limit_bytes)
    transfer_key = get_or_make_key(services, place.transfer_id)
    with appending(services, place, transfer_key) as sink:
        try:
            receive(body, sink, [digest], standing, limit=limit_bytes)
        except SenderGoneError:
            raise Refusal(error_codes.UPLOAD_INTERRUPTED) from None
        if expected_sha256 not in (None, digest.digest()):
            raise Refusal(error_codes.DIGEST_MISMATCH)
        kept = sink.keep(is_end=True)
        stored = StoredAppData(
            key=key, label=new.label, size_bytes=sink.reached, sha256=digest.hexdigest()
        )
        try:
            first = _store_new(services, standing, new, stored, kept)
        except Refusal:
            # Only now is it certain that nothing was committed.
            files.discard(place)
            raise
    if first.key != key:
        files.discard(place)
    else:
        files.settle_in(place)
    return first


def _store_new(
    services: Services,
    standing: Standing,
    new: NewUpload,
    stored: StoredAppData,
    kept: Kept,
) -> StoredAppData:
    """Make a received file visible; return it, or the one its creation key stands for."""
    now = services.clock.now()
    with standing.taking_effect() as (connection, access):
        row = {
            "id": stored.key,
            "transfer_id": access.transfer_id,
            "label": new.label,
            "data_class": new.data_class,
            "status": UploadStatus.STORED,
            "offset_bytes": stored.size_bytes,
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "cipher": CIPHER,
            "stored_bytes": kept.stored_bytes,
            "creation_key": new.creation_key,
            "created_at": now,
            "stored_at": now,
        }
        if not insert_if_absent(connection, app_data, row):
            return _first_stored(connection, access.transfer_id, new, stored)
        insert_part(connection, stored.key, kept.part)
        announce_stored(connection, services, access.transfer_id, stored.key, new.label)
    return stored


def _first_stored(
    connection: Connection, transfer_id: str, new: NewUpload, stored: StoredAppData
) -> StoredAppData:
    row = get_by_creation_key(connection, transfer_id, new)
    same_content = (row.status, row.sha256) == (UploadStatus.STORED, stored.sha256)
    if not same_content:
        raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
    return stored.model_copy(update={"key": row.id})
