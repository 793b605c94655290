"""What hangs on content, counted without reading it; and what is odd about it."""

import json
import re
from collections.abc import Iterator

from portway_assistant.exports.store_reader import StoreReader, text_id

_TASK = re.compile(
    r"<ac:task-id>\s*([^<]*?)\s*</ac:task-id>(?:(?!</ac:task>).)*?"
    r"<ac:task-status>\s*(\w+)\s*</ac:task-status>",
    re.DOTALL,
)
_DONE = frozenset({"complete", "completed", "checked", "done"})
_OLDER = (
    "FROM contents c JOIN contents o ON o.id = c.original_id AND o.kind = c.kind"
    " AND o.scope IS NOT NULL WHERE o.space_id = ?"
)


class HangingQueries(StoreReader):
    """Queries over versions, restrictions and tasks as a whole."""

    def count_versions(self, space_id: str) -> int:
        """Return how many older versions of pages and blog posts are offered."""
        return self._value(
            f"SELECT count(*) {_OLDER} AND c.kind IN ('Page', 'BlogPost')"
            " AND (c.reason IN ('history', 'deleted') OR (c.reason = 'archived' AND o.scope = 2))",
            space_id,
        )

    def count_attachment_versions(self, space_id: str) -> int:
        """Return how many older versions of attachments are offered."""
        return self._value(
            f"SELECT count(*) {_OLDER} AND c.kind = 'Attachment' AND c.reason = 'history'",
            space_id,
        )

    def uneven_histories(self, space_id: str) -> tuple[int, int]:
        """Return how many pages and blog posts have version numbers twice, and with gaps."""
        row = self._database.execute(
            "SELECT sum(n > distinct_numbers), sum(newest - oldest + 1 > distinct_numbers) FROM ("  # noqa: S608
            " SELECT count(*) + 1 AS n, count(DISTINCT c.version)"
            " + (sum(c.version = o.version) = 0) AS distinct_numbers,"
            " max(max(c.version), o.version) AS newest, 1 AS oldest"
            f" {_OLDER} AND c.kind IN ('Page', 'BlogPost')"
            " AND c.reason IN ('history', 'deleted') GROUP BY c.original_id, c.kind)",
            (space_id,),
        ).fetchone()
        return int(row[0] or 0), int(row[1] or 0)

    def closed_contents(self, space_id: str) -> frozenset[str]:
        """Return `Page/id` or `BlogPost/id` of everything only some people may view."""
        return frozenset(
            f"{kind}/{content_id}"
            for kind, content_id in self._rows(
                "SELECT DISTINCT s.owner_kind, s.owner_id FROM permission_sets s"
                " JOIN contents c ON c.id = s.owner_id AND c.kind = s.owner_kind"
                " WHERE c.space_id = ? AND c.scope IS NOT NULL AND lower(s.type) = 'view'",
                space_id,
            )
        )

    def property_names(self, space_id: str) -> Iterator[tuple[str, int]]:
        """Yield the names of the properties of what is taken, with how many there are."""
        yield from self._rows(
            "SELECT p.name, count(*) FROM properties p JOIN contents c ON c.id = p.owner_id"
            " AND c.kind = p.owner_kind WHERE c.space_id = ? AND c.scope IS NOT NULL"
            " AND p.name IS NOT NULL GROUP BY p.name ORDER BY p.name",
            space_id,
        )

    def parent_of(self, page_id: str) -> str | None:
        """Return the page a page lies below."""
        for (parent_id,) in self._rows("SELECT parent_id FROM tree WHERE id = ?", page_id):
            return text_id(parent_id)
        return None

    def deepest_page(self, space_id: str) -> int:
        """Return how many pages lie above the deepest page of a space."""
        return self._value("SELECT max(depth) FROM tree WHERE space_id = ?", space_id)

    def title_of(self, content_id: str) -> str:
        """Return the title of a page or blog post."""
        query = "SELECT title FROM contents WHERE id = ? AND kind IN ('Page', 'BlogPost')"
        for (title,) in self._rows(query, content_id):
            return title or f"Untitled {content_id}"
        return f"Untitled {content_id}"

    def differing_tasks(self, space_id: str) -> Iterator[tuple[str, str]]:
        """Yield content and task ids where the table of tasks and the body tell different states.

        The body counts: it is what moves.
        """
        rows = self._rows(
            "SELECT c.id, x.text, json_group_array(json_array(i.task_id, i.status))"
            " FROM inline_tasks i JOIN contents c ON c.id = i.content_id"
            " AND c.kind IN ('Page', 'BlogPost') AND c.scope IS NOT NULL"
            " LEFT JOIN bodies b ON b.owner_id = c.id AND b.owner_kind = c.kind AND b.chosen"
            " LEFT JOIN body_texts x ON x.n = b.n WHERE c.space_id = ? GROUP BY c.id ORDER BY c.id",
            space_id,
        )
        for content_id, text, listed in rows:
            in_body = {number: _is_done(state) for number, state in _TASK.findall(text or "")}
            for task_id, state in _tasks(listed):
                if in_body.get(task_id) != _is_done(state):
                    yield str(content_id), task_id


def _tasks(listed: str) -> list[tuple[str, str]]:
    return [(str(task_id or ""), str(state or "")) for task_id, state in json.loads(listed)]


def _is_done(state: str) -> bool:
    return state.strip().lower() in _DONE
