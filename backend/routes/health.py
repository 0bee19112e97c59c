"""Whether the process runs, and whether it can serve."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response

from backend import parts
from backend.openapi import describe

routes = Blueprint("health", __name__)


class Live(msgspec.Struct, frozen=True):
    status: str = "ok"


class Model(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    version: str
    runtime: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    ready: bool
    model: Model
    recorder: dict[str, Any]
    client_address: Annotated[str, msgspec.Meta(description="What a record keeps of it: no, hash or full.")]


@routes.get("/health/live")
@describe(answer=Live)
def live() -> Response:
    """The process runs."""
    return parts.json_answer(Live())


@routes.get("/health/ready")
@describe(answer=Ready, errors=(503,))
def ready() -> Response:
    """Whether the model and the recorder can serve, with the state of each.

    503, with the same body, when one of them can't.
    """
    model = Model(ok=True, version=parts.recognizer().version, runtime=parts.settings().model_runtime)
    recorder = parts.recorder_or_none()
    state = recorder.state() if recorder else {"ok": True, "store": "none"}
    kept = parts.settings().record_client_address
    answer = Ready(ready=bool(state["ok"]), model=model, recorder=state, client_address=kept)
    return parts.json_answer(answer, 200 if answer.ready else 503)
