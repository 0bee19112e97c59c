"""The wall of a room: what its teacher sees, and downloads."""

from __future__ import annotations

import uuid
from typing import Annotated

import msgspec
from flask import Blueprint, Response

from backend.records.record import DIGITS, Confusion
from backend.rooms.room import Accuracy, ClassDrawing, accuracy, confusion
from backend.rooms.unusual import unusual
from backend.web.access import room
from backend.web.http import json_response, parse_query, unknown_record
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.routes.records import ExportFormat, drawing_image, export_response
from backend.web.routes.rooms import Ends, Keep, Task
from backend.web.services import services

routes = Blueprint("wall", __name__)

OVERLAP = 20 * 10**7  # ticks: an event may become visible this long after a newer one
MOST_COMPARED = 500  # drawings, the newest, among which unusual ones are looked for


class WallQuery(msgspec.Struct, frozen=True, kw_only=True):
    since: (
        Annotated[
            str,
            msgspec.Meta(description="`cursor` of the last answer.", pattern=r"^[0-9]+-[0-9a-f]+\.[0-9a-f]{1,15}$"),
        ]
        | None
    ) = None


class WallDrawing(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    pupil: str
    read: Annotated[str, msgspec.Meta(description='By the network: "0" to "9", a number, or "not_a_digit".')]
    sure: bool
    confidence: float
    meant: Annotated[str | None, msgspec.Meta(description="By the pupil, if the pupil said.")]
    meant_probability: Annotated[float | None, msgspec.Meta(description="Of the digit that was meant.")]
    votes: Annotated[dict[str, int], msgspec.Meta(description="Of the class, by label.")]
    shown: Annotated[bool, msgspec.Meta(description="false: take it off the wall.")]
    hidden: Annotated[bool, msgspec.Meta(description="Whether the teacher hid it; it can be shown again.")]


class WallPupil(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    nickname: str
    drawings: int


class WallTask(Task, frozen=True, kw_only=True):
    done: Annotated[int, msgspec.Meta(description="How many pupils have done it.")]


class Wall(msgspec.Struct, frozen=True, kw_only=True):
    """A room as it is now, and the drawings that are new or changed."""

    code: str
    ends: Ends
    keep: Keep
    paused: bool
    task: WallTask | None
    pupils: list[WallPupil]
    drawings: Annotated[
        list[WallDrawing], msgspec.Meta(description="In the order in which they arrived; some may be known already.")
    ]
    confusion: list[Confusion]
    accuracy: Accuracy
    cursor: Annotated[str, msgspec.Meta(description="`since` of the next request.")]


class UnusualDrawings(msgspec.Struct, frozen=True, kw_only=True):
    drawings: Annotated[
        list[uuid.UUID], msgspec.Meta(description="Most unusual first, of the newest 500 of the wall; at most 24.")
    ]


class RoomExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    format: ExportFormat = "csv"


@routes.get("/rooms/<room_code:code>/wall")
@describe(query=WallQuery, answer=Wall, errors=(400, 403, 404, 410, 503))
@permit("lead_room")
def wall(code: str) -> Response:
    """What is new in a room.

    With `since`, the response is 204 if nothing is; otherwise it has only the drawings that may be new or changed.
    """
    found, since = room(), parse_query(WallQuery).since
    cursor = f"{found.fingerprint}.{found.last.time if found.last else 0:x}"
    if since == cursor:
        return Response(status=204)
    oldest = 0 if since is None else int(since.rpartition(".")[2], 16) - OVERLAP
    shown = found.wall
    counts = {pupil.id: 0 for pupil in found.present}
    for drawing in shown:
        if drawing.pupil in counts:
            counts[drawing.pupil] += 1
    task = found.task
    return json_response(
        Wall(
            code=code,
            ends=found.ends,
            keep=found.keep,
            paused=found.paused_at is not None,
            task=None if task is None else WallTask(digit=task.digit, reads=task.reads, done=found.task_done()),
            pupils=[
                WallPupil(id=pupil.id, nickname=pupil.nickname, drawings=counts[pupil.id]) for pupil in found.present
            ],
            drawings=[_on_wall(each) for each in list(found.drawings.values()) if each.changed.time >= oldest],
            confusion=confusion(shown),
            accuracy=accuracy(shown),
            cursor=cursor,
        )
    )


@routes.get("/rooms/<room_code:code>/drawings/<uuid1:drawing_id>/image.png")
@describe(media_types=("image/png",), errors=(403, 404, 410, 503))
@permit("lead_room")
def image(code: str, drawing_id: uuid.UUID) -> Response:
    """A drawing of the room, without what a camera writes into a file."""
    drawing = room().drawings.get(drawing_id)
    if drawing is None:  # another process may have just told the wall about it
        drawing = services().require_rooms().get(code, fresh=True).drawings.get(drawing_id)
    if drawing is None or drawing.deleted:
        raise unknown_record()
    return drawing_image(drawing_id, viewable=True)


@routes.get("/rooms/<room_code:code>/unusual")
@describe(answer=UnusualDrawings, errors=(403, 404, 410, 503))
@permit("lead_room")
def most_unusual(code: str) -> Response:
    """The drawings that look the least like the others of their digit."""
    newest = room().wall[-MOST_COMPARED:]
    recorder = services().require_recorder()
    images = {record.id: seen for record, seen in recorder.some_seen(each.record for each in newest)}
    distances = unusual(images, {each.record: each.meant or each.read for each in newest})
    return json_response(UnusualDrawings(drawings=sorted(distances, key=lambda each: -distances[each])[:24]))


@routes.get("/rooms/<room_code:code>/export")
@describe(
    query=RoomExportQuery,
    media_types=("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream"),
    errors=(400, 403, 404, 410, 503),
)
@permit("lead_room")
def export_file(code: str) -> Response:
    """The records of all drawings on the wall as one file, in the formats of /records/export."""
    ids, recorder = [each.record for each in room().wall], services().require_recorder()
    return export_response(
        parse_query(RoomExportQuery).format, recorder.some(ids), recorder.some_seen(ids), f"room-{code}"
    )


def _on_wall(drawing: ClassDrawing) -> WallDrawing:
    meant = drawing.meant
    votes: dict[str, int] = {}
    for label in list(drawing.votes.values()):
        votes[label] = votes.get(label, 0) + 1
    return WallDrawing(
        id=drawing.record,
        pupil=drawing.pupil,
        read=drawing.read,
        sure=drawing.sure,
        confidence=drawing.confidence,
        meant=meant,
        meant_probability=drawing.probabilities[int(meant)] if meant in DIGITS else None,
        votes=votes,
        shown=drawing.shown,
        hidden=drawing.hidden and not drawing.deleted,
    )
