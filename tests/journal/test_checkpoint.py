"""Signed notes: a published one opens, ours open with the key that others keep, and no changed character passes."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from liftlock.journal.checkpoint import (
    BadNote,
    Checkpoint,
    Signer,
    Verifier,
    parse_verifier,
    read_checkpoint,
)
from liftlock.model.ports import Head

# The example of Go's golang.org/x/mod/sumdb/note, from which signed-note was made.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(b"s" * 32))
HEAD = Head("run/订单 1", 7, 2, "ab" * 32)
NOTE = SIGNER.checkpoint(HEAD)


def test_a_published_note_opens():
    verifier = parse_verifier(PETER)
    assert str(verifier) == PETER
    assert verifier.open(PETERS_NOTE) == PETERS_NOTE.partition("\n\n")[0] + "\n"


def test_our_note_opens_with_the_printed_key_and_says_what_was_signed():
    verifier = parse_verifier(f" {SIGNER.verifier}\n")
    assert verifier == SIGNER.verifier
    text = verifier.open(NOTE)
    assert text == f"liftlock/run/%E8%AE%A2%E5%8D%95%201\n7\n{'q6ur' * 10}q6s=\n"
    assert read_checkpoint(text) == Checkpoint(HEAD.stream, 7, HEAD.root)


def test_a_witness_may_add_its_line():
    line = Signer(Ed25519PrivateKey.from_private_bytes(b"w" * 32), "witness").sign("x\n").split("\n")[2]
    assert SIGNER.verifier.open(f"{NOTE}{line}\n") == NOTE.partition("\n\n")[0] + "\n"


@given(st.data())
def test_every_changed_character_is_noticed(data):
    at = data.draw(st.integers(0, len(NOTE) - 1))
    by = data.draw(st.characters().filter(lambda c: c != NOTE[at]))
    with pytest.raises(BadNote):
        SIGNER.verifier.open(NOTE[:at] + by + NOTE[at + 1 :])


@given(st.integers(0, len(NOTE) - 1))
def test_a_note_cut_short_is_refused(length):
    with pytest.raises(BadNote):
        SIGNER.verifier.open(NOTE[:length])


@given(st.text())
def test_text_that_is_no_note_is_refused_never_a_crash(text):
    with pytest.raises(BadNote):
        SIGNER.verifier.open(text)
    with pytest.raises(BadNote):
        parse_verifier(text)
    with pytest.raises(BadNote):
        read_checkpoint(text)


def test_another_key_of_the_same_name_does_not_open_it():
    other = Signer(Ed25519PrivateKey.from_private_bytes(b"o" * 32)).verifier
    with pytest.raises(BadNote):
        other.open(NOTE)
    with pytest.raises(BadNote):
        Verifier("other", SIGNER.verifier.key).open(NOTE)


@pytest.mark.parametrize("size", ["07", "-1", "+7", "", "7 ", "٧", "1" * 30])
def test_only_the_one_spelling_of_a_size_is_read(size):
    with pytest.raises(BadNote):
        read_checkpoint(f"liftlock/run\n{size}\n{'q6ur' * 10}q6s=\n")


def test_a_text_without_its_newline_is_not_signed():
    with pytest.raises(ValueError, match="newline"):
        SIGNER.sign("x")
