"""Claims: an admin says who a placeholder is.

The placeholder becomes that person's account, or everything it has goes to the account that has
the e-mail address. Source: docs/reference/site-api.md
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update

from portway_cloud_site.bulk.tables import CLAIMED, origins
from portway_cloud_site.content.tables import contents
from portway_cloud_site.error_codes import (
    NOT_A_PLACEHOLDER,
    PLACEHOLDER_TAKEN,
    PLACEHOLDER_UNKNOWN,
)
from portway_cloud_site.people.joining import join_accounts
from portway_cloud_site.people.messages import ClaimRequest
from portway_cloud_site.people.rules import account_id_by_source
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnyRow, same_entity
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import writing
from portway_service.database import Database
from portway_service.errors import Refusal
from portway_service.folding import fold


@dataclass(frozen=True)
class Claim:
    """What became of a placeholder."""

    account_id: str
    former_account_id: str
    joined: bool
    """Whether the account was there before."""


def claim_placeholder(database: Database, site: Site, source: str, wanted: ClaimRequest) -> Claim:
    """Give a placeholder to the holder of an e-mail address; the same claim again changes nothing.

    Raises:
        Refusal: `placeholder_unknown`, `not_a_placeholder`, or `placeholder_taken` when somebody
            else claimed it.
    """
    former_id = account_id_by_source(site.key, source, wanted.source_key)
    email_key = fold(wanted.email)
    with writing(database, site) as writer:
        connection = writer.connection
        person, outcome = _get_person(connection, site, source, wanted.source_key)
        if outcome == CLAIMED:
            if person.email_key != email_key:
                raise Refusal(PLACEHOLDER_TAKEN, source_key=wanted.source_key, email=person.email)
            return Claim(person.account_id, former_id, person.account_id != former_id)
        if not person.placeholder:
            raise Refusal(NOT_A_PLACEHOLDER, source_key=wanted.source_key)
        holder = connection.execute(
            select(people.c.id, people.c.account_id).where(
                people.c.site_id == site.id, people.c.email_key == email_key
            )
        ).first()
        if holder is None:
            revision = person.revision + 1
            connection.execute(
                update(people)
                .where(people.c.site_id == site.id, people.c.id == person.id)
                .values(
                    email=wanted.email,
                    email_key=email_key,
                    display_name=wanted.display_name or person.display_name,
                    active=True,
                    access=wanted.access,
                    placeholder=False,
                    revision=revision,
                )
            )
            account_id = person.account_id
        else:
            join_accounts(
                connection,
                site.id,
                placeholder=(person.id, person.account_id),
                account=(holder.id, holder.account_id),
                with_rights=wanted.with_rights,
            )
            account_id = holder.account_id
        connection.execute(
            update(origins)
            .where(
                origins.c.site_id == site.id,
                origins.c.source == source,
                origins.c.source_key == wanted.source_key,
            )
            .values(outcome=CLAIMED)
        )
    return Claim(account_id, former_id, holder is not None)


def list_placeholders(connection: Connection, site: Site, source: str) -> Iterator[AnyRow]:
    """Yield the placeholders that came from a source, by key, with how much they wrote."""
    written = (
        select(func.count())
        .select_from(contents)
        .where(contents.c.site_id == people.c.site_id, contents.c.author_id == people.c.id)
        .scalar_subquery()
    )
    statement = (
        select(
            origins.c.source_key,
            people.c.account_id,
            people.c.display_name,
            written.label("written"),
        )
        .join(people, same_entity(people, origins.c.site_id, origins.c.entity_id))
        .where(
            origins.c.site_id == site.id,
            origins.c.source == source,
            origins.c.source_key > "user/",
            origins.c.source_key < "user0",
            people.c.placeholder.is_(True),
        )
        .order_by(origins.c.source_key)
    )
    yield from connection.execute(statement)


def _get_person(
    connection: Connection, site: Site, source: str, source_key: str
) -> tuple[AnyRow, str]:
    row = connection.execute(
        select(people, origins.c.outcome)
        .join(
            origins,
            and_(origins.c.site_id == people.c.site_id, origins.c.entity_id == people.c.id),
        )
        .where(
            origins.c.site_id == site.id,
            origins.c.source == source,
            origins.c.source_key == source_key,
        )
    ).first()
    if row is None or not source_key.startswith("user/"):
        raise Refusal(PLACEHOLDER_UNKNOWN, source_key=source_key)
    return row, row.outcome
