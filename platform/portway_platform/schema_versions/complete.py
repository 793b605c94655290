"""The metadata with every table in it: what the newest schema version amounts to."""

from portway_platform.app_data import tables as app_data_tables
from portway_platform.assessment import tables as assessment_tables
from portway_platform.catalogue import tables as catalogue_tables
from portway_platform.consents import tables as consents_tables
from portway_platform.dialect import tables as dialect_tables
from portway_platform.events import tables as events_tables
from portway_platform.forge import tables as forge_tables
from portway_platform.idempotency import tables as idempotency_tables
from portway_platform.installations import tables as installations_tables
from portway_platform.jira import tables as jira_tables
from portway_platform.ledger import tables as ledger_tables
from portway_platform.listeners import tables as listeners_tables
from portway_platform.metadata import metadata
from portway_platform.migrations import tables as migrations_tables
from portway_platform.notices import tables as notices_tables
from portway_platform.rate_limits import tables as rate_limits_tables
from portway_platform.sites import tables as sites_tables
from portway_platform.transfers import tables as transfers_tables
from portway_platform.work import tables as work_tables

FEATURES = (
    app_data_tables,
    assessment_tables,
    catalogue_tables,
    consents_tables,
    dialect_tables,
    events_tables,
    forge_tables,
    idempotency_tables,
    installations_tables,
    jira_tables,
    ledger_tables,
    listeners_tables,
    migrations_tables,
    rate_limits_tables,
    notices_tables,
    sites_tables,
    transfers_tables,
    work_tables,
)

__all__ = ["FEATURES", "metadata"]
