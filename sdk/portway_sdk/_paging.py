"""Reading page by page, and asking in batches."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from portway_sdk._errors import IntegrityError
from portway_sdk.wire import PageMeta

MAPPINGS_PAGE = 1200
CONTAINERS_PAGE = 250
FIND_BATCH = 100


class Page(Protocol):
    """A page that says where it stands."""

    @property
    def meta(self) -> PageMeta:
        """Where the page stands among its pages."""
        ...


AnyPage = TypeVar("AnyPage", bound=Page)


def pages(fetch: Callable[[str | None], AnyPage]) -> Iterator[AnyPage]:
    """Yield page after page until one says that it is the last.

    Args:
        fetch: Returns the page after the given `lastEntity`; None asks for the first.

    Raises:
        IntegrityError: The pages go in a circle.
    """
    last_entity: str | None = None
    while True:
        page = fetch(last_entity)
        yield page
        # Stop on has_next: the last page may still carry a last_entity.
        if not page.meta.has_next:
            return
        if page.meta.last_entity in (None, last_entity):
            raise IntegrityError("a page promises another one but does not say where it starts")
        last_entity = page.meta.last_entity


def batches(keys: Iterable[str], size: int = FIND_BATCH) -> Iterator[list[str]]:
    """Yield the keys, each once, in lists of at most `size`."""
    unique = iter(dict.fromkeys(keys))
    while batch := list(islice(unique, size)):
        yield batch
