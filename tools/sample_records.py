"""Sample records and drawings."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.records.ids import new_key, record_id, ticks, timeuuid
from backend.records.record import Drawing, Record


def new_id() -> uuid.UUID:
    """The id of a record that is made now."""
    return record_id(new_key(), secrets.token_bytes(8))


def id_at(instant: datetime, clock: int | None = None) -> uuid.UUID:
    """An id as if it had been made at that instant. clock: its clock sequence, 14 bits; random by default."""
    return timeuuid(ticks(instant), secrets.randbits(14) if clock is None else clock, secrets.randbits(48))


class Era:
    """A range of days in the past that no other Era uses, so that tests can share a store."""

    _used = 0  # days

    def __init__(self, days: int = 5) -> None:
        self.start = datetime(1900, 1, 1, 12, tzinfo=UTC) + timedelta(days=Era._used)
        Era._used += days

    def at(self, seconds: float = 0, days: int = 0) -> datetime:
        return self.start + timedelta(days=days, seconds=seconds)

    def record(self, seconds: float = 0, days: int = 0, **fields: Any) -> Record:
        return record(id=id_at(self.at(seconds, days)), **fields)


def record(**fields: Any) -> Record:
    return Record(
        **{
            "result": "7",
            "digit": 7,
            "confidence": 0.9,
            "probabilities": (0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.9, 0.01, 0.01),
            "verdict": "digit",
            "source": "canvas",
            "model_version": "0123456789ab",
            **fields,
        }
    )


def drawing(**fields: Any) -> Drawing:
    return Drawing(
        **{
            "image": b"\x89PNG " + secrets.token_bytes(2000),
            "media_type": "image/png",
            "seen": secrets.token_bytes(784),
            "strokes": b"[[[1,2,3]]]",
            **fields,
        }
    )
