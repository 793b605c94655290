"""Writes the link table and the list of broken links beside a report, row by row."""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from portway_assistant.core.broken_links import BrokenLink, BrokenLinks
from portway_assistant.core.link_table import COLUMNS, LinkRow
from portway_assistant.error_codes import REPORT_NOT_MADE, RUN_UNKNOWN
from portway_service.errors import Refusal

if TYPE_CHECKING:
    from portway_assistant.folder import AssistantFolder

LINKS_CSV, LINKS_NDJSON = "links.csv", "links.ndjson"
BROKEN_CSV, BROKEN_NDJSON = "broken-links.csv", "broken-links.ndjson"
EXAMPLES = 50
"""Broken links a report shows; the files hold them all."""

_BROKEN_COLUMNS = ("sourceKey", "title", "kind", "target")


@dataclass(frozen=True)
class LinkSummary:
    """What a report says about links."""

    moved: int = 0
    """How many rows the table has."""
    broken: int = 0
    examples: tuple[BrokenLink, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        return asdict(self)


def write_links(folder: Path, rows: Iterable[LinkRow], broken: BrokenLinks) -> LinkSummary:
    """Write both lists into a folder, each as CSV and as NDJSON: whole files or none."""
    moved = _write(
        (folder / LINKS_CSV, folder / LINKS_NDJSON), COLUMNS, (row.as_dict() for row in rows)
    )
    examples: list[BrokenLink] = []

    def listed() -> Iterator[dict[str, str]]:
        for one in broken:
            if len(examples) < EXAMPLES:
                examples.append(one)
            values = (one.source_key, one.title, one.kind, one.target)
            yield dict(zip(_BROKEN_COLUMNS, values, strict=True))

    count = _write((folder / BROKEN_CSV, folder / BROKEN_NDJSON), _BROKEN_COLUMNS, listed())
    return LinkSummary(moved, count, tuple(examples))


def find_file(folder: "AssistantFolder", run_id: str | None, *, as_csv: bool, broken: bool) -> Path:
    """Return the file of a run, of the newest one by default.

    Raises:
        Refusal: `run_unknown`, or `report_not_made`.
    """
    runs = folder.ledger.all_runs()
    found = next((run.run_id for run in runs if run_id in {None, run.run_id}), None)
    if found is None:
        raise Refusal(RUN_UNKNOWN, run_id=run_id or "at all")
    names = (BROKEN_CSV, BROKEN_NDJSON) if broken else (LINKS_CSV, LINKS_NDJSON)
    path = folder.reports / found / names[0 if as_csv else 1]
    if not path.is_file():
        raise Refusal(REPORT_NOT_MADE, run_id=found)
    return path


def _write(
    paths: tuple[Path, Path], columns: tuple[str, ...], rows: Iterable[dict[str, str]]
) -> int:
    count = 0
    with _whole(paths[0]) as table, _whole(paths[1]) as lines:
        text = csv.DictWriter(table, columns, lineterminator="\n")
        text.writeheader()
        for row in rows:
            text.writerow(row)
            lines.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE).decode())
            count += 1
    return count


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """Write a file that appears at its path in one step, once it is complete and on disk."""
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
