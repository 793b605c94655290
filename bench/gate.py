"""How many accesses the gate decides in a second. The floor: a bare call with its arguments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.measuring import Row, Target, alternate, seconds_of
from bench.workplace import Workplace
from portway_scopes import (
    Access,
    AccessScope,
    Allowed,
    ConsentRecord,
    Request,
    Terms,
    TransferStatus,
    decide,
)

WANTED_PER_SECOND = 100_000
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
SCOPES = frozenset(
    {
        AccessScope.APP_DATA_UGC,
        AccessScope.APP_DATA_PII,
        AccessScope.MIGRATION_TRACING_IDENTITY,
        AccessScope.MIGRATION_TRACING_PRODUCT,
    }
)
ALLOWED = Allowed()


def measure_gate(place: Workplace) -> Row:
    """Decide reads of mappings: they look at everything the gate looks at."""
    calls = place.pick(200_000, 50_000)
    terms = _terms()
    # An equal record, not the same object: so it comes from the database.
    facts = {
        "terms": terms,
        "consent": _consent(_terms()),
        "transfer": TransferStatus.IN_PROGRESS,
        "now": NOW,
    }
    request = Request(Access.READ_MAPPINGS, namespace="identity:user")
    if decide(request, **facts) != ALLOWED:
        raise AssertionError("the gate refuses what it should allow")

    def rate(function: Callable[..., object]) -> float:
        def repeat() -> None:
            for _ in range(calls):
                function(request, **facts)

        return calls / seconds_of(repeat)

    decisions, floors = alternate(5, lambda: rate(decide), lambda: rate(_bare))
    best, floor = max(decisions), max(floors)
    return Row(
        measured=best,
        unit="decisions/s",
        floor=floor,
        floor_unit="calls/s",
        floor_is="a bare Python call",
        share=best / floor,
        targets=[Target("rate", best, WANTED_PER_SECOND, "/s")],
        notes=[f"one decision takes {1e6 / best:.2f} µs"],
        rounds={"decisions": decisions, "floor": floors},
    )


def _bare(request: Any, *, terms: Any, consent: Any, transfer: Any, now: Any) -> Allowed:
    return ALLOWED


def _terms() -> Terms:
    return Terms(
        app_version="1.0.0",
        scopes=frozenset(set(SCOPES)),
        policy_digests=frozenset({("privacy", "a" * 64), ("terms", "b" * 64)}),
        notice_digest="c" * 64,
    )


def _consent(terms: Terms) -> ConsentRecord:
    return ConsentRecord(
        record_id="2f6c",
        app_key="com.example.notes.cloud",
        server_id="server",
        site_id="site",
        terms=terms,
        scopes=SCOPES,
        given_at=NOW - timedelta(days=1),
        given_by="ada",
        expires_at=NOW + timedelta(days=364),
    )


ROWS = {"gate": measure_gate}
