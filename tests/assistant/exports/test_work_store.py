"""The life of a work store: built once, whole or not at all, rebuilt when it must be."""

import fcntl
import resource
import sqlite3

import pytest

from portway_assistant import error_codes
from portway_assistant.exports import work_store
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store
from portway_service.errors import Refusal
from support.exports import HEAD, ExportBuilder


@pytest.fixture
def package(tmp_path) -> ExportPackage:
    """A small export."""
    builder = ExportBuilder()
    builder.space()
    builder.page("Start")
    return ExportPackage.open(builder.write(tmp_path / "export.zip"))


def built(package, folder):
    """Open the store, close it again and return what identifies its file."""
    with open_work_store(package, folder) as store:
        status = store.path.stat()
        return store.path, status.st_ino


def test_a_store_is_built_once_and_used_again(package, tmp_path):
    assert built(package, tmp_path / "stores") == built(package, tmp_path / "stores")


def test_another_export_gets_another_store(package, tmp_path):
    builder = ExportBuilder()
    builder.space("OTHER")
    other = ExportPackage.open(builder.write(tmp_path / "other.zip"))

    first, _ = built(package, tmp_path / "stores")
    second, _ = built(other, tmp_path / "stores")

    assert first != second


def test_a_store_of_another_schema_is_built_anew(package, tmp_path, monkeypatch):
    _, before = built(package, tmp_path / "stores")
    monkeypatch.setattr(work_store, "SCHEMA_VERSION", 99)

    _, after = built(package, tmp_path / "stores")

    assert before != after


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(80)])
def test_a_damaged_store_is_built_anew(package, tmp_path, content):
    path, _ = built(package, tmp_path / "stores")
    path.write_bytes(content)

    with open_work_store(package, tmp_path / "stores") as store:
        assert [space.key for space in store.spaces()] == ["DEMO"]


def test_nothing_is_left_behind_when_the_export_is_refused(tmp_path):
    builder = ExportBuilder()
    builder.page("Start")
    builder.raw("<broken")
    package = ExportPackage.open(builder.write(tmp_path / "export.zip"))

    with pytest.raises(Refusal) as caught:
        open_work_store(package, tmp_path / "stores")

    assert caught.value.error is error_codes.EXPORT_MALFORMED
    assert list((tmp_path / "stores").iterdir()) == []


def test_nothing_is_left_behind_when_the_build_is_broken_off(package, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_work_store(package, tmp_path / "stores", on_progress=stop)

    assert list((tmp_path / "stores").iterdir()) == []


def test_what_a_killed_build_left_behind_is_swept_up(package, tmp_path):
    folder = tmp_path / "stores"
    folder.mkdir()
    left, in_use = (
        folder / f".export-{package.digest()}.sqlite.{name}.partial" for name in ("aa", "bb")
    )
    left.write_bytes(b"half")
    with in_use.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        built(package, folder)

    assert not left.exists()
    assert in_use.exists()


def test_a_store_is_only_read(package, tmp_path):
    path, _ = built(package, tmp_path / "stores")
    before = path.read_bytes()

    with open_work_store(package, tmp_path / "stores") as store:
        list(store.spaces())
        with pytest.raises(sqlite3.OperationalError):
            store._database.execute("DELETE FROM spaces")

    assert path.read_bytes() == before


def test_progress_is_told_in_bytes(package, tmp_path):
    told = []

    open_work_store(
        package, tmp_path / "stores", on_progress=lambda *step: told.append(step)
    ).close()

    assert told[-1] == (package.entities_size, package.entities_size)


def test_a_folder_that_cannot_be_written_is_named(package, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")

    with pytest.raises(Refusal) as caught:
        open_work_store(package, blocked / "stores")

    assert caught.value.error is error_codes.WORK_STORE_UNWRITABLE


def test_a_disk_that_fills_up_is_named_and_nothing_stays(package, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(Refusal) as caught:
            open_work_store(package, tmp_path / "stores")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert caught.value.error is error_codes.WORK_STORE_UNWRITABLE
    assert list((tmp_path / "stores").iterdir()) == []


def test_a_store_answers_several_streams_at_once(tmp_path):
    builder = ExportBuilder()
    builder.space()
    for number in range(10):
        builder.page(f"Page {number}")
    package = ExportPackage.open(builder.write(tmp_path / "export.zip"))

    with open_work_store(package, tmp_path / "stores") as store:
        pairs = list(zip(store.pages("100"), store.pages("100"), strict=True))

    assert len(pairs) == 10
    assert all(one == two for one, two in pairs)


def test_two_reads_of_one_export_give_the_same_order(tmp_path):
    builder = ExportBuilder()
    builder.space()
    for number in (5, 3, 9, 1):
        builder.page("Same title", object_id=number)
    package = ExportPackage.open(builder.write(tmp_path / "export.zip"))

    with (
        open_work_store(package, tmp_path / "one") as one,
        open_work_store(package, tmp_path / "two") as two,
    ):
        assert [page.id for page in one.pages("100")] == [page.id for page in two.pages("100")]


def test_an_unfinished_download_is_refused_before_a_store_is_begun(tmp_path):
    path = tmp_path / "export.zip"
    path.write_bytes(b"PK\x03\x04" + HEAD.encode())

    with pytest.raises(Refusal):
        ExportPackage.open(path)
