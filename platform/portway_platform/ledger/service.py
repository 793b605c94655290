"""Writing to the ledger, and reading it.

Entries are written as the last thing of the transaction that they tell of, so each is there exactly
when what it tells of is. Whoever has nothing else to write appends through the `Appender`, which
gives everybody who waits one transaction.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, Select, insert, select, update

from portway_platform import error_codes
from portway_platform.keys.store import Keys
from portway_platform.ledger.tables import ledger_entries, ledger_head, ledger_nodes
from portway_platform.settings import PlatformSettings
from portway_scopes.ledger import (
    GENESIS,
    Checkpoint,
    Draft,
    EntryProof,
    Frontier,
    NoteKey,
    chain_hash,
    consistency_proof,
    encode_entry,
    inclusion_proof,
    leaf_hash,
    parse_checkpoint,
    sign_checkpoint,
)
from portway_service.database import Database, do_last, insert_if_absent
from portway_service.errors import Refusal

_HEAD = 1
_LARGEST = (1 << 63) - 1
_ENTRIES_PER_ROUND = 1000


@dataclass(eq=False)
class Ledger:
    """The platform's ledger: one for all its sites."""

    settings: PlatformSettings
    database: Database
    keys: Keys
    _waiting: list["_Waiting"] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_led: bool = False

    def note(self, connection: Connection, draft: Draft) -> None:
        """Write an entry in this transaction, after everything else in it."""
        self._check(draft)
        do_last(connection, self._write, draft)

    def append(self, draft: Draft) -> None:
        """Write an entry in a transaction of its own, shared with others who wait meanwhile.

        It is on disk when this returns.
        """
        self._check(draft)
        waiting = _Waiting(draft)
        with self._lock:
            self._waiting.append(waiting)
            waiting.leads, self._is_led = not self._is_led, True
        if not waiting.leads:
            waiting.turn.acquire()
        if waiting.leads:
            self._lead()
        if waiting.error is not None:
            raise waiting.error

    def _check(self, draft: Draft) -> None:
        """Fail for who wrote it, and not for those it would share a transaction with."""
        encode_entry(draft, index=_LARGEST, at=self.settings.clock.now(), previous=GENESIS)

    def _lead(self) -> None:
        """Write for everybody who waits, oneself among them; then somebody else leads."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        error: BaseException | None = None
        try:
            with self.database.write() as connection:
                self._write(connection, [waiting.draft for waiting in batch])
        except BaseException as problem:
            # Whatever it is, nobody may wait for ever; each gets it.
            error = problem
        with self._lock:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].turn.release()
            else:
                self._is_led = False
        for waiting in batch:
            waiting.error = error
            if not waiting.leads:
                waiting.turn.release()

    def _write(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        head = self._lock_head(connection)
        now = self.settings.clock.now()
        frontier = Frontier(head.size, tuple(bytes.fromhex(peak) for peak in head.peaks))
        last_hash, entries, nodes = head.last_hash, [], []
        for draft in drafts:
            raw = encode_entry(draft, index=frontier.size, at=now, previous=last_hash)
            entries.append(
                {
                    "index": frontier.size,
                    "at": now,
                    "kind": draft.kind,
                    "actor": draft.actor,
                    "app_key": draft.facts.get("app"),
                    "record_id": draft.facts.get("record"),
                    "transfer_id": draft.facts.get("transfer"),
                    "raw": raw.decode(),
                }
            )
            last_hash = chain_hash(raw)
            frontier, fresh = frontier.append(leaf_hash(raw))
            nodes += [
                {"level": level, "position": position, "hash": value}
                for level, position, value in fresh
            ]
        connection.execute(insert(ledger_entries), entries)
        connection.execute(insert(ledger_nodes), nodes)
        connection.execute(
            update(ledger_head)
            .where(ledger_head.c.id == _HEAD)
            .values(
                size=frontier.size,
                last_hash=last_hash,
                peaks=[peak.hex() for peak in frontier.peaks],
                checkpoint=self._sign(Checkpoint(head.origin, frontier.size, frontier.root)),
            )
        )

    def _lock_head(self, connection: Connection) -> Row[tuple[object, ...]]:
        """Return the head; until the transaction ends, nobody else appends."""
        query = select(ledger_head).where(ledger_head.c.id == _HEAD).with_for_update()
        head = connection.execute(query).first()
        if head is None:
            self._begin(connection)
            head = connection.execute(query).one()
        return head

    def _begin(self, connection: Connection) -> None:
        address = urlsplit(self.settings.public_url)
        origin = f"{address.netloc}{address.path.rstrip('/')}/ledger"
        empty = Checkpoint(origin, 0, Frontier().root)
        insert_if_absent(
            connection,
            ledger_head,
            {
                "id": _HEAD,
                "origin": origin,
                "size": 0,
                "last_hash": GENESIS,
                "peaks": [],
                "checkpoint": self._sign(empty),
            },
        )

    def _sign(self, checkpoint: Checkpoint) -> str:
        private_key = self.keys.issuer.private_key
        key = NoteKey(checkpoint.origin, private_key.public_key().public_bytes_raw())
        return sign_checkpoint(checkpoint, key, private_key.sign)

    # Reading

    def checkpoint(self) -> str:
        """Return the newest checkpoint as a signed note; an empty ledger has one too."""
        find = select(ledger_head.c.checkpoint).where(ledger_head.c.id == _HEAD)
        with self.database.read() as connection:
            found: str | None = connection.execute(find).scalar()
        if found is None:
            with self.database.write() as connection:
                self._begin(connection)
                found = connection.execute(find).scalar_one()
        return found

    def proof(self, index: int) -> EntryProof:
        """Return the proof of one entry against the newest checkpoint, or refuse."""
        with self.database.read() as connection:
            note = connection.execute(select(ledger_head.c.checkpoint)).scalar()
            raw = connection.execute(
                select(ledger_entries.c.raw).where(ledger_entries.c.index == index)
            ).scalar()
            if note is None or raw is None:
                raise Refusal(error_codes.LEDGER_ENTRY_UNKNOWN, index=index)
            size = parse_checkpoint(note).size
            path = inclusion_proof(index, size, _Nodes(connection).read)
        return EntryProof(raw.encode(), index, tuple(path), note)

    def consistency(self, old_size: int) -> tuple[str, list[bytes]]:
        """Return the newest checkpoint, and what shows that it goes on from an older size."""
        note = self.checkpoint()
        size = parse_checkpoint(note).size
        if not 0 < old_size <= size:
            raise Refusal(error_codes.LEDGER_ENTRY_UNKNOWN, index=old_size - 1)
        with self.database.read() as connection:
            return note, consistency_proof(old_size, size, _Nodes(connection).read)

    def raw_entries(self, *, first: int = 0) -> Iterator[bytes]:
        """Yield entries' bytes from one on, in rounds, so that any number fits."""
        while True:
            rows = self._round(
                select(ledger_entries.c.raw)
                .where(ledger_entries.c.index >= first)
                .order_by(ledger_entries.c.index)
            )
            for row in rows:
                yield row.raw.encode()
            if len(rows) < _ENTRIES_PER_ROUND:
                return
            first += len(rows)

    def find_entries(
        self,
        *,
        kind: str | None = None,
        app_key: str | None = None,
        record_id: str | None = None,
        transfer_id: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[bytes]:
        """Return entries that fit, the newest first."""
        columns = ledger_entries.c
        query = select(columns.raw).order_by(columns.index.desc()).limit(limit)
        for column, wanted in (
            (columns.kind, kind),
            (columns.app_key, app_key),
            (columns.record_id, record_id),
            (columns.transfer_id, transfer_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(columns.index < before)
        with self.database.read() as connection:
            return [row.raw.encode() for row in connection.execute(query)]

    def _round(self, query: Select[tuple[str]]) -> Sequence[Row[tuple[str]]]:
        with self.database.read() as connection:
            return connection.execute(query.limit(_ENTRIES_PER_ROUND)).all()


class _Waiting:
    """An entry somebody waits for: until it is written, or until it is their turn to write."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.error: BaseException | None = None
        self.leads = False
        self.turn = threading.Lock()
        self.turn.acquire()


@dataclass(frozen=True)
class _Nodes:
    connection: Connection

    def read(self, level: int, position: int) -> bytes:
        found: bytes = self.connection.execute(
            select(ledger_nodes.c.hash).where(
                ledger_nodes.c.level == level, ledger_nodes.c.position == position
            )
        ).scalar_one()
        return found
