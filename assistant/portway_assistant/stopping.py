"""Stopping a run from outside: between two items, in a large file, while waiting, in the proof.

Whoever stops it sets an event. What takes long looks at the event as it goes.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.3
"""How often a run looks whether another process asked it to stop."""


class StopRequested(BaseException):
    """Somebody asked the run to stop. Everything recorded so far stands.

    Like `KeyboardInterrupt` no `Exception`, so that no handler on the way takes it for a fault.
    """


def check(stop: threading.Event) -> None:
    """Raise `StopRequested` once the event is set."""
    if stop.is_set():
        raise StopRequested


def checked(items: Iterable[T], stop: threading.Event) -> Iterator[T]:
    """Yield `items`; raise `StopRequested` between two of them once the event is set."""
    for item in items:
        check(stop)
        yield item


def sleep(seconds: float, stop: threading.Event) -> None:
    """Wait, but not beyond the moment the event is set; then raise `StopRequested`."""
    if stop.wait(seconds):
        raise StopRequested


@contextmanager
def watching(stop: threading.Event, is_asked: Callable[[], bool]) -> Iterator[None]:
    """Set `stop` as soon as `is_asked` says so; it is asked a few times a second."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            if is_asked():
                stop.set()
                return

    thread = threading.Thread(target=watch, name="stop-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
