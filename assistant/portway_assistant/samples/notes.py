"""The example app's own data: notes on the sample's pages, in the form its server side reads.

Source: listener_example/notes_app/server/note_files.py
"""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portway_assistant.samples.site import Site

_FIRST_DAY = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)


def note_lines(site: Site) -> Iterator[bytes]:
    """Yield the notes, one JSON line each; every twentieth has a file."""
    for number in range(site.options.app_notes):
        chance = site.chance("note", number)
        note: dict[str, object] = {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "pageId": str(site.id("page", number % site.pages)),
            "authorKey": site.key(chance.randrange(10_000)),
            "text": site.lexicon.paragraph(chance),
            "createdAt": (_FIRST_DAY + timedelta(minutes=number * 37)).isoformat(),
            "attachments": [],
        }
        if number % 20 == 0:
            rows = "".join(f"{week},{chance.randrange(1000)}\n" for week in range(12))
            data = base64.b64encode(f"week,views\n{rows}".encode()).decode()
            note["attachments"] = [
                {"fileName": "views.csv", "mediaType": "text/csv", "base64": data}
            ]
        yield json.dumps(note, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
