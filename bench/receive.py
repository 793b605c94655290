"""The floor of an upload where there is no C compiler. Does what `receive.c` does."""

import hashlib
import os
import socket
import struct
import sys

_PIECE_BYTES = 1 << 20


def main() -> None:
    """Serve until ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        piece = memoryview(bytearray(_PIECE_BYTES))
        while True:
            connection, _ = listener.accept()
            with connection:
                take(connection, sys.argv[1], piece)


def take(connection: socket.socket, path: str, piece: memoryview) -> None:
    """Receive, hash, write and sync one file."""
    (left,) = struct.unpack("<Q", connection.recv(8, socket.MSG_WAITALL))
    digest = hashlib.sha256()
    file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        while left:
            count = connection.recv_into(piece, min(left, _PIECE_BYTES))
            if not count:
                raise RuntimeError("the sender went away")
            digest.update(piece[:count])
            written = 0
            while written < count:
                written += os.write(file, piece[written:count])
            left -= count
        os.fsync(file)
    finally:
        os.close(file)
    connection.sendall(digest.digest())


if __name__ == "__main__":
    main()
