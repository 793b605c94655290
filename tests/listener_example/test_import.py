"""What the cloud side makes of a transfer, whatever happens to its events on the way."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener_example.builders import a_file, a_note
from notes_app.cloud.app import make_cloud_app
from notes_app.cloud.database import Database
from notes_app.cloud.files import FileStore
from notes_app.cloud.importer import Importer
from notes_app.cloud.notes import list_notes
from notes_app.cloud.rules import make_pseudonym
from notes_app.exchange import (
    END_LABEL,
    EndMarker,
    LeftOut,
    SentUpload,
    file_label,
    part_label,
)
from portway_sdk import (
    CloudAppSettings,
    EventType,
    ListenerError,
    MemoryAppStore,
    TransferStatus,
)
from portway_sdk.testing import CloudAppTester, a_migration
from portway_sdk.wire import ProgressReport

SETTINGS = CloudAppSettings(
    app_key="com.example.notes.cloud",
    name="Page notes",
    base_url="https://notes.test",
    install_keys_url="https://portway.test/keys",
    vendor="Example Ltd",
)
MAPPINGS = {
    "confluence:page": {"100": "9100", "101": "9101"},
    "identity:user": {"confluence.userkey/ada": "account-1"},
}
PAIR_ID = a_migration().migration_scope_id
SETTLED = {TransferStatus.SUCCESS, TransferStatus.INCOMPLETE, TransferStatus.FAILED}


class Cloud:
    """The cloud side on one folder, and a platform that the SDK plays."""

    def __init__(self, folder, *, mappings=MAPPINGS, database=None, store=None, **options):
        self.database = database or Database(folder / "notes.db")
        self.files = folder / "files"
        importer = Importer(self.database, FileStore(self.files))
        app = make_cloud_app(SETTINGS, store or MemoryAppStore(), importer)
        self.platform = CloudAppTester(app, mappings=mappings, **options)
        assert self.platform.install().status == 204

    def store(self, *parts, files=(), left_out=None, notes=None):
        """Have the platform hold an export; returns key and label of each upload, end last."""
        contents = [
            (part_label(number), b"".join(note.to_line() for note in part))
            for number, part in enumerate(parts, start=1)
        ]
        contents += [(file_label(sha256(file).hexdigest()), file) for file in files]
        uploads = [(self.platform.add_app_data(raw, label=label), label) for label, raw in contents]
        marker = EndMarker(
            tuple(
                SentUpload(key, label, sha256(raw).hexdigest())
                for (key, label), (_, raw) in zip(uploads, contents, strict=True)
            ),
            notes=sum(map(len, parts)),
            left_out=left_out or {},
        )
        return [*uploads, (self.store_end(marker), END_LABEL)]

    def store_end(self, marker):
        return self.platform.add_app_data(b"".join(marker.to_lines()), label=END_LABEL)

    def deliver(self, upload):
        """Deliver an upload's event; each upload has one, so a repetition repeats the message."""
        key, label = upload
        return self.platform.deliver(
            EventType.APP_DATA_UPLOADED, message_id=f"message of {key}", s3_key=key, label=label
        ).status

    def import_all(self, *parts, **more):
        for upload in self.store(*parts, **more):
            assert self.deliver(upload) == 200

    def notes(self):
        with self.database.reading() as connection:
            return [note for _, note in list_notes(connection)]

    @property
    def settlements(self):
        return [report for report in self.platform.reports if report.status in SETTLED]

    @property
    def percentages(self):
        return [report.percent for report in self.platform.reports if report.percent is not None]


@pytest.fixture
def cloud(tmp_path):
    return Cloud(tmp_path)


# What becomes of notes


def test_notes_arrive_on_their_pages_under_their_authors_accounts(cloud):
    cloud.import_all([a_note("n1", page="100"), a_note("n2", page="101")])

    assert [(note.id, note.page_id, note.account_id) for note in cloud.notes()] == [
        ("n1", "9100", "account-1"),
        ("n2", "9101", "account-1"),
    ]
    assert [report.status for report in cloud.settlements] == [TransferStatus.SUCCESS]


