"""A dry run: every write a plan would make, with its reason, and none of them made.

The site rehearses the items with the code that takes them, in a transaction it undoes; everything
else is read. What cannot be known beforehand, such as how an app's own code fares, is not claimed.
Source: docs/reference/plans.md#dry-run
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson

from portway_assistant.apps import AppToMove, CheckResult
from portway_assistant.clients import PlatformClient, RehearsedSite
from portway_assistant.core.gone import GoneItem, find_gone
from portway_assistant.core.loader import STANDS_BESIDE
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.core.source import Source
from portway_assistant.runs.ledger import ARRIVED, Ledger
from portway_assistant.runs.plan import Plan
from portway_assistant.stopping import checked

MEMORY_BYTES = 8 << 20
ACTIONS = {
    "created": "create",
    "merged": "merge",
    "updated": "update",
    "unchanged": "unchanged",
    "skipped": "skip",
    "failed": "fail",
    "deleted": "delete",
}
"""What a run says became of an item, and what its dry run says would."""

AROUND = frozenset({"site", "server", "cloudSite", "migration", "container", "app"})
"""Kinds of writes that are no items of the source."""

_REASONS = {
    "create": "It is not at the destination yet.",
    "merge": "It is there already, from elsewhere, and is joined.",
    "update": "It changed at the source and was not edited at the destination.",
    "unchanged": "It is there with the same content.",
    "delete": "The source has it no longer.",
}


@dataclass(frozen=True)
class Write:
    """One line of the list."""

    kind: str
    source_key: str
    title: str
    action: str
    code: str | None = None
    reason: str | None = None
    mappings: tuple[str, ...] = ()
    """What apps could look it up by afterwards."""

    def as_json(self) -> dict[str, Any]:
        """Return the line, JSON-ready."""
        return {
            "action": self.action,
            "kind": self.kind,
            "sourceKey": self.source_key,
            "title": self.title,
            "code": self.code,
            "reason": self.reason,
            "mappings": list(self.mappings),
        }


class DryRun:
    """The dry run of one plan."""

    def __init__(
        self,
        plan: Plan,
        source: Source,
        apps: Sequence[AppToMove],
        *,
        platform: PlatformClient,
        site: RehearsedSite,
        ledger: Ledger,
        scratch: Path,
        stop: threading.Event,
    ) -> None:
        self._plan = plan
        self._source = source
        self._apps = apps
        self._platform = platform
        self._site = site
        self._ledger = ledger
        self._scratch = scratch
        self._stop = stop
        self.checks: list[CheckResult] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        """How many items of each kind would meet each action."""

    @property
    def blocked(self) -> str | None:
        """Why nothing would be written at all, if so."""
        failed = [check for check in self.checks if check.outcome == "failed"]
        return " ".join(f"{check.title}: no. {check.message}" for check in failed) or None

    def writes(self) -> Iterator[Write]:
        """Yield every write in the order of the run.

        Raises:
            StopRequested: Between two items.
        """
        self._source.meet(self._site)
        self._source.begin(self._site.path)
        self.checks = self._source.checks()
        if self.blocked:
            return
        for write in self._setup():
            yield self._counted(write)
        for write in self._items():
            yield self._counted(write)
        for app in self._apps:
            yield self._counted(self._app(app))

    def _counted(self, write: Write) -> Write:
        self.counts[write.kind, write.action] += 1
        return write

    def _setup(self) -> Iterator[Write]:
        plan = self._plan
        places = (
            ("site", plan.site_key, self._platform.knows(f"sites/{plan.site_key}")),
            ("server", plan.server_key, self._platform.knows(f"servers/{plan.server_key}")),
            ("cloudSite", plan.site_key, self._site.exists()),
        )
        for kind, key, is_there in places:
            action = "unchanged" if is_there else "create"
            yield Write(kind, f"{kind}/{key}", key, action, reason=_REASONS[action])
        is_open = self._ledger.find_open_run(plan) is not None
        yield Write(
            "migration",
            f"migration/{plan.name}",
            plan.name,
            "unchanged" if is_open else "create",
            reason="A stopped run goes on." if is_open else "Every run is a migration of its own.",
        )
        for container in self._source.containers():
            key = f"container/{container['sourceId']}"
            reason = "Apps read what the migration covers."
            yield Write("container", key, container["name"], "create", reason=reason)

    def _items(self) -> Iterator[Write]:
        open_run = self._ledger.find_open_run(self._plan)
        with (
            SpooledTemporaryFile(max_size=MEMORY_BYTES) as asked,
            self._site.rehearse(
                lambda: self._lines(asked),
                run_id=open_run.run_id if open_run else None,
                edited=self._plan.settings.edited,
                ahead=any(phase.ahead for phase in self._source.phases()),
            ) as results,
        ):
            yield from _joined(asked, results)

    def _lines(self, asked: IO[bytes]) -> Iterator[bytes]:
        """Yield the lines to rehearse, and write down what each is about."""
        asked.seek(0)
        asked.truncate()
        for item in checked(self._all_items(), self._stop):
            yield from self._reservations()
            asked.write(_note(item))
            if item.gap is None:
                yield item.line() + b"\n"
        if self._plan.settings.deletions:
            for gone in self._gone():
                asked.write(orjson.dumps([gone.kind, gone.source_key, gone.source_key, None, []]))
                asked.write(b"\n")
                yield orjson.dumps({"delete": gone.source_key}) + b"\n"

    def _reservations(self) -> Iterator[bytes]:
        """Yield what has the rehearsal keep ids where the run would have had them kept."""
        if kept := self._site.take_kept():
            yield orjson.dumps({"reserve": kept}) + b"\n"

    def _all_items(self) -> Iterator[OutgoingItem]:
        for phase in self._source.phases():
            yield from phase.items()

    def _gone(self) -> Iterator[GoneItem]:
        if not self._site.exists():
            return
        with self._site.inventory() as inventory:
            yield from find_gone(
                (item.source_key for item in self._all_items()),
                inventory=checked(inventory, self._stop),
                space_keys={f"space/{space.id}" for space in self._source.spaces},
                content=self._plan.settings.content,
                scratch=self._scratch,
            )

    def _app(self, app: AppToMove) -> Write:
        """Say whether the app would be moved; how its own code fares, nobody knows before."""
        title = f"{app.key} {app.version}"
        nothing_new = not any(
            count
            for (kind, action), count in self.counts.items()
            if action in {"create", "update"} and kind not in AROUND
        )
        earlier = self._ledger.find_app_success(self._plan, app.key, app.version, before="")
        if nothing_new and earlier is not None:
            reason = "An earlier run moved it, and nothing has come since."
            return Write("app", f"app/{app.key}", title, "unchanged", reason=reason)
        reason = (
            "Its cloud side is installed, your agreement to its card is recorded, its listener is"
            " started."
            if app.agree
            else "Its listener is started, if an agreement to its card stands."
        )
        return Write("app", f"app/{app.key}", title, "transfer", reason=reason)


def _note(item: OutgoingItem) -> bytes:
    mappings = [f"{mapping.namespace} {mapping.key}" for mapping in item.mapping_keys]
    note = [item.kind, item.source_key, item.title, item.gap, mappings]
    return orjson.dumps(note, option=orjson.OPT_APPEND_NEWLINE)


def _joined(asked: IO[bytes], results: Iterator[dict[str, Any]]) -> Iterator[Write]:
    """Yield what was asked with what was answered; gaps were not asked about."""
    first = next(results, None)  # the answer begins when everything was sent
    asked.seek(0)
    answers = _after(first, results)
    for line in asked:
        kind, key, title, gap, mappings = orjson.loads(line)
        if gap is not None:
            yield Write(kind, key, title, "skip", *gap)
            continue
        result = next(answers)
        yield _write(kind, key, title, result, mappings)
        if beside := result.get("beside"):
            action = ACTIONS[beside["outcome"]]
            yield Write(
                kind,
                beside["sourceKey"],
                beside["title"],
                action,
                beside["code"] or STANDS_BESIDE,
                beside["reason"] or f"It stands beside {key}, which was edited here.",
            )
    if next(answers, None) is not None:
        raise AssertionError("more was answered than was asked")


def _after(
    first: dict[str, Any] | None, rest: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    if first is not None:
        yield first
    yield from rest


def _write(
    kind: str, key: str, title: str, result: dict[str, Any], mappings: Sequence[str]
) -> Write:
    outcome = result["outcome"]
    action = ACTIONS[outcome]
    return Write(
        kind,
        key,
        title,
        action,
        result["code"],
        result["reason"] or _REASONS.get(action),
        tuple(mappings) if outcome in ARRIVED and result["id"] else (),
    )
