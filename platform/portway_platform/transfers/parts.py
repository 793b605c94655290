"""The parts only some transfers have: a definition of their own, a Forge side."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from portway_platform.forge.activity import CLOCK
from portway_platform.forge.tables import forge_installations, forge_transfers
from portway_platform.transfers.messages import DefinitionOutput, ForgeOutput
from portway_platform.transfers.tables import transfer_definitions
from portway_platform.work.tables import due_work
from portway_scopes import AccessScope


def find_definitions(connection: Connection, ids: Sequence[str]) -> dict[str, DefinitionOutput]:
    """Return what transfers were declared as, for those that are one of several or a preload."""
    rows = connection.execute(
        select(transfer_definitions).where(transfer_definitions.c.transfer_id.in_(ids))
    )
    return {
        row.transfer_id: DefinitionOutput(
            name=row.name,
            access_scopes=None
            if row.scopes is None
            else [AccessScope(scope) for scope in row.scopes],
            tags=row.tags,
            depends_on=row.depends_on,
            blocking=bool(row.is_blocking),
            preload=bool(row.is_preload),
        )
        for row in rows
    }


def find_forge(connection: Connection, ids: Sequence[str]) -> dict[str, ForgeOutput]:
    """Return the Forge side of those transfers that have one."""
    rows = connection.execute(
        select(
            forge_transfers,
            forge_installations.c.forge_app_id,
            forge_installations.c.environment,
            due_work.c.due_at,
        )
        .join(
            forge_installations,
            forge_installations.c.id == forge_transfers.c.forge_installation_id,
        )
        .outerjoin(
            due_work,
            (due_work.c.kind == CLOCK) & (due_work.c.subject_id == forge_transfers.c.transfer_id),
        )
        .where(forge_transfers.c.transfer_id.in_(ids))
    )
    return {
        row.transfer_id: ForgeOutput(
            forge_app_id=row.forge_app_id,
            environment=row.environment,
            uploaded=row.uploaded,
            processed=row.processed,
            failed=row.failed,
            times_out_at=row.due_at,
        )
        for row in rows
    }
