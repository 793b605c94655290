"""The assessment as a CSV sheet: written for spreadsheets, read back with every fault named.

Source: docs/reference/assessment.md#csv
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portway_platform.assessment.rules import DECISION_WORDS
from portway_scopes import Decision

COLUMNS = (
    "server app key",
    "name",
    "installed version",
    "cloud app key",
    "migration path",
    "decision",
    "alternative",
)
MAX_BYTES = 4 << 20
MAX_ALTERNATIVE = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DECISIONS = {word.casefold(): decision for decision, word in DECISION_WORDS.items()} | {
    decision.value.casefold(): decision for decision in Decision
}


@dataclass(frozen=True)
class DecisionLine:
    """What one line of a sheet decides."""

    line: int
    """Where it stands; the header is line 1."""
    server_app_key: str
    decision: Decision
    alternative: str | None


@dataclass(frozen=True)
class SheetFault:
    """What is wrong with a line, and what would be right."""

    line: int
    problem: str


def write_sheet(rows: Iterable[Sequence[str | None]]) -> str:
    """Return a sheet with these rows of `COLUMNS`.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(cell or "") for cell in row])
    return buffer.getvalue()


def read_sheet(raw: bytes) -> tuple[list[DecisionLine], list[SheetFault]]:
    """Return what a sheet decides, and every fault in it. UTF-8, `,` or `;` between columns."""
    if len(raw) > MAX_BYTES:
        return [], [SheetFault(1, f"the sheet exceeds {MAX_BYTES} bytes")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [SheetFault(raw.count(b"\n", 0, error.start) + 1, "the text is not UTF-8")]
    header, _, _ = text.partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[DecisionLine] = []
    faults: list[SheetFault] = []
    try:
        names = [" ".join(cell.casefold().split()) for cell in next(reader, [])]
        missing = [name for name in ("server app key", "decision") if name not in names]
        if missing:
            return [], [SheetFault(1, f"there is no column named {name!r}") for name in missing]
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = dict(zip(names, map(_plain, cells), strict=False))
                found += _read_line(line, values, faults)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(SheetFault(reader.line_num, f"the line cannot be read: {error}"))
    faults += _repeated(found)
    return found, sorted(faults, key=lambda fault: fault.line)


def _read_line(
    line: int, values: dict[str, str], faults: list[SheetFault]
) -> Iterator[DecisionLine]:
    key, said = values.get("server app key", ""), values.get("decision", "")
    decision = _DECISIONS.get(" ".join(said.casefold().split()) or Decision.NO_DECISION.casefold())
    alternative = values.get("alternative") or None
    problems = []
    if not key:
        problems.append("it names no server app key")
    if decision is None:
        words = ", ".join(DECISION_WORDS.values())
        problems.append(f"{said[:40]!r} is no decision: write one of {words}")
    if alternative is not None and len(alternative) > MAX_ALTERNATIVE:
        problems.append(f"the alternative has more than {MAX_ALTERNATIVE} characters")
    if alternative is not None and decision not in {Decision.USE_ALTERNATIVE, None}:
        problems.append("an alternative goes with 'Use alternative' only")
    faults.extend(SheetFault(line, problem) for problem in problems)
    if not problems and decision is not None:
        yield DecisionLine(line, key, decision, alternative)


def _repeated(lines: Iterable[DecisionLine]) -> Iterator[SheetFault]:
    seen: dict[str, int] = {}
    for each in lines:
        first = seen.setdefault(each.server_app_key, each.line)
        if first != each.line:
            yield SheetFault(each.line, f"line {first} decides about the same app")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    """Return a cell without the apostrophe that `_harmless` put before it."""
    is_guarded = cell.startswith("'") and cell[1:].startswith(_FORMULA)
    return (cell[1:] if is_guarded else cell).strip()
