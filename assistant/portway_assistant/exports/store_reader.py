"""What every group of queries shares: the connection, the dates and a few conversions."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from portway_assistant.exports.dates import DateReader
from portway_assistant.exports.package import PackageFile
from portway_assistant.exports.records import BodyType, ContainerKind, Label
from portway_assistant.exports.zip_directory import ZipEntry

_KINDS = {
    "Page": ContainerKind.PAGE,
    "BlogPost": ContainerKind.BLOG_POST,
    "Comment": ContainerKind.COMMENT,
    "Attachment": ContainerKind.ATTACHMENT,
    "SpaceDescription": ContainerKind.SPACE_DESCRIPTION,
    "CustomContentEntityObject": ContainerKind.CUSTOM_CONTENT,
    "PageTemplate": ContainerKind.TEMPLATE,
}
_BODY_TYPES = {0: BodyType.WIKI, 1: BodyType.RAW, 2: BodyType.STORAGE}

LABELS = (
    "(SELECT json_group_array(json_array(ifnull(namespace, 'global'), name, user_key)) FROM ("
    "SELECT DISTINCT l.namespace, l.name, ifnull(l.user_key,"
    " CASE l.namespace WHEN 'my' THEN g.user_key END) AS user_key"
    " FROM labellings g JOIN labels l ON l.id = g.label_id"
    " WHERE g.owner_id = {id} AND g.owner_kind = {kind} AND l.name IS NOT NULL"
    " ORDER BY l.namespace, l.name))"
)
"""Selects the labels of a content as JSON; `read_labels` reads them."""

BODY = (
    "LEFT JOIN bodies b ON b.owner_id = c.id AND b.owner_kind = c.kind AND b.chosen"
    " LEFT JOIN body_texts x ON x.n = b.n"
)
"""Joins the body of the content `c`: its type as `b.type`, its text as `x.text`."""

PEOPLE = "c.creator_key, c.created, c.modifier_key, c.modified"

FILE = "f.name, f.size, f.packed_size, f.crc, f.method, f.header_offset"
"""Selects where an attachment's bytes lie; `read_file` reads it."""


class StoreReader:
    """Base of the query groups."""

    def __init__(self, database: sqlite3.Connection, dates: DateReader) -> None:
        self._database = database
        self._dates = dates

    def read_date(self, text: str | None) -> datetime | None:
        """Return the instant of a date of the export, in the export's zone."""
        return self._dates.read(text)

    def _rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Stream the rows of a query; several streams may be open at once."""
        yield from self._database.cursor().execute(query, values)

    def _value(self, query: str, *values: object) -> int:
        """Return the one number a query answers."""
        return int(self._database.execute(query, values).fetchone()[0] or 0)


def scope(archived: bool) -> int:
    """Return the scope of the rows a query is about: current content, or archived pages' own."""
    return 2 if archived else 1


def text_id(value: object) -> str | None:
    """Return an id as text."""
    return None if value is None else str(value)


def whole_number(value: object, default: int) -> int:
    """Return a number column's value; damage such as text gives the default."""
    return value if isinstance(value, int) else default


def container_kind(class_name: str | None) -> ContainerKind:
    """Return the kind of a content class."""
    return _KINDS.get(class_name or "", ContainerKind.OTHER)


def body_type(number: int | None) -> BodyType:
    """Return the type of a body; an unknown number is read as storage format."""
    return _BODY_TYPES.get(2 if number is None else number, BodyType.STORAGE)


def read_labels(rows: str) -> tuple[Label, ...]:
    """Read what `LABELS` selected."""
    if rows == "[]":
        return ()
    return tuple(Label(*row) for row in json.loads(rows))


def read_file(row: tuple[str | None, int, int | None, int, int, int]) -> PackageFile | None:
    """Read what `FILE` selected."""
    name, size, packed_size, crc, method, header_offset = row
    if name is None:
        return None
    if packed_size is None:
        return PackageFile(name, size)
    entry = ZipEntry(name, size, packed_size, crc, method, False, 0, header_offset)
    return PackageFile(name, size, entry)
