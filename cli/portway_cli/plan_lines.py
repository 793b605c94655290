"""Plans and runs as lines of text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any


def plan_table(plans: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line a plan, under headings."""
    if not plans:
        yield "No plan is saved here. Make one with `portway plan create EXPORT`."
        return
    rows = [("ID", "STATUS", "LABEL", "SITE", "SPACES", "NAME")]
    rows += [
        (
            plan["planId"][:8],
            plan["status"] + (" (archived)" if plan["archivedAt"] else ""),
            plan["label"],
            plan["site"],
            str(plan["spaceCount"]),
            plan["name"],
        )
        for plan in plans
    ]
    yield from _columns(rows)


def plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say about one plan."""
    yield f"{plan['name']}: {plan['status']}"
    yield ""
    yield f"  Id        {plan['planId']}"
    yield f"  Label     {plan['label']}"
    yield f"  From      {plan['exportPath']} (server {plan['server']})"
    yield f"  To        site {plan['site']}"
    if plan["people"]:
        yield f"  People    {plan['people']}"
    for path in plan["apps"]:
        yield f"  App       {path}"
    for name, value in plan["settings"].items():
        yield f"  Setting   {name.replace('_', '-')}: {value}"
    if plan["newerExport"]:
        yield "  Export    another file under this path is welcome: what changed is moved"
    for space in plan["spaces"]:
        place = {"QUEUED": f" (QUEUED in {space['queuedIn']})", "MIGRATED": " (MIGRATED)"}
        yield f"  Space     {space['key']}: {space['name']}{place.get(space['status'], '')}"
    yield ""
    if not plan["runs"]:
        yield "It was not run yet."
        return
    rows = [("RUN", "STATUS", "STARTED", "REASON")]
    rows += [
        (run["runId"][:8], run["status"], run["startedAt"][:19], run["reason"] or "")
        for run in plan["runs"]
    ]
    yield from _columns(rows)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
