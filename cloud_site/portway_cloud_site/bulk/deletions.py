"""Deleting what the source has no longer: only what it brought, and nobody worked on since.

What hangs on something that is kept is kept with it. What is deleted goes into the trash.
Source: docs/reference/site-api.md#deletions
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, select, update

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.intake import Batch, Origin
from portway_cloud_site.bulk.messages import DELETED, FAILED, MERGED, SKIPPED, UNCHANGED, ItemResult
from portway_cloud_site.bulk.service import note_source, tables_by_kind
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.content.tables import contents
from portway_cloud_site.error_codes import (
    CONTAINER_KEPT,
    DELETED_BUT_EDITED,
    INVALID_ITEM,
    NEVER_DELETED,
    NOT_MADE_HERE,
)
from portway_cloud_site.permissions.tables import restriction_subjects, restrictions
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import writing
from portway_cloud_site.spaces.tables import spaces
from portway_cloud_site.trash.service import throw_away
from portway_service.edit_rules import EditPolicy
from portway_service.errors import ErrorCode

KEPT = "kept"
"""What an origin says while its run keeps the entity, so that what hangs on it is kept too."""

NEVER = frozenset({"user", "group", "space"})
"""Kinds too much hangs on: an admin deletes them by hand."""

_CONTAINERS = ("container_id", "content_id", "attachment_id", "group_id", "space_id")
"""Columns that name what an entity hangs on."""

_WORK = (comments, attachments)
"""What people add to a page; marks such as likes and watches are none of their work."""

_PARTS = {restrictions.name: (restriction_subjects, "restriction_id")}
"""Tables whose rows are parts of an entity, and have no revision of their own."""


@dataclass
class _Doomed:
    """An entity that is to go, and its row."""

    key: str
    kind: str
    table: Table
    row: AnyRow


def delete_items(
    services: Services,
    site: Site,
    source: str,
    keys: Sequence[str],
    *,
    run_id: str | None,
    edited: EditPolicy,
) -> list[ItemResult]:
    """Delete items in one transaction and return what became of each, in order.

    Send what others hang on first: pages before their comments, comments before their answers.
    """
    with writing(services.database, site) as writer:
        note_source(writer, source, services.clock)
        return decide_deletions(Batch(writer, source, services.clock, run_id, edited), keys)


def decide_deletions(batch: Batch, keys: Sequence[str]) -> list[ItemResult]:
    """Decide and write deletions, in a transaction of the caller's."""
    return _Deleter(batch).delete(keys)


