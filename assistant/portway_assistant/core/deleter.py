"""Carries deletions: lists once what is gone at the source, then deletes it batch by batch.

The list is in the ledger before the first deletion, so that a run which was cut off goes on with
the same list, though the site's inventory has changed by then.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.core.gone import ORDER, GoneItem
from portway_assistant.core.items import NAMESPACES
from portway_assistant.progress import Progress
from portway_assistant.runs.ledger import ItemOutcome, Ledger
from portway_assistant.stopping import check
from portway_service.edit_rules import EditPolicy

BATCH_KEYS = 500
DOOMED = "doomed"
"""The outcome of an item that is to be deleted and was not yet."""

LISTING, DELETING = "deletions-list", "deletions"


class Deleter:
    """Deletes for one run."""

    def __init__(
        self,
        *,
        run_id: str,
        migration_id: str,
        site: SiteClient,
        platform: PlatformClient,
        ledger: Ledger,
        progress: Progress,
        stop: threading.Event,
        edited: EditPolicy,
    ) -> None:
        self._run_id = run_id
        self._migration_id = migration_id
        self._site = site
        self._platform = platform
        self._ledger = ledger
        self._progress = progress
        self._stop = stop
        self._edited = edited

    def delete(self, find: Callable[[], Iterable[GoneItem]]) -> None:
        """Delete what `find` finds gone, or go on deleting what was listed before.

        Raises:
            StopRequested: Between two batches.
        """
        count, is_listed = self._ledger.position(self._run_id, LISTING)
        if not is_listed:
            count = self._list(find())
        done, is_over = self._ledger.position(self._run_id, DELETING)
        self._progress.phase(DELETING, count)
        self._progress.advance(DELETING, done)
        if is_over:
            return
        for batch in self._batches():
            check(self._stop)
            outcomes = self._delete(batch)
            done += len(batch)
            self._ledger.record(self._run_id, DELETING, outcomes, position=done)
            self._progress.advance(DELETING, len(batch))
        self._ledger.record(self._run_id, DELETING, [], position=done, done=True)

    def _list(self, gone: Iterable[GoneItem]) -> int:
        count, items = 0, iter(gone)
        while some := list(islice(items, BATCH_KEYS)):
            titles = self._ledger.last_titles(self._run_id, [item.source_key for item in some])
            listed = [
                ItemOutcome(
                    source_key=item.source_key,
                    kind=item.kind,
                    outcome=DOOMED,
                    title=titles.get(item.source_key, item.source_key),
                    destination_id=item.destination_id,
                )
                for item in some
            ]
            count += len(listed)
            self._ledger.record(self._run_id, LISTING, listed, position=0)
        self._ledger.record(self._run_id, LISTING, [], position=count, done=True)
        return count

    def _batches(self) -> Iterator[list[ItemOutcome]]:
        kinds = self._ledger.counts(self._run_id)
        others = sorted(kinds.keys() - set(ORDER))
        for kind in (*ORDER, *others):
            doomed = self._ledger.outcomes(self._run_id, kinds=[kind], only=[DOOMED])
            while batch := list(islice(doomed, BATCH_KEYS)):
                yield batch

    def _delete(self, batch: Sequence[ItemOutcome]) -> list[ItemOutcome]:
        results = self._site.delete_items(
            [item.source_key for item in batch], run_id=self._run_id, edited=self._edited
        )
        outcomes = [
            ItemOutcome(
                source_key=item.source_key,
                kind=item.kind,
                outcome=result["outcome"],
                title=item.title,
                destination_id=item.destination_id,
                code=result["code"],
                reason=result["reason"],
            )
            for item, result in zip(batch, results, strict=True)
        ]
        mappings = [
            {
                "namespace": NAMESPACES[item.kind],
                "key": item.source_key.partition("/")[2],
                "value": item.destination_id,
            }
            for item in outcomes
            if item.outcome in {"deleted", "unchanged"} and item.kind in NAMESPACES
        ]
        if mappings:
            self._platform.remove_mappings(self._migration_id, mappings)
        return outcomes
