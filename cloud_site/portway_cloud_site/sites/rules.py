"""What a site is called."""

import re
from dataclasses import dataclass

FIRST_ID = 98_305
"""The first id a site gives out."""

_SITE_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Site:
    """A site: its number in the database, its key in addresses, its name for people."""

    id: int
    key: str
    name: str


def is_site_key(text: str) -> bool:
    """Tell whether `text` can be the key of a site."""
    return _SITE_KEY.fullmatch(text) is not None
