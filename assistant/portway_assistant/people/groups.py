"""Which groups of a source arrive, and who is in them.

Source: docs/reference/people.md#groups
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from portway_assistant.core.outgoing import MappingKey, OutgoingItem
from portway_assistant.exports.records import Group
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.people.nesting import close
from portway_assistant.people.settled import Settled
from portway_assistant.runs.settings import GroupClash, MissingGroups, PeopleScope, PlanSettings
from portway_scopes import namespaces
from portway_service.folding import fold

BLOCKLIST = frozenset(
    {
        "site-admins",
        "system-administrators",
        "atlassian-addons",
        "atlassian-addons-admin",
        "org-admins",
    }
)
"""Groups that give administration; nobody gets into them by a migration."""

Gap = tuple[str, str]

BLOCKED: Gap = (
    "group_blocklisted",
    "It gives administration, so it never moves. Its members do: add them by hand where needed.",
)
CLASHING: Gap = (
    "group_clash",
    (
        "The site has a group of this name already, from elsewhere. Rename one of the two, or"
        " choose `--group-clash merge`, which gives its members what the site's group holds."
    ),
)
ABSENT: Gap = (
    "group_absent",
    "The group is not at the site. `--missing-groups create` makes it, without members.",
)
PLACEHOLDER_MEMBER: Gap = (
    "placeholder_member",
    "A placeholder is in no group. It gets into its groups once it is a real account.",
)


@dataclass(frozen=True)
class SiteGroup:
    """A group that is at the site before the run."""

    name: str
    members: int
    is_ours: bool
    """Whether it came from this source, or was joined with one that did."""
    permissions: tuple[str, ...] = ()
    """Some of what it holds in spaces of the site, such as `DOCS read space`."""


class Groups:
    """The groups of a source under a plan's settings.

    Args:
        placeholders: Gives the keys of everybody who arrives as a placeholder.
        space_ids: The chosen spaces, whose permissions and restrictions may name groups.
        at_site: What groups the site has, by folded name.
    """

    def __init__(
        self,
        store: WorkStore,
        settings: PlanSettings,
        settled: Settled,
        *,
        placeholders: Callable[[], frozenset[str]],
        space_ids: Sequence[str],
        at_site: Mapping[str, SiteGroup],
    ) -> None:
        self._store = store
        self._settings = settings
        self._settled = settled
        self._find_placeholders = placeholders
        self._space_ids = space_ids
        self._at_site = at_site

    def find_gap(self, name: str) -> Gap | None:
        """Return why a group is not at the destination for this plan, or None when it is."""
        key = fold(name)
        if key in BLOCKLIST:
            return BLOCKED
        if key not in self._coming:
            return ABSENT
        if self._clashes(key) and self._settings.group_clash is not GroupClash.MERGE:
            return CLASHING
        return None

    def key_of(self, name: str) -> str | None:
        """Return the source key permissions name a group by, or None when it does not arrive."""
        return group_key(name) if self.find_gap(name) is None else None

    def items(self) -> Iterator[OutgoingItem]:
        """Yield every group; those that stay behind with their reason."""
        merge = self._settings.group_clash is GroupClash.MERGE
        for group in self._coming.values():
            yield OutgoingItem(
                kind="group",
                source_key=group_key(group.name),
                title=group.name,
                payload={
                    "name": group.name,
                    "description": group.description,
                    "merge": merge,
                },
                mapping_keys=(
                    MappingKey(namespaces.IDENTITY_GROUP, f"identity:group:name/{group.name}"),
                ),
                gap=self.find_gap(group.name),
            )

    def count(self) -> int:
        """Return how many items `items` yields."""
        return len(self._coming)

    def memberships(self) -> Iterator[OutgoingItem]:
        """Yield who is in which group, with those who are in it through other groups."""
        for group, keys in self.members():
            gap = self.find_gap(group)
            if gap is BLOCKED:
                continue  # The report names them, for an admin to add by hand.
            for key in self._settled.held_by_all(keys):
                yield OutgoingItem(
                    kind="membership",
                    source_key=f"membership/{fold(group)}/{key}",
                    title=f"{key} in {group}",
                    payload={"group": group_key(group), "user": f"user/{key}"},
                    gap=gap or (PLACEHOLDER_MEMBER if key in self._placeholders else None),
                )

    def count_memberships(self) -> int:
        """Return how many items `memberships` yields."""
        return sum(1 for _ in self.memberships())

    @cached_property
    def blocked(self) -> dict[str, list[str]]:
        """Members of each blocklisted group, as user keys."""
        return {group: keys for group, keys in self.members() if fold(group) in BLOCKLIST}

    @cached_property
    def flattened(self) -> dict[str, list[str]]:
        """Groups that hold others, with every group that is below them."""
        if self._settings.people is not PeopleScope.ALL:
            return {}
        return close(self._store.nested_groups())

    def clashing(self) -> list[tuple[SiteGroup, list[str]]]:
        """Return each group the site has from elsewhere, with the keys of who would join it."""
        clashes = {key: group for key, group in self._at_site.items() if self._clashes(key)}
        if not clashes:
            return []
        joining: dict[str, list[str]] = {key: [] for key in clashes}
        for group, keys in self.members():
            if fold(group) in joining:
                joining[fold(group)] = self._settled.held_by_all(keys)
        return [(clashes[key], joining[key]) for key in sorted(clashes)]

    def absent(self) -> list[str]:
        """Return the groups that permissions or restrictions name and that do not arrive."""
        return sorted(
            name for name in self._named.values() if self.find_gap(name) in {ABSENT, CLASHING}
        )

    def members(self) -> Iterator[tuple[str, list[str]]]:
        """Yield groups of this scope with their members, directly or through other groups."""
        if self._settings.people is not PeopleScope.ALL:
            return
        below = [(group, sub) for group, subs in self.flattened.items() for sub in subs]
        rows = self._store.effective_memberships(below)
        for group, members in groupby(rows, key=lambda row: row[0]):
            yield group, [key for _, key in members]

    @cached_property
    def _placeholders(self) -> frozenset[str]:
        return self._find_placeholders()

    @cached_property
    def _coming(self) -> dict[str, Group]:
        """Groups this plan is about, by folded name: those of the scope, and those made for it."""
        coming: dict[str, Group] = {}
        if self._settings.people is PeopleScope.ALL:
            for group in self._store.groups():
                coming.setdefault(fold(group.name), group)
        for key, name in self._named.items():
            made = self._settings.missing_groups is MissingGroups.CREATE
            joined = self._settings.group_clash is GroupClash.MERGE and key in self._at_site
            ours = key in self._at_site and self._at_site[key].is_ours
            if key not in BLOCKLIST and (made or joined or ours):
                coming.setdefault(key, Group(name, None, active=True))
        return {key: coming[key] for key in sorted(coming)}

    @cached_property
    def _named(self) -> dict[str, str]:
        """Groups that permissions and restrictions of the chosen spaces name."""
        named: dict[str, str] = {}
        for name in self._store.named_groups(self._space_ids):
            named.setdefault(fold(name), name)
        return named

    def _clashes(self, key: str) -> bool:
        return key in self._coming and key in self._at_site and not self._at_site[key].is_ours


def group_key(name: str) -> str:
    """Return the source key of a group."""
    return f"group/{fold(name)}"
