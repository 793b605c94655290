"""One run at a time in one folder, and who it is. The system lets go however the process ends."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portway_assistant.error_codes import DATA_IN_USE
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Holder:
    """The run that is going on."""

    process_id: int
    plan_id: str | None
    """None while the export is still being read for a plan that is not saved yet."""


class RunLock:
    """The lock of an assistant's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "run.lock"
        self._folder = folder

    @contextmanager
    def hold(self, plan_id: str | None = None) -> Iterator[None]:
        """Hold the lock.

        Raises:
            Refusal: `data_in_use`.
        """
        with self._path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refusal(DATA_IN_USE, path=self._folder) from None
            self.name(plan_id)
            yield

    def name(self, plan_id: str | None) -> None:
        """Tell whoever looks which plan the holder runs."""
        self._path.write_text(json.dumps({"process": os.getpid(), "plan": plan_id}))

    def find_holder(self) -> Holder | None:
        """Return who holds the lock, or None."""
        try:
            with self._path.open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return _read(lock.read())
        except FileNotFoundError:
            pass
        return None


def _read(text: str) -> Holder:
    try:
        facts = json.loads(text)
        return Holder(int(facts["process"]), facts["plan"])
    except (ValueError, KeyError, TypeError):
        return Holder(0, None)  # taken this very moment, and not named yet
