"""Version 1 UUIDs in Cassandra's order, and their times as Cassandra's timestamps."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from backend.records.ids import ticks, timeuuid

NEWEST = uuid.UUID("ffffffff-ffff-1fff-bf7f-7f7f7f7f7f7f")  # the largest, in Cassandra's order
OLDEST = uuid.UUID("00000000-0000-1000-8080-808080808080")  # the smallest


def microseconds(instant: int) -> int:
    """A time in ticks as a write timestamp: microseconds since 1970."""
    return (instant - ticks(datetime(1970, 1, 1, tzinfo=UTC))) // 10


def just_after(record_id: uuid.UUID) -> uuid.UUID:
    """The first UUID of the next tick."""
    return timeuuid(record_id.time + 1, 0, 0x808080808080)
