"""A ledger in memory, and a key to sign it with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_scopes.ledger import (
    GENESIS,
    Checkpoint,
    Draft,
    EntryKind,
    Frontier,
    NoteKey,
    chain_hash,
    encode_entry,
    leaf_hash,
    sign_checkpoint,
)

PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("ledger.example/portway", PRIVATE_KEY.public_key().public_bytes_raw())
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def verify(signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is the test key's."""
    try:
        PRIVATE_KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def given(record_id: str = "record-1", **facts: object) -> Draft:
    """An admin agrees."""
    return Draft(
        EntryKind.CONSENT_GIVEN,
        "admin-1",
        {
            "record": record_id,
            "app": "com.example.notes",
            "server": "server-1",
            "site": "site-1",
            "terms": "ab" * 32,
            "scopes": ["APP_DATA_UGC"],
            "givenAt": "2026-01-05T09:00:00.000Z",
            **facts,
        },
    )


def withdrawn(record_id: str = "record-1") -> Draft:
    """An admin withdraws."""
    facts = {"record": record_id, "withdrawnAt": "2026-01-05T10:00:00.000Z"}
    return Draft(EntryKind.CONSENT_WITHDRAWN, "admin-1", facts)


def refused(number: int = 0) -> Draft:
    """An app is refused something."""
    return Draft(EntryKind.ACCESS_REFUSED, "com.example.notes", {"request": f"request-{number}"})


def written(drafts: Sequence[Draft]) -> list[bytes]:
    """The bytes of a ledger with these entries, a minute apart."""
    entries: list[bytes] = []
    for index, draft in enumerate(drafts):
        previous = chain_hash(entries[-1]) if entries else GENESIS
        at = MONDAY + timedelta(minutes=index)
        entries.append(encode_entry(draft, index=index, at=at, previous=previous))
    return entries


def checkpoint_of(entries: Sequence[bytes]) -> str:
    """The signed checkpoint of a ledger with these entries."""
    frontier = Frontier()
    for raw in entries:
        frontier, _ = frontier.append(leaf_hash(raw))
    checkpoint = Checkpoint(KEY.name, frontier.size, frontier.root)
    return sign_checkpoint(checkpoint, KEY, PRIVATE_KEY.sign)
