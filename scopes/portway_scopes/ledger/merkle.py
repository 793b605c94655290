"""The tree over the entries. Source: RFC 6962, section 2.1.

A node `(level, position)` is the hash over the complete subtree of the leaves from
`position * 2**level`. Only complete subtrees are kept; everything else follows from them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portway_scopes.ledger.faults import LedgerFaultError

EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""Returns the hash of a complete subtree by its level and position."""


def leaf_hash(raw_entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + raw_entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The least that must be known of a tree to append to it: its size and largest subtrees."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    """The complete subtrees the size is made of, the largest first."""

    def append(self, leaf: bytes) -> tuple["Frontier", list[tuple[int, int, bytes]]]:
        """Return the tree with one more leaf, and the nodes that came with it."""
        nodes = [(0, self.size, leaf)]
        peaks, found, level, position = list(self.peaks), leaf, 0, self.size
        while position & 1:
            found = node_hash(peaks.pop(), found)
            level, position = level + 1, position >> 1
            nodes.append((level, position, found))
        return Frontier(self.size + 1, (*peaks, found)), nodes

    @property
    def root(self) -> bytes:
        """The tree's root hash."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def range_root(first: int, end: int, node: ReadNode) -> bytes:
    """Return the root over the leaves from `first` up to, not including, `end`."""
    size = end - first
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, first >> level)
    split = first + _split(size)
    return node_hash(range_root(first, split, node), range_root(split, end, node))


def inclusion_proof(index: int, size: int, node: ReadNode) -> list[bytes]:
    """Return the hashes that lead from one leaf to the root of the tree of this size."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        split = first + _split(end - first)
        if index < split:
            path.append(range_root(split, end, node))
            end = split
        else:
            path.append(range_root(first, split, node))
            first = split
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Verify that a leaf is in the tree of this size and root.

    Raises:
        LedgerFaultError: It is not, or the proof does not show it. Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        raise LedgerFaultError("the entry lies beyond the checkpoint")
    position, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise LedgerFaultError("the proof is too long")
        if position & 1 or position == last:
            found = node_hash(step, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, step)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise LedgerFaultError("the proof is too short")
    if found != root:
        raise LedgerFaultError("the entry is not the one the checkpoint covers")


def consistency_proof(old_size: int, new_size: int, node: ReadNode) -> list[bytes]:
    """Return the hashes that show that the tree of the new size begins with that of the old."""
    if not 0 < old_size <= new_size:
        raise ValueError("the old tree is not the smaller one")
    return _subproof(old_size, 0, new_size, node, complete=True)


def _subproof(
    old_size: int, first: int, end: int, node: ReadNode, *, complete: bool
) -> list[bytes]:
    if old_size == end:
        return [] if complete else [range_root(first, end, node)]
    split = first + _split(end - first)
    if old_size <= split:
        rest = _subproof(old_size, first, split, node, complete=complete)
        return [*rest, range_root(split, end, node)]
    rest = _subproof(old_size, split, end, node, complete=False)
    return [*rest, range_root(first, split, node)]


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Verify that the newer tree begins with the older one.

    Raises:
        LedgerFaultError: It does not: entries were changed or cut off. Source: RFC 9162, 2.1.4.2.
    """
    if old_size > new_size:
        raise LedgerFaultError("the ledger is shorter than it was: entries were cut off")
    if old_size == 0:
        return
    if old_size == new_size:
        if old_root != new_root or proof:
            raise LedgerFaultError("two checkpoints of one size differ: entries were changed")
        return
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise LedgerFaultError("the proof is too short")
    old, new = old_size - 1, new_size - 1
    while old & 1:
        old, new = old >> 1, new >> 1
    found_old = found_new = steps[0]
    for step in steps[1:]:
        if new == 0:
            raise LedgerFaultError("the proof is too long")
        if old & 1 or old == new:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
            while not old & 1 and old:
                old, new = old >> 1, new >> 1
        else:
            found_new = node_hash(found_new, step)
        old, new = old >> 1, new >> 1
    if new != 0:
        raise LedgerFaultError("the proof is too short")
    if found_old != old_root or found_new != new_root:
        raise LedgerFaultError("the ledger does not go on from its earlier checkpoint")


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
