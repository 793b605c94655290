"""Rewriting the bodies of outgoing items: first a look at all of them for the ids they need.

Most bodies name no content by id; those that do are found in one pass over the export, and the ids
are asked for in bulk. Source: docs/reference/rewriting.md#ids
"""

from collections.abc import Callable, Sequence

from portway_assistant.clients import SiteClient
from portway_assistant.core.broken_links import BrokenLinks
from portway_assistant.core.destination_ids import DestinationIds
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.core.resolver import ExportResolver, Whereabouts
from portway_assistant.core.rewriting.addresses import SourceAddresses
from portway_assistant.core.rewriting.references import Where
from portway_assistant.core.rewriting.rewriter import Rewriter, may_refer
from portway_assistant.exports.records import BodyType
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.runs.settings import PlanSettings

_REPRESENTATIONS = {BodyType.STORAGE: "storage", BodyType.WIKI: "wiki"}


class Bodies:
    """The bodies of one export on their way to one destination.

    Args:
        broken: Takes what could not be resolved.
    """

    def __init__(
        self,
        store: WorkStore,
        site: SiteClient,
        broken: BrokenLinks,
        whereabouts: Whereabouts,
        settings: PlanSettings,
    ) -> None:
        self._store = store
        self._site = site
        self._broken = broken
        self._where = whereabouts
        self._settings = settings
        self._site_path = site.path
        self._reserve = False
        self._ready: Rewriter | None = None

    def begin(self, site_path: str) -> None:
        """Let ids be kept; `site_path` is the path of the destination's base URL."""
        self._site_path, self._reserve, self._ready = site_path.rstrip("/"), True, None

    def keep_ids(self, source_keys: Sequence[str]) -> None:
        """Have ids kept for items that are still to come; before the run begins, keep none."""
        if self._reserve:
            self._site.ids(source_keys, reserve=True)

    def rewrite(self, item: OutgoingItem, find_space: Callable[[], str | None]) -> None:
        """Replace the body of an item that is about to be sent, in place."""
        payload = item.payload
        field = "description" if item.kind == "space" else "body"
        body = payload.get(field)
        representation = payload.get("representation", "storage")
        if not body or not may_refer(body, representation):
            return
        where = Where(item.source_key, self._space_key(find_space()))
        found = self._rewriter.rewrite(body, representation, where)
        payload[field] = found.body
        if found.unresolved:
            self._broken.add(item.source_key, item.title, found.unresolved)

    @property
    def _rewriter(self) -> Rewriter:
        if self._ready is None:
            self._ready = self._prepare()
        return self._ready

    def _prepare(self) -> Rewriter:
        """Look at every body for the ids it needs, and ask for them."""
        ids = DestinationIds(self._site, reserve=self._reserve)
        resolver = ExportResolver(self._store, ids, self._where)
        addresses = SourceAddresses(self._source_urls(), self._site_path)
        rewriter = Rewriter(resolver, addresses)
        resolver.collecting = True
        for text in self._store.texts(sorted(self._where.moving)):
            representation = _REPRESENTATIONS.get(text.body_type, "")
            if may_refer(text.body, representation):
                where = Where("", self._space_key(text.space_id))
                rewriter.rewrite(text.body, representation, where)
        resolver.collecting = False
        ids.fetch()
        return rewriter

    def _source_urls(self) -> Sequence[str]:
        return self._settings.source_urls or self._store.source_urls()

    def _space_key(self, space_id: str | None) -> str | None:
        return None if space_id is None else self._where.old_keys.get(space_id)
