"""How a handler learns that its work is no longer this listener's."""

import threading

from portway_sdk._errors import WorkInterruptedError


class Interruption:
    """Set once by the listener's loop; from then on every call of the gateway raises."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason = ""
        self.was_felt = False
        """Whether a call has raised because of it."""

    def set(self, reason: str) -> None:
        """Interrupt. The first reason stands."""
        if not self._event.is_set():
            self._reason = reason
            self._event.set()

    def check(self) -> None:
        """Raise if the work was interrupted.

        Raises:
            WorkInterruptedError: It was.
        """
        if self._event.is_set():
            self.was_felt = True
            raise WorkInterruptedError(self._reason)

    def sleep(self, seconds: float) -> None:
        """Wait, unless interrupted.

        Raises:
            WorkInterruptedError: The work was interrupted before or while waiting.
        """
        self._event.wait(seconds)
        self.check()
