"""The ids of records: time-ordered UUIDs (version 1), so that an id is also a date and a place."""

from __future__ import annotations

import secrets
import threading
import uuid

from backend.records.record import date_of

SHARDS = 128
IN_A_SHARD = 256  # ids that a process makes before it goes on to the next shard


class RecordIds:
    """Makes ids that no other process and no other call makes, each later than the last.

    The node is random, not the machine's address (RFC 9562, 6.10), so an id tells nothing of it.
    The low bits of the clock sequence are the shard in which a store may keep the record: a busy
    process goes round all shards, a quiet one stays in one.
    """

    def __init__(self) -> None:
        self._node = secrets.randbits(48) | 1 << 40  # the multicast bit: not a real address
        self._clock = secrets.randbits(7) * SHARDS
        self._made = secrets.randbelow(SHARDS) * IN_A_SHARD
        self._lock = threading.Lock()  # uuid1 itself may give two threads the same time

    def new(self) -> uuid.UUID:
        with self._lock:
            self._made += 1
            return uuid.uuid1(self._node, self._clock + self._made // IN_A_SHARD % SHARDS)


def shard_of(record_id: uuid.UUID) -> int:
    """0 to SHARDS - 1."""
    return record_id.clock_seq % SHARDS


def date_text(record_id: uuid.UUID) -> str:
    """When an id was made: RFC 3339, UTC, with milliseconds."""
    return date_of(record_id).isoformat(timespec="milliseconds").replace("+00:00", "Z")
