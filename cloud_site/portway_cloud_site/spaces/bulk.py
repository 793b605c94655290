"""How spaces enter through the bulk door."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.items import SpaceItem
from portway_cloud_site.error_codes import SPACE_KEY_TAKEN
from portway_cloud_site.spaces.tables import spaces
from portway_service.folding import fold


@dataclass(slots=True)
class _Space:
    key_folded: str
    revision: int


class SpacesIntake(Intake[SpaceItem]):
    """Takes space items."""

    table = spaces

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._spaces: dict[int, _Space] = {}
        self._by_key: dict[str, int] = {}

    def load(self, items: Sequence[SpaceItem]) -> None:
        """Read the spaces with these source keys and these space keys."""
        ids = self._batch.entity_ids(item.source_key for item in items)
        keys = {fold(item.key) for item in items}
        for column, values in ((spaces.c.id, ids), (spaces.c.key_folded, keys)):
            statement = select(spaces.c.id, spaces.c.key_folded, spaces.c.revision).where(
                spaces.c.site_id == self._batch.site_id
            )
            for row in self._batch.fetch(statement, column, values):
                self._spaces[row.id] = _Space(row.key_folded, row.revision)
                self._by_key[row.key_folded] = row.id

    def create(self, item: SpaceItem) -> Written:
        """Make a space; a key that is taken is refused, whoever has it."""
        key_folded = fold(item.key)
        if key_folded in self._by_key:
            raise ItemRefusedError(SPACE_KEY_TAKEN, key=item.key)
        author_id, alias = self._batch.refer_to_author("author", item.author)
        space_id = self._batch.take_id(item.source_key)
        self._spaces[space_id] = _Space(key_folded, revision=1)
        self._by_key[key_folded] = space_id
        self._add(
            space_id, {"homepage_id": None, "revision": 1, **_fields(item, key_folded, author_id)}
        )
        return Written(space_id, revision=1, author_alias=alias)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the space's revision."""
        space = self._spaces.get(entity_id)
        return None if space is None else space.revision

    def update(self, item: SpaceItem, entity_id: int) -> Written:
        """Change the space."""
        space = self._spaces[entity_id]
        key_folded = fold(item.key)
        if self._by_key.get(key_folded, entity_id) != entity_id:
            raise ItemRefusedError(SPACE_KEY_TAKEN, key=item.key)
        author_id, alias = self._batch.refer_to_author("author", item.author)
        frees_key = key_folded != space.key_folded
        del self._by_key[space.key_folded]
        self._by_key[key_folded] = entity_id
        space.key_folded = key_folded
        space.revision += 1
        self._change(
            entity_id, {"revision": space.revision, **_fields(item, key_folded, author_id)}
        )
        if frees_key:
            self.flush()  # before a new space takes the key
        return Written(entity_id, space.revision, author_alias=alias)


def _fields(item: SpaceItem, key_folded: str, author_id: int | None) -> dict[str, Any]:
    return {
        "key": item.key,
        "key_folded": key_folded,
        "name": item.name,
        "description": item.description,
        "type": item.type,
        "status": item.status,
        "author_id": author_id,
        "created_at": item.created_at,
    }
