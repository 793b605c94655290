"""What an admin decided about an app, as others ask for it."""

from sqlalchemy import Connection, select

from portway_platform.assessment.tables import app_decisions
from portway_platform.sites.service import Server, Site
from portway_scopes import Decision


def find_decision(
    connection: Connection, server_app_key: str, server: Server, site: Site
) -> Decision | None:
    """Return what was decided about an app; None where nobody assessed it."""
    found = connection.execute(
        select(app_decisions.c.decision).where(
            app_decisions.c.server_id == server.id,
            app_decisions.c.site_id == site.id,
            app_decisions.c.server_app_key == server_app_key,
        )
    ).scalar()
    return None if found is None else Decision(found)
