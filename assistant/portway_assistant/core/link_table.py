"""Old addresses to new ones, of everything people link to: what a redirect is made of.

Source: docs/reference/rewriting.md#link-table
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from urllib.parse import quote, quote_plus

from portway_assistant.core.rewriting.tiny_links import encode_tiny
from portway_assistant.exports.records import Space
from portway_assistant.exports.reference_queries import Named
from portway_assistant.exports.work_store import WorkStore

ROWS_AT_ONCE = 500

FindIds = Callable[[Sequence[str]], dict[str, str]]
"""Returns, by source key, the ids of the items that arrived."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One thing under its old addresses and its new one. An address it never had is empty."""

    source_key: str
    title: str
    old_url: str
    old_id_url: str
    old_tiny_url: str
    new_url: str

    def as_dict(self) -> dict[str, str]:
        """Return the row as it is written."""
        row = asdict(self)
        return {_NAMES[name]: value for name, value in row.items()}


_NAMES = {
    "source_key": "sourceKey",
    "title": "title",
    "old_url": "oldUrl",
    "old_id_url": "oldPageIdUrl",
    "old_tiny_url": "oldTinyUrl",
    "new_url": "newUrl",
}
COLUMNS = tuple(_NAMES.values())


def link_rows(
    store: WorkStore,
    spaces: Iterable[tuple[Space, str]],
    *,
    source_url: str,
    site_url: str,
    find_ids: FindIds,
) -> Iterator[LinkRow]:
    """Yield a row for each space, page, blog post and attachment that arrived.

    Args:
        spaces: Those that move, each with the key it gets.
        source_url: Base URL of the source; empty when nobody knows it: then old addresses begin
            with the path.
        site_url: Base URL of the destination.
    """
    for space, new_key in spaces:
        old_space = f"{source_url}/display/{quote_plus(space.key, safe='~')}"
        new_space = f"{site_url}/spaces/{quote(new_key, safe='~')}"
        if find_ids([f"space/{space.id}"]):
            yield LinkRow(f"space/{space.id}", space.name, old_space, "", "", new_space)
        contents = store.named_contents(space.id)
        while some := list(islice(contents, ROWS_AT_ONCE)):
            keys = {f"{one.kind}/{one.id}" for one in some}
            pages = {f"{kind}/{one.container_id}" for one in some for kind in ("page", "blogPost")}
            ids = find_ids([*keys, *pages])
            for one in some:
                if f"{one.kind}/{one.id}" in ids:
                    yield from _rows(one, ids, old_space, new_space, source_url, site_url)


def _rows(
    one: Named, ids: dict[str, str], old_space: str, new_space: str, source_url: str, site_url: str
) -> Iterator[LinkRow]:
    source_key = f"{one.kind}/{one.id}"
    if one.kind == "attachment":
        page = ids.get(f"page/{one.container_id}") or ids.get(f"blogPost/{one.container_id}")
        if page is not None:
            path, name = "download/attachments", quote(one.title, safe="")
            old = f"{source_url}/{path}/{one.container_id}/{name}"
            yield LinkRow(source_key, one.title, old, "", "", f"{site_url}/{path}/{page}/{name}")
        return
    day = f"/{one.created[:10].replace('-', '/')}" if one.kind == "blogPost" and one.created else ""
    place = "blog" if one.kind == "blogPost" else "pages"
    yield LinkRow(
        source_key,
        one.title,
        f"{old_space}{day}/{quote_plus(one.title, safe='')}",
        f"{source_url}/pages/viewpage.action?pageId={one.id}",
        f"{source_url}/x/{encode_tiny(int(one.id))}" if one.id.isdecimal() else "",
        f"{new_space}/{place}/{ids[source_key]}",
    )
