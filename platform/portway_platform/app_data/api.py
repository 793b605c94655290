"""App data at the gateway (upload) and at its public addresses (download).

Source: docs/reference/gateway-api.md#app-data; https://tus.io/protocols/resumable-upload
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated

import flask
from pydantic import Field

from portway_platform import error_codes
from portway_platform.admission import ListenerMay
from portway_platform.app_data import downloads, resumable_uploads, whole_uploads
from portway_platform.app_data.bodies import Body, limit_wait
from portway_platform.app_data.digests import RunningDigests
from portway_platform.app_data.downloads import Proven
from portway_platform.app_data.headers import (
    data_class_of_metadata,
    find_new_length,
    find_whole_digest,
    read_metadata,
    read_piece,
)
from portway_platform.app_data.resumable_uploads import Reached
from portway_platform.app_data.rules import (
    TUS_CHECKSUMS,
    TUS_EXTENSIONS,
    TUS_VERSION,
    AddressFault,
    ByteRange,
    find_address_fault,
    parse_range,
    repr_digest,
)
from portway_platform.app_data.standing import Standing
from portway_platform.app_data.storing import NewUpload
from portway_platform.gate import find_file
from portway_platform.idempotency.service import find_key
from portway_platform.services import Interfaces, Services
from portway_scopes import Access, Request
from portway_sdk.tokens import context_path_of
from portway_sdk.wire import StoredAppData, WireModel
from portway_service.endpoints import Call, Media, Open
from portway_service.errors import Refusal

TUS_HEADERS = {"Tus-Resumable": {"type": "string", "enum": [TUS_VERSION], "required": True}}

STALLED_SECONDS = 120.0
"""A receiver that takes no megabyte in this time counts as gone."""

COLLECTION = "/transfers/<transfer_id>/app-data"
UPLOAD = "/app-data/<key>"

Text = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]


class UploadQuery(WireModel):
    """What a sender says about a file."""

    label: Text | None = None
    data_class: str | None = None


class AddressQuery(WireModel):
    """What makes a download address good."""

    expires: str = ""
    signature: str = ""


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_put(services, interfaces)
    _add_tus(services, interfaces)
    _add_download(services, interfaces)


Handler = Callable[[Call], flask.Response]


def _add_put(services: Services, interfaces: Interfaces) -> None:
    @interfaces.gateway.endpoint(
        "PUT",
        COLLECTION,
        access=ListenerMay(Access.UPLOAD_APP_DATA),
        query=UploadQuery,
        status=201,
        raw_body="application/octet-stream",
    )
    def put_file(call: Call) -> StoredAppData:
        body = Body(call.request)
        with _answered_while_sending(body):
            return whole_uploads.put_file(
                services,
                _standing(services, call, call.query.data_class),
                NewUpload(call.query.label, call.query.data_class, find_key(call.request)),
                body,
                expected_sha256=find_whole_digest(call.request),
            )


def _add_tus(services: Services, interfaces: Interfaces) -> None:
    gateway = interfaces.gateway
    digests = RunningDigests()
    may_upload = ListenerMay(Access.UPLOAD_APP_DATA)

    @gateway.endpoint(
        "POST",
        COLLECTION,
        access=ListenerMay(Access.UPLOAD_APP_DATA, data_class=data_class_of_metadata),
        headers=TUS_HEADERS,
        answers={201: None},
        raw_body="application/offset+octet-stream",
    )
    @_speaks_tus
    def create(call: Call) -> flask.Response:
        metadata = read_metadata(call.request)
        new = NewUpload(metadata.get("label"), metadata.get("dataClass"), find_key(call.request))
        key = resumable_uploads.create_upload(
            services,
            _standing(services, call, new.data_class),
            new,
            length_bytes=find_new_length(call.request),
        )
        # Relative to this platform, by whatever address the sender reaches it.
        context_path = context_path_of(services.settings.public_url)
        return flask.Response(
            status=201, headers={"Location": f"{context_path}/gateway/v1/app-data/{key}"}
        )

    @gateway.endpoint("HEAD", UPLOAD, access=may_upload, headers=TUS_HEADERS, answers={200: None})
    @_speaks_tus
    def find_offset(call: Call) -> flask.Response:
        with services.database.read() as connection:
            reached = resumable_uploads.find_reached(connection, call.path["key"])
        response = flask.Response(headers={"Cache-Control": "no-store"})
        _show_reached(response, reached)
        return response

    @gateway.endpoint(
        "PATCH",
        UPLOAD,
        access=may_upload,
        headers={
            **TUS_HEADERS,
            "Upload-Offset": {"type": "integer", "minimum": 0, "required": True},
        },
        answers={204: None},
        raw_body="application/offset+octet-stream",
    )
    @_speaks_tus
    def append(call: Call) -> flask.Response:
        body = Body(call.request)
        with _answered_while_sending(body):
            reached = resumable_uploads.append_piece(
                services,
                digests,
                _standing_of_file(services, call),
                call.path["key"],
                read_piece(call.request),
                body,
            )
        response = flask.Response(status=204)
        _show_reached(response, reached)
        return response

    @gateway.endpoint("DELETE", UPLOAD, access=may_upload, headers=TUS_HEADERS, answers={204: None})
    @_speaks_tus
    def withdraw(call: Call) -> flask.Response:
        resumable_uploads.withdraw_upload(
            services, call.admitted.transfer.transfer_id, call.path["key"]
        )
        return flask.Response(status=204)

    @gateway.endpoint(
        "OPTIONS",
        "/app-data",
        access=Open("it tells what this version of tus can"),
        answers={204: None},
    )
    def tell(call: Call) -> flask.Response:
        return flask.Response(
            status=204,
            headers={
                "Tus-Resumable": TUS_VERSION,
                "Tus-Version": TUS_VERSION,
                "Tus-Extension": TUS_EXTENSIONS,
                "Tus-Checksum-Algorithm": TUS_CHECKSUMS,
                "Tus-Max-Size": str(services.settings.upload_limit_bytes),
            },
        )


def _add_download(services: Services, interfaces: Interfaces) -> None:
    proven = Proven()

    @interfaces.public.endpoint(
        "GET",
        "/files/<key>",
        access=Open("the signature in the address is checked here, and the gate is passed"),
        query=AddressQuery,
        answers={200: Media("application/octet-stream"), 206: Media("application/octet-stream")},
    )
    def download(call: Call) -> flask.Response:
        key = call.path["key"]
        _check_address(services, key, call.query)
        with services.database.read() as connection:
            file = downloads.get_stored_file(connection, key)
        tag = f'"{file.sha256.hex()}"'
        part = _find_part(call.request, file.size_bytes, tag)
        limit_wait(call.request, STALLED_SECONDS)
        wanted = part or ByteRange(0, file.size_bytes)
        response = flask.Response(
            downloads.open_download(services, proven, file, wanted),
            206 if part else 200,
            mimetype="application/octet-stream",
            direct_passthrough=True,
            headers={
                "Content-Length": str(wanted.stop - wanted.start),
                "Repr-Digest": repr_digest(file.sha256),
                "ETag": tag,
                "Accept-Ranges": "bytes",
                "Cache-Control": "private, no-store",
                "Content-Disposition": "attachment",
            },
        )
        if part:
            response.headers["Content-Range"] = (
                f"bytes {part.start}-{part.stop - 1}/{file.size_bytes}"
            )
        return response


# Reading requests


def _check_address(services: Services, key: str, query: AddressQuery) -> None:
    fault = find_address_fault(
        services.keys.address_secret,
        key=key,
        expires=query.expires,
        signature=query.signature,
        now=services.clock.now(),
    )
    if fault is AddressFault.EXPIRED:
        raise Refusal(error_codes.ADDRESS_EXPIRED)
    if fault is not None:
        raise Refusal(error_codes.ADDRESS_INVALID)


def _find_part(request: flask.Request, size_bytes: int, tag: str) -> ByteRange | None:
    if request.headers.get("If-Range", tag) != tag:
        return None
    try:
        return parse_range(request.headers.get("Range"), size_bytes)
    except ValueError:
        raise Refusal(
            error_codes.RANGE_OUTSIDE,
            headers={"Content-Range": f"bytes */{size_bytes}"},
            size_bytes=size_bytes,
        ) from None


def _standing(services: Services, call: Call, data_class: str | None) -> Standing:
    return Standing(
        services,
        call.admitted.transfer.transfer_id,
        Request(Access.UPLOAD_APP_DATA, data_class=data_class),
        owner=call.admitted.caller.owner,
        admitted=call.admitted.transfer,
    )


def _standing_of_file(services: Services, call: Call) -> Standing:
    with services.database.read() as connection:
        found = find_file(connection, call.path["key"], call.admitted.caller.owner)
    return _standing(services, call, found[1] if found else None)


# Writing answers


def _speaks_tus(handler: Handler) -> Handler:
    """Take requests of our tus version only, and show it in every answer."""

    @wraps(handler)
    def handle(call: Call) -> flask.Response:
        if call.request.headers.get("Tus-Resumable") != TUS_VERSION:
            raise Refusal(
                error_codes.TUS_VERSION_UNSUPPORTED,
                headers={"Tus-Version": TUS_VERSION},
                version=TUS_VERSION,
            )
        try:
            response = handler(call)
        except Refusal as refusal:
            refusal.headers["Tus-Resumable"] = TUS_VERSION
            raise
        response.headers["Tus-Resumable"] = TUS_VERSION
        # None of these answers has a body.
        response.headers.remove("Content-Type")
        return response

    return handle


@contextmanager
def _answered_while_sending(body: Body) -> Iterator[None]:
    """See to it that a refusal reaches a sender who has not sent everything yet."""
    try:
        yield
    except Refusal as refusal:
        if not body.drain():
            refusal.headers["Connection"] = "close"
        raise


def _show_reached(response: flask.Response, reached: Reached) -> None:
    response.headers["Upload-Offset"] = str(reached.offset_bytes)
    if reached.size_bytes is not None:
        response.headers["Upload-Length"] = str(reached.size_bytes)
    if reached.sha256 is not None:
        response.headers["Repr-Digest"] = repr_digest(reached.sha256)
