"""Databases for tests: SQLite files, and databases of a PostgreSQL server.

The server is the one `PORTWAY_TEST_DATABASE_URL` names; else the one at 127.0.0.1:5432, if it has a
database `test`; else one of our own, if `initdb` is on this machine. Databases are copies of a
template and are emptied for the next test, because making one takes as long as several tests.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from portway_service.database import Database, open_database, sqlite_url

SQLITE, POSTGRESQL = "sqlite", "postgresql"
VARIABLE = "PORTWAY_TEST_DATABASE_URL"


class _Present:
    """Which database the test that runs now is about, and what is given back at its end."""

    kind = SQLITE
    stack = ExitStack()


def on_both_databases(metafunc: pytest.Metafunc, *, opened_by: set[str], opening: set[str]) -> None:
    """Have a test run on both databases, if it opens one.

    Args:
        opened_by: Fixtures that open a database.
        opening: Functions that do; a test that names one of them opens a database too.
    """
    if any(
        mark.args[0] == "database_kind" for mark in metafunc.definition.iter_markers("parametrize")
    ):
        return
    code = getattr(metafunc.function, "__code__", None)
    names = set(code.co_names) if code else set()
    if opened_by & set(metafunc.fixturenames) or opening & names:
        metafunc.parametrize("database_kind", [SQLITE, POSTGRESQL], indirect=True)


@contextmanager
def use_kind(kind: str | None) -> Iterator[str]:
    """Have databases of this kind opened for the time of one test."""
    kind = kind or SQLITE
    if kind == POSTGRESQL:
        needs_postgresql()
    with ExitStack() as stack:
        _Present.kind, _Present.stack = kind, stack
        try:
            yield kind
        finally:
            _Present.kind = SQLITE


def close_at_end(database: Database) -> Database:
    """Close a database when the test is over, and return it."""
    _Present.stack.callback(database.close)
    return database


def needs_postgresql() -> None:
    """Skip the test where there is no PostgreSQL; on CI that is a failure."""
    if find_server() is None:
        message = f"no PostgreSQL: set {VARIABLE}, or install initdb"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def database_url(file: Path, template: "Template") -> str:
    """Return the URL of the database that belongs to an SQLite file's place.

    On PostgreSQL the place keeps the name of its database, so that whoever opens the same place
    again finds what it left there.
    """
    note = file.with_suffix(".url")
    if _Present.kind == SQLITE and not note.exists():
        return sqlite_url(file)
    if not note.exists():
        note.write_text(_Present.stack.enter_context(template.borrowed()))
    return note.read_text()


@cache
def find_server() -> URL | None:
    """Return a database of a server we may make databases on, or None without one."""
    named = os.environ.get(VARIABLE)
    if named:
        return make_url(named).set(drivername="postgresql+psycopg")
    usual = make_url("postgresql+psycopg://127.0.0.1:5432/test")
    for user in (None, "postgres"):
        candidate = usual.set(username=user)
        if _may_make_databases(candidate):
            return candidate
    return _start_own_server()


def _may_make_databases(url: URL) -> bool:
    try:
        with _connect(url) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _start_own_server() -> URL | None:
    """Start a cluster that lives as long as these tests, on a socket in a folder of its own."""
    initdb, pg_ctl = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or pg_ctl is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="portway-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = None
    if os.getuid() == 0:
        # PostgreSQL refuses to be run by root.
        user = "nobody"
        shutil.chown(folder, user)
    data, log = str(folder / "data"), str(folder / "log")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=120, cwd=folder, user=user,
        )  # fmt: skip

    run(initdb, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N", "-D", data)
    run(pg_ctl, "-w", "-D", data, "-o", options, "-l", log, "start")
    atexit.register(run, pg_ctl, "-m", "immediate", "-D", data, "stop")
    return URL.create(
        "postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)}
    )


def _connect(url: URL) -> psycopg.Connection:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=5)


@dataclass
class Template:
    """A PostgreSQL database with a schema in it, and copies of it nobody uses at the moment."""

    upgrade: Callable[[Database], None]
    name: str = field(default_factory=lambda: _a_name())
    _is_made: bool = False
    _free: list[str] = field(default_factory=list)

    @contextmanager
    def borrowed(self) -> Iterator[str]:
        """An empty database with the schema, for the time of one test; gives its URL."""
        server = find_server()
        assert server is not None
        name = self._free.pop() if self._free else self._copy(server)
        url = server.set(database=name)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            _empty(url)
            self._free.append(name)

    def _copy(self, server: URL) -> str:
        if not self._is_made:
            _make(server, self.name)
            database = open_database(server.set(database=self.name))
            self.upgrade(database)
            database.close()
            self._is_made = True
        name = _a_name()
        _make(server, name, template=self.name)
        return name


@contextmanager
def a_postgresql_database() -> Iterator[str]:
    """A database with nothing in it; gives its URL."""
    server = find_server()
    assert server is not None
    name = _a_name()
    _make(server, name)
    yield server.set(database=name).render_as_string(hide_password=False)


def _a_name() -> str:
    return f"portway_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"


# Text sorts by a language's rules here, unless a column says otherwise.
_LINGUISTIC = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"


def _make(server: URL, name: str, *, template: str | None = None) -> None:
    with _connect(server) as connection:
        source = f"TEMPLATE {template}" if template else _LINGUISTIC
        if template is None and connection.info.server_version < 150_000:
            source = ""
        connection.execute(f"CREATE DATABASE {name} {source}")
        # No test here cuts the power.
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    atexit.register(_drop, server, name)


def _drop(server: URL, name: str) -> None:
    with _connect(server) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _empty(url: URL) -> None:
    """Take every row out of every table but those that hold the schema's version."""
    with _connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'wiki_schema_version')"
        ).fetchall()
        connection.execute("SET session_replication_role = replica")
        for (name,) in names:
            connection.execute(f"DELETE FROM {name}")
        # Numbers begin anew as well: what a test sees does not depend on those before it.
        sequences = connection.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        for (name,) in sequences:
            connection.execute(f"ALTER SEQUENCE {name} RESTART")
