"""The people of an export as the source of a run: who moves, and under which address."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from portway_assistant.apps import CheckResult
from portway_assistant.core.items import user_item
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.exports.email_rule import is_valid_email
from portway_assistant.exports.people import PeopleFile
from portway_assistant.exports.records import User
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.runs.settings import PlanSettings
from portway_service.folding import fold

NAMED = 3
"""How many people a check names as examples."""


class PeopleSource:
    """The people who move.

    Args:
        store: The export, read and resolved.
        people: What a people file adds to the export's users.
        settings: The choices of the plan.
    """

    def __init__(self, store: WorkStore, people: PeopleFile | None, settings: PlanSettings) -> None:
        self._store = store
        self._people = people
        self._settings = settings

    def phases(self) -> list[Phase]:
        """Return the phases of people, in the order they must be sent."""
        return [Phase("users", self._store.count_users(), self._users)]

    def checks(self) -> list[CheckResult]:
        """Return what is worth knowing about the people before anything moves."""
        return [
            _people_check(
                "invalid-emails",
                "Every person has a valid e-mail address",
                self._emails.invalid,
                "without a usable one: {names}. They move as named placeholders without access.",
            ),
            _people_check(
                "duplicate-emails",
                "No two people share an e-mail address",
                self._emails.duplicate,
                "sharing one with somebody else: {names}. They move as placeholders of their own.",
            ),
        ]

    @cached_property
    def _emails(self) -> "_Emails":
        return _Emails(self._known_users())

    def _known_users(self) -> Iterator[User]:
        users = self._store.users()
        return self._people.overlay(users) if self._people else users

    def _users(self) -> Iterator[OutgoingItem]:
        for user in self._known_users():
            yield user_item(user, email=self._emails.usable(user))


class _Emails:
    """Which person may use which address: valid ones, each for the first who has it."""

    def __init__(self, users: Iterable[User]) -> None:
        self._owner: dict[str, str] = {}
        self.invalid: list[str] = []
        self.duplicate: list[str] = []
        for user in users:
            name = user.display_name or user.username or user.key
            if user.email is None or not is_valid_email(user.email):
                self.invalid.append(name)
            elif self._owner.setdefault(fold(user.email), user.key) != user.key:
                self.duplicate.append(name)

    def usable(self, user: User) -> str | None:
        """Return the person's address when it is valid and nobody before has it."""
        if user.email is None or self._owner.get(fold(user.email)) != user.key:
            return None
        return user.email


def _people_check(check_id: str, title: str, names: Sequence[str], what: str) -> CheckResult:
    if not names:
        return CheckResult("portway", check_id, title, "passed")
    shown = ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
    count = f"{len(names)} {'person' if len(names) == 1 else 'people'}"
    message = f"{count} {what.format(names=shown)} `--people` can give them addresses."
    return CheckResult("portway", check_id, title, "warned", message)
