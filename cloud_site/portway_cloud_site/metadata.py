"""The one set of tables of the cloud site. Each feature adds its own in `tables.py`.

Table names begin with `wiki_`, so that the site can share a database with the other rooms. Rows
carry the number of their site; ids are numbers that count within it, across all kinds.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ByteOrderedText = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes on every database."""


def site_column() -> Column[Any]:
    """Return the first column of every primary key: the site a row belongs to."""
    return Column(
        "site_id", BigInteger, ForeignKey("wiki_sites.id"), primary_key=True, autoincrement=False
    )


def id_column() -> Column[Any]:
    """Return the second column of a primary key: an id the site gave out."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)
