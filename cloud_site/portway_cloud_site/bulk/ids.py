"""The ids items have, or will have: what refers to an item by its id need not wait for it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Text,
    and_,
    cast,
    collate,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portway_cloud_site.bulk.id_requests import WantedId
from portway_cloud_site.bulk.messages import DELETED, IdResult
from portway_cloud_site.bulk.tables import origins, reservations
from portway_cloud_site.people.rules import account_id_by_email, account_id_by_source
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnySelect, fetch_by, insert_rows, same_entity
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import SiteWriter, writing
from portway_service.folding import fold

HERE = "here"
RESERVED = "reserved"
EXPECTED = "expected"

RESERVABLE = frozenset({"space", "page", "blogPost", "comment", "attachment"})
"""Kinds whose ids the site counts. Accounts have ids of their own; a label is none of one's own."""

Ids = dict[str, tuple[str, str]]
"""Source key to id and state."""


def give_ids(
    services: Services, site: Site, source: str, wanted: Sequence[WantedId], *, reserve: bool
) -> list[IdResult]:
    """Return id and state of each wanted item, in order; both None where nobody can tell.

    With `reserve`, ids are kept for what is not here yet, in the order asked for. Asking again
    gives the same ids.
    """
    keys = [each.source_key for each in wanted]
    with services.database.read() as connection:
        found = _find(connection, site, source, keys)
        _expect_accounts(connection, site, source, wanted, found)
    missing = [key for key in keys if key not in found and kind_of(key) in RESERVABLE]
    if reserve and missing:
        with writing(services.database, site) as writer:
            found |= _reserve(writer, source, missing)
    nowhere = (None, None)
    return [
        {"sourceKey": key, "id": entity_id, "state": state}
        for key in keys
        for entity_id, state in (found.get(key, nowhere),)
    ]


def reserve_ids(writer: SiteWriter, source: str, source_keys: Sequence[str]) -> None:
    """Keep ids for those of these items that are not here yet, in a transaction of the caller's."""
    found = _find(writer.connection, writer.site, source, source_keys)
    missing = [key for key in source_keys if key not in found and kind_of(key) in RESERVABLE]
    if missing:
        _reserve(writer, source, missing)


def kind_of(source_key: str) -> str:
    """Return the kind a source key begins with."""
    return source_key.partition("/")[0]


def find_reserved(
    connection: Connection, site: Site, source: str, source_keys: Iterable[str]
) -> dict[str, int]:
    """Return the ids kept for these items, by source key."""
    any_at_all = select(reservations.c.entity_id).where(
        reservations.c.site_id == site.id, reservations.c.source == source
    )
    if connection.execute(any_at_all.limit(1)).first() is None:
        return {}
    statement = select(reservations.c.entity_id).where(
        reservations.c.site_id == site.id, reservations.c.source == source
    )
    return dict(_look_up(connection, statement, reservations.c.source_key, source_keys))


def drop_reservations(
    connection: Connection, site: Site, source: str, source_keys: Sequence[str]
) -> None:
    """Forget the reservations of items that have arrived."""
    for start in range(0, len(source_keys), 500):
        connection.execute(
            delete(reservations).where(
                reservations.c.site_id == site.id,
                reservations.c.source == source,
                reservations.c.source_key.in_(source_keys[start : start + 500]),
            )
        )


def _find(connection: Connection, site: Site, source: str, keys: Sequence[str]) -> Ids:
    found: Ids = {
        key: (str(entity_id), RESERVED)
        for key, entity_id in find_reserved(connection, site, source, keys).items()
    }
    of_source = and_(
        origins.c.site_id == site.id, origins.c.source == source, origins.c.outcome != DELETED
    )
    numbers = select(origins.c.entity_id).where(of_source)
    accounts = (
        select(people.c.account_id)
        .select_from(origins)
        .join(people, same_entity(people, origins.c.site_id, origins.c.entity_id))
        .where(of_source)
    )
    users = [key for key in keys if kind_of(key) == "user"]
    counted = [key for key in keys if kind_of(key) != "user"]
    for statement, some in ((numbers, counted), (accounts, users)):
        for key, entity_id in _look_up(connection, statement, origins.c.source_key, some):
            found[key] = (str(entity_id), HERE)
    return found


def _look_up(
    connection: Connection, statement: AnySelect, column: Column[Any], keys: Iterable[str]
) -> Iterator[tuple[str, Any]]:
    """Yield each key that `column` holds with the one value `statement` selects for it."""
    wanted = list(keys)
    if not wanted:
        return
    if connection.dialect.name != "postgresql":
        rows = fetch_by(connection, statement.add_columns(column), column, wanted)
        yield from ((row[1], row[0]) for row in rows)
        return
    # One look into the index for each key. A list of values is planned by statistics, and a table
    # that has just been filled has none: PostgreSQL then reads all of it for every list.
    key = func.unnest(cast(wanted, ARRAY(Text))).column_valued("key")
    value = statement.where(column == collate(key, "C")).scalar_subquery().label("value")
    for row in connection.execute(select(key, value)):
        if row.value is not None:
            yield row.key, row.value


def _expect_accounts(
    connection: Connection, site: Site, source: str, wanted: Sequence[WantedId], found: Ids
) -> None:
    """Add the accounts that users who are not here yet will have, or will join."""
    absent = [
        each
        for each in wanted
        if each.source_key not in found and kind_of(each.source_key) == "user"
    ]
    by_email = {fold(each.email): each for each in absent if each.email}
    statement = select(people.c.email_key, people.c.account_id).where(people.c.site_id == site.id)
    holders = {
        row.email_key: row.account_id
        for row in fetch_by(connection, statement, people.c.email_key, by_email)
    }
    for each in absent:
        if each.email:
            email_key = fold(each.email)
            account_id = holders.get(email_key) or account_id_by_email(site.key, email_key)
        else:
            account_id = account_id_by_source(site.key, source, each.source_key)
        found[each.source_key] = (account_id, EXPECTED)


def _reserve(writer: SiteWriter, source: str, keys: Sequence[str]) -> Ids:
    """Keep ids for items; what came or was reserved since they were looked up stays as it is."""
    connection, site = writer.connection, writer.site
    known = _find(connection, site, source, keys)
    rows = [
        {
            "site_id": site.id,
            "source": source,
            "source_key": key,
            "entity_id": writer.take_id(),
        }
        for key in keys
        if key not in known
    ]
    if rows and connection.dialect.name == "postgresql":
        # One statement for all rows: many times faster than one for each.
        connection.execute(
            text(
                "INSERT INTO wiki_reservations (site_id, source, source_key, entity_id)"
                " SELECT :site_id, :source, key, id"
                " FROM unnest(CAST(:keys AS text[]), CAST(:ids AS bigint[])) AS t(key, id)"
            ),
            {
                "site_id": site.id,
                "source": source,
                "keys": [row["source_key"] for row in rows],
                "ids": [row["entity_id"] for row in rows],
            },
        )
    elif rows:
        insert_rows(connection, reservations, rows)
    return known | {str(row["source_key"]): (str(row["entity_id"]), RESERVED) for row in rows}
