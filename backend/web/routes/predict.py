"""The path of a drawing: bytes, ink, 28x28, probabilities, record, response."""

from __future__ import annotations

import uuid
from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from backend.reading.decode import decode
from backend.reading.ink import find_ink
from backend.reading.normalize import Box, bounding_box, cut_out, to_mnist_form
from backend.reading.numbers import Digit, may_be_number, read_number
from backend.reading.verdict import Verdict
from backend.records.ids import date_text, record_id
from backend.records.owner import owner_of, secret_of
from backend.records.record import BoxFractions, Drawing, NumberDigit, Record
from backend.web.client_address import client_address
from backend.web.drawing_request import JsonBody, parse_request
from backend.web.encode import small_png_url
from backend.web.http import json_response, parse_query
from backend.web.idempotency_key import IdempotencyKey, parse_idempotency_key
from backend.web.metrics import State
from backend.web.openapi import describe
from backend.web.permissions import OWNER_HEADER, ROOM_HEADER, ROOM_TOKEN_HEADER, permit
from backend.web.room_headers import RoomCode, RoomToken, drawing_in_room
from backend.web.services import services

routes = Blueprint("predict", __name__)

# The parameters of operations on the record that was made.
OF_ITS_OWNER = {"record_id": "$response.body#/id", f"header.{OWNER_HEADER}": "$response.body#/secret"}


PAGE_READING = "Digitpad-Page-Reading"
PageReading = Annotated[
    str,
    msgspec.Meta(
        description="Digit or number, and verdict, that the page's own network read, as in `7 unsure`: compared and "
        "counted."
    ),
]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    record: Annotated[bool, msgspec.Meta(description="false: nothing is recorded.")] = True


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What a drawing was read as."""

    id: uuid.UUID
    date: Annotated[str, msgspec.Meta(description="RFC 3339, UTC, with milliseconds.")]
    result: Annotated[str, msgspec.Meta(description='"0" to "9", a number such as "2026", or "not a digit".')]
    digit: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=9)] | None,
        msgspec.Meta(description="The most probable digit; null: it is a number."),
    ]
    digits: Annotated[
        tuple[NumberDigit, ...] | None,
        msgspec.Meta(description="The digits of a number, from left to right; null: it is a single digit or none."),
    ]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    probabilities: Annotated[
        tuple[float, ...],
        msgspec.Meta(min_length=10, max_length=10, description="For the drawing as a single digit."),
    ]
    verdict: Verdict
    box: Annotated[BoxFractions, msgspec.Meta(description="What was read: the digit without specks, or the number.")]
    recorded: State
    secret: Annotated[
        str | None,
        msgspec.Meta(
            description="Send it as `Digitpad-Secret` to correct or delete the record. null: nothing is recorded."
        ),
    ]
    runner_up: Annotated[int, msgspec.Meta(ge=0, le=9, description="The second most probable.")]
    seen: Annotated[str, msgspec.Meta(description="The 28 x 28 that the network saw: data URL.")]
    model_version: str


@routes.post("/predict")
@describe(
    body=JsonBody,
    form=True,
    query=Query,
    headers={
        "Idempotency-Key": IdempotencyKey,
        PAGE_READING: PageReading,
        ROOM_HEADER: RoomCode,
        ROOM_TOKEN_HEADER: RoomToken,
    },
    answer=Prediction,
    errors=(400, 403, 404, 409, 410, 413, 415, 422, 503),
    links=dict.fromkeys(("records_one", "records_correct", "records_delete"), OF_ITS_OWNER),
)
@permit("predict")
def predict() -> Response:
    """Read a drawn digit, or a number of several digits.

    The body is a data URL as text, JSON, or a form with a file `image` (PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or HEIC)
    and optionally `expected`. A retry with the same `Idempotency-Key` gets the same response and creates no second
    record.
    """
    query = parse_query(Query)
    key = parse_idempotency_key(request.headers.get("Idempotency-Key"))
    drawn_in = drawing_in_room(request, key)
    settings, recognizer, recorder = services().settings, services().recognizer, services().recorder
    metrics = services().metrics

    with metrics.stages["read"].time():
        sent = parse_request(request, settings)
    with metrics.stages["decode"].time():
        image = decode(sent.image, settings.max_pixels)
    with metrics.stages["ink"].time():
        ink = find_ink(image.pixels)
    with metrics.stages["normalize"].time():
        cut = cut_out(ink)
        seen = to_mnist_form(cut).ink
    with metrics.stages["network"].time():
        reading = recognizer.read(seen)
    with metrics.stages["number"].time():
        number = None
        if may_be_number(ink, reading):
            number = read_number(recognizer, ink, reading, sent.pens(len(ink)))
    read = number or reading
    metrics.predictions[read.verdict].inc()
    if page_reading := request.headers.get(PAGE_READING):
        metrics.page_readings[page_reading == f"{number.result if number else reading.digit} {read.verdict}"].inc()
    secret = secret_of(key)

    record = Record(
        id=record_id(key, sent.encoded()),
        result=read.result,
        digit=None if number else reading.digit,
        confidence=read.confidence,
        probabilities=reading.probabilities,
        verdict=read.verdict,
        source=sent.source,
        model_version=recognizer.version,
        file_name=sent.file_name,
        expected=sent.expected,
        pen_widths=sent.pen_widths,
        client=client_address(request.remote_addr, settings),
        owner=owner_of(secret),
        digits=number and tuple(_digit(each, ink.shape) for each in number.digits),
        room=drawn_in and drawn_in.room,
        pupil=drawn_in and drawn_in.pupil,
    )
    state: State = "no"
    if query.record and recorder is not None:
        drawing = Drawing(image=sent.image, media_type=image.media_type, seen=seen.tobytes(), strokes=sent.strokes)
        with metrics.stages["record"].time():
            state = recorder.record(record, drawing)
    metrics.records[state].inc()

    return json_response(
        Prediction(
            id=record.id,
            date=date_text(record.id),
            result=record.result,
            digit=record.digit,
            digits=record.digits,
            confidence=record.confidence,
            probabilities=record.probabilities,
            verdict=record.verdict,
            box=_fractions(Box(*bounding_box(ink)) if number else cut.box, ink.shape),
            recorded=state,
            secret=None if state == "no" else secret,
            runner_up=sorted(range(10), key=record.probabilities.__getitem__)[-2],
            seen=small_png_url(seen),
            model_version=record.model_version,
        )
    )


def _digit(digit: Digit, shape: tuple[int, ...]) -> NumberDigit:
    """A digit of a number as it is recorded. shape: of the ink."""
    reading, box, _ = digit
    return NumberDigit(
        digit=reading.digit,
        confidence=reading.confidence,
        box=_fractions(box, shape),
        probabilities=reading.probabilities,
        verdict=reading.verdict,
    )


def _fractions(box: Box, shape: tuple[int, ...]) -> BoxFractions:
    """A box in px as fractions of an image of this shape."""
    return box.left / shape[1], box.top / shape[0], box.width / shape[1], box.height / shape[0]
