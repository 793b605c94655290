"""Unpack ahead of the parser, in a thread: inflating and checking sums need no interpreter."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress

_CHUNKS_AHEAD = 4


def read_ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same chunks, a few of them read before they are asked for.

    What reading raises is raised here, in its turn. Leaving early ends the thread.
    """
    ready: queue.Queue[bytes | BaseException | None] = queue.Queue(_CHUNKS_AHEAD)
    stopped = threading.Event()

    def put(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def work() -> None:
        try:
            for chunk in chunks:
                put(chunk)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as exc:
            put(exc)

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
