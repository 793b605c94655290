"""Reading ahead in a thread: the same chunks, the same errors, and no thread left behind."""

import threading

import pytest

from portway_assistant.exports.read_ahead import read_ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_every_chunk_comes_in_order():
    assert list(read_ahead(bytes([n]) for n in range(50))) == [bytes([n]) for n in range(50)]
    assert threads() == []


def test_what_reading_raises_is_raised_after_the_chunks_before_it():
    def broken():
        yield b"a"
        raise OSError("gone")

    chunks = read_ahead(broken())

    assert next(chunks) == b"a"
    with pytest.raises(OSError, match="gone"):
        next(chunks)
    assert threads() == []


def test_leaving_early_ends_the_thread():
    chunks = read_ahead(iter([b"x"] * 1000))

    assert next(chunks) == b"x"
    chunks.close()
    assert threads() == []
