"""The tree against RFC 9162 written down naively, and the proofs against the public verifier."""

import pytest

from edu.audit import verify_history
from gradebook.history import merkle

MOST = 70


def mth(leaves: list[bytes]) -> bytes:
    """Give the Merkle tree hash as section 2.1.1 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(mth(leaves[:split]), mth(leaves[split:]))


LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(MOST)]


@pytest.fixture(scope="module")
def known() -> dict[merkle.Node, bytes]:
    """Return the nodes of the tree, grown in batches of different sizes."""
    nodes: dict[merkle.Node, bytes] = {}
    size = 0
    for batch in (1, 2, 3, 1, 8, 20, 35):
        needed = {node: nodes[node] for node in merkle.nodes_of((0, size))}
        nodes |= merkle.grow(size, LEAVES[size : size + batch], needed)
        size += batch
    assert size == MOST
    return nodes


def test_every_root_is_that_of_the_definition(known: dict[merkle.Node, bytes]) -> None:
    roots = [mth(LEAVES[:size]) for size in range(1, MOST + 1)]
    assert [merkle.hash_of((0, size), known) for size in range(1, MOST + 1)] == roots
    assert verify_history.roots(LEAVES) == roots


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 64, MOST])
def test_every_inclusion_proof_leads_to_the_root(
    known: dict[merkle.Node, bytes], size: int
) -> None:
    for place in range(size):
        path = [merkle.hash_of(span, known) for span in merkle.inclusion(place, size)]
        assert verify_history.included(LEAVES[place], place, size, path) == mth(LEAVES[:size])
        if size > 1:
            other = LEAVES[place - 1]
            assert verify_history.included(other, place, size, path) != mth(LEAVES[:size])
            assert verify_history.included(LEAVES[place], place, size, path[:-1]) != mth(
                LEAVES[:size]
            )


def test_the_empty_leaf_is_the_one_of_the_test_vectors() -> None:
    # The first of the vectors that Certificate Transparency's implementations share.
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.leaf_hash(b"").hex() == empty
