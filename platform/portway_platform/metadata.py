"""The one set of tables of the platform. Each feature adds its own in `tables.py`."""

from typing import Any

from sqlalchemy import JSON, Column, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON().with_variant(JSONB(), "postgresql")
JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""For a column whose absence is looked for by SQL: JSON's own null is none."""

JsonAsSent = JSON()
"""JSON whose members keep their order on every database."""
Id = String(36)
Key = String(255)


def id_column(name: str = "id") -> Column[Any]:
    """Return a primary key column for a UUID."""
    return Column(name, Id, primary_key=True)
