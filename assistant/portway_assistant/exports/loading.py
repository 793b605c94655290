"""Write raw objects into the work store, in batches."""

import html
import sqlite3
from collections import Counter

from portway_assistant.exports.base_url import find_base_url
from portway_assistant.exports.mentions import MENTION_BYTES
from portway_assistant.exports.raw_object import RawObject
from portway_assistant.exports.rows import ROWS, Row, body_text, body_type_of
from portway_assistant.exports.schema import LOADED, insert_statement

_BATCH_ROWS = 2_000
_BATCH_CHARS = 4 * 1024 * 1024
_LONG_COLUMNS = {"properties": 4, "templates": 3}
"""Columns that may hold as much text as a body, by table."""


class Loader:
    """Collects rows and writes them table by table."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.classes: Counter[tuple[str, str]] = Counter()
        self._database = database
        self._rows: dict[str, list[Row]] = {table: [] for table in LOADED}
        self._inserts = {table: insert_statement(table) for table in LOADED}
        self._pending_rows = 0
        self._pending_chars = 0
        self._bodies = 0
        self._mentions: set[tuple[bytes, bytes]] = set()
        self._source_url: str | None = None

    def load(self, item: RawObject) -> None:
        """Take one object of the export."""
        name = item.class_name
        self.classes[name, item.package] += 1
        found = ROWS.get(name)
        if found is not None:
            table, build = found
            row = build(item)
            self._rows[table].append(row)
            if table in _LONG_COLUMNS:
                text = row[_LONG_COLUMNS[table]]
                self._pending_chars += len(text) if isinstance(text, str) else 0
        elif name == "BodyContent":
            self._load_body(item)
        elif name == "ApplicationImpl":
            self._load_directory_places(item)
        elif name == "ConfluenceBandanaRecord":
            self._source_url = self._source_url or find_base_url(item)
            return
        else:
            return
        if item.collections:
            self._load_members(item)
        self._pending_rows += 1
        if self._pending_rows >= _BATCH_ROWS or self._pending_chars >= _BATCH_CHARS:
            self.flush()

    def finish(self) -> None:
        """Write what is left, once every object has been taken."""
        for attribute, name in sorted(self._mentions):
            self._rows["mentions"].append((attribute.decode(), html.unescape(name.decode())))
        self.flush()
        if self._source_url is not None:
            self._database.execute("INSERT INTO meta VALUES ('source_url', ?)", (self._source_url,))

    def add(self, table: str, row: Row) -> None:
        """Add a row that does not come from entities.xml."""
        self._rows[table].append(row)
        self._pending_rows += 1
        if self._pending_rows >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows collected so far."""
        for table, rows in self._rows.items():
            if rows:
                self._database.executemany(self._inserts[table], rows)
                rows.clear()
        self._pending_rows = self._pending_chars = 0

    def _load_body(self, item: RawObject) -> None:
        """Keep a body and, apart from it, its text; remember whom it mentions."""
        text = body_text(item.body)
        self._bodies += 1
        self._rows["bodies"].append(
            (
                self._bodies,
                item.id,
                *item.references.get("content", (None, None)),
                body_type_of(item.values.get("bodyType"), text),
                len(text),
            )
        )
        if text:
            self._rows["body_texts"].append((self._bodies, text))
            self._pending_chars += len(text)
            if b"<ri:user" in text:
                self._mentions.update(MENTION_BYTES.findall(text))

    def _load_directory_places(self, item: RawObject) -> None:
        """Keep the order in which the application consults its directories."""
        for place, (_, mapping) in enumerate(item.collections.pop("directoryMappings", ())):
            self._rows["directory_order"].append((mapping, None, place))

    def _load_members(self, item: RawObject) -> None:
        """Keep what the object's collections name."""
        kind, owner = item.class_name, item.id
        if kind == "DefaultHibernateGroup":
            for field in ("localMembers", "externalMembers"):
                for member_kind, member in item.collections.pop(field, ()):
                    row = (None, kind, owner, member_kind, member)
                    self._rows["memberships"].append(row)
        add = self._rows["listed"].append
        for field, members in item.collections.items():
            for member_kind, member in members:
                add((kind, owner, field, member_kind, member))
