"""The people of an export as the source of a run: who moves, as what, and in which groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from portway_assistant.apps import CheckResult
from portway_assistant.clients import SiteClient
from portway_assistant.core.items import user_item
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.exports.people import PeopleFile
from portway_assistant.exports.records import User
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.people.checks import people_checks
from portway_assistant.people.domains import Decision
from portway_assistant.people.groups import Gap, Groups, SiteGroup
from portway_assistant.people.settled import Facts, Settled, facts_of, settle
from portway_assistant.runs.settings import PeopleScope, PlanSettings
from portway_service.folding import fold


class PeopleSource:
    """The people who move.

    Args:
        store: The export, read and resolved.
        people: What a people file adds to the export's users.
        settings: The choices of the plan.
        decisions: What was decided about e-mail domains, by domain.
        space_ids: The chosen spaces.
    """

    def __init__(
        self,
        store: WorkStore,
        people: PeopleFile | None,
        settings: PlanSettings,
        *,
        decisions: Mapping[str, Decision],
        space_ids: Sequence[str],
    ) -> None:
        self._store = store
        self._people = people
        self._settings = settings
        self._decisions = decisions
        self._space_ids = space_ids
        self._at_site: dict[str, SiteGroup] = {}

    def meet(self, site: SiteClient) -> None:
        """Learn which groups the site has, before anything is sent."""
        self._at_site = {
            fold(group["name"]): SiteGroup(
                group["name"],
                group["members"],
                is_ours=group["sourceKey"] is not None,
                permissions=tuple(group["permissions"]),
            )
            for group in site.groups()
        }
        self.__dict__.pop("groups", None)

    def decide(self, decisions: Mapping[str, Decision]) -> None:
        """Take other decisions about e-mail domains, before anything is sent."""
        self._decisions = decisions
        for name in ("settled", "groups"):
            self.__dict__.pop(name, None)

    def phases(self) -> list[Phase]:
        """Return the phases of people, in the order they must be sent."""
        phases = [
            Phase("groups", self.groups.count(), self.groups.items),
            Phase("users", self._count_users(), self._users),
        ]
        if self._settings.people is PeopleScope.ALL:
            total = self._count_memberships
            phases.append(Phase("memberships", total, self.groups.memberships))
        return phases

    def checks(self) -> list[CheckResult]:
        """Return what is worth knowing about the people before anything moves."""
        return people_checks(self.settled, self.groups, self._settings)

    def notes(self) -> list[str]:
        """Return what the report says of merges, flattened groups and groups to fill by hand."""
        return [
            *(
                f"{group} never moves. To be added by hand where they should administer the site:"
                f" {group}: {', '.join(self._name(key) for key in keys)}"
                for group, keys in sorted(self.groups.blocked.items())
            ),
            *(
                f"The members of {', '.join(below)} are members of {group} directly now"
                for group, below in self.groups.flattened.items()
            ),
            *(
                f"One account for {cluster.email}: {', '.join(map(_named, cluster.members))}."
                " It holds only what each of them held"
                for cluster in self.settled.merges
            ),
        ]

    def group_key(self, name: str) -> str | None:
        """Return the source key permissions name a group by; None when it does not arrive."""
        return self.groups.key_of(name)

    def group_gap(self, name: str) -> Gap | None:
        """Return why a group does not arrive, as a code and a sentence; None when it does."""
        return self.groups.find_gap(name)

    def held_by_all(self, user_keys: Iterable[str]) -> list[str]:
        """Return the user keys that still hold a right these keys hold directly, after merges.

        Give it everybody one permission or one restriction names.
        """
        return self.settled.held_by_all(user_keys)

    def users(self) -> Iterator[User]:
        """Yield everybody who moves, with what the people file says."""
        users = self._store.users()
        if self._related is not None:
            users = (user for user in users if user.key in self._related)
        return self._people.overlay(users) if self._people else users

    @cached_property
    def settled(self) -> Settled:
        """Who arrives as what."""
        return settle(self.users, self._settings, self._decisions)

    @cached_property
    def groups(self) -> Groups:
        """The groups."""
        return Groups(
            self._store,
            self._settings,
            self.settled,
            placeholders=self._placeholders,
            space_ids=self._space_ids,
            at_site=self._at_site,
        )

    def _name(self, key: str) -> str:
        user = self._store.find_user(key)
        return key if user is None else facts_of(user).name

    @cached_property
    def _related(self) -> frozenset[str] | None:
        """Those the chosen spaces refer to; None for everybody."""
        if self._settings.people is PeopleScope.ALL:
            return None
        return frozenset(self._store.related_people(self._space_ids))

    @cached_property
    def _count_memberships(self) -> int:
        return self.groups.count_memberships()

    def _count_users(self) -> int:
        return self._store.count_users() if self._related is None else len(self._related)

    def _users(self) -> Iterator[OutgoingItem]:
        for user in self.users():
            yield user_item(user, self.settled.arrival(user))

    def _placeholders(self) -> frozenset[str]:
        arrival = self.settled.arrival
        return frozenset(user.key for user in self.users() if arrival(user).is_placeholder)


def _named(facts: Facts) -> str:
    return f"{facts.name} ({facts.key})"
