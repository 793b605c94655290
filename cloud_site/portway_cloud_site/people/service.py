"""Looking accounts up, and the accounts admins and apps act under."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from portway_cloud_site.access import AppCaller
from portway_cloud_site.people.messages import ProfilePicture, User
from portway_cloud_site.people.rules import account_id_of_admin, account_id_of_app
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnyRow, fetch_by
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import SiteWriter
from portway_service.admin_access import Admin
from portway_service.clock import Clock

_DEFAULT_PICTURE = ProfilePicture(path="/sites/-/person.svg", is_default=True)


def list_users(
    connection: Connection, site: Site, account_ids: Sequence[str], *, show_email: bool
) -> list[User]:
    """Return the accounts with these ids, in this order; ids unknown here are left out."""
    statement = select(people).where(people.c.site_id == site.id)
    unique_ids = list(dict.fromkeys(account_ids))
    found = {
        row.account_id: row
        for row in fetch_by(connection, statement, people.c.account_id, unique_ids)
    }
    return [_user(found[key], show_email=show_email) for key in unique_ids if key in found]


def _user(row: AnyRow, *, show_email: bool) -> User:
    return User(
        account_id=row.account_id,
        account_type=row.account_type,
        account_status="active" if row.active else "inactive",
        email=(row.email or "") if show_email else "",
        display_name=row.display_name,
        public_name=row.display_name,
        time_zone=None,
        personal_space_id=None,
        is_external_collaborator=False,
        profile_picture=_DEFAULT_PICTURE,
    )


def ensure_actor(writer: SiteWriter, caller: Admin | AppCaller, *, clock: Clock) -> int:
    """Return the number of the account the caller acts under, making it at its first deed."""
    site = writer.site
    if isinstance(caller, Admin):
        account_id, name = account_id_of_admin(site.key, caller.name), caller.name
        account_type = "atlassian"
    else:
        account_id, name = account_id_of_app(site.key, caller.app_key), caller.name
        account_type = "app"
    known = writer.connection.execute(
        select(people.c.id).where(people.c.site_id == site.id, people.c.account_id == account_id)
    ).scalar_one_or_none()
    if known is not None:
        return int(known)
    person_id = writer.take_id()
    writer.connection.execute(
        insert(people).values(
            site_id=site.id,
            id=person_id,
            account_id=account_id,
            account_type=account_type,
            display_name=name,
            active=True,
            access=True,
            placeholder=False,
            created_at=clock.now(),
            revision=1,
        )
    )
    return person_id
