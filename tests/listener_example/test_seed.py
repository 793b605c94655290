"""Believable notes for the demo: the same arguments, the same notes."""

import io
import json

import pytest

from notes_app.seed import main, make_notes
from notes_app.server.notes import NoteStore


def notes_in(folder):
    with NoteStore(folder / "notes.db").snapshot() as snapshot:
        return list(snapshot.notes())


def test_the_same_seed_writes_the_same_notes():
    once = list(make_notes(["1", "2"], ["k1", "k2"], count=20, seed=7))

    assert once == list(make_notes(["1", "2"], ["k1", "k2"], count=20, seed=7))
    assert once != list(make_notes(["1", "2"], ["k1", "k2"], count=20, seed=8))


def test_writing_twice_changes_nothing(tmp_path):
    arguments = ["--data", str(tmp_path), "--pages", "1,2", "--authors", "k1", "--notes", "20"]

    assert main(arguments) == 0
    once = notes_in(tmp_path)
    assert main(arguments) == 0

    assert notes_in(tmp_path) == once
    assert len(once) == 20
    assert {note.page_id for note in once} == {"1", "2"}
    assert {note.author_key for note in once} == {"k1"}
    assert any(note.attachments for note in once)


def test_ids_may_come_from_a_file_or_from_stdin(tmp_path, monkeypatch, capsys):
    ids = json.dumps({"pages": [98361], "authors": ["k1"]})
    (tmp_path / "ids.json").write_text(ids)
    monkeypatch.setattr("sys.stdin", io.StringIO(ids))

    for name, source in (("a", str(tmp_path / "ids.json")), ("b", "-")):
        assert main(["--data", str(tmp_path / name), "--ids", source, "--notes", "3"]) == 0

    assert notes_in(tmp_path / "a") == notes_in(tmp_path / "b")
    assert {note.page_id for note in notes_in(tmp_path / "a")} == {"98361"}
    assert "notes: 3, pages: 1, authors: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--pages", "1"],
        ["--ids", "nowhere.json"],
        ["--ids", "-"],
    ],
)
def test_without_pages_and_authors_nothing_is_written(tmp_path, monkeypatch, arguments):
    monkeypatch.setattr("sys.stdin", io.StringIO("[]"))

    with pytest.raises(SystemExit) as ended:
        main(["--data", str(tmp_path), *arguments])

    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
