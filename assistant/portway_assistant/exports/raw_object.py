"""One row of the source's database, as entities.xml tells it, before anything is made of it."""

from collections.abc import Callable, Mapping, Set
from typing import NamedTuple

Reference = tuple[str, str]
"""Class and id of another object, which may be absent."""

Wanted = Mapping[str, Set[str]]
"""Class name to the fields worth reading; anything else is dropped while parsing."""


BODY_FIELD = "body"


class RawObject(NamedTuple):
    """One `<object>`: only its wanted fields, and of those only what is not null."""

    class_name: str
    package: str
    id: str | None
    """None for a composite or missing id."""
    values: dict[str, str]
    references: dict[str, Reference]
    collections: dict[str, list[Reference]]
    body: bytes = b""
    """The one long field: the text of a body, in UTF-8. It goes to disk without being decoded."""


Emit = Callable[[RawObject], object]
"""Takes one object after another, as it is read."""

_plain_names: dict[str, str] = {}


def plain_class(name: str) -> str:
    """Return a class name without the suffix Hibernate adds to its proxies and without a package.

    >>> plain_class("Page_$$_javassist_12")
    'Page'
    """
    plain = _plain_names.get(name)
    if plain is None:
        plain = name.partition("$")[0].rstrip("_").rpartition(".")[2] or name
        if len(_plain_names) < 10_000:
            _plain_names[name] = plain
    return plain
