"""The body of an upload, read piece by piece, from a sender who may go away or fall silent."""

import socket
import time
from collections.abc import Iterator
from typing import Any, Protocol

import flask

from portway_platform.app_data.files import PIECE_BYTES

SILENCE_SECONDS = 30.0
"""How long a sender may be silent before it counts as gone."""

_DRAIN_BYTES = 8 << 20
_DRAIN_SECONDS = 2.0


class SenderGoneError(Exception):
    """The sender closed the connection, or fell silent, before the body ended."""


class Body:
    """The bytes of one request, in pieces of at most `PIECE_BYTES`."""

    def __init__(self, request: flask.Request) -> None:
        self._request = request
        self._source = _open_source(request)
        self._received_bytes = 0
        self.length_bytes = request.content_length
        """What the sender announced; None for a body that ends when it ends."""
        limit_wait(request, SILENCE_SECONDS)

    def pieces(self) -> Iterator[memoryview]:
        """Return what arrives, as it arrives. A piece is good until the next one is asked for.

        Raises:
            SenderGoneError: The body stops before its end.
        """
        while piece := self._read():
            yield piece
        if self.length_bytes is not None and self._received_bytes < self.length_bytes:
            raise SenderGoneError

    def drain(self) -> bool:
        """Read away a short rest, so that the answer is read; tell whether all of it is read."""
        limit_wait(self._request, _DRAIN_SECONDS / 2)
        until_bytes = self._received_bytes + _DRAIN_BYTES
        until = time.monotonic() + _DRAIN_SECONDS
        try:
            while self._received_bytes < until_bytes and time.monotonic() < until:
                if not self._read():
                    return True
        except SenderGoneError:
            pass
        return False

    def _read(self) -> memoryview:
        try:
            piece = self._source.read_piece()
        except Exception as error:
            # Each server has its own exceptions for a connection that broke.
            raise SenderGoneError from error
        self._received_bytes += len(piece)
        return piece


def limit_wait(request: flask.Request, seconds: float) -> None:
    """Limit how long one read or write of this request's connection may take.

    gunicorn hands over its socket, which waits without limit, and takes it back afterwards.
    """
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(seconds)


class _Source(Protocol):
    def read_piece(self) -> memoryview:
        """Return the next bytes; none at the end, or when the sender is gone."""
        ...


class _StreamSource:
    """Any server's body."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read_piece(self) -> memoryview:
        return memoryview(self._stream.read(PIECE_BYTES))


class _SocketSource:
    """A body of known length, straight from gunicorn's socket into one buffer.

    gunicorn's own reading copies every byte three times, which costs as much as hashing it. What
    it still expects of the body is kept right, so that the connection can be used again.
    """

    def __init__(self, connection: socket.socket, reader: Any) -> None:
        self._connection = connection
        self._reader = reader
        self._buffer = memoryview(bytearray(PIECE_BYTES))
        ahead = reader.unreader.take_buffered()
        reader.unreader.unread(ahead[reader.length :])
        self._ahead = memoryview(ahead[: reader.length])

    def read_piece(self) -> memoryview:
        filled = 0
        size = min(len(self._buffer), self._reader.length)
        try:
            while filled < size:
                count = self._receive_into(self._buffer[filled:size])
                if count == 0:
                    break
                filled += count
                self._reader.length -= count
        except OSError:
            # What came before the connection broke is a piece; the next read says the rest.
            if not filled:
                raise
        return self._buffer[:filled]

    def _receive_into(self, room: memoryview) -> int:
        if self._ahead:
            count = min(len(room), len(self._ahead))
            room[:count] = self._ahead[:count]
            self._ahead = self._ahead[count:]
            return count
        return self._connection.recv_into(room)


def _open_source(request: flask.Request) -> _Source:
    connection = request.environ.get("gunicorn.socket")
    reader = getattr(request.environ.get("wsgi.input"), "reader", None)
    is_plain = isinstance(getattr(reader, "length", None), int) and hasattr(
        getattr(reader, "unreader", None), "take_buffered"
    )
    if isinstance(connection, socket.socket) and is_plain:
        return _SocketSource(connection, reader)
    return _StreamSource(request.stream)
