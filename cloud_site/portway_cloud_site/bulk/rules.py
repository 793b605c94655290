"""Reading a batch: NDJSON, so many lines and bytes at most."""

from portway_cloud_site.error_codes import BATCH_TOO_LARGE, ITEM_TOO_LARGE
from portway_cloud_site.settings import Limits
from portway_service.errors import Refusal


def split_batch(raw_body: bytes, limits: Limits) -> list[bytes]:
    """Return the lines of a batch; empty ones do not count.

    Args:
        raw_body: The body, or its first `batch_bytes` + 1 bytes when it is larger.

    Raises:
        Refusal: `item_too_large` when the first line alone does not fit, else `batch_too_large`.
    """
    if len(raw_body) > limits.batch_bytes:
        if b"\n" not in raw_body[: limits.batch_bytes]:
            raise Refusal(ITEM_TOO_LARGE, limit_bytes=limits.batch_bytes)
        raise Refusal(BATCH_TOO_LARGE, limit=f"{limits.batch_bytes} bytes")
    lines = [line for line in raw_body.split(b"\n") if line.strip()]
    if len(lines) > limits.batch_lines:
        raise Refusal(BATCH_TOO_LARGE, limit=f"{limits.batch_lines} lines")
    return lines
