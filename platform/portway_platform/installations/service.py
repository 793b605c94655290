"""Installing a cloud app on a site, pausing it, and taking it away again.

Every step is kept before the next call goes out, so a process may die anywhere: the same request
again goes on from there. The secret is made once and stays the same until the app has accepted
it. An app that gets another one keeps its present installation until then.

    (nothing) -> INSTALLING -installed-> INSTALLED -enabled-> ENABLED -> UNINSTALLED
                                                                 |  ^
                                                        disabled v  | enabled
                                                               DISABLED
"""

from typing import Any

from sqlalchemy import Connection, func, select, update

from portway_platform import error_codes
from portway_platform.catalogue.tables import apps
from portway_platform.installations.descriptor import Descriptor, fetch_descriptor
from portway_platform.installations.farewell import schedule_farewell
from portway_platform.installations.handshakes import Handshake, handshake_of
from portway_platform.installations.lifecycle import tell_disabled, tell_enabled, tell_installed
from portway_platform.installations.messages import InstallationInput, InstallationOutput
from portway_platform.installations.rules import IN_FORCE, InstallationStatus
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.service import Site, get_site
from portway_platform.sites.tables import sites
from portway_platform.transfers.tables import transfers
from portway_scopes import SETTLED
from portway_service.database import by_bytes, insert_if_absent
from portway_service.errors import Refusal


def install(
    services: Services, site_key: str, app_key: str, wanted: InstallationInput
) -> tuple[InstallationOutput, bool]:
    """Install an app from a descriptor; tell whether it was not in force from there before.

    `wanted.reinstall` makes an installation in force begin anew, with a new secret.

    Raises:
        Refusal: `descriptor_unreachable`, `descriptor_invalid` or `app_did_not_accept`. What was
            in force before still is; the same request again goes on.
    """
    with services.database.read() as connection:
        site = get_site(connection, site_key)
        _check_app(connection, app_key)
        present = _find(connection, site.id, app_key)
    was_known = present is not None and _is_in_force_from(present, wanted.descriptor_url)
    if not was_known or wanted.reinstall:
        descriptor = fetch_descriptor(
            services, wanted.descriptor_url, app_key=app_key, region=site.region
        )
        handshake = _begin(services, site, app_key, wanted.descriptor_url, descriptor)
        tell_installed(services, handshake)
        _accept(services, handshake)
    _enable(services, site, app_key)
    with services.database.read() as connection:
        return _output(_get(connection, site, app_key)), not was_known


def set_enabled(
    services: Services, site_key: str, app_key: str, *, enabled: bool
) -> InstallationOutput:
    """Pause an app on a site, or let it go on; it is told first and must accept.

    Raises:
        Refusal: `installation_unknown`; `transfers_running` while transfers of the app on this
            site have not settled; `app_did_not_accept`.
    """
    with services.database.read() as connection:
        site = get_site(connection, site_key)
        row = _get(connection, site, app_key)
        if row.status not in (*IN_FORCE, InstallationStatus.DISABLED):
            raise _unknown(site, app_key)
    if enabled:
        _enable(services, site, app_key)
    else:
        _disable(services, site, app_key)
    with services.database.read() as connection:
        return _output(_get(connection, site, app_key))


def uninstall(services: Services, site_key: str, app_key: str) -> None:
    """End an installation. The app is told until it answers; until then nothing waits for it.

    Raises:
        Refusal: `transfers_running` while transfers of the app on this site have not settled.
    """
    with services.database.write() as connection:
        site = get_site(connection, site_key)
        row = _get(connection, site, app_key)
        if row.status == InstallationStatus.UNINSTALLED:
            raise _unknown(site, app_key)
        _refuse_while_transfers_run(connection, row.id, site, app_key)
        connection.execute(
            update(installations)
            .where(installations.c.id == row.id)
            .values(status=InstallationStatus.UNINSTALLED, endpoints=[], pending=None)
        )
        schedule_farewell(connection, services, row.id)


def get_installation_id(connection: Connection, site_key: str, app_key: str) -> str:
    """Return the id of an app's installation on a site, whatever became of it, or refuse."""
    installation_id: str = _get(connection, get_site(connection, site_key), app_key).id
    return installation_id


def list_installations(connection: Connection, site_key: str) -> list[InstallationOutput]:
    """Return the apps of a site that are installed or being installed, by key."""
    site = get_site(connection, site_key)
    rows = connection.execute(
        _installations()
        .where(
            installations.c.site_id == site.id,
            installations.c.status != InstallationStatus.UNINSTALLED,
        )
        .order_by(by_bytes(installations.c.app_key))
    )
    return [_output(row) for row in rows]


