"""One database of a service: SQLite in a file, or PostgreSQL by URL. Same code on both.

What was committed is on disk: SQLite runs in WAL mode with full sync. SQLite has one writer at a
time, so writers of one process queue on a lock rather than poll the file. On PostgreSQL any number
of processes write at once: whoever decides on what it read locks that row first.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Table,
    Text,
    column,
    create_engine,
    event,
    select,
    table,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portway_service.announcements import Announcements

if TYPE_CHECKING:
    from portway_service.wakeups import Wakeups

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


WriteLast = Callable[[Connection, list[Any]], None]


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as whole microseconds since 1970: it sorts and compares."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn an instant into microseconds."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into an instant."""
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


class Database:
    """Transactions on one database. `write()` begins as a writer, so it never fails halfway."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.announcements = Announcements()
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()
        self._reading = {} if self.is_sqlite else _READING_POSTGRESQL
        self._wakeups: Wakeups | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout."""
        with (
            self.engine.connect().execution_options(**self._reading) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that changes something: committed on leaving, undone on an exception."""
        topics: set[str] = set()
        last: dict[WriteLast, list[Any]] = {}
        options = {"portway_writes": True, "portway_topics": topics, "portway_last": last}
        with (
            self._writer,
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection
            for write, things in last.items():
                write(connection, things)
        self.announcements.ring(topics)
        if self._wakeups is not None:
            self._wakeups.send(topics)

    def shred_overwritten(self, table_name: str) -> bool:
        """Leave no trace in the database's files of what was overwritten in a table.

        Returns whether that was possible now; on SQLite, readers may be in the way.
        """
        connection = self.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            if self.is_sqlite:
                # Pages are zeroed as they are freed; the log still holds them as they were.
                with self._writer:
                    driver.execute("PRAGMA busy_timeout=1000")
                    busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                    driver.execute(f"PRAGMA busy_timeout={_SQLITE_WAIT_SECONDS * 1000}")
                return not busy
            driver.autocommit = True
            try:
                # Writes the table anew; a plain VACUUM leaves old bytes in the gaps.
                driver.execute(f"VACUUM FULL {table_name}")
            finally:
                driver.autocommit = False
            return True
        finally:
            connection.close()

    def share_announcements(self) -> None:
        """Ring what other processes on this database announce, and have them ring ours.

        On SQLite, whose processes have no way to wake each other, this changes nothing.
        """
        if self.is_sqlite or self._wakeups is not None:
            return
        from portway_service.wakeups import Wakeups

        self._wakeups = Wakeups(self._connect_alone, self.announcements)
        self._wakeups.start()

    def close(self) -> None:
        """Close every connection."""
        if self._wakeups is not None:
            self._wakeups.stop()
            self._wakeups = None
        self.engine.dispose()

    def _connect_alone(self) -> Any:
        """Return a connection outside of the pool, without transactions."""
        import psycopg

        arguments, options = self.engine.dialect.create_connect_args(self.engine.url)
        return psycopg.connect(*arguments, **{**_CONNECTING, **options}, autocommit=True)


_SQLITE_WAIT_SECONDS = 60
# A reader never waits, is never waited for, and sees what was there when it began.
_READING_POSTGRESQL = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_CONNECTING = {"application_name": "portway", "connect_timeout": 10}


def announce(connection: Connection, topic: str) -> None:
    """Announce `topic` as soon as the write transaction has committed.

    It is heard in this process, and in all that share their announcements.
    """
    connection.get_execution_options()["portway_topics"].add(topic)


def do_last(connection: Connection, write: WriteLast, thing: Any) -> None:
    """Have `write` called with all its things as the last act of the write transaction.

    What many transactions write to is so locked for a moment only, and after everything else.
    """
    connection.get_execution_options()["portway_last"].setdefault(write, []).append(thing)


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{path}"


def open_database(url: str | URL) -> Database:
    """Open a database by its SQLAlchemy URL; an SQLite file is made when it is absent."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("a database is sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")
    # The server allows about a hundred connections in all, for every process.
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        connect_args={name: said for name, said in _CONNECTING.items() if name not in parsed.query},
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=30,
    )
    return Database(engine)


def _open_sqlite(url: URL) -> Database:
    engine = create_engine(
        url, connect_args={"timeout": _SQLITE_WAIT_SECONDS}, pool_size=20, max_overflow=100
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        # Python's own transaction handling would begin as a reader and fail on the upgrade.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=FAST",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("portway_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Database(engine)


def upgrade_schema(
    database: Database, script_location: str, *, head: str, version_table: str = "alembic_version"
) -> None:
    """Bring the schema to version `head` by the Alembic scripts at `script_location`.

    `script_location` is `package:folder`. Rooms that share a database keep their versions in
    tables of their own; the scripts find the name in `config.attributes["version_table"]`.
    Alembic is loaded only when there is work to do.
    """
    if _schema_version(database, version_table) == head:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", script_location)
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes["connection"] = connection
        config.attributes["version_table"] = version_table
        command.upgrade(config, head)


def _schema_version(database: Database, version_table: str) -> str | None:
    with database.engine.connect() as connection:
        try:
            row: Any = connection.execute(
                select(column("version_num")).select_from(table(version_table))
            ).first()
        except DBAPIError:
            return None
    return None if row is None else str(row[0])


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless a unique key of it is taken; tell whether it was inserted.

    Meeting an unfinished transaction with the same key, PostgreSQL waits for its end.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    result = connection.execute(
        insert(table).values(**values).on_conflict_do_nothing(),
        # SQLAlchemy looks at the count of an INSERT only when told to.
        execution_options={"preserve_rowcount": True},
    )
    return result.rowcount == 1


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows but those whose unique keys are taken."""
    if rows:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(table).on_conflict_do_nothing(), list(rows))


def upsert(
    connection: Connection, table: Table, identity: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Insert the row with this identity (its primary key), or give it new values."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(table)
        .values(**identity, **values)
        .on_conflict_do_update(index_elements=list(identity), set_=dict(values))
    )


class by_bytes(FunctionElement[str]):  # noqa: N801  (it is called like a function)
    """A text column as it sorts by its bytes on every database; SQLite sorts no other way."""

    inherit_cache = True
    type = Text()


@compiles(by_bytes)
def _write_plain(element: by_bytes, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(by_bytes, "postgresql")
def _write_collated(element: by_bytes, compiler: Any, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


def row_dict(row: Any) -> Mapping[str, Any]:
    """Return a result row as a mapping of column names to values."""
    mapping: Mapping[str, Any] = row._mapping
    return mapping
