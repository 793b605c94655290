"""Attachments that were moved ahead of their pages, until a run of everything takes them over.

Source: docs/reference/spaces.md#attachments-first
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from portway_assistant.runs.tables import files_ahead
from portway_service.database import Database

ROWS_AT_ONCE = 1_000


class FilesAhead:
    """What was moved ahead from one server to one site."""

    def __init__(self, database: Database, server_key: str, site_key: str) -> None:
        self._database = database
        self._place = {"server_key": server_key, "site_key": site_key}
        self._here = (
            files_ahead.c.server_key == server_key,
            files_ahead.c.site_key == site_key,
        )

    def note(self, space_id: str, source_keys: Sequence[str]) -> None:
        """Write down attachments of a space that are about to be moved ahead."""
        rows = [{**self._place, "source_key": key, "space_id": space_id} for key in source_keys]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(files_ahead).on_conflict_do_nothing(), rows)

    def of_spaces(self, space_ids: Iterable[str]) -> Iterator[str]:
        """Yield the attachments of these spaces that were moved ahead."""
        for space_id in space_ids:
            last = ""
            while True:
                query = (
                    select(files_ahead.c.source_key)
                    .where(
                        *self._here,
                        files_ahead.c.space_id == space_id,
                        files_ahead.c.source_key > last,
                    )
                    .order_by(files_ahead.c.source_key)
                    .limit(ROWS_AT_ONCE)
                )
                with self._database.read() as connection:
                    keys = list(connection.execute(query).scalars())
                if not keys:
                    break
                last = keys[-1]
                yield from keys

    def take_over(self, space_ids: Iterable[str]) -> None:
        """Forget those of these spaces: their pages are there now."""
        with self._database.write() as connection:
            for space_id in space_ids:
                connection.execute(
                    delete(files_ahead).where(*self._here, files_ahead.c.space_id == space_id)
                )
