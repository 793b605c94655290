"""Check every entry of a package before any of its content is read."""

import re
from pathlib import Path

from portway_assistant import error_codes
from portway_assistant.exports.limits import Limits
from portway_assistant.exports.zip_directory import DEFLATED, STORED, ZipEntry
from portway_service.errors import ErrorCode, Refusal

_DRIVE = re.compile(r"[A-Za-z]:")


class EntryChecks:
    """Holds every entry against the limits while they stream past."""

    def __init__(self, path: Path, limits: Limits, file_size: int | None) -> None:
        self._path = path
        self._limits = limits
        self._file_size = file_size
        self._entries = 0
        self._bytes = 0
        self._packed = 0

    def check(self, name: str, size: int, entry: ZipEntry | None) -> None:
        """Count one file; `entry` is its row in the ZIP package, None in an unpacked folder.

        Raises:
            Refusal: The file, or the package with it, passes a limit or is not safe.
        """
        if not is_safe_name(name):
            raise self._refused(error_codes.EXPORT_UNSAFE_PATH, entry=name)
        limits = self._limits
        self._entries += 1
        self._bytes += size
        self._require("max_entries", self._entries, limits.max_entries)
        self._require("max_total_bytes", self._bytes, limits.max_total_bytes)
        if name.endswith("entities.xml"):
            self._require("max_entities_bytes", size, limits.max_entities_bytes)
        if entry is None:
            return
        if entry.method not in (STORED, DEFLATED):
            raise self._refused(
                error_codes.EXPORT_COMPRESSION_UNSUPPORTED, entry=entry.name, method=entry.method
            )
        self._packed += entry.packed_size
        self._require_ratio(entry.size, entry.packed_size)
        self._require_ratio(self._bytes, self._packed)
        file_size = self._file_size or 0
        if entry.header_offset + entry.packed_size > file_size:
            problem = f"{entry.name!r} lies beyond its end"
            raise self._refused(error_codes.EXPORT_CORRUPT, problem=problem)
        # Entries that share bytes add up to more than the file they lie in.
        if self._packed > file_size:
            raise self._refused(error_codes.EXPORT_CORRUPT, problem="its entries overlap")

    def _require_ratio(self, size: int, packed_size: int) -> None:
        if size > self._limits.ratio_from_bytes:
            self._require("max_ratio", size // max(packed_size, 1), self._limits.max_ratio)

    def _require(self, limit: str, found: int, allowed: int) -> None:
        if found > allowed:
            raise self._refused(
                error_codes.EXPORT_TOO_LARGE, limit=limit, found=found, allowed=allowed
            )

    def _refused(self, code: ErrorCode, **facts: object) -> Refusal:
        return Refusal(code, headers=None, path=self._path, **facts)


def split_name(name: str) -> tuple[str, ...]:
    """Split an entry's name; some packers write `./` in front or backslashes between."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def is_safe_name(name: str) -> bool:
    """Tell whether an entry's name stays inside the package."""
    plain = name.replace("\\", "/")
    return (
        not plain.startswith("/")
        and not _DRIVE.match(plain)
        and "\0" not in plain
        and ".." not in plain.split("/")
    )
