"""Why a drawing was read as it was, made on request; nothing is recorded."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, request

from backend.reading.decode import decode
from backend.reading.explain import Opinion, evidence, occlusion
from backend.reading.ink import find_ink
from backend.reading.normalize import Box, normalize_piece
from backend.reading.recognizer import ModelMismatch
from backend.web.drawing_request import JsonBody, read_body
from backend.web.encode import png_url, quick_png_url
from backend.web.errors import Problem
from backend.web.http import json_response
from backend.web.openapi import describe
from backend.web.services import services

routes = Blueprint("explain", __name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the 28 x 28 lies on the drawing, in shares of its width and height; it may reach beyond its edges."""

    left: float
    top: float
    width: float
    height: float


class LayerMaps(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer of the network makes of the drawing."""

    name: str
    shape: Annotated[tuple[int, int, int], msgspec.Meta(description="Height, width, maps.")]
    sees: Annotated[int, msgspec.Meta(description="How many pixels of the 28 x 28, each way, one value depends on.")]
    maps: Annotated[list[str], msgspec.Meta(description="Gray PNG data URLs; white is the layer's strongest.")]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What in a drawing spoke for the answer, and what it becomes on its way through the network."""

    digit: Annotated[int, msgspec.Meta(ge=0, le=9, description="The network's answer.")]
    runner_up: Annotated[int, msgspec.Meta(ge=0, le=9, description="The second most probable.")]
    seen: Annotated[str, msgspec.Meta(description="The 28 x 28 that the network saw: data URL.")]
    place: Place
    supports: Annotated[
        str,
        msgspec.Meta(
            description="28 x 28 PNG data URL whose opacity says how much ink speaks for the answer against the "
            "runner-up: how far the log-odds fall when it is covered."
        ),
    ] = msgspec.field(name="for")
    against: Annotated[
        str, msgspec.Meta(description="Likewise the ink that speaks for the runner-up, on the same scale.")
    ]
    layers: list[LayerMaps]
    models: list[Opinion]
    model_version: str


@routes.post("/explain")
@describe(body=JsonBody, answer=Explanation, errors=(400, 403, 413, 415, 422, 503), form=True)
def explain() -> Response:
    """Why a drawing is read as it is.

    The body is that of `/predict`; nothing is recorded. It answers with a map of the ink that spoke for the answer
    and one of the ink that spoke for the runner-up, with the maps of every layer, and with what a softmax regression
    and a plain CNN read in the same drawing.
    """
    settings, recognizer, explainer = services().settings, services().recognizer, services().explainer

    pixels = decode(read_body(request, settings).image, settings.max_pixels).pixels
    ink = find_ink(pixels)
    piece = normalize_piece(ink)
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
            seen=quick_png_url(piece.ink),
            place=_place(piece.box, ink.shape),
            supports=_veil(heat.supports),
            against=_veil(heat.opposes),
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


def _place(box: Box, shape: tuple[int, ...]) -> Place:
    height, width = shape
    return Place(left=box.left / width, top=box.top / height, width=box.width / width, height=box.height / height)


def _veil(strength: npt.NDArray[np.float64]) -> str:
    """0 to 1 as the opacity of black, for the page to tint."""
    veil = np.zeros((*strength.shape, 4), np.uint8)
    veil[..., 3] = np.round(strength * 255)
    return png_url(veil)
