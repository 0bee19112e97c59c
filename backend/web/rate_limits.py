"""Limits on how often one client may do what costs the server something."""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from backend.settings import Settings
from backend.web.rate_limit_file import RateLimitFile

Limited = Literal["predictions", "previews", "explanations", "changes", "wrong_codes", "failed_sign_ins"]

REDIS_TIMEOUT = 0.1  # seconds
RETRY_AFTER = 10.0  # seconds without limits after a failure of their storage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exhausted:
    """A limit that a client has reached."""

    kind: Limited
    amount: int  # per window
    window: int  # seconds
    reset: int  # seconds until the client may go on; at least 1

    @property
    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers-10."""
        return {
            "Retry-After": str(self.reset),
            "RateLimit-Policy": f'"{self.kind}";q={self.amount};w={self.window}',
            "RateLimit": f'"{self.kind}";r=0;t={self.reset}',
        }


class RateLimits:
    """shared: a file in which the processes of this server count; None: there is one process, which counts in memory.

    While their storage fails, there are no limits. Raises ValueError for a setting that cannot be used.
    """

    def __init__(self, settings: Settings, shared: Path | None) -> None:
        self._items = {kind: _item(kind, settings) for kind in get_args(Limited)}
        self._storage = _storage(settings.limits_url, shared)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._off_until = 0.0  # time.monotonic()

    def close(self) -> None:
        if isinstance(self._storage, RateLimitFile):
            self._storage.close()

    def count(self, kind: Limited, address: str | None) -> Exhausted | None:
        """Count one more of `kind` for a client, and say whether that was too much."""
        return self._checked(kind, address, consume=True)

    def exhausted(self, kind: Limited, address: str | None) -> Exhausted | None:
        """The same without counting."""
        return self._checked(kind, address, consume=False)

    def _checked(self, kind: Limited, address: str | None, consume: bool) -> Exhausted | None:
        item = self._items[kind]
        if item is None or time.monotonic() < self._off_until:
            return None
        client = client_of(address)
        try:
            if (self._limiter.hit if consume else self._limiter.test)(item, kind, client):
                return None
            reset = self._limiter.get_window_stats(item, kind, client).reset_time - time.time()
        except StorageError as error:
            self._off_until = time.monotonic() + RETRY_AFTER
            log.error("Clients are not limited for %.0f s: %s", RETRY_AFTER, error.storage_error)
            return None
        return Exhausted(kind, item.amount, item.get_expiry(), max(1, math.ceil(reset)))


def client_of(address: str | None) -> str:
    """What counts as one client: an IPv4 address or, since a client chooses among the addresses of its network, the
    first 64 bits of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""  # all clients without an address, such as those of a Unix socket, count as one
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _item(kind: Limited, settings: Settings) -> RateLimitItem | None:
    name = f"limit_{kind}"
    text = getattr(settings, name)
    try:
        return parse(text) if text else None
    except ValueError:
        raise ValueError(f"{name.upper()} is {text!r}; it must be like `100 per 10 seconds`, or empty.") from None


def _storage(url: str, shared: Path | None) -> Storage:
    if url:
        try:
            storage = storage_from_string(
                url, wrap_exceptions=True, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT
            )
        except Exception as error:  # of the driver, which parses the rest of the URL
            raise ValueError(f"LIMITS_URL is {url!r}; it must be redis://HOST:PORT/DATABASE: {error}.") from None
        assert isinstance(storage, Storage)  # noqa: S101 - not an asynchronous one, for the checker of types
        return storage
    return MemoryStorage() if shared is None else RateLimitFile(shared)
