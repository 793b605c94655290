"""The table on the screen and the same as JSON."""

import json
import os
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.measuring import Row, Target

COLUMNS = ("row", "measured", "floor", "ratio", "targets")


@dataclass(frozen=True)
class Outcome:
    """What became of a row: its figures, or the reason why there are none."""

    name: str
    row: Row | None
    reason: str = ""
    broken: bool = False
    """The row failed, which is our fault; otherwise this machine cannot run it."""
    seconds: float = 0.0


def table(outcomes: list[Outcome]) -> str:
    """Return one line for each row under a heading, then the notes."""
    lines = [COLUMNS, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    text = [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines
    ]
    text.insert(1, "-" * max(map(len, text)))
    notes = [
        f"  {outcome.name}: {note}"
        for outcome in outcomes
        for note in ([outcome.reason] if outcome.row is None else outcome.row.notes)
    ]
    return "\n".join(line.rstrip() for line in [*text, "", *notes])


def document(outcomes: list[Outcome], *, quick: bool, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that was found, as JSON."""
    return {
        "portway": version("portway"),
        "quick": quick,
        "machine": dict(facts),
        "rows": {outcome.name: _as_json(outcome) for outcome in outcomes},
    }


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write the JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_text(json.dumps(found, indent=2) + "\n")
    new.replace(path)


def machine_facts() -> dict[str, Any]:
    """Return what figures depend on besides the code."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "processor": _processor_name(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "loadAtStart": round(os.getloadavg()[0], 1),
    }


def number(value: float) -> str:
    """Write a figure with three digits or more."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _cells(outcome: Outcome) -> tuple[str, ...]:
    row = outcome.row
    if row is None:
        return outcome.name, "broken" if outcome.broken else "not measured here", "", "", ""
    return (
        outcome.name,
        f"{number(row.measured)} {row.unit}",
        f"{number(row.floor)} {row.floor_unit}: {row.floor_is}",
        number(row.share),
        "; ".join(_verdict(target) for target in row.targets),
    )


def _verdict(target: Target) -> str:
    sign = "<=" if target.at_most else ">="
    wanted = f"{target.wanted:,.0f}" if target.wanted >= 10 else f"{target.wanted:g}"
    found = "met" if target.met else f"not met ({number(target.found)})"
    return f"{target.what} {sign} {wanted}{target.unit} {found}"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    row = outcome.row
    if row is None:
        state = "broken" if outcome.broken else "skipped"
        return {"state": state, "reason": outcome.reason}
    return {
        "state": "measured",
        "measured": row.measured,
        "unit": row.unit,
        "floor": row.floor,
        "floorUnit": row.floor_unit,
        "floorIs": row.floor_is,
        "ratio": row.share,
        "targets": [
            {
                "what": target.what,
                "found": target.found,
                "wanted": target.wanted,
                "unit": target.unit.strip(),
                "atMost": target.at_most,
                "met": target.met,
            }
            for target in row.targets
        ],
        "notes": list(row.notes),
        "rounds": row.rounds,
        "seconds": round(outcome.seconds, 1),
    }


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
