"""Metrics in Prometheus' text format."""

from __future__ import annotations

from flask.testing import FlaskClient

from backend.settings import Settings
from backend.web.app import create_app
from tools.drawings import SEVEN_URL


def test_metrics_of_an_empty_outbox(client: FlaskClient) -> None:
    client.post("/predict", data=SEVEN_URL)
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    numbers = dict(line.split() for line in answer.text.splitlines() if not line.startswith("#"))
    assert numbers["digitpad_recorder_up"] == "1"
    assert numbers["digitpad_outbox_records"] == "0"


def test_metrics_while_the_store_is_unavailable(settings: Settings) -> None:
    settings.instance.mkdir()
    app = create_app(Settings(instance=settings.instance, records_url=f"sqlite:///{settings.instance}"))
    client = app.test_client()
    assert client.post("/predict", data=SEVEN_URL).get_json()["recorded"] == "queued"
    text = client.get("/metrics").text
    assert "\ndigitpad_recorder_up 0\n" in text
    assert "\ndigitpad_outbox_records 1\n" in text
    app.extensions["digitpad"].recorder.close()
