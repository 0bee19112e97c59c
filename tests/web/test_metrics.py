"""Metrics in Prometheus' text format, of all workers of a server."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from backend import __version__
from backend.settings import Settings
from backend.web.app import create_app
from tests.conftest import running_server
from tools.drawings import SEVEN_URL

STAGES = ["read", "decode", "ink", "normalize", "network", "record"]


def read(text: str) -> dict[str, float]:
    """Values by name and labels, such as `digitpad_records_total{state="stored"}`."""
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if not line.startswith("#")
    }


def stage_counts(numbers: dict[str, float]) -> list[float]:
    return [numbers[f'digitpad_prediction_stage_seconds_count{{stage="{stage}"}}'] for stage in STAGES]


def test_before_the_first_request_everything_that_is_counted_is_zero(client: FlaskClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    numbers = read(answer.text)
    assert stage_counts(numbers) == [0] * 6
    assert [numbers[f'digitpad_predictions_total{{verdict="{v}"}}'] for v in ("digit", "unsure", "not_a_digit")] == [
        0
    ] * 3
    assert [numbers[f'digitpad_records_total{{state="{s}"}}'] for s in ("stored", "queued", "no")] == [0] * 3
    assert numbers["digitpad_recorder_up"] == 1
    assert numbers["digitpad_outbox_records"] == 0
    assert numbers["digitpad_store_warnings"] == 0
    (build,) = (name for name in numbers if name.startswith("digitpad_build_info"))
    assert f'version="{__version__}"' in build
    assert f'model_version="{client.get("/health/ready").get_json()["model"]["version"]}"' in build
    assert all(family.documentation for family in text_string_to_metric_families(answer.text))


def test_a_prediction_is_counted_with_its_stages_verdict_and_record(client: FlaskClient) -> None:
    client.post("/predict", data=SEVEN_URL)
    client.post("/predict?record=false", data=SEVEN_URL)
    numbers = read(client.get("/metrics").text)
    assert stage_counts(numbers) == [2, 2, 2, 2, 2, 1]
    assert 0 < numbers['digitpad_prediction_stage_seconds_sum{stage="network"}'] < 60
    assert numbers['digitpad_predictions_total{verdict="digit"}'] == 2
    assert numbers['digitpad_records_total{state="stored"}'] == 1
    assert numbers['digitpad_records_total{state="no"}'] == 1


def test_stages_that_a_refused_drawing_did_not_reach_are_not_counted(client: FlaskClient) -> None:
    client.post("/predict", data="data:image/png;base64,iVBORw0KGgo=")
    assert stage_counts(read(client.get("/metrics").text)) == [1, 1, 0, 0, 0, 0]


def test_readings_of_the_page_are_compared_with_the_servers(client: FlaskClient) -> None:
    for page_reading in ("7 digit", "7 unsure", "1 digit"):
        client.post("/predict", data=SEVEN_URL, headers={"Digitpad-Page-Reading": page_reading})
    client.post("/predict", data=SEVEN_URL)
    numbers = read(client.get("/metrics").text)
    assert [numbers[f'digitpad_page_readings_total{{agrees="{agrees}"}}'] for agrees in ("yes", "no")] == [1, 2]


def test_metrics_while_the_store_is_unavailable(settings: Settings) -> None:
    settings.instance.mkdir()
    app = create_app(Settings(instance=settings.instance, records_url=f"sqlite:///{settings.instance}"))
    client = app.test_client()
    assert client.post("/predict", data=SEVEN_URL).get_json()["recorded"] == "queued"
    numbers = read(client.get("/metrics").text)
    assert numbers["digitpad_recorder_up"] == 0
    assert numbers["digitpad_outbox_records"] == 1
    assert numbers['digitpad_records_total{state="queued"}'] == 1
    assert numbers['digitpad_store_errors_total{operation="insert"}'] == 1
    end = time.monotonic() + 30
    while numbers['digitpad_store_errors_total{operation="deliver"}'] == 0 and time.monotonic() < end:
        time.sleep(0.05)
        numbers = read(client.get("/metrics").text)
    assert numbers['digitpad_store_errors_total{operation="deliver"}'] > 0
    app.extensions["digitpad"].close()


def test_a_server_that_records_nothing_has_no_metrics_of_a_recorder(tmp_path: Path) -> None:
    client = create_app(Settings(instance=tmp_path, records_url="none")).test_client()
    client.post("/predict", data=SEVEN_URL)
    numbers = read(client.get("/metrics").text)
    assert numbers['digitpad_records_total{state="no"}'] == 1
    assert "digitpad_recorder_up" not in numbers


def fetch(url: str) -> dict[str, float]:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        return read(answer.read().decode())


def predict(url: str, count: int) -> None:
    """Each on a connection of its own, which the kernel gives to any worker."""
    for _ in range(count):
        with urllib.request.urlopen(f"{url}/predict", SEVEN_URL.encode(), timeout=30) as answer:
            assert answer.status == 200


def test_all_workers_are_counted_also_after_one_is_replaced(tmp_path: Path) -> None:
    stored, restarts = 'digitpad_records_total{state="stored"}', "digitpad_worker_restarts_total"
    with running_server(tmp_path, WORKERS="2") as running:
        predict(running.url, 16)
        assert [fetch(running.url)[stored] for _ in range(8)] == [16] * 8  # whichever worker answers
        assert fetch(running.url)[restarts] == 0
        for dead in range(1, 3):
            before = running.workers
            os.kill(before[0], signal.SIGKILL)
            end = time.monotonic() + 30
            while (before[0] in running.workers or len(running.workers) < 2) and time.monotonic() < end:
                time.sleep(0.05)
            predict(running.url, 8)
            numbers = fetch(running.url)
            assert numbers[stored] == 16 + 8 * dead
            assert stage_counts(numbers) == [16 + 8 * dead] * 6
            assert numbers[restarts] == dead


def test_problems_are_counted_by_code(tmp_path: Path) -> None:
    with running_server(tmp_path, WORKERS="2") as running:
        for _ in range(5):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(f"{running.url}/predict", b"seven", timeout=30)
        numbers = fetch(running.url)
    assert numbers['digitpad_refusals_total{code="not_a_data_url",status="400"}'] == 5
    assert numbers['digitpad_refusals_total{code="overloaded",status="503"}'] == 0
