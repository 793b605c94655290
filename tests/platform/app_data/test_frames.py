"""Frames of stored files: whatever is done to the stored bytes, no wrong byte comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.app_data import frames
from portway_platform.app_data.frames import OVERHEAD_BYTES, FileSeal, FrameError
from portway_platform.app_data.sealed_files import SealedAppending

KEY = b"k" * 32


class Memory:
    """A stored file in memory; also what takes the bytes of an appending."""

    def __init__(self):
        self.content = b""

    def write(self, piece):
        self.content += bytes(piece)

    def keep(self):
        return None


@pytest.fixture(autouse=True)
def small_frames(monkeypatch):
    """Frames of ten bytes: many of them in little time."""
    monkeypatch.setattr(frames, "FRAME_BYTES", 10)
    monkeypatch.setattr(frames, "FULL_BYTES", 10 + OVERHEAD_BYTES)
    monkeypatch.setattr("portway_platform.app_data.sealed_files.FRAME_BYTES", 10)


def stored(*appended, file_id="a", key=KEY, is_complete=True):
    """A file that grew by these appendings; each list is the pieces of one."""
    memory, reached, size = Memory(), 0, 0
    for number, pieces in enumerate(appended):
        sink = SealedAppending(memory, FileSeal(key, file_id), offset=reached, stored=size)
        for piece in pieces:
            sink.write(piece)
        kept = sink.keep(is_end=is_complete and number == len(appended) - 1)
        reached, size = sink.reached, kept.stored_bytes
    assert size == len(memory.content)
    return memory.content


def read(content, size, *, start=0, stop=None, file_id="a", key=KEY, is_complete=True):
    pieces = frames.read_plain(
        FileSeal(key, file_id),
        lambda begin, end: iter([content[begin:end][:7], content[begin:end][7:]]),
        start=start,
        stop=size if stop is None else stop,
        size=size if is_complete else None,
        stored=len(content),
    )
    return b"".join(pieces)


appendings = st.lists(st.lists(st.binary(max_size=25), max_size=4), min_size=1, max_size=4)


@given(appendings)
def test_what_was_appended_comes_back_however_it_was_cut(appended):
    plain = b"".join(piece for pieces in appended for piece in pieces)

    assert read(stored(*appended), len(plain)) == plain


@given(appendings, st.data())
def test_any_part_comes_back_by_itself(appended, data):
    plain = b"".join(piece for pieces in appended for piece in pieces)
    if not plain:
        return
    start = data.draw(st.integers(0, len(plain) - 1))
    stop = data.draw(st.integers(start + 1, len(plain)))

    assert read(stored(*appended), len(plain), start=start, stop=stop) == plain[start:stop]


@given(appendings, st.data())
def test_a_changed_byte_never_comes_out(appended, data):
    plain = b"".join(piece for pieces in appended for piece in pieces)
    content = bytearray(stored(*appended))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(FrameError):
        read(bytes(content), len(plain))


@given(appendings, st.data())
def test_a_file_that_was_cut_off_never_comes_out(appended, data):
    plain = b"".join(piece for pieces in appended for piece in pieces)
    content = stored(*appended)

    with pytest.raises(FrameError):
        read(content[: data.draw(st.integers(0, len(content) - 1))], len(plain))


FULL = 10 + OVERHEAD_BYTES


@pytest.mark.parametrize(
    "rearrange",
    [
        pytest.param(lambda a, b: a[FULL : 2 * FULL] + a[:FULL] + a[2 * FULL :], id="swapped"),
        pytest.param(lambda a, b: a[:FULL] + a[2 * FULL :], id="one left out"),
        pytest.param(lambda a, b: a[:FULL] + a[:FULL] + a[2 * FULL :], id="one twice"),
        pytest.param(lambda a, b: b[:FULL] + a[FULL:], id="one of another file"),
        pytest.param(lambda a, b: a[: 2 * FULL] + a[3 * FULL :], id="last one left out"),
        pytest.param(lambda a, b: b, id="another file"),
    ],
)
def test_frames_open_only_where_they_belong(rearrange):
    plain = bytes(range(30))
    content, other = stored([plain]), stored([plain], file_id="b")

    assert read(content, 30) == plain
    with pytest.raises(FrameError):
        read(rearrange(content, other), 30)


def test_the_end_of_a_longer_file_does_not_end_a_shorter_one():
    content = stored([bytes(30)])
    shorter = content[: 2 * FULL] + stored([bytes(20)], file_id="b")[2 * FULL :]

    with pytest.raises(FrameError):
        read(shorter, 20)


def test_another_transfers_key_opens_nothing():
    with pytest.raises(FrameError):
        read(stored([b"note"]), 4, key=b"x" * 32)


def test_the_same_bytes_are_never_stored_the_same_way():
    assert stored([b"note"]) != stored([b"note"])


def test_an_upload_that_is_not_complete_is_read_as_far_as_it_came():
    content = stored([b"a" * 25], [b"b" * 3], is_complete=False)

    assert read(content, 28, is_complete=False) == b"a" * 25 + b"b" * 3


@given(st.integers(0, 200))
def test_the_stored_size_is_known_beforehand(size):
    assert frames.stored_size(size) == len(stored([bytes(size)]))
