"""`python -m notes_app.seed`: writes believable notes, so that there is something to move.

The same arguments always write the same notes, and writing them twice changes nothing.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from notes_app.exchange import Attachment, Note
from notes_app.server.notes import NoteStore, describe_file

_FIRST_DAY = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
_DAYS = 300
_OPENINGS = (
    "Read this with the team today.",
    "Good page, thank you.",
    "This answered my question.",
    "I tried these steps on a fresh machine.",
    "We talked about this in the stand-up.",
    "Somebody from support asked about this.",
    "Nice, much clearer than before.",
    "We use this every Monday.",
    "New colleagues should start here.",
)
_REMARKS = (
    "The second paragraph could use an example.",
    "The link in the last section leads nowhere.",
    "Is the table still right? The figures look like last year's.",
    "I would move the summary to the top.",
    "The screenshots show the old version.",
    "Could we say who to ask when it fails?",
    "One step is missing before the last.",
    "Let us keep it as it is.",
    "A picture would say more than the first section.",
    "The title no longer fits what it says.",
)
_PROMISES = ("", "", "I will take care of it.", "Can you look at it this week?", "Not urgent.")
_FILE_NAMES = ("figures.csv", "views by week.csv", "before and after.csv")
_CHANCE_OF_FILE = 0.2


def make_notes(
    pages: Sequence[str], authors: Sequence[str], *, count: int, seed: int
) -> Iterator[tuple[Note, Sequence[bytes]]]:
    """Yield `count` notes with the bytes of their attachments, chosen by `seed` alone."""
    random = Random(seed)  # noqa: S311  (not for secrets)
    for _ in range(count):
        text = " ".join(filter(None, map(random.choice, (_OPENINGS, _REMARKS, _PROMISES))))
        files = [_make_file(random)] if random.random() < _CHANCE_OF_FILE else []
        note = Note(
            id=str(UUID(int=random.getrandbits(128), version=4)),
            page_id=random.choice(pages),
            author_key=random.choice(authors),
            text=text,
            created_at=_FIRST_DAY + timedelta(minutes=random.randrange(_DAYS * 24 * 60)),
            attachments=tuple(attachment for attachment, _content in files),
        )
        yield note, [content for _attachment, content in files]


def _make_file(random: Random) -> tuple[Attachment, bytes]:
    weeks = range(1, random.randrange(5, 50))
    lines = ["week,views", *(f"{week},{random.randrange(1000)}" for week in weeks)]
    content = "\n".join(lines).encode()
    return describe_file(random.choice(_FILE_NAMES), "text/csv", content), content


def main(argv: Sequence[str] | None = None) -> int:
    """Write the notes. Returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        ids = _read_ids(options.ids) if options.ids else {}
    except (OSError, ValueError) as problem:
        parser.error(f"--ids: {problem}")
    pages = options.pages or ids.get("pages", [])
    authors = options.authors or ids.get("authors", [])
    if not pages or not authors:
        parser.error("name at least one page and one author, with --pages and --authors or --ids")
    path = options.data / "notes.db"
    made = make_notes(pages, authors, count=options.notes, seed=options.seed)
    written = NoteStore(path).put(made)
    print(f"notes: {written}, pages: {len(pages)}, authors: {len(authors)}, in {path}")  # noqa: T201
    return 0


def _read_ids(source: str) -> dict[str, list[str]]:
    told: Any = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text())
    if not isinstance(told, dict):
        raise ValueError('expected {"pages": […], "authors": […]}')
    return {name: [str(item) for item in told.get(name, [])] for name in ("pages", "authors")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notes_app.seed",
        description="Write believable notes for the server side of Page notes."
        " Exits 0 when they are written, 2 when an argument is wrong.",
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="The server side's --data.")
    add("--pages", type=_names, metavar="ID,ID", help="Page ids of the Confluence server.")
    add("--authors", type=_names, metavar="KEY,KEY", help="User keys of the Confluence server.")
    add(
        "--ids",
        metavar="FILE",
        help='Pages and authors as JSON, {"pages": [...], "authors": [...]}; - reads stdin.',
    )
    add("--notes", type=int, default=25, metavar="COUNT", help="[default: %(default)s]")
    add("--seed", type=int, default=7, metavar="N", help="[default: %(default)s]")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


if __name__ == "__main__":
    sys.exit(main())
