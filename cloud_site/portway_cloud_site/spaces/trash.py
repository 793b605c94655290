"""The trash for spaces: what is in it is not shown, keeps its key, and can be taken out again."""

from datetime import datetime

from sqlalchemy import select, update

from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import writing
from portway_cloud_site.spaces.tables import spaces
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal
from portway_service.folding import fold


def trash_space(services: Services, site: Site, space_key: str) -> int:
    """Put a space into the trash and return its id; refuse when there is none to be seen."""
    return _move(services, site, space_key, to=services.clock.now())


def restore_space(services: Services, site: Site, space_key: str) -> int:
    """Take a space out of the trash and return its id; refuse when it is not in there."""
    return _move(services, site, space_key, to=None)


def _move(services: Services, site: Site, space_key: str, *, to: datetime | None) -> int:
    with writing(services.database, site) as writer:
        here = (spaces.c.site_id == site.id, spaces.c.key_folded == fold(space_key))
        trashed = spaces.c.trashed_at
        elsewhere = trashed.is_(None) if to is not None else trashed.is_not(None)
        row = writer.connection.execute(select(spaces.c.id).where(*here, elsewhere)).first()
        if row is None:
            raise Refusal(NOT_FOUND)
        statement = update(spaces).where(*here).values(trashed_at=to)
        writer.connection.execute(statement.values(revision=spaces.c.revision + 1))
        return int(row.id)
