"""Java properties as Java writes them, and what the descriptor's keys mean."""

from datetime import UTC, datetime, timedelta

import pytest

from portway_assistant.exports.dates import DateReader
from portway_assistant.exports.descriptor import find_zone, parse_descriptor


def test_the_facts_of_a_space_export():
    descriptor = parse_descriptor(
        b"#Mon Feb 10 10:23:09 UTC 2025\nsource=cloud\nbuildNumber=4515\nspaceKey=~ann\n"
        b"ao.data.list=com.example.a, com.example.b\nexportType=space\ntimezoneId=UTC\n"
        b"backupAttachments=true\n"
    )

    assert descriptor.written == "Mon Feb 10 10:23:09 UTC 2025"
    assert descriptor.space_keys == ("~ann",)
    assert descriptor.from_cloud
    assert descriptor.backup_attachments is True
    assert descriptor.facts()["apps_with_data"] == ["com.example.a", "com.example.b"]


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        (rb"a=1", "a", "1"),
        (rb"a : 1", "a", "1"),
        (rb"a 1", "a", "1"),
        (rb"a\=b=c\:d", "a=b", "c:d"),
        (rb"a=K\u00f6ln", "a", "Köln"),
        (rb"a=\ud83d\ude00", "a", "😀"),
        (b"a=one\\\n   two", "a", "onetwo"),
        ("a=Zürich".encode(), "a", "Zürich"),
        ("a=Zürich".encode("latin-1"), "a", "Zürich"),
        (b"a=", "a", ""),
        (b"a", "a", ""),
    ],
)
def test_escapes_and_separators(line, key, value):
    assert parse_descriptor(line).properties == {key: value}


def test_several_space_keys_and_none():
    assert parse_descriptor(b"spaceKeys=A, B").space_keys == ("A", "B")
    assert parse_descriptor(b"exportType=all").space_keys == ()


def test_dates_are_local_to_the_zone_of_the_descriptor():
    dates = DateReader(find_zone("Europe/Berlin"))

    assert dates.read("2024-07-01 12:00:00.500") == datetime(2024, 7, 1, 10, 0, 0, 500_000, UTC)
    assert dates.read("2024-01-01 12:00:00") == datetime(2024, 1, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("zone", [None, "", "Nowhere/Land", "../etc/passwd"])
def test_an_unknown_zone_is_read_as_utc(zone):
    assert find_zone(zone) is None
    assert DateReader(None).read("2024-01-01 12:00:00.0") == datetime(2024, 1, 1, 12, tzinfo=UTC)


def test_javas_zones_without_a_place():
    zone = find_zone("GMT+02:00")

    assert zone is not None
    assert zone.utcoffset(datetime(2024, 1, 1)) == timedelta(hours=2)  # noqa: DTZ001


@pytest.mark.parametrize("text", [None, "", "yesterday", "0001-01-01 00:00:00", "2024-13-01"])
def test_a_date_that_cannot_be_read_is_none(text):
    assert DateReader(find_zone("Asia/Tokyo")).read(text) is None
