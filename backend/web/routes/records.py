"""The recorder's records: pages, one record, corrections, deletion, counts, export."""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from contextlib import suppress
from datetime import date
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, request, stream_with_context

from backend.reading.verdict import Verdict
from backend.records import export
from backend.records.record import Confusion, Count, Filter, Record, Source
from backend.web.errors import Problem
from backend.web.http import json_response, parse_query
from backend.web.openapi import describe
from backend.web.services import services

routes = Blueprint("records", __name__)

LOOK_FOR = 0.3  # seconds in which a page with a filter is filled, or answered short

Label = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "not_a_digit"]


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which records; what isn't given doesn't matter."""

    result: Annotated[str | None, msgspec.Meta(description='"0" to "9", or "not a digit".')] = None
    verdict: Verdict | None = None
    corrected: Annotated[bool | None, msgspec.Meta(description="Whether a person has labelled it.")] = None
    source: Source | None = None
    day: Annotated[date | None, msgspec.Meta(description="YYYY-MM-DD, UTC.")] = None

    def filter(self) -> Filter:
        return Filter(
            result=self.result, verdict=self.verdict, corrected=self.corrected, source=self.source, day=self.day
        )


class PageQuery(Selection, frozen=True, kw_only=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    before: Annotated[str | None, msgspec.Meta(description="`next` of the page before.")] = None


class ExportQuery(Selection, frozen=True, kw_only=True):
    format: Literal["csv", "jsonl", "idx", "npz"] = "csv"


class RecordAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction, and what a person said of it."""

    id: uuid.UUID
    date: Annotated[str, msgspec.Meta(description="RFC 3339, UTC, with milliseconds.")]
    result: str
    digit: int
    confidence: float
    probabilities: list[float]
    verdict: Verdict
    source: Source
    file_name: str | None
    expected: str | None
    label: str | None
    model_version: str


class RecordsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. It may be shorter than `limit` while there is more: ask on with `next`."""

    records: list[RecordAnswer]
    next: Annotated[str | None, msgspec.Meta(description="`before` of the page after; null: no more.")]


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Annotated[Label | None, msgspec.Meta(description="What it is; null takes the correction back.")]


class CountsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    days: list[Count]
    confusion: Annotated[list[Confusion], msgspec.Meta(description="Of the records whose meaning is known.")]


@routes.get("/records")
@describe(query=PageQuery, answer=RecordsAnswer, errors=(400, 503))
def page() -> Response:
    """Records, newest first."""
    query = parse_query(PageQuery)
    before = None if query.before is None else _id_of(query.before)
    records: list[Record] = []
    enough = time.monotonic() + LOOK_FOR
    while True:
        found = services().require_recorder().page(query.limit - len(records), before, query.filter())
        records += found.records
        before = found.next
        if before is None or len(records) == query.limit or time.monotonic() > enough:
            break
    return json_response(
        {"records": [export.as_json(record) for record in records], "next": before and _cursor(before)}
    )


@routes.get("/records/<record_id>")
@describe(answer=RecordAnswer, errors=(404, 503))
def one(record_id: str) -> Response:
    """One record."""
    record = services().require_recorder().get(_known(record_id))
    if record is None:
        raise _unknown()
    return json_response(export.as_json(record))


@routes.patch("/records/<record_id>")
@describe(body=Correction, answer=RecordAnswer, errors=(400, 403, 404, 503))
def correct(record_id: str) -> Response:
    """Say what a drawing is.

    The prediction stays as it was; the label stands beside it, and the last one counts.
    """
    try:
        correction = msgspec.json.decode(request.get_data(), type=Correction)
    except msgspec.DecodeError as error:
        raise Problem(400, "bad_label", f'Send JSON such as {{"label": "7"}}: {error}.') from None
    record = services().require_recorder().correct(_known(record_id), correction.label)
    if record is None:
        raise _unknown()
    return json_response(export.as_json(record))


@routes.delete("/records/<record_id>")
@describe(status=204, errors=(403, 404, 503))
def delete(record_id: str) -> Response:
    """Delete a record for good, drawing and all."""
    if not services().require_recorder().delete(_known(record_id)):
        raise _unknown()
    return Response(status=204)


@routes.get("/records/<record_id>/image.png")
@describe(media_types=("image/png", "image/jpeg", "image/bmp", "image/webp"), errors=(404, 503))
def image(record_id: str) -> Response:
    """The drawing as it was sent, in the format in which it was sent."""
    drawing = services().require_recorder().drawing(_known(record_id))
    if drawing is None:
        raise _unknown()
    answer = Response(drawing.image, mimetype=drawing.media_type)
    answer.headers["Cache-Control"] = "private, max-age=300"  # not longer: it may be deleted
    return answer


@routes.get("/records/<record_id>/strokes")
@describe(media_types=("application/json",), errors=(404, 503))
def strokes(record_id: str) -> Response:
    """How it was drawn: [[[x, y, milliseconds], ...], ...] on the 280 x 280 canvas."""
    drawing = services().require_recorder().drawing(_known(record_id))
    if drawing is None:
        raise _unknown()
    if drawing.strokes is None:
        raise Problem(404, "no_strokes", "This record has a picture only; it was not drawn on the page.")
    return Response(drawing.strokes, mimetype="application/json")


@routes.get("/records/counts")
@describe(answer=CountsAnswer, errors=(503,))
def counts() -> Response:
    """How many records each UTC day has of each result, and what was meant against what was read."""
    recorder = services().require_recorder()
    return json_response(CountsAnswer(days=recorder.counts(), confusion=recorder.confusion()))


@routes.get("/records/export")
@describe(
    query=ExportQuery,
    media_types=("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream"),
    errors=(400, 503),
)
def export_file() -> Response:
    """Records as one file: csv, jsonl, MNIST's idx pair (zip), or npz; newest first."""
    query = parse_query(ExportQuery)
    recorder = services().require_recorder()
    only = query.filter()
    match query.format:
        case "csv":
            pieces, media_type, suffix = export.comma_separated(recorder.export(only)), "text/csv", "csv"
        case "jsonl":
            pieces, media_type, suffix = export.jsonl(recorder.export(only)), "application/x-ndjson", "jsonl"
        case "idx":
            pieces, media_type, suffix = export.idx(recorder.export_seen(only)), "application/zip", "idx.zip"
        case "npz":
            pieces, media_type, suffix = export.npz(recorder.export_seen(only)), "application/octet-stream", "npz"
    answer = Response(stream_with_context(pieces), mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="digitpad.{suffix}"'
    return answer


def _known(text: str) -> uuid.UUID:
    try:
        record_id = uuid.UUID(text)
    except ValueError:
        raise _unknown() from None
    if record_id.version != 1 or str(record_id) != text.lower():
        raise _unknown()
    return record_id


def _unknown() -> Problem:
    return Problem(404, "unknown_record", "There is no such record; it may have been deleted.")


def _cursor(before: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(before.bytes).decode().rstrip("=")


def _id_of(cursor: str) -> uuid.UUID:
    record_id: uuid.UUID | None = None
    with suppress(binascii.Error, ValueError):
        record_id = uuid.UUID(bytes=base64.b64decode(f"{cursor}==", altchars=b"-_", validate=True))
    if record_id is None or record_id.version != 1:
        raise Problem(400, "bad_cursor", "`before` must be the `next` of an earlier page; leave it out to begin.")
    return record_id
