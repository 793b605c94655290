"""How users enter through the bulk door: by e-mail if they have one, else by their key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.messages import MERGED
from portway_cloud_site.bulk.people_items import UserItem
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.error_codes import (
    ACCESS_KEPT,
    ADDRESS_KEPT,
    EMAIL_TAKEN,
    IDENTITY_CHANGED,
)
from portway_cloud_site.people.joining import join_accounts
from portway_cloud_site.people.rules import account_id_by_email, account_id_by_source
from portway_cloud_site.people.tables import people
from portway_service.folding import fold


@dataclass(slots=True)
class _Person:
    account_id: str
    email_key: str | None
    revision: int
    access: bool


class PeopleIntake(Intake[UserItem]):
    """Takes user items."""

    table = people

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._people: dict[int, _Person] = {}
        self._by_email: dict[str, int] = {}
        self._account_ids: set[str] = set()
        self._given_access: list[int] = []

    def load(self, items: Sequence[UserItem]) -> None:
        """Read the accounts known under these keys, e-mail addresses and account ids."""
        emails = {fold(item.email) for item in items if item.email}
        ids = self._batch.entity_ids(item.source_key for item in items)
        account_ids = {self._email_account(email) for email in emails}
        for column, values in (
            (people.c.id, ids),
            (people.c.email_key, emails),
            (people.c.account_id, account_ids),
        ):
            statement = select(
                people.c.id,
                people.c.account_id,
                people.c.email_key,
                people.c.revision,
                people.c.access,
            ).where(people.c.site_id == self._batch.site_id)
            for row in self._batch.fetch(statement, column, values):
                self._remember(row.id, _Person(*row[1:]))

    def create(self, item: UserItem) -> Written:
        """Make an account, or join the one with the same e-mail address.

        The account joined stays as it is, but for access to the product, which it may gain.
        """
        email_key = fold(item.email) if item.email else None
        if email_key in self._by_email:
            person_id = self._by_email[email_key]
            self._give_access(item, person_id)
            return Written(person_id, self._people[person_id].revision, merged=True)
        account_id = self._free_account_id(item, email_key)
        person_id = self._batch.writer.take_id()
        self._remember(person_id, _Person(account_id, email_key, 1, item.access))
        self._add(
            person_id,
            {
                "account_id": account_id,
                "account_type": "atlassian",
                "created_at": self._batch.clock.now(),
                "revision": 1,
                **_fields(item, email_key),
            },
        )
        return Written(person_id, revision=1)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the account's revision."""
        person = self._people.get(entity_id)
        return None if person is None else person.revision

    def update(self, item: UserItem, entity_id: int) -> Written:
        """Change the account. It keeps its id, also when its e-mail address changes.

        An account with an address never loses it, and access once given stays.
        """
        person = self._people[entity_id]
        email_key = fold(item.email) if item.email else None
        if email_key is None and person.email_key is not None:
            return Written(entity_id, person.revision, kept=True)
        if email_key != person.email_key:
            if email_key in self._by_email and person.email_key is None:
                return self._join(item, entity_id, self._by_email[email_key])
            if email_key in self._by_email:
                raise ItemRefusedError(EMAIL_TAKEN, source_key=item.source_key)
            if person.email_key is not None:
                del self._by_email[person.email_key]
            if email_key is not None:
                self._by_email[email_key] = entity_id
        frees_email = person.email_key not in {None, email_key}
        person.email_key = email_key
        person.revision += 1
        person.access = person.access or item.access
        fields = _fields(item, email_key) | {"access": person.access}
        self._change(entity_id, {"revision": person.revision, **fields})
        if frees_email:
            self.flush()  # before a new account takes the address
        return Written(entity_id, person.revision)

    def _join(self, item: UserItem, placeholder_id: int, person_id: int) -> Written:
        """Give what the placeholder has to the account that has its address now."""
        self._batch.write_pending()
        placeholder, person = self._people.pop(placeholder_id), self._people[person_id]
        join_accounts(
            self._batch.writer.connection,
            self._batch.site_id,
            placeholder=(placeholder_id, placeholder.account_id),
            account=(person_id, person.account_id),
            with_rights=True,
        )
        self._batch.writer.connection.execute(
            update(origins)
            .where(
                origins.c.site_id == self._batch.site_id,
                origins.c.source == self._batch.source,
                origins.c.source_key == item.source_key,
            )
            .values(outcome=MERGED)
        )
        self._give_access(item, person_id)
        return Written(person_id, person.revision, merged=True)

    def join_again(self, item: UserItem, entity_id: int) -> None:
        """Leave the account, which is not this source's alone; its address must still be one."""
        if not item.email or self._by_email.get(fold(item.email)) != entity_id:
            raise ItemRefusedError(IDENTITY_CHANGED, source_key=item.source_key)
        self._give_access(item, entity_id)

    def find_remark(self, item: UserItem, entity_id: int) -> ItemRefusedError | None:
        """Return what the account keeps, though the item says otherwise."""
        person = self._people[entity_id]
        if item.email is None and person.email_key is not None:
            return ItemRefusedError(ADDRESS_KEPT, source_key=item.source_key)
        if person.access and not item.access:
            return ItemRefusedError(ACCESS_KEPT, source_key=item.source_key)
        return None

    def shown_id(self, entity_id: int) -> str:
        """Return the account id."""
        return self._people[entity_id].account_id

    def flush(self) -> None:
        """Write new and changed accounts, and the access others gained."""
        super().flush()
        if self._given_access:
            self._batch.writer.connection.execute(
                update(people)
                .where(people.c.site_id == self._batch.site_id, people.c.id.in_(self._given_access))
                .values(access=True)
            )
            self._given_access = []

    def _give_access(self, item: UserItem, person_id: int) -> None:
        person = self._people[person_id]
        if item.access and not person.access:
            person.access = True
            self._given_access.append(person_id)

    def _remember(self, person_id: int, person: _Person) -> None:
        self._people[person_id] = person
        self._account_ids.add(person.account_id)
        if person.email_key is not None:
            self._by_email[person.email_key] = person_id

    def _email_account(self, email_key: str) -> str:
        return account_id_by_email(self._batch.writer.site.key, email_key)

    def _free_account_id(self, item: UserItem, email_key: str | None) -> str:
        """Return an id by e-mail; by key when there is none, or its first holder moved on."""
        if email_key is not None:
            account_id = self._email_account(email_key)
            if account_id not in self._account_ids:
                return account_id
        return account_id_by_source(
            self._batch.writer.site.key, self._batch.source, item.source_key
        )


def _fields(item: UserItem, email_key: str | None) -> dict[str, Any]:
    return {
        "email": item.email,
        "email_key": email_key,
        "display_name": item.display_name,
        "active": item.active,
        "access": item.access,
        "placeholder": item.placeholder,
    }
