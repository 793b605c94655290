"""A transfer with everything around it: its migration, its pair, its site, its installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, select

from portway_platform.dialect.rules import Dialect, dialect_of
from portway_platform.dialect.tables import dialects
from portway_platform.forge.tables import forge_installations, forge_transfers
from portway_platform.installations.tables import installations
from portway_platform.migrations.tables import migrations
from portway_platform.sites.rules import Product
from portway_platform.sites.tables import pairs, sites
from portway_platform.transfers.tables import transfer_definitions, transfers
from portway_sdk.wire import MigrationDetails

_UNKNOWN_CLIENT = "unknown"
"""The contract's client key of the product a site does not run (wire contract, 1.2)."""


@dataclass(frozen=True)
class TransferContext:
    """What messages about a transfer are made of. None of it changes while a transfer lives."""

    transfer_id: str
    app_key: str
    listener_id: str
    migration_id: str
    migration_name: str
    migration_created_at: datetime
    pair_id: str
    site_key: str
    product: Product
    client_key: str
    installation_id: str
    app_base_url: str
    descriptor: Mapping[str, Any]
    registered_endpoints: Sequence[str]
    switches: Mapping[str, str] | None
    """Those of its site's dialect that were set."""
    transfer_name: str | None
    transfer_tags: Sequence[str] | None
    is_preload: bool
    forge_app_id: str | None
    """None for a transfer that goes to a Connect app."""
    forge_remote_url: str | None
    forge_events: Sequence[str] | None
    """What the Forge app listens to; empty for everything."""

    def details(self, public_url: str) -> MigrationDetails:
        """Return the `migrationDetails` of messages."""
        is_jira = self.product is Product.JIRA
        return MigrationDetails(
            migration_id=self.migration_id,
            migration_scope_id=self.pair_id,
            name=self.migration_name,
            created_at=self.migration_created_at,
            jira_client_key=self.client_key if is_jira else _UNKNOWN_CLIENT,
            confluence_client_key=_UNKNOWN_CLIENT if is_jira else self.client_key,
            cloud_url=cloud_url(public_url, self.site_key),
        )

    @cached_property
    def dialect(self) -> Dialect:
        """How its site speaks the contract."""
        return dialect_of(self.switches or {})

    def details_on_wire(self, public_url: str) -> dict[str, Any]:
        """Return the `migrationDetails` of messages as JSON; the site's dialect counts time."""
        wire = self.details(public_url).to_wire()
        if self.dialect.created_at_unit == "seconds":
            wire["createdAt"] //= 1000
        return wire


def cloud_url(public_url: str, site_key: str) -> str:
    """Return a site's address without the product's path, as the contract's `cloudUrl` has it."""
    return f"{public_url}/sites/{site_key}"


def get_context(connection: Connection, transfer_id: str) -> TransferContext:
    """Return the context of a transfer that exists."""
    return get_contexts(connection, [transfer_id])[transfer_id]


def get_contexts(connection: Connection, transfer_ids: Sequence[str]) -> dict[str, TransferContext]:
    """Return the contexts of transfers by their ids."""
    rows = connection.execute(_CONTEXTS, {"ids": transfer_ids})
    return {
        row.transfer_id: TransferContext(
            **{
                **row._mapping,
                "product": Product(row.product),
                "is_preload": bool(row.is_preload),
            }
        )
        for row in rows
    }


# Built once: every event needs it.
_CONTEXTS = (
    select(
        transfers.c.id.label("transfer_id"),
        transfers.c.app_key,
        transfers.c.listener_id,
        transfers.c.migration_id,
        migrations.c.name.label("migration_name"),
        migrations.c.created_at.label("migration_created_at"),
        migrations.c.pair_id,
        sites.c.key.label("site_key"),
        sites.c.product,
        sites.c.client_key,
        transfers.c.installation_id,
        installations.c.base_url.label("app_base_url"),
        installations.c.descriptor,
        installations.c.endpoints.label("registered_endpoints"),
        dialects.c.switches,
        transfer_definitions.c.name.label("transfer_name"),
        transfer_definitions.c.tags.label("transfer_tags"),
        transfer_definitions.c.is_preload,
        forge_installations.c.forge_app_id,
        forge_installations.c.remote_url.label("forge_remote_url"),
        forge_installations.c.events.label("forge_events"),
    )
    .join(migrations, migrations.c.id == transfers.c.migration_id)
    .join(pairs, pairs.c.id == migrations.c.pair_id)
    .join(sites, sites.c.id == pairs.c.site_id)
    .join(installations, installations.c.id == transfers.c.installation_id)
    .outerjoin(dialects, dialects.c.site_id == sites.c.id)
    .outerjoin(transfer_definitions, transfer_definitions.c.transfer_id == transfers.c.id)
    .outerjoin(forge_transfers, forge_transfers.c.transfer_id == transfers.c.id)
    .outerjoin(
        forge_installations, forge_installations.c.id == forge_transfers.c.forge_installation_id
    )
    .where(transfers.c.id.in_(bindparam("ids", expanding=True)))
)
