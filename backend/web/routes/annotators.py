"""The labeling queue: what annotators do."""

from __future__ import annotations

import uuid
from typing import Annotated

import cv2
import msgspec
from flask import Blueprint, Response

from backend.reading.decode import decode
from backend.records.record import Drawing, Label
from backend.web.access import annotator, wrong_code
from backend.web.encode import png_url
from backend.web.errors import Problem
from backend.web.http import json_response, parse_body
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("annotators", __name__)

BATCH = 10  # drawings that an annotator gets at a time
SIDE = 280  # pixels, of the pictures that annotators get

Code = Annotated[str, msgspec.Meta(description="Of the invitation.", pattern="^[0-9A-Za-z]{6}$")]


class NewAnnotator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody follows an invitation."""

    code: Code


class Annotator(msgspec.Struct, frozen=True, kw_only=True):
    annotator: Annotated[str, msgspec.Meta(description="A random id; nothing else is known of an annotator.")]
    token: Annotated[str, msgspec.Meta(description="Send it as `Digitpad-Annotator-Token`.")]


class AskedBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    without: Annotated[
        list[uuid.UUID],
        msgspec.Meta(description="Drawings not to get: the annotator's own, and skipped ones.", max_length=1000),
    ] = []


class ToLabel(msgspec.Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    image: Annotated[str, msgspec.Meta(description="PNG as a data URL, at most 280 x 280.")]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The drawings to label next, which nobody else gets for two minutes."""

    drawings: list[ToLabel]


class NewLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: uuid.UUID
    label: Annotated[Label | None, msgspec.Meta(description="What was drawn; null takes the label back.")]


@routes.post("/labeling/annotators")
@describe(body=NewAnnotator, answer=Annotator, status=201, errors=(400, 404, 503))
@permit("join_labeling")
def enroll() -> Response:
    """Become an annotator, with the code of an invitation."""
    code = parse_body(NewAnnotator, '{"code": "K7MXA4"}').code.upper()
    enrolled = services().require_queue().enroll(code)
    if enrolled is None:
        raise wrong_code(
            Problem(404, "unknown_invitation", "There is no invitation with this code; ask for a new link.")
        )
    found, token = enrolled
    return json_response(Annotator(annotator=found, token=token), 201)


@routes.post("/labeling/batch")
@describe(body=AskedBatch, answer=Batch, errors=(400, 403, 503))
@permit("annotate")
def batch() -> Response:
    """The drawings to label next, the most uncertain first.

    They include those that the annotator has already and has not labeled.
    """
    without = set(parse_body(AskedBatch, '{"without": []}').without)
    found = services().require_queue().batch(annotator(), BATCH, without)
    drawings = [(record.id, services().require_recorder().drawing(record.id)) for record in found]
    return json_response(
        Batch(drawings=[ToLabel(id=record_id, image=_picture(drawing)) for record_id, drawing in drawings if drawing])
    )


@routes.post("/labeling/labels")
@describe(body=NewLabel, status=204, errors=(400, 403, 409, 503))
@permit("annotate")
def label() -> Response:
    """Label a drawing, or take the label back. When two annotators agree, it becomes the label of the record."""
    given = parse_body(NewLabel, '{"id": "...", "label": "7"}')
    if not services().require_queue().label(annotator(), given.id, given.label):
        raise Problem(409, "not_yours", "Somebody else has labeled this drawing meanwhile, or it was deleted.")
    return Response(status=204)


def _picture(drawing: Drawing) -> str:
    """Without what a camera writes into a file, and small enough to be sent ten at a time."""
    pixels = decode(drawing.image, services().settings.max_pixels).pixels
    scale = SIDE / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return png_url(pixels)
