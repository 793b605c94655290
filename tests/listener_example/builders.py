"""Builders with dull defaults, so that a test shows only what matters."""

from datetime import UTC, datetime
from hashlib import sha256

from notes_app.exchange import Attachment, Note

MONDAY = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def a_note(
    note_id: str = "n1",
    *,
    page: str = "100",
    author: str = "ada",
    text: str = "Good page.",
    files: tuple[Attachment, ...] = (),
) -> Note:
    return Note(note_id, page, author, text, MONDAY, files)


def a_file(content: bytes = b"plan", *, name: str = "plan.txt") -> Attachment:
    return Attachment(name, "text/plain", len(content), sha256(content).hexdigest())
