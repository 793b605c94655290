"""What the server side sends, and what it leaves."""

import gzip
from contextlib import contextmanager

import pytest

from listener_example.builders import a_file, a_note
from notes_app.exchange import EndMarker, LeftOut, Note
from notes_app.server.export import LARGEST_FILE_BYTES
from notes_app.server.listener import SCOPES, ServerApp, make_listener
from notes_app.server.notes import NoteStore
from portway_sdk import AccessScope, CheckContext, ScopeNotGrantedError, TransferSettledError
from portway_sdk.testing import FakeGateway

MIGRATED = {"confluence:page": {"100": "9100", "101": "9101"}}
CONTEXT = CheckContext(site_key="acme", cloud_url="https://acme.test/sites/acme")


@pytest.fixture
def store(tmp_path):
    return NoteStore(tmp_path / "notes.db")


def keep(store, *notes, contents=()):
    store.put((note, contents) for note in notes)


def notes_in(gateway):
    return [
        Note.parse(line)
        for upload in gateway.uploads
        if upload.label.startswith("notes-0")
        for line in upload.content.splitlines()
    ]


def marker_in(gateway):
    return EndMarker.parse(gateway.uploads[-1].content.splitlines())


def test_notes_travel_in_numbered_parts_and_the_end_marker_comes_last(store):
    keep(store, *(a_note(f"n{number}") for number in range(5)))
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store, notes_per_part=2).start(gateway)

    labels = [upload.label for upload in gateway.uploads]
    assert labels == ["notes-00001", "notes-00002", "notes-00003", "notes-end"]
    assert [note.id for note in notes_in(gateway)] == ["n0", "n1", "n2", "n3", "n4"]
    assert gateway.export_completed


def test_the_end_marker_names_every_upload_by_key_and_digest(store):
    keep(store, a_note(files=(a_file(b"plan"),)), contents=[b"plan"])
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    marker = marker_in(gateway)
    assert marker.notes == 1
    assert [(upload.key, upload.label) for upload in marker.uploads] == [
        (upload.key, upload.label) for upload in gateway.uploads[:-1]
    ]
    assert marker.uploads[-1].sha256 == a_file(b"plan").sha256


def test_only_notes_of_migrated_pages_are_sent_and_the_rest_is_counted(store):
    keep(store, a_note("here", page="100"), a_note("elsewhere", page="777"))
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    assert [note.id for note in notes_in(gateway)] == ["here"]
    assert marker_in(gateway).left_out == {LeftOut.PAGE_NOT_MIGRATED: 1}


def test_a_note_moves_whole_or_not_at_all(store):
    large = a_file(b"\0" * (LARGEST_FILE_BYTES + 1))
    keep(store, a_note("large", files=(large,)), contents=[b"\0" * large.size_bytes])
    keep(store, a_note("empty", text=" \n"), a_note("fit"))
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    assert [note.id for note in notes_in(gateway)] == ["fit"]
    assert marker_in(gateway).left_out == {LeftOut.FILE_TOO_LARGE: 1, LeftOut.EMPTY: 1}
    assert [upload.label for upload in gateway.uploads] == ["notes-00001", "notes-end"]


def test_files_arrive_bit_for_bit_and_each_one_once(store):
    content = gzip.compress(bytes(range(256)) * 10_000) * 3
    keep(store, a_note("n1", files=(a_file(content),)), contents=[content])
    keep(store, a_note("n2", text="", files=(a_file(content, name="b.gz"),)), contents=[content])
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    files = [upload for upload in gateway.uploads if upload.label.startswith("file-")]
    assert [upload.content for upload in files] == [content]
    assert files[0].label == f"file-{a_file(content).sha256}"


def test_without_notes_there_is_an_end_marker_all_the_same(store):
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    assert [upload.label for upload in gateway.uploads] == ["notes-end"]
    assert marker_in(gateway) == EndMarker((), notes=0, left_out={})


def test_every_upload_is_declared_as_content_people_wrote_in_the_app(store):
    keep(store, a_note())
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start(gateway)

    assert {upload.data_class for upload in gateway.uploads} == {"APP_DATA_UGC"}


