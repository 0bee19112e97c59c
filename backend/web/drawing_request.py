"""Parsing a request with a drawing: a data URL as text, JSON, or a form."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from typing import Annotated, TypeVar, get_type_hints

import msgspec
import numpy as np
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.reading.pieces import Pen
from backend.records.record import NUMBER, Source
from backend.settings import Settings
from backend.web.errors import Problem

Expected = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^({NUMBER})?$",
        max_length=40,
        description="The digit or number that the person means to draw; empty: they did not say.",
    ),
]
DataUrl = Annotated[
    str,
    msgspec.Meta(
        description="A data URL (RFC 2397): `data:image/png;base64,...`",
        # More is accepted: any media type, since the bytes say which it is, and whitespace in the base64.
        extra_json_schema={
            "format": "data-url",
            "pattern": "^data:image/(png|jpeg|webp|bmp|gif|tiff|avif|heic);base64,"
            "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$",
        },
    ),
]
CANVAS = 280  # px, the height of the canvas on which strokes are
FAR = 1e5  # px; a point farther away than that is moved here
WHITESPACE = b" \t\r\n\f"  # allowed in the base64 of a data URL; base64(1) wraps its lines
T = TypeVar("T")
Point = tuple[int | float, int | float, int | float]


class JsonBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drawing as JSON."""

    image: DataUrl
    expected: Expected | None = None
    strokes: Annotated[
        list[list[Point]] | None,
        msgspec.Meta(
            description="Each stroke is a list of points [x, y, milliseconds], in pixels of a canvas 280 pixels high."
        ),
    ] = None
    pen_widths: Annotated[
        list[Annotated[float, msgspec.Meta(gt=0, le=280)]] | None,
        msgspec.Meta(description="The pen width of each stroke, in the same pixels; as many as `strokes`."),
    ] = None
    source: Source | None = None
    file_name: str | None = None


class _UndecodedBody(JsonBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same with its lists not decoded yet: Python's lists take twenty times as much memory as their JSON."""

    strokes: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]
    pen_widths: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]


class DrawingRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parsed request, whatever its encoding."""

    image: bytes
    source: Source
    expected: str | None = None
    file_name: str | None = None
    strokes: bytes | None = None  # JSON
    pen_widths: tuple[float, ...] | None = None  # px of the canvas, one per stroke

    def encoded(self) -> bytes:
        """What identifies the request. Fields that were not sent are omitted, so a new one changes no record's id."""
        return msgspec.msgpack.encode(self)

    def pens(self, height: int) -> list[Pen]:
        """The strokes in px of an image of this height. Empty without pen widths, since their ink is not known then."""
        if self.strokes is None or self.pen_widths is None:
            return []
        scale = height / CANVAS
        pens = []
        for stroke, width in zip(msgspec.json.decode(self.strokes), self.pen_widths, strict=True):
            if stroke:
                points = np.array([[min(max(each, -FAR), FAR) for each in point[:2]] for point in stroke])
                pens.append(Pen(points * scale, width * scale))
        return pens


def parse_request(request: Request, settings: Settings) -> DrawingRequest:
    """Parse a request, whatever its encoding. Raises Problem 400, 413 or 422."""
    if request.mimetype == "multipart/form-data":
        return _parse_form(request)
    body = request.get_data(cache=False).strip()
    if request.content_length is None and len(body) >= settings.max_body_bytes:
        raise RequestEntityTooLarge  # Werkzeug truncates a chunked body at the limit
    if not body:
        raise Problem(400, "empty_body", "The request is empty; send a drawing.")
    if body.startswith(b"{") or (request.is_json and not body.startswith(b"data:")):
        return _parse_json(body, settings)
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


_decode_body = msgspec.json.Decoder(_UndecodedBody).decode
_hints = get_type_hints(JsonBody, include_extras=True)
_decode_strokes = msgspec.json.Decoder(_hints["strokes"]).decode
_decode_pen_widths = msgspec.json.Decoder(_hints["pen_widths"]).decode


def _parse_json(body: bytes, settings: Settings) -> DrawingRequest:
    fields = _decode(_decode_body, body)
    if len(fields.strokes) + len(fields.pen_widths) > settings.max_strokes_bytes:
        raise _too_many(f"{settings.max_strokes_bytes:,} bytes of JSON")
    strokes = _decode(_decode_strokes, fields.strokes, "`strokes`") or []
    pen_widths = _decode(_decode_pen_widths, fields.pen_widths, "`pen_widths`")
    if len(strokes) > settings.max_strokes:
        raise _too_many(f"{settings.max_strokes:,} strokes")
    if sum(map(len, strokes)) > settings.max_points:
        raise _too_many(f"{settings.max_points:,} points")
    if pen_widths is not None and len(pen_widths) != len(strokes):
        raise Problem(422, "bad_field", "`pen_widths` must have one width for each of the `strokes`.")
    return DrawingRequest(
        image=data_url_bytes(fields.image.encode()),
        source=fields.source or ("upload" if fields.file_name else "canvas"),
        expected=fields.expected or None,
        file_name=_clean_file_name(fields.file_name),
        strokes=msgspec.json.encode(strokes) if strokes else None,
        pen_widths=tuple(pen_widths) if pen_widths else None,
    )


def _decode(decoder: Callable[[bytes | msgspec.Raw], T], json: bytes | msgspec.Raw, name: str = "JSON") -> T:
    """Raises Problem 400."""
    try:
        return decoder(json)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_field", f"Invalid {name}: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "not_json", "The request is neither JSON nor a data URL.") from None


def _too_many(limit: str) -> Problem:
    return Problem(413, "too_large", f"The strokes exceed the limit of {limit}; send the drawing without them.")


def _parse_form(request: Request) -> DrawingRequest:
    file = request.files.get("image")
    if file is None:
        raise Problem(400, "no_image", "The form has no file named `image`.")
    image = file.read()
    if not image:
        raise Problem(400, "empty_body", "The file is empty; send an image.")
    expected = request.form.get("expected") or None
    if expected is not None and not re.fullmatch(NUMBER, expected):
        raise Problem(400, "bad_field", "`expected` must be a digit, or a number such as 2026.")
    return DrawingRequest(image=image, source="upload", expected=expected, file_name=_clean_file_name(file.filename))


def _clean_file_name(file_name: str | None) -> str | None:
    """The last part of a path without unprintable characters, at most 255 characters long."""
    if not file_name:
        return None
    name = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in name if each.isprintable())[:255] or None
