"""The events of rooms."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from backend.records import room_events
from backend.records.cassandra.connection import Connection, PendingStatement
from backend.records.ids import date_of, later_than, ticks
from backend.records.room_events import AnyEvent, Entry

# By how much an event may be older than one that was visible before it: the clocks of the hosts, and a slow write.
OVERLAP = timedelta(seconds=15)

STATEMENTS = {
    "add event": "INSERT INTO room_events (room, id, event) VALUES (?, ?, ?)",
    "events": "SELECT id, event FROM room_events WHERE room = ? AND id >= minTimeuuid(?)",
    "all events": "SELECT id, event FROM room_events WHERE room = ?",
    "forget events": "DELETE FROM room_events WHERE room = ? AND id <= ?",
    "rooms": "SELECT DISTINCT room FROM room_events",
}


def send_event(connection: Connection, room: str, event: AnyEvent, timeout: float) -> PendingStatement:
    added = later_than(0, ticks(datetime.now(UTC)))
    return connection.send("add event", (room, added, room_events.encode(event)), timeout)


def events(connection: Connection, room: str, after: uuid.UUID | None) -> list[Entry]:
    """See Store.events."""
    if after is None:
        rows = connection.stream("all events", (room,))
    else:
        rows = connection.stream("events", (room, date_of(after) - OVERLAP))
    return [(row.id, room_events.decode(row.event)) for row in rows]
