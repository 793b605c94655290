"""One database: transactions that do not fail halfway, instants that sort."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update

from portway_service.database import Instant, announce, by_bytes, open_database, sqlite_url
from support.databases import POSTGRESQL, SQLITE, a_postgresql_database, needs_postgresql

metadata = MetaData()
counters = Table("counters", metadata, Column("id", Integer, primary_key=True),
                 Column("n", Integer), Column("at", Instant))  # fmt: skip


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database(request, tmp_path):
    url = sqlite_url(tmp_path / "test.db")
    if request.param == POSTGRESQL:
        needs_postgresql()
        with a_postgresql_database() as url:
            pass
    opened = open_database(url)
    with opened.write() as connection:
        metadata.create_all(connection)
        connection.execute(insert(counters).values(id=1, n=0))
    yield opened
    opened.close()


def test_writers_that_read_first_lose_no_update(database):
    def add() -> None:
        for _ in range(50):
            with database.write() as connection:
                n = connection.execute(select(counters.c.n).with_for_update()).scalar_one()
                connection.execute(update(counters).values(n=n + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        assert connection.execute(select(counters.c.n)).scalar_one() == 200


def test_an_exception_undoes_the_transaction(database):
    def change_and_fail() -> None:
        with database.write() as connection:
            connection.execute(update(counters).values(n=7))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    with database.read() as connection:
        assert connection.execute(select(counters.c.n)).scalar_one() == 0


def test_a_reader_sees_one_state_throughout(database):
    with database.read() as reading:
        before = reading.execute(select(counters.c.n)).scalar_one()
        with database.write() as writing:
            writing.execute(update(counters).values(n=7))
        assert reading.execute(select(counters.c.n)).scalar_one() == before
    with database.read() as reading:
        assert reading.execute(select(counters.c.n)).scalar_one() == 7


def test_what_one_process_announces_is_heard_in_the_other(database):
    other = open_database(database.engine.url)
    heard = threading.Event()

    def listen():
        seen = other.announcements.count("mail")
        if other.announcements.wait("mail", seen=seen, timeout_seconds=10):
            heard.set()

    waiter = threading.Thread(target=listen)
    try:
        for each in (database, other):
            each.share_announcements()
        waiter.start()
        # What was announced before the other listened is lost: say it again.
        for _ in range(2 if database.is_sqlite else 100):
            with database.write() as connection:
                announce(connection, "mail")
            if heard.wait(0.1):
                break
        assert heard.is_set() is not database.is_sqlite
    finally:
        other.announcements.close()
        waiter.join(10)
        other.close()


def test_text_sorts_by_its_bytes_where_it_is_told_to(database):
    words = ["ä", "b", "A", "a", "~", "_"]
    names = Table("names", MetaData(), Column("name", String(10)))
    with database.write() as connection:
        names.create(connection)
        connection.execute(insert(names), [{"name": word} for word in words])
        found = connection.execute(select(names).order_by(by_bytes(names.c.name))).scalars().all()

    assert found == sorted(words, key=str.encode)


@pytest.mark.parametrize("url", ["mysql://host/db", "oracle://host/db"])
def test_a_database_of_another_make_is_refused(url):
    with pytest.raises(ValueError, match="postgresql"):
        open_database(url)


def test_what_is_committed_is_synced(tmp_path):
    database = open_database(sqlite_url(tmp_path / "synced.db"))
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    database.close()


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_to_the_microsecond(instant):
    kept = Instant().process_bind_param(instant, None)

    assert Instant().process_result_value(kept, None) == instant
    assume(instant < datetime.max.replace(tzinfo=UTC))
    later = Instant().process_bind_param(instant + timedelta(microseconds=1), None)
    assert later == kept + 1
