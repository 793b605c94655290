"""Carries announcements between the processes that share one PostgreSQL (LISTEN/NOTIFY).

What a process announced is sent after its transaction has committed, many announcements at a time
and over a connection of its own: a NOTIFY inside a transaction would make commits wait for each
other. One that is lost costs time and nothing else, because every waiter also looks unasked.
"""

import contextlib
import logging
import threading
import uuid
from collections.abc import Callable, Collection
from typing import Any

import psycopg

from portway_service.announcements import Announcements

log = logging.getLogger(__name__)

CHANNEL = "portway"
_PAUSE_SECONDS = 0.02
"""Between two sendings: what is announced meanwhile goes together."""
_AWAY_SECONDS = 1.0
"""Before another try to reach a database that is away."""
_LOOK_SECONDS = 5.0

Connect = Callable[[], "psycopg.Connection[Any]"]


class Wakeups:
    """Two threads: one sends what this process announces, one rings what the others announce."""

    def __init__(self, connect: Connect, announcements: Announcements) -> None:
        self._connect = connect
        self._announcements = announcements
        self._own_name = uuid.uuid4().hex[:12]
        self._to_send: set[str] = set()
        self._something_to_send = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to send and to listen. Starting twice changes nothing."""
        if self._threads:
            return
        for work in (self._send_all, self._listen_always):
            thread = threading.Thread(target=work, name=f"portway {CHANNEL}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End both threads; what was not sent yet is dropped."""
        if not self._threads:
            return
        self._stopping.set()
        with self._something_to_send:
            self._something_to_send.notify_all()
        # The listener sits in a read; a word of our own ends it.
        with contextlib.suppress(psycopg.Error), self._connect() as connection:
            _notify(connection, self._own_name, [""])
        for thread in self._threads:
            thread.join(2 * _LOOK_SECONDS)
        self._threads.clear()

    def send(self, topics: Collection[str]) -> None:
        """Have the other processes rung; returns at once."""
        if not self._threads or not topics:
            return
        with self._something_to_send:
            self._to_send.update(topics)
            self._something_to_send.notify_all()

    def _send_all(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    connection.execute("SET synchronous_commit = off")
                    while topics := self._take_topics():
                        _notify(connection, self._own_name, topics)
                        self._stopping.wait(_PAUSE_SECONDS)
            except psycopg.Error as error:
                self._note_away(error)

    def _take_topics(self) -> list[str]:
        """Return what there is to send, waiting for it; nothing when the process ends."""
        with self._something_to_send:
            self._something_to_send.wait_for(lambda: self._to_send or self._stopping.is_set())
            topics = sorted(self._to_send)
            self._to_send.clear()
            return [] if self._stopping.is_set() else topics

    def _listen_always(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    while not self._stopping.is_set():
                        for notice in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                            self._ring(notice.payload)
            except psycopg.Error as error:
                self._note_away(error)

    def _ring(self, payload: str) -> None:
        sender, _, topic = payload.partition(" ")
        if sender != self._own_name:
            self._announcements.ring([topic])

    def _note_away(self, error: psycopg.Error) -> None:
        if not self._stopping.is_set():
            log.warning("wake-ups are away", extra={"problem": type(error).__name__})
            self._stopping.wait(_AWAY_SECONDS)


def _notify(connection: "psycopg.Connection[Any]", sender: str, topics: Collection[str]) -> None:
    connection.execute(
        "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic",
        (CHANNEL, [f"{sender} {topic}" for topic in topics]),
    )
