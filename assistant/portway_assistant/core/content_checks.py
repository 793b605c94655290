"""What is worth knowing of access and size before anything moves.

Source: docs/reference/permissions.md#checks
"""

from collections.abc import Callable, Sequence

from portway_assistant.apps import CheckResult
from portway_assistant.core.reach import Audience, Reach
from portway_assistant.exports.records import ContainerKind, Space, SubjectKind
from portway_assistant.exports.work_store import WorkStore
from portway_service.folding import fold

MAX_SUBJECTS = 100
"""People and groups on one page beyond which Confluence Cloud grows slow."""
MAX_SPACE_PERMISSIONS = 20_000
MAX_DEPTH = 25
_NAMED = 5
_PUBLIC = (
    "Anybody on the internet may read them in the cloud, once it lets anonymous people in. Look at"
    " each, or take the permission of anonymous people away."
)
_UNREACHABLE = (
    "Everybody they are restricted to has left, is disabled or unknown, or is in groups that do not"
    " arrive. They arrive closed, and only an admin can open them: give each another owner, have"
    " the groups made, or archive the page."
)


class ContentChecks:
    """The checks over the chosen spaces of an export.

    Args:
        store: The export, read and resolved.
        spaces: The chosen spaces.
        is_absent: Tells of a group, by name, that it does not arrive.
    """

    def __init__(
        self, store: WorkStore, spaces: Sequence[Space], *, is_absent: Callable[[str], bool]
    ) -> None:
        self._store = store
        self._spaces = spaces
        self._is_absent = is_absent

    def run(self) -> list[CheckResult]:
        """Return the outcome of each check."""
        crowded: list[str] = []
        return [
            self._restricted_pages(crowded),
            _check(
                "crowded-restrictions",
                f"No page is restricted to more than {MAX_SUBJECTS} people and groups",
                crowded,
                "Put the people into a group, and restrict the page to that.",
            ),
            _check(
                "public-spaces",
                "No space is open to the public",
                [space.key for space in self._spaces if self._is_public(space)],
                _PUBLIC,
            ),
            _check(
                "many-permissions",
                f"No space has more than {MAX_SPACE_PERMISSIONS:,} permissions",
                [space.key for space in self._spaces if self._has_many_permissions(space)],
                "Give permissions to groups instead of people.",
            ),
            _check(
                "deep-trees",
                f"No page lies below more than {MAX_DEPTH} others",
                [s.key for s in self._spaces if self._store.deepest_page(s.id) > MAX_DEPTH],
                "Deep trees are slow to open in the cloud; flatten them where you can.",
            ),
        ]

    def _restricted_pages(self, crowded: list[str]) -> CheckResult:
        lost: list[str] = []
        audience = self._audience()
        for space in self._spaces:
            reach = Reach(audience)
            for archived in (False, True):
                for found in self._store.content_restrictions(space.id, archived=archived):
                    reach.add(found, [fold(name) for name in found.groups])
                    if len(found.user_keys) + len(found.groups) > MAX_SUBJECTS:
                        crowded.append(self._store.title_of(found.container_id))
            lost += [
                self._store.title_of(content_id)
                for kind, content_id in reach.unreachable(self._store.parent_of)
                if kind in {ContainerKind.PAGE, ContainerKind.BLOG_POST}
            ]
        return _check(
            "restricted-pages",
            "Somebody active can open every restricted page",
            lost,
            _UNREACHABLE,
        )

    def _audience(self) -> Audience:
        active = frozenset(user.key for user in self._store.users() if user.active and user.known)
        groups = [group.name for group in self._store.groups()]
        if not groups:
            return Audience(active, None, self._is_absent)
        below: dict[str, set[str]] = {}
        members: dict[str, set[str]] = {fold(name): set() for name in groups}
        for membership in self._store.memberships():
            group = fold(membership.group)
            if membership.user_key is not None and membership.user_key in active:
                members.setdefault(group, set()).add(membership.user_key)
            if membership.member_group is not None:
                below.setdefault(group, set()).add(fold(membership.member_group))
        inside = {name: _all_below(name, members, below) for name in members}
        return Audience(active, inside, self._is_absent)

    def _is_public(self, space: Space) -> bool:
        return any(
            permission.subject_kind is SubjectKind.ANONYMOUS and permission.type == "VIEWSPACE"
            for permission in self._store.space_permissions(space.id)
        )

    def _has_many_permissions(self, space: Space) -> bool:
        return sum(1 for _ in self._store.space_permissions(space.id)) > MAX_SPACE_PERMISSIONS


def _all_below(
    name: str, members: dict[str, set[str]], below: dict[str, set[str]]
) -> frozenset[str]:
    """Return the people of a group and of every group in it."""
    found: set[str] = set()
    seen = {name}
    waiting = [name]
    while waiting:
        group = waiting.pop()
        found |= members.get(group, set())
        for inner in below.get(group, ()):
            if inner not in seen:
                seen.add(inner)
                waiting.append(inner)
    return frozenset(found)


def _check(check_id: str, title: str, names: Sequence[str], advice: str) -> CheckResult:
    if not names:
        return CheckResult("portway", check_id, title, "passed")
    shown = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
    return CheckResult("portway", check_id, title, "warned", f"{len(names)}: {shown}. {advice}")
