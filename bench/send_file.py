"""The floor of a download: one plain file, sent by the kernel to whoever connects and asks."""

import os
import socket
import sys


def main() -> None:
    """Serve until ended."""
    file = os.open(sys.argv[1], os.O_RDONLY)
    size = os.fstat(file).st_size
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                while b"\r\n\r\n" not in connection.recv(65_536):
                    pass
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                sent = 0
                while sent < size:
                    sent += os.sendfile(connection.fileno(), file, sent, size - sent)


if __name__ == "__main__":
    main()
