"""Every error is a problem document with a stable code and a message for people."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.records.record import RecorderUnavailable
from backend.web.permissions import permit


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/static/nowhere.js", 404, "not_found"),
        ("GET", "/static/../README.md", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("POST", "/recorder", 405, "method_not_allowed"),
    ],
)
def test_flask_errors_become_problem_details(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["title"]
    assert problem["detail"].endswith(".")


def test_a_wrong_method_lists_the_allowed_ones(client: FlaskClient) -> None:
    assert "POST" in client.get("/predict").headers["Allow"]


def test_an_unexpected_error_is_logged_and_not_disclosed(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/fault")
    @permit("open")
    def fault() -> str:
        raise KeyError("secret")

    answer = app.test_client().get("/fault")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_an_unavailable_recorder_is_503_with_the_reason(app: Flask) -> None:
    @app.get("/away")
    @permit("open")
    def away() -> str:
        raise RecorderUnavailable("Cassandra doesn't answer.")

    answer = app.test_client().get("/away")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "recorder_unavailable")
    assert answer.get_json()["detail"] == "Cassandra doesn't answer."
    assert answer.headers["Retry-After"] == "1"
