"""One database: transactions that do not fail halfway, instants that sort."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update

from portway_service.database import Instant, open_database, sqlite_url

metadata = MetaData()
counters = Table("counters", metadata, Column("id", Integer, primary_key=True),
                 Column("n", Integer), Column("at", Instant))  # fmt: skip


@pytest.fixture
def database(tmp_path):
    opened = open_database(sqlite_url(tmp_path / "test.db"))
    with opened.write() as connection:
        metadata.create_all(connection)
        connection.execute(insert(counters).values(id=1, n=0))
    yield opened
    opened.close()


def test_writers_that_read_first_lose_no_update(database):
    def add() -> None:
        for _ in range(50):
            with database.write() as connection:
                n = connection.execute(select(counters.c.n)).scalar_one()
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


def test_what_is_committed_is_synced(database):
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_to_the_microsecond(instant):
    kept = Instant().process_bind_param(instant, None)

    assert Instant().process_result_value(kept, None) == instant
    assume(instant < datetime.max.replace(tzinfo=UTC))
    later = Instant().process_bind_param(instant + timedelta(microseconds=1), None)
    assert later == kept + 1