class _Deleter:
    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._tables = tables_by_kind()
        self._rows: dict[str, AnyRow] = {}
        self._kept: set[int] = set()
        self._grown: set[int] = set()

    def delete(self, keys: Sequence[str]) -> list[ItemResult]:
        batch = self._batch
        batch.load_origins(keys)
        known = {key: batch.origins[key] for key in keys if key in batch.origins}
        self._load_rows(known)
        self._load_kept()
        self._load_grown(known)
        results, doomed = [], []
        for key in keys:
            problem = self._find_problem(key, known.get(key))
            if problem is not None:
                results.append(self._refuse(key, known.get(key), problem))
            elif (row := self._rows.get(key)) is None:
                results.append(_result(key, self._told_before(known.get(key))))
            else:
                kind = _kind(key)
                doomed.append(_Doomed(key, kind, self._tables[kind], row))
                results.append(_result(key, DELETED))
        self._throw_away(doomed)
        gone = {each.key for each in doomed} | {key for key in known if key not in self._rows}
        self._note(gone, DELETED)
        return results

    def _find_problem(self, key: str, origin: Origin | None) -> ErrorCode | None:
        kind = _kind(key)
        if kind in NEVER:
            return NEVER_DELETED
        if kind not in self._tables:
            return INVALID_ITEM
        row = self._rows.get(key)
        if origin is None or row is None:
            return None
        if origin.outcome == MERGED:
            return NOT_MADE_HERE
        if any(getattr(row, name, None) in self._kept for name in _CONTAINERS):
            return CONTAINER_KEPT
        is_worked_on = row.revision != origin.revision or row.id in self._grown
        if is_worked_on and self._batch.edited is not EditPolicy.SOURCE:
            return DELETED_BUT_EDITED
        return None

    def _refuse(self, key: str, origin: Origin | None, problem: ErrorCode) -> ItemResult:
        if origin is not None:
            self._kept.add(origin.entity_id)
            self._note([key], KEPT)
        reason = f"{problem.message.format(source_key=key, problem='no such kind')} {problem.fix}"
        outcome = FAILED if problem is INVALID_ITEM else SKIPPED
        return {**_result(key, outcome), "code": problem.code, "reason": reason}

    def _told_before(self, origin: Origin | None) -> str:
        if origin is None or origin.outcome != DELETED:
            return UNCHANGED
        in_run = self._batch.run_id is not None and origin.run_id == self._batch.run_id
        return DELETED if in_run else UNCHANGED

    def _load_rows(self, known: dict[str, Origin]) -> None:
        by_table: dict[str, dict[int, str]] = {}
        for key, origin in known.items():
            if _kind(key) in self._tables and origin.outcome != DELETED:
                table = self._tables[_kind(key)]
                by_table.setdefault(table.name, {})[origin.entity_id] = key
        for table in set(self._tables.values()):
            keys = by_table.get(table.name, {})
            statement = select(table).where(table.c.site_id == self._batch.site_id)
            for row in self._batch.fetch(statement, table.c.id, keys):
                self._rows[keys[row.id]] = row

    def _load_kept(self) -> None:
        """Read which containers of these things this run keeps."""
        containers = {
            getattr(row, name)
            for row in self._rows.values()
            for name in _CONTAINERS
            if getattr(row, name, None) is not None
        }
        statement = select(origins.c.canonical_for).where(
            origins.c.site_id == self._batch.site_id,
            origins.c.source == self._batch.source,
            origins.c.run_id == self._batch.run_id,
            origins.c.run_outcome == KEPT,
        )
        found = self._batch.fetch(statement, origins.c.canonical_for, containers)
        self._kept = {row.canonical_for for row in found}

    def _load_grown(self, known: dict[str, Origin]) -> None:
        """Read on which of these things something was added that the source did not bring."""
        ids = {origin.entity_id for origin in known.values()}
        for table in _WORK:
            statement = select(table.c.container_id).where(self._is_added_here(table))
            for row in self._batch.fetch(statement, table.c.container_id, ids):
                self._grown.add(row.container_id)

    def _throw_away(self, doomed: Sequence[_Doomed]) -> None:
        batch, connection = self._batch, self._batch.writer.connection
        keys = {each.row.id: each.key for each in doomed}
        for table in {each.table for each in doomed}:
            rows = [each.row for each in doomed if each.table is table]
            if table in (contents, comments):
                self._lift_children(table, rows)
            throw_away(batch, table, rows, keys)
            if table.name in _PARTS:
                self._throw_away_parts(*_PARTS[table.name], keys)
        pages = [each.row.id for each in doomed if each.kind == "page"]
        if pages:
            connection.execute(
                update(spaces)
                .where(spaces.c.site_id == batch.site_id, spaces.c.homepage_id.in_(pages))
                .values(homepage_id=None)
            )
        self._throw_away_added([each.row.id for each in doomed])

    def _lift_children(self, table: Table, rows: Sequence[AnyRow]) -> None:
        """Let what lies below a deleted page or comment hang on what lay above it."""
        gone = {row.id: row.parent_id for row in rows}
        for entity_id, parent_id in gone.items():
            above = parent_id
            while above in gone:
                above = gone[above]
            self._batch.writer.connection.execute(
                update(table)
                .where(table.c.site_id == self._batch.site_id, table.c.parent_id == entity_id)
                .values(parent_id=above)
            )

    def _throw_away_parts(self, table: Table, id_name: str, keys: dict[int, str]) -> None:
        statement = select(table).where(table.c.site_id == self._batch.site_id)
        rows = list(self._batch.fetch(statement, table.c[id_name], keys))
        throw_away(self._batch, table, rows, keys, id_name=id_name)

    def _throw_away_added(self, ids: Sequence[int]) -> None:
        """Let what was added here to deleted things go with them."""
        for table in {table.name: table for table in self._tables.values()}.values():
            for name in ("container_id", "content_id", "attachment_id"):
                if name in table.c:
                    statement = select(table).where(self._is_added_here(table))
                    rows = list(self._batch.fetch(statement, table.c[name], ids))
                    throw_away(self._batch, table, rows, {})

    def _is_added_here(self, table: Table) -> ColumnElement[bool]:
        from_source = exists().where(
            origins.c.site_id == table.c.site_id,
            origins.c.source == self._batch.source,
            origins.c.canonical_for == table.c.id,
        )
        return and_(table.c.site_id == self._batch.site_id, ~from_source)

    def _note(self, keys: Collection[str], outcome: str) -> None:
        """Write down what became of some origins, to be told the same again."""
        if not keys:
            return
        values = {"run_id": self._batch.run_id, "run_outcome": outcome}
        if outcome == DELETED:
            values |= {"outcome": DELETED, "canonical_for": None}
        statement = update(origins).where(
            origins.c.site_id == self._batch.site_id,
            origins.c.source == self._batch.source,
            origins.c.source_key == bindparam("noted_key"),
        )
        self._batch.writer.connection.execute(
            statement.values(**values), [{"noted_key": key} for key in sorted(keys)]
        )


def _kind(key: str) -> str:
    return key.partition("/")[0]


def _result(key: str, outcome: str) -> ItemResult:
    return {"sourceKey": key, "outcome": outcome, "id": None, "code": None, "reason": None}
