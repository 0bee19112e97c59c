"""Query strings and ids of records in, JSON out."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import Response, request
from werkzeug.routing import BaseConverter, UUIDConverter

from backend.web.errors import Problem
from backend.web.rate_limits import Exhausted

T = TypeVar("T", bound=msgspec.Struct)


class Uuid1Converter(UUIDConverter):
    """`<uuid1:record_id>` in a route: the id of a record, a UUID version 1."""

    regex = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-1[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"


class RoomCodeConverter(BaseConverter):
    """`<room_code:code>` in a route: the code of a room, in capital or small letters."""

    regex = "[0-9A-Za-z]{6}"

    def to_python(self, value: str) -> str:
        return value.upper()


def parse_body(kind: type[T], example: str) -> T:
    """The JSON body as a `kind`. Raises Problem 400, which shows the example."""
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "bad_field", f"Send JSON such as {example}: {error}.") from None


def parse_query(kind: type[T]) -> T:
    """The query string as a `kind`, whose fields all have defaults. Raises Problem 400."""
    if not request.args:
        return kind()
    unknown = set(request.args) - set(kind.__struct_fields__)
    if unknown:
        raise Problem(400, "bad_parameter", f"Unknown parameter {min(unknown)!r}.")
    for name, values in request.args.lists():
        if len(values) > 1 or values[0].lower() == "null":  # which msgspec would read as None
            raise Problem(
                400, "bad_parameter", f"Invalid query string: {name!r} must have one value; to have none, omit it."
            )
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_parameter", f"Invalid query string: {error}.") from None


def unknown_record() -> Problem:
    return Problem(404, "unknown_record", "There is no such record; it may have been deleted.")


def too_many_requests(what: str, exhausted: Exhausted) -> Problem:
    """what: of which too many came, such as `predictions`."""
    return Problem(
        429,
        "too_many_requests",
        f"Too many {what} have come from your address; try again in {exhausted.reset} s.",
        exhausted.headers,
    )


def json_response(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
