"""What a package says about itself: exportDescriptor.properties.

Source: docs/reference/export-format.md#descriptor
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DESCRIPTOR_NAME = "exportDescriptor.properties"

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_NAMED_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY = re.compile(r"(?:[^\\\s=:]|\\.)*")
_SEPARATOR = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")


@dataclass(frozen=True)
class Descriptor:
    """The descriptor's facts. Everything is optional: many real packages lack the file."""

    present: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    written: str | None = None
    """The date of the first line, as text."""

    @property
    def export_type(self) -> str | None:
        """`space`, `all`, or None when the descriptor does not say."""
        return self.properties.get("exportType") or None

    @property
    def export_format(self) -> str | None:
        """`csv` for the table format; usually None."""
        return self.properties.get("exportFormat") or None

    @property
    def space_keys(self) -> tuple[str, ...]:
        """The keys of the exported spaces, as written; empty for a site export."""
        keys = f"{self.properties.get('spaceKey', '')},{self.properties.get('spaceKeys', '')}"
        found = (key.strip() for key in keys.split(","))
        return tuple(dict.fromkeys(key for key in found if key))

    @property
    def backup_attachments(self) -> bool | None:
        """Whether attachments were asked for; None when the descriptor does not say."""
        return _boolean(self.properties.get("backupAttachments"))

    @property
    def from_cloud(self) -> bool:
        """Whether the package was made in Cloud."""
        return self.properties.get("source", "").lower() == "cloud"

    @property
    def timezone_id(self) -> str | None:
        """The zone of all dates in entities.xml, as named by the descriptor."""
        return self.properties.get("timezoneId") or None

    def facts(self) -> dict[str, object]:
        """Return the descriptor as JSON values."""
        get = self.properties.get
        return {
            "descriptor": self.present,
            "written": self.written,
            "type": self.export_type,
            "format": self.export_format,
            "space_keys": list(self.space_keys),
            "source": get("source"),
            "build_number": get("buildNumber"),
            "created_by_build_number": get("createdByBuildNumber"),
            "created_by_version": get("createdByVersionNumber"),
            "timezone": self.timezone_id,
            "backup_attachments": self.backup_attachments,
            "inline_tasks_included": _boolean(get("inlineTasksFileIncluded")),
            "default_users_group": get("defaultUsersGroup"),
            "apps_with_data": [
                key.strip() for key in (get("ao.data.list") or "").split(",") if key.strip()
            ],
        }


def parse_descriptor(raw: bytes) -> Descriptor:
    """Read the Java properties of a descriptor, with their escapes and continued lines."""
    # Java writes properties as Latin-1; hand-edited ones are UTF-8 where that is possible.
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    written = None
    properties: dict[str, str] = {}
    for line in _logical_lines(text):
        if line[0] in "#!":
            if written is None and not properties:
                written = line[1:].strip() or None
            continue
        match = _KEY.match(line)
        key_end = match.end() if match else 0
        separator = _SEPARATOR.match(line, key_end)
        value_at = separator.end() if separator else key_end
        properties[_unescape(line[:key_end])] = _unescape(line[value_at:]).strip()
    return Descriptor(present=True, properties=properties, written=written)


def find_zone(timezone_id: str | None) -> ZoneInfo | None:
    """Return the named zone, or None when there is no name or no such zone."""
    if not timezone_id:
        return None
    # Java writes GMT+02:00 for a zone without a place; the tz database says Etc/GMT-2.
    offset = re.fullmatch(r"GMT([+-])(\d{1,2})(?::?00)?", timezone_id)
    if offset:
        sign = "-" if offset[1] == "+" else "+"
        timezone_id = f"Etc/GMT{sign}{int(offset[2])}"
    try:
        return ZoneInfo(timezone_id)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _logical_lines(text: str) -> list[str]:
    """Join lines that end in an odd number of backslashes; drop blank ones."""
    lines: list[str] = []
    pending = ""
    for raw_line in re.split(r"\r\n|\r|\n", text):
        line = raw_line.lstrip(" \t\f")
        if not pending and (not line or line[0] in "#!"):
            if line:
                lines.append(line)
            continue
        trailing = len(line) - len(line.rstrip("\\"))
        if trailing % 2:
            pending += line[:-1]
            continue
        lines.append(pending + line)
        pending = ""
    if pending:
        lines.append(pending)
    return lines


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return _NAMED_ESCAPES.get(code, code)

    joined = _ESCAPE.sub(replace, text)
    # Java writes characters beyond U+FFFF as two escapes; join the halves, drop lone ones.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _boolean(text: str | None) -> bool | None:
    return None if text is None else text.strip().lower() == "true"