def test_files_arrive_bit_for_bit(cloud):
    content = bytes(range(256))
    cloud.import_all([a_note(files=(a_file(content),))], files=[content])

    (attachment,) = cloud.notes()[0].attachments
    assert (cloud.files / attachment.sha256).read_bytes() == content
    assert len(list(cloud.files.iterdir())) == 1


def test_a_note_whose_page_is_unknown_is_refused_with_the_reason(cloud):
    cloud.import_all([a_note("n1"), a_note("n2", page="777")])

    assert [note.id for note in cloud.notes()] == ["n1"]
    assert cloud.platform.status is TransferStatus.INCOMPLETE
    assert cloud.platform.feedback["rejected"] == {"page-unknown": 1}
    assert cloud.platform.feedback["rejectedNotes"] == [
        {"note": "n2", "line": 2, "reason": "page-unknown"}
    ]


def test_a_line_that_cannot_be_read_costs_that_line_only(cloud):
    part = a_note("n1").to_line() + b"{broken\n" + a_note("n2").to_line()
    key = cloud.platform.add_app_data(part, label="notes-00001")
    marker = EndMarker((SentUpload(key, "notes-00001", sha256(part).hexdigest()),), notes=3)
    cloud.deliver((key, "notes-00001"))
    cloud.deliver((cloud.store_end(marker), END_LABEL))

    assert [note.id for note in cloud.notes()] == ["n1", "n2"]
    assert cloud.platform.status is TransferStatus.INCOMPLETE
    assert cloud.platform.feedback["rejectedNotes"] == [
        {"note": None, "line": 2, "reason": "malformed"}
    ]


def test_a_note_by_an_unknown_author_is_kept_under_a_pseudonym(cloud):
    cloud.import_all([a_note(author="grace")])

    (note,) = cloud.notes()
    assert (note.account_id, note.pseudonym) == (None, make_pseudonym("grace", pair_id=PAIR_ID))
    assert cloud.platform.status is TransferStatus.SUCCESS
    assert cloud.platform.feedback["unknownAuthors"] == 1


def test_the_servers_user_keys_are_not_kept(cloud, tmp_path):
    cloud.import_all([a_note(author="key-of-ada"), a_note(author="key-of-grace")])

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"9100" in kept
    assert b"key-of-" not in kept


def test_notes_the_server_left_out_are_reported(cloud):
    cloud.import_all([a_note()], left_out={LeftOut.PAGE_NOT_MIGRATED: 3, LeftOut.EMPTY: 1})

    assert cloud.platform.status is TransferStatus.INCOMPLETE
    assert cloud.platform.feedback["leftOnServer"] == {"page-not-migrated": 3, "empty": 1}
    assert cloud.settlements[0].message == (
        "Notes imported: 1; left on the server until their page moves: 3;"
        " left on the server because they are empty: 1"
    )


def test_an_export_without_notes_succeeds(cloud):
    cloud.import_all()

    assert cloud.platform.status is TransferStatus.SUCCESS


def test_notes_of_two_servers_do_not_meet(tmp_path):
    store = MemoryAppStore()
    Cloud(tmp_path, store=store, transfer_id="t1").import_all([a_note("n1", text="one")])
    other = a_migration(migration_scope_id="another pair")
    cloud = Cloud(tmp_path, store=store, transfer_id="t2", migration=other)
    cloud.import_all([a_note("n1", text="two")])

    assert sorted(note.text for note in cloud.notes()) == ["one", "two"]


# Progress and the end


def test_a_triggered_listener_is_answered_with_the_first_percent(cloud):
    cloud.platform.deliver(EventType.LISTENER_TRIGGERED)

    assert [(report.status, report.percent) for report in cloud.platform.reports] == [
        (TransferStatus.IN_PROGRESS, 1)
    ]


def test_the_percentage_only_rises_and_stays_within_1_to_99(cloud):
    uploads = cloud.store(*([a_note(f"n{number}")] for number in range(60)))
    for upload in [*uploads[:40], uploads[-1], *uploads[40:-1]]:
        cloud.deliver(upload)

    assert cloud.percentages == sorted(set(cloud.percentages))
    assert cloud.percentages[0] >= 1
    assert 90 < cloud.percentages[-1] <= 99


