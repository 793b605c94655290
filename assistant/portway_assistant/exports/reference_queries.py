"""Finding what bodies refer to: people, content by id, content by title; and the bodies that do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portway_assistant.exports.records import BodyType
from portway_assistant.exports.store_reader import StoreReader, body_type, text_id
from portway_service.folding import fold

_KINDS = {
    "Page": "page",
    "BlogPost": "blogPost",
    "Comment": "comment",
    "Attachment": "attachment",
    "SpaceDescription": "space",
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Content that moves, and what it hangs on.

    Attributes:
        kind: As items call it: `page`, `blogPost`, `comment`, `attachment`.
    """

    kind: str
    id: str
    space_id: str
    container_id: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """Content with what its old address is made of."""

    kind: str
    id: str
    title: str
    container_id: str | None
    created: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A body, wherever it belongs."""

    space_id: str | None
    body: str
    body_type: BodyType


class ReferenceQueries(StoreReader):
    """Queries over what bodies refer to."""

    def find_person(self, attribute: str, value: str) -> str | None:
        """Return the identity of somebody a body names; `attribute` is one of `ri:user`."""
        column = {"userkey": "key", "username": "lower_name", "account-id": "account_id"}[attribute]
        if attribute == "username":
            value = value.strip().lower()
        rows = self._rows(f"SELECT min(key) FROM people WHERE {column} = ?", value)  # noqa: S608
        return text_id(next(rows)[0])

    def find_place(self, content_id: str) -> Place | None:
        """Return what moves under this id; for an older version, its newest."""
        number: object = int(content_id) if content_id.isdecimal() else content_id
        for _ in range(_MOST_VERSIONS):
            rows = self._rows(
                "SELECT kind, id, space_id, container_id, original_id, scope FROM contents"
                " WHERE id = ? AND kind IN ('Page', 'BlogPost', 'Comment', 'Attachment')"
                " AND reason IS NOT 'file_missing' ORDER BY scope IS NULL LIMIT 1",
                number,
            )
            row = next(rows, None)
            if row is None:
                return None
            if row[5] is not None:
                container = text_id(row[3]) if row[0] in {"Comment", "Attachment"} else None
                return Place(_KINDS[row[0]], str(row[1]), str(row[2]), container)
            if row[4] is None or row[4] == number:
                return None
            number = row[4]
        return None

    def find_titled(self, space_id: str, kind: str, title: str) -> Place | None:
        """Return a page or blog post by title, in any case; the exact one before others."""
        rows = self._rows(
            "SELECT id FROM contents WHERE space_id = ? AND kind = ? AND folded_title = ?"
            " AND scope IS NOT NULL ORDER BY scope, title <> ?, id LIMIT 1",
            space_id,
            _NAMES[kind],
            fold(title.strip()),
            title,
        )
        row = next(rows, None)
        return None if row is None else Place(kind, str(row[0]), space_id, None)

    def find_space_of(self, source_key: str) -> str | None:
        """Return the id of the space in which an item's content lies."""
        kind, _, content_id = source_key.partition("/")
        if kind == "space":
            return content_id
        if kind not in _NAMES:
            return None
        number: object = int(content_id) if content_id.isdecimal() else content_id
        rows = self._rows(
            "SELECT space_id FROM contents WHERE id = ? AND kind = ?", number, _NAMES[kind]
        )
        row = next(rows, None)
        return None if row is None else text_id(row[0])

    def same_titles(self, space_id: str) -> Iterator[list[tuple[str, str]]]:
        """Yield the current pages of a space that share a title, as id and title, the oldest
        first."""
        repeated = self._rows(
            "SELECT folded_title FROM contents WHERE space_id = ? AND kind = 'Page' AND scope = 1"
            " AND folded_title IS NOT NULL GROUP BY folded_title HAVING count(*) > 1"
            " ORDER BY folded_title",
            space_id,
        )
        for (folded_title,) in list(repeated):
            rows = self._rows(
                "SELECT id, title FROM contents WHERE space_id = ? AND kind = 'Page'"
                " AND scope = 1 AND folded_title = ? ORDER BY id",
                space_id,
                folded_title,
            )
            yield [(str(page_id), title) for page_id, title in rows]

    def has_title(self, space_id: str, title: str) -> bool:
        """Tell whether a current page of a space has this title, in any case."""
        found = self._rows(
            "SELECT 1 FROM contents WHERE space_id = ? AND kind = 'Page' AND folded_title = ?"
            " AND scope = 1 LIMIT 1",
            space_id,
            fold(title.strip()),
        )
        return next(found, None) is not None

    def texts(self, space_ids: Sequence[str]) -> Iterator[Text]:
        """Yield every body of these spaces that moves, older versions and templates too."""
        spaces = json.dumps([int(key) if key.isdecimal() else key for key in space_ids])
        rows = self._rows(
            "SELECT c.space_id, x.text, b.type FROM contents c"
            " JOIN bodies b ON b.owner_id = c.id AND b.owner_kind = c.kind AND b.chosen"
            " JOIN body_texts x ON x.n = b.n"
            " WHERE c.space_id IN (SELECT value FROM json_each(?))"
            " AND (c.scope IS NOT NULL OR c.original_id IS NOT NULL) ORDER BY b.n",
            spaces,
        )
        for space_id, text, kind in rows:
            yield Text(text_id(space_id), text, body_type(kind))
        for space_id, text, kind in self._rows(
            "SELECT space_id, text, type FROM templates WHERE text IS NOT NULL AND"
            " (space_id IS NULL OR space_id IN (SELECT value FROM json_each(?))) ORDER BY id",
            spaces,
        ):
            yield Text(text_id(space_id), text, body_type(kind))

    def source_urls(self) -> tuple[str, ...]:
        """Return the base URLs the export's own settings tell of its server."""
        rows = self._rows("SELECT value FROM meta WHERE name = 'source_url' ORDER BY value")
        return tuple(str(row[0]) for row in rows)

    def named_contents(self, space_id: str) -> Iterator[Named]:
        """Yield pages, blog posts and attachments that move, by kind and id."""
        for row in self._rows(
            "SELECT kind, id, title, container_id, created FROM contents WHERE space_id = ?"
            " AND scope IS NOT NULL AND kind IN ('Page', 'BlogPost', 'Attachment')"
            " ORDER BY kind DESC, id",
            space_id,
        ):
            yield Named(_KINDS[row[0]], str(row[1]), row[2] or "", text_id(row[3]), row[4])
