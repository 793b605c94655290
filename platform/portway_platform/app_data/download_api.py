"""App data at its public addresses. Source: docs/reference/connect-api.md#app-data"""

from collections.abc import Iterator
from itertools import chain

import flask

from portway_platform import error_codes
from portway_platform.app_data import (
    downloads,
)
from portway_platform.app_data.bodies import limit_wait
from portway_platform.app_data.downloads import Proven
from portway_platform.app_data.rules import (
    AddressFault,
    ByteRange,
    find_address_fault,
    parse_range,
    repr_digest,
)
from portway_platform.services import Interfaces, Services
from portway_sdk.wire import WireModel
from portway_service.endpoints import Call, Media, Open
from portway_service.errors import Refusal

STALLED_SECONDS = 120.0
"""A receiver that takes no megabyte in this time counts as gone."""


class AddressQuery(WireModel):
    """What makes a download address good."""

    expires: str = ""
    signature: str = ""


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoint of downloads."""
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
            _begun(downloads.open_download(services, proven, file, wanted), key),
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


def _begun(pieces: Iterator[bytes], key: str) -> Iterator[bytes]:
    """Return the pieces with the first one read: what fails there is still answered."""
    try:
        first = next(pieces, b"")
    except downloads.BrokenDownloadError as error:
        if isinstance(error.__cause__, Refusal):
            raise error.__cause__ from None
        raise Refusal(error_codes.APP_DATA_DAMAGED, key=key) from error
    return chain([first], pieces)


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
