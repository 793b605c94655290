"""NDJSON bodies: checked whole before the first row of them is written, in constant memory.

The body is kept in a temporary file (in memory while it is small) and each line is read twice:
once to check it, once to use it. So no transaction waits for a slow sender, and a fault in the
last line leaves nothing of the first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Generic, TypeVar

from portway_platform import error_codes
from portway_service.errors import Refusal

READ_BYTES = 1 << 20
MEMORY_BYTES = 8 << 20
LINE_LIMIT_BYTES = 1 << 16

Parsed = TypeVar("Parsed")


class LineError(ValueError):
    """What is wrong with a line; never the values it holds."""


@dataclass(frozen=True)
class CheckedLines(Generic[Parsed]):
    """The lines of a body, every one of which can be parsed."""

    count: int
    _file: IO[bytes]
    _parse: Callable[[bytes], Parsed]

    def batches(self, size: int) -> Iterator[list[Parsed]]:
        """Return the parsed lines, `size` at a time."""
        self._file.seek(0)
        parsed = map(self._parse, filter(bytes.strip, split_lines(self._file)))
        while batch := list(islice(parsed, size)):
            yield batch


@contextmanager
def checked_lines(
    stream: IO[bytes], parse: Callable[[bytes], Parsed]
) -> Iterator[CheckedLines[Parsed]]:
    """Read a body to its end and check each line of it. Blank lines are passed over.

    Raises:
        Refusal: `line_invalid`, with the number of the first line `parse` raised `LineError` for.
    """
    with SpooledTemporaryFile(max_size=MEMORY_BYTES) as file:
        count = 0
        for number, line in enumerate(split_lines(stream, copy_to=file), start=1):
            if not line.strip():
                continue
            try:
                _check_length(line)
                parse(line)
            except LineError as error:
                raise _refusal(number, str(error)) from None
            count += 1
        yield CheckedLines(count, file, parse)


def split_lines(stream: IO[bytes], *, copy_to: IO[bytes] | None = None) -> Iterator[bytes]:
    """Return the lines of a stream without their ends; a line far too long comes in parts."""
    rest = b""
    while chunk := stream.read(READ_BYTES):
        if copy_to is not None:
            copy_to.write(chunk)
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        yield from lines
        if len(rest) > LINE_LIMIT_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


def _check_length(line: bytes) -> None:
    if len(line) > LINE_LIMIT_BYTES:
        raise LineError(f"it is longer than {LINE_LIMIT_BYTES} bytes")


def _refusal(number: int, problem: str) -> Refusal:
    details = {"line": number, "problem": problem}
    return Refusal(error_codes.LINE_INVALID, line=number, problem=problem, details=details)
