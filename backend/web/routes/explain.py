"""Why a drawing was read as it was. Nothing is recorded."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, request

from backend.reading.decode import decode
from backend.reading.explanation import Opinion, evidence, occlusion
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import Box, Piece, normalize_piece
from backend.reading.numbers import read_number
from backend.reading.pieces import Pen
from backend.reading.recognizer import ModelMismatch, Recognizer
from backend.web.drawing_request import JsonBody, parse_request
from backend.web.encode import png_url, small_png_url
from backend.web.errors import Problem
from backend.web.http import json_response, parse_query
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("explain", __name__)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    digit: Annotated[
        Annotated[int, msgspec.Meta(ge=0)] | None,
        msgspec.Meta(description="The digit of a number to explain: 0 is the leftmost. Omitted: the whole drawing."),
    ] = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The position of the 28 x 28 image on the drawing, as fractions of its width and height; may exceed its edges."""

    left: float
    top: float
    width: float
    height: float


class LayerMaps(msgspec.Struct, frozen=True, kw_only=True):
    """The activations of one layer."""

    name: str
    shape: Annotated[tuple[int, int, int], msgspec.Meta(description="Height, width, maps.")]
    sees: Annotated[
        int,
        msgspec.Meta(description="Receptive field: the side, in pixels of the 28 x 28, of what one value depends on."),
    ]
    maps: Annotated[
        list[str], msgspec.Meta(description="Gray PNG data URLs; white is the strongest activation of the layer.")
    ]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Which ink supports the answer, and what each layer of the network computes."""

    digit: Annotated[int, msgspec.Meta(ge=0, le=9, description="The most probable digit.")]
    runner_up: Annotated[int, msgspec.Meta(ge=0, le=9, description="The second most probable.")]
    seen: Annotated[str, msgspec.Meta(description="The 28 x 28 that the network saw: data URL.")]
    place: Place
    supports: Annotated[
        str,
        msgspec.Meta(
            description="28 x 28 PNG data URL whose opacity shows how much ink supports the answer over the runner-up: "
            "how far the log-odds fall when the ink is covered."
        ),
    ] = msgspec.field(name="for")
    against: Annotated[
        str, msgspec.Meta(description="The same for ink that supports the runner-up, on the same scale.")
    ]
    layers: list[LayerMaps]
    models: list[Opinion]
    model_version: str


@routes.post("/explain")
@describe(body=JsonBody, query=Query, answer=Explanation, errors=(400, 403, 413, 415, 422, 503), form=True)
@permit("explain")
def explain() -> Response:
    """Explain how a drawing is read.

    Takes the same body as `/predict`; nothing is recorded. Returns a map of the ink that supports the answer, one of
    the ink that supports the runner-up, the activations of every layer, and what a softmax regression and a plain CNN
    read in the same drawing.
    """
    query = parse_query(Query)
    settings, recognizer, explainer = services().settings, services().recognizer, services().explainer

    sent = parse_request(request, settings)
    ink = whole = find_ink(decode(sent.image, settings.max_pixels).pixels)
    piece = normalize_piece(ink)
    if query.digit is not None:
        ink, piece = _digit(recognizer, whole, piece, sent.pens(len(whole)), query.digit)
    reading = recognizer.read(piece.ink)

    heat = evidence(occlusion(recognizer.network, piece.ink, reading.digit, reading.runner_up))
    try:
        layers, opinions = explainer.layers(piece.ink), explainer.compare(ink, piece.ink)
    except ModelMismatch as error:
        raise Problem(503, "explanation_unavailable", str(error)) from None

    return json_response(
        Explanation(
            digit=reading.digit,
            runner_up=reading.runner_up,
            seen=small_png_url(piece.ink),
            place=_place(piece.box, whole.shape),
            supports=_opacity(heat.supports),
            against=_opacity(heat.opposes),
            layers=[
                LayerMaps(
                    name=f"Convolution {layer.kernel} x {layer.kernel}",
                    shape=(*layer.maps.shape[1:], len(layer.maps)),
                    sees=layer.sees,
                    maps=[png_url(each) for each in layer.maps],
                )
                for layer in layers
            ],
            models=opinions,
            model_version=recognizer.version,
        )
    )


def _digit(recognizer: Recognizer, ink: Image, whole: Piece, pens: list[Pen], index: int) -> tuple[Image, Piece]:
    """The ink of one digit of a number, and the same in MNIST's form, placed on the whole. Raises Problem 422."""
    number = read_number(recognizer, ink, recognizer.read(whole.ink), pens)
    if number is None or index >= len(number.digits):
        raise Problem(422, "no_such_digit", "The drawing is not read as a number with so many digits.")
    _, box, own = number.digits[index]
    piece = normalize_piece(own)
    return own, piece._replace(box=box.part(own.shape, *piece.box))


def _place(box: Box, shape: tuple[int, ...]) -> Place:
    height, width = shape
    return Place(left=box.left / width, top=box.top / height, width=box.width / width, height=box.height / height)


def _opacity(strength: npt.NDArray[np.float64]) -> str:
    """Strength, 0 to 1, as the opacity of a black image, which the page tints."""
    image = np.zeros((*strength.shape, 4), np.uint8)
    image[..., 3] = np.round(strength * 255)
    return png_url(image)
