"""Metrics for monitoring, in Prometheus' text format."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response

from backend.web.openapi import describe
from backend.web.services import services

routes = Blueprint("metrics", __name__)

# metric name, key in Recorder.state(), help text
GAUGES = [
    ("digitpad_recorder_up", "ok", "1 while the recorder's store is available."),
    ("digitpad_outbox_records", "queued", "Records queued on this machine, waiting for the store."),
    ("digitpad_outbox_oldest_seconds", "oldest_s", "Seconds that the oldest queued record has waited."),
]


@routes.get("/metrics")
@describe(media_types=("text/plain",))
def metrics() -> Response:
    """The state of the recorder, for Prometheus."""
    recorder = services().recorder
    state = cast("dict[str, Any]", recorder.state()) if recorder else {}
    lines = [
        f"# HELP {name} {help_text}\n# TYPE {name} gauge\n{name} {float(state[key]):g}\n"
        for name, key, help_text in GAUGES
        if key in state
    ]
    return Response("".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")
