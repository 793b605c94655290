"""What a plan's settings would make of people, before anything moves."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from portway_assistant.core.people_source import PeopleSource
from portway_assistant.exports.records import SubjectKind
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.people.settled import Cluster, Facts, Trouble, facts_of

COLUMNS = ("user key", "user name", "error type", "old e-mail", "new e-mail", "tombstone")
"""Of the CSV that can be edited and handed in again with `--people`."""

_ERROR_TYPES = {
    Trouble.MISSING: "INV",
    Trouble.MALFORMED: "INV",
    Trouble.SHARED: "DUP",
}


_NAMELESS = frozenset({Trouble.MISSING, Trouble.MALFORMED, Trouble.SHARED, Trouble.TOMBSTONE})


@dataclass(frozen=True)
class Holding:
    """What somebody holds."""

    key: str
    name: str
    active: bool
    groups: tuple[str, ...]
    permissions: tuple[str, ...]
    """`SPACE:OPERATION`, held directly."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "key": self.key,
            "name": self.name,
            "active": self.active,
            "groups": list(self.groups),
            "permissions": list(self.permissions),
        }


@dataclass(frozen=True)
class MergePreview:
    """People who would become one account: what each holds, and what the account would."""

    email: str
    before: tuple[Holding, ...]
    after: Holding


@dataclass(frozen=True)
class TroublePreview:
    """Somebody whose address cannot be used as it stands, and what they would arrive as."""

    facts: Facts
    trouble: Trouble
    new_email: str | None
    main_key: str | None = None


def preview_merges(
    source: PeopleSource, store: WorkStore, space_ids: Iterable[str]
) -> Iterator[MergePreview]:
    """Yield every merge with what each held before and what the account holds after."""
    clusters = source.settled.merges
    keys = {member.key for cluster in clusters for member in cluster.members}
    if not keys:
        return
    groups: dict[str, set[str]] = {key: set() for key in keys}
    for group, members in source.groups.members():
        for key in keys.intersection(members):
            groups[key].add(group)
    permissions: dict[str, set[str]] = {key: set() for key in keys}
    names = {space.id: space.key for space in store.spaces()}
    for space_id in space_ids:
        for one in store.space_permissions(space_id):
            if one.subject_kind is SubjectKind.USER and one.subject in keys:
                permissions[one.subject].add(f"{names[space_id]}:{one.type}")
    for cluster in clusters:
        yield _merge(cluster, groups, permissions)


def preview_troubles(source: PeopleSource) -> Iterator[TroublePreview]:
    """Yield everybody with an invalid, missing or shared address."""
    settled = source.settled
    for user in source.users():
        facts = facts_of(user)
        arrival = settled.arrival(user)
        if (trouble := settled.find_trouble(facts)) is not None:
            yield TroublePreview(facts, trouble, arrival.email, arrival.main_key)


def write_people_csv(source: PeopleSource, file: TextIO) -> None:
    """Write everybody in the columns of `COLUMNS`.

    `new e-mail` is what the person would arrive with; an edited copy gives addresses to the next
    run with `--people`. A person with `tombstone` true arrives as a placeholder.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    settled = source.settled
    for user in source.users():
        facts = facts_of(user)
        trouble = settled.find_trouble(facts)
        arrival = settled.arrival(user)
        writer.writerow(
            [
                facts.key,
                facts.username or "",
                _ERROR_TYPES[trouble] if trouble else "",
                facts.email or "",
                arrival.email or "",
                "true" if arrival.trouble in _NAMELESS and arrival.email is None else "false",
            ]
        )


def _merge(
    cluster: Cluster, groups: dict[str, set[str]], permissions: dict[str, set[str]]
) -> MergePreview:
    before = tuple(
        Holding(
            one.key,
            one.name,
            one.active,
            tuple(sorted(groups[one.key])),
            tuple(sorted(permissions[one.key])),
        )
        for one in cluster.members
    )
    keys = [one.key for one in cluster.members]
    after = Holding(
        cluster.main.key,
        cluster.main.name,
        all(one.active for one in cluster.members),
        tuple(sorted(set.intersection(*(groups[key] for key in keys)))),
        tuple(sorted(set.intersection(*(permissions[key] for key in keys)))),
    )
    return MergePreview(cluster.email, before, after)
