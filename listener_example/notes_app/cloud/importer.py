"""Imports what a transfer brings, and settles it once.

An event can come twice, late or before any other, and the process can end at any line. So each
handler first looks at what is done, does the rest, and raises when it cannot: the event then comes
again. An upload is imported right in its handler; the server side keeps parts small for that.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from functools import wraps

from notes_app.cloud import transfers
from notes_app.cloud.database import Database
from notes_app.cloud.files import FileStore
from notes_app.cloud.notes import Pair, put_notes
from notes_app.cloud.parts import translate_part
from notes_app.cloud.rules import decide_outcome, decide_percent, describe, make_feedback
from notes_app.cloud.transfers import DoneUpload
from notes_app.exchange import EndMarker, FormatError, UploadKind, find_upload_kind
from portway_sdk import Event, MigrationClient, TransferSettledError, TransferStatus

_NAMED_REJECTIONS = 100
"""The feedback names this many notes; the numbers are complete."""

_log = logging.getLogger(__name__)

_Handler = Callable[["Importer", Event, MigrationClient], None]


def _while_open(handle: _Handler) -> _Handler:
    """Let events of settled transfers be, and notice when a transfer has settled meanwhile."""

    @wraps(handle)
    def handle_if_open(self: "Importer", event: Event, client: MigrationClient) -> None:
        if self.is_closed(event.transfer_id):
            return
        try:
            handle(self, event, client)
        except TransferSettledError:
            _log.info("transfer %s has settled", event.transfer_id)
            self.close(event, client)

    return handle_if_open


class Importer:
    """The handlers of all events. Several threads may call it at once."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files
        # Two last uploads may end together: one of them settles the transfer, not both. It is
        # entered again by the thread that holds it, on the way from a report to settling.
        self._reporting = threading.RLock()

    @_while_open
    def begin(self, event: Event, client: MigrationClient) -> None:
        """The listener was called: say that this side is there."""
        self._report(event.transfer_id, client)

    @_while_open
    def take_upload(self, event: Event, client: MigrationClient) -> None:
        """Import one upload, unless that is done, and say how far the transfer is."""
        kind, key = find_upload_kind(event.label), event.s3_key
        if kind is None or key is None:
            _log.warning("transfer %s: upload %s is not ours", event.transfer_id, key)
            return
        if not self._is_done(event.transfer_id, key):
            match kind:
                case UploadKind.PART:
                    self._import_part(event, key, client)
                case UploadKind.FILE:
                    self._import_file(event, key, client)
                case UploadKind.END:
                    self._read_end(event, key, client)
        self._report(event.transfer_id, client)

    @_while_open
    def give_up(self, event: Event, client: MigrationClient) -> None:
        """The server side failed: nothing more will come."""
        error = client.error(event.transfer_id)
        kind = error.exception_type if error else "an error"
        message = f"The server side stopped with {kind}. Run the app migration again."
        self._settle(event.transfer_id, client, TransferStatus.FAILED, message)

    @_while_open
    def cancel(self, event: Event, client: MigrationClient) -> None:
        """The admin cancelled: settle now, rather than make the platform wait for it.

        What is imported stays; a later run recognises it.
        """
        with self._database.reading() as connection:
            tally = transfers.get_tally(connection, event.transfer_id)
        status = TransferStatus.INCOMPLETE if tally.imported else TransferStatus.FAILED
        self._settle(event.transfer_id, client, status, "Stopped, as the admin asked.")

    def close(self, event: Event, client: MigrationClient) -> None:
        """The transfer has settled: nothing more is done for it."""
        with self._database.changing() as connection:
            transfers.close(connection, event.transfer_id)

    def is_closed(self, transfer_id: str) -> bool:
        """Tell whether a transfer has settled."""
        with self._database.reading() as connection:
            return transfers.get_state(connection, transfer_id).is_closed

    # One upload

    def _import_part(self, event: Event, key: str, client: MigrationClient) -> None:
        with client.open_app_data(key) as pieces:
            content = b"".join(pieces)
        pair = Pair(event.migration_details.migration_scope_id, client.site_url)
        imported, rejected = translate_part(
            content, client, transfer_id=event.transfer_id, pair_id=pair.id
        )
        upload = DoneUpload(
            key,
            sha256=hashlib.sha256(content).hexdigest(),
            imported=len(imported),
            unknown_authors=sum(note.account_id is None for note in imported),
            rejected=tuple(rejected),
        )
        with self._database.changing() as connection:
            put_notes(connection, pair, imported)
            transfers.keep_upload(connection, event.transfer_id, upload)

    def _import_file(self, event: Event, key: str, client: MigrationClient) -> None:
        with client.open_app_data(key) as pieces:
            digest = self._files.keep(pieces)
        with self._database.changing() as connection:
            transfers.keep_upload(connection, event.transfer_id, DoneUpload(key, digest))

    def _read_end(self, event: Event, key: str, client: MigrationClient) -> None:
        with client.open_app_data(key) as pieces:
            content = b"".join(pieces)
        try:
            marker = EndMarker.parse(content.splitlines())
        except FormatError as problem:
            message = f"The end marker cannot be used: it {problem}. Update Page notes."
            self._settle(event.transfer_id, client, TransferStatus.FAILED, message)
            return
        upload = DoneUpload(key, hashlib.sha256(content).hexdigest())
        with self._database.changing() as connection:
            transfers.keep_end(connection, event.transfer_id, marker)
            transfers.keep_upload(connection, event.transfer_id, upload)

    def _is_done(self, transfer_id: str, key: str) -> bool:
        with self._database.reading() as connection:
            return transfers.is_done(connection, transfer_id, key)

    # The transfer

    def _report(self, transfer_id: str, client: MigrationClient) -> None:
        """Settle the transfer once everything is in; until then report a percentage that rose."""
        with self._reporting:
            with self._database.reading() as connection:
                state = transfers.get_state(connection, transfer_id)
                tally = transfers.get_tally(connection, transfer_id)
            if state.done == state.expected:
                self._settle(transfer_id, client, decide_outcome(tally), describe(tally))
                return
            percent = decide_percent(state.done, state.expected)
            if percent > state.percent and not state.is_closed:
                client.progress(
                    transfer_id,
                    status=TransferStatus.IN_PROGRESS,
                    percent=percent,
                    message=describe(tally),
                )
                with self._database.changing() as connection:
                    transfers.keep_percent(connection, transfer_id, percent)

    def _settle(
        self, transfer_id: str, client: MigrationClient, status: TransferStatus, message: str
    ) -> None:
        """Leave feedback and settle. After a crash in between both are done again.

        "Once" is this lock's work while the process lives, and the platform's after a crash: it
        refuses to settle a transfer a second time.
        """
        with self._reporting:
            if self.is_closed(transfer_id):
                return
            with self._database.reading() as connection:
                tally = transfers.get_tally(connection, transfer_id)
                named = transfers.list_rejected(connection, transfer_id, limit=_NAMED_REJECTIONS)
            client.leave_feedback(transfer_id, make_feedback(tally, named))
            client.settle(transfer_id, status, message)
            with self._database.changing() as connection:
                transfers.close(connection, transfer_id)
            _log.info("transfer %s settled: %s", transfer_id, status)
