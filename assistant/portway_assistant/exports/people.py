"""Read people.csv, which tells what a space export does not: names and e-mail addresses.

Source: docs/reference/export-format.md#people-file
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from portway_assistant import error_codes
from portway_assistant.exports.email_rule import is_valid_email
from portway_assistant.exports.records import User
from portway_service.errors import Refusal

HEADERS: Mapping[str, str] = {
    "userkey": "user_key",
    "user_key": "user_key",
    "user key": "user_key",
    "key": "user_key",
    "username": "username",
    "user_name": "username",
    "user name": "username",
    "login": "username",
    "email": "email",
    "new e-mail": "email",
    "new email": "email",
    "tombstone": "tombstone",
    "e-mail": "email",
    "mail": "email",
    "e_mail": "email",
    "email address": "email",
    "emailaddress": "email",
    "name": "name",
    "full name": "name",
    "fullname": "name",
    "display name": "name",
    "displayname": "name",
    "display_name": "name",
}
"""Accepted spellings of the columns, compared without case."""

LARGEST_FILE_BYTES = 64 * 1024 * 1024
_SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What one row says about one person."""

    row: int
    """The line of the file the row starts on; the header is line 1."""
    user_key: str | None
    username: str | None
    email: str | None
    name: str | None
    tombstone: bool = False
    """Whether the person is to arrive as a placeholder, whatever address is known."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row."""

    row: int
    problem: str

    def __str__(self) -> str:
        """Return the fault as it reads in a message."""
        return f"row {self.row}: {self.problem}"


class PeopleFile:
    """The entries of a people.csv, found by user key, else by username without case."""

    def __init__(self, entries: Iterable[PersonEntry]) -> None:
        self.entries = tuple(entries)
        self._by_key = {entry.user_key: entry for entry in self.entries if entry.user_key}
        self._by_name = {entry.username.lower(): entry for entry in self.entries if entry.username}

    def find(self, user: User) -> PersonEntry | None:
        """Return the entry about a person of the export, or None."""
        for key in (user.user_key, user.key, user.account_id):
            if key and key in self._by_key:
                return self._by_key[key]
        return self._by_name.get(user.username.lower()) if user.username else None

    def overlay(self, users: Iterable[User]) -> Iterator[User]:
        """Yield the users with what the file says about them; a blank cell changes nothing."""
        for user in users:
            entry = self.find(user)
            if entry is None:
                yield user
                continue
            yield replace(
                user,
                email=entry.email or user.email,
                tombstone=entry.tombstone,
                display_name=entry.name or user.display_name,
                username=user.username or entry.username,
                known=True,
            )


def read_people(path: Path) -> PeopleFile:
    """Read a people.csv: UTF-8, `,` or `;` between columns.

    Raises:
        Refusal: `people_csv_invalid` names every fault with its row; nothing is taken.
            `export_not_found` and `export_unreadable` for the file itself.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise _refusal(path, [RowFault(1, f"the file exceeds {LARGEST_FILE_BYTES} bytes")])
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Refusal(error_codes.EXPORT_NOT_FOUND, path=path) from None
    except OSError as exc:
        problem = exc.strerror or type(exc).__name__
        raise Refusal(error_codes.EXPORT_UNREADABLE, path=path, problem=problem) from exc
    entries, faults = parse_people(raw)
    if faults:
        raise _refusal(path, faults)
    return PeopleFile(entries)


def parse_people(raw: bytes) -> tuple[list[PersonEntry], list[RowFault]]:
    """Return the rows of a people.csv and every fault in it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        row = raw.count(b"\n", 0, exc.start) + 1
        return [], [RowFault(row, "the file is not UTF-8")]
    header, _, _ = text.partition("\n")
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    entries: list[PersonEntry] = []
    faults: list[RowFault] = []
    try:
        columns = _columns(next(reader, []), faults)
        if faults:
            return [], faults
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                entry = _entry(line, cells, columns, faults)
                if entry is not None:
                    entries.append(entry)
            line = reader.line_num + 1
    except csv.Error as exc:
        faults.append(RowFault(reader.line_num, f"the row cannot be read: {exc}"))
    faults.extend(_repeated(entries))
    return entries, sorted(faults, key=lambda fault: fault.row)


def _columns(header: list[str], faults: list[RowFault]) -> list[str | None]:
    """Return the field each column holds; columns of other names are ignored."""
    columns = [HEADERS.get(" ".join(cell.lower().split())) for cell in header]
    named = [column for column in columns if column is not None]
    twice = sorted({field for field in named if named.count(field) > 1})
    faults.extend(RowFault(1, f"two columns hold the {field}") for field in twice)
    if "user_key" not in named and "username" not in named:
        faults.append(RowFault(1, "no column is named userkey or username"))
    if "email" not in named:
        faults.append(RowFault(1, "no column is named email"))
    return columns


def _entry(
    row: int, cells: list[str], columns: list[str | None], faults: list[RowFault]
) -> PersonEntry | None:
    if len(cells) > len(columns):
        faults.append(RowFault(row, f"{len(cells)} cells, but {len(columns)} columns"))
        return None
    values = {
        field: cell.strip()
        for field, cell in zip(columns, cells, strict=False)
        if field is not None and cell.strip()
    }
    problems = []
    if "user_key" not in values and "username" not in values:
        problems.append("neither user key nor username")
    tombstone = values.get("tombstone", "false").lower()
    if tombstone not in {"true", "false"}:
        problems.append(f"tombstone is true or false, not {values['tombstone']!r}")
    if "email" not in values and "name" not in values and "tombstone" not in columns:
        problems.append("neither e-mail nor name")
    if "email" in values and not is_valid_email(values["email"]):
        problems.append(f"{values['email']!r} is no e-mail address")
    faults.extend(RowFault(row, problem) for problem in problems)
    if problems:
        return None
    return PersonEntry(
        row,
        values.get("user_key"),
        values.get("username"),
        values.get("email"),
        values.get("name"),
        tombstone == "true",
    )


def _repeated(entries: Iterable[PersonEntry]) -> Iterator[RowFault]:
    """Yield a fault for each row about somebody an earlier row is about."""
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        for kind, value in (
            ("user key", entry.user_key),
            ("username", entry.username and entry.username.lower()),
        ):
            if not value:
                continue
            first = seen.setdefault((kind, value), entry.row)
            if first != entry.row:
                yield RowFault(entry.row, f"the same {kind} as in row {first}")


def _refusal(path: Path, faults: list[RowFault]) -> Refusal:
    shown = "; ".join(str(fault) for fault in faults[:_SHOWN_FAULTS])
    if len(faults) > _SHOWN_FAULTS:
        shown += f"; and {len(faults) - _SHOWN_FAULTS} more"
    return Refusal(
        error_codes.PEOPLE_CSV_INVALID,
        path=path,
        count=len(faults),
        faults=shown,
        details=[{"row": fault.row, "problem": fault.problem} for fault in faults],
    )
