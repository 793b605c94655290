"""The ZIP reader agrees with the standard library, entry by entry, and keeps no list."""

import io
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
