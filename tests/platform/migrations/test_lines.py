"""NDJSON bodies: checked whole, in constant memory, however they are cut into pieces."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.migrations import lines as module
from portway_platform.migrations.lines import (
    LINE_LIMIT_BYTES,
    LineError,
    checked_lines,
    split_lines,
)
from portway_service.errors import Refusal


class Pieces(io.RawIOBase):
    """A stream that gives one piece at each read, as a socket may."""

    def __init__(self, pieces):
        self.pieces = [piece for piece in pieces if piece]

    def read(self, size=-1):
        return self.pieces.pop(0) if self.pieces else b""


def number(line):
    try:
        return int(line)
    except ValueError:
        raise LineError("it is no number") from None


@given(st.lists(st.binary(max_size=20), max_size=20), st.data())
def test_lines_are_the_same_however_the_body_is_cut(pieces, data):
    body = b"".join(pieces)
    expected = body.split(b"\n")
    if not expected[-1]:
        expected.pop()

    assert list(split_lines(Pieces(pieces))) == expected


@given(st.lists(st.integers(), max_size=50), st.integers(1, 10), st.sampled_from([b"\n", b"\r\n"]))
def test_what_was_checked_is_what_is_used(numbers, size, ending):
    body = ending.join(str(one).encode() for one in numbers)

    with checked_lines(io.BytesIO(body), number) as lines:
        batches = list(lines.batches(size))

    assert lines.count == len(numbers)
    assert [one for batch in batches for one in batch] == numbers
    assert all(len(batch) == size for batch in batches[:-1])


def test_blank_lines_are_passed_over_but_counted_for_the_message():
    with (
        pytest.raises(Refusal, match="Line 4 cannot be read: it is no number"),
        checked_lines(io.BytesIO(b"1\n\n \nx\n"), number),
    ):
        pass


def test_a_line_without_end_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(module, "READ_BYTES", 1 << 16)
    endless = Pieces([b"1" * (1 << 16)] * 10_000)

    with pytest.raises(Refusal, match="longer than 65536 bytes"), checked_lines(endless, number):
        pass

    assert len(endless.pieces) > 9_990


def test_the_longest_line_is_accepted():
    line = b" " * (LINE_LIMIT_BYTES - 1) + b"7"

    with checked_lines(io.BytesIO(line), number) as lines:
        assert list(lines.batches(10)) == [[7]]


def test_memory_does_not_grow_with_the_body():
    def peak(count):
        body = Pieces([b"123456789\n" * 10_000] * count)
        tracemalloc.start()
        try:
            with checked_lines(body, number) as lines:
                assert sum(map(len, lines.batches(1000))) == count * 10_000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # Above 8 MiB the body lies on the disk.
    assert peak(200) < peak(100) + (1 << 20)
