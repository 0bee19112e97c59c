"""Version 1 UUIDs in the order in which Cassandra keeps them, and what their times are in its terms."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime

from backend.records.record import ticks

# The largest there is.
NEWEST = uuid.UUID("ffffffff-ffff-1fff-bf7f-7f7f7f7f7f7f")


def microseconds(instant: int) -> int:
    """A UUID's time as Cassandra dates its writes: microseconds since 1970."""
    return (instant - ticks(datetime(1970, 1, 1, tzinfo=UTC))) // 10


def later_than(last: uuid.UUID, now: int) -> uuid.UUID:
    """One of `now`, in ticks, or just after `last`, whatever the clock does."""
    return timeuuid(max(now, last.time + 1), secrets.randbits(14), secrets.randbits(48))


def just_after(record_id: uuid.UUID) -> uuid.UUID:
    """One before which `record_id` still is."""
    return timeuuid(record_id.time + 1, 0, 0x808080808080)


def timeuuid(instant: int, clock: int, node: int) -> uuid.UUID:
    """instant: in ticks; clock: 14 bits; node: 48 bits."""
    low, middle, high = instant & 0xFFFFFFFF, instant >> 32 & 0xFFFF, instant >> 48 & 0x0FFF
    return uuid.UUID(fields=(low, middle, high, clock >> 8, clock & 0xFF, node), version=1)
