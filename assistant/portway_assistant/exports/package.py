"""Open a Confluence export safely: a ZIP package, or the folder it unpacks to.

Nothing is unpacked to disk, no name from the package is ever used as a path to write, and every
entry is checked before the first byte of content is read.
Source: docs/reference/export-format.md#package
"""

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from portway_assistant import error_codes
from portway_assistant.exports.descriptor import DESCRIPTOR_NAME, Descriptor, parse_descriptor
from portway_assistant.exports.entry_checks import EntryChecks, is_safe_name, split_name
from portway_assistant.exports.limits import DEFAULT_LIMITS, Limits
from portway_assistant.exports.read_ahead import read_ahead
from portway_assistant.exports.zip_directory import (
    ZipCutShortError,
    ZipDamageError,
    ZipEntry,
    looks_like_zip,
    open_entry,
    read_directory,
)
from portway_service.errors import Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENTITIES_NAME = "entities.xml"
TASKS_NAME = "AO_BAF3AA_AOINLINE_TASK.csv"
ATTACHMENTS_FOLDER = "attachments"
CHUNK_BYTES = 256 * 1024
LARGEST_DESCRIPTOR_BYTES = 1024 * 1024

_CSV_NAMES = frozenset({"spaces.csv", "content.csv", "bodycontent.csv", "user_mapping.csv"})
_TOP_NAMES = frozenset({ENTITIES_NAME, DESCRIPTOR_NAME, TASKS_NAME}) | _CSV_NAMES
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One plain file of the package, findable again without its table of contents."""

    name: str
    """Its path in the package, as packed."""
    size: int
    entry: ZipEntry | None = None
    """Where its bytes lie; None in an unpacked folder."""


@dataclass(frozen=True, slots=True)
class AttachmentFile:
    """The bytes of one attachment version, by the three numbers of its path."""

    container_id: str
    attachment_id: str
    version: int | None
    """None in the layout of very old exports, which keep one version only."""
    file: PackageFile


class ExportPackage:
    """An opened export whose entries have all passed the safety checks."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.is_folder = path.is_dir()
        self.notes: list[str] = []
        self.attachment_file_count = 0
        self._root = ""
        self._top = self._check_entries()
        self.descriptor = self._read_descriptor()
        self._require_entities()

    @classmethod
    def open(cls, path: Path | str, *, limits: Limits = DEFAULT_LIMITS) -> Self:
        """Open the export at `path` and check every entry.

        Raises:
            Refusal: Codes `export_not_found`, `export_unreadable`, `export_not_a_zip`,
                `export_truncated`, `export_corrupt`, `export_encrypted`, `export_unsafe_path`,
                `export_has_links`, `export_too_large`, `export_compression_unsupported`,
                `export_is_csv` or `export_without_entities`.
        """
        path = Path(path)
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise Refusal(error_codes.EXPORT_NOT_FOUND, path=path) from None
        except OSError as exc:
            raise _unreadable(path, exc) from exc
        return cls(path, limits)

    def digest(self) -> str:
        """Return the SHA-256 of the package: 64 lower-case hex digits, its identity.

        For an unpacked folder: of the bytes of entities.xml and the descriptor, and of the names
        and sizes of the attachment files.
        """
        sha = hashlib.sha256()
        if not self.is_folder:
            with self._opened(lambda: self.path.open("rb")) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    sha.update(chunk)
            return sha.hexdigest()
        for name in (ENTITIES_NAME, DESCRIPTOR_NAME, TASKS_NAME):
            if name in self._top:
                sha.update(f"{name}\n{self._top[name].size}\n".encode())
                for chunk in self.read_chunks(self._top[name]):
                    sha.update(chunk)
        for found in sorted(self.attachment_files(), key=lambda item: item.file.name):
            sha.update(f"{found.file.name}\n{found.file.size}\n".encode("utf-8", "replace"))
        return sha.hexdigest()

    @property
    def entities_size(self) -> int:
        """Bytes of entities.xml once unpacked."""
        return self._top[ENTITIES_NAME].size

    def entities_chunks(self) -> Iterator[bytes]:
        """Yield the bytes of entities.xml, verified at the end."""
        chunks = self.read_chunks(self._top[ENTITIES_NAME])
        return chunks if self.is_folder else read_ahead(chunks)

    def open_tasks(self) -> BinaryIO | None:
        """Open the table of inline tasks, or return None when the package has none."""
        file = self._top.get(TASKS_NAME)
        return None if file is None else self.open_file(file)

    def attachment_files(self) -> Iterator[AttachmentFile]:
        """Yield the files whose path is that of an attachment version, in package order."""
        for file in self._files():
            found = parse_attachment_path(self._inside(file.name))
            if found is not None:
                yield AttachmentFile(*found, file)

    def open_file(self, file: PackageFile) -> BinaryIO:
        """Open one file for streaming; damage met while reading raises a `Refusal`.

        Raises:
            Refusal: `export_file_missing`, `export_corrupt` or `export_unreadable`.
        """
        if file.entry is not None:
            entry = file.entry
            return self._opened(lambda: open_entry(self.path, entry))
        if not is_safe_name(file.name):
            raise Refusal(error_codes.EXPORT_UNSAFE_PATH, path=self.path, entry=file.name)
        target = self.path / file.name
        if target.is_symlink():
            raise Refusal(error_codes.EXPORT_HAS_LINKS, path=self.path, entry=file.name)
        if not target.is_file():
            raise Refusal(error_codes.EXPORT_FILE_MISSING, path=self.path, entry=file.name)
        return self._opened(lambda: target.open("rb", buffering=0))

    def read_chunks(self, file: PackageFile) -> Iterator[bytes]:
        """Yield the bytes of one file, `CHUNK_BYTES` at a time."""
        with self.open_file(file) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk

    def _opened(self, opener: Callable[[], io.RawIOBase | BinaryIO]) -> BinaryIO:
        """Open a stream whose every failure, now or later, is a refusal."""
        try:
            raw = opener()
        except (OSError, ZipDamageError) as exc:
            raise self._refusal(exc) from exc
        return io.BufferedReader(_RefusingStream(raw, self._refusal), CHUNK_BYTES)

    def _refusal(self, exc: OSError | ZipDamageError) -> Refusal:
        if isinstance(exc, ZipDamageError):
            return Refusal(error_codes.EXPORT_CORRUPT, path=self.path, problem=exc)
        return _unreadable(self.path, exc)

    def _files(self) -> Iterator[PackageFile]:
        """Yield every plain file of the package, whatever it is for."""
        try:
            if self.is_folder:
                yield from _walk(self.path)
                return
            with self.path.open("rb") as stream:
                for entry in read_directory(stream):
                    if entry.is_special:
                        raise Refusal(
                            error_codes.EXPORT_HAS_LINKS, path=self.path, entry=entry.name
                        )
                    if entry.encrypted:
                        raise Refusal(
                            error_codes.EXPORT_ENCRYPTED, path=self.path, entry=entry.name
                        )
                    if not entry.is_folder:
                        yield PackageFile(entry.name, entry.size, entry)
                    elif not is_safe_name(entry.name):
                        raise Refusal(
                            error_codes.EXPORT_UNSAFE_PATH, path=self.path, entry=entry.name
                        )
        except ZipCutShortError as exc:
            raise self._not_a_zip() from exc
        except (OSError, ZipDamageError) as exc:
            raise self._refusal(exc) from exc

    def _not_a_zip(self) -> Refusal:
        with self.path.open("rb") as stream:
            is_cut = looks_like_zip(stream.read(4))
        code = error_codes.EXPORT_TRUNCATED if is_cut else error_codes.EXPORT_NOT_A_ZIP
        return Refusal(code, path=self.path)

    def _check_entries(self) -> dict[str, PackageFile]:
        """Check every entry and return the few files at the top that the reader needs."""
        checks = EntryChecks(
            self.path, self.limits, None if self.is_folder else self.path.stat().st_size
        )
        tops: dict[str, dict[str, PackageFile]] = {}
        attachments: dict[str, int] = {}
        for file in self._files():
            checks.check(file.name, file.size, file.entry)
            parts = split_name(file.name)
            if not parts or parts[0] == "__MACOSX":
                continue
            if len(parts) <= 2 and parts[-1].removesuffix(".gz") in _TOP_NAMES:
                folder = "" if len(parts) == 1 else parts[0]
                if parts[-1] in tops.setdefault(folder, {}):
                    problem = f"it holds {parts[-1]} twice"
                    raise Refusal(error_codes.EXPORT_CORRUPT, path=self.path, problem=problem)
                tops[folder][parts[-1]] = file
            if ATTACHMENTS_FOLDER in parts[:-1][:2]:
                folder = "" if parts[0] == ATTACHMENTS_FOLDER else parts[0]
                attachments[folder] = attachments.get(folder, 0) + 1
        self._root = self._choose_root(tops)
        self.attachment_file_count = attachments.get(self._root, 0)
        return tops.get(self._root, {})

    def _choose_root(self, tops: dict[str, dict[str, PackageFile]]) -> str:
        """Return the folder the export lies in: the top, or one folder somebody wrapped it in."""
        if ENTITIES_NAME in tops.get("", {}):
            return ""
        wrapped = [folder for folder, names in tops.items() if ENTITIES_NAME in names]
        if len(wrapped) != 1:
            return ""
        self.notes.append(f"the export lies in the folder {wrapped[0]} of the package")
        return wrapped[0]

    def _read_descriptor(self) -> Descriptor:
        file = self._top.get(DESCRIPTOR_NAME)
        if file is None:
            self.notes.append(f"the package has no {DESCRIPTOR_NAME}")
            return Descriptor()
        with self.open_file(file) as stream:
            descriptor = parse_descriptor(stream.read(LARGEST_DESCRIPTOR_BYTES))
        if descriptor.export_type is None:
            self.notes.append(f"{DESCRIPTOR_NAME} does not say what was exported (exportType)")
        return descriptor

    def _require_entities(self) -> None:
        if ENTITIES_NAME in self._top:
            return
        names = {name.removesuffix(".gz") for name in self._top}
        is_csv = self.descriptor.export_format == "csv" or bool(names & _CSV_NAMES)
        code = error_codes.EXPORT_IS_CSV if is_csv else error_codes.EXPORT_WITHOUT_ENTITIES
        raise Refusal(code, path=self.path)

    def _inside(self, name: str) -> str:
        """Return the path below the folder the export lies in."""
        parts = split_name(name)
        if self._root:
            parts = parts[1:] if parts[0] == self._root else ()
        return "/".join(parts)


