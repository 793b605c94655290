"""What the cloud app decides: where a note goes, how far an import is, how it ends.

Plain values in, plain values out; nothing here reads or writes anything.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from notes_app.exchange import Attachment, LeftOut, Note
from portway_sdk import TransferStatus


class Rejection(StrEnum):
    """Why a note that arrived was not imported."""

    MALFORMED = "malformed"
    """Its line cannot be read."""
    PAGE_UNKNOWN = "page-unknown"
    """Its page has no cloud id (any more)."""


@dataclass(frozen=True)
class RejectedNote:
    """A note that arrived and was not imported."""

    line: int
    """Where it stood in its upload, counted from 1."""
    note_id: str | None
    """None where the line could not be read."""
    reason: Rejection


@dataclass(frozen=True)
class CloudNote:
    """A note as the cloud keeps it: page and account are the cloud's ids."""

    id: str
    """The server's id, so that a note that comes again is recognised."""
    page_id: str
    account_id: str | None
    """None for an author without a cloud account."""
    pseudonym: str | None
    """Stands for an author without a cloud account: the same person, the same pseudonym."""
    text: str
    created_at: datetime
    attachments: tuple[Attachment, ...]


def user_mapping_key(author_key: str) -> str:
    """Return the key of an author in the namespace `identity:user`."""
    return f"confluence.userkey/{author_key}"


def translate(
    note: Note, *, pages: Mapping[str, str], accounts: Mapping[str, str], pair_id: str
) -> CloudNote | Rejection:
    """Put cloud ids for the server's, or say why that cannot be done.

    A note without its page has no place. A note without its author still has one: it is kept under
    a pseudonym, and the server's user key, a piece of personal data, is not. A later run in which
    the author is known puts the account in.

    Args:
        note: The note as it arrived.
        pages: Mappings of `confluence:page`.
        accounts: Mappings of `identity:user`.
        pair_id: The pair of server and site; pseudonyms of different pairs cannot be matched.
    """
    page_id = pages.get(note.page_id)
    if page_id is None:
        return Rejection.PAGE_UNKNOWN
    account_id = accounts.get(user_mapping_key(note.author_key))
    return CloudNote(
        id=note.id,
        page_id=page_id,
        account_id=account_id,
        pseudonym=None if account_id else make_pseudonym(note.author_key, pair_id=pair_id),
        text=note.text,
        created_at=note.created_at,
        attachments=note.attachments,
    )


def make_pseudonym(author_key: str, *, pair_id: str) -> str:
    """Return eight hex digits that stand for an author within one pair of server and site."""
    return hmac.digest(pair_id.encode(), author_key.encode(), "sha256").hex()[:8]


def decide_percent(done: int, expected: int | None) -> int:
    """Return how far an import is, from 1 to 99.

    `done` counts finished uploads; `expected` is None until the end marker is in. Before, nobody
    knows how many there will be: each upload brings the figure nearer to 50, and none reaches it.
    It may fall when the end marker comes: report it only when it is higher than the last.
    """
    if expected is None:
        return 1 + 49 * done // (done + 20)
    return 1 + 98 * min(done, expected) // max(expected, 1)


@dataclass(frozen=True)
class Tally:
    """What became of one transfer's notes."""

    imported: int = 0
    rejected: Mapping[Rejection, int] = field(default_factory=dict)
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    """Notes the server side did not send."""
    unknown_authors: int = 0
    """Of the imported notes, those kept under a pseudonym."""
    differing_uploads: int = 0
    """Uploads whose digest is not the one the end marker names."""


def decide_outcome(tally: Tally) -> TransferStatus:
    """Return how a transfer ends whose uploads are all in.

    Notes on pages that have not moved spoil nothing: a plan may hold one space of many, and the
    run that brings their page brings them.
    """
    if tally.differing_uploads or (tally.rejected and not tally.imported):
        return TransferStatus.FAILED
    if tally.rejected or tally.left_out.keys() - {LeftOut.PAGE_NOT_MIGRATED}:
        return TransferStatus.INCOMPLETE
    return TransferStatus.SUCCESS


def describe(tally: Tally) -> str:
    """Return the tally as one line for the admin; what is zero goes unsaid."""
    rejected, left_out = tally.rejected, tally.left_out
    told = {
        "by people without a cloud account": tally.unknown_authors,
        "refused because their page is not known here": rejected.get(Rejection.PAGE_UNKNOWN),
        "refused because they could not be read": rejected.get(Rejection.MALFORMED),
        "left on the server until their page moves": left_out.get(LeftOut.PAGE_NOT_MIGRATED),
        "left on the server because they are empty": left_out.get(LeftOut.EMPTY),
        "left on the server for a file too large": left_out.get(LeftOut.FILE_TOO_LARGE),
        "uploads that are not what was sent": tally.differing_uploads,
    }
    others = [f"{what}: {count}" for what, count in told.items() if count]
    return "; ".join([f"Notes imported: {tally.imported}", *others])


def make_feedback(tally: Tally, named: Sequence[RejectedNote]) -> dict[str, Any]:
    """Return what the server app, and through it the admin, may read about a transfer.

    It holds counts and note ids: no text, nobody's name.
    """
    return {
        "imported": tally.imported,
        "unknownAuthors": tally.unknown_authors,
        "rejected": {str(reason): count for reason, count in tally.rejected.items()},
        "leftOnServer": {str(reason): count for reason, count in tally.left_out.items()},
        "differingUploads": tally.differing_uploads,
        "rejectedNotes": [
            {"note": note.note_id, "line": note.line, "reason": str(note.reason)} for note in named
        ],
    }
