"""What a Forge remote gets with an event: proof of who calls, and a token to call back with.

Source: docs/reference/forge-api.md#events; the headers are those of Forge remotes.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from portway_platform.events.tables import deliveries, events
from portway_platform.forge.callers import SystemTokens, forge_app
from portway_platform.forge.tables import forge_installations, forge_transfers
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.rules import base_url
from portway_platform.sites.tables import sites
from portway_sdk.tokens import ForgeApp, sign_invocation_token


@dataclass(frozen=True)
class ForgeTarget:
    """The environment of a Forge app that an event is addressed to."""

    app: ForgeApp
    app_version: str
    cloud_id: str
    site_url: str


@dataclass
class Invoker:
    """Makes the headers of events that go to Forge remotes."""

    services: Services
    _tokens: SystemTokens = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._tokens = SystemTokens(self.services)

    def headers(self, target: ForgeTarget, delivery_id: str, now: datetime) -> dict[str, str]:
        """Return the headers of one attempt; every attempt has an invocation token of its own."""
        key = self.services.keys.forge.signing_key(now)
        token_id = self.services.ids.uuid()
        invocation_token = sign_invocation_token(
            private_key=key.private_key,
            key_id=key.kid,
            app=target.app,
            app_version=target.app_version,
            api_base_url=target.site_url,
            cloud_id=target.cloud_id,
            site_url=target.site_url,
            now=now,
            token_id=token_id,
        )
        system_token, _ = self._tokens.get(target.app)
        return {
            "Authorization": f"Bearer {invocation_token}",
            "x-forge-oauth-system": system_token,
            # One trace for all attempts of a delivery, one span for each.
            "x-b3-traceid": hashlib.sha256(delivery_id.encode()).hexdigest()[:32],
            "x-b3-spanid": hashlib.sha256(token_id.encode()).hexdigest()[:16],
        }

    def find_targets(
        self, connection: Connection, delivery_ids: Collection[str]
    ) -> dict[str, ForgeTarget]:
        """Return the Forge apps among the addressees of deliveries, by delivery."""
        rows = connection.execute(
            select(
                deliveries.c.id.label("delivery_id"),
                forge_installations,
                sites.c.client_key,
                sites.c.key.label("site_key"),
                sites.c.product,
            )
            .join(events, events.c.id == deliveries.c.event_id)
            .join(forge_transfers, forge_transfers.c.transfer_id == events.c.transfer_id)
            .join(
                forge_installations,
                forge_installations.c.id == forge_transfers.c.forge_installation_id,
            )
            .join(installations, installations.c.id == forge_installations.c.installation_id)
            .join(sites, sites.c.id == installations.c.site_id)
            .where(deliveries.c.id.in_(delivery_ids))
        )
        public_url = self.services.settings.public_url
        return {
            row.delivery_id: ForgeTarget(
                app=forge_app(row.forge_app_id, row.id, row.environment),
                app_version=row.app_version,
                cloud_id=row.client_key,
                site_url=base_url(public_url, row.site_key, row.product),
            )
            for row in rows
        }
