"""A plan: what moves from where to where."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum

from portway_assistant.runs.settings import PlanSettings

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class RunStatus(StrEnum):
    """How far a run is (F139-F148). A stopped run goes on when it is started again."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


@dataclass(frozen=True)
class Plan:
    """One source, one destination, and what to take along."""

    name: str
    server_key: str
    site_key: str
    export_digest: str
    """SHA-256 of the export file: another file is another plan."""
    export_name: str
    space_keys: tuple[str, ...] = ()
    """Chosen spaces, in lower case and sorted; empty means all."""
    people_digest: str | None = None
    app_keys: tuple[str, ...] = ()
    settings: PlanSettings = field(default_factory=PlanSettings)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over everything that makes this plan another one than the next."""
        parts: list[object] = [
            self.server_key,
            self.site_key,
            self.export_digest,
            self.space_keys,
            self.people_digest,
            self.app_keys,
        ]
        if chosen := self.settings.chosen():
            parts.append(chosen)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_place_key(key: str) -> bool:
    """Tell whether `key` can name a site or a server: lower-case letters, digits and hyphens."""
    return _KEY.fullmatch(key) is not None
