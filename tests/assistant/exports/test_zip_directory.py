"""The ZIP reader agrees with the standard library, entry by entry, and keeps no list."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_assistant.exports.zip_directory import (
    ZipCutShortError,
    ZipDamageError,
    open_entry,
    read_directory,
)

names = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=20)
contents = st.dictionaries(names, st.binary(max_size=2000), max_size=8)


def packed(files: dict[str, bytes], *, comment: bytes = b"", method: int = zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as package:
        for name, data in files.items():
            package.writestr(name, data)
        package.comment = comment
    return target.getvalue()


@settings(deadline=None)
@given(
    contents, st.binary(max_size=50), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
)
def test_every_entry_is_listed_and_read(tmp_path_factory, files, comment, method):
    path = tmp_path_factory.mktemp("zip") / "package.zip"
    path.write_bytes(packed(files, comment=comment, method=method))

    with path.open("rb") as stream:
        entries = list(read_directory(stream))

    assert [entry.name for entry in entries] == list(files)
    for entry in entries:
        with io.BufferedReader(open_entry(path, entry)) as data:
            assert data.read() == files[entry.name]


def test_bytes_in_front_of_the_package_do_no_harm(tmp_path):
    path = tmp_path / "package.zip"
    path.write_bytes(b"#!/bin/sh self-extractor\n" + packed({"a": b"1"}))

    with path.open("rb") as stream:
        entry = next(read_directory(stream))
    with io.BufferedReader(open_entry(path, entry)) as data:
        assert data.read() == b"1"


def test_large_packages_carry_their_sizes_in_zip64_records(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as package, package.open("a", "w", force_zip64=True) as entry:
        entry.write(b"data" * 1000)

    with path.open("rb") as stream:
        (found,) = read_directory(stream)

    assert found.size == 4000


def test_sizes_beyond_32_bits_are_taken_from_the_entrys_zip64_field(tmp_path):
    path = tmp_path / "package.zip"
    raw = packed({"a": b"hello"}, method=zipfile.ZIP_STORED)
    at = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    record = bytearray(raw[at:end])
    fields = struct.pack("<HH", 0x7075, 0) + struct.pack("<HHQQQ", 1, 24, 5, 5, 0)
    record[20:28] = b"\xff" * 8
    record[42:46] = b"\xff" * 4
    record[30:32] = struct.pack("<H", len(fields))
    record += fields
    tail = bytearray(raw[end:])
    tail[12:16] = struct.pack("<L", len(record))
    path.write_bytes(raw[:at] + record + tail)

    with path.open("rb") as stream:
        (entry,) = read_directory(stream)

    assert (entry.size, entry.packed_size, entry.header_offset) == (5, 5, 0)
    with io.BufferedReader(open_entry(path, entry)) as data:
        assert data.read() == b"hello"


def test_a_size_of_all_ones_without_such_a_field_is_taken_as_it_is():
    raw = packed({"a": b"hello"})
    at = raw.index(b"PK\x01\x02")
    record = bytearray(raw)
    record[at + 20 : at + 28] = b"\xff" * 8

    assert next(read_directory(io.BytesIO(record))).size == 0xFFFFFFFF


def test_a_name_in_an_old_code_page_is_read(tmp_path):
    raw = packed({"caf?": b"x"}).replace(b"caf?", b"caf\x82")

    assert next(read_directory(io.BytesIO(raw))).name == "café"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (4, b"\x01\x00"),  # one part of several
        (8, b"\xff\x00\xff\x00"),  # more entries than rows
        (12, b"\xff\xff\x00\x00"),  # longer than the file
    ],
)
def test_an_end_record_that_contradicts_the_file_is_damage(place, value):
    raw = bytearray(packed({"a": b"1"}))
    at = raw.rindex(b"PK\x05\x06") + place
    raw[at : at + len(value)] = value

    with pytest.raises(ZipDamageError):
        list(read_directory(io.BytesIO(raw)))


def test_an_entry_whose_header_has_another_name_is_damage(tmp_path):
    path = tmp_path / "package.zip"
    raw = packed({"good": b"1"})
    path.write_bytes(raw.replace(b"good", b"evil", 1))
    with path.open("rb") as stream:
        entry = next(read_directory(stream))

    with pytest.raises(ZipDamageError):
        open_entry(path, entry)


def test_more_than_65535_entries_are_listed(tmp_path):
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as package:
        for number in range(65_540):
            package.writestr(zipfile.ZipInfo(str(number)), b"")

    with path.open("rb") as stream:
        assert sum(1 for _ in read_directory(stream)) == 65_540


def test_a_package_without_its_end_is_cut_short(tmp_path):
    whole = packed({"a": b"1" * 100})

    with pytest.raises(ZipCutShortError):
        list(read_directory(io.BytesIO(whole[:-30])))


def test_an_entry_that_differs_from_its_checksum_is_damage(tmp_path):
    path = tmp_path / "package.zip"
    raw = packed({"a": b"hello there"}, method=zipfile.ZIP_STORED)
    path.write_bytes(raw.replace(b"hello there", b"hello thera"))
    with path.open("rb") as stream:
        entry = next(read_directory(stream))

    with io.BufferedReader(open_entry(path, entry)) as data, pytest.raises(ZipDamageError):
        data.read()


def test_an_entry_that_unpacks_to_more_than_it_declares_is_damage(tmp_path):
    path = tmp_path / "package.zip"
    raw = packed({"a": b"x" * 5000})
    path.write_bytes(raw.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with path.open("rb") as stream:
        entry = next(read_directory(stream))

    with io.BufferedReader(open_entry(path, entry)) as data, pytest.raises(ZipDamageError):
        data.read()
