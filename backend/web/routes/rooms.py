"""Rooms: opening, finding, joining, leading and ending them."""

from __future__ import annotations

import io
import time
import uuid
from typing import Annotated

import msgspec
import segno
from flask import Blueprint, Response, request

from backend.records.room_events import Ended, Hid, Paused, Removed, TaskSet
from backend.rooms import nicknames
from backend.rooms.room import MOST_PUPILS, Room
from backend.web.access import room
from backend.web.errors import Problem
from backend.web.http import json_response, parse_body, unknown_record
from backend.web.idempotency_key import IdempotencyKey, parse_idempotency_key
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("rooms", __name__)

Digit = Annotated[str, msgspec.Meta(pattern="^[0-9]$")]
Ends = Annotated[float, msgspec.Meta(description="When the room ends by itself, in seconds since 1970.")]
Keep = Annotated[bool, msgspec.Meta(description="Whether the drawings stay, without nicknames, when it has ended.")]


class NewRoom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a room. They can't be changed later, because pupils rely on them when they join."""

    hours: Annotated[float, msgspec.Meta(gt=0, le=24, description="After which it ends by itself.")] = 12
    keep: Keep = False


class OpenedRoom(msgspec.Struct, frozen=True, kw_only=True):
    code: Annotated[str, msgspec.Meta(description="With which pupils join.")]
    token: Annotated[str, msgspec.Meta(description="Of the teacher: send it as `Digitpad-Room-Token` to lead it.")]
    ends: Ends


class FoundRoom(msgspec.Struct, frozen=True, kw_only=True):
    """What a pupil should know before joining."""

    code: str
    ends: Ends
    keep: Keep


class NewPupil(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody joins a room."""

    nickname: Annotated[str, msgspec.Meta(description="At most 20 characters; `Pupil` if it is empty.")] = ""


class JoinedRoom(msgspec.Struct, frozen=True, kw_only=True):
    pupil: str
    nickname: Annotated[str, msgspec.Meta(description="With a number after it if somebody else had it.")]
    token: Annotated[str, msgspec.Meta(description="Send it as `Digitpad-Room-Token`.")]


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    digit: Annotated[Digit, msgspec.Meta(description="What everyone is to draw.")]
    reads: Annotated[Digit | None, msgspec.Meta(description="As which digit the network is to misread it.")] = None


class RoomChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the teacher changes; fields that are left out stay."""

    task: Task | msgspec.UnsetType | None = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET


class DrawingChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hidden: Annotated[bool, msgspec.Meta(description="Whether it is taken off the wall and out of all counts.")]


@routes.post("/rooms")
@describe(body=NewRoom, answer=OpenedRoom, status=201, errors=(400, 403, 503))
@permit("open_room")
def open_() -> Response:
    """Open a room."""
    settings = parse_body(NewRoom, '{"hours": 2, "keep": false}')
    opened, token = services().require_rooms().open(settings.hours, settings.keep)
    return json_response(OpenedRoom(code=opened.code, token=token, ends=opened.ends), 201)


@routes.get("/rooms/<room_code:code>")
@describe(answer=FoundRoom, errors=(404, 410, 503))
@permit("join_room")
def find(code: str) -> Response:
    """What is known of a room before one joins it."""
    return json_response(FoundRoom(code=code, ends=room().ends, keep=room().keep))


@routes.get("/rooms/<room_code:code>/qr.svg")
@describe(media_types=("image/svg+xml",), errors=(404, 410, 503))
@permit("join_room")
def qr_code(code: str) -> Response:
    """A QR code of the address at which pupils join, as this server was addressed."""
    image = io.BytesIO()
    # Drawn black on white in dark mode, too: many scanners can't read the reverse.
    segno.make_qr(f"{request.host_url}join?code={code}", error="m").save(image, kind="svg", light="#fff", omitsize=True)
    return Response(image.getvalue(), mimetype="image/svg+xml")


@routes.post("/rooms/<room_code:code>/pupils")
@describe(
    body=NewPupil,
    headers={"Idempotency-Key": IdempotencyKey},
    answer=JoinedRoom,
    status=201,
    errors=(400, 403, 404, 409, 410, 503),
)
@permit("join_room")
def join(code: str) -> Response:
    """Join a room.

    A retry with the same `Idempotency-Key` gets the same response and makes no second pupil; so keep the key secret.
    """
    key = parse_idempotency_key(request.headers.get("Idempotency-Key"))
    nickname = nicknames.clean(parse_body(NewPupil, '{"nickname": "Ada"}').nickname)
    if nickname is None:
        raise Problem(
            400, "bad_nickname", "A nickname has at most 20 characters: letters, digits, spaces, and any of - ' . _"
        )
    joined = services().require_rooms().join(code, nickname, key)
    if joined is None:
        raise Problem(409, "room_full", f"This room has {MOST_PUPILS} pupils and takes no more.")
    pupil, token = joined
    return json_response(JoinedRoom(pupil=pupil.id, nickname=pupil.nickname, token=token), 201)


@routes.patch("/rooms/<room_code:code>")
@describe(body=RoomChange, status=204, errors=(400, 403, 404, 410, 503))
@permit("lead_room")
def change(code: str) -> Response:
    """Set a task, or end it with null; pause the room, or go on.

    While the room is paused, it takes only drawings that were made before.
    """
    asked = parse_body(RoomChange, '{"task": {"digit": "4", "reads": "9"}, "paused": false}')
    rooms = services().require_rooms()
    if asked.task is None:
        rooms.add(code, TaskSet(digit=None, reads=None))
    elif asked.task is not msgspec.UNSET:
        rooms.add(code, TaskSet(digit=asked.task.digit, reads=asked.task.reads))
    if asked.paused is not msgspec.UNSET:
        rooms.add(code, Paused(paused=asked.paused))
    return Response(status=204)


@routes.delete("/rooms/<room_code:code>")
@describe(status=204, errors=(403, 404, 410, 503))
@permit("lead_room")
def end(code: str) -> Response:
    """End a room.

    Nicknames and tokens are deleted within a minute, and so are the drawings, unless the room was opened with `keep`.
    """
    services().require_rooms().add(code, Ended(at=time.time(), keep=room().keep))
    return Response(status=204)


@routes.delete("/rooms/<room_code:code>/pupils/<pupil_id>")
@describe(status=204, errors=(403, 404, 410, 503))
@permit("lead_room")
def remove(code: str, pupil_id: str) -> Response:
    """Remove a pupil, and hide the pupil's drawings."""
    if pupil_id not in _newest(code).pupils:
        raise Problem(404, "unknown_pupil", "There is no such pupil in this room.")
    services().require_rooms().add(code, Removed(pupil=pupil_id))
    return Response(status=204)


@routes.patch("/rooms/<room_code:code>/drawings/<uuid1:drawing_id>")
@describe(body=DrawingChange, status=204, errors=(400, 403, 404, 410, 503))
@permit("lead_room")
def hide(code: str, drawing_id: uuid.UUID) -> Response:
    """Hide a drawing, or show it again."""
    asked = parse_body(DrawingChange, '{"hidden": true}')
    if drawing_id not in _newest(code).drawings:
        raise unknown_record()
    services().require_rooms().add(code, Hid(record=drawing_id, hidden=asked.hidden))
    return Response(status=204)


def _newest(code: str) -> Room:
    return services().require_rooms().get(code, fresh=True)
