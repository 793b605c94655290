"""How far the core migration of a run is. Source: docs/reference/admin-api.md"""

from enum import StrEnum


class CoreStatus(StrEnum):
    """What the assistant last said about the spaces, people and pages of a migration."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"


APPS_MAY_MOVE = (CoreStatus.FINISHED, CoreStatus.INCOMPLETE)
"""After these, transfers may start (wire contract, 1.3)."""
