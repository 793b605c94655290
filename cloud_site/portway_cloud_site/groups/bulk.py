"""How groups and memberships enter through the bulk door.

A group whose name the site has already is joined only when its item says so: whoever joins a group
holds what the group holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.people_items import GroupItem, MembershipItem
from portway_cloud_site.error_codes import GROUP_NAME_TAKEN, INVALID_ITEM
from portway_cloud_site.groups.rules import group_id_by_name
from portway_cloud_site.groups.tables import groups, memberships
from portway_service.folding import fold


@dataclass(slots=True)
class _Group:
    group_id: str
    name_key: str
    revision: int


class GroupsIntake(Intake[GroupItem]):
    """Takes group items."""

    table = groups

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._groups: dict[int, _Group] = {}
        self._by_name: dict[str, int] = {}
        self._group_ids: set[str] = set()

    def load(self, items: Sequence[GroupItem]) -> None:
        """Read the groups known under these keys, names and ids."""
        names = {fold(item.name) for item in items}
        for column, values in (
            (groups.c.id, self._batch.entity_ids(item.source_key for item in items)),
            (groups.c.name_key, names),
            (groups.c.group_id, {self._id_of(name) for name in names}),
        ):
            statement = select(
                groups.c.id, groups.c.group_id, groups.c.name_key, groups.c.revision
            ).where(groups.c.site_id == self._batch.site_id)
            for row in self._batch.fetch(statement, column, values):
                self._remember(row.id, _Group(row.group_id, row.name_key, row.revision))

    def create(self, item: GroupItem) -> Written:
        """Make a group, or join the one with the same name where the item allows it."""
        name_key = fold(item.name)
        taken_by = self._by_name.get(name_key)
        if taken_by is not None:
            if not item.merge:
                raise ItemRefusedError(GROUP_NAME_TAKEN, name=item.name)
            return Written(taken_by, self._groups[taken_by].revision, merged=True)
        number = self._batch.writer.take_id()
        group_id = self._id_of(name_key)
        if group_id in self._group_ids:  # its first holder has another name now
            group_id = self._id_of(f"{name_key}\n{number}")
        self._remember(number, _Group(group_id, name_key, revision=1))
        self._add(
            number,
            {
                "group_id": group_id,
                "name": item.name,
                "name_key": name_key,
                "description": item.description,
                "created_at": self._batch.clock.now(),
                "revision": 1,
            },
        )
        return Written(number, revision=1)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the group's revision."""
        group = self._groups.get(entity_id)
        return None if group is None else group.revision

    def update(self, item: GroupItem, entity_id: int) -> Written:
        """Change the group's name and description; it keeps its id."""
        group, name_key = self._groups[entity_id], fold(item.name)
        if self._by_name.get(name_key, entity_id) != entity_id:
            raise ItemRefusedError(GROUP_NAME_TAKEN, name=item.name)
        frees_name = name_key != group.name_key
        if frees_name:
            del self._by_name[group.name_key]
            self._by_name[name_key] = entity_id
            group.name_key = name_key
        group.revision += 1
        self._change(
            entity_id,
            {
                "name": item.name,
                "name_key": name_key,
                "description": item.description,
                "revision": group.revision,
            },
        )
        if frees_name:
            self.flush()  # before a new group takes the name
        return Written(entity_id, group.revision)

    def join_again(self, item: GroupItem, entity_id: int) -> None:
        """Leave the group, which is not this source's alone."""

    def shown_id(self, entity_id: int) -> str:
        """Return the id callers know the group by."""
        return self._groups[entity_id].group_id

    def _remember(self, number: int, group: _Group) -> None:
        self._groups[number] = group
        self._by_name[group.name_key] = number
        self._group_ids.add(group.group_id)

    def _id_of(self, name_key: str) -> str:
        return group_id_by_name(self._batch.writer.site.key, name_key)


class MembershipsIntake(Intake[MembershipItem]):
    """Takes membership items."""

    table = memberships

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._revisions: dict[int, int] = {}
        self._by_place: dict[tuple[int, int], int] = {}

    def load(self, items: Sequence[MembershipItem]) -> None:
        """Read the memberships known under these keys, and those of these people and groups."""
        own = self._batch.entity_ids(item.source_key for item in items)
        of_groups = self._batch.entity_ids({item.group for item in items})
        of_people = self._batch.entity_ids({item.user for item in items})
        columns = memberships.c
        statement = select(columns.id, columns.group_id, columns.person_id, columns.revision).where(
            columns.site_id == self._batch.site_id
        )
        among = statement.where(columns.group_id.in_(of_groups))
        for query, column, values in (
            (statement, columns.id, own),
            (among, columns.person_id, of_people),
        ):
            for row in self._batch.fetch(query, column, values):
                self._revisions[row.id] = row.revision
                self._by_place[row.group_id, row.person_id] = row.id

    def create(self, item: MembershipItem) -> Written:
        """Put an account into a group, or join the membership that is there."""
        group_id = self._batch.refer("group", item.group)
        person_id = self._batch.refer("user", item.user)
        _, alias = self._batch.refer_to_author("user", item.user)
        number = self._by_place.get((group_id, person_id))
        if number is not None:
            return Written(number, self._revisions[number], merged=True, author_alias=alias)
        number = self._batch.writer.take_id()
        self._revisions[number] = 1
        self._by_place[group_id, person_id] = number
        self._add(number, {"group_id": group_id, "person_id": person_id, "revision": 1})
        return Written(number, revision=1, author_alias=alias)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the membership's revision."""
        return self._revisions.get(entity_id)

    def update(self, item: MembershipItem, entity_id: int) -> Written:
        """Refuse: a membership is all identity, so another one is another item."""
        problem = "a membership keeps its `group` and `user`; send a new key"
        raise ItemRefusedError(INVALID_ITEM, problem=problem)

    def join_again(self, item: MembershipItem, entity_id: int) -> None:
        """Refuse, like `update`."""
        self.update(item, entity_id)
