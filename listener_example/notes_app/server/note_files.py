"""Reads notes from a JSON lines file, with the bytes of their attachments in base64.

{"id": "n1", "pageId": "98361", "authorKey": "4028…", "text": "Looks good.",
 "createdAt": "2026-01-05T09:30:00+00:00",
 "attachments": [{"fileName": "plan.txt", "mediaType": "text/plain", "base64": "cGxhbgo="}]}
"""

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from notes_app.exchange import FormatError, Note
from notes_app.server.notes import describe_file


def read_notes(path: Path) -> Iterator[tuple[Note, Sequence[bytes]]]:
    """Yield each note of the file with the bytes of its attachments.

    Raises:
        FormatError: A line is not a note. The message says which line and what is wrong.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                note_with_contents = _parse(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as exc:
                raise FormatError(f"{path.name}, line {number}: {exc}") from exc
            yield note_with_contents


def _parse(told: dict[str, Any]) -> tuple[Note, Sequence[bytes]]:
    files = told.get("attachments", [])
    contents = [base64.b64decode(file["base64"], validate=True) for file in files]
    attachments = [
        describe_file(file["fileName"], file["mediaType"], content)
        for file, content in zip(files, contents, strict=True)
    ]
    described = [attachment.to_fields() for attachment in attachments]
    return Note.from_fields({**told, "attachments": described}), contents
