"""What a worker counts and measures for /metrics.

The processes of a server share the values in files, as the multiprocess mode of prometheus_client does. The files of a
worker are named after its index, so a worker continues where the one that it replaces ended.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from backend.reading.verdict import Verdict

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the environment variable that tells prometheus_client where the files are
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds

Stage = Literal["read", "decode", "ink", "normalize", "network", "number", "record"]
State = Literal["stored", "queued", "no"]
SERVER_ERRORS = (("overloaded", 503), ("recorder_unavailable", 503), ("internal", 500))


def share_values(folder: Path, process: str) -> None:
    """Keep the values of the metrics that this process makes from now on in files in `folder`.

    process: names the files; unique among the processes that run at the same time.
    """
    os.environ[FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]


def count_restarts() -> Counter:
    """The one metric of the parent process."""
    return Counter("digitpad_worker_restarts", "Workers that died and were replaced.", registry=None)


class Metrics:
    """The metrics of a worker."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        stages = Histogram(
            "digitpad_prediction_stage_seconds",
            "Duration of each stage of a prediction, also of one that failed.",
            ["stage"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        predictions = self._counter("digitpad_predictions", "Drawings that were read, by verdict.", "verdict")
        records = self._counter("digitpad_records", "What became of predictions, as in `recorded`.", "state")
        page_readings = self._counter(
            "digitpad_page_readings", "Readings by the page's own network, by whether the server's agrees.", "agrees"
        )
        store_errors = self._counter("digitpad_store_errors", "Failed or slow writes to the store.", "operation")
        self._refusals = self._counter("digitpad_refusals", "Problems that were answered, by code.", "code", "status")
        # All are made now, since Prometheus sees no increase in a counter whose first value is 1.
        self.stages: dict[Stage, Histogram] = {each: stages.labels(each) for each in get_args(Stage)}
        self.predictions: dict[Verdict, Counter] = {each: predictions.labels(each) for each in get_args(Verdict)}
        self.records: dict[State, Counter] = {each: records.labels(each) for each in get_args(State)}
        self.page_readings = {True: page_readings.labels("yes"), False: page_readings.labels("no")}
        self.store_errors = {each: store_errors.labels(each) for each in ("insert", "deliver")}
        for code, status in SERVER_ERRORS:
            self._refusals.labels(code, status)

    def count_refusal(self, code: str, status: int) -> None:
        self._refusals.labels(code, status).inc()

    def text(self, state: Collector) -> bytes:
        """The values of all processes of this server, and those of `state`, in Prometheus' text format."""
        counted = self._registry
        if FOLDER in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, os.environ[FOLDER])  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(state)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self._registry)
