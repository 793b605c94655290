"""Reading an export into the work store, beside expat over the same bytes."""

import shutil
from pathlib import Path
from typing import Any

from bench.export_maker import ExportMaker
from bench.measuring import Row, Target, alternate
from bench.processes import helping, module
from bench.workplace import Workplace

WANTED_SHARE = 0.5
WANTED_MEMORY_MIB = 200
MIB = 1 << 20


def measure_export_read(place: Workplace) -> Row:
    """Read in a new process each time, so that neither memory nor caches carry over."""
    size_bytes = place.pick(64, 12) * MIB
    export = ExportMaker().write_folder(place.folder / "export", size_bytes=size_bytes)
    size = (export / "entities.xml").stat().st_size / MIB
    peaks: list[float] = []

    def store() -> float:
        found = _read("store", export, place.folder / "store")
        peaks.append(found["peakBytes"] / MIB)
        return size / float(found["seconds"])

    def bare(how: str) -> float:
        return size / float(_read(how, export, place.folder)["seconds"])

    stores, floors, silent = alternate(
        place.pick(4, 2),
        store,
        lambda: bare("expat"),
        lambda: bare("silent"),
        budget_seconds=20,
    )
    best, floor, peak = max(stores), max(floors), max(peaks)
    return Row(
        measured=best,
        unit="MiB/s",
        floor=floor,
        floor_unit="MiB/s",
        floor_is="expat telling all to empty handlers",
        share=best / floor,
        targets=[
            Target("share", best / floor, WANTED_SHARE),
            Target("memory", peak, WANTED_MEMORY_MIB, " MiB", at_most=True),
        ],
        notes=[
            f"{size:.0f} MiB of entities.xml; the process held {peak:.0f} MiB at most",
            f"expat without any handler does {max(silent):.0f} MiB/s",
        ],
        rounds={
            "store": stores,
            "floor": floors,
            "expat without handlers": silent,
            "peak MiB": peaks,
        },
    )


def _read(how: str, export: Path, folder: Path) -> dict[str, Any]:
    with helping(module("reading", how, str(export), str(folder))) as helper:
        found: dict[str, Any] = helper.hear()
    if how == "store":
        shutil.rmtree(folder)
    return found


ROWS = {"export-read": measure_export_read}
