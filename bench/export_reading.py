"""Reading an export into the work store, beside expat over the same bytes."""

import shutil
from pathlib import Path
from typing import Any

from bench.measuring import CannotMeasureError, Row, Target, alternate
from bench.processes import helping, module
from bench.workplace import Workplace
from portway_assistant.samples.options import SampleOptions
from portway_assistant.samples.writing import write_entities

WANTED_SHARE = 0.5
WANTED_MEMORY_MIB = 200
MIB = 1 << 20
GIB = 1 << 30
_SPACE_WANTED = 4 * GIB


def measure_export_read(place: Workplace) -> Row:
    """Read in a new process each time, so that neither memory nor caches carry over."""
    size = place.pick(10_000, 1_200)
    export = _written(
        place,
        SampleOptions(
            pages=size,
            users=500,
            groups=20,
            attachments=size // 5,
            comments=size // 2,
            blogposts=200,
            revisions=2,
            seed=7,
        ),
    )
    return _measured(place, export, rounds=place.pick(4, 2), budget_seconds=25)


def measure_export_read_large(place: Workplace) -> Row:
    """Read 1 GiB of entities.xml once: memory is what this row is about."""
    size = place.pick(20_000, 2_000)
    if shutil.disk_usage(place.folder).free < _SPACE_WANTED:
        raise CannotMeasureError("4 GiB of free disk are needed")
    export = _written(
        place, SampleOptions(pages=size, users=500, attachments=0, revisions=2, body_bytes=16_500)
    )
    return _measured(place, export, rounds=1, budget_seconds=0, wanted_share=None)


def _written(place: Workplace, options: SampleOptions) -> Path:
    return write_entities(place.folder / f"export-{options.pages}", options)


def _measured(
    place: Workplace,
    export: Path,
    *,
    rounds: int,
    budget_seconds: float,
    wanted_share: float | None = WANTED_SHARE,
) -> Row:
    size = (export / "entities.xml").stat().st_size / MIB
    peaks: list[float] = []

    def store() -> float:
        found = _read("store", export, place.folder / "store")
        peaks.append(found["peakBytes"] / MIB)
        return size / float(found["seconds"])

    def bare(how: str) -> float:
        return size / float(_read(how, export, place.folder)["seconds"])

    stores, floors, silent = alternate(
        rounds,
        store,
        lambda: bare("expat"),
        lambda: bare("silent"),
        budget_seconds=budget_seconds,
    )
    best, floor, peak = max(stores), max(floors), max(peaks)
    targets = [Target("memory", peak, WANTED_MEMORY_MIB, " MiB", at_most=True)]
    if wanted_share is not None:
        targets.insert(0, Target("share", best / floor, wanted_share))
    return Row(
        measured=best,
        unit="MiB/s",
        floor=floor,
        floor_unit="MiB/s",
        floor_is="expat telling all to empty handlers",
        share=best / floor,
        targets=targets,
        notes=[
            f"{size:,.0f} MiB of entities.xml; the process held {peak:.0f} MiB at most",
            f"expat without handlers: {max(silent):.0f} MiB/s, {best / max(silent):.2f} reached",
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


ROWS = {
    "export-read": measure_export_read,
    "export-read-large": measure_export_read_large,
}
