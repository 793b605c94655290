"""Saying who a placeholder is: at the site, and in the mappings apps read.

Every step may be repeated, so a claim that was cut off is made whole by making it again.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert

from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.error_codes import NO_RUN_YET, PERSON_AMBIGUOUS
from portway_assistant.people.groups import PLACEHOLDER_MEMBER
from portway_assistant.people.tables import claims
from portway_assistant.runs.ledger import Ledger
from portway_scopes.namespaces import IDENTITY_USER
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.errors import Refusal


@dataclass(frozen=True)
class ClaimOrder:
    """Who a placeholder is, and what they get."""

    placeholder: str
    """User key, `user/` and the user key, or account id."""
    email: str
    name: str | None = None
    access: bool = False
    with_rights: bool = False
    """Whether the groups and space permissions of the placeholder are theirs too."""


@dataclass(frozen=True)
class Claimed:
    """What became of a claim."""

    source_key: str
    account_id: str
    joined: bool
    mappings: int
    groups: int


class Claims:
    """Claims placeholders of one source at one site."""

    def __init__(
        self,
        *,
        server_key: str,
        site_key: str,
        site: SiteClient,
        platform: PlatformClient,
        ledger: Ledger,
        database: Database,
        clock: Clock,
        operator: str = "admin",
    ) -> None:
        self._server_key = server_key
        self._site_key = site_key
        self._site = site
        self._platform = platform
        self._ledger = ledger
        self._database = database
        self._clock = clock
        self._operator = operator

    def claim(self, order: ClaimOrder) -> Claimed:
        """Claim one placeholder; the same order again changes nothing.

        Raises:
            Refusal: `no_run_yet`, `person_ambiguous`.
            APIError: What the site refuses, such as `placeholder_taken`.
        """
        run_id, migration_id = self._find_run()
        answer = self._site.claim(
            {
                "sourceKey": self._find_source_key(order.placeholder),
                "email": order.email,
                "displayName": order.name,
                "access": order.access,
                "withRights": order.with_rights,
            }
        )
        mappings = self._move_mappings(migration_id, answer, order.email)
        groups = self._join_groups(run_id, answer["sourceKey"]) if order.with_rights else 0
        self._record(order, answer)
        return Claimed(answer["sourceKey"], answer["accountId"], answer["joined"], mappings, groups)

    def _find_source_key(self, placeholder: str) -> str:
        if placeholder.startswith("user/"):
            return placeholder
        found = [
            one["sourceKey"]
            for one in self._site.placeholders()
            if placeholder in {one["accountId"], one["displayName"]}
        ]
        if len(found) > 1:
            raise Refusal(PERSON_AMBIGUOUS, name=placeholder, keys=", ".join(found[:5]))
        return found[0] if found else f"user/{placeholder}"

    def _find_run(self) -> tuple[str, str]:
        for run in self._ledger.all_runs():
            here = (run.server_key, run.site_key) == (self._server_key, self._site_key)
            if here and run.migration_id is not None:
                return run.run_id, run.migration_id
        raise Refusal(NO_RUN_YET, server_key=self._server_key, site_key=self._site_key)

    def _move_mappings(self, migration_id: str, answer: dict[str, Any], email: str) -> int:
        """Let every key that led to the placeholder lead to the account."""
        former, account = answer["formerAccountId"], answer["accountId"]
        keys = {f"email/{email}"}
        if former != account:
            pairs = self._platform.mappings(self._server_key, self._site_key, IDENTITY_USER)
            keys |= {key for key, value in pairs if value == former}
        self._platform.add_mappings(
            migration_id,
            [{"namespace": IDENTITY_USER, "key": key, "value": account} for key in sorted(keys)],
        )
        return len(keys)

    def _join_groups(self, run_id: str, source_key: str) -> int:
        """Put the account into the groups the last run kept the placeholder out of."""
        user_key = source_key.removeprefix("user/")
        lines = []
        kept_out = self._ledger.outcomes(run_id, kinds=("membership",), only=("skipped",))
        for outcome in kept_out:
            group = outcome.source_key.removeprefix("membership/").removesuffix(f"/{user_key}")
            mine = outcome.source_key == f"membership/{group}/{user_key}"
            if outcome.code == PLACEHOLDER_MEMBER[0] and mine:
                item = OutgoingItem(
                    kind="membership",
                    source_key=outcome.source_key,
                    title=outcome.title,
                    payload={"group": f"group/{group}", "user": source_key},
                )
                lines.append(item.line())
        if lines:
            self._site.send_items(lines, run_id=run_id)
        return len(lines)

    def _record(self, order: ClaimOrder, answer: dict[str, Any]) -> None:
        place = {
            "server_key": self._server_key,
            "site_key": self._site_key,
            "source_key": answer["sourceKey"],
        }
        with self._database.write() as connection:
            connection.execute(delete(claims).filter_by(**place))
            connection.execute(
                insert(claims).values(
                    **place,
                    email=order.email,
                    account_id=answer["accountId"],
                    former_account_id=answer["formerAccountId"],
                    joined=answer["joined"],
                    claimed_by=self._operator,
                    claimed_at=self._clock.now(),
                )
            )
