"""How a site speaks: read at each request, from one row by its key.

Source: docs/reference/dialect.md
"""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from portway_platform.dialect.rules import (
    DEFAULT,
    Dialect,
    dialect_of,
    find_switch_faults,
)
from portway_platform.dialect.tables import dialects
from portway_platform.migrations.tables import migrations
from portway_platform.services import Services
from portway_platform.sites.service import get_site
from portway_platform.sites.tables import pairs
from portway_platform.transfers.tables import transfers
from portway_service.database import upsert
from portway_service.endpoints import invalid_fields


def for_site(connection: Connection, site_id: str) -> Dialect:
    """Return the dialect of a site, as the transaction sees it."""
    switched = connection.execute(_OF_SITE, {"site_id": site_id}).scalar()
    return DEFAULT if switched is None else dialect_of(switched)


def for_transfer(connection: Connection, transfer_id: str) -> Dialect:
    """Return the dialect of the site a transfer goes to."""
    switched = connection.execute(_OF_TRANSFER, {"transfer_id": transfer_id}).scalar()
    return DEFAULT if switched is None else dialect_of(switched)


def set_switches(services: Services, site_key: str, wanted: Mapping[str, str | None]) -> Dialect:
    """Set switches of a site, or put those that are None back to their defaults.

    What is not named stays. Requests that begin after this one meet the change.
    """
    faults = find_switch_faults(wanted)
    if faults:
        raise invalid_fields(faults)
    with services.database.write() as connection:
        site = get_site(connection, site_key)
        present = connection.execute(_OF_SITE, {"site_id": site.id}).scalar() or {}
        switched = {
            name: value for name, value in {**present, **wanted}.items() if value is not None
        }
        values = {"switches": switched, "changed_at": services.clock.now()}
        upsert(connection, dialects, {"site_id": site.id}, values)
    return dialect_of(switched)


# Built once: putting a statement together takes longer than carrying it out.
_OF_SITE = select(dialects.c.switches).where(dialects.c.site_id == bindparam("site_id"))
_OF_TRANSFER = (
    select(dialects.c.switches)
    .join(pairs, pairs.c.site_id == dialects.c.site_id)
    .join(migrations, migrations.c.pair_id == pairs.c.id)
    .join(transfers, transfers.c.migration_id == migrations.c.id)
    .where(transfers.c.id == bindparam("transfer_id"))
)
