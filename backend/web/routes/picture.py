"""Pictures for browsers that can't show them. Nothing is recorded."""

from __future__ import annotations

from flask import Blueprint, Response, request

from backend.reading.decode import decode
from backend.reading.image import shrink
from backend.web.drawing_request import JsonBody, parse_request
from backend.web.encode import png
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("picture", __name__)

LARGEST = 560  # px, the longer side to which the page, too, scales a picture down


@routes.post("/picture")
@describe(body=JsonBody, form=True, media_types=("image/png",), errors=(400, 403, 413, 415, 422))
@permit("predict")
def picture() -> Response:
    """Convert a picture to a PNG of at most 560 px on each side, upright.

    Takes the same body as `/predict`, for browsers that can't show every type, such as HEIC; nothing is recorded.
    """
    return png_response(parse_request(request, services().settings).image)


def png_response(image: bytes) -> Response:
    """A picture for a page, as a PNG of at most LARGEST px. Raises the errors of `decode`."""
    pixels = decode(image, services().settings.max_pixels).pixels
    return Response(png(shrink(pixels, LARGEST)), mimetype="image/png")
