"""Who drew a record, as far as records tell.

There are no accounts, and the secret of a record is another one for each drawing. So a writer is, in this order:
a pupil of a room; an address, where RECORD_CLIENT_ADDRESS keeps it; or a sitting: records without either that follow
each other within PAUSE. People who draw at the same time then count as one writer, and who comes back later as another.
"""

from __future__ import annotations

from collections.abc import Callable

from backend.records.ids import date_text
from backend.records.record import Record

PAUSE = 30 * 60 * 10**7  # in ticks of 100 ns: half an hour


def by_writer() -> Callable[[Record], str]:
    """A function that names the writer of each record; call it with all records, newest first."""
    newest: Record | None = None  # of the sitting
    last: Record | None = None

    def writer(record: Record) -> str:
        nonlocal newest, last
        if record.pupil is not None:
            return f"pupil {record.pupil} of room {record.room}"
        if record.client is not None:
            return f"address {record.client}"
        if newest is None or last is None or last.id.time - record.id.time > PAUSE:
            newest = record
        last = record
        return f"sitting until {date_text(newest.id)}"

    return writer
