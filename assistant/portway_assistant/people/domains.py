"""Which e-mail domains the operator trusts. Source: docs/reference/people.md#domains"""

from enum import StrEnum

from portway_service.folding import fold


class Decision(StrEnum):
    """What was decided about a domain; without one, nobody decided yet."""

    TRUSTED = "TRUSTED"
    NOT_TRUSTED = "NOT_TRUSTED"


def domain_of(email: str) -> str:
    """Return the domain of an address in the form decisions are kept in.

    >>> domain_of("Ann@Example.COM")
    'example.com'
    """
    return fold(email.rpartition("@")[2])
