"""Sends the items of a phase in batches, and accounts for each.

For every batch, in this order: the items go to the site, their files follow, their mappings go to
the platform, and only then is the batch written to the ledger. Whatever is cut off in between is
sent again, and answered as before.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.core.outgoing import FileChunks, OutgoingFile, OutgoingItem
from portway_assistant.core.space_keys import KEY_TAKEN
from portway_assistant.progress import Progress
from portway_assistant.runs.ledger import ARRIVED, ItemOutcome, Ledger
from portway_assistant.stopping import check, checked
from portway_sdk import APIError
from portway_service.edit_rules import EditPolicy

BATCH_ITEMS = 500
BATCH_BYTES = 4 << 20
SMALL_FILE_BYTES = 256 << 10
SMALL_FILES_BYTES = 4 << 20
STANDS_BESIDE = "stands_beside"


class Loader:
    """Sends phases of one run."""

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
        edited: EditPolicy = EditPolicy.LEAVE,
    ) -> None:
        self._run_id = run_id
        self._migration_id = migration_id
        self._site = site
        self._platform = platform
        self._ledger = ledger
        self._progress = progress
        self._stop = stop
        self._edited = edited

    def load(
        self,
        phase: str,
        items: Callable[[], Iterable[OutgoingItem]],
        *,
        total: int,
        ahead: bool = False,
    ) -> None:
        """Send a phase, from where an earlier attempt left off.

        `items` gives the same items in the same order each time. With `ahead`, its attachments
        come before what they hang on.

        Raises:
            StopRequested: Between two items, once the stop event is set. Items of a batch that
                was not sent yet are still ahead.
        """
        self._progress.phase(phase, total)
        position, done = self._ledger.position(self._run_id, phase)
        self._progress.advance(phase, position)
        if done:
            return
        for batch in batches(checked(islice(items(), position, None), self._stop)):
            outcomes = self._send(batch, ahead=ahead)
            position += len(batch)
            self._ledger.record(self._run_id, phase, outcomes, position=position)
            self._progress.advance(phase, len(batch))
        self._ledger.record(self._run_id, phase, [], position=position, done=True)

    def load_failed(
        self, phase: str, items: Callable[[], Iterable[OutgoingItem]], *, ahead: bool = False
    ) -> int:
        """Send those items of a phase again that failed; return how many arrived this time.

        What failed because of another item failed itself, so it is among them.

        Raises:
            StopRequested: As `load`. What was sent by then is accounted for.
        """
        arrived = 0
        for batch in batches(checked(items(), self._stop)):
            failed = self._ledger.failed_among(self._run_id, [item.source_key for item in batch])
            if not failed:
                continue
            again = [item for item in batch if item.source_key in failed]
            self._progress.phase(f"retry {phase}", len(again))
            outcomes = self._send(again, ahead=ahead)
            self._ledger.amend(self._run_id, outcomes)
            arrived += sum(outcome.outcome in ARRIVED for outcome in outcomes)
            self._progress.advance(f"retry {phase}", len(again))
        return arrived

    def _send(self, batch: Sequence[OutgoingItem], *, ahead: bool = False) -> list[ItemOutcome]:
        sendable = [(item, item.line()) for item in batch if item.gap is None]
        answers: dict[str, ItemOutcome] = {}
        wanted: list[tuple[str, OutgoingFile]] = []
        copies: list[ItemOutcome] = []
        if sendable:
            lines = [line for _, line in sendable]
            results = self._site.send_items(
                lines, run_id=self._run_id, edited=self._edited, ahead=ahead
            )
            for (item, _), result in zip(sendable, results, strict=True):
                # Somebody made a space of this key meanwhile: it is left out, nothing has failed.
                is_taken = result.get("code") == KEY_TAKEN
                answers[item.source_key] = ItemOutcome(
                    source_key=item.source_key,
                    kind=item.kind,
                    outcome="skipped" if is_taken else result["outcome"],
                    title=item.title,
                    destination_id=result.get("id"),
                    code=result.get("code"),
                    reason=result.get("reason"),
                )
                if beside := result.get("beside"):
                    copies.append(_copy_outcome(item, beside))
                if result.get("fileWanted") and item.file is not None:
                    wanted.append((item.source_key, item.file))
        for source_key, problem in self._send_files(wanted):
            answers[source_key] = _failed(answers[source_key], problem)
        self._send_mappings([item for item, _ in sendable], answers)
        return [
            answers[item.source_key] if item.gap is None else _gap_outcome(item, item.gap)
            for item in batch
        ] + copies

    def _send_files(
        self, wanted: Sequence[tuple[str, OutgoingFile]]
    ) -> Iterator[tuple[str, tuple[str, str]]]:
        """Send files; yield the source key and the problem of each that was refused."""
        small: list[tuple[str, bytes]] = []
        size = 0
        for source_key, file in wanted:
            check(self._stop)
            if file.size_bytes > SMALL_FILE_BYTES:
                try:
                    self._site.send_file(source_key, self._stoppable(file.open_chunks))
                except APIError as error:
                    yield source_key, (error.code, error.message)
                continue
            small.append((source_key, b"".join(file.open_chunks())))
            size += file.size_bytes
            if size >= SMALL_FILES_BYTES:
                yield from self._send_small(small)
                small, size = [], 0
        if small:
            yield from self._send_small(small)

    def _stoppable(self, open_chunks: FileChunks) -> FileChunks:
        """Let a file break off between two chunks once the stop event is set."""
        return lambda: checked(open_chunks(), self._stop)

    def _send_small(
        self, files: Sequence[tuple[str, bytes]]
    ) -> Iterator[tuple[str, tuple[str, str]]]:
        for result in self._site.send_small_files(files):
            if result["outcome"] == "failed":
                yield result["sourceKey"], (result["code"], result["reason"])

    def _send_mappings(
        self, items: Sequence[OutgoingItem], answers: dict[str, ItemOutcome]
    ) -> None:
        rows = [
            {"namespace": mapping.namespace, "key": mapping.key, "value": answer.destination_id}
            for item in items
            if (answer := answers[item.source_key]).outcome in ARRIVED and answer.destination_id
            for mapping in item.mapping_keys
        ]
        if rows:
            self._platform.add_mappings(self._migration_id, rows)


def batches(items: Iterable[OutgoingItem]) -> Iterator[list[OutgoingItem]]:
    """Group items into batches bounded in number and in bytes; one huge item goes alone."""
    batch: list[OutgoingItem] = []
    size = 0
    for item in items:
        text = item.payload.get("body") or item.payload.get("text") or ""
        item_size = len(text) * 2 + 500
        if batch and (len(batch) == BATCH_ITEMS or size + item_size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch


def _copy_outcome(item: OutgoingItem, beside: dict[str, Any]) -> ItemOutcome:
    """Return what became of the copy that stands beside an item edited at the destination."""
    return ItemOutcome(
        source_key=beside["sourceKey"],
        kind=item.kind,
        outcome=beside["outcome"],
        title=beside["title"],
        destination_id=beside["id"],
        code=beside["code"] or STANDS_BESIDE,
        reason=beside["reason"] or f"It stands beside {item.source_key}, which was edited here.",
    )


def _gap_outcome(item: OutgoingItem, gap: tuple[str, str]) -> ItemOutcome:
    code, reason = gap
    return ItemOutcome(
        source_key=item.source_key,
        kind=item.kind,
        outcome="skipped",
        title=item.title,
        code=code,
        reason=reason,
    )


def _failed(outcome: ItemOutcome, problem: tuple[str, str]) -> ItemOutcome:
    code, reason = problem
    return ItemOutcome(
        source_key=outcome.source_key,
        kind=outcome.kind,
        outcome="failed",
        title=outcome.title,
        code=code,
        reason=reason,
    )
