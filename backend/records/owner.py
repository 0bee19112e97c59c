"""The owner of a record is the client that has its secret, which is derived from the idempotency key.

So every host gives the same secret for the same drawing, and also when a request is repeated. Records keep only a
digest of it, so that whoever reads the store can't act as an owner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

DIGEST_BYTES = 18  # 24 characters of base64url, without padding


def secret_of(key: uuid.UUID) -> str:
    """The secret of the drawings with this idempotency key: 24 characters of base64url."""
    return _digest(key.bytes, b"digitpad secret")


def owner_of(secret: str) -> str:
    """What records keep of a secret."""
    return _digest(secret.encode(), b"digitpad owner")


def is_owner(secret: str, owner: str | None) -> bool:
    """Whether a record with this `owner` belongs to whoever knows the secret. owner: None for records of versions
    without secrets, which belong to nobody. Takes the same time whatever the answer is."""
    return owner is not None and hmac.compare_digest(owner_of(secret), owner)


def _digest(value: bytes, purpose: bytes) -> str:
    digest = hashlib.blake2b(value, person=purpose, digest_size=DIGEST_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode()
