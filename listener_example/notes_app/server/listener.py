"""The listener of Page notes: what it may see, what it checks, what it does when it is called."""

import logging

from notes_app import CLOUD_APP_KEY, SERVER_APP_KEY, VERSION
from notes_app.exchange import LeftOut, Note
from notes_app.server.export import LARGEST_FILE_BYTES, NOTES_PER_PART, export_notes, find_unfit
from notes_app.server.notes import NoteStore
from portway_sdk import (
    AccessScope,
    CheckContext,
    CheckResult,
    Gateway,
    Listener,
    TransferSettledError,
)

SCOPES = frozenset(
    {
        # Notes and their files, which people wrote in this app. A note names its author by
        # Confluence's internal key only: no name, no address, hence no APP_DATA_PII.
        AccessScope.APP_DATA_UGC,
        # Pages: here, to see whose page has moved; in the cloud app, to find the new page.
        AccessScope.MIGRATION_TRACING_PRODUCT,
        # People: only the cloud app asks, to put each note under its author's account.
        AccessScope.MIGRATION_TRACING_IDENTITY,
    }
)

_LARGEST_FILE_MIB = LARGEST_FILE_BYTES // (1024 * 1024)
_ROWS_SHOWN = 500

_log = logging.getLogger(__name__)


class ServerApp:
    """What Page notes does on the server when the platform calls."""

    def __init__(self, store: NoteStore, *, notes_per_part: int = NOTES_PER_PART) -> None:
        self._store = store
        self._notes_per_part = notes_per_part

    def start(self, gateway: Gateway) -> None:
        """Export the notes whose pages have moved."""
        try:
            with self._store.snapshot() as snapshot:
                marker = export_notes(gateway, snapshot, notes_per_part=self._notes_per_part)
        except TransferSettledError:
            # The cloud app had all it needed, or time ran out: nothing more is wanted.
            _log.info("transfer %s has settled; export stopped", gateway.transfer_id)
            return
        if marker is None:
            _log.info("transfer %s was cancelled; export stopped", gateway.transfer_id)
        else:
            _log.info("transfer %s: %d notes sent", gateway.transfer_id, marker.notes)

    def start_again(self, gateway: Gateway, original_transfer_id: str) -> None:
        """Export everything again: the cloud app recognises what it has by the note's id."""
        _log.info("transfer %s repeats %s", gateway.transfer_id, original_transfer_id)
        self.start(gateway)

    def check_empty_notes(self, context: CheckContext) -> CheckResult:
        """Look for notes with neither text nor a file."""
        return self._check(LeftOut.EMPTY, steps="write-or-delete")

    def check_large_files(self, context: CheckContext) -> CheckResult:
        """Look for notes with a file that Page notes Cloud does not take."""
        return self._check(LeftOut.FILE_TOO_LARGE, steps="attach-to-page")

    def _check(self, reason: LeftOut, *, steps: str) -> CheckResult:
        """Return what the admin sees of the notes that are unfit for `reason`.

        All notes are looked at: before the move, nothing tells which pages belong to the plan.
        """
        count = 0
        shown: list[Note] = []
        with self._store.snapshot() as snapshot:
            for note in snapshot.notes():
                if find_unfit(note) is reason:
                    count += 1
                    if len(shown) < _ROWS_SHOWN:
                        shown.append(note)
        if not count:
            return CheckResult.ok()
        return CheckResult.found(
            steps,
            values={"count": count},
            headers=("Page", "Note", "Files"),
            rows=[
                (note.page_id, note.id, ", ".join(file.file_name for file in note.attachments))
                for note in shown
            ],
        )


def make_listener(app: ServerApp) -> Listener:
    """Return the listener that calls `app`."""
    listener = Listener(
        server_app_key=SERVER_APP_KEY,
        cloud_app_key=CLOUD_APP_KEY,
        version=VERSION,
        scopes=SCOPES,
    )
    listener.on_start_app_migration(app.start)
    listener.on_rerun_app_migration(app.start_again)
    listener.vendor_check(
        "empty-notes",
        title="Notes without text and without a file",
        description="Such notes are not moved.",
        steps_to_resolve={
            "write-or-delete": "Notes that will stay on the server: {count}. They have neither"
            " text nor a file. Write something into each note of the list, or delete it. Then run"
            " the check again."
        },
    )(app.check_empty_notes)
    listener.vendor_check(
        "large-files",
        title=f"Notes with a file over {_LARGEST_FILE_MIB} MiB",
        description="Page notes Cloud does not take larger files; such notes are not moved.",
        steps_to_resolve={
            "attach-to-page": "Notes that will stay on the server: {count}. They have a file over"
            f" {_LARGEST_FILE_MIB} MiB. For each note of the list, attach the file to the page"
            " itself and remove it from the note. Then run the check again."
        },
    )(app.check_large_files)
    return listener
