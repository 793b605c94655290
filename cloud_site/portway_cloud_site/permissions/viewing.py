"""Finding out who reads: an account, the public, or whoever calls."""

from sqlalchemy import Connection, select

from portway_cloud_site.access import AppCaller
from portway_cloud_site.groups.tables import memberships
from portway_cloud_site.people.tables import people
from portway_cloud_site.permissions.tables import ANONYMOUS
from portway_cloud_site.permissions.viewer import APP, EVERYTHING, PUBLIC, Viewer
from portway_cloud_site.sites.rules import Site
from portway_service.admin_access import Admin
from portway_service.database import Database
from portway_service.endpoints import invalid_fields

AS_ACCOUNT = "as-account"
"""The parameter by which an admin's program looks at the site as somebody else would see it."""


def viewer_of(
    database: Database, site: Site, caller: Admin | AppCaller, as_account: str | None
) -> Viewer:
    """Return whom answers to a caller are for."""
    if not isinstance(caller, Admin):
        return EVERYTHING if caller.in_migration else APP
    if as_account is None:
        return EVERYTHING
    with database.read() as connection:
        return get_viewer(connection, site, as_account)


def get_viewer(connection: Connection, site: Site, account_id: str) -> Viewer:
    """Return somebody by account id, or the public; refuse an account that is not here."""
    if account_id == ANONYMOUS:
        return PUBLIC
    person = connection.execute(
        select(people.c.id, people.c.active, people.c.access).where(
            people.c.site_id == site.id, people.c.account_id == account_id
        )
    ).first()
    if person is None:
        problem = "is the id of no account of this site, and not `anonymous`"
        raise invalid_fields([{"field": AS_ACCOUNT, "problem": problem}])
    groups = connection.execute(
        select(memberships.c.group_id).where(
            memberships.c.site_id == site.id, memberships.c.person_id == person.id
        )
    )
    return Viewer(
        may_enter=bool(person.active and person.access),
        person_id=person.id,
        group_ids=frozenset(row.group_id for row in groups),
    )
