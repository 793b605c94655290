"""Which key each space gets at the destination, and which spaces clash. Pure.

One rule for check and run: keys compare as `fold` says, whoever has them, in the archive and in
the trash too. Source: docs/reference/spaces.md
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from portway_assistant.exports.records import Space
from portway_assistant.runs.settings import PlanSettings, SpaceClash
from portway_service.folding import fold

_NO_KEY_SIGN = re.compile(r"[\s/?#%\\\x00-\x1f]")
_LONGEST_KEY = 255

KEY_TAKEN = "space_key_taken"
"""The code of a space that is left out because its key is another's, as the site says it."""


@dataclass(frozen=True, slots=True)
class SiteSpace:
    """A space the destination has."""

    id: str
    key: str
    name: str
    status: str
    """`current`, `archived` or `trashed`."""


class Fate(Enum):
    """What becomes of a space."""

    MOVES = "moves"
    LEFT_OUT = "left out"
    STOPS = "stops the run"


@dataclass(frozen=True, slots=True)
class Decided:
    """A space, with the key it gets.

    Attributes:
        space: As the source has it, but with its new key.
        old_key: Its key at the source.
        holder: Who has the key it would have got, in words; None where nobody has.
    """

    space: Space
    old_key: str
    fate: Fate
    holder: str | None = None

    @property
    def is_renamed(self) -> bool:
        """Whether it gets another key than it has."""
        return self.space.key != self.old_key


def with_usable_keys(spaces: Iterable[Space]) -> tuple[list[Space], list[str]]:
    """Return the spaces with keys the destination can take, and a sentence for each it could not.

    A damaged export may lack a key, or hold signs that no address can.
    """
    spaces = list(spaces)
    taken = {fold(space.key): space.name for space in spaces if _is_usable(space.key)}
    usable, notes = [], []
    for space in spaces:
        if not _is_usable(space.key):
            plain = _NO_KEY_SIGN.sub("", space.key)[:_LONGEST_KEY] or f"SPACE{space.id}"
            key = plain if fold(plain) not in taken else free_key(plain, taken)
            taken[fold(key)] = space.name
            said = f"The key {space.key!r} cannot be one" if space.key else "There is no key"
            notes.append(f"{said} for {space.name!r} in the cloud: it moves as {key}.")
            space = replace(space, key=key)
        usable.append(space)
    return usable, notes


def _is_usable(key: str) -> bool:
    return bool(key) and len(key) <= _LONGEST_KEY and not _NO_KEY_SIGN.search(key)


def decide_keys(
    spaces: Sequence[Space],
    at_site: Iterable[SiteSpace],
    *,
    ours: Mapping[str, str],
    personal_keys: Mapping[str, str],
    settings: PlanSettings,
) -> list[Decided]:
    """Decide the key and the fate of each space, in order.

    A space that an earlier run brought keeps the key it has there. Otherwise it gets the key the
    plan names, else that of its owner's account if it is personal, else its own. If somebody else
    has that key, the plan's `space_clash` decides.

    Args:
        at_site: Every space the destination has.
        ours: Source id to destination id of spaces that earlier runs brought.
        personal_keys: By source id, the keys personal spaces get.
        settings: Of the plan.
    """
    by_id = {space.id: space for space in at_site}
    taken = {fold(space.key): f"{space.name!r} ({space.status})" for space in by_id.values()}
    for site_id in ours.values():
        if site_id in by_id:
            taken.pop(fold(by_id[site_id].key), None)
    decided = []
    for space in spaces:
        here = by_id.get(ours.get(space.id, ""))
        named = settings.renamed_spaces.get(fold(space.key))
        kept = here.key if here else personal_keys.get(space.id, space.key)
        one = _decide(space, named or kept, taken, settings.space_clash)
        decided.append(one)
        if one.fate is Fate.MOVES:
            taken[fold(one.space.key)] = f"{space.name!r}, which moves too"
    return decided


def personal_key(account_id: str) -> str:
    """Return the key of somebody's personal space: `~` and the account id without punctuation.

    >>> personal_key("712020:1f-2e")
    '~7120201f2e'
    """
    return "~" + account_id.replace(":", "").replace("-", "")


def free_key(key: str, taken: Mapping[str, object]) -> str:
    """Return the key with the first number from 2 on at its end that nobody has."""
    number = 2
    while fold(f"{key}{number}") in taken:
        number += 1
    return f"{key}{number}"


def _decide(space: Space, key: str, taken: Mapping[str, str], clash: SpaceClash) -> Decided:
    holder = taken.get(fold(key))
    moved = replace(space, key=key)
    if holder is None:
        return Decided(moved, space.key, Fate.MOVES)
    if clash is SpaceClash.RENAME:
        return Decided(replace(space, key=free_key(key, taken)), space.key, Fate.MOVES, holder)
    fate = Fate.LEFT_OUT if clash is SpaceClash.SKIP else Fate.STOPS
    return Decided(moved, space.key, fate, holder)
