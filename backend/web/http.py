"""Query strings in, JSON out."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import Response, request

from backend.web.errors import Problem

T = TypeVar("T", bound=msgspec.Struct)


def parse_query(kind: type[T]) -> T:
    """The query string as a `kind`, whose fields all have defaults. Raises Problem 400."""
    if not request.args:
        return kind()
    unknown = set(request.args) - set(kind.__struct_fields__)
    if unknown:
        raise Problem(400, "bad_parameter", f"Unknown parameter {min(unknown)!r}.")
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_parameter", f"Invalid query string: {error}.") from None


def json_response(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
