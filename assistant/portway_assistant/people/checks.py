"""What an admin should know about people and groups before anything moves."""

from collections.abc import Sequence

from portway_assistant.apps import CheckResult
from portway_assistant.error_codes import (
    EMAIL_DOMAINS_UNTRUSTED,
    EMAILS_INVALID,
    EMAILS_SHARED,
    GROUPS_CLASH,
)
from portway_assistant.people.groups import Groups
from portway_assistant.people.settled import Settled
from portway_assistant.runs.settings import EmailFix, GroupClash, PlanSettings

NAMED = 3
"""How many people or groups a check names as examples."""

REFUSED = {
    "invalid-emails": EMAILS_INVALID,
    "duplicate-emails": EMAILS_SHARED,
    "email-domains": EMAIL_DOMAINS_UNTRUSTED,
    "group-clash": GROUPS_CLASH,
}
"""What a run is refused with when a check fails."""

_INVALID = {
    EmailFix.PLACEHOLDER: "They move as named placeholders without access.",
    EmailFix.GENERATE: "They get made-up addresses.",
    EmailFix.STOP: "Nothing moves until each has one.",
}
_SHARED = {
    EmailFix.PLACEHOLDER: "The first keeps it; the others move as placeholders of their own.",
    EmailFix.GENERATE: "The first keeps it; the others get made-up addresses.",
    EmailFix.MERGE: "Each group becomes one account, which holds only what all of it held.",
    EmailFix.STOP: "Nothing moves until each has their own.",
}


def people_checks(settled: Settled, groups: Groups, settings: PlanSettings) -> list[CheckResult]:
    """Return the checks of people and groups; `failed` ones keep the run from starting."""
    return [
        _invalid_check(settled, settings),
        _shared_check(settled, settings),
        _domains_check(settled),
        _clash_check(groups, settings),
        _blocked_check(groups),
        _nested_check(groups),
        _absent_check(groups),
    ]


def _invalid_check(settled: Settled, settings: PlanSettings) -> CheckResult:
    title = "Every person has a valid e-mail address"
    names = [facts.name for facts, _ in settled.invalid]
    if not names:
        return _passed("invalid-emails", title)
    message = (
        f"{_people(len(names))} without a usable one: {_some(names)}."
        f" {_INVALID[settings.invalid_emails]} `--people` can give them addresses."
    )
    failed = settings.invalid_emails is EmailFix.STOP
    return _result("invalid-emails", title, message, failed=failed)


def _shared_check(settled: Settled, settings: PlanSettings) -> CheckResult:
    title = "No two people share an e-mail address"
    clusters = [settled.clusters[email] for email in sorted(settled.clusters)]
    if not clusters:
        return _passed("duplicate-emails", title)
    names = [one.name for cluster in clusters for one in cluster.others]
    message = (
        f"{_people(len(names))} sharing one with somebody else: {_some(names)}."
        f" {_SHARED[settings.duplicate_emails]} `--people` can give them addresses."
    )
    failed = settings.duplicate_emails is EmailFix.STOP
    return _result("duplicate-emails", title, message, failed=failed)


def _domains_check(settled: Settled) -> CheckResult:
    title = "Every e-mail domain is trusted"
    doubtful = settled.doubtful_domains()
    if not doubtful:
        return _passed("email-domains", title)
    shown = ", ".join(
        f"{domain} ({count}{', not trusted' if decision else ''})"
        for domain, (decision, count) in doubtful.items()
    )
    cure = "`portway domains trust DOMAIN`, or `--trust-domain`, decides."
    if settled.refuses_undecided:
        message = (
            f"Not trusted or undecided, with people: {shown}. Nothing moves until then. {cure}"
        )
    else:
        message = (
            f"Not trusted or undecided, with people: {shown}. They arrive as named placeholders"
            f" without access; a later run makes accounts of them. {cure}"
        )
    return _result("email-domains", title, message, failed=settled.refuses_undecided)


def _clash_check(groups: Groups, settings: PlanSettings) -> CheckResult:
    title = "The site has no group of the same name"
    clashes = groups.clashing()
    if not clashes:
        return _passed("group-clash", title)
    effect = {
        GroupClash.SKIP: "They stay behind with their memberships and permissions.",
        GroupClash.MERGE: "Whoever joins gets everything the site's group holds.",
        GroupClash.STOP: "Nothing moves until this is decided.",
    }[settings.group_clash]
    shown = ", ".join(
        f"{group.name} ({group.members} at the site, {_joining(joining)};"
        f" holds {_some(group.permissions) or 'no space permission'})"
        for group, joining in clashes[:NAMED]
    ) + _more(len(clashes))
    message = f"{_count(len(clashes), 'group')}: {shown}. {effect}"
    return _result("group-clash", title, message, failed=settings.group_clash is GroupClash.STOP)


def _blocked_check(groups: Groups) -> CheckResult:
    title = "No group gives administration"
    if not groups.blocked:
        return _passed("blocked-groups", title)
    shown = "; ".join(f"{group}: {len(keys)}" for group, keys in sorted(groups.blocked.items()))
    message = (
        f"These never move, and their members do ({shown}). Add them by hand where they should"
        " administer the site; the report names them."
    )
    return _result("blocked-groups", title, message)


def _nested_check(groups: Groups) -> CheckResult:
    title = "No group is in another group"
    if not groups.flattened:
        return _passed("nested-groups", title)
    shown = "; ".join(
        f"{group} takes in {', '.join(below[:NAMED])}{_more(len(below))}"
        for group, below in list(groups.flattened.items())[:NAMED]
    ) + _more(len(groups.flattened))
    message = f"The cloud has no groups in groups, so members are put in directly: {shown}."
    return _result("nested-groups", title, message)


def _absent_check(groups: Groups) -> CheckResult:
    title = "Every group that permissions name arrives"
    absent = groups.absent()
    if not absent:
        return _passed("missing-groups", title)
    message = (
        f"{_count(len(absent), 'group')} that permissions or restrictions name will not be there:"
        f" {_some(absent)}. Their permissions are reported; a page closed to all but them stays"
        " closed. `--missing-groups create` makes them, without members."
    )
    return _result("missing-groups", title, message)


def _joining(keys: Sequence[str]) -> str:
    who = f": {_some(keys)}" if keys else ""
    return f"{len(keys)} would join{who}"


def _passed(check_id: str, title: str) -> CheckResult:
    return CheckResult("portway", check_id, title, "passed")


def _result(check_id: str, title: str, message: str, *, failed: bool = False) -> CheckResult:
    return CheckResult("portway", check_id, title, "failed" if failed else "warned", message)


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + _more(len(names))


def _more(count: int) -> str:
    return " and others" if count > NAMED else ""
