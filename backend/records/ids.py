"""The ids of records: version 1 UUIDs (RFC 9562), so that an id also tells when its record was made and where it is."""

from __future__ import annotations

import secrets
import threading
import uuid
from datetime import UTC, datetime, timedelta

SHARDS = 128
IDS_PER_SHARD = 256  # made in one shard before a process moves on to the next
GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # the epoch of version 1 UUIDs


def date_of(record_id: uuid.UUID) -> datetime:
    """When an id was made, UTC."""
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


class RecordIds:
    """Makes unique ids, each later than the one before.

    The node is random instead of the machine's address (RFC 9562, 6.10), so an id reveals nothing about the machine.
    The low bits of the clock sequence are the shard in which Cassandra keeps the record: a busy process uses all
    shards in turn, an idle one stays in one.
    """

    def __init__(self) -> None:
        self._node = secrets.randbits(48) | 1 << 40  # the multicast bit marks a random node
        self._clock = secrets.randbits(7) * SHARDS
        self._made = secrets.randbelow(SHARDS) * IDS_PER_SHARD
        self._lock = threading.Lock()  # uuid1 may give two threads the same time

    def new(self) -> uuid.UUID:
        with self._lock:
            self._made += 1
            return uuid.uuid1(self._node, self._clock + self._made // IDS_PER_SHARD % SHARDS)
