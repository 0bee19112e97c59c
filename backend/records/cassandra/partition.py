"""Where a record lies in Cassandra."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from backend.records.ids import shard_of
from backend.records.record import date_of

# `at` of a prediction, in contrast to its corrections: the smallest timeuuid, in Cassandra's order.
PREDICTION = uuid.UUID("00000000-0000-1000-8080-808080808080")


class Partition(NamedTuple):
    """A minute, UTC, and a shard."""

    minute: datetime
    shard: int

    @classmethod
    def of(cls, record_id: uuid.UUID) -> Partition:
        return cls(date_of(record_id).replace(second=0, microsecond=0), shard_of(record_id))
