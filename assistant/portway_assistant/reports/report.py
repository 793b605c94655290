"""What a report says. Every number in it was counted from the ledger or from the proof."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from portway_assistant.apps import CheckResult
from portway_assistant.proof.compare import Proof
from portway_assistant.reports.links import LinkSummary
from portway_assistant.runs.ledger import COUNTED, AppOutcome, ItemOutcome, Run

EXAMPLES = 5

KIND_NAMES = {
    "user": ("person", "people"),
    "group": ("group", "groups"),
    "membership": ("membership", "memberships"),
    "space": ("space", "spaces"),
    "page": ("page", "pages"),
    "blogPost": ("blog post", "blog posts"),
    "comment": ("comment", "comments"),
    "attachment": ("attachment", "attachments"),
    "label": ("label", "labels"),
    "version": ("older version", "older versions"),
    "attachmentVersion": ("older version of an attachment", "older versions of attachments"),
    "template": ("template", "templates"),
    "property": ("content property", "content properties"),
    "restriction": ("restriction", "restrictions"),
    "like": ("like", "likes"),
    "watch": ("watch", "watches"),
    "spacePermission": ("space permission", "space permissions"),
}


@dataclass(frozen=True)
class NotMoved:
    """A group of things that did not move, for one reason."""

    what: str
    count: int
    reason: str
    code: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """Where the signed receipt of an agreement lies."""

    app_key: str
    record_id: str
    path: str


@dataclass(frozen=True)
class Report:
    """The facts of one run."""

    version: str
    run: Run
    seconds: float
    source: dict[str, Any]
    site_name: str
    site_url: str
    counts: dict[str, dict[str, int]]
    not_moved: Sequence[NotMoved]
    checks: Sequence[CheckResult]
    apps: Sequence[AppOutcome]
    proof: Proof | None
    receipts: Sequence[Receipt]
    repairs: int = 0
    made_at: datetime | None = None
    notes: Sequence[str] = field(default_factory=tuple)
    links: LinkSummary = field(default_factory=LinkSummary)

    @property
    def items(self) -> dict[str, int]:
        """How many items had each outcome, over all kinds. Updated ones count as merged.

        Those deleted because the source has them no longer are counted apart: `deleted`.
        """
        total = {outcome: self._total(outcome) for outcome in COUNTED if outcome != "deleted"}
        total["merged"] += total.pop("updated")
        return total

    @property
    def deleted(self) -> int:
        """How many items were deleted because the source has them no longer."""
        return self._total("deleted")

    def _total(self, outcome: str) -> int:
        return sum(by_outcome.get(outcome, 0) for by_outcome in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        run = self.run
        return {
            "portway": self.version,
            "runId": run.run_id,
            "migrationId": run.migration_id,
            "name": run.name,
            "status": run.status,
            "reason": run.reason,
            "startedAt": run.started_at.isoformat(),
            "endedAt": run.ended_at.isoformat() if run.ended_at else None,
            "seconds": round(self.seconds, 3),
            "resumed": run.resumed,
            "source": {"export": run.export_name, "server": run.server_key, **self.source},
            "destination": {
                "site": run.site_key,
                "name": self.site_name,
                "address": self.site_url,
            },
            "items": self.items,
            "deleted": self.deleted,
            "itemsByKind": self.counts,
            "notMoved": [asdict(group) for group in self.not_moved],
            "repairs": self.repairs,
            "checks": [asdict(check) for check in self.checks],
            "apps": [
                {
                    "key": app.app_key,
                    "version": app.app_version,
                    "status": app.status,
                    "transferId": app.transfer_id,
                    "message": app.message,
                    "consentRecordId": app.consent_record_id,
                    "details": app.details or {},
                }
                for app in self.apps
            ],
            "receipts": [asdict(receipt) for receipt in self.receipts],
            "links": self.links.as_json(),
            "proof": proof_json(self.proof),
            "notes": list(self.notes),
        }


def proof_json(proof: Proof | None) -> dict[str, Any]:
    """Return a proof as JSON-ready values; a run that came to none proves nothing."""
    if proof is None:
        return {"complete": False, "unexplained": 0, "made": False}
    return {
        "made": True,
        "complete": proof.complete,
        "unexplained": proof.unexplained,
        "explained": proof.explained,
        "expected": proof.expected,
        "found": proof.found,
        "same": proof.same,
        "mappings": proof.mappings,
        "differences": [asdict(difference) for difference in proof.differences],
    }


def group_not_moved(outcomes: Iterable[ItemOutcome]) -> list[NotMoved]:
    """Group skipped and failed items by kind and reason, with a few examples of each."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for outcome in outcomes:
        key = (outcome.kind, outcome.code or "unknown", outcome.reason or "No reason was given.")
        counts[key] = counts.get(key, 0) + 1
        examples = groups.setdefault(key, [])
        if len(examples) < EXAMPLES:
            examples.append(outcome.title)
    return [
        NotMoved(
            what=name_count(kind, counts[kind, code, reason]),
            count=counts[kind, code, reason],
            reason=reason,
            code=code,
            examples=tuple(examples),
        )
        for (kind, code, reason), examples in groups.items()
    ]


def name_count(kind: str, count: int) -> str:
    """Return the plain name of a kind, singular or plural as `count` asks."""
    singular, plural = KIND_NAMES.get(kind, (kind, kind))
    return singular if count == 1 else plural
