"""Decisions about e-mail domains, kept for every later plan.

Source: docs/reference/people.md#domains
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from portway_assistant.people.domains import Decision
from portway_assistant.people.tables import domain_decisions
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.folding import fold


@dataclass(frozen=True)
class DecidedDomain:
    """A decision, who made it and when."""

    domain: str
    decision: Decision
    decided_by: str
    decided_at: datetime


class DomainDecisions:
    """All decisions of one assistant."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[DecidedDomain]:
        """Return every decision, by domain."""
        query = select(domain_decisions).order_by(domain_decisions.c.domain)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            DecidedDomain(row.domain, Decision(row.decision), row.decided_by, row.decided_at)
            for row in rows
        ]

    def by_domain(self) -> dict[str, Decision]:
        """Return each decided domain with its decision."""
        return {decided.domain: decided.decision for decided in self.all()}

    def decide(self, domains: Iterable[str], decision: Decision, *, by: str) -> None:
        """Keep a decision about domains, whatever was decided before."""
        wanted = sorted({fold(domain) for domain in domains})
        with self._database.write() as connection:
            for domain in wanted:
                connection.execute(
                    delete(domain_decisions).where(domain_decisions.c.domain == domain)
                )
                connection.execute(
                    insert(domain_decisions).values(
                        domain=domain,
                        decision=decision,
                        decided_by=by,
                        decided_at=self._clock.now(),
                    )
                )

    def trust_undecided(self, domains: Iterable[str], *, by: str) -> list[str]:
        """Trust those nobody has decided about, and return them: distrust stands."""
        decided = self.by_domain()
        undecided = sorted({fold(domain) for domain in domains} - decided.keys())
        if undecided:
            self.decide(undecided, Decision.TRUSTED, by=by)
        return undecided

    def forget(self, domains: Iterable[str]) -> list[str]:
        """Forget decisions; returns the domains there was one about."""
        decided = self.by_domain()
        found = sorted({fold(domain) for domain in domains} & decided.keys())
        with self._database.write() as connection:
            for domain in found:
                connection.execute(
                    delete(domain_decisions).where(domain_decisions.c.domain == domain)
                )
        return found
