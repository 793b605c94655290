"""`python -m bench [ROW …] [--quick] [--json FILE]`. Source: docs/reference/bench.md"""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from bench import (
    app_data,
    core_migration,
    events,
    export_reading,
    gate,
    mappings,
    on_postgresql,
    report,
)
from bench.measuring import CannotMeasureError, Row
from bench.report import Outcome
from bench.workplace import BUILD, Workplace, open_workplace

TOPICS = (gate, mappings, export_reading, core_migration, app_data, events, on_postgresql)
"""In this order; the rows of one topic share a folder and what runs on it."""

NAMES = tuple(name for topic in TOPICS for name in topic.ROWS)


def main() -> int:
    """Measure, print, write; the exit code says whether every row worked, never how fast."""
    order = _parse()
    unknown = set(order.rows) - set(NAMES)
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
        return 2
    facts = report.machine_facts()
    began = time.perf_counter()
    outcomes = list(_run(order.rows or NAMES, quick=order.quick, mappings=order.mappings))
    facts |= {
        "loadAtEnd": round(os.getloadavg()[0], 1),
        "seconds": round(time.perf_counter() - began, 1),
    }
    report.write(order.json, report.document(outcomes, quick=order.quick, facts=facts))
    print(report.table(outcomes))
    print(
        f"\n{facts['processors']} processors ({facts['processor']}), Python {facts['python']},"
        f" load {facts['loadAtStart']} to {facts['loadAtEnd']}, {facts['seconds']:.0f} s;"
        f" written to {order.json}"
    )
    if facts["loadAtStart"] > facts["processors"] / 2:
        print("Others were at work here: figures are too low and ratios rough. Run it again alone.")
    return 1 if any(outcome.broken for outcome in outcomes) else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Portway beside floors of the same run. Exits 0 whatever the figures"
        " say, 1 when a row broke, 2 for wrong usage.",
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: a minute at most")
    parser.add_argument(
        "--mappings",
        type=int,
        metavar="N",
        help="how many mappings the large platform holds, such as 10000000 (default: 1,000,000)",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=BUILD / "latest.json",
        metavar="FILE",
        help="where the figures go as JSON (default: build/bench/latest.json)",
    )
    return parser.parse_args()


def _run(names: Collection[str], *, quick: bool, mappings: int | None) -> Iterator[Outcome]:
    for topic in TOPICS:
        chosen = {name: row for name, row in topic.ROWS.items() if name in names}
        if not chosen:
            continue
        with open_workplace(quick=quick, mappings=mappings) as place:
            for name, row in chosen.items():
                yield _measure(name, row, place)


def _measure(name: str, row: Callable[[Workplace], Row], place: Workplace) -> Outcome:
    print(f"measuring {name}", file=sys.stderr, flush=True)
    began = time.perf_counter()
    try:
        found = row(place)
    except CannotMeasureError as error:
        return Outcome(name, None, reason=str(error))
    except Exception as error:
        traceback.print_exc()
        return Outcome(name, None, reason=f"{type(error).__name__}: {error}", broken=True)
    return Outcome(name, found, seconds=time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
