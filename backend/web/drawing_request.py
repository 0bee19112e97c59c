"""What a client sends to have read: a drawing, and what is said about it."""

from __future__ import annotations

import binascii
import re
from typing import Annotated, Literal

import msgspec
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.records.record import Source
from backend.settings import Settings
from backend.web.errors import Problem

Digit = Annotated[str, msgspec.Meta(pattern="^[0-9]$", description="The digit that is meant.")]
WHITESPACE = b" \t\r\n\f"  # which a data URL's base64 may hold; base64(1) wraps its lines
Point = tuple[int | float, int | float, int | float]


class JsonBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drawing as JSON."""

    image: Annotated[str, msgspec.Meta(description="A data URL: `data:image/png;base64,...`")]
    expected: Digit | Literal[""] | None = None
    strokes: Annotated[
        list[list[Point]] | None,
        msgspec.Meta(description="[x, y, ms] for each point of each stroke, on 280 x 280."),
    ] = None
    pen_widths: Annotated[
        list[Annotated[float, msgspec.Meta(gt=0, le=280)]] | None,
        msgspec.Meta(description="The pen width of each stroke, in pixels on 280 x 280; as many as `strokes`."),
    ] = None
    source: Source | None = None
    file_name: str | None = None


class DrawingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed request, whatever its encoding."""

    image: bytes
    source: Source
    expected: str | None = None
    file_name: str | None = None
    strokes: bytes | None = None  # JSON
    pen_widths: tuple[float, ...] | None = None  # px on the 280 x 280 canvas, one per stroke


def read_body(request: Request, settings: Settings) -> DrawingRequest:
    """The drawing in a data URL, in JSON or in a form. Raises Problem 400 or 413."""
    if request.mimetype == "multipart/form-data":
        return _form(request)
    body = request.get_data(cache=False).strip()
    if request.content_length is None and len(body) >= settings.max_body_bytes:
        raise RequestEntityTooLarge  # a chunked body, which Werkzeug cuts off at the limit
    if not body:
        raise Problem(400, "empty_body", "The request is empty; send a drawing.")
    if body.startswith(b"{") or (request.is_json and not body.startswith(b"data:")):
        return _json(body, settings)
    return DrawingRequest(image=data_url_bytes(body), source="canvas")


def data_url_bytes(url: bytes) -> bytes:
    """The bytes in a base64 data URL (RFC 2397). Raises Problem 400."""
    head, comma, base64 = url.partition(b",")
    if not (head[:5].lower() == b"data:" and head[-7:].lower() == b";base64" and comma):
        raise Problem(
            400,
            "not_a_data_url",
            "The drawing must be a data URL such as data:image/png;base64,..., JSON with one as "
            "its `image`, or a form with a file named `image`.",
        )
    try:
        image = binascii.a2b_base64(base64.translate(None, WHITESPACE), strict_mode=True)
    except binascii.Error:
        raise Problem(400, "not_a_data_url", "The data URL's base64 is damaged.") from None
    if not image:
        raise Problem(400, "empty_body", "The data URL is empty; send a drawing.")
    return image


_json_body = msgspec.json.Decoder(JsonBody)


def _json(body: bytes, settings: Settings) -> DrawingRequest:
    try:
        sent = _json_body.decode(body)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_field", f"The JSON doesn't fit: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "not_json", "The body is neither JSON nor a data URL.") from None
    if sent.pen_widths is not None and len(sent.pen_widths) != len(sent.strokes or []):
        raise Problem(400, "bad_field", "`pen_widths` must have one width for each of the `strokes`.")
    strokes = msgspec.json.encode(sent.strokes) if sent.strokes else None
    if strokes is not None and len(strokes) > settings.max_strokes_bytes:
        raise Problem(413, "too_large", "The strokes are too long; send the drawing without them.")
    return DrawingRequest(
        image=data_url_bytes(sent.image.encode()),
        source=sent.source or ("upload" if sent.file_name else "canvas"),
        expected=sent.expected or None,
        file_name=_clean(sent.file_name),
        strokes=strokes,
        pen_widths=tuple(sent.pen_widths) if sent.pen_widths else None,
    )


def _form(request: Request) -> DrawingRequest:
    file = request.files.get("image")
    if file is None:
        raise Problem(400, "no_image", "The form has no file named `image`.")
    image = file.read()
    if not image:
        raise Problem(400, "empty_body", "The file is empty; send a picture.")
    expected = request.form.get("expected") or None
    if expected is not None and not re.fullmatch("[0-9]", expected):
        raise Problem(400, "bad_field", "`expected` must be one digit, 0 to 9.")
    return DrawingRequest(image=image, source="upload", expected=expected, file_name=_clean(file.filename))


def _clean(file_name: str | None) -> str | None:
    """The last part of a path, fit to be shown: printable, at most 255 characters."""
    if not file_name:
        return None
    name = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in name if each.isprintable())[:255] or None
