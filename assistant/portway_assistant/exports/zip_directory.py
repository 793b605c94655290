"""Read a ZIP package entry by entry in constant memory, whatever the number of entries.

The standard library keeps about 700 bytes for each entry; a site with a million attachment
versions would need most of a gigabyte before the first byte is read. This reader walks the
central directory as a stream and opens any entry later from its `ZipEntry` alone.

Layout: PKWARE APPNOTE 6.3.9, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
to 4.3.16 (end records), 4.5.3 (ZIP64 sizes).
"""

import io
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STORED = 0
DEFLATED = 8
AES_MARK = 99

_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_END_RECORD = struct.Struct("<4s4H2LH")
_LOCATOR64_RECORD = struct.Struct("<4sLQL")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_CENTRAL_RECORD = struct.Struct("<4s6H3L5H2L")
_LOCAL_RECORD = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 65_535
_READ_BYTES = 256 * 1024
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1 | 0x40
_MADE_ON_UNIX = 3


class ZipDamageError(Exception):
    """The package contradicts itself; the text says where."""


class ZipCutShortError(ZipDamageError):
    """The package has no table of contents: its end is missing."""


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One row of the table of contents."""

    name: str
    size: int
    packed_size: int
    crc: int
    method: int
    encrypted: bool
    mode: int
    """Unix file mode, 0 when the packer gave none."""
    header_offset: int

    @property
    def is_folder(self) -> bool:
        """Whether the row stands for a folder."""
        return self.name.endswith("/")

    @property
    def is_special(self) -> bool:
        """Whether the row stands for a link, a device or another thing that is no plain file."""
        kind = stat.S_IFMT(self.mode)
        return kind not in (0, stat.S_IFREG, stat.S_IFDIR)


@dataclass(frozen=True, slots=True)
class _End:
    """Where the table of contents lies."""

    entries: int
    offset: int
    size: int
    shift: int
    """Bytes in front of the ZIP proper, such as a self-extractor."""


def looks_like_zip(head: bytes) -> bool:
    """Tell whether a file that starts with `head` is, or was, a ZIP package."""
    return head.startswith((_LOCAL, _END))


def read_directory(stream: BinaryIO) -> Iterator[ZipEntry]:
    """Yield every row of the table of contents, in its order.

    Raises:
        ZipCutShortError: There is no end record.
        ZipDamageError: A record contradicts another.
    """
    end = _find_end(stream)
    stream.seek(end.offset)
    rows = _Rows(stream, end.size)
    for _ in range(end.entries):
        yield rows.next_entry(end.shift)


def open_entry(path: Path, entry: ZipEntry) -> io.RawIOBase:
    """Open the bytes of one entry for reading; size and checksum are verified at its end.

    Raises:
        ZipDamageError: The entry is not where the table of contents says.
    """
    raw = path.open("rb")
    try:
        raw.seek(entry.header_offset)
        header = raw.read(_LOCAL_RECORD.size)
        if len(header) < _LOCAL_RECORD.size or not header.startswith(_LOCAL):
            raise ZipDamageError(f"no local header for {entry.name!r}")
        fields = _LOCAL_RECORD.unpack(header)
        name_length, extra_length = fields[9], fields[10]
        if _decode_name(raw.read(name_length), fields[2]) != entry.name:
            raise ZipDamageError(f"two names for {entry.name!r}")
        raw.seek(extra_length, os.SEEK_CUR)
    except BaseException:
        raw.close()
        raise
    return _EntryStream(raw, entry)


class _EntryStream(io.RawIOBase):
    """The unpacked bytes of one entry. Never gives more than the declared size."""

    def __init__(self, raw: BinaryIO, entry: ZipEntry) -> None:
        self._raw = raw
        self._entry = entry
        self._packed_left = entry.packed_size
        self._left = entry.size
        self._crc = 0
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == DEFLATED else None
        self._verified = False

    def readable(self) -> bool:
        """Return True: the stream is for reading."""
        return True

    def readinto(self, target: "WriteableBuffer", /) -> int:
        """Fill `target` with the next bytes and return their number; 0 at the verified end."""
        view = memoryview(target).cast("B")
        data = self._next(len(view))
        if not data:
            self._verify_end()
            return 0
        if len(data) > self._left:
            raise ZipDamageError(f"{self._entry.name!r} unpacks to more than it declares")
        self._left -= len(data)
        self._crc = zlib.crc32(data, self._crc)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the package file behind the stream."""
        self._raw.close()
        super().close()

    def _next(self, limit: int) -> bytes:
        if self._inflate is None:
            return self._packed(limit)
        try:
            while not self._inflate.eof:
                source = self._inflate.unconsumed_tail or self._packed(_READ_BYTES)
                data = self._inflate.decompress(source, limit)
                if data:
                    return data
                if not source:
                    break
        except zlib.error as exc:
            raise ZipDamageError(f"{self._entry.name!r} does not unpack") from exc
        return b""

    def _packed(self, limit: int) -> bytes:
        data = self._raw.read(min(limit, self._packed_left))
        self._packed_left -= len(data)
        return data

    def _verify_end(self) -> None:
        if self._verified:
            return
        if self._left:
            raise ZipDamageError(f"{self._entry.name!r} ends {self._left} bytes early")
        if self._crc != self._entry.crc:
            raise ZipDamageError(f"{self._entry.name!r} does not match its checksum")
        self._verified = True


