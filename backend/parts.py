"""What the routes use: the parts that `create_app` made, once for each process."""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec
from flask import Response, current_app, request

from backend.errors import Problem
from backend.explain import Explainer
from backend.ids import RecordIds
from backend.recognizer import Recognizer
from backend.records.recorder import Recorder
from backend.settings import Settings

T = TypeVar("T", bound=msgspec.Struct)


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def recognizer() -> Recognizer:
    return cast(Recognizer, current_app.extensions["recognizer"])


def explainer() -> Explainer:
    return cast(Explainer, current_app.extensions["explainer"])


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
    """The query string as a `kind`, whose fields all have defaults. Raises Problem 400 for what doesn't fit."""
    if not request.args:
        return kind()
    unknown = set(request.args) - set(kind.__struct_fields__)
    if unknown:
        raise Problem(400, "bad_parameter", f"There is no parameter {min(unknown)!r} here.")
    try:
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, "bad_parameter", f"The query can't be read: {error}.") from None


def json_answer(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
