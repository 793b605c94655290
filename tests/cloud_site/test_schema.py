"""Schema versions: written out by hand, and equal to the tables the code works with."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from portway_cloud_site import schema
from portway_cloud_site.inventory.queries import QUERIES
from portway_service.database import open_database, sqlite_url


@pytest.fixture
def database(tmp_path):
    database = open_database(sqlite_url(tmp_path / "site.db"))
    schema.upgrade(database)
    yield database
    database.close()


def test_the_newest_schema_version_is_the_tables_in_the_code(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD


def test_keys_and_unique_rules_are_there(database):
    inspector = inspect(database.engine)
    for name, table in schema.TABLES.items():
        assert inspector.get_pk_constraint(name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]


def test_upgrading_again_changes_nothing(database):
    schema.upgrade(database)

    assert schema.VERSION_TABLE in inspect(database.engine).get_table_names()
    assert "alembic_version" not in inspect(database.engine).get_table_names()


def test_every_table_is_named_so_that_rooms_can_share_a_database():
    assert all(name.startswith("wiki_") for name in schema.TABLES)


def test_the_tables_can_be_made_on_postgresql_too():
    statements = [
        str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for table in schema.metadata.sorted_tables
    ]

    assert 'source_key TEXT COLLATE "C" NOT NULL' in "".join(statements)


@pytest.mark.parametrize("kind", QUERIES)
def test_the_inventory_can_be_asked_of_postgresql_too(kind):
    assert "wiki_origins" in str(QUERIES[kind]().compile(dialect=postgresql.dialect()))
