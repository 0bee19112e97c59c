"""The client's address. It is personal data, so nothing is kept unless the operator asks for it."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path

from backend.secret_file import read_or_create
from backend.settings import Settings


def client_address(address: str | None, settings: Settings) -> str | None:
    """What a record keeps of an address, as RECORD_CLIENT_ADDRESS sets.

    "hash" distinguishes clients without naming them: 16 hex digits of a keyed BLAKE2b. Its key is in the instance
    folder; deleting the key makes earlier hashes meaningless.
    """
    if address is None or settings.record_client_address == "no":
        return None
    if settings.record_client_address == "full":
        return address
    key = _key(settings.instance / "client-address.key")
    return hashlib.blake2b(address.encode(), key=key, digest_size=8).hexdigest()


@cache
def _key(path: Path) -> bytes:
    key, _ = read_or_create(path, lambda: secrets.token_bytes(32))
    return key
