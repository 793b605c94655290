"""The threads that do due work, and the same without threads for tests in virtual time.

A worker has chores. Each runs in a thread of its own, sleeps until its next piece of work is due,
is woken when this process schedules some, and looks every second for what others scheduled.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from portway_platform.work import service
from portway_platform.work.rules import POLL_SECONDS, next_try_at, sleep_seconds
from portway_platform.work.service import DueWork
from portway_service.clock import Clock
from portway_service.database import Database

log = logging.getLogger(__name__)

Handler = Callable[[Connection, DueWork], datetime | None]
"""Does one piece of work in the transaction it is given; returns when it is due again, or None.

It locks what the work is about and looks at its state: in rare cases it is called twice.
"""

SlowHandler = Callable[[DueWork], datetime | None]
"""Does work that must not hold a transaction open; may be called again when it was interrupted."""

_BATCH = 50


class Chore(Protocol):
    """Something a worker keeps doing."""

    @property
    def topic(self) -> str:
        """What is announced when there may be something to do."""
        ...

    def run_due(self) -> int:
        """Do what is due, in this thread; return how many pieces were done."""
        ...

    def step(self) -> int:
        """Do some of what is due, or have it done elsewhere; return 0 when there is none."""
        ...

    def next_due_at(self) -> datetime | None:
        """Return when there is something to do, unless more is scheduled before."""
        ...

    def start(self) -> None:
        """Get ready to be stepped."""
        ...

    def stop(self) -> None:
        """End what is under way."""
        ...


class Worker:
    """Does chores in threads between `start` and `stop`, or at once with `run_due`."""

    def __init__(self, database: Database, clock: Clock, chores: Sequence[Chore]) -> None:
        self._database = database
        self._clock = clock
        self._chores = tuple(chores)
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    def run_due(self) -> int:
        """Do everything that is due by the clock, in this thread; return how much that was."""
        done = 0
        while just_done := sum(chore.run_due() for chore in self._chores):
            done += just_done
        return done

    def start(self) -> None:
        """Begin to work in the background. Starting twice changes nothing."""
        if self._threads:
            return
        self._stopping.clear()
        for chore in self._chores:
            chore.start()
            thread = threading.Thread(
                target=self._loop, args=(chore,), name=f"portway {chore.topic}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish what is under way, start nothing more, and return when all threads have ended."""
        self._stopping.set()
        self._database.announcements.ring(chore.topic for chore in self._chores)
        if not self._threads:
            for chore in self._chores:
                chore.stop()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _loop(self, chore: Chore) -> None:
        announcements = self._database.announcements
        while not self._stopping.is_set():
            seen = announcements.count(chore.topic)
            try:
                if chore.step():
                    continue
                pause = sleep_seconds(chore.next_due_at(), self._clock.now())
            except Exception:
                # A database that is away comes back; a worker that is gone does not.
                log.exception("work failed", extra={"topic": chore.topic})
                self._stopping.wait(POLL_SECONDS)
                continue
            if announcements.closed:
                self._stopping.wait(pause)
            elif not self._stopping.is_set():
                announcements.wait(chore.topic, seen=seen, timeout_seconds=pause)
        try:
            chore.stop()
        except Exception:
            log.exception("work was not ended cleanly", extra={"topic": chore.topic})


class Errands:
    """The chore of all work that is one transaction: its effect and its end commit together.

    Slow work, which is done outside of any, ends in a transaction of its own.
    """

    topic = service.topic_of("")

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        slow_handlers: Mapping[str, SlowHandler] | None = None,
        lease_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = dict(handlers)
        self._slow_handlers = dict(slow_handlers or {})
        self._kinds = self._handlers.keys() | self._slow_handlers.keys()
        self._lease_seconds = lease_seconds
        self._owner = owner_name()

    def step(self) -> int:
        """Do a batch of what is due; return how many pieces that was."""
        claimed = service.claim_due(
            self._database,
            now=self._clock.now(),
            owner=self._owner,
            lease_seconds=self._lease_seconds,
            limit=_BATCH,
            kinds=self._kinds,
        )
        for work in claimed:
            self._do(work)
        return len(claimed)

    def run_due(self) -> int:
        """Do everything that is due."""
        done = 0
        while just_done := self.step():
            done += just_done
        return done

    def next_due_at(self) -> datetime | None:
        """Return when the next piece is due."""
        return service.next_due_at(self._database, self._kinds)

    def start(self) -> None:
        """Nothing to get ready."""

    def stop(self) -> None:
        """Nothing is under way between two steps."""

    def _do(self, work: DueWork) -> None:
        try:
            slow = self._slow_handlers.get(work.kind)
            due_again_at = None if slow is None else slow(work)
            with self._database.write() as connection:
                if not service.is_held(connection, work):
                    return
                if slow is None:
                    due_again_at = self._handlers[work.kind](connection, work)
                if due_again_at is None:
                    service.finish(connection, work)
                else:
                    service.reschedule(connection, work, due_again_at)
        except Exception:
            log.exception(
                "due work failed; it will be tried again",
                extra={"kind": work.kind, "subject_id": work.subject_id, "attempt": work.attempts},
            )
            with self._database.write() as connection:
                again_at = next_try_at(work.attempts, self._clock.now())
                service.reschedule(connection, work, again_at)


def owner_name() -> str:
    """Return a name for one holder of leases, unlike that of any other process or thread."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:12]}"