def parse_attachment_path(name: str) -> tuple[str, str, int | None] | None:
    """Return container id, attachment id and version of an attachment's path, or None.

    `attachments/<container>/<attachment>/<version>`; very old exports lack the version.
    """
    folder, *numbers = name.split("/")
    if folder != ATTACHMENTS_FOLDER or len(numbers) not in (2, 3):
        return None
    if not all(_DIGITS.fullmatch(number) for number in numbers):
        return None
    version = int(numbers[2]) if len(numbers) == 3 else None
    return numbers[0], numbers[1], version


class _RefusingStream(io.RawIOBase):
    """A raw stream whose read errors are refusals."""

    def __init__(
        self,
        raw: io.RawIOBase | BinaryIO,
        refusal: Callable[[OSError | ZipDamageError], Refusal],
    ) -> None:
        self._raw = raw
        self._refusal = refusal

    def readable(self) -> bool:
        return True

    def readinto(self, target: "WriteableBuffer", /) -> int | None:
        try:
            return self._raw.readinto(target)  # type: ignore[union-attr]
        except (OSError, ZipDamageError) as exc:
            raise self._refusal(exc) from exc

    def close(self) -> None:
        self._raw.close()
        super().close()


def _walk(folder: Path) -> Iterator[PackageFile]:
    """Yield the plain files below `folder`; a link or special file is refused."""
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in sorted(folders + names):
            path = Path(parent, name)
            status = path.lstat()
            relative = path.relative_to(folder).as_posix()
            if stat.S_ISREG(status.st_mode):
                yield PackageFile(relative, status.st_size)
            elif not stat.S_ISDIR(status.st_mode):
                raise Refusal(error_codes.EXPORT_HAS_LINKS, path=folder, entry=relative)


def _raise(exc: OSError) -> None:
    raise exc


def _unreadable(path: Path, exc: OSError) -> Refusal:
    problem = exc.strerror or type(exc).__name__
    return Refusal(error_codes.EXPORT_UNREADABLE, path=path, problem=problem)