def _begin(
    services: Services, site: Site, app_key: str, descriptor_url: str, descriptor: Descriptor
) -> Handshake:
    """Keep what the app is about to be told; go on with the secret of an unfinished attempt."""
    former_secret = None
    with services.database.write() as connection:
        wanted = {
            "descriptor_url": descriptor_url,
            "descriptor": dict(descriptor.document),
            "base_url": descriptor.base_url,
            "name": descriptor.name,
            "scopes": list(descriptor.scopes),
            "shared_secret": services.ids.secret(),
        }
        row = {
            "id": services.ids.uuid(),
            "site_id": site.id,
            "app_key": app_key,
            "status": InstallationStatus.INSTALLING,
            "endpoints": [],
            "installed_at": services.clock.now(),
            "pending": wanted,
            **wanted,
        }
        if not insert_if_absent(connection, installations, row):
            present = _get(connection, site, app_key)
            if present.pending and present.pending["descriptor_url"] == descriptor_url:
                wanted["shared_secret"] = present.pending["shared_secret"]
            if present.status not in (
                InstallationStatus.INSTALLING,
                InstallationStatus.UNINSTALLED,
            ):
                former_secret = present.shared_secret
            changed: dict[str, Any] = {"pending": wanted}
            if present.status == InstallationStatus.UNINSTALLED:
                changed |= {**wanted, "status": InstallationStatus.INSTALLING}
            connection.execute(
                update(installations).where(installations.c.id == present.id).values(**changed)
            )
        return handshake_of(site, app_key, wanted, former_secret=former_secret)


def _accept(services: Services, handshake: Handshake) -> None:
    """Put what the app accepted in force."""
    with services.database.write() as connection:
        row = _get(connection, handshake.site, handshake.app_key)
        pending = row.pending
        if not pending or pending["shared_secret"] != handshake.shared_secret:
            if row.shared_secret == handshake.shared_secret and row.status in IN_FORCE:
                return
            raise Refusal(
                error_codes.INSTALLATION_BUSY, key=handshake.app_key, site=handshake.site.key
            )
        connection.execute(
            update(installations)
            .where(installations.c.id == row.id)
            .values(
                **pending,
                status=InstallationStatus.INSTALLED,
                endpoints=[],
                pending=None,
                installed_at=services.clock.now(),
            )
        )


def _enable(services: Services, site: Site, app_key: str) -> None:
    """Tell an installed app that it may begin, unless it knows already."""
    with services.database.read() as connection:
        row = _get(connection, site, app_key)
    if row.status not in (InstallationStatus.INSTALLED, InstallationStatus.DISABLED):
        return
    tell_enabled(services, handshake_of(site, app_key, row._mapping))
    with services.database.write() as connection:
        _set_status(connection, row, InstallationStatus.ENABLED, was=row.status)


def _disable(services: Services, site: Site, app_key: str) -> None:
    """Shut an app out, then tell it; one that does not accept goes on as before."""
    with services.database.write() as connection:
        # From here on it may not call, and no transfer of it can start.
        row = _get(connection, site, app_key)
        _refuse_while_transfers_run(connection, row.id, site, app_key)
        _set_status(connection, row, InstallationStatus.DISABLED)
    try:
        tell_disabled(services, handshake_of(site, app_key, row._mapping))
    except Refusal:
        with services.database.write() as connection:
            former = InstallationStatus(row.status)
            _set_status(connection, row, former, was=InstallationStatus.DISABLED)
        raise


def _set_status(
    connection: Connection, row: Any, status: InstallationStatus, *, was: str | None = None
) -> None:
    """Set an installation's status, unless it has been installed anew or stands elsewhere."""
    connection.execute(
        update(installations)
        .where(
            installations.c.id == row.id,
            installations.c.status == (was or row.status),
            installations.c.installed_at == row.installed_at,
        )
        .values(status=status)
    )


def _is_in_force_from(row: Any, descriptor_url: str) -> bool:
    return row.status in IN_FORCE and row.descriptor_url == descriptor_url and row.pending is None


def _check_app(connection: Connection, app_key: str) -> None:
    if connection.execute(select(apps.c.key).where(apps.c.key == app_key)).first() is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)


def _refuse_while_transfers_run(
    connection: Connection, installation_id: str, site: Site, app_key: str
) -> None:
    # Whoever starts a transfer reads the installation under a lock: it comes before or after.
    connection.execute(
        select(installations.c.id).where(installations.c.id == installation_id).with_for_update()
    )
    count = connection.execute(
        select(func.count())
        .select_from(transfers)
        .where(transfers.c.installation_id == installation_id, transfers.c.status.not_in(SETTLED))
    ).scalar_one()
    if count:
        raise Refusal(error_codes.TRANSFERS_RUNNING, count=count, key=app_key, site=site.key)


def _installations() -> Any:
    return select(installations, sites.c.key.label("site_key")).join(
        sites, sites.c.id == installations.c.site_id
    )


def _find(connection: Connection, site_id: str, app_key: str) -> Any:
    return connection.execute(
        _installations().where(
            installations.c.site_id == site_id, installations.c.app_key == app_key
        )
    ).first()


def _get(connection: Connection, site: Site, app_key: str) -> Any:
    row = _find(connection, site.id, app_key)
    if row is None:
        raise _unknown(site, app_key)
    return row


def _unknown(site: Site, app_key: str) -> Refusal:
    return Refusal(error_codes.INSTALLATION_UNKNOWN, key=app_key, site=site.key)


def _output(row: Any) -> InstallationOutput:
    return InstallationOutput(
        installation_id=row.id,
        app_key=row.app_key,
        site_key=row.site_key,
        status=InstallationStatus(row.status),
        base_url=row.base_url,
    )
