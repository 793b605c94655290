"""Oddities met in an export, kept for the report: what, where and how often."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """One kind of oddity. docs/reference/export-format.md#notes explains each."""

    PACKAGE = "package"
    DUPLICATE_OBJECT = "duplicate_object"
    UNUSUAL_PACKAGE = "unusual_package"
    CLASS_CORRECTED = "class_corrected"
    COMPLETED_FROM_COLLECTION = "completed_from_collection"
    SPACE_ADOPTED = "space_adopted"
    SPACE_KEY_NOT_FOUND = "space_key_not_found"
    HOME_CHOSEN = "home_chosen"
    HOME_HAD_PARENT = "home_had_parent"
    ORPHAN_PAGE = "orphan_page"
    LOST_PAGE = "lost_page"
    CYCLE_BROKEN = "cycle_broken"
    REPLY_WITHOUT_PARENT = "reply_without_parent"
    BODY_DUPLICATE = "body_duplicate"
    BODY_MISSING = "body_missing"
    NO_CREATOR = "no_creator"
    NO_DATE = "no_date"
    UNREADABLE_DATE = "unreadable_date"
    ZONE_UNKNOWN = "zone_unknown"
    TITLE_TWIN = "title_twin"
    FILE_WITHOUT_RECORD = "file_without_record"
    FILE_SIZE_DIFFERS = "file_size_differs"
    FILE_EMPTY = "file_empty"
    NESTED_GROUP = "nested_group"
    EMPTY_RESTRICTION = "empty_restriction"
    TASKS_UNREADABLE = "tasks_unreadable"


@dataclass(frozen=True, slots=True)
class Note:
    """One oddity, where it was met and how often."""

    kind: NoteKind
    detail: str
    count: int


def add_note(database: sqlite3.Connection, kind: NoteKind, detail: str, count: int = 1) -> None:
    """Keep a note; nothing is kept for a count of zero."""
    if count:
        database.execute("INSERT INTO notes VALUES (?, ?, ?)", (kind.value, detail, count))
