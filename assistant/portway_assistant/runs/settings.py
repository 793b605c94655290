"""The choices of a plan: what an admin decides before anything moves.

Source: docs/reference/plans.md
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import EnumType, StrEnum
from typing import Any

from portway_service.edit_rules import EditPolicy


class PeopleScope(StrEnum):
    """Who moves."""

    ALL = "all"
    RELATED = "related"
    """Those the chosen spaces refer to: name and e-mail, no access, no groups."""


class EmailFix(StrEnum):
    """What becomes of people whose e-mail address cannot be their identity."""

    STOP = "stop"
    """Nothing moves until the source or a people file mends it."""
    PLACEHOLDER = "placeholder"
    """A named account of their own without address or access, claimable later."""
    GENERATE = "generate"
    """A made-up address in the plan's own domain."""
    MERGE = "merge"
    """One account for all who share the address; for shared addresses only."""


class Undecided(StrEnum):
    """What becomes of people of e-mail domains that nobody has trusted."""

    STOP = "stop"
    PLACEHOLDER = "placeholder"


class GroupClash(StrEnum):
    """What becomes of a group whose name the site has already, from elsewhere."""

    STOP = "stop"
    SKIP = "skip"
    """Left out, with its memberships and permissions."""
    MERGE = "merge"
    """Its members join the group of the site, and hold what that group holds."""


class MissingGroups(StrEnum):
    """What becomes of permissions of groups that are not at the destination."""

    REPORT = "report"
    CREATE = "create"


class SpaceClash(StrEnum):
    """What becomes of a space whose key the site has already."""

    STOP = "stop"
    SKIP = "skip"
    RENAME = "rename"


class Content(StrEnum):
    """How much of the chosen spaces moves."""

    ALL = "all"
    ATTACHMENTS = "attachments"
    NONE = "none"
    """People and groups only."""


@dataclass(frozen=True)
class PlanSettings:
    """Every choice, with the answer that does least where nobody chose."""

    people: PeopleScope = PeopleScope.ALL
    invalid_emails: EmailFix = EmailFix.PLACEHOLDER
    duplicate_emails: EmailFix = EmailFix.PLACEHOLDER
    generated_domain: str | None = None
    """The domain of made-up addresses; needed by `generate`."""
    undecided_domains: Undecided = Undecided.PLACEHOLDER
    group_clash: GroupClash = GroupClash.SKIP
    missing_groups: MissingGroups = MissingGroups.REPORT
    space_clash: SpaceClash = SpaceClash.STOP
    renamed_spaces: dict[str, str] = field(default_factory=dict)
    """Folded key at the source to the key it gets; a clash that is renamed without one gets a
    free key made from its own."""
    source_urls: tuple[str, ...] = ()
    """Base URLs of the source; else those the export holds."""
    content: Content = Content.ALL
    edited: EditPolicy = EditPolicy.LEAVE
    deletions: bool = False
    """Whether what is gone at the source goes at the destination too."""

    def chosen(self) -> dict[str, Any]:
        """Return the settings that are not the defaults, JSON-ready."""
        defaults = asdict(PlanSettings())
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}

    @classmethod
    def from_chosen(cls, chosen: dict[str, Any]) -> "PlanSettings":
        """Return the settings that `chosen` gave; `ValueError` for a value that is none."""
        return cls(**{name: _KINDS[name](value) for name, value in chosen.items()})


def _as_it_is(value: Any) -> Any:
    return value


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    each.name: each.type if isinstance(each.type, EnumType) else _as_it_is
    for each in fields(PlanSettings)
} | {"source_urls": tuple}
