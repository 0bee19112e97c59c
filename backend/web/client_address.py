"""The client's address. It is personal data, so nothing is kept unless the operator asks for it."""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path

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
    """The key, created once by whichever process is first."""
    own = path.with_suffix(f".{os.getpid()}")
    own.write_bytes(secrets.token_bytes(32))
    own.chmod(0o600)
    try:
        os.link(own, path)  # fails where another process was first
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_bytes()
