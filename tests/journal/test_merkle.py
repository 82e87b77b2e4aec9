"""The tree against published answers, against a naive tree, and its proofs against forgeries."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.journal import merkle

# The inputs and roots that RFC 6962's authors publish with their implementation (certificate-transparency).
INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [merkle.leaf_hash(data) for data in INPUTS]
INCLUSION_5_OF_8 = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)
CONSISTENCY_6_8 = (
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)

leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def naive_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, as it is written there."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def test_published_roots():
    assert merkle.tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, root in enumerate(ROOTS, 1):
        assert merkle.tree_root(LEAVES[:size]).hex() == root


def test_published_proofs():
    assert tuple(node.hex() for node in merkle.inclusion_proof(LEAVES, 5)) == INCLUSION_5_OF_8
    assert tuple(node.hex() for node in merkle.consistency_proof(LEAVES, 6)) == CONSISTENCY_6_8


@given(leaves)
def test_the_frontier_equals_the_naive_tree_and_survives_packing(hashes):
    frontier = []
    for size, leaf in enumerate(hashes):
        merkle.push(frontier, size, leaf)
        frontier = merkle.unpack(merkle.pack(frontier))
        assert merkle.root_of(frontier) == naive_root(hashes[: size + 1])
        assert len(frontier) == (size + 1).bit_count()


@given(leaves, st.data())
def test_inclusion_is_proved_and_nothing_else_is(hashes, data):
    size, root = len(hashes), merkle.tree_root(hashes)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(hashes, index)
    assert merkle.proves_inclusion(hashes[index], index, size, proof, root)
    other = sha256(hashes[index]).digest()
    assert not merkle.proves_inclusion(other, index, size, proof, root)
    assert not merkle.proves_inclusion(hashes[index], index, size, proof, other)
    assert not merkle.proves_inclusion(hashes[index], index, size, [*proof, other], root)
    assert not merkle.proves_inclusion(hashes[index], size, size, proof, root)
    assert not merkle.proves_inclusion(hashes[index], -1, size, proof, root)
    for n in range(len(proof)):
        assert not merkle.proves_inclusion(hashes[index], index, size, [*proof[:n], other, *proof[n + 1 :]], root)
        assert not merkle.proves_inclusion(hashes[index], index, size, [*proof[:n], *proof[n + 1 :]], root)


@given(leaves, st.data())
def test_consistency_is_proved_and_nothing_else_is(hashes, data):
    size, new_root = len(hashes), merkle.tree_root(hashes)
    old_size = data.draw(st.integers(1, size))
    old_root = merkle.tree_root(hashes[:old_size])
    proof = merkle.consistency_proof(hashes, old_size)
    assert merkle.proves_consistency(old_size, old_root, size, new_root, proof)
    other = sha256(new_root).digest()
    assert not merkle.proves_consistency(old_size, other, size, new_root, proof)
    assert not merkle.proves_consistency(old_size, old_root, size, other, proof)
    assert not merkle.proves_consistency(old_size, old_root, size, new_root, [*proof, other])
    assert not merkle.proves_consistency(size + 1, old_root, size, new_root, proof)
    for n in range(len(proof)):
        assert not merkle.proves_consistency(old_size, old_root, size, new_root, [*proof[:n], *proof[n + 1 :]])


def test_an_empty_tree_is_consistent_with_every_other():
    root = merkle.tree_root(LEAVES)
    assert merkle.proves_consistency(0, merkle.EMPTY_ROOT, 8, root, [])
    assert not merkle.proves_consistency(0, root, 8, root, [])
    assert not merkle.proves_consistency(0, merkle.EMPTY_ROOT, 8, root, [root])


@pytest.mark.parametrize("index", [-1, 8])
def test_no_proof_for_what_is_not_there(index):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(LEAVES, index)
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency_proof(LEAVES, 9 if index > 0 else 0)
