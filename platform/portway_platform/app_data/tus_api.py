"""Resumable uploads at the gateway: tus 1.0 and its extensions.

Source: docs/reference/gateway-api.md#app-data; https://tus.io/protocols/resumable-upload
"""

from collections.abc import Callable
from functools import wraps

import flask
from werkzeug.http import http_date

from portway_platform import error_codes
from portway_platform.admission import ListenerMay
from portway_platform.app_data import (
    checksums,
    resumable_uploads,
)
from portway_platform.app_data.bodies import Body
from portway_platform.app_data.digests import RunningDigests
from portway_platform.app_data.headers import (
    data_class_of_metadata,
    find_first_piece,
    find_new_length,
    read_metadata,
    read_piece,
)
from portway_platform.app_data.resumable_uploads import Reached
from portway_platform.app_data.rules import (
    TUS_EXTENSIONS,
    TUS_VERSION,
    repr_digest,
)
from portway_platform.app_data.sending import (
    COLLECTION,
    UPLOAD,
    answered_while_sending,
    standing_of,
    standing_of_file,
)
from portway_platform.app_data.storing import NewUpload
from portway_platform.idempotency.service import find_key
from portway_platform.services import Interfaces, Services
from portway_scopes import Access
from portway_sdk.tokens import context_path_of
from portway_service.endpoints import Call, Open, answering
from portway_service.errors import Refusal

Handler = Callable[[Call], flask.Response]


TUS_HEADERS = {"Tus-Resumable": {"type": "string", "enum": [TUS_VERSION], "required": True}}


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of resumable uploads."""
    gateway = interfaces.gateway
    digests = RunningDigests()
    may_upload = ListenerMay(Access.UPLOAD_APP_DATA, by_upload_token=True)

    @gateway.endpoint(
        "POST",
        COLLECTION,
        access=ListenerMay(
            Access.UPLOAD_APP_DATA, data_class=data_class_of_metadata, by_upload_token=True
        ),
        headers=TUS_HEADERS,
        answers={201: None},
        raw_body="application/offset+octet-stream",
    )
    @_speaks_tus
    def create(call: Call) -> flask.Response:
        metadata = read_metadata(call.request)
        new = NewUpload(metadata.get("label"), metadata.get("dataClass"), find_key(call.request))
        standing = standing_of(services, call, new.data_class)
        first = find_first_piece(call.request)
        key = resumable_uploads.create_upload(
            services, standing, new, length_bytes=find_new_length(call.request)
        )
        # Relative to this platform, by whatever address the sender reaches it.
        context_path = context_path_of(services.settings.public_url)
        response = flask.Response(
            status=201, headers={"Location": f"{context_path}/gateway/v1/app-data/{key}"}
        )
        with services.database.read() as connection:
            reached = resumable_uploads.find_reached(connection, services, key)
        if first is not None and reached.offset_bytes == 0 and reached.sha256 is None:
            body = Body(call.request)
            with answered_while_sending(body):
                reached = resumable_uploads.append_piece(
                    services, digests, standing, key, first, body
                )
        _show_reached(response, reached)
        return response

    @gateway.endpoint("HEAD", UPLOAD, access=may_upload, headers=TUS_HEADERS, answers={200: None})
    @_speaks_tus
    def find_offset(call: Call) -> flask.Response:
        with services.database.read() as connection:
            reached = resumable_uploads.find_reached(connection, services, call.path["key"])
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
        with answered_while_sending(body):
            reached = resumable_uploads.append_piece(
                services,
                digests,
                standing_of_file(services, call),
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

    anybody = Open("it tells what this version of tus can")

    @gateway.endpoint("OPTIONS", COLLECTION, access=anybody)
    @gateway.endpoint("OPTIONS", UPLOAD, access=anybody)
    @gateway.endpoint("OPTIONS", "/app-data", access=anybody)
    @answering({204: None})
    def tell(call: Call) -> flask.Response:
        return flask.Response(
            status=204,
            headers={
                "Tus-Resumable": TUS_VERSION,
                "Tus-Version": TUS_VERSION,
                "Tus-Extension": TUS_EXTENSIONS,
                "Tus-Checksum-Algorithm": checksums.NAMES,
                "Tus-Max-Size": str(services.settings.upload_limit_bytes),
            },
        )


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


def _show_reached(response: flask.Response, reached: Reached) -> None:
    response.headers["Upload-Offset"] = str(reached.offset_bytes)
    if reached.size_bytes is not None:
        response.headers["Upload-Length"] = str(reached.size_bytes)
    if reached.expires_at is not None:
        response.headers["Upload-Expires"] = http_date(reached.expires_at)
    if reached.sha256 is not None:
        response.headers["Repr-Digest"] = repr_digest(reached.sha256)
