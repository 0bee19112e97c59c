"""Nicknames: short, printable, unique in a room."""

from __future__ import annotations

import pytest

from backend.rooms.nicknames import LONGEST, clean, unique


@pytest.mark.parametrize(
    ("typed", "name"),
    [("  Zoë   7 ", "Zoë 7"), ("小明", "小明"), ("O'Neil-B._", "O'Neil-B._"), ("", ""), ("e\u0301", "é")],
)
def test_a_nickname_keeps_letters_of_any_language(typed: str, name: str) -> None:
    assert clean(typed) == name


@pytest.mark.parametrize("typed", ["x" * (LONGEST + 1), "<b>", "a\u202eb", "a\x00b", "=1+1", "😀"])
def test_other_characters_and_long_names_are_refused(typed: str) -> None:
    assert clean(typed) is None


def test_a_second_pupil_with_the_same_name_gets_a_number() -> None:
    assert unique("Ada", set()) == "Ada"
    assert unique("ADA", {"ada"}) == "ADA 2"
    assert unique("Ada", {"ada", "ada 2"}) == "Ada 3"
