"""The body of an upload, read piece by piece, from a sender who may go away or fall silent."""

import time
from collections.abc import Iterator

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
        self._stream = request.stream
        self._received_bytes = 0
        self.length_bytes = request.content_length
        """What the sender announced; None for a body that ends when it ends."""
        self._request = request
        limit_wait(request, SILENCE_SECONDS)

    def pieces(self) -> Iterator[bytes]:
        """Return what arrives, as it arrives.

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

    def _read(self) -> bytes:
        try:
            piece = bytes(self._stream.read(PIECE_BYTES))
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
