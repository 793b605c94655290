"""Error codes any Portway service may answer with."""

from portway_service.errors import ErrorCode

INVALID_REQUEST = ErrorCode(
    "invalid_request",
    400,
    "The request is not valid: {summary}.",
    "A field, parameter or header is missing or has the wrong form.",
    "Correct what `details` lists, then send it again.",
)
BODY_TOO_LARGE = ErrorCode(
    "body_too_large",
    413,
    "The body is larger than {limit_bytes} bytes.",
    "This address takes small documents only.",
    "Send less in one request; app data goes to the upload addresses.",
)
UNAUTHENTICATED = ErrorCode(
    "unauthenticated",
    401,
    "The request does not show who sends it: {problem}.",
    "The credentials are missing, malformed, expired or not known here.",
    "Send the credentials this interface asks for; docs/reference names them.",
)
NOT_FOUND = ErrorCode(
    "not_found",
    404,
    "There is nothing at this address.",
    "The path is wrong, or what it names does not exist for you.",
    "Compare the path and the ids with the reference.",
)
METHOD_NOT_ALLOWED = ErrorCode(
    "method_not_allowed",
    405,
    "This address does not take {method}.",
    "The method does not fit the address.",
    "Use a method of the `Allow` header.",
)
INTERNAL_ERROR = ErrorCode(
    "internal_error",
    500,
    "Something failed on our side; nothing was changed by halves.",
    "A fault in Portway or in what it runs on.",
    "Try again. If it stays, look for the request id in Portway's log.",
)
HTTP_ERROR = ErrorCode(
    "http_error",
    400,
    "The request cannot be served: {problem}.",
    "The request does not keep to HTTP as this address needs it.",
    "Compare method, headers and body with the reference.",
)
ADDRESS_REFUSED = ErrorCode(
    "address_refused",
    422,
    "Portway does not call {host}: {problem}.",
    "In production only public addresses are called, in the emulator only this machine's.",
    "Give an address that fits, or start Portway with the other `--outbound` setting.",
)

CODES = (
    INVALID_REQUEST,
    BODY_TOO_LARGE,
    UNAUTHENTICATED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    INTERNAL_ERROR,
    HTTP_ERROR,
    ADDRESS_REFUSED,
)
