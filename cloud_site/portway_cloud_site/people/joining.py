"""Giving everything a placeholder has to an account, after which the placeholder is gone.

Where an account is named is known by column: `PERSON_COLUMNS`, in any table. Rights,
which are groups and space permissions, are given over only when asked.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    select,
    update,
)

from portway_cloud_site.bulk.messages import MERGED
from portway_cloud_site.bulk.tables import CLAIMED, origins
from portway_cloud_site.metadata import metadata
from portway_cloud_site.people.tables import people

PERSON_COLUMNS = {
    "author_id": "author_alias",
    "last_author_id": "last_author_alias",
    "person_id": "author_alias",
    "resolved_by_id": None,
    "subject_id": "author_alias",
}
"""Columns that name an account, with the column of the origin that keeps the key as sent."""

RIGHTS = ("wiki_memberships", "wiki_space_permissions")


def join_accounts(
    connection: Connection,
    site_id: int,
    *,
    placeholder: tuple[int, str],
    account: tuple[int, str],
    with_rights: bool,
) -> None:
    """Let an account take the place of a placeholder; both are number and account id.

    What the placeholder wrote, likes and watches, where it is mentioned and which restrictions
    name it: all that is the account's afterwards. Without `with_rights`, its groups and space
    permissions are nobody's.
    """
    old, new = placeholder[0], account[0]
    _keep_keys_as_sent(connection, site_id, old)
    for table in _tables():
        if table.name in RIGHTS and not with_rights:
            _drop_rights(connection, site_id, table, old)
            continue
        for column in _columns(table):
            _leave_one_of_each(connection, site_id, table, column.name, old, new)
            statement = update(table).where(table.c.site_id == site_id, column == old)
            if column.name == "subject_id":
                statement = statement.where(table.c.subject_kind == "user")
            connection.execute(statement.values({column.name: new}))
        if "body" in table.c:
            _mention(connection, site_id, table, placeholder[1], account[1])
    _move_origins(connection, site_id, old, new)
    connection.execute(delete(people).where(people.c.site_id == site_id, people.c.id == old))


def _tables() -> Iterator[Table]:
    for table in metadata.sorted_tables:
        if "site_id" in table.c and table is not people and table is not origins:
            yield table


def _columns(table: Table) -> Iterator[Column[Any]]:
    for name in PERSON_COLUMNS:
        if name in table.c:
            yield table.c[name]


def _keep_keys_as_sent(connection: Connection, site_id: int, old: int) -> None:
    """Note the placeholder's own key wherever it alone told whose something is.

    The account may stand for another key of the source too; the inventory gives back what was sent.
    """
    keys = connection.execute(
        select(origins.c.source, origins.c.source_key).where(
            origins.c.site_id == site_id, origins.c.canonical_for == old
        )
    ).all()
    for source, source_key in keys:
        for table in _tables():
            for name, alias in PERSON_COLUMNS.items():
                if alias is None or name not in table.c or "revision" not in table.c:
                    continue
                theirs = select(table.c.id).where(table.c.site_id == site_id, table.c[name] == old)
                connection.execute(
                    update(origins)
                    .where(
                        origins.c.site_id == site_id,
                        origins.c.source == source,
                        origins.c.entity_id.in_(theirs),
                        origins.c[alias].is_(None),
                    )
                    .values({alias: source_key})
                )


def _drop_rights(connection: Connection, site_id: int, table: Table, old: int) -> None:
    named = (
        table.c.person_id == old
        if "person_id" in table.c
        else and_(table.c.subject_kind == "user", table.c.subject_id == old)
    )
    theirs = select(table.c.id).where(table.c.site_id == site_id, named)
    connection.execute(
        update(origins)
        .where(origins.c.site_id == site_id, origins.c.entity_id.in_(theirs))
        .values(outcome=CLAIMED)
    )
    connection.execute(delete(table).where(table.c.site_id == site_id, named))


def _leave_one_of_each(
    connection: Connection, site_id: int, table: Table, column: str, old: int, new: int
) -> None:
    """Where both have what one account can have once, leave the account's own."""
    for rule in table.constraints:
        names = [each.name for each in rule.columns] if isinstance(rule, UniqueConstraint) else []
        if column not in names:
            continue
        theirs, own = table.alias("theirs"), table.alias("own")
        same = [theirs.c[name] == own.c[name] for name in names if name != column]
        pairs = connection.execute(
            select(theirs.c.id, own.c.id).where(
                theirs.c.site_id == site_id,
                theirs.c[column] == old,
                own.c[column] == new,
                *same,
            )
        ).all()
        for theirs_id, own_id in pairs:
            connection.execute(
                update(origins)
                .where(origins.c.site_id == site_id, origins.c.entity_id == theirs_id)
                .values(entity_id=own_id, canonical_for=None, outcome=MERGED)
            )
            connection.execute(
                delete(table).where(table.c.site_id == site_id, table.c.id == theirs_id)
            )


def _mention(
    connection: Connection, site_id: int, table: Table, old_account: str, new_account: str
) -> None:
    connection.execute(
        update(table)
        .where(table.c.site_id == site_id, table.c.body.contains(old_account, autoescape=True))
        .values(body=func.replace(table.c.body, old_account, new_account))
    )


def _move_origins(connection: Connection, site_id: int, old: int, new: int) -> None:
    """Let the placeholder's keys stand for the account; each source has one key that is first."""
    taken = select(origins.c.source).where(
        origins.c.site_id == site_id, origins.c.canonical_for == new
    )
    sources = set(connection.execute(taken).scalars())
    keys = connection.execute(
        select(origins.c.source, origins.c.source_key, origins.c.canonical_for).where(
            origins.c.site_id == site_id, origins.c.entity_id == old
        )
    ).all()
    for source, source_key, canonical_for in keys:
        first = canonical_for is not None and source not in sources
        connection.execute(
            update(origins)
            .where(
                origins.c.site_id == site_id,
                origins.c.source == source,
                origins.c.source_key == source_key,
            )
            .values(entity_id=new, canonical_for=new if first else None)
        )
