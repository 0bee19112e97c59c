"""Liveness and readiness."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from backend import __version__
from backend.settings import Settings
from backend.web.app import create_app
from tools.drawings import SEVEN_URL


def test_live_reports_the_version(client: FlaskClient) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "version": __version__})


def test_ready_reports_the_model_and_the_recorder(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/health/ready")
    state = answer.get_json()
    assert (answer.status_code, state["ready"]) == (200, True)
    assert state["model"] == {"ok": True, "version": app.extensions["digitpad"].recognizer.version, "runtime": "onnx"}
    assert state["recorder"] == {
        "ok": True,
        "store": "SQLite",
        "queued": 0,
        "oldest_s": 0.0,
        "detail": None,
        "warnings": [],
    }


def test_with_an_unavailable_store_the_server_is_not_ready_but_loses_nothing(settings: Settings) -> None:
    settings.instance.mkdir()
    folder = settings.instance / "not-a-file"
    folder.mkdir()
    app = create_app(Settings(instance=settings.instance, records_url=f"sqlite:///{folder}"))
    client = app.test_client()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["ready"]) == (503, False)
    assert folder.name in answer.get_json()["recorder"]["detail"]
    assert client.post("/predict", data=SEVEN_URL).get_json()["recorded"] == "queued"
    assert client.get("/health/ready").get_json()["recorder"]["queued"] == 1
    app.extensions["digitpad"].recorder.close()
