"""Which cloud app a transfer goes to: a Connect app, or an environment of a Forge app.

The listener decides, by declaring a Forge app or none.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from portway_platform import error_codes
from portway_platform.forge.installing import find_environments, not_installed
from portway_platform.installations.rules import IN_FORCE
from portway_platform.installations.tables import installations
from portway_sdk.wire import Declaration
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Destination:
    """The cloud app on the site that takes a transfer."""

    installation_id: str
    forge_installation_id: str | None = None


def find_destination(
    connection: Connection, site_id: str, app_key: str, declaration: Declaration | None
) -> Destination:
    """Return where the app's transfers go.

    Raises:
        Refusal: `app_not_installed`; for a Forge app `forge_environment_not_installed`, or
            `forge_environment_case` where the environment is there under another case.
    """
    if declaration is not None and declaration.forge_app_id is not None:
        return _find_forge(connection, site_id, app_key, declaration)
    found = connection.execute(
        select(installations.c.id, installations.c.descriptor_url)
        .where(
            installations.c.site_id == site_id,
            installations.c.app_key == app_key,
            installations.c.status.in_(IN_FORCE),
        )
        # An uninstallation waits until the transfer is there, and then finds it.
        .with_for_update(read=True)
    ).first()
    if found is None:
        raise Refusal(error_codes.APP_NOT_INSTALLED, app_key=app_key)
    if declaration is not None and not found.descriptor_url:
        raise Refusal(error_codes.LISTENER_NOT_FORGE, app_key=app_key)
    return Destination(found.id)


def _find_forge(
    connection: Connection, site_id: str, app_key: str, declaration: Declaration
) -> Destination:
    environments = find_environments(connection, site_id, app_key)
    row = environments.get(declaration.forge_environment)
    if row is None:
        raise not_installed(declaration.forge_environment, list(environments), app_key=app_key)
    if row.forge_app_id != declaration.forge_app_id:
        raise Refusal(
            error_codes.FORGE_APP_OTHER,
            declared=declaration.forge_app_id,
            present=row.forge_app_id,
            app_key=app_key,
        )
    return Destination(row.installation_id, row.id)
