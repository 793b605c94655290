"""Writes a report into a folder, as JSON, HTML and text: whole files or none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from portway_assistant.reports.report import KIND_NAMES, Report, name_count

STATUS_WORDS = {
    "FINISHED": "Finished: everything that was to move has arrived.",
    "INCOMPLETE": "Incomplete: part of it has arrived, part has not.",
    "FAILED": "Failed: the migration could not be carried out.",
    "STOPPED": "Stopped: run the same command again to go on from here.",
    "RUNNING": "Still running.",
}
OUTCOME_WORDS = {
    "created": "new",
    "updated": "updated",
    "merged": "joined with what was there",
    "unchanged": "already there",
    "skipped": "left out",
    "failed": "failed",
    "deleted": "deleted",
    "doomed": "still to be deleted",
}
RARE = frozenset({"deleted", "doomed"})
"""Outcomes that have a column only where some item has them."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("portway_assistant.reports", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(report: Report) -> dict[str, Any]:
    kinds = [kind for kind in KIND_NAMES if kind in report.counts]
    return {
        "report": report,
        "kinds": kinds,
        "width": max((len(name_count(kind, 2)) for kind in kinds), default=0) + 2,
        "name_count": name_count,
        "status_words": STATUS_WORDS,
        "outcome_words": OUTCOME_WORDS,
        "shown_outcomes": {
            outcome: word
            for outcome, word in OUTCOME_WORDS.items()
            if outcome not in RARE or any(outcome in by for by in report.counts.values())
        },
    }


def render_html(report: Report) -> str:
    """Return the report as one self-contained HTML page."""
    return _templates().get_template("report.html").render(_context(report))


def render_text(report: Report) -> str:
    """Return the report as plain text."""
    return _templates().get_template("report.txt").render(_context(report))


def write_report(report: Report, folder: Path) -> Path:
    """Write `report.json`, `report.html` and `report.txt`; return the HTML file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = orjson.dumps(
        report.as_json(),
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS,
    )
    write_whole(folder / "report.json", facts)
    write_whole(folder / "report.txt", render_text(report).encode())
    write_whole(folder / "report.html", render_html(report).encode())
    return folder / "report.html"


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a reader sees the old file or the new one."""
    with writing_whole(path) as file:
        file.write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write; it takes the place of `path` in one step when the block is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
