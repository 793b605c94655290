"""Request headers of uploads, read into values; what cannot be read is refused by its name."""

import flask

from portway_platform import error_codes
from portway_platform.app_data import checksums
from portway_platform.app_data.checksums import Checksum, parse_upload_checksum
from portway_platform.app_data.resumable_uploads import NextPiece
from portway_platform.app_data.rules import (
    MetadataError,
    find_repr_digest,
    parse_upload_metadata,
)
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal

PIECE_TYPE = "application/offset+octet-stream"


def read_piece(request: flask.Request) -> NextPiece:
    """Return what a PATCH says about its bytes."""
    if request.mimetype != PIECE_TYPE:
        raise Refusal(error_codes.UPLOAD_TYPE_UNSUPPORTED, media_type=PIECE_TYPE)
    offset = _find_number(request, "Upload-Offset")
    if offset is None:
        raise _bad_header("Upload-Offset", "it is missing")
    return _piece(request, offset)


def find_first_piece(request: flask.Request) -> NextPiece | None:
    """Return what a POST says about bytes that come with it, or None when none do."""
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    if request.mimetype != PIECE_TYPE or not has_body:
        return None
    return _piece(request, 0)


def _piece(request: flask.Request, offset: int) -> NextPiece:
    return NextPiece(
        offset_bytes=offset,
        length_bytes=_find_number(request, "Upload-Length"),
        checksum=_find_checksum(request),
        whole_sha256=find_whole_digest(request),
    )


def find_new_length(request: flask.Request) -> int | None:
    """Return the length of a new upload, None when it is deferred; refuse both and neither."""
    length = _find_number(request, "Upload-Length")
    deferred = request.headers.get("Upload-Defer-Length")
    if deferred not in (None, "1"):
        raise _bad_header("Upload-Defer-Length", "the only value is 1")
    if (length is None) == (deferred is None):
        raise _bad_header("Upload-Length", "send either this or Upload-Defer-Length: 1")
    return length


def _find_number(request: flask.Request, name: str) -> int | None:
    text = request.headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _bad_header(name, "it is no whole number of bytes")
    return int(text)


def _find_checksum(request: flask.Request) -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    try:
        checksum = parse_upload_checksum(header)
    except ValueError as error:
        raise _bad_header("Upload-Checksum", str(error)) from None
    if checksum is None:
        raise Refusal(error_codes.CHECKSUM_UNSUPPORTED, algorithms=checksums.NAMES)
    return checksum


def find_whole_digest(request: flask.Request) -> bytes | None:
    """Return the SHA-256 announced for the whole file, if there is one."""
    header = request.headers.get("Repr-Digest")
    if header is None:
        return None
    digest = find_repr_digest(header)
    if digest is None:
        raise _bad_header("Repr-Digest", "it holds no sha-256=:base64:")
    return digest


def read_metadata(request: flask.Request) -> dict[str, str]:
    """Return the pairs of `Upload-Metadata`."""
    try:
        metadata = parse_upload_metadata(request.headers.get("Upload-Metadata", ""))
    except MetadataError as error:
        raise _bad_header("Upload-Metadata", str(error)) from None
    if "\0" in metadata.get("label", ""):
        raise _bad_header("Upload-Metadata", "the label holds a zero character")
    return metadata


def data_class_of_metadata(request: flask.Request) -> str | None:
    """Return the data class a resumable upload names."""
    return read_metadata(request).get("dataClass")


def _bad_header(name: str, problem: str) -> Refusal:
    return invalid_fields([{"field": name, "problem": problem}])
