"""People, groups and memberships, and who holds which permission."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from portway_assistant.exports.mentions import find_mentions
from portway_assistant.exports.records import (
    ContentRestriction,
    Group,
    Like,
    Membership,
    SpacePermission,
    SubjectKind,
    User,
    Watch,
)
from portway_assistant.exports.store_reader import StoreReader, container_kind, scope, text_id

_ANONYMOUS = frozenset({"anonymous-users", "anonymous_users", "anonymous"})
_SELECT_USER = (
    "SELECT key, user_key, name, email, display_name, active, known, in_directory, account_id"
    " FROM people"
)


_KEPT = (
    "WITH kept AS (SELECT id, kind, creator_key, modifier_key FROM contents"
    " WHERE space_id IN (SELECT value FROM json_each(?1))"
    " AND (reason IS NULL OR reason NOT IN ('draft', 'deleted'))) "
)
"""What of the spaces given as JSON may name somebody."""

_OF_KEPT = "JOIN kept c ON c.id = r.owner_id AND c.kind = r.owner_kind"
_RELATED = f"""{_KEPT} SELECT key FROM people WHERE key IN (
  SELECT creator_key FROM kept UNION SELECT modifier_key FROM kept
  UNION SELECT creator_key FROM spaces WHERE id IN (SELECT value FROM json_each(?1))
  UNION SELECT modifier_key FROM spaces WHERE id IN (SELECT value FROM json_each(?1))
  UNION SELECT creator_key FROM templates WHERE space_id IN (SELECT value FROM json_each(?1))
  UNION SELECT user_key FROM space_permissions
    WHERE space_id IN (SELECT value FROM json_each(?1))
  UNION SELECT p.user_key FROM content_permissions p JOIN permission_sets r ON r.id = p.set_id
    {_OF_KEPT}
  UNION SELECT r.user_key FROM likes r {_OF_KEPT}
  UNION SELECT r.user_key FROM notifications r {_OF_KEPT}
  UNION SELECT user_key FROM notifications
    WHERE owner_id IS NULL AND space_id IN (SELECT value FROM json_each(?1))
  UNION SELECT t.creator_key FROM inline_tasks t JOIN kept c ON c.id = t.content_id
  UNION SELECT t.assignee_key FROM inline_tasks t JOIN kept c ON c.id = t.content_id
  UNION SELECT t.completed_by_key FROM inline_tasks t JOIN kept c ON c.id = t.content_id
) ORDER BY key"""  # noqa: S608


class PeopleQueries(StoreReader):
    """Queries over people and their rights."""

    def users(self) -> Iterator[User]:
        """Yield everybody the package knows or refers to, by identity."""
        yield from map(_user, self._rows(f"{_SELECT_USER} ORDER BY key"))

    def related_people(self, space_ids: Sequence[str]) -> Iterator[str]:
        """Yield the key of everybody whom something in these spaces names, once each.

        Who wrote or changed it, is mentioned in it, may see it, likes it, watches it, or has a
        task in it. Drafts and deleted content name nobody.
        """
        spaces = json.dumps([_number(space_id) for space_id in space_ids])
        seen: set[str] = set()
        for row in self._rows(_RELATED, spaces):
            if row[0] not in seen:
                seen.add(row[0])
                yield row[0]
        for attribute, value in self._mentioned(spaces):
            key = self._find_mentioned(attribute, value)
            if key is not None and key not in seen:
                seen.add(key)
                yield key

    def _mentioned(self, spaces: str) -> Iterator[tuple[str, str]]:
        """Yield each mention in a body of these spaces."""
        found: set[tuple[str, str]] = set()
        for row in self._rows(
            f"{_KEPT} SELECT x.text FROM bodies b JOIN body_texts x ON x.n = b.n"  # noqa: S608
            " JOIN kept c ON c.id = b.owner_id AND c.kind = b.owner_kind"
            " WHERE x.text LIKE '%<ri:user%'",
            spaces,
        ):
            found.update(find_mentions(row[0]))
        yield from sorted(found)

    def _find_mentioned(self, attribute: str, value: str) -> str | None:
        column = {"userkey": "key", "username": "lower_name", "account-id": "account_id"}[attribute]
        if attribute == "username":
            value = value.strip().lower()
        rows = self._rows(f"SELECT min(key) FROM people WHERE {column} = ?", value)  # noqa: S608
        return text_id(next(rows)[0])

    def find_user(self, key: str) -> User | None:
        """Return the person with an identity, or None."""
        rows = self._rows(f"{_SELECT_USER} WHERE key = ?", key)
        return next(map(_user, rows), None)

    def groups(self) -> Iterator[Group]:
        """Yield the groups by name; one name in several directories is one group."""
        for row in self._rows(
            "SELECT min(name), max(description), max(ifnull(active, 1)) FROM directory_groups"
            " WHERE lower_name IS NOT NULL GROUP BY lower_name ORDER BY lower_name"
        ):
            yield Group(row[0], row[1] or None, bool(row[2]))

    def memberships(self) -> Iterator[Membership]:
        """Yield who is in which group, each pair once; groups in groups come after people."""
        for row in self._rows(
            "SELECT g.name, p.key FROM memberships m"
            " JOIN (SELECT id, kind, lower_name, min(name) OVER (PARTITION BY lower_name) AS name"
            "  FROM directory_groups) g ON g.id = m.group_id AND g.kind = m.group_kind"
            " JOIN directory_users u ON u.id = m.member_id AND u.kind = m.member_kind"
            " JOIN people p ON p.lower_name = u.lower_name"
            " GROUP BY g.lower_name, p.key ORDER BY g.lower_name, p.key"
        ):
            yield Membership(row[0], row[1], None)
        for row in self._rows(
            "SELECT g.name, n.name FROM memberships m"
            " JOIN directory_groups g ON g.id = m.group_id AND g.kind = m.group_kind"
            " JOIN directory_groups n ON n.id = m.member_id AND n.kind = m.member_kind"
            " WHERE g.lower_name <> n.lower_name"
            " GROUP BY g.lower_name, n.lower_name ORDER BY g.lower_name, n.lower_name"
        ):
            yield Membership(row[0], None, row[1])

    def nested_groups(self) -> Iterator[tuple[str, str]]:
        """Yield the groups that are members of groups, each pair once, by lower-cased name."""
        yield from self._rows(
            "SELECT DISTINCT g.lower_name, n.lower_name FROM memberships m"
            " JOIN directory_groups g ON g.id = m.group_id AND g.kind = m.group_kind"
            " JOIN directory_groups n ON n.id = m.member_id AND n.kind = m.member_kind"
            " WHERE g.lower_name IS NOT NULL AND n.lower_name IS NOT NULL"
            " AND g.lower_name <> n.lower_name ORDER BY 1, 2"
        )

    def effective_memberships(self, below: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield group name and `User.key` of every member, each pair once, group by group.

        `below` are pairs of a group and one below it, both lower-cased, whose members count too.
        """
        yield from self._rows(
            "WITH direct(lower_name, key) AS MATERIALIZED ("
            " SELECT DISTINCT g.lower_name, p.key FROM memberships m"
            " JOIN directory_groups g ON g.id = m.group_id AND g.kind = m.group_kind"
            " JOIN directory_users u ON u.id = m.member_id AND u.kind = m.member_kind"
            " JOIN people p ON p.lower_name = u.lower_name WHERE g.lower_name IS NOT NULL),"
            " names(lower_name, name) AS MATERIALIZED ("
            " SELECT lower_name, min(name) FROM directory_groups GROUP BY lower_name)"
            " SELECT n.name, e.key FROM ("
            " SELECT lower_name, key FROM direct UNION"
            " SELECT b.value ->> 0, d.key FROM json_each(?) b"
            " JOIN direct d ON d.lower_name = b.value ->> 1"
            ") e JOIN names n ON n.lower_name = e.lower_name ORDER BY e.lower_name, e.key",
            json.dumps(below),
        )

    def named_groups(self, space_ids: Sequence[str]) -> Iterator[str]:
        """Yield the groups that permissions or restrictions of these spaces name."""
        for row in self._rows(
            "SELECT DISTINCT group_name FROM (SELECT group_name FROM space_permissions"
            " WHERE space_id IN (SELECT value FROM json_each(?1))"
            " UNION SELECT r.group_name FROM content_permissions r"
            " JOIN permission_sets s ON s.id = r.set_id"
            " JOIN contents c ON c.id = s.owner_id AND c.kind = s.owner_kind"
            " WHERE c.space_id IN (SELECT value FROM json_each(?1)))"
            " WHERE trim(ifnull(group_name, '')) <> '' ORDER BY 1",
            json.dumps([_number(space_id) for space_id in space_ids]),
        ):
            yield row[0]

    def space_permissions(self, space_id: str | None) -> Iterator[SpacePermission]:
        """Yield the permissions of a space, or with None the global ones."""
        for row in self._rows(
            "SELECT id, type, user_key, group_name, all_users FROM space_permissions"
            " WHERE space_id IS ? ORDER BY type, group_name, user_key, id",
            space_id,
        ):
            kind, subject = _subject(row[2], row[3], row[4])
            yield SpacePermission(str(row[0]), space_id, row[1] or "", kind, subject)

    def content_restrictions(
        self, space_id: str, *, archived: bool = False
    ) -> Iterator[ContentRestriction]:
        """Yield the restrictions of everything that is taken.

        View restrictions of a page hold for the pages below it too; that is not worked out here.
        """
        for row in self._rows(
            "SELECT s.id, s.owner_kind, s.owner_id, s.type FROM permission_sets s"
            " JOIN contents c ON c.id = s.owner_id AND c.kind = s.owner_kind"
            " WHERE c.space_id = ? AND c.scope = ?"
            " ORDER BY s.owner_kind DESC, s.owner_id, s.type DESC, s.id",
            space_id,
            scope(archived),
        ):
            members = list(
                self._rows(
                    "SELECT DISTINCT user_key, group_name FROM content_permissions"
                    " WHERE set_id = ? ORDER BY user_key, group_name",
                    row[0],
                )
            )
            yield ContentRestriction(
                id=str(row[0]),
                container_kind=container_kind(row[1]),
                container_id=str(row[2]),
                type=(row[3] or "").lower(),
                user_keys=tuple(user for user, _ in members if user),
                groups=tuple(group for user, group in members if group and not user),
            )

    def likes(self, space_id: str, *, archived: bool = False) -> Iterator[Like]:
        """Yield who likes what, of everything that is taken."""
        for row in self._rows(
            "SELECT l.owner_kind, l.owner_id, l.user_key, l.created FROM likes l"
            " JOIN contents c ON c.id = l.owner_id AND c.kind = l.owner_kind"
            " WHERE c.space_id = ? AND c.scope = ? AND l.user_key IS NOT NULL"
            " ORDER BY l.owner_kind, l.owner_id, l.user_key",
            space_id,
            scope(archived),
        ):
            yield Like(container_kind(row[0]), str(row[1]), row[2], self._dates.read(row[3]))

    def watches(self, space_id: str, *, archived: bool = False) -> Iterator[Watch]:
        """Yield who watches the space or anything in it that is taken.

        With `archived`: who watches anything archived in it.
        """
        for row in self._rows(
            "SELECT n.owner_kind, n.owner_id, n.space_id, n.user_key, n.type FROM notifications n"
            " LEFT JOIN contents c ON c.id = n.owner_id AND c.kind = n.owner_kind"
            " WHERE n.user_key IS NOT NULL AND ((n.owner_id IS NULL AND n.space_id = ? AND NOT ?)"
            " OR (c.space_id = ? AND c.scope = ?)) ORDER BY n.owner_kind, n.owner_id, n.id",
            space_id,
            archived,
            space_id,
            scope(archived),
        ):
            kind = None if row[0] is None else container_kind(row[0])
            yield Watch(kind, text_id(row[1]), text_id(row[2]), row[3], row[4])


def _number(text: str) -> int | str:
    """Return an id as the store keeps it: a number where it is one."""
    return int(text) if text.lstrip("-").isdecimal() else text


def _user(row: tuple[Any, ...]) -> User:
    return User(
        key=row[0],
        user_key=row[1],
        username=row[2],
        email=row[3],
        display_name=row[4],
        active=bool(row[5]),
        known=bool(row[6]),
        in_directory=bool(row[7]),
        account_id=row[8],
    )


def _subject(
    user_key: str | None, group: str | None, all_users: str | None
) -> tuple[SubjectKind, str | None]:
    """Return who holds a permission. No subject at all is how older exports write anonymous.

    Source: docs/reference/export-format.md#permissions
    """
    if user_key:
        return SubjectKind.USER, user_key
    if group:
        return SubjectKind.GROUP, group
    if not all_users or all_users.strip().lower() in _ANONYMOUS:
        return SubjectKind.ANONYMOUS, None
    return SubjectKind.OTHER, all_users.strip()
