"""Reads one part: its notes with the cloud's ids, and those that cannot be placed."""

from collections.abc import Iterable
from typing import Protocol

from notes_app.cloud.rules import (
    CloudNote,
    RejectedNote,
    Rejection,
    translate,
    user_mapping_key,
)
from notes_app.exchange import FormatError, Note


class Mappings(Protocol):
    """What a part needs of the `MigrationClient`."""

    def mappings_by_id(
        self, transfer_id: str, namespace: str, keys: Iterable[str]
    ) -> dict[str, str]:
        """Return the cloud ids of server ids; unknown ones are absent."""
        ...


def translate_part(
    content: bytes, mappings: Mappings, *, transfer_id: str, pair_id: str
) -> tuple[list[CloudNote], list[RejectedNote]]:
    """Return the notes of a part that have a place in the cloud, and the others with reasons.

    Only the ids that occur are looked up: the mappings of a large site are millions.
    """
    notes, rejected = _parse_lines(content)
    pages = mappings.mappings_by_id(
        transfer_id, "confluence:page", {note.page_id for _, note in notes}
    )
    accounts = mappings.mappings_by_id(
        transfer_id, "identity:user", {user_mapping_key(note.author_key) for _, note in notes}
    )
    placed = []
    for line, note in notes:
        result = translate(note, pages=pages, accounts=accounts, pair_id=pair_id)
        if isinstance(result, Rejection):
            rejected.append(RejectedNote(line, note.id, result))
        else:
            placed.append(result)
    return placed, rejected


def _parse_lines(content: bytes) -> tuple[list[tuple[int, Note]], list[RejectedNote]]:
    notes, rejected = [], []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            notes.append((number, Note.parse(line)))
        except FormatError:
            rejected.append(RejectedNote(number, None, Rejection.MALFORMED))
    return notes, rejected