def test_nothing_is_settled_before_every_upload_is_in(cloud):
    *uploads, end = cloud.store([a_note("n1")], [a_note("n2")])
    cloud.deliver(end)
    cloud.deliver(uploads[0])
    assert cloud.settlements == []

    cloud.deliver(uploads[1])
    assert [report.status for report in cloud.settlements] == [TransferStatus.SUCCESS]


def test_an_upload_that_is_not_what_was_sent_fails_the_transfer(cloud):
    key = cloud.platform.add_app_data(a_note().to_line(), label="notes-00001")
    marker = EndMarker((SentUpload(key, "notes-00001", "of something else"),), notes=1)
    cloud.deliver((key, "notes-00001"))
    cloud.deliver((cloud.store_end(marker), END_LABEL))

    assert cloud.platform.status is TransferStatus.FAILED
    assert cloud.platform.feedback["differingUploads"] == 1


def test_an_end_marker_of_a_newer_format_fails_the_transfer(cloud):
    key = cloud.platform.add_app_data(b'{"end":2}\n', label=END_LABEL)

    assert cloud.deliver((key, END_LABEL)) == 200
    assert cloud.platform.status is TransferStatus.FAILED
    assert "Update Page notes" in cloud.settlements[0].message


def test_a_failed_listener_fails_the_transfer_and_its_notes_stay(cloud):
    uploads = cloud.store([a_note("n1")], [a_note("n2")])
    cloud.deliver(uploads[0])
    cloud.platform.listener_error = ListenerError(
        exception_type="sqlite3.OperationalError", safe_stack_trace="…"
    )

    assert cloud.platform.deliver(EventType.LISTENER_ERRORED).status == 200
    assert cloud.platform.status is TransferStatus.FAILED
    assert "sqlite3.OperationalError" in cloud.settlements[0].message
    assert [note.id for note in cloud.notes()] == ["n1"]


@pytest.mark.parametrize(("delivered", "status"), [(0, "FAILED"), (1, "INCOMPLETE")])
def test_a_cancelled_transfer_is_settled_and_left_alone(cloud, delivered, status):
    uploads = cloud.store([a_note("n1")], [a_note("n2")])
    for upload in uploads[:delivered]:
        cloud.deliver(upload)
    cloud.platform.deliver(EventType.TRANSFER_CANCELLATION_REQUESTED)
    kept = cloud.notes()

    assert [cloud.deliver(upload) for upload in uploads] == [200, 200, 200]
    assert [report.status for report in cloud.settlements] == [TransferStatus(status)]
    assert cloud.notes() == kept


def test_a_transfer_that_settled_without_this_app_is_left_alone(cloud):
    uploads = cloud.store([a_note("n1")])
    cloud.platform.deliver(EventType.TRANSFER_SETTLED, transfer_status=TransferStatus.TIMED_OUT)

    assert [cloud.deliver(upload) for upload in uploads] == [200, 200]
    assert cloud.platform.reports == []
    assert cloud.notes() == []


def test_a_refusal_of_a_settled_transfer_ends_the_work_politely(cloud):
    uploads = cloud.store([a_note("n1")])
    # It was settled just before a crash; the event that says so has not come yet.
    settled = ProgressReport(status=TransferStatus.SUCCESS)
    cloud.platform.reports.append(settled)

    assert [cloud.deliver(upload) for upload in uploads] == [200, 200]
    assert cloud.platform.reports == [settled]


def test_a_label_of_somebody_else_is_let_be(cloud):
    key = cloud.platform.add_app_data(b"?", label="pictures-1")

    assert cloud.deliver((key, "pictures-1")) == 200
    assert cloud.settlements == []


# Twice, late, in pieces


def test_a_rerun_imports_nothing_twice_and_mends_what_it_can(tmp_path):
    store = MemoryAppStore()
    without_101 = MAPPINGS | {"confluence:page": {"100": "9100"}}
    notes = [a_note("n1"), a_note("n2", page="101", author="grace")]
    first = Cloud(tmp_path, store=store, mappings=without_101, transfer_id="t1")
    first.import_all(notes)
    assert first.platform.status is TransferStatus.INCOMPLETE

    with_grace = MAPPINGS["identity:user"] | {"confluence.userkey/grace": "account-2"}
    second = Cloud(
        tmp_path, store=store, mappings=MAPPINGS | {"identity:user": with_grace}, transfer_id="t2"
    )
    second.import_all(notes)

    assert second.platform.status is TransferStatus.SUCCESS
    assert [(note.id, note.account_id) for note in second.notes()] == [
        ("n1", "account-1"),
        ("n2", "account-2"),
    ]


