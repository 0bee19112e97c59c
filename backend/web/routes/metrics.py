"""Metrics for monitoring, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend import __version__
from backend.web.openapi import describe
from backend.web.permissions import permit
from backend.web.services import Services, services

routes = Blueprint("metrics", __name__)

# metric name, key in Recorder.state(), help text
GAUGES = [
    ("digitpad_recorder_up", "ok", "1 while the recorder's store is available."),
    ("digitpad_outbox_records", "queued", "Records queued on this machine, waiting for the store."),
    ("digitpad_outbox_oldest_seconds", "oldest_s", "Seconds that the oldest queued record has waited."),
]


class CurrentState(Collector):
    """What is not counted, but asked for at each request."""

    def __init__(self, of: Services) -> None:
        self._services = of

    def collect(self) -> Iterator[Metric]:
        labels = {
            "version": __version__,
            "model_version": self._services.recognizer.version,
            "runtime": self._services.settings.model_runtime,
        }
        build = GaugeMetricFamily("digitpad_build_info", "1; the labels say what runs.", labels=list(labels))
        build.add_metric(list(labels.values()), 1)
        yield build
        recorder = self._services.recorder
        if recorder is None:
            return
        state = cast("dict[str, Any]", recorder.state())
        for name, key, help_text in GAUGES:
            if key in state:
                yield GaugeMetricFamily(name, help_text, float(state[key]))
        warnings = "Settings of the store that endanger records; /health/ready lists them."
        yield GaugeMetricFamily("digitpad_store_warnings", warnings, len(state["warnings"]))


@routes.get("/metrics")
@describe(media_types=("text/plain",))
@permit("metrics")
def metrics() -> Response:
    """Predictions, refusals, and the state of the recorder, for Prometheus."""
    return Response(services().metrics.text(CurrentState(services())), content_type=CONTENT_TYPE_PLAIN_0_0_4)
