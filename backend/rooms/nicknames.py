"""The names by which pupils know each other in a room."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

LONGEST = 20  # characters
DEFAULT = "Pupil"


def clean(nickname: str) -> str | None:
    """The nickname without surplus spaces; None if it is too long or has something other than letters, digits, spaces
    and - ' . _"""
    name = " ".join(unicodedata.normalize("NFC", nickname).split())
    allowed = all(unicodedata.category(each)[0] in "LNM" or each in " -'._" for each in name)
    return name if allowed and len(name) <= LONGEST else None


def unique(nickname: str, taken: Collection[str]) -> str:
    """The nickname, or with a number after it if somebody has it. taken: in casefold."""
    name, number = nickname, 2
    while name.casefold() in taken:
        name, number = f"{nickname} {number}", number + 1
    return name
