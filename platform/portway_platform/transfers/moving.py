"""Whether an app's data is on its way right now."""

from sqlalchemy import Connection, bindparam, exists, select

from portway_platform.transfers.rules import UNSETTLED
from portway_platform.transfers.tables import transfers


def is_moving(connection: Connection, installation_id: str) -> bool:
    """Tell whether a transfer to this installation of an app has not settled yet."""
    return bool(connection.execute(_MOVING, {"installation_id": installation_id}).scalar_one())


# Built once: asked at every request of an app to its site.
_MOVING = select(
    exists().where(
        transfers.c.installation_id == bindparam("installation_id"),
        transfers.c.status.in_(UNSETTLED),
    )
)
