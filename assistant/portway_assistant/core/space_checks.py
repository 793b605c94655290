"""What an admin should know of keys and titles before anything moves."""

from collections.abc import Sequence

from portway_assistant.apps import CheckResult
from portway_assistant.core.space_keys import Decided, Fate

NAMED = 20
"""How many titles a check names; clashing spaces are all named."""


def keys_check(decided: Sequence[Decided]) -> CheckResult:
    """Return whether every space gets the key it would have, and what becomes of those that do not.

    A clash that nothing decides fails the check: then nothing is written.
    """
    check_id, title = "space-keys", "No space has a key the destination has already"
    clashes = [one for one in decided if one.holder is not None]
    if not clashes:
        return CheckResult("portway", check_id, title, "passed")
    stops = any(one.fate is Fate.STOPS for one in clashes)
    lines = ". ".join(map(_describe, clashes))
    advice = (
        "Delete the space on either side (from the trash too), leave it out of the plan, or choose"
        " `--space-clash skip` or `rename`."
    )
    message = f"{lines}. {advice}" if stops else f"{lines}."
    return CheckResult("portway", check_id, title, "failed" if stops else "warned", message)


def titles_check(renamed: Sequence[tuple[str, str]]) -> CheckResult:
    """Return whether pages of one space share a title, and how they are renamed."""
    check_id, title = "page-titles", "No two pages of a space share a title"
    if not renamed:
        return CheckResult("portway", check_id, title, "passed")
    named = "; ".join(f"{old!r} becomes {new!r}" for old, new in renamed[:NAMED])
    rest = f"; and {len(renamed) - NAMED} more" if len(renamed) > NAMED else ""
    message = f"Titles are compared without case: {named}{rest}. Links follow."
    return CheckResult("portway", check_id, title, "warned", message)


def _describe(one: Decided) -> str:
    fate = {
        Fate.STOPS: "",
        Fate.LEFT_OUT: ": it is left out, with everything in it",
        Fate.MOVES: f": it moves as {one.space.key}",
    }[one.fate]
    return f"{one.old_key} is taken by {one.holder}{fate}"