def test_the_server_side_works_without_the_scope_only_the_cloud_side_needs(store):
    keep(store, a_note())
    needed = SCOPES - {AccessScope.MIGRATION_TRACING_IDENTITY}
    gateway = FakeGateway(mappings=MIGRATED, granted_scopes=needed)

    ServerApp(store).start(gateway)

    assert len(notes_in(gateway)) == 1


@pytest.mark.parametrize("missing", ["APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"])
def test_every_other_declared_scope_is_needed(store, missing):
    keep(store, a_note())
    gateway = FakeGateway(mappings=MIGRATED, granted_scopes=SCOPES - {missing})

    with pytest.raises(ScopeNotGrantedError):
        ServerApp(store).start(gateway)


def test_a_rerun_sends_everything_again(store):
    keep(store, a_note("n1"), a_note("n2"))
    gateway = FakeGateway(mappings=MIGRATED)

    ServerApp(store).start_again(gateway, "the transfer before")

    assert [note.id for note in notes_in(gateway)] == ["n1", "n2"]


def test_a_cancelled_export_stops_without_an_end_marker(store):
    keep(store, a_note())
    gateway = FakeGateway(mappings=MIGRATED)
    gateway.request_cancellation()

    ServerApp(store).start(gateway)

    assert gateway.uploads == []
    assert not gateway.export_completed


def test_a_settled_transfer_is_no_failure_of_the_listener(store, monkeypatch):
    keep(store, a_note())
    gateway = FakeGateway(mappings=MIGRATED)
    settled = TransferSettledError("The transfer has settled.", status=403, code="transfer_settled")
    monkeypatch.setattr(gateway, "create_app_data", _raising(settled))

    ServerApp(store).start(gateway)

    assert gateway.uploads == []


def test_notes_written_during_an_export_wait_for_the_next(store):
    keep(store, a_note("n1"))
    gateway = FakeGateway(mappings=MIGRATED)
    find = gateway.mappings_by_id

    def find_while_somebody_writes(namespace, keys):
        keep(store, a_note("n2"))
        return find(namespace, keys)

    gateway.mappings_by_id = find_while_somebody_writes
    ServerApp(store).start(gateway)

    assert [note.id for note in notes_in(gateway)] == ["n1"]


def test_a_check_that_finds_nothing_passes(store):
    keep(store, a_note())

    assert ServerApp(store).check_empty_notes(CONTEXT).passed
    assert ServerApp(store).check_large_files(CONTEXT).passed


def test_empty_notes_are_listed_for_the_admin(store):
    keep(store, a_note("n1", page="100", text=""), a_note("n2"))

    result = ServerApp(store).check_empty_notes(CONTEXT)

    assert not result.passed
    assert result.values == {"count": "1"}
    assert result.affected.rows == (("100", "n1", ""),)


def test_large_files_are_listed_for_the_admin(store):
    large = a_file(b"\0" * (LARGEST_FILE_BYTES + 1), name="video.mp4")
    keep(store, a_note("n1", files=(large,)), contents=[b"\0" * large.size_bytes])

    result = ServerApp(store).check_large_files(CONTEXT)

    assert not result.passed
    assert result.affected.rows == (("100", "n1", "video.mp4"),)


def test_a_file_at_the_limit_is_not_too_large(store):
    content = b"\0" * LARGEST_FILE_BYTES
    keep(store, a_note(files=(a_file(content),)), contents=[content])

    assert ServerApp(store).check_large_files(CONTEXT).passed


def test_every_result_names_steps_that_are_declared(store):
    app = ServerApp(store)
    large = a_file(b"\0" * (LARGEST_FILE_BYTES + 1))
    keep(store, a_note("n1", text=""))
    keep(store, a_note("n2", files=(large,)), contents=[b"\0" * large.size_bytes])
    specs = {spec.check_id: spec for spec in make_listener(app).declaration.checks}

    for check_id, result in {
        "empty-notes": app.check_empty_notes(CONTEXT),
        "large-files": app.check_large_files(CONTEXT),
    }.items():
        steps = specs[check_id].steps_to_resolve[result.steps_to_resolve]
        assert "Notes that will stay on the server: 1." in steps.format(**result.values)


def _raising(error):
    @contextmanager
    def raise_error(**_):
        raise error
        yield

    return raise_error
