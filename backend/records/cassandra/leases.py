"""Leases of records. Lightweight transactions grant them, so no two holders get the same one, on whatever host."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from cassandra import WriteTimeout, WriteType
from cassandra.protocol import ErrorMessage

from backend.records.cassandra.connection import Connection
from backend.records.record import RecorderUnavailable

STATEMENTS = {
    "holders": "SELECT record, holder FROM leases WHERE record IN ?",
    "lease": "INSERT INTO leases (record, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?",
    "renew lease": "UPDATE leases USING TTL ? SET holder = ? WHERE record = ? IF holder = ?",
    "release": "DELETE FROM leases WHERE record = ? IF holder = ?",
}
TIMEOUT = 5.0  # seconds
ATTEMPTS = 3  # to release a record while others ask for it
CAS_WRITE_UNKNOWN = 0x1700  # in the native protocol
MOST_ASKED = 100  # records, in one query


def lease(
    connection: Connection, records: Sequence[uuid.UUID], holder: str, seconds: int, most: int
) -> list[uuid.UUID]:
    """See Store.lease."""
    leased: list[uuid.UUID] = []
    for start in range(0, len(records), MOST_ASKED):
        asked = records[start : start + MOST_ASKED]
        # Only to try few that others hold: the transactions decide.
        holders = {row.record: row.holder for row in connection.execute("holders", (list(asked),))}
        for record in asked:
            if len(leased) == most:
                return leased
            if holders.get(record, holder) == holder and _lease(connection, record, holder, seconds):
                leased.append(record)
    return leased


def _lease(connection: Connection, record: uuid.UUID, holder: str, seconds: int) -> bool:
    try:
        row = connection.execute("lease", (record, holder, seconds), TIMEOUT).one()
        if row.applied or row.holder != holder:
            return bool(row.applied)
        # It may have expired in between, and then is somebody else's or nobody's.
        return bool(connection.execute("renew lease", (seconds, holder, record, holder), TIMEOUT).one().applied)
    except RecorderUnavailable as error:
        if _is_contention(error.__cause__):
            return False  # if it was granted all the same, `holder` gets it by asking again
        raise


def _is_contention(error: BaseException | None) -> bool:
    """Whether others tried to lease the same record, so that Cassandra can't tell who has it."""
    unknown = isinstance(error, ErrorMessage) and error.code == CAS_WRITE_UNKNOWN
    return unknown or (isinstance(error, WriteTimeout) and error.write_type == WriteType.CAS)


def release(connection: Connection, record: uuid.UUID, holder: str) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            connection.execute("release", (record, holder), TIMEOUT)
            return
        except RecorderUnavailable as error:  # a release may be repeated
            if attempt == ATTEMPTS or not _is_contention(error.__cause__):
                raise
