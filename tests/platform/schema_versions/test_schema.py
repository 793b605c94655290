"""The schema versions amount to what the tables say, on both databases."""

import io
import re

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from portway_platform.schema_versions import HEAD, SCRIPTS
from portway_platform.schema_versions.complete import metadata
from portway_service.database import open_database, sqlite_url, upgrade_schema


@pytest.fixture
def databases(tmp_path):
    """One database brought up to date by its versions, one made from the tables."""
    migrated = open_database(sqlite_url(tmp_path / "migrated.db"))
    upgrade_schema(migrated, SCRIPTS, head=HEAD)
    made = open_database(sqlite_url(tmp_path / "made.db"))
    with made.write() as connection:
        metadata.create_all(connection)
    yield migrated, made
    migrated.close()
    made.close()


def versions():
    """The schema versions, oldest first."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    return [script.module for script in reversed(scripts)]


def statements(database):
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != :versions"
    with database.read() as connection:
        found = connection.execute(sqlalchemy.text(query), {"versions": "alembic_version"})
        return {name: parts(sql) for name, sql in found}


def with_columns_added(statements):
    """The statements with each added column written into the table it was added to."""
    made = []
    for statement in filter(str.strip, statements):
        added = re.fullmatch(r"\s*ALTER TABLE (\w+) ADD COLUMN (.*?)\s*", statement, re.DOTALL)
        if added is None:
            made.append(statement)
            continue
        start = f"CREATE TABLE {added[1]} ("
        (place,) = (number for number, other in enumerate(made) if start in other)
        made[place] = f"{made[place].rstrip().removesuffix(')')}, {added[2]})"
    return made


def parts(statement):
    """A statement in its parts; the order of a table's columns and constraints does not matter."""
    head, opening, rest = " ".join(statement.split()).partition("(")
    inside, depth, found = "", 1, []
    for place, sign in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return [head, *sorted(filter(None, [*found, inside.strip()])), rest[place + 1 :]]
        if depth == 1 and sign == ",":
            found.append(inside.strip())
            inside = ""
        else:
            inside += sign
    return [head, opening]


def test_a_database_brought_up_to_date_is_the_same_as_a_new_one(databases):
    migrated, made = databases

    assert statements(migrated) == statements(made)
    with migrated.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_postgresql_gets_the_tables_it_should():
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
    )
    with Operations.context(context):
        for version in versions():
            version.upgrade()

    dialect = postgresql.dialect()
    wanted = [
        str(statement.compile(dialect=dialect))
        for table in metadata.sorted_tables
        for statement in (
            CreateTable(table),
            *(CreateIndex(index) for index in table.indexes),
        )
    ]
    written = [parts(text) for text in with_columns_added(buffer.getvalue().split(";"))]
    assert sorted(written) == sorted(parts(text) for text in wanted)


def test_bringing_it_up_to_date_twice_changes_nothing(databases):
    migrated, _ = databases
    before = statements(migrated)

    upgrade_schema(migrated, SCRIPTS, head=HEAD)

    assert statements(migrated) == before


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


def test_every_version_can_be_taken_back(databases):
    migrated, _ = databases

    with (
        migrated.write() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        for version in reversed(versions()):
            version.downgrade()

    assert statements(migrated) == {}


def test_a_table_of_every_feature_is_known():
    """A table the versions do not know would be missing in every database."""
    assert {table.split("_")[0] for table in metadata.tables} >= {
        "apps", "app", "sites", "servers", "pairs", "installations", "consent", "migrations",
        "containers", "mappings", "idempotency", "listeners", "transfers", "events", "due",
    }  # fmt: skip
