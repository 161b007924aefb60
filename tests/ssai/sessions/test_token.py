"""Tokens: what was signed is read, nothing else is."""

import string
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssai.sessions.token import Session, Tokens

KEY, OLD, NEW = b"a key of the event", b"the key before it", b"the key after this"
SESSION = Session(1_234_567, 1_790_000_000_000_000)
sessions = st.builds(Session, st.integers(0, 2**32 - 1), st.integers(-(2**63), 2**63 - 1))


@given(sessions)
def test_what_is_signed_is_read(session: Session) -> None:
    tokens = Tokens("final", [KEY])
    token = tokens.sign(session)
    assert tokens.read(token) == session
    assert len(token) == 36
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@given(sessions, st.integers(0, 26), st.integers(1, 255))
def test_no_byte_of_a_token_can_be_changed(session: Session, place: int, flip: int) -> None:
    tokens = Tokens("final", [KEY])
    raw = bytearray(urlsafe_b64decode(tokens.sign(session)))
    raw[place] ^= flip
    assert tokens.read(urlsafe_b64encode(raw).decode()) is None


@given(st.text(max_size=50) | st.text(string.ascii_letters + "-_=+/", min_size=36, max_size=36))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert Tokens("final", [KEY]).read(text) is None


@pytest.mark.parametrize(
    "change", [lambda t: t[:-4], lambda t: t + "AAAA", lambda t: t[:-1] + "\n", lambda t: " " + t[1:]]
)
def test_a_token_has_one_form(change: object) -> None:
    assert callable(change)
    tokens = Tokens("final", [KEY])
    assert tokens.read(change(tokens.sign(SESSION))) is None


@given(st.integers(0, 35), st.sampled_from("!.~ =\n\u00e9"))
def test_letters_outside_the_alphabet_are_not_skipped(place: int, letter: str) -> None:
    """A decoder that skips what it does not know would read one session from many addresses."""
    tokens = Tokens("final", [KEY])
    token = tokens.sign(SESSION)
    assert tokens.read(token[:place] + letter + token[place + 1 :]) is None


def test_a_token_is_of_its_event() -> None:
    assert Tokens("semifinal", [KEY]).read(Tokens("final", [KEY]).sign(SESSION)) is None


def test_keys_rotate_without_ending_sessions() -> None:
    before, during, after = Tokens("final", [OLD]), Tokens("final", [KEY, OLD]), Tokens("final", [NEW, KEY])
    old, current = before.sign(SESSION), during.sign(SESSION)
    assert during.read(old) == SESSION
    assert during.read(current) == after.read(current) == SESSION
    assert after.read(old) is None
    assert before.read(current) is None, "the first key signs"


def test_keys_of_equal_names_do_not_hide_each_other() -> None:
    """A name is one byte: among 300 keys some share theirs."""
    keys = [f"key number {place:010}".encode() for place in range(300)]
    everyone = Tokens("final", keys)
    assert all(everyone.read(Tokens("final", [key]).sign(SESSION)) == SESSION for key in keys)


@pytest.mark.parametrize("keys", [[], [b"short"], [KEY, b"short"], [b""]])
def test_short_keys_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Tokens("final", keys)
