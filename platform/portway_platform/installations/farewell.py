"""Telling apps that they are gone: `uninstalled` comes again until it is answered, like an event.

The call is due work written in the transaction that ends the installation. An app that is installed
again meanwhile is not told any more. Source: docs/reference/connect-api.md#installation
"""

import logging
from datetime import datetime

from sqlalchemy import Connection, select

from portway_platform.events.rules import chance_of, next_attempt_at
from portway_platform.installations.handshakes import handshake_of
from portway_platform.installations.lifecycle import tell_uninstalled
from portway_platform.installations.rules import InstallationStatus
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.service import get_site_by_id
from portway_platform.work.service import DueWork, schedule
from portway_platform.work.worker import SlowHandler
from portway_service.errors import Refusal

FAREWELL = "uninstalled-call"
"""The kind of due work that tells an app it is gone."""

log = logging.getLogger(__name__)


def schedule_farewell(connection: Connection, services: Services, installation_id: str) -> None:
    """Have the app told, from the commit of this transaction on."""
    now = services.clock.now()
    schedule(connection, FAREWELL, installation_id, now, {"since": now.isoformat()})


def farewell_handler(services: Services) -> SlowHandler:
    """Return the handler that makes one attempt and says when the next is due."""

    def handle(work: DueWork) -> datetime | None:
        with services.database.read() as connection:
            row = connection.execute(
                select(installations).where(installations.c.id == work.subject_id)
            ).one()
            site = get_site_by_id(connection, row.site_id)
        if row.status != InstallationStatus.UNINSTALLED:
            return None
        try:
            tell_uninstalled(services, handshake_of(site, row.app_key, row._mapping))
        except Refusal as refusal:
            due_at = next_attempt_at(
                work.attempts,
                created_at=datetime.fromisoformat(work.payload["since"]),
                now=services.clock.now(),
                retry_after_seconds=None,
                chance=chance_of(work.subject_id, work.attempts),
            )
            log.warning(
                "app was not told that it is uninstalled",
                extra={
                    "installation_id": work.subject_id,
                    "code": refusal.code,
                    "attempt": work.attempts,
                    "given_up": due_at is None,
                },
            )
            return due_at
        return None

    return handle
