"""The tree over the entries, held against RFC 6962's own recursive definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_scopes.ledger import (
    EMPTY_ROOT,
    Frontier,
    LedgerFaultError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)


def oracle_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = oracle_root(leaves[:split]), oracle_root(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree grown entry by entry, with the nodes it is to keep."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.frontier = Frontier()
        self.nodes: dict[tuple[int, int], bytes] = {}
        for leaf in leaves:
            self.frontier, nodes = self.frontier.append(leaf_hash(leaf))
            for level, position, value in nodes:
                assert (level, position) not in self.nodes
                self.nodes[level, position] = value

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]


def a_tree(size: int) -> Tree:
    return Tree([b"entry %d" % number for number in range(size)])


sizes = st.integers(min_value=1, max_value=70)


@pytest.mark.parametrize("size", [*range(20), 31, 32, 33, 100])
def test_a_tree_grown_leaf_by_leaf_has_the_root_of_the_definition(size):
    assert a_tree(size).frontier.root == oracle_root(a_tree(size).leaves)


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert Frontier().root == EMPTY_ROOT == oracle_root([])


@given(size=sizes, data=st.data())
def test_every_entry_has_a_short_proof(size, data):
    tree = a_tree(size)
    index = data.draw(st.integers(0, size - 1))

    proof = inclusion_proof(index, size, tree.node)

    assert len(proof) <= (size - 1).bit_length()
    verify_inclusion(leaf_hash(tree.leaves[index]), index, size, proof, oracle_root(tree.leaves))


@given(size=sizes, data=st.data())
def test_a_proof_shows_no_other_entry_place_or_tree(size, data):
    tree = a_tree(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, tree.node)
    leaf, root = leaf_hash(tree.leaves[index]), tree.frontier.root
    other_place = data.draw(st.integers(0, size + 3).filter(lambda place: place != index))

    wrong = [
        (leaf_hash(b"other"), index, size, proof, root),
        (leaf, other_place, size, proof, root),
        (leaf, index, size, proof, hashlib.sha256(root).digest()),
        (leaf, index, size, [*proof, root], root),
    ]
    wrong += [
        (leaf, index, size, [*proof[:step], root, *proof[step + 1 :]], root)
        for step in range(len(proof))
    ]
    wrong += [(leaf, index, size, proof[:-1], root)] if proof else []
    for arguments in wrong:
        with pytest.raises(LedgerFaultError):
            verify_inclusion(*arguments)


@given(sizes=st.lists(sizes, min_size=2, max_size=2).map(sorted))
def test_a_ledger_that_only_grew_is_consistent_with_its_past(sizes):
    old_size, new_size = sizes
    old, new = a_tree(old_size), a_tree(new_size)

    proof = consistency_proof(old_size, new_size, new.node)

    verify_consistency(old_size, old.frontier.root, new_size, new.frontier.root, proof)


@given(sizes=st.lists(sizes, min_size=2, max_size=2).map(sorted), data=st.data())
def test_a_ledger_with_a_changed_past_is_not(sizes, data):
    old_size, new_size = sizes
    changed = [b"entry %d" % number for number in range(old_size)]
    changed[data.draw(st.integers(0, old_size - 1))] = b"as it really was"
    old, new = Tree(changed), a_tree(new_size)

    proof = consistency_proof(old_size, new_size, new.node)

    with pytest.raises(LedgerFaultError):
        verify_consistency(old_size, old.frontier.root, new_size, new.frontier.root, proof)


def test_a_shorter_ledger_is_told_from_a_changed_one():
    with pytest.raises(LedgerFaultError, match="cut off"):
        verify_consistency(7, a_tree(7).frontier.root, 5, a_tree(5).frontier.root, [])
