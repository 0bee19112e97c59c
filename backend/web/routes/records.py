"""Records: listing, reading, correcting, deleting, counting and exporting them."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, request, stream_with_context

from backend.reading.decode import decode
from backend.reading.image_header import MEDIA_TYPES
from backend.records import export
from backend.records.record import PUBLIC_FIELDS, Drawing, Filter, Label, Record, RecordCounts, public
from backend.web.access import may_now
from backend.web.encode import png
from backend.web.errors import Problem
from backend.web.http import json_response, parse_query, unknown_record
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.routes.picture import png_response
from backend.web.services import services

routes = Blueprint("records", __name__)

# Base64 (RFC 4648, for URLs, without padding) of a UUID version 1.
CURSOR = "^[A-Za-z0-9_-]{8}[E-H][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$"

NOT_VIEWABLE = {"image/tiff", "image/heic"}  # by every current browser; only Safari shows them

ExportFormat = Literal["csv", "jsonl", "idx", "npz"]


class PageQuery(Filter, frozen=True, kw_only=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    before: Annotated[
        str | None, msgspec.Meta(description="`next` of the previous page.", extra_json_schema={"pattern": CURSOR})
    ] = None


class ImageQuery(msgspec.Struct, frozen=True, kw_only=True):
    viewable: Annotated[
        bool,
        msgspec.Meta(
            description="Whether a type that not every browser shows, TIFF or HEIC, is converted: to a PNG of at most "
            "560 px on each side."
        ),
    ] = False


class ExportQuery(Filter, frozen=True, kw_only=True):
    format: ExportFormat = "csv"


RecordAnswer = msgspec.defstruct(
    "RecordAnswer",
    [
        *((field.name, field.type) for field in PUBLIC_FIELDS),
        ("date", Annotated[str, msgspec.Meta(description="RFC 3339, UTC, with milliseconds.")]),
    ],
    namespace={"__doc__": "A prediction and its last correction."},
)


class RecordsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Records, newest first. A page may be shorter than `limit` and still have a `next`."""

    records: list[RecordAnswer]  # type: ignore[valid-type] # made from the fields of Record
    next: Annotated[str | None, msgspec.Meta(description="`before` of the next page; null: this is the last.")]


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Annotated[Label | None, msgspec.Meta(description="What was drawn; null removes the correction.")]


@routes.get("/records")
@describe(
    query=PageQuery,
    answer=RecordsAnswer,
    errors=(400, 503),
    links={"records_page": {"before": "$response.body#/next"}},
)
@permit("list")
def page() -> Response:
    """Records, newest first."""
    query = parse_query(PageQuery)
    before = None if query.before is None else _parse_cursor(query.before)
    found = services().require_recorder().page(query.limit, before, query)
    return json_response(
        {"records": [_shown(each) for each in found.records], "next": found.next and _cursor(found.next)}
    )


@routes.get("/records/<uuid1:record_id>")
@describe(answer=RecordAnswer, errors=(404, 503))
@permit("read")
def one(record_id: uuid.UUID) -> Response:
    """One record."""
    record = services().require_recorder().get(record_id)
    if record is None:
        raise unknown_record()
    return json_response(_shown(record))


@routes.patch("/records/<uuid1:record_id>")
@describe(body=Correction, answer=RecordAnswer, errors=(400, 403, 404, 503))
@permit("correct")
def correct(record_id: uuid.UUID) -> Response:
    """Correct a record: say what was drawn.

    The prediction does not change; the label is stored with it, and the last one counts.
    """
    try:
        correction = msgspec.json.decode(request.get_data(), type=Correction)
    except msgspec.DecodeError as error:
        raise Problem(400, "bad_label", f'Send JSON such as {{"label": "7"}}: {error}.') from None
    record = services().require_recorder().correct(record_id, correction.label)
    if record is None:
        raise unknown_record()
    return json_response(_shown(record))


@routes.delete("/records/<uuid1:record_id>")
@describe(status=204, errors=(403, 404, 503))
@permit("delete")
def delete(record_id: uuid.UUID) -> Response:
    """Delete a record and its drawing for good."""
    if not services().require_recorder().delete(record_id):
        raise unknown_record()
    return Response(status=204)


