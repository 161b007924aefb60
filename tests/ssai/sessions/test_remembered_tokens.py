"""Tokens that were verified are remembered, within a bound, and forged ones never are."""

import pytest

from ssai.sessions import token
from ssai.sessions.token import Session, Tokens


def test_what_is_remembered_is_bounded_and_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "_REMEMBERED", 4)
    tokens = Tokens("event", [b"a key of sixteen bytes and more"])
    signed = {Session(seat, 1_000 + seat): tokens.sign(Session(seat, 1_000 + seat)) for seat in range(40)}
    for _ in range(3):
        for session, text in signed.items():
            assert tokens.read(text) == session
            assert tokens.read(signed[Session(0, 1_000)]) == Session(0, 1_000)
            assert len(tokens._recent) <= 4
            assert len(tokens._older) <= 4


def test_guesses_fill_nothing() -> None:
    tokens = Tokens("event", [b"a key of sixteen bytes and more"])
    genuine = tokens.sign(Session(1, 2))
    for guess in (genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), "x" * 36, "", genuine + "A"):
        assert tokens.read(guess) is None
    assert not tokens._recent
    assert tokens.read(genuine) == Session(1, 2)
