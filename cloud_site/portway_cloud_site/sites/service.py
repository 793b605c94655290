"""Finding and making sites, and giving out their ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from portway_cloud_site.error_codes import SITE_UNKNOWN
from portway_cloud_site.sites.rules import FIRST_ID, Site
from portway_cloud_site.sites.tables import sites
from portway_service.clock import Clock
from portway_service.database import Database, by_bytes
from portway_service.errors import Refusal


def find_site(connection: Connection, site_key: str) -> Site | None:
    """Return the site with this key, or None."""
    row = connection.execute(
        select(sites.c.id, sites.c.key, sites.c.name).where(sites.c.key == site_key)
    ).first()
    return None if row is None else Site(row.id, row.key, row.name)


def get_site(database: Database, site_key: str) -> Site:
    """Return the site with this key; refuse when there is none."""
    with database.read() as connection:
        site = find_site(connection, site_key)
    if site is None:
        raise Refusal(SITE_UNKNOWN, site_key=site_key)
    return site


def list_sites(connection: Connection) -> list[Site]:
    """Return every site, by name."""
    rows = connection.execute(
        select(sites.c.id, sites.c.key, sites.c.name).order_by(
            by_bytes(sites.c.name), by_bytes(sites.c.key)
        )
    )
    return [Site(row.id, row.key, row.name) for row in rows]


def make_site(database: Database, site_key: str, name: str, *, clock: Clock) -> tuple[Site, bool]:
    """Return the site, and whether it was made just now. One that is there stays as it is."""
    try:
        with database.write() as connection:
            site = find_site(connection, site_key)
            if site is not None:
                return site, False
            made = connection.execute(
                insert(sites)
                .values(key=site_key, name=name, next_id=FIRST_ID, created_at=clock.now())
                .returning(sites.c.id)
            )
            return Site(made.scalar_one(), site_key, name), True
    except IntegrityError:  # another process made it between our look and our write
        return get_site(database, site_key), False


@dataclass
class SiteWriter:
    """The right to change one site: nobody else changes it until the transaction ends.

    Decisions made on what was read under it hold when they are written.
    """

    connection: Connection
    site: Site
    next_id: int

    def take_id(self) -> int:
        """Return the next id of the site."""
        taken = self.next_id
        self.next_id += 1
        return taken


@contextmanager
def writing(database: Database, site: Site) -> Iterator[SiteWriter]:
    """Begin a transaction that changes `site`; ids taken in it are used up when it commits."""
    with database.write() as connection:
        first_id = connection.execute(
            select(sites.c.next_id).where(sites.c.id == site.id).with_for_update()
        ).scalar_one()
        writer = SiteWriter(connection, site, first_id)
        yield writer
        if writer.next_id != first_id:
            connection.execute(
                update(sites).where(sites.c.id == site.id).values(next_id=writer.next_id)
            )


class _Undo(Exception):
    """Ends a rehearsal."""


@contextmanager
def rehearsing(database: Database, site_key: str, *, clock: Clock) -> Iterator[SiteWriter]:
    """Begin a transaction that changes a site as `writing` does, and undo all of it.

    A site that is not there yet is there while it lasts.
    """
    try:
        with database.write() as connection:
            site = find_site(connection, site_key)
            if site is None:
                made = connection.execute(
                    insert(sites)
                    .values(key=site_key, name=site_key, next_id=FIRST_ID, created_at=clock.now())
                    .returning(sites.c.id)
                )
                site = Site(made.scalar_one(), site_key, site_key)
            next_id = connection.execute(
                select(sites.c.next_id).where(sites.c.id == site.id).with_for_update()
            ).scalar_one()
            yield SiteWriter(connection, site, next_id)
            raise _Undo
    except _Undo:
        pass
