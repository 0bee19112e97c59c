"""Request ids and the log line of each request."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from backend.web.request_log import CODE, log_request, request_id
from tools.drawings import SEVEN_URL
from tools.server import Server


@pytest.mark.parametrize(
    "sent",
    [
        "0123456789abcdef0123456789abcdef",  # nginx
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
    ],
)
def test_a_well_formed_id_of_the_client_is_kept(sent: str) -> None:
    assert request_id({"HTTP_X_REQUEST_ID": sent}) == sent


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "alice",
        "192.0.2.1:4711",
        "0123456789abcdef0123456789abcdef0",
        "0123456789abcdef0123456789abcdef\n",
        "f81d4fae7dec-11d0-a765-00a0c91e6bf6",
        "0123456789abcdef0123456789abcdef,0123456789abcdef0123456789abcdef",
    ],
)
def test_any_other_id_is_replaced(sent: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": sent}
    made = request_id(environ)
    assert made != sent
    assert len(made) == 32
    assert request_id(environ) == made
    assert request_id({"HTTP_X_REQUEST_ID": sent}) != made


def test_every_problem_has_the_id_of_its_request(app: Flask) -> None:
    sent = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    answer = app.test_client().get("/nowhere", headers={"X-Request-ID": sent})
    assert answer.get_json()["request_id"] == sent


def test_a_line_has_the_code_of_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    log_request({"REQUEST_METHOD": "POST", CODE: "overloaded"}, 503, 0.0123)
    fields = vars(caplog.records[0])["fields"]
    assert len(fields.pop("request_id")) == 32
    assert fields == {"method": "POST", "route": None, "status": 503, "milliseconds": 12.3, "code": "overloaded"}


def logging_server(folder: Path, **environment: str) -> Server:
    settings = {"INSTANCE": str(folder), "WORKERS": "1", "RECORDS_URL": "none", **environment}
    return Server(settings, log=folder / "log")


def connect(server: Server) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30))


def lines(folder: Path) -> list[dict[str, object]]:
    text = (folder / "log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and "/health/live" not in line]


def test_each_answer_and_its_line_have_the_same_id_and_no_personal_data(tmp_path: Path) -> None:
    with logging_server(tmp_path) as server, connect(server) as connection:
        ids = []
        picture = json.dumps({"image": SEVEN_URL, "file_name": "Alice.png"})
        for method, path, body in [
            ("POST", "/predict?record=false", picture),
            ("POST", "/predict?alice=1", picture),
            ("POST", "/predict", "Alice"),
            ("GET", "/alice", ""),
            ("GET", "/static/alice.png", ""),
            ("GET", "/", ""),
        ]:
            connection.request(method, path, body, {"User-Agent": "Alice", "X-Request-ID": "Alice"})
            answer = connection.getresponse()
            ids.append(answer.headers["X-Request-ID"])
            text = answer.read()
            if answer.status >= 400:
                assert json.loads(text)["request_id"] == ids[-1]
    logged = lines(tmp_path)
    assert [(each["method"], each["route"], each["status"], each.get("code")) for each in logged] == [
        ("POST", "/predict", 200, None),
        ("POST", "/predict", 400, "bad_parameter"),
        ("POST", "/predict", 400, "not_a_data_url"),
        ("GET", None, 404, "not_found"),
        ("GET", "/static/<path:filename>", 404, "not_found"),
        ("GET", "/", 200, None),
    ]
    assert [each["request_id"] for each in logged] == ids
    written = (tmp_path / "log").read_text().lower()
    assert "alice" not in written
    assert "127.0.0.1" not in written.replace(server.url, "")


def test_what_is_not_http_gets_a_problem_and_a_line(tmp_path: Path) -> None:
    with logging_server(tmp_path) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=30) as connection:
            connection.sendall(b"Alice says hello\r\n\r\n")
            head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert json.loads(body)["code"] == "bad_request"
    (line,) = [each for each in lines(tmp_path) if each["message"] == "request"]
    assert (line["status"], line["code"]) == (400, "bad_request")
    assert f"X-Request-ID: {line['request_id']}".encode() in head
    assert json.loads(body)["request_id"] == line["request_id"]
    assert "Alice" not in (tmp_path / "log").read_text()


def test_without_an_access_log_only_the_answer_has_the_id(tmp_path: Path) -> None:
    with logging_server(tmp_path, ACCESS_LOG="false") as server, connect(server) as connection:
        connection.request("GET", "/nowhere")
        assert len(connection.getresponse().headers["X-Request-ID"]) == 32
    assert lines(tmp_path) == []
