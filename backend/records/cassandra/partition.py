"""The partition of a record."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from backend.records.ids import date_of, shard_of


class Partition(NamedTuple):
    """A minute, UTC, and a shard."""

    minute: datetime
    shard: int

    @classmethod
    def of(cls, record_id: uuid.UUID) -> Partition:
        return cls(date_of(record_id).replace(second=0, microsecond=0), shard_of(record_id))
