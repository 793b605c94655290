"""HTTP over a bare socket: a client that costs next to nothing beside what it measures.

Standard library only: helpers that ask in processes of their own start quickly.
"""

import socket
from collections.abc import Mapping

TIMEOUT_SECONDS = 60.0
_BUFFER_BYTES = 1 << 20


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a whole request as it travels."""
    named = {"Host": "127.0.0.1", **headers}
    if body or method in {"POST", "PUT"}:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Wire:
    """One connection to a server of this machine, kept open."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)

    def ask(self, raw_request: bytes) -> bytes:
        """Send a request and return the body of its answer."""
        self.socket.sendall(raw_request)
        return self.read_answer()

    def read_answer(self) -> bytes:
        """Return the body of the next answer, which must be a 2xx with a length."""
        first, length = self._read_head()
        parts = [first]
        left = length - len(first)
        while left > 0:
            count = self._receive(left)
            parts.append(bytes(self._view[:count]))
            left -= count
        return b"".join(parts)

    def discard_answer(self) -> int:
        """Read the next answer and let its body go; return how long it was."""
        first, length = self._read_head()
        left = length - len(first)
        while left > 0:
            left -= self._receive(left)
        return length

    def receive_exactly(self, length: int) -> bytes:
        """Return the next bytes, whatever they mean."""
        data = b""
        while len(data) < length:
            data += bytes(self._view[: self._receive(length - len(data))])
        return data

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _read_head(self) -> tuple[bytes, int]:
        head = b""
        while b"\r\n\r\n" not in head:
            head += bytes(self._view[: self._receive(_BUFFER_BYTES)])
        head, _, first = head.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status = int(lines[0].split(b" ", 2)[1])
        if not 200 <= status < 300:
            raise RuntimeError(f"answered {status}: {first[:500]!r}")
        named = dict(line.lower().split(b":", 1) for line in lines[1:])
        return first, int(named[b"content-length"])

    def _receive(self, at_most: int) -> int:
        count = self.socket.recv_into(self._view, min(at_most, _BUFFER_BYTES))
        if not count:
            raise RuntimeError("the server closed the connection")
        return count
