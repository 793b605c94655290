"""Putting environments of Forge apps on sites, and taking them away.

A Forge app has no handshake: the catalogue says where its remote is, the platform signs what it
sends there. On its site the app is one installation, which a Connect descriptor may share.
"""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, func, select, update

from portway_platform import error_codes
from portway_platform.catalogue.messages import Forge
from portway_platform.catalogue.service import get_app
from portway_platform.connect.rules import find_endpoint_fault
from portway_platform.forge.messages import ForgeInstallationOutput
from portway_platform.forge.rules import find_case_twin
from portway_platform.forge.tables import forge_installations, forge_transfers
from portway_platform.installations.rules import IN_FORCE, InstallationStatus
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.service import Site, get_site
from portway_platform.sites.tables import sites
from portway_platform.transfers.tables import transfers
from portway_scopes import SETTLED
from portway_service.database import insert_if_absent
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal
from portway_service.outbound import Outbound

INSTALLED, REMOVED = 1, 0


def install(
    services: Services, site_key: str, app_key: str, environment: str, remote_url: str | None
) -> tuple[ForgeInstallationOutput, bool]:
    """Put an environment of an app on a site; tell whether it was not there before.

    Again with another address, it is the address that changes.

    Raises:
        Refusal: `forge_app_missing`, `forge_environment_case` or `forge_environment_unknown`.
    """
    with services.database.write() as connection:
        site = get_site(connection, site_key)
        app = get_app(connection, app_key)
        forge = get_forge(app.manifest.forge, app_key)
        check_environment(environment, forge.environment_names, app_key=app_key)
        url = remote_url or next(
            place.remote_url for place in forge.environments if place.name == environment
        )
        _check_url(services, url)
        installation_id = _ensure_installation(
            connection, services, site, app_key, name=app.manifest.name, url=url
        )
        said = {
            "forge_app_id": str(forge.app_id),
            "app_version": app.current_version,
            "remote_url": url,
            "events": [str(name) for name in forge.events],
        }
        values = {
            "id": services.ids.uuid(),
            "installation_id": installation_id,
            "environment": environment,
            "is_installed": INSTALLED,
            "installed_at": services.clock.now(),
            **said,
        }
        is_new = insert_if_absent(connection, forge_installations, values)
        if not is_new:
            is_new = _put_again(connection, services, installation_id, environment, said)
        return get_installation(connection, site, app_key, environment), is_new


def uninstall(services: Services, site_key: str, app_key: str, environment: str) -> None:
    """Take an environment away. Its tokens open nothing from then on.

    Raises:
        Refusal: `transfers_running` while transfers to it have not settled.
    """
    with services.database.write() as connection:
        site = get_site(connection, site_key)
        found = get_installation(connection, site, app_key, environment)
        count = connection.execute(
            select(func.count())
            .select_from(forge_transfers)
            .join(transfers, transfers.c.id == forge_transfers.c.transfer_id)
            .where(
                forge_transfers.c.forge_installation_id == found.forge_installation_id,
                transfers.c.status.not_in(SETTLED),
            )
        ).scalar_one()
        if count:
            raise Refusal(error_codes.TRANSFERS_RUNNING, count=count, key=app_key, site=site.key)
        connection.execute(
            update(forge_installations)
            .where(forge_installations.c.id == found.forge_installation_id)
            .values(is_installed=REMOVED)
        )


def list_installations(connection: Connection, site_key: str) -> list[ForgeInstallationOutput]:
    """Return the environments of Forge apps on a site, by app and name."""
    site = get_site(connection, site_key)
    rows = connection.execute(
        _installed()
        .where(installations.c.site_id == site.id)
        .order_by(installations.c.app_key, forge_installations.c.environment)
    )
    return [_output(row) for row in rows]


def get_installation(
    connection: Connection, site: Site, app_key: str, environment: str
) -> ForgeInstallationOutput:
    """Return an environment of an app on a site; refuse where it is not installed."""
    rows = connection.execute(
        _installed().where(installations.c.site_id == site.id, installations.c.app_key == app_key)
    ).all()
    for row in rows:
        if row.environment == environment:
            return _output(row)
    raise not_installed(environment, [row.environment for row in rows], app_key=app_key)


def find_environments(connection: Connection, site_id: str, app_key: str) -> dict[str, Row[Any]]:
    """Return the installed environments of an app on a site, by name."""
    rows = connection.execute(
        _installed().where(installations.c.site_id == site_id, installations.c.app_key == app_key)
    )
    return {row.environment: row for row in rows}


