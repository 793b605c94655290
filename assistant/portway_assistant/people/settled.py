"""Who arrives as what: one answer for every person of a source.

An e-mail address is the identity of an account. Whoever has none that can be used, or one whose
domain is not trusted, arrives as a named placeholder of their own. Pure: people, settings and
decisions in, answers out. Only people something is said about are kept in memory.
Source: docs/reference/people.md
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portway_assistant.error_codes import GENERATED_DOMAIN_NEEDED
from portway_assistant.exports.email_rule import LONGEST_LOCAL_PART, is_valid_email
from portway_assistant.exports.records import User
from portway_assistant.people.domains import Decision, domain_of
from portway_assistant.runs.settings import EmailFix, PlanSettings, Undecided
from portway_service.errors import Refusal
from portway_service.folding import fold

_SUFFIX_DIGITS = (6, 10, 16, 32, 64)
_NO_LOCAL = re.compile(r"[^a-z0-9]+")


class Trouble(StrEnum):
    """Why an address cannot be used as it stands."""

    MISSING = "email_missing"
    MALFORMED = "email_malformed"
    SHARED = "email_shared"
    UNDECIDED = "domain_undecided"
    DISTRUSTED = "domain_distrusted"
    TOMBSTONE = "tombstone"


@dataclass(frozen=True, slots=True)
class Facts:
    """What deciding about a person needs."""

    key: str
    username: str | None
    name: str
    email: str | None
    active: bool
    in_directory: bool
    tombstone: bool = False

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """Who comes first among people with one address becomes the main account."""
        return (not self.active, not self.in_directory, self.key)


@dataclass(frozen=True, slots=True)
class Cluster:
    """People who share one address."""

    email: str
    main: Facts
    others: tuple[Facts, ...]

    @property
    def members(self) -> tuple[Facts, ...]:
        """Everybody, the main account first."""
        return (self.main, *self.others)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a person arrives."""

    email: str | None
    """The address of the account; None for a placeholder."""
    name: str
    access: bool
    trouble: Trouble | None = None
    main_key: str | None = None
    """Whose account it joins, when it is not the person's own."""

    @property
    def is_placeholder(self) -> bool:
        """Whether nobody can sign in to what arrives."""
        return self.email is None


@dataclass
class Settled:
    """The answers for everybody; `arrival` gives each person's."""

    settings: PlanSettings
    decisions: Mapping[str, Decision]
    invalid: list[tuple[Facts, Trouble]] = field(default_factory=list)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    """By folded address."""
    domains: Counter[str] = field(default_factory=Counter)
    """How many people would arrive with an address of each domain, if all were trusted."""
    _made: dict[str, str] = field(default_factory=dict)
    _cluster_of: dict[str, Cluster] = field(default_factory=dict)

    def arrival(self, user: User) -> Arrival:
        """Return how a person arrives."""
        facts = facts_of(user)
        email, trouble = self._wanted_email(facts)
        main = self._main(facts)
        access = facts.active
        if main is not facts:
            cluster = self._cluster_of[facts.key]
            access = all(member.active for member in cluster.members)
        if email is not None and (doubt := self._doubt(email)) is not None:
            email, trouble = None, doubt
        if email is None:
            return Arrival(None, facts.name, access=False, trouble=trouble)
        joins = main.key if main.key != facts.key else None
        return Arrival(email, main.name, access and self.gives_access, trouble, joins)

    @property
    def gives_access(self) -> bool:
        """Whether people arrive with access to the product."""
        return self.settings.people == "all"

    def cluster_of(self, key: str) -> Cluster | None:
        """Return the people a person becomes one account with, or None."""
        return self._cluster_of.get(key) if self._merges else None

    def find_trouble(self, facts: Facts) -> Trouble | None:
        """Return what is wrong with a person's address by itself, or as one of several."""
        trouble = None if facts.tombstone else email_trouble(facts.email)
        if trouble is not None:
            return trouble
        return Trouble.SHARED if facts.key in self._cluster_of else None

    def is_placeholder(self, user: User) -> bool:
        """Tell whether a person arrives as a placeholder."""
        return self.arrival(user).is_placeholder

    def held_by_all(self, keys: Iterable[str]) -> list[str]:
        """Return who holds something that these people hold at the source, sorted.

        People who become one account hold it only when each of them does; then it is the main
        account's. So a merged account never holds more than any one of those merged.
        """
        given = set(keys)
        held = set()
        for key in given:
            cluster = self.cluster_of(key)
            if cluster is None:
                held.add(key)
            elif all(member.key in given for member in cluster.members):
                held.add(cluster.main.key)
        return sorted(held)

    @property
    def merges(self) -> list[Cluster]:
        """Return the merges that will happen, by address."""
        return [self.clusters[email] for email in sorted(self.clusters)] if self._merges else []

    def doubtful_domains(self) -> dict[str, tuple[Decision | None, int]]:
        """Return each domain that is not trusted, with its decision and number of people."""
        return {
            domain: (self.decisions.get(domain), count)
            for domain, count in sorted(self.domains.items())
            if self.decisions.get(domain) is not Decision.TRUSTED
        }

    @property
    def _merges(self) -> bool:
        return self.settings.duplicate_emails is EmailFix.MERGE

    def _main(self, facts: Facts) -> Facts:
        cluster = self.cluster_of(facts.key)
        return facts if cluster is None else cluster.main

    def _wanted_email(self, facts: Facts) -> tuple[str | None, Trouble | None]:
        """Return the address a person would arrive with if every domain were trusted."""
        if facts.tombstone:
            return None, Trouble.TOMBSTONE
        trouble = email_trouble(facts.email)
        if trouble is not None:
            return self._made.get(facts.key), trouble
        cluster = self._cluster_of.get(facts.key)
        if cluster is None or cluster.main.key == facts.key:
            return facts.email, None
        if self._merges:
            return cluster.main.email, None
        return self._made.get(facts.key), Trouble.SHARED

    def _doubt(self, email: str) -> Trouble | None:
        decision = self.decisions.get(domain_of(email))
        if decision is Decision.TRUSTED:
            return None
        return Trouble.DISTRUSTED if decision is Decision.NOT_TRUSTED else Trouble.UNDECIDED

    @property
    def refuses_undecided(self) -> bool:
        """Whether one domain without trust keeps everything back."""
        return self.settings.undecided_domains is Undecided.STOP


