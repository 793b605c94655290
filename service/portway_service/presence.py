"""Whether the caller of a request that waits is still there."""

import socket
from collections.abc import Mapping
from typing import Any


def caller_is_gone(environ: Mapping[str, Any]) -> bool:
    """Tell whether the caller of a waiting request has closed its connection.

    Only gunicorn lets us look at the connection; behind other servers nobody is ever gone.
    """
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return False
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"")
    except (BlockingIOError, ValueError):
        return False  # Nothing to read, or a TLS connection, which cannot be peeked at.
    except OSError:
        return True
