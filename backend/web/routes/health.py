"""Liveness and readiness."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response

from backend import __version__
from backend.records.record import RecorderState
from backend.web.access import may_now
from backend.web.http import json_response
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import services

routes = Blueprint("health", __name__)


class Live(msgspec.Struct, frozen=True):
    status: str = "ok"
    version: str = __version__


class Model(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    version: str
    runtime: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    ready: bool
    model: Model
    recorder: RecorderState
    client_address: Annotated[str, msgspec.Meta(description="What records keep of client addresses: no, hash or full.")]
    keep_drawings: Annotated[str, msgspec.Meta(description="Which drawings records keep: all, doubtful or none.")]


@routes.get("/health/live")
@describe(answer=Live)
@permit("open")
def live() -> Response:
    """Whether the process runs, and its version."""
    return json_response(Live())


@routes.get("/health/ready")
@describe(answer=Ready, errors=(503,))
@permit("open")
def ready() -> Response:
    """Whether the model and the recorder are available, with the state of each.

    If one is not, the status is 503 and the body is the same. Only the operator sees what is queued and what is wrong.
    """
    settings, recorder = services().settings, services().recorder
    model = Model(ok=True, version=services().recognizer.version, runtime=settings.model_runtime)
    state = recorder.state() if recorder else RecorderState(ok=True, store="none", detail=None, warnings=[])
    if not may_now("health_details"):
        state = RecorderState(ok=state["ok"], store=state["store"], detail=None, warnings=[])
    answer = Ready(
        ready=bool(state["ok"]),
        model=model,
        recorder=state,
        client_address=settings.record_client_address,
        keep_drawings=settings.keep_drawings,
    )
    return json_response(answer, 200 if answer.ready else 503)
