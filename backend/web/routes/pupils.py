"""What a pupil sees of a room, and votes."""

from __future__ import annotations

import hashlib
import uuid
from typing import Annotated

import msgspec
import numpy as np
from flask import Blueprint, Response

from backend.records.record import Label
from backend.records.room_events import Voted
from backend.rooms import room as rooms
from backend.rooms.room import Accuracy, ClassDrawing, accuracy
from backend.web.access import pupil, room
from backend.web.encode import small_png_url
from backend.web.errors import Problem
from backend.web.http import json_response, parse_body, parse_query, unknown_record
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.routes.rooms import Ends, Keep, Task
from backend.web.services import services

routes = Blueprint("pupils", __name__)


class MineQuery(msgspec.Struct, frozen=True, kw_only=True):
    since: Annotated[
        str | None,
        msgspec.Meta(description="`cursor` of the last answer.", extra_json_schema={"pattern": "^[0-9a-f]+$"}),
    ] = None


class PupilTask(Task, frozen=True, kw_only=True):
    done: Annotated[bool, msgspec.Meta(description="Whether this pupil has done it.")]


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    """The room as one pupil sees it."""

    nickname: str
    ends: Ends
    keep: Keep
    paused: bool
    task: PupilTask | None
    drawings: Annotated[int, msgspec.Meta(description="Of this pupil.")]
    accuracy: Annotated[Accuracy, msgspec.Meta(description="Of the network, on this pupil's drawings.")]
    ballot: Annotated[bool, msgspec.Meta(description="Whether there is a drawing to vote on.")]
    cursor: Annotated[str, msgspec.Meta(description="`since` of the next request.")] = ""


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing of somebody else that is hard to read."""

    id: uuid.UUID
    seen: Annotated[str, msgspec.Meta(description="Its 28 x 28 that the network saw: data URL.")]


class Vote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: uuid.UUID
    label: Annotated[Label, msgspec.Meta(description="What the pupil reads.")]


@routes.get("/rooms/<room_code:code>/mine")
@describe(query=MineQuery, answer=Mine, errors=(400, 403, 404, 410, 503))
@permit("take_part")
def mine(code: str) -> Response:
    """The task, the pupil's own accuracy, and whether there is something to vote on.

    With `since`, the response is 204 if nothing has changed.
    """
    found, me = room(), pupil()
    drawings = found.of_pupil(me.id)
    task = found.task
    answer = Mine(
        nickname=me.nickname,
        ends=found.ends,
        keep=found.keep,
        paused=found.paused_at is not None,
        task=None if task is None else _task(task, drawings),
        drawings=len(drawings),
        accuracy=accuracy(drawings),
        ballot=found.ballot(me.id) is not None,
    )
    cursor = hashlib.blake2b(msgspec.json.encode(answer), digest_size=8).hexdigest()
    if parse_query(MineQuery).since == cursor:
        return Response(status=204)
    return json_response(msgspec.structs.replace(answer, cursor=cursor))


@routes.get("/rooms/<room_code:code>/ballot")
@describe(answer=Ballot, errors=(403, 404, 410, 503))
@permit("take_part")
def ballot(code: str) -> Response:
    """The drawing to vote on next."""
    drawing = room().ballot(pupil().id)
    record = None if drawing is None else services().require_recorder().drawing(drawing.record)
    if drawing is None or record is None:
        raise Problem(404, "no_ballot", "There is no drawing to vote on now.")
    return json_response(
        Ballot(id=drawing.record, seen=small_png_url(np.frombuffer(record.seen, np.uint8).reshape(28, 28)))
    )


@routes.post("/rooms/<room_code:code>/ballot")
@describe(body=Vote, status=204, errors=(400, 403, 404, 410, 503))
@permit("take_part")
def vote(code: str) -> Response:
    """Vote on a drawing of somebody else; the last vote counts."""
    given = parse_body(Vote, '{"id": "...", "label": "7"}')
    drawing = room().drawings.get(given.id)
    if drawing is None or not drawing.shown or drawing.pupil == pupil().id:
        raise unknown_record()
    services().require_rooms().add(code, Voted(record=given.id, pupil=pupil().id, label=given.label))
    return Response(status=204)


def _task(task: rooms.Task, drawings: list[ClassDrawing]) -> PupilTask:
    done = any(each.arrived.time > task.since.time and task.done_by(each) for each in drawings)
    return PupilTask(digit=task.digit, reads=task.reads, done=done)
