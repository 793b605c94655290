"""Fill an empty work store: read the export, bring the rows together, decide what goes where."""

import csv
import io
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from portway_assistant.exports.loading import Loader
from portway_assistant.exports.lost_pages import find_lost_pages
from portway_assistant.exports.merging import merge
from portway_assistant.exports.note_queries import note_content, note_package, note_people
from portway_assistant.exports.notes import NoteKind, add_note
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.people_join import join_people
from portway_assistant.exports.resolving import (
    choose_bodies,
    choose_spaces,
    decide_reasons,
    find_files,
    place_in_spaces,
)
from portway_assistant.exports.schema import LATE_INDEXES
from portway_assistant.exports.shapes import WANTED
from portway_assistant.exports.trees import build_archive_tree, build_page_tree, build_threads
from portway_assistant.exports.unresolved import count_unresolved
from portway_assistant.exports.xml_objects import ObjectReader

Progress = Callable[[int, int], object]
"""Is told the bytes of entities.xml read so far, and all of them."""

RESOLVING_CACHE_KIB = 64 * 1024
"""Memory for pages of the database while rows are brought together."""

_TASK_COLUMNS = (
    "CONTENT_ID",
    "ID",
    "BODY",
    "TASK_STATUS",
    "CREATOR_USER_KEY",
    "ASSIGNEE_USER_KEY",
    "COMPLETE_USER_KEY",
    "CREATE_DATE",
    "DUE_DATE",
    "COMPLETE_DATE",
)


def fill(
    database: sqlite3.Connection, package: ExportPackage, on_progress: Progress | None
) -> None:
    """Read all of `package` into the empty tables of `database`, and resolve it.

    Raises:
        Refusal: What `ObjectReader.read` and `ExportPackage.open_file` refuse.
    """
    watched = partial(_watched, package, on_progress)
    reader = ObjectReader(watched, wanted=WANTED, path=package.path, limits=package.limits)
    loader = Loader(database)
    reader.read(loader.load)
    loader.finish()
    _load_files(loader, package)
    _load_tasks(database, loader, package)
    database.execute(f"PRAGMA cache_size = -{RESOLVING_CACHE_KIB}")
    merge(database)
    choose_spaces(database, package.descriptor.space_keys)
    place_in_spaces(database)
    choose_bodies(database)
    find_files(database)
    decide_reasons(database)
    join_people(database)
    build_page_tree(database)
    build_archive_tree(database)
    build_threads(database)
    find_lost_pages(database)
    for index in LATE_INDEXES:
        database.execute(f"CREATE INDEX {index}")
    count_unresolved(database)
    note_package(database, package, loader.classes)
    note_people(database)
    note_content(database)
    cleaner = reader.cleaner
    database.executemany(
        "INSERT INTO repairs VALUES (?, ?, ?, ?, ?)",
        [(r.offset, r.length, r.kind.value, r.found, r.became) for r in cleaner.repairs],
    )
    database.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [(f"repairs.{kind.value}", str(count)) for kind, count in cleaner.counts.items()],
    )


def _watched(package: ExportPackage, on_progress: Progress | None) -> Iterator[bytes]:
    read = 0
    for chunk in package.entities_chunks():
        yield chunk
        read += len(chunk)
        if on_progress is not None:
            on_progress(read, package.entities_size)


def _load_files(loader: Loader, package: ExportPackage) -> None:
    for found in package.attachment_files():
        entry = found.file.entry
        place = (
            (None, None, None, None)
            if entry is None
            else (entry.packed_size, entry.crc, entry.method, entry.header_offset)
        )
        loader.add(
            "attachment_files",
            (
                found.container_id,
                found.attachment_id,
                found.version,
                found.file.name,
                found.file.size,
                *place,
            ),
        )
    loader.flush()


def _load_tasks(database: sqlite3.Connection, loader: Loader, package: ExportPackage) -> None:
    """Load the table of inline tasks; one that cannot be read is noted, not fatal."""
    stream = package.open_tasks()
    if stream is None:
        return
    with stream, io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="") as text:
        try:
            rows = csv.DictReader(text)
            for row in rows:
                values = {str(name).strip().upper(): value for name, value in row.items()}
                loader.add("inline_tasks", [values.get(name) or None for name in _TASK_COLUMNS])
        except csv.Error as exc:
            add_note(database, NoteKind.TASKS_UNREADABLE, str(exc))
    loader.flush()
