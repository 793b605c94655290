"""What travels between the two sides, and what is refused on arrival."""

import json
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener_example.builders import a_file, a_note
from notes_app.exchange import (
    Attachment,
    EndMarker,
    FormatError,
    LeftOut,
    Note,
    SentUpload,
    UploadKind,
    file_label,
    find_upload_kind,
    part_label,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ATTACHMENTS = st.builds(Attachment, TEXT, TEXT, st.integers(0, 2**40), TEXT)
NOTES = st.builds(
    Note, TEXT, TEXT, TEXT, TEXT,
    st.datetimes(timezones=st.just(UTC)),
    st.lists(ATTACHMENTS, max_size=3).map(tuple),
)  # fmt: skip
MARKERS = st.builds(
    EndMarker,
    st.lists(st.builds(SentUpload, TEXT, TEXT, TEXT), max_size=5).map(tuple),
    st.integers(0),
    st.dictionaries(st.sampled_from(LeftOut), st.integers(0)),
)


@settings(deadline=None)
@given(NOTES)
def test_a_note_arrives_as_it_was_sent_and_is_one_line(note):
    line = note.to_line()

    assert Note.parse(line) == note
    assert line.splitlines(keepends=True) == [line]
    assert line.endswith(b"\n")


@settings(deadline=None)
@given(MARKERS)
def test_an_end_marker_arrives_as_it_was_sent(marker):
    assert EndMarker.parse(b"".join(marker.to_lines()).splitlines()) == marker


def test_a_note_line_has_the_documented_fields():
    assert json.loads(a_note(files=(a_file(b"plan"),)).to_line()) == {
        "id": "n1",
        "pageId": "100",
        "authorKey": "ada",
        "text": "Good page.",
        "createdAt": "2026-01-05T09:30:00+00:00",
        "attachments": [
            {
                "fileName": "plan.txt",
                "mediaType": "text/plain",
                "sizeBytes": 4,
                "sha256": a_file(b"plan").sha256,
            }
        ],
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": 7}, "id is not a text"),
        ({"text": None}, "text is not a text"),
        ({"createdAt": "yesterday"}, "createdAt is not an ISO 8601 instant"),
        ({"createdAt": "2026-01-05T09:30:00"}, "createdAt has no time zone"),
        ({"attachments": None}, "attachments is not a list"),
        ({"attachments": ["plan.txt"]}, "is not a JSON object"),
        ({"attachments": [{"fileName": "a", "mediaType": "b", "sizeBytes": -1}]}, "sizeBytes"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(change, complaint):
    line = json.dumps(json.loads(a_note().to_line()) | change).encode()

    with pytest.raises(FormatError, match=complaint):
        Note.parse(line)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_not_a_json_object_is_not_a_note(line):
    with pytest.raises(FormatError):
        Note.parse(line)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b'{"key":"k","label":"notes-00001","sha256":"s"}'],
        [b'{"end":2,"uploads":0,"notes":0,"leftOut":{}}'],
        [b'{"end":1,"uploads":1,"notes":0,"leftOut":{}}'],
        [b'{"end":1,"uploads":0,"notes":0,"leftOut":{"new-reason":1}}'],
        [b'{"end":1,"uploads":0,"notes":0,"leftOut":{"empty":true}}'],
        [b'{"end":1,"uploads":0,"notes":0}'],
    ],
    ids=["empty", "cut", "newer format", "upload missing", "unknown reason", "no count", "no sums"],
)
def test_a_marker_that_is_not_whole_is_refused(lines):
    with pytest.raises(FormatError):
        EndMarker.parse(lines)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        (part_label(1), UploadKind.PART),
        (part_label(123_456), UploadKind.PART),
        (file_label("ab" * 32), UploadKind.FILE),
        ("notes-end", UploadKind.END),
        ("notes-", None),
        ("notes-one", None),
        ("pictures-00001", None),
        ("", None),
        (None, None),
    ],
)
def test_a_label_tells_what_an_upload_holds(label, kind):
    assert find_upload_kind(label) is kind


def test_labels_of_parts_sort_as_they_count():
    assert part_label(1) == "notes-00001"
    assert sorted(map(part_label, range(1, 1200))) == list(map(part_label, range(1, 1200)))