@routes.get("/records/<uuid1:record_id>/image.png")
@describe(query=ImageQuery, media_types=MEDIA_TYPES, errors=(400, 404, 503))
@permit("read")
def image(record_id: uuid.UUID) -> Response:
    """The image as it was sent, in its original format.

    Only its owner and the operator get that. Others get its pixels as a PNG, without what a camera writes into a file,
    such as where a photograph was taken.
    """
    return drawing_image(record_id, viewable=parse_query(ImageQuery).viewable)


def drawing_image(record_id: uuid.UUID, *, viewable: bool) -> Response:
    """The image of a record, with its metadata only for those who may see that; if `viewable`, in a type that every
    browser shows. Raises Problem 404."""
    drawing = _drawing(record_id)
    if viewable and drawing.media_type in NOT_VIEWABLE:
        answer = png_response(drawing.image)
    elif may_now("picture_details"):
        answer = Response(drawing.image, mimetype=drawing.media_type)
    else:
        answer = Response(png(decode(drawing.image, services().settings.max_pixels).pixels), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=300"  # short, because it may be deleted
    return answer


@routes.get("/records/<uuid1:record_id>/strokes")
@describe(media_types=("application/json",), errors=(404, 503))
@permit("read")
def strokes(record_id: uuid.UUID) -> Response:
    """How it was drawn: [[[x, y, milliseconds], ...], ...] in pixels of a canvas 280 pixels high."""
    drawing = _drawing(record_id)
    if drawing.strokes is None:
        raise Problem(404, "no_strokes", "This record has no strokes, only an image.")
    return Response(drawing.strokes, mimetype="application/json")


@routes.get("/records/counts")
@describe(answer=RecordCounts, errors=(503,))
@permit("count")
def counts() -> Response:
    """The number of records by UTC day and result, and by what was meant and what was read."""
    return json_response(services().require_recorder().counts())


@routes.get("/records/export")
@describe(
    query=ExportQuery,
    media_types=("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream"),
    errors=(400, 503),
)
@permit("export")
def export_file() -> Response:
    """Records as one file, newest first: CSV, JSON Lines, MNIST's two IDX files (ZIP), or NPZ."""
    query = parse_query(ExportQuery)
    recorder = services().require_recorder()
    return export_response(query.format, recorder.export(query), recorder.export_seen(query), "digitpad")


def export_response(form: ExportFormat, records: Iterable[Record], with_seen: export.WithSeen, name: str) -> Response:
    """Records as one file with this name, as whoever asks may see them. Reads only what the format needs."""
    records = map(_visible, records)
    match form:
        case "csv":
            pieces, media_type, suffix = export.comma_separated(records), "text/csv", "csv"
        case "jsonl":
            pieces, media_type, suffix = export.jsonl(records), "application/x-ndjson", "jsonl"
        case "idx":
            pieces, media_type, suffix = export.idx(with_seen), "application/zip", "idx.zip"
        case "npz":
            pieces, media_type, suffix = export.npz(with_seen), "application/octet-stream", "npz"
    answer = Response(stream_with_context(pieces), mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return answer


def _shown(record: Record) -> dict[str, object]:
    """The public fields of what whoever sent the request may see of a record."""
    return public(_visible(record))


def _visible(record: Record) -> Record:
    return record if may_now("picture_details") else msgspec.structs.replace(record, file_name=None)


def _drawing(record_id: uuid.UUID) -> Drawing:
    recorder = services().require_recorder()
    drawing = recorder.drawing(record_id)
    if drawing is not None:
        return drawing
    if recorder.get(record_id) is None:
        raise unknown_record()
    raise Problem(
        404, "no_drawing", "The drawing of this record was not kept; the KEEP_DRAWINGS setting decides which are."
    )


def _cursor(before: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(before.bytes).decode().rstrip("=")


def _parse_cursor(cursor: str) -> uuid.UUID:
    if not re.fullmatch(CURSOR, cursor):
        raise Problem(400, "bad_cursor", "`before` must be the `next` of an earlier page; omit it for the first page.")
    return uuid.UUID(bytes=base64.urlsafe_b64decode(f"{cursor}=="))
