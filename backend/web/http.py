"""Query strings and ids in, JSON out."""

from __future__ import annotations

import uuid
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


def parse_record_id(text: str) -> uuid.UUID:
    """The id of a record in a path. Raises Problem 404."""
    try:
        record_id = uuid.UUID(text)
    except ValueError:
        raise unknown_record() from None
    if record_id.version != 1 or str(record_id) != text.lower():
        raise unknown_record()
    return record_id


def unknown_record() -> Problem:
    return Problem(404, "unknown_record", "There is no such record; it may have been deleted.")


def json_response(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
