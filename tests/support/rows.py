"""Rows put straight into a platform's database, for tests of what reads them."""

from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from portway_platform.app_data.tables import app_data
from portway_platform.installations.tables import installations
from portway_platform.listeners.tables import listeners
from portway_platform.sites.tables import sites
from portway_platform.transfers.tables import transfers
from portway_sdk.tokens import public_key_of, sign_gateway_token, thumbprint
from support.manifests import APP_KEY, SERVER_APP_KEY
from support.platform import Running

LISTENER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def add_listener(
    running: Running,
    *,
    server: str = "acme-dc",
    key: Ed25519PrivateKey = LISTENER_KEY,
    app_key: str = APP_KEY,
    version: str = "1.0.0",
) -> str:
    """Enrol the listener of the notes app on a server; return its id."""
    listener_id = running.ids.uuid()
    public_key = public_key_of(key)
    with running.platform.services.database.write() as connection:
        connection.execute(
            listeners.insert().values(
                id=listener_id,
                server_id=running.admin("GET", f"servers/{server}").json["serverId"],
                app_key=app_key,
                server_app_key=SERVER_APP_KEY,
                key_id=thumbprint(public_key),
                public_key=public_key.x,
                declaration={"version": version},
                enrolled_at=running.clock.now(),
            )
        )
    return listener_id


def add_transfer(
    running: Running,
    migration: dict[str, Any],
    listener_id: str,
    *,
    site: str = "acme",
    app_key: str = APP_KEY,
    status: str = "IN_PROGRESS",
) -> str:
    """Put a transfer of an installed app into a migration; return its id."""
    transfer_id = running.ids.uuid()
    with running.platform.services.database.write() as connection:
        installation_id = connection.execute(
            select(installations.c.id)
            .join(sites, sites.c.id == installations.c.site_id)
            .where(sites.c.key == site, installations.c.app_key == app_key)
        ).scalar_one()
        connection.execute(
            transfers.insert().values(
                id=transfer_id,
                migration_id=migration["migrationId"],
                app_key=app_key,
                installation_id=installation_id,
                listener_id=listener_id,
                status=status,
                percent=0,
                created_at=running.clock.now(),
                due_at=running.clock.now() + timedelta(days=14),
            )
        )
    return transfer_id


def add_file(running: Running, transfer_id: str, *, data_class: str | None = None) -> str:
    """Put the row of a stored file into a transfer; return its key."""
    key = running.ids.uuid()
    with running.platform.services.database.write() as connection:
        connection.execute(
            app_data.insert().values(
                id=key,
                transfer_id=transfer_id,
                data_class=data_class,
                status="STORED",
                offset_bytes=0,
                created_at=running.clock.now(),
            )
        )
    return key


def sign_as_listener(
    listener_id: str,
    method: str,
    path_and_query: str,
    *,
    now: datetime,
    key: Ed25519PrivateKey = LISTENER_KEY,
    **claims: Any,
) -> dict[str, str]:
    """The `Authorization` header of a listener's request to the gateway."""
    token = sign_gateway_token(
        private_key=key,
        server_app_key=SERVER_APP_KEY,
        listener_id=listener_id,
        method=method,
        url=path_and_query,
        now=now,
        **claims,
    )
    return {"Authorization": f"Bearer {token}"}
