"""`portway plan diff`: reads the list of a dry run and compares it with a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from portway_assistant.error_codes import RUN_UNKNOWN
from portway_assistant.runs.ledger import Run
from portway_assistant.runs.plan_diff import Disagreement, compare
from portway_cli.error_codes import LIST_UNREADABLE
from portway_cli.sessions import Session, Where, open_session
from portway_service.errors import Refusal


def find_disagreements(
    list_path: Path, where: Where, *, plan: str | None, run_id: str | None
) -> tuple[Run, list[Disagreement]]:
    """Return the run that is meant, and where it and the list disagree.

    Raises:
        Refusal: `run_unknown`, `plan_unknown`, `list_unreadable`.
    """
    with open_session(where) as session, TemporaryDirectory() as scratch:
        run = _find_run(session, plan, run_id)
        ledger = session.assistant.ledger
        found = compare(
            read_list(list_path),
            ledger.outcomes(run.run_id),
            ledger.app_outcomes(run.run_id),
            scratch=Path(scratch) / "diff.db",
        )
        return run, list(found)


def read_list(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a dry run's list; refuse what is none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                fields = orjson.loads(line)
                if "dryRun" in fields:
                    continue
                wanted = {name: fields[name] for name in ("kind", "sourceKey", "action", "title")}
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise Refusal(LIST_UNREADABLE, path=path, line=number) from None
            yield wanted | {"code": fields.get("code")}


def diff_lines(run: Run, found: Sequence[Disagreement]) -> Iterator[str]:
    """Yield what the comparison found, as an admin reads it."""
    if not found:
        yield f"The dry run and run {run.run_id} agree on every item."
        return
    yield f"The dry run and run {run.run_id} disagree on {len(found)} items:"
    for each in found:
        yield f"  {each.source_key}  {each.title}"
        yield f"      said {each.forecast or 'nothing'}, happened {each.happened or 'nothing'}"


def _find_run(session: Session, plan: str | None, run_id: str | None) -> Run:
    assistant = session.assistant
    plan_id = assistant.plans.find(plan).plan_id if plan is not None else None
    for run in assistant.ledger.all_runs(plan_id=plan_id):
        if run_id is None or run.run_id == run_id:
            return run
    raise Refusal(RUN_UNKNOWN, run_id=run_id or "yet")
