"""Sends one transfer's worth of notes: parts, files, end marker."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from notes_app.exchange import (
    END_LABEL,
    EndMarker,
    LeftOut,
    Note,
    SentUpload,
    file_label,
    part_label,
)
from notes_app.server.notes import Snapshot
from portway_sdk import AccessScope, Gateway

LARGEST_FILE_BYTES = 10 * 1024 * 1024
"""Larger files do not fit into Page notes Cloud; the vendor check announces them."""

NOTES_PER_PART = 500
"""Few enough for the cloud app to import a part within the 5 s an event may take."""

_log = logging.getLogger(__name__)


def find_unfit(note: Note) -> LeftOut | None:
    """Return why a note cannot move wherever its page is, or None."""
    if any(file.size_bytes > LARGEST_FILE_BYTES for file in note.attachments):
        return LeftOut.FILE_TOO_LARGE
    if not note.text.strip() and not note.attachments:
        return LeftOut.EMPTY
    return None


def find_left_out(note: Note, migrated_pages: Collection[str]) -> LeftOut | None:
    """Return why a note stays on the server in this transfer, or None."""
    if note.page_id not in migrated_pages:
        return LeftOut.PAGE_NOT_MIGRATED
    return find_unfit(note)


def export_notes(
    gateway: Gateway, snapshot: Snapshot, *, notes_per_part: int = NOTES_PER_PART
) -> EndMarker | None:
    """Upload every note whose page has moved, then say what was sent.

    A plan is made of spaces, and a note knows only its page. So the mappings decide: a page that
    has a cloud id was migrated. They also hold pages of earlier migrations, whose notes then go
    again; the cloud app keeps a note under its id, so it has it once.

    Returns:
        What the end marker says, or None when the admin cancelled on the way.
    """
    migrated_pages = gateway.mappings_by_id("confluence:page", snapshot.page_ids()).keys()
    sent: list[SentUpload] = []
    left_out: Counter[LeftOut] = Counter()
    digests: set[str] = set()
    moving = _notes_to_move(snapshot.notes(), migrated_pages, left_out)
    count = 0
    for number, part in enumerate(_batches(moving, notes_per_part), start=1):
        if gateway.cancellation_requested:
            return None
        sent.append(_upload(gateway, part_label(number), (note.to_line() for note in part)))
        digests.update(file.sha256 for note in part for file in note.attachments)
        count += len(part)
    for digest in sorted(digests):
        if gateway.cancellation_requested:
            return None
        sent.append(_upload(gateway, file_label(digest), snapshot.read_file(digest)))
    marker = EndMarker(tuple(sent), notes=count, left_out=left_out)
    _upload(gateway, END_LABEL, marker.to_lines())
    gateway.complete_export()
    return marker


def _notes_to_move(
    notes: Iterable[Note], migrated_pages: Collection[str], left_out: Counter[LeftOut]
) -> Iterator[Note]:
    """Yield the notes that move, and count in `left_out` those that do not."""
    for note in notes:
        reason = find_left_out(note, migrated_pages)
        if reason is None:
            yield note
        else:
            left_out[reason] += 1


def _upload(gateway: Gateway, label: str, pieces: Iterable[bytes]) -> SentUpload:
    with gateway.create_app_data(label=label, data_class=AccessScope.APP_DATA_UGC) as stream:
        for piece in pieces:
            stream.write(piece)
    upload = stream.upload
    _log.info("uploaded %s, %d bytes", label, upload.size_bytes)
    return SentUpload(upload.key, label, upload.sha256)


def _batches(notes: Iterator[Note], size: int) -> Iterator[list[Note]]:
    """Like `itertools.batched`, which Python 3.11 does not have."""
    while batch := list(islice(notes, size)):
        yield batch
