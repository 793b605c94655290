"""What the two sides of Page notes say to each other: labels, note lines and the end marker.

One transfer carries these app data uploads:

    notes-00001, notes-00002, …   notes, one JSON object a line
    file-<sha256>                 the bytes of one attachment, sent once however many notes have it
    notes-end                     the end marker: what was sent, and what was not and why

Events come in any order, some come twice, and none says "that was all". So every upload can be
imported without any other, and the end marker names each of them by its key.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

FORMAT = 1
"""Goes up when a line changes its meaning, so that an older cloud app refuses what it misreads."""

END_LABEL = "notes-end"
_PART_PREFIX = "notes-"
_FILE_PREFIX = "file-"


class UploadKind(StrEnum):
    """What an upload holds, told by its label."""

    PART = "part"
    FILE = "file"
    END = "end"


def part_label(number: int) -> str:
    """Return the label of the part with this number, counted from 1."""
    return f"{_PART_PREFIX}{number:05}"


def file_label(sha256: str) -> str:
    """Return the label of an attachment's bytes."""
    return f"{_FILE_PREFIX}{sha256}"


def find_upload_kind(label: str | None) -> UploadKind | None:
    """Return what an upload with this label holds, or None for a label that is not ours."""
    if label is None:
        return None
    if label == END_LABEL:
        return UploadKind.END
    if label.startswith(_FILE_PREFIX):
        return UploadKind.FILE
    is_part = label.startswith(_PART_PREFIX) and label.removeprefix(_PART_PREFIX).isdecimal()
    return UploadKind.PART if is_part else None


class FormatError(ValueError):
    """What was read is not what this module writes."""


@dataclass(frozen=True)
class Attachment:
    """What is known about a file on a note; its bytes travel on their own."""

    file_name: str
    media_type: str
    size_bytes: int
    sha256: str

    def to_fields(self) -> dict[str, Any]:
        """Return the attachment as its part of a note line."""
        return {
            "fileName": self.file_name,
            "mediaType": self.media_type,
            "sizeBytes": self.size_bytes,
            "sha256": self.sha256,
        }

    @classmethod
    def from_fields(cls, told: object) -> Self:
        """Return the attachment that its part of a note line tells of, or raise `FormatError`."""
        fields = _fields(told)
        return cls(
            file_name=_text(fields, "fileName"),
            media_type=_text(fields, "mediaType"),
            size_bytes=_count(fields, "sizeBytes"),
            sha256=_text(fields, "sha256"),
        )


@dataclass(frozen=True)
class Note:
    """A note as the server keeps it: page and author are the server's ids, not the cloud's."""

    id: str
    page_id: str
    author_key: str
    text: str
    created_at: datetime
    """An aware instant."""
    attachments: tuple[Attachment, ...] = ()

    def to_line(self) -> bytes:
        """Return the note as one JSON line."""
        return _to_line(
            {
                "id": self.id,
                "pageId": self.page_id,
                "authorKey": self.author_key,
                "text": self.text,
                "createdAt": self.created_at.isoformat(),
                "attachments": [attachment.to_fields() for attachment in self.attachments],
            }
        )

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Return the note that one JSON line tells of.

        Raises:
            FormatError: The line is not a note. The message names the field and holds no value.
        """
        return cls.from_fields(_parse_line(line))

    @classmethod
    def from_fields(cls, told: object) -> Self:
        """Return the note that a decoded line tells of, or raise `FormatError`."""
        fields = _fields(told)
        return cls(
            id=_text(fields, "id"),
            page_id=_text(fields, "pageId"),
            author_key=_text(fields, "authorKey"),
            text=_text(fields, "text"),
            created_at=_instant(fields, "createdAt"),
            attachments=tuple(map(Attachment.from_fields, _list(fields, "attachments"))),
        )


class LeftOut(StrEnum):
    """Why a note was not sent. A note moves whole or not at all."""

    PAGE_NOT_MIGRATED = "page-not-migrated"
    """Its page is not in the cloud: outside the plan, or it failed. A later run takes it along."""
    EMPTY = "empty"
    """It has neither text nor a file."""
    FILE_TOO_LARGE = "file-too-large"


@dataclass(frozen=True)
class SentUpload:
    """One upload as the server sent it."""

    key: str
    """The platform's key: the cloud app meets it as the event's `s3_key`."""
    label: str
    sha256: str


@dataclass(frozen=True)
class EndMarker:
    """Everything one export sent, and how many notes it left on the server, by reason."""

    uploads: tuple[SentUpload, ...]
    notes: int
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)

    def to_lines(self) -> Iterable[bytes]:
        """Yield the marker as JSON lines: one for each upload, then the sums."""
        for upload in self.uploads:
            yield _to_line({"key": upload.key, "label": upload.label, "sha256": upload.sha256})
        yield _to_line(
            {
                "end": FORMAT,
                "uploads": len(self.uploads),
                "notes": self.notes,
                "leftOut": {str(reason): count for reason, count in self.left_out.items()},
            }
        )

    @classmethod
    def parse(cls, lines: Iterable[bytes]) -> Self:
        """Return the marker that JSON lines tell of.

        Raises:
            FormatError: The lines are not a whole marker of this format.
        """
        told = [_fields(_parse_line(line)) for line in lines]
        if not told or told[-1].get("end") != FORMAT:
            raise FormatError(f"does not close in format {FORMAT}")
        end = told.pop()
        uploads = tuple(
            SentUpload(_text(upload, "key"), _text(upload, "label"), _text(upload, "sha256"))
            for upload in told
        )
        if len(uploads) != _count(end, "uploads"):
            raise FormatError("does not name as many uploads as it counts")
        return cls(uploads, _count(end, "notes"), _reasons(_fields(end.get("leftOut"))))


def _to_line(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _parse_line(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise FormatError("is not JSON") from exc


def _reasons(counts: Mapping[str, Any]) -> dict[LeftOut, int]:
    try:
        return {LeftOut(reason): _count(counts, reason) for reason in counts}
    except ValueError as exc:
        raise FormatError("leftOut names a reason this version does not know") from exc


def _fields(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise FormatError("is not a JSON object")
    return told


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise FormatError(f"{name} is not a text")
    return value


def _count(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FormatError(f"{name} is not a count")
    return value


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise FormatError(f"{name} is not a list")
    return value


def _instant(fields: Mapping[str, Any], name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(fields, name))
    except ValueError as exc:
        raise FormatError(f"{name} is not an ISO 8601 instant") from exc
    if instant.tzinfo is None:
        raise FormatError(f"{name} has no time zone")
    return instant