def get_forge(forge: Forge | None, app_key: str) -> Forge:
    """Return the Forge part of a manifest, or refuse."""
    if forge is None:
        raise Refusal(error_codes.FORGE_APP_MISSING, app_key=app_key)
    return forge


def check_environment(environment: str, names: list[str], *, app_key: str) -> None:
    """Refuse an environment the manifest does not name."""
    if environment in names:
        return
    _refuse_other_case(environment, names, app_key=app_key)
    raise Refusal(
        error_codes.FORGE_ENVIRONMENT_UNKNOWN,
        environment=environment,
        app_key=app_key,
        known=", ".join(sorted(names)),
    )


def not_installed(environment: str, names: list[str], *, app_key: str) -> Refusal:
    """Return the refusal of an environment that is not on a site."""
    twin = find_case_twin(environment, names)
    if twin is not None:
        return _other_case(environment, twin, app_key=app_key)
    return Refusal(
        error_codes.FORGE_ENVIRONMENT_NOT_INSTALLED,
        environment=environment,
        app_key=app_key,
        installed=", ".join(sorted(names)) or "none",
    )


def _refuse_other_case(environment: str, names: list[str], *, app_key: str) -> None:
    twin = find_case_twin(environment, names)
    if twin is not None:
        raise _other_case(environment, twin, app_key=app_key)


def _other_case(environment: str, twin: str, *, app_key: str) -> Refusal:
    return Refusal(
        error_codes.FORGE_ENVIRONMENT_CASE, environment=environment, twin=twin, app_key=app_key
    )


def _check_url(services: Services, url: str) -> None:
    fault = find_endpoint_fault(url, https_only=services.settings.outbound is Outbound.PUBLIC)
    if fault is not None:
        raise invalid_fields([{"field": "remoteUrl", "problem": fault}])


def _ensure_installation(
    connection: Connection, services: Services, site: Site, app_key: str, *, name: str, url: str
) -> str:
    """Return the app's installation on the site; make it for an app that is there as Forge only.

    Such a one has a descriptor without any address, and a secret nobody is ever told.
    """
    parts = urlsplit(url)
    base_url = f"{parts.scheme}://{parts.netloc}"
    anew: dict[str, Any] = {
        "descriptor_url": "",
        "descriptor": {"key": app_key, "name": name, "baseUrl": base_url, "lifecycle": {}},
        "base_url": base_url,
        "name": name,
        "scopes": [],
        "shared_secret": services.ids.secret(),
        "status": InstallationStatus.ENABLED,
        "endpoints": [],
        "pending": None,
        "installed_at": services.clock.now(),
    }
    identity = {"site_id": site.id, "app_key": app_key}
    insert_if_absent(connection, installations, {"id": services.ids.uuid(), **identity, **anew})
    row = connection.execute(
        select(installations.c.id, installations.c.status)
        .where(installations.c.site_id == site.id, installations.c.app_key == app_key)
        .with_for_update()
    ).one()
    if row.status not in IN_FORCE:
        connection.execute(update(installations).where(installations.c.id == row.id).values(**anew))
        # What was there before the app was taken off the site does not come back with it.
        connection.execute(
            update(forge_installations)
            .where(forge_installations.c.installation_id == row.id)
            .values(is_installed=REMOVED)
        )
    return str(row.id)


def _put_again(
    connection: Connection,
    services: Services,
    installation_id: str,
    environment: str,
    said: dict[str, Any],
) -> bool:
    this = (
        forge_installations.c.installation_id == installation_id,
        forge_installations.c.environment == environment,
    )
    was_there = connection.execute(
        select(forge_installations.c.is_installed).where(*this)
    ).scalar_one()
    anew: dict[str, Any] = (
        {} if was_there else {"is_installed": INSTALLED, "installed_at": services.clock.now()}
    )
    connection.execute(update(forge_installations).where(*this).values(**said, **anew))
    return not was_there


def _installed() -> Any:
    return (
        select(
            forge_installations,
            installations.c.app_key,
            installations.c.site_id,
            sites.c.key.label("site_key"),
        )
        .join(installations, installations.c.id == forge_installations.c.installation_id)
        .join(sites, sites.c.id == installations.c.site_id)
        .where(
            forge_installations.c.is_installed == INSTALLED,
            installations.c.status.in_(IN_FORCE),
        )
    )


def _output(row: Any) -> ForgeInstallationOutput:
    return ForgeInstallationOutput(
        forge_installation_id=row.id,
        app_key=row.app_key,
        site_key=row.site_key,
        forge_app_id=row.forge_app_id,
        environment=row.environment,
        remote_url=row.remote_url,
        installed_at=row.installed_at,
    )
