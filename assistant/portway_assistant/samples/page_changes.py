"""Changes to a page on its way out, for damage to plant."""

from collections.abc import Callable

from portway_assistant.samples.planting import Change, Spot
from portway_assistant.samples.site import Site


def victim(site: Site, number: int) -> int:
    """Return a page to damage: one of the first space, not its home, another for each number."""
    count = len(range(0, site.pages, site.spaces))
    return (1 + number % max(count - 1, 1)) * site.spaces % site.pages


def on_page(number: int, change: Change) -> Callable[[Site], dict[Spot, Change]]:
    """Plant a change in a page."""
    return lambda site: {Spot("page", victim(site, number)): change}


def on_body(number: int, change: Change) -> Callable[[Site], dict[Spot, Change]]:
    """Plant a change in a page's body."""
    return lambda site: {Spot("page_body", victim(site, number)): change}


def in_title(inserted: str) -> Change:
    """Put text in front of a title."""
    opening = '<property name="title"><![CDATA['
    return lambda _site, xml: xml.replace(opening, opening + inserted, 1)


def in_body(inserted: str) -> Change:
    """Put text in front of a body."""
    opening = '<property name="body"><![CDATA['
    return lambda _site, xml: xml.replace(opening, opening + inserted, 1)