def test_uploads_of_an_interrupted_export_do_not_count(cloud):
    """The server side died and began anew: the same labels again, other keys."""
    interrupted, *_ = cloud.store([a_note("n1"), a_note("gone", page="777")])
    *uploads, end = cloud.store([a_note("n1")], [a_note("n2")])
    for upload in [end, interrupted, *uploads]:
        cloud.deliver(upload)

    assert cloud.platform.status is TransferStatus.SUCCESS
    assert cloud.platform.feedback["imported"] == 2
    assert [note.id for note in cloud.notes()] == ["n1", "n2"]


def test_a_second_end_marker_changes_nothing(cloud):
    first = cloud.store([a_note("n1")])
    second = cloud.store([a_note("n1")])
    for upload in [first[-1], second[-1], *second[:-1], *first[:-1]]:
        cloud.deliver(upload)

    assert [report.status for report in cloud.settlements] == [TransferStatus.SUCCESS]


PARTS = (
    [a_note("n1"), a_note("n2", page="777"), a_note("n3", author="grace")],
    [a_note("n4", page="101", files=(a_file(b"plan"),)), a_note("n5", text="<b>ü\u2028</b>")],
    [a_note("n6", files=(a_file(b"plan"), a_file(b"other", name="o.txt")), text="")],
)
FILES = (b"plan", b"other")
UPLOADS = len(PARTS) + len(FILES) + 1


class Crash(Exception):
    """The process ends here."""


class CrashingDatabase(Database):
    """Ends the process just before or after some of its transactions."""

    def __init__(self, path: Path, crashes: set[int]) -> None:
        super().__init__(path)
        self._crashes = crashes
        self._moment = 0

    @contextmanager
    def changing(self):
        self._pass()
        with super().changing() as connection:
            yield connection
        self._pass()

    def _pass(self):
        self._moment += 1
        if self._moment in self._crashes:
            raise Crash


def import_with(order, crashes=frozenset()):
    """Import PARTS and FILES with events in this order, and again until all are answered 200."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        cloud = Cloud(folder, database=CrashingDatabase(folder / "notes.db", set(crashes)))
        uploads = cloud.store(*PARTS, files=FILES, left_out={LeftOut.PAGE_NOT_MIGRATED: 2})
        pending = [uploads[number] for number in order]
        for _ in range(len(crashes) + 1):
            pending = [upload for upload in pending if cloud.deliver(upload) != 200]
        assert pending == []
        assert cloud.percentages == sorted(cloud.percentages)
        assert [report.status for report in cloud.settlements] == [TransferStatus.INCOMPLETE]
        return {
            "notes": cloud.notes(),
            "files": {path.name: path.read_bytes() for path in cloud.files.iterdir()},
            "feedback": cloud.platform.feedback,
            "message": cloud.settlements[0].message,
        }


UNDISTURBED = import_with(range(UPLOADS))
ORDERS = st.permutations(range(UPLOADS))
DUPLICATES = st.lists(st.sampled_from(range(UPLOADS)), max_size=6)


@settings(deadline=None, max_examples=25)
@given(ORDERS, DUPLICATES, st.data())
def test_any_order_and_any_repetition_give_the_same_end(order, duplicates, data):
    events = [*order]
    for number in duplicates:
        events.insert(data.draw(st.integers(0, len(events))), number)

    assert import_with(events) == UNDISTURBED


@settings(deadline=None, max_examples=25)
@given(ORDERS, st.sets(st.integers(1, 60), max_size=8))
def test_a_crash_at_any_moment_gives_the_same_end(order, crashes):
    assert import_with(order, crashes) == UNDISTURBED


def test_events_that_come_at_once_settle_the_transfer_once(cloud):
    parts = [[a_note(f"n{number}")] for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(cloud.deliver, cloud.store(*parts))) == {200}

    assert [report.status for report in cloud.settlements] == [TransferStatus.SUCCESS]
    assert cloud.platform.feedback["imported"] == 20
    assert len(cloud.notes()) == 20
