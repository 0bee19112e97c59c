"""The server as script/server starts it: worker processes, request limits, error messages, shutdown."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.records.sqlite.store import SqliteStore
from backend.settings import TOP
from tests.conftest import free_port, running_server
from tools.drawings import SEVEN_URL


def predict(url: str) -> dict[str, Any]:
    """The answer to a drawing, retried while the server is busy."""
    while True:
        try:
            with urllib.request.urlopen(f"{url}/predict", SEVEN_URL.encode(), timeout=30) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            assert json.load(error)["code"] == "overloaded"
            time.sleep(int(error.headers["Retry-After"]))


def recorded(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/records?limit=200", timeout=30) as answer:
        return [each["id"] for each in json.load(answer)["records"]]


def test_concurrent_requests_are_all_answered_and_recorded(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: predict(running.url), range(64)))
        assert {each["digit"] for each in answers} == {7}
        assert sorted(recorded(running.url)) == sorted(each["id"] for each in answers)


def test_records_survive_a_restart(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        made = predict(running.url)["id"]
    with running_server(tmp_path) as running:
        assert recorded(running.url) == [made]


def test_killed_workers_are_replaced(tmp_path: Path) -> None:
    with running_server(tmp_path, WORKERS="2") as running:
        seen = set(running.workers)
        assert len(seen) == 2
        made = predict(running.url)["id"]
        for _ in range(3):  # in quick succession: some supervisors give up then
            killed = running.workers[0]
            os.kill(killed, signal.SIGKILL)
            end = time.monotonic() + 30
            while (killed in running.workers or len(running.workers) < 2) and time.monotonic() < end:
                time.sleep(0.1)
            seen |= set(running.workers)
        assert len(seen) == 5
        assert recorded(running.url) == [made]


def test_sigint_stops_all_processes(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        predict(running.url)
        pids = running.workers
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=20) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_killing_the_parent_ends_the_workers(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        predict(running.url)
        pids = running.workers
        running.process.kill()
        end = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
            time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_stopping_under_load_is_quick_and_loses_no_acknowledged_record(tmp_path: Path, how: signal.Signals) -> None:
    made: list[str] = []

    def predict_on(url: str) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the server has stopped
            while True:
                made.append(predict(url)["id"])

    with running_server(tmp_path) as running, ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(predict_on, running.url)
        time.sleep(1)
        pids = running.workers
        running.process.send_signal(how)
        end = time.monotonic() + 8
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            assert time.monotonic() < end
            time.sleep(0.02)
        running.process.wait()
    store = SqliteStore(tmp_path / "records.sqlite")
    assert made
    assert all(store.get(uuid.UUID(each)) for each in made)
    store.close()


def test_nothing_is_written_outside_the_instance_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running_server(tmp_path / "instance", HOME=str(home)) as running:
        predict(running.url)
    assert list(home.iterdir()) == []  # ONNX Runtime's telemetry would write a file here


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_rejected(tmp_path: Path, chunked: bool) -> None:
    with running_server(tmp_path, MAX_BODY_BYTES="100000") as running:
        host = urlsplit(running.url).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        body = iter([b"data:image/png;base64," + b"A" * 60_000] * 2) if chunked else b"A" * 100_001
        connection.request("POST", "/predict", body, encode_chunked=chunked)
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["code"]) == (413, "too_large")
        connection.close()
        assert predict(running.url)["digit"] == 7


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("GET /", None, 200),
        ("GET /static/js/pages/draw.js", None, 200),
        ("GET /health/ready", None, 200),
        ("GET /nothing", None, 404),
        ("POST /predict", SEVEN_URL, 200),
        ("POST /predict", "seven", 400),
        ("POST /predict", "A" * 12_000_001, 413),
    ],
)
def test_every_response_has_the_time(server: str, request_line: str, body: str | None, status: int) -> None:
    """By which the page corrects its clock, see frontend/js/network/clock.js."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)
    sent = datetime.now(UTC)
    method, path = request_line.split()
    connection.request(method, path, body)
    answer = connection.getresponse()
    received = datetime.now(UTC)
    connection.close()
    assert answer.status == status
    date = parsedate_to_datetime(answer.headers["Date"])
    assert sent - timedelta(seconds=5) < date <= received


def test_an_unfinished_body_does_not_delay_other_clients(server: str) -> None:
    parts = urlsplit(server)
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=30) as slow:
        slow.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15000000\r\n\r\ndata:")
        assert predict(server)["digit"] == 7


def run_server(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend"],
        cwd=TOP,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_is_reported_in_one_sentence() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        ended = run_server(PORT=str(port))
    assert ended.returncode == 2
    assert ended.stderr.strip() == (
        f"Can't listen on 127.0.0.1:{port} (Address already in use); set PORT to another number, such as {port + 1}."
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "high"}, "PORT is 'high'; it must be a whole number."),
        ({"RECORDS_URL": "mysql://host/db"}, "RECORDS_URL is 'mysql://host/db'"),
        ({"MODEL_DIR": "/nowhere"}, "/nowhere/model_mnist.json is missing."),
    ],
)
def test_a_bad_setting_is_reported_without_a_traceback(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    ended = run_server(**{"PORT": str(free_port()), "INSTANCE": str(tmp_path), **environment})
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_each_core_has_a_worker_by_default(tmp_path: Path) -> None:
    with running_server(tmp_path, WORKERS="0") as running:
        assert len(running.workers) == len(os.sched_getaffinity(0))
