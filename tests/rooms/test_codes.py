"""Codes that can be read aloud and typed, and tokens."""

from __future__ import annotations

import pytest

from backend.rooms.codes import ALPHABET, LENGTH, clean_code, is_token, new_code, new_token, token_digest


def test_codes_have_six_characters_none_of_which_looks_like_another() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert {len(code) for code in codes} == {LENGTH}
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUV")


@pytest.mark.parametrize("typed", ["K7MXA4", "k7mxa4", " K7M XA4 ", "k7m\txa4"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert clean_code(typed) == "K7MXA4"


@pytest.mark.parametrize("typed", ["", "K7MXA", "K7MXA44", "K7MXA0", "K7-XA4", "ÄÄÄÄÄÄ"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert clean_code(typed) is None


def test_only_the_digest_of_a_token_is_kept() -> None:
    token = new_token()
    digest = token_digest(token)
    assert token not in digest
    assert is_token(token, digest)
    assert not is_token(token[:-1], digest)
    assert not is_token("", digest)
    assert not is_token(digest, digest)
