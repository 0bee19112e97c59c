"""What the routes use: the parts that `create_app` made, once for each process."""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec
from flask import Response, current_app, request

from backend.errors import Problem
from backend.ids import RecordIds
from backend.recognizer import Recognizer
from backend.records.recorder import Recorder
from backend.settings import Settings

T = TypeVar("T", bound=msgspec.Struct)


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def recognizer() -> Recognizer:
    return cast(Recognizer, current_app.extensions["recognizer"])


def ids() -> RecordIds:
    return cast(RecordIds, current_app.extensions["ids"])


def recorder_or_none() -> Recorder | None:
    return cast("Recorder | None", current_app.extensions["recorder"])


def recorder() -> Recorder:
    """Raises Problem 503 where the operator has turned recording off."""
    found = recorder_or_none()
    if found is None:
        raise Problem(503, "recorder_off", "This server records nothing (RECORDS_URL=none).")
    return found


def query(kind: type[T]) -> T:
    """The query string as a `kind`, a msgspec.Struct; raises Problem 400 for what doesn't fit."""
    known = msgspec.structs.fields(kind)
    names = {each.encode_name for each in known}
    for name in request.args:
        if name not in names:
            raise Problem(400, "bad_parameter", f"There is no parameter {name!r} here.")
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_parameter", f"The query can't be read: {error}.") from None


def json_answer(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
