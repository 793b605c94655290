"""Threads that wait for what another thread of the same process committed."""

import threading
import time

import pytest

from portway_service.announcements import Announcements
from portway_service.database import announce, open_database, sqlite_url


def test_a_waiter_is_woken_by_its_topic():
    announcements = Announcements()
    seen = announcements.count("mail")
    woken = []
    waiter = threading.Thread(
        target=lambda: woken.append(announcements.wait("mail", seen=seen, timeout_seconds=10))
    )
    waiter.start()
    announcements.ring(["bread", "mail"])
    waiter.join(5)

    assert woken == [True]


def test_what_was_announced_between_looking_and_waiting_is_not_missed():
    announcements = Announcements()
    seen = announcements.count("mail")
    announcements.ring(["mail"])

    assert announcements.wait("mail", seen=seen, timeout_seconds=10)


def test_a_waiter_gives_up_in_time():
    announcements = Announcements()

    assert not announcements.wait("mail", seen=announcements.count("mail"), timeout_seconds=0.01)


def test_nobody_waits_any_more_once_the_process_ends():
    announcements = Announcements()
    seen = announcements.count("mail")
    announcements.close()
    began = time.monotonic()

    announcements.wait("mail", seen=seen, timeout_seconds=10)

    assert announcements.closed
    assert time.monotonic() - began < 5


def test_a_transaction_announces_when_it_has_committed_and_not_when_it_was_undone(tmp_path):
    database = open_database(sqlite_url(tmp_path / "x.db"))
    before = database.announcements.count("mail")

    def announce_and_fail():
        with database.write() as connection:
            announce(connection, "mail")
            raise LookupError

    with pytest.raises(LookupError):
        announce_and_fail()
    assert database.announcements.count("mail") == before

    with database.write() as connection:
        announce(connection, "mail")
        assert database.announcements.count("mail") == before
    assert database.announcements.count("mail") == before + 1
    database.close()
