"""The headers of a prediction that a pupil makes in a room."""

from __future__ import annotations

import uuid
from typing import Annotated, NamedTuple

import msgspec
from flask import Request

from backend.records.ids import key_time
from backend.rooms.codes import clean_code
from backend.rooms.room import MOST_DRAWINGS
from backend.web.access import open_room, pupil_with
from backend.web.errors import Problem
from backend.web.permissions import ROOM_HEADER, ROOM_TOKEN_HEADER

RoomCode = Annotated[str, msgspec.Meta(description="The code of the room in which it was drawn.")]
RoomToken = Annotated[str, msgspec.Meta(description="The token that the pupil got by joining that room.")]


class DrawnIn(NamedTuple):
    room: str  # its code
    pupil: str


def drawing_in_room(request: Request, key: uuid.UUID) -> DrawnIn | None:
    """Where and by whom the drawing with this idempotency key was made; None: in no room.

    Raises Problem 403, 404, 409, 410 or 429 if the room, or this pupil in it, can't take the drawing. One that was made
    before a pause may come during it.
    """
    code = request.headers.get(ROOM_HEADER)
    if code is None:
        return None
    room = open_room(clean_code(code) or "")
    pupil = pupil_with(room, request.headers.get(ROOM_TOKEN_HEADER, ""))
    if room.paused_at is not None and key_time(key) > room.paused_at:
        raise Problem(409, "room_paused", "The teacher has paused the room. Your drawing is kept; send it again later.")
    if len(room.drawings) >= MOST_DRAWINGS:
        raise Problem(403, "room_full", f"This room has {MOST_DRAWINGS:,} drawings and takes no more.")
    return DrawnIn(room.code, pupil.id)