def settle(
    users: Callable[[], Iterable[User]],
    settings: PlanSettings,
    decisions: Mapping[str, Decision],
) -> Settled:
    """Look at everybody and decide who arrives as what.

    `users` gives the same people in the same order each time.

    Raises:
        Refusal: `generated_domain_needed`.
    """
    _check_generated_domain(settings)
    settled = Settled(settings, decisions)
    first: dict[str, Facts] = {}
    shared: dict[str, list[Facts]] = {}
    for user in users():
        facts = facts_of(user)
        if facts.tombstone:
            continue
        trouble = email_trouble(facts.email)
        if trouble is not None:
            settled.invalid.append((facts, trouble))
            continue
        address = fold(facts.email or "")
        earlier = first.setdefault(address, facts)
        if earlier is not facts:
            shared.setdefault(address, [earlier]).append(facts)
    for address, members in sorted(shared.items()):
        main, *others = sorted(members, key=lambda member: member.rank)
        cluster = Cluster(main.email or "", main, tuple(others))
        settled.clusters[address] = cluster
        settled._cluster_of.update(dict.fromkeys((one.key for one in members), cluster))
    _make_addresses(settled, first)
    for facts in first.values():
        settled.domains[domain_of(facts.email or "")] += 1
    for cluster in settled.clusters.values():
        if settled._merges:
            settled.domains[domain_of(cluster.email)] += len(cluster.others)
    for made in settled._made.values():
        settled.domains[domain_of(made)] += 1
    return settled


def _check_generated_domain(settings: PlanSettings) -> None:
    """Refuse to make up addresses without a domain to make them in."""
    if EmailFix.GENERATE not in {settings.invalid_emails, settings.duplicate_emails}:
        return
    given = settings.generated_domain or ""
    if not is_valid_email(f"somebody@{given}"):
        raise Refusal(GENERATED_DOMAIN_NEEDED, given=repr(given) if given else "nothing")


def facts_of(user: User) -> Facts:
    """Return what deciding about a person needs."""
    return Facts(
        key=user.key,
        username=user.username,
        name=user.display_name or user.username or f"Unknown user {user.key[-8:]}",
        email=user.email,
        active=user.active,
        in_directory=user.in_directory,
        tombstone=user.tombstone,
    )


def email_trouble(email: str | None) -> Trouble | None:
    """Return what is wrong with an address by itself, or None."""
    if not email:
        return Trouble.MISSING
    return None if is_valid_email(email) else Trouble.MALFORMED


def made_up_address(facts: Facts, domain: str, *, digits: int = _SUFFIX_DIGITS[0]) -> str:
    """Return the address `generate` gives: username, then hex digits made from the user key.

    It hangs on the person alone, so every later export gives the same one.
    """
    plain = unicodedata.normalize("NFKD", facts.username or facts.name)
    local = _NO_LOCAL.sub("-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
    digest = hashlib.sha256(facts.key.encode()).hexdigest()[:digits]
    kept = (local or "user")[: LONGEST_LOCAL_PART - digits - 1].strip("-")
    return f"{kept}-{digest}@{domain}"


def _make_addresses(settled: Settled, taken: Mapping[str, Facts]) -> None:
    settings = settled.settings
    wanting: list[Facts] = []
    if settings.invalid_emails is EmailFix.GENERATE:
        wanting += [facts for facts, _ in settled.invalid]
    if settings.duplicate_emails is EmailFix.GENERATE:
        wanting += [one for cluster in settled.clusters.values() for one in cluster.others]
    used = set(taken)
    for facts in sorted(wanting, key=lambda one: one.key):
        for digits in _SUFFIX_DIGITS:
            made = made_up_address(facts, settings.generated_domain or "", digits=digits)
            if fold(made) not in used:
                break
        used.add(fold(made))
        settled._made[facts.key] = made
