"""After a transfer settled: what was half uploaded goes, and what was left lying about with it.

What was complete stays until its retention is over.
"""

from datetime import datetime

from sqlalchemy import select, update

from portway_platform.app_data.keys import RETENTION
from portway_platform.app_data.rules import UploadStatus
from portway_platform.app_data.tables import app_data, app_data_parts
from portway_platform.services import Services
from portway_platform.work.service import DueWork, schedule
from portway_platform.work.worker import SlowHandler


def clearing_handler(services: Services) -> SlowHandler:
    """Return the handler that leaves of a settled transfer its complete files and nothing else."""

    def handle(work: DueWork) -> datetime | None:
        transfer_id = work.subject_id
        with services.database.write() as connection:
            connection.execute(
                update(app_data)
                .where(
                    app_data.c.transfer_id == transfer_id,
                    app_data.c.status == UploadStatus.INCOMING,
                )
                .values(status=UploadStatus.DELETED)
            )
        complete = (
            app_data.c.transfer_id == transfer_id,
            app_data.c.status == UploadStatus.STORED,
        )
        with services.database.read() as connection:
            keys = connection.execute(select(app_data.c.id).where(*complete)).scalars().all()
            parts = connection.execute(
                select(app_data_parts.c.name)
                .join(app_data, app_data.c.id == app_data_parts.c.app_data_id)
                .where(*complete)
            )
            names = parts.scalars().all()
        services.files.clear(transfer_id, keys=frozenset(keys), part_names=frozenset(names))
        with services.database.write() as connection:
            ends_at = services.clock.now() + services.settings.app_data_retention
            schedule(connection, RETENTION, transfer_id, ends_at)
        return None

    return handle
