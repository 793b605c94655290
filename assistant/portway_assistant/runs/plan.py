"""A plan: what moves from where to where. Saved, run, stopped, resumed, run again.

Source: docs/reference/plans.md
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from portway_assistant.runs.settings import PlanSettings

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class PlanLabel(StrEnum):
    """What a plan is for (F119: a trial to a test site comes before the real one)."""

    PRODUCTION = "production"
    TESTING = "testing"


class PlanStatus(StrEnum):
    """Where a plan stands (F139-F148): ready, or as its last run."""

    SAVED = "SAVED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    STOPPED = "STOPPED"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"


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
    plan_id: str | None = None
    """The saved plan it is, which is no part of what it does."""

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


@dataclass(frozen=True)
class PlannedSpace:
    """A space a plan moves."""

    space_id: str
    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PlanDraft:
    """What is written down of a plan, so that it can be run without saying it all again."""

    name: str
    label: PlanLabel = PlanLabel.PRODUCTION
    server_key: str
    site_key: str
    export_path: Path
    export_digest: str
    newer_export: bool = False
    """Whether another file at `export_path` is welcome: its run moves what changed."""
    space_keys: tuple[str, ...] = ()
    spaces: tuple[PlannedSpace, ...] = ()
    people_path: Path | None = None
    people_digest: str | None = None
    app_keys: tuple[str, ...] = ()
    manifests: tuple[Path, ...] = ()
    agree: bool = True
    settings: PlanSettings = field(default_factory=PlanSettings)


@dataclass(frozen=True, kw_only=True)
class SavedPlan(PlanDraft):
    """A plan in the book."""

    plan_id: str
    created_at: datetime
    archived_at: datetime | None = None


def decide_plan_status(last_run: RunStatus | None, *, is_running: bool) -> PlanStatus:
    """Return where a plan stands, from its last run and whether a process is at it now.

    A run that says RUNNING while no process is at it was cut off: it counts as stopped, for it
    goes on from there.
    """
    if is_running:
        return PlanStatus.RUNNING
    if last_run is None:
        return PlanStatus.SAVED
    if last_run is RunStatus.RUNNING:
        return PlanStatus.STOPPED
    return PlanStatus(last_run.value)


def is_place_key(key: str) -> bool:
    """Tell whether `key` can name a site or a server: lower-case letters, digits and hyphens."""
    return _KEY.fullmatch(key) is not None
