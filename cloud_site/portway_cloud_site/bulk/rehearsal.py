"""What would become of items, told by the code that takes them, in a transaction that is undone.

So a forecast and the real thing cannot follow different rules. Whatever else wants to write waits
until the rehearsal is over.
Source: docs/reference/site-api.md#rehearsal
"""

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson

from portway_cloud_site.bulk.deletions import decide_deletions
from portway_cloud_site.bulk.ids import reserve_ids
from portway_cloud_site.bulk.intake import Batch
from portway_cloud_site.bulk.service import decide_batch, note_source, parse_line
from portway_cloud_site.error_codes import ITEM_TOO_LARGE
from portway_cloud_site.services import Services
from portway_cloud_site.settings import Limits
from portway_cloud_site.sites.service import rehearsing
from portway_service.edit_rules import EditPolicy
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal

READ_BYTES = 1 << 18
MEMORY_BYTES = 8 << 20
_DELETION = b'{"delete":'
_RESERVATION = b'{"reserve":'


def rehearse(
    services: Services,
    site_key: str,
    source: str,
    stream: IO[bytes],
    *,
    run_id: str | None,
    edited: EditPolicy,
    ahead: bool = False,
) -> Iterator[bytes]:
    """Return, line by line, what would become of each line of `stream`, and change nothing.

    Args:
        stream: NDJSON: items as in a batch, `{"reserve": [sourceKey…]}` where ids would be kept,
            `{"delete": sourceKey}` for deletions.
    """
    with ExitStack() as stack:
        found = stack.enter_context(SpooledTemporaryFile(max_size=MEMORY_BYTES))
        count = 0
        with rehearsing(services.database, site_key, clock=services.clock) as writer:
            note_source(writer, source, services.clock)
            for lines in _batches(stream, services.limits):
                batch = Batch(writer, source, services.clock, run_id, edited, ahead=ahead)
                for result in _decide(batch, lines):
                    found.write(orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE))
                    count += 1
        found.write(orjson.dumps({"end": True, "items": count}, option=orjson.OPT_APPEND_NEWLINE))
        stack.pop_all()
    return _read_back(found)


def _decide(batch: Batch, lines: list[bytes]) -> list[dict[str, Any]]:
    """Decide one round: all items, or all deletions."""
    if lines[0].startswith(_RESERVATION):
        for line in lines:
            keys = _said(line, "reserve")
            reserve_ids(batch.writer, batch.source, keys if isinstance(keys, list) else [keys])
        return []
    if lines[0].startswith(_DELETION):
        return decide_deletions(batch, [str(_said(line, "delete")) for line in lines])
    results, _ = decide_batch(batch, [parse_line(line) for line in lines])
    return results


def _batches(stream: IO[bytes], limits: Limits) -> Iterator[list[bytes]]:
    """Yield rounds of lines, bounded in number and bytes; deletions never share one with items."""
    held: list[bytes] = []
    size = 0
    for line in _lines(stream, limits):
        changes = held and _form(held[0]) != _form(line)
        if held and (
            changes or len(held) == limits.batch_lines or size + len(line) > limits.batch_bytes
        ):
            yield held
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield held


def _said(line: bytes, name: str) -> Any:
    try:
        found = orjson.loads(line)[name]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        found = None
    keys = found if isinstance(found, list) else [found]
    if not all(isinstance(key, str) and key for key in keys):
        problem = f"a line that begins like this names source keys under {name!r}"
        raise invalid_fields([{"field": name, "problem": problem}])
    return found


def _form(line: bytes) -> bytes | None:
    return next((start for start in (_DELETION, _RESERVATION) if line.startswith(start)), None)


def _lines(stream: IO[bytes], limits: Limits) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(READ_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > limits.batch_bytes:
            raise Refusal(ITEM_TOO_LARGE, limit_bytes=limits.batch_bytes)
        yield from filter(bytes.strip, lines)
    if rest.strip():
        yield rest


def _read_back(found: IO[bytes]) -> Iterator[bytes]:
    with found:
        found.seek(0)
        while chunk := found.read(READ_BYTES):
            yield chunk
