"""What is done to a finished package so that it cannot be read: one function a kind."""

import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from portway_assistant.samples.markup import HEAD

FIXED_TIME = (2026, 1, 2, 3, 4, 6)
_ZEROS = bytes(1 << 20)
_BOMB_MIB = 160


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """Return the header of an entry, alike on every day and every system."""
    info = zipfile.ZipInfo(name, FIXED_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def not_a_zip(package: Path) -> None:
    """Put a page of HTML where the package should be, as a failed download does."""
    package.write_bytes(b"<!DOCTYPE html>\n<title>Log in</title>\n")


def truncated(package: Path) -> None:
    """Cut the last third off."""
    with package.open("r+b") as file:
        file.truncate(max(4, package.stat().st_size * 2 // 3))


def with_entry(name: str, *, mode: int = stat.S_IFREG | 0o644, data: bytes = b"data") -> "_Added":
    """Return a change that adds one entry."""
    return _Added(name, mode, data)


class _Added:
    def __init__(self, name: str, mode: int, data: bytes) -> None:
        self._name, self._mode, self._data = name, mode, data

    def __call__(self, package: Path) -> None:
        with zipfile.ZipFile(package, "a") as target:
            target.writestr(entry(self._name, mode=self._mode), self._data)


def encrypted(package: Path) -> None:
    """Mark the last entry as encrypted."""
    raw = bytearray(package.read_bytes())
    raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
    package.write_bytes(bytes(raw))


def zip_bomb(package: Path) -> None:
    """Add an entry that unpacks to a thousand times its size."""
    with (
        zipfile.ZipFile(package, "a") as target,
        target.open(entry("attachments/1/2/3"), "w", force_zip64=True) as file,
    ):
        for _ in range(_BOMB_MIB):
            file.write(_ZEROS)


def rewritten(package: Path, keep: "frozenset[str] | None", added: dict[str, bytes]) -> None:
    """Write the package anew with some entries only, and others added."""
    partial = package.with_name(f"{package.name}.new")
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(partial, "w") as target:
        for info in source.infolist():
            if keep is None or info.filename in keep:
                with source.open(info) as read, target.open(entry(info.filename), "w") as write:
                    shutil.copyfileobj(read, write)
        for name, data in added.items():
            target.writestr(entry(name), data)
    partial.replace(package)


def no_entities(package: Path) -> None:
    """Leave entities.xml out."""
    rewritten(package, frozenset({"exportDescriptor.properties"}), {})


def csv_export(package: Path) -> None:
    """Replace everything by tables, as the newer exports of Cloud have them."""
    tables = {
        "exportDescriptor.properties": b"exportType=space\nexportFormat=csv\n",
        "spaces.csv": b"spaceid,spacename,spacekey\n1,Demo,DEMO\n",
        "content.csv": b"contentid,contenttype,title\n2,PAGE,Start\n",
    }
    rewritten(package, frozenset(), tables)


def dtd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Put a document type that names a file of the machine after the declaration."""
    doctype = b'<!DOCTYPE hibernate-generic [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n'
    yield from _after_declaration(chunks, doctype)


def entity_expansion(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Put entities that expand to thousands of millions of characters."""
    lines = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">\n' for n in range(9))
    doctype = f'<!DOCTYPE hibernate-generic [<!ENTITY e0 "ha">\n{lines}]>\n'.encode()
    yield from _after_declaration(chunks, doctype)


def cut_entities(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """End in the middle of an object, in a package that is whole."""
    last = b""
    for chunk in chunks:
        if last:
            yield last
        last = chunk
    yield last[: len(last) // 2] + b"<object class="


def other_root(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Be a Jira backup."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<entity-engine-xml>\n</entity-engine-xml>\n'
    del chunks


def _after_declaration(chunks: Iterator[bytes], doctype: bytes) -> Iterator[bytes]:
    declaration = HEAD.partition("\n")[0].encode() + b"\n"
    for number, chunk in enumerate(chunks):
        yield chunk.replace(declaration, declaration + doctype, 1) if number == 0 else chunk
