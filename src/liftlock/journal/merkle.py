"""The Merkle tree of RFC 9162, section 2.1: hashes, a frontier that grows by one leaf, proofs and their verification.

Rule: nothing here keeps a whole tree. A stream's head carries the frontier: the roots of the perfect subtrees that its
size's binary digits name, the largest first.
"""

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


# --- growing --------------------------------------------------------------------------------------------


def push(frontier: list[bytes], size: int, leaf: bytes) -> None:
    """Add one leaf's hash to the frontier of a tree with `size` leaves, in place."""
    while size & 1:
        leaf = sha256(b"\x01" + frontier.pop() + leaf).digest()
        size >>= 1
    frontier.append(leaf)


def root_of(frontier: Sequence[bytes]) -> bytes:
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for subtree in reversed(frontier[:-1]):
        root = node_hash(subtree, root)
    return root


def pack(frontier: Sequence[bytes]) -> bytes:
    return b"".join(frontier)


def unpack(packed: bytes) -> list[bytes]:
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier: list[bytes] = []
    for size, leaf in enumerate(leaves):
        push(frontier, size, leaf)
    return root_of(frontier)


# --- proofs ---------------------------------------------------------------------------------------------


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """PATH(m, D[n]): that the leaf at `index` is in the tree over `leaves` (section 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    k = split(len(leaves))
    if index < k:
        return (*inclusion_proof(leaves[:k], index), tree_root(leaves[k:]))
    return (*inclusion_proof(leaves[k:], index - k), tree_root(leaves[:k]))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """PROOF(m, D[n]): that the first `old_size` leaves have not changed (section 2.1.4.1)."""
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"no tree of {old_size} within one of {len(leaves)}")
    return subproof(leaves, old_size, whole=True)


def subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if whole else (tree_root(leaves),)
    k = split(len(leaves))
    if old_size <= k:
        return (*subproof(leaves[:k], old_size, whole=whole), tree_root(leaves[k:]))
    return (*subproof(leaves[k:], old_size - k, whole=False), tree_root(leaves[:k]))


def split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


# --- verification ---------------------------------------------------------------------------------------


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    node, last, got = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            got = node_hash(sibling, got)
            node, last = climb(node, last)
        else:
            got = node_hash(got, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and got == root


def proves_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Section 2.1.4.2. An empty old tree is consistent with everything and needs no proof."""
    if old_size == 0 or old_size == new_size:
        return not proof and old_size <= new_size and (old_root == new_root if old_size else old_root == EMPTY_ROOT)
    if old_size > new_size or not proof:
        return False
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            node, last = climb(node, last)
        else:
            new = node_hash(new, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root


def climb(node: int, last: int) -> tuple[int, int]:
    """From the right edge: up to the level where the node is a right child."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last
