"""The assistant's own folder: the ledger, the work stores of exports, the reports."""

from dataclasses import dataclass
from pathlib import Path

from portway_assistant.people.decisions import DomainDecisions
from portway_assistant.proof.keys import ProofKey, open_proof_key
from portway_assistant.runs.ledger import Ledger
from portway_assistant.runs.lock import RunLock
from portway_assistant.runs.plan_book import PlanBook
from portway_assistant.schema_versions import HEAD, SCRIPTS
from portway_service.clock import Clock
from portway_service.database import Database, open_database, sqlite_url, upgrade_schema
from portway_service.ids import Ids


@dataclass(frozen=True)
class AssistantFolder:
    """An opened folder. Everything in it stays on the customer's side."""

    path: Path
    database: Database
    ledger: Ledger
    plans: PlanBook
    domains: DomainDecisions

    @classmethod
    def open(cls, path: Path, clock: Clock, ids: Ids) -> "AssistantFolder":
        """Open the folder's ledger, and make what is absent."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = open_database(sqlite_url(path / "ledger.db"))
        upgrade_schema(database, SCRIPTS, head=HEAD)
        return cls(
            path,
            database,
            Ledger(database, clock, ids),
            PlanBook(database, clock, ids),
            DomainDecisions(database, clock),
        )

    @property
    def work_stores(self) -> Path:
        """Where exports are unpacked into keyed stores."""
        return self.path / "exports"

    @property
    def lock(self) -> RunLock:
        """Held by the run that is going on."""
        return RunLock(self.path)

    @property
    def proof_key(self) -> ProofKey:
        """The key that signs the proofs of this assistant."""
        return open_proof_key(self.path / "keys")

    @property
    def reports(self) -> Path:
        """One folder for each run."""
        return self.path / "reports"

    def close(self) -> None:
        """Close the ledger."""
        self.database.close()
