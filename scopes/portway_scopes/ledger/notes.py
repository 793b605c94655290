"""Checkpoints: the ledger's size and root, as a signed note.

Source: c2sp.org/signed-note and c2sp.org/tlog-checkpoint. Signing itself is the caller's: these
functions say which bytes are signed and where the signature goes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from portway_scopes.ledger.encoding import decode_bytes, encode_bytes
from portway_scopes.ledger.faults import LedgerFaultError

ED25519 = b"\x01"
_DASH = "\u2014"


@dataclass(frozen=True)
class NoteKey:
    """The public half of the key a ledger is signed with."""

    name: str
    """The key's name, which is the ledger's origin: no spaces and no plus sign."""
    public_bytes: bytes
    """The 32 bytes of an Ed25519 public key."""

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(character.isspace() for character in self.name):
            raise ValueError("the name of a note key has neither spaces nor plus signs")

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before each signature."""
        named = self.name.encode() + b"\n" + ED25519 + self.public_bytes
        return hashlib.sha256(named).digest()[:4]

    @property
    def text(self) -> str:
        """The key as a verifier is given it: `name+id+key`."""
        encoded = encode_bytes(ED25519 + self.public_bytes)
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Return the key of a verifier text; `ValueError` when it is none."""
        name, key_id, encoded = text.strip().split("+", 2)
        raw = decode_bytes(encoded)
        if raw[:1] != ED25519 or len(raw) != 33:
            raise ValueError("it is not an Ed25519 key")
        key = cls(name, raw[1:])
        if key.key_id.hex() != key_id:
            raise ValueError("its id does not fit the key")
        return key


@dataclass(frozen=True)
class Checkpoint:
    """How long the ledger was, and the root over its entries."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_bytes(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey, sign: Callable[[bytes], bytes]) -> str:
    """Return a checkpoint as a note with the signature that `sign` makes over its lines."""
    text = checkpoint.text
    signature = encode_bytes(key.key_id + sign(text.encode()))
    return f"{text}\n{_DASH} {key.name} {signature}\n"


def parse_checkpoint(note: str) -> Checkpoint:
    """Return what an unverified note says.

    Raises:
        LedgerFaultError: It is no checkpoint.
    """
    text, _ = _split_note(note)
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], lines[1], decode_bytes(lines[2])
        is_plain = size.isascii() and size.isdecimal() and str(int(size)) == size
        if not origin or not is_plain or len(root) != 32 or lines[3:] != [""]:
            raise ValueError
    except (IndexError, ValueError) as error:
        raise LedgerFaultError("it is no checkpoint") from error
    return Checkpoint(origin, int(size), root)


def open_checkpoint(note: str, key: NoteKey, verify: Callable[[bytes, bytes], bool]) -> Checkpoint:
    """Return what a note says once its signature holds.

    Args:
        note: The whole note, signatures included; those of other keys do not count.
        key: The ledger's key.
        verify: Tells whether a signature (first) over bytes (second) is the key's.

    Raises:
        LedgerFaultError: It is no checkpoint of this ledger, or its signature does not hold.
    """
    text, signatures = _split_note(note)
    checkpoint = parse_checkpoint(note)
    if checkpoint.origin != key.name:
        raise LedgerFaultError(f"the checkpoint is of another ledger, {checkpoint.origin}")
    ours = [raw[4:] for name, raw in signatures if name == key.name and raw[:4] == key.key_id]
    if len(ours) != 1:
        raise LedgerFaultError("the checkpoint is not signed by the ledger's key")
    if not verify(ours[0], text.encode()):
        raise LedgerFaultError("the checkpoint's signature does not hold")
    return checkpoint


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, separator, below = note.rpartition("\n\n")
    if not separator or not below.endswith("\n"):
        raise LedgerFaultError("it is no signed note")
    signatures = []
    for line in below.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = decode_bytes(encoded)
        except ValueError as error:
            raise LedgerFaultError("it is no signed note") from error
        if dash != _DASH or not name or len(raw) < 5:
            raise LedgerFaultError("it is no signed note")
        signatures.append((name, raw))
    return text + "\n", signatures
