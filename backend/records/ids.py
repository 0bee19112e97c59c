"""Idempotency keys, and the ids of records, which are derived from them: the same request always gets the same id."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta

GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # the epoch of version 1 UUIDs
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # that of version 7
MILLISECOND = timedelta(milliseconds=1)
TICKS_PER_MILLISECOND = 10_000
SHARDS = 128  # partitions of a minute, of the ids that exist
DERIVED_SHARDS = 40  # of those that are derived from keys: fewer, so that few partitions hold a quiet minute


def new_key(now: datetime | None = None) -> uuid.UUID:
    """A version 7 UUID (RFC 9562, 5.7) of `now`, by default the current time."""
    milliseconds = ((now or datetime.now(UTC)) - EPOCH) // MILLISECOND
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def key_time(key: uuid.UUID) -> datetime:
    """When a version 7 UUID was made, UTC, in whole milliseconds. OverflowError: after the year 9999."""
    return EPOCH + (key.int >> 80) * MILLISECOND


def record_id(key: uuid.UUID, request: bytes) -> uuid.UUID:
    """The id of the record that a request makes, a version 1 UUID.

    It has the millisecond of the key, so that ids are ordered by the time of the drawing. Everything else in it, also
    below the millisecond, is a digest (BLAKE2b) of the key and the request. key: version 7.
    """
    digest = int.from_bytes(hashlib.blake2b(key.bytes + request, digest_size=16).digest())
    digest, below = divmod(digest, TICKS_PER_MILLISECOND)
    digest, shard = divmod(digest, DERIVED_SHARDS)
    node = digest & (1 << 48) - 1 | 1 << 40  # the multicast bit: not the address of a machine (RFC 9562, 6.10)
    clock = (digest >> 48) % (1 << 7) * SHARDS + shard
    return timeuuid(ticks(key_time(key)) + below, clock, node)


def timeuuid(instant: int, clock: int, node: int) -> uuid.UUID:
    """A version 1 UUID. instant: in ticks; clock: 14 bits; node: 48 bits."""
    low, middle, high = instant & 0xFFFFFFFF, instant >> 32 & 0xFFFF, instant >> 48 & 0x0FFF
    return uuid.UUID(fields=(low, middle, high, clock >> 8, clock & 0xFF, node), version=1)


def later_than(last: int, now: int) -> uuid.UUID:
    """A version 1 UUID of `now`, in ticks, or one tick after `last` if the clock was set back."""
    return timeuuid(max(now, last + 1), secrets.randbits(14), secrets.randbits(48))


def date_of(record_id: uuid.UUID) -> datetime:
    """When the drawing of a record was made, UTC."""
    return GREGORIAN + timedelta(microseconds=record_id.time // 10)


def date_text(record_id: uuid.UUID) -> str:
    """The same as text: RFC 3339 with milliseconds."""
    return date_of(record_id).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ticks(instant: datetime) -> int:
    """An instant in the unit of `UUID.time`: 100 ns since GREGORIAN."""
    return (instant - GREGORIAN) // timedelta(microseconds=1) * 10


def shard_of(record_id: uuid.UUID) -> int:
    """0 to SHARDS - 1."""
    return record_id.clock_seq % SHARDS
