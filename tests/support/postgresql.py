"""A throw-away database on a PostgreSQL server, for tests that run on both databases."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

NEAR = "postgresql+psycopg://root@127.0.0.1:5432/test"


@contextmanager
def throw_away_database() -> Iterator[str]:
    """Make an empty database and return its URL; it is gone afterwards.

    The server is that of PORTWAY_TEST_DATABASE_URL, else one on this machine.
    """
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    server = make_url(os.environ.get("PORTWAY_TEST_DATABASE_URL") or NEAR)
    name = f"portway_test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL server answers: {error.orig}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