class _Rows:
    """Cuts the table of contents into rows while it is read piece by piece."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size
        self._buffer = b""
        self._at = 0

    def next_entry(self, shift: int) -> ZipEntry:
        fields = _CENTRAL_RECORD.unpack(self._take(_CENTRAL_RECORD.size))
        if fields[0] != _CENTRAL:
            raise ZipDamageError("the table of contents is broken")
        flags, method, crc, packed_size, size = fields[3], fields[4], *fields[7:10]
        offset = fields[16]
        name = _decode_name(self._take(fields[10]), flags)
        extra = self._take(fields[11])
        self._take(fields[12])
        if 0xFFFFFFFF in (size, packed_size, offset):
            size, packed_size, offset = _zip64_sizes(extra, size, packed_size, offset)
        made_on_unix = fields[1] >> 8 == _MADE_ON_UNIX
        return ZipEntry(
            name=name,
            size=size,
            packed_size=packed_size,
            crc=crc,
            method=method,
            encrypted=bool(flags & _ENCRYPTED) or method == AES_MARK,
            mode=fields[15] >> 16 if made_on_unix else 0,
            header_offset=offset + shift,
        )

    def _take(self, size: int) -> bytes:
        if len(self._buffer) - self._at < size:
            data = self._stream.read(min(self._left, _READ_BYTES))
            self._left -= len(data)
            self._buffer = self._buffer[self._at :] + data
            self._at = 0
            if len(self._buffer) < size:
                raise ZipDamageError("the table of contents ends early")
        taken = self._buffer[self._at : self._at + size]
        self._at += size
        return taken


def _find_end(stream: BinaryIO) -> _End:
    """Find the end record, searching backwards past a comment and trailing bytes."""
    file_size = stream.seek(0, os.SEEK_END)
    tail_size = min(file_size, _END_RECORD.size + _LONGEST_COMMENT)
    stream.seek(file_size - tail_size)
    tail = stream.read(tail_size)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= _END_RECORD.size:
            return _read_end(stream, tail[at:], file_size - tail_size + at)
        at = tail.rfind(_END, 0, at)
    raise ZipCutShortError("no end record")


def _read_end(stream: BinaryIO, record: bytes, record_at: int) -> _End:
    fields = _END_RECORD.unpack_from(record)
    disk, first_disk, entries, size, offset = fields[1], fields[2], *fields[4:7]
    ends_at = record_at
    if record_at >= _LOCATOR64_RECORD.size:
        stream.seek(record_at - _LOCATOR64_RECORD.size)
        locator = _LOCATOR64_RECORD.unpack(stream.read(_LOCATOR64_RECORD.size))
        if locator[0] == _LOCATOR64:
            ends_at = record_at - _LOCATOR64_RECORD.size - _END64_RECORD.size
            stream.seek(max(ends_at, 0))
            large = stream.read(_END64_RECORD.size)
            if ends_at < 0 or not large.startswith(_END64):
                raise ZipDamageError("the ZIP64 end record is missing")
            fields64 = _END64_RECORD.unpack(large)
            disk, first_disk, entries, size, offset = *fields64[4:6], *fields64[7:10]
    shift = ends_at - size - offset
    if disk or first_disk:
        raise ZipDamageError("the package is one part of several")
    if shift < 0 or entries > size // _CENTRAL_RECORD.size:
        raise ZipDamageError("the table of contents is not where the end record says")
    return _End(entries, offset + shift, size, shift)


def _zip64_sizes(extra: bytes, size: int, packed_size: int, offset: int) -> tuple[int, int, int]:
    """Return the real values for those that do not fit in 32 bits (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            values = iter(struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8]))
            try:
                real = [
                    next(values)[0] if value == 0xFFFFFFFF else value
                    for value in (size, packed_size, offset)
                ]
            except (StopIteration, RuntimeError) as exc:
                raise ZipDamageError("an entry's ZIP64 sizes are missing") from exc
            return real[0], real[1], real[2]
        at += 4 + length
    return size, packed_size, offset


def _decode_name(raw: bytes, flags: int) -> str:
    if flags & _UTF8_NAME:
        return raw.decode("utf-8", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")
