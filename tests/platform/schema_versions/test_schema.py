"""The schema versions amount to what the tables say, on both databases."""

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from portway_platform.schema_versions import HEAD, SCRIPTS
from portway_platform.schema_versions.complete import metadata
from portway_service.database import open_database, sqlite_url, upgrade_schema
from support.databases import POSTGRESQL, a_postgresql_database


def pytest_generate_tests(metafunc):
    """Every test here is about both databases."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(database_kind, tmp_path):
    """A database brought up to date by the versions, one after the other."""
    if database_kind == POSTGRESQL:
        with a_postgresql_database() as url:
            opened = open_database(url)
    else:
        opened = open_database(sqlite_url(tmp_path / "platform.db"))
    upgrade_schema(opened, SCRIPTS, head=HEAD)
    yield opened
    opened.close()


def shape(database):
    """Everything a database says about its tables, but for the order of columns."""
    inspector = inspect(database.engine)
    return {
        name: (
            {column["name"]: str(column["type"]) for column in inspector.get_columns(name)},
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(str(sorted(key.items(), key=str)) for key in inspector.get_foreign_keys(name)),
            sorted((index["name"], index["column_names"]) for index in inspector.get_indexes(name)),
            sorted(unique["name"] for unique in inspector.get_unique_constraints(name)),
        )
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def move(database, revision, *, down=False):
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes |= {"connection": connection, "version_table": "alembic_version"}
        (command.downgrade if down else command.upgrade)(config, revision)


def test_a_database_brought_up_to_date_is_what_the_tables_say(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_database_brought_up_to_date_is_the_same_as_a_new_one(database):
    migrated = shape(database)
    with database.write() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)
        metadata.create_all(connection)

    assert shape(database) == migrated


def test_bringing_it_up_to_date_twice_changes_nothing(database):
    before = shape(database)

    upgrade_schema(database, SCRIPTS, head=HEAD)

    assert shape(database) == before


def test_what_an_older_version_kept_is_still_there(tmp_path):
    database = open_database(sqlite_url(tmp_path / "old.db"))
    upgrade_schema(database, SCRIPTS, head="0001")
    row = {"id": "1", "key": "acme", "name": "Acme", "product": "JIRA", "client_key": "2"}
    with database.write() as connection:
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        statement = f"INSERT INTO sites ({names}, created_at) VALUES ({places}, 0)"
        connection.execute(sqlalchemy.text(statement), row)

    upgrade_schema(database, SCRIPTS, head=HEAD)

    with database.read() as connection:
        kept = connection.execute(sqlalchemy.select(metadata.tables["sites"])).one()
    database.close()
    assert (kept.key, kept.region) == ("acme", None)


def test_the_versions_can_be_taken_back_and_applied_again(database):
    before = shape(database)

    move(database, "base", down=True)
    assert shape(database) == {}

    move(database, HEAD)
    assert shape(database) == before


def test_a_table_of_every_feature_is_known():
    """A table the versions do not know would be missing in every database."""
    assert {table.split("_")[0] for table in metadata.tables} >= {
        "apps", "app", "sites", "servers", "pairs", "installations", "consent", "migrations",
        "containers", "mappings", "idempotency", "listeners", "transfers", "events", "due",
    }  # fmt: skip
