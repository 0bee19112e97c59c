"""Codes of rooms, and the tokens of the people in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: read from a projector and typed on a phone, they are mistaken for each other.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 6  # 148 million codes


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def clean_code(typed: str) -> str | None:
    """A code as a person may type it, in small letters or with spaces; None: it can't be one."""
    code = "".join(typed.split()).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def new_token() -> str:
    return secrets.token_urlsafe(18)


def pupil_of(code: str, key: uuid.UUID) -> tuple[str, str]:
    """The id and the token of the pupil who joins a room with this idempotency key, which nobody else knows. They are
    derived from it, so that a request that is sent again gets the same ones."""
    pupil, token = (_digest(f"{code} {key}", f"digitpad {what}") for what in ("pupil", "token"))
    return pupil[:8], token


def token_digest(token: str) -> str:
    """What a room keeps of a token."""
    return _digest(token, "digitpad room")


def is_token(token: str, digest: str) -> bool:
    """Takes the same time whatever the answer is."""
    return hmac.compare_digest(token_digest(token), digest)


def _digest(text: str, person: str) -> str:
    digest = hashlib.blake2b(text.encode(), person=person.encode(), digest_size=18).digest()
    return base64.urlsafe_b64encode(digest).decode()
