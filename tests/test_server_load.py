"""A server under load: slow clients, too many requests, shutdown with requests in progress."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend.records.sqlite.store import SqliteStore
from tests.conftest import running_server
from tools.drawings import SEVEN_URL


@contextlib.contextmanager
def connections(url: str, count: int, beginning: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have each sent `beginning`."""
    parts = urlsplit(url)
    with contextlib.ExitStack() as stack:
        found = [
            stack.enter_context(socket.create_connection((str(parts.hostname), parts.port or 80), timeout=30))
            for _ in range(count)
        ]
        for connection in found:
            connection.sendall(beginning)
        yield found


@pytest.mark.parametrize(
    ("beginning", "slowly"),
    [
        (b"", b""),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\n", b"x-slow: yes"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6000\r\n\r\n", b"data:image/png"),
    ],
    ids=["idle", "slow heads", "slow bodies"],
)
def test_slow_senders_do_not_delay_other_clients(tmp_path: Path, beginning: bytes, slowly: bytes) -> None:
    with (
        running_server(tmp_path, THREADS="2", WAITING="2") as running,
        connections(running.url, 100, beginning) as slow,
    ):
        for n in range(10):
            for connection in slow:
                connection.sendall(slowly[n : n + 1])
            start = time.monotonic()
            assert post(running.url).status == 200
            assert time.monotonic() - start < 2


def test_clients_that_do_not_read_do_not_delay_others(tmp_path: Path) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        running_server(tmp_path, THREADS="2", WAITING="2") as running,
        connections(running.url, 40, request * 50),
    ):
        end = time.monotonic() + 60
        while True:  # until the buffers are full
            start = time.monotonic()
            assert post(running.url).status == 200
            if time.monotonic() - start < 0.1:
                break
            assert time.monotonic() < end


def post(url: str) -> http.client.HTTPResponse:
    found: http.client.HTTPResponse = urllib.request.urlopen(f"{url}/predict", SEVEN_URL.encode(), timeout=30)
    found.close()
    return found


def test_requests_beyond_the_waiting_limit_get_503(tmp_path: Path) -> None:
    def status(_: int) -> tuple[int, str | None]:
        try:
            return post(running.url).status, None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Retry-After"]

    with running_server(tmp_path, WORKERS="1", THREADS="1", WAITING="1") as running, ThreadPoolExecutor(30) as pool:
        found = list(pool.map(status, range(300)))
    assert set(found) == {(200, None), (503, "1")}


def test_sigterm_finishes_a_request_in_progress(tmp_path: Path) -> None:
    with running_server(tmp_path, WORKERS="1") as running:
        with connections(running.url, 1, b"POST /predict HTTP/1.1\r\nHost: localhost\r\n") as (connection,):
            connection.sendall(f"Content-Length: {len(SEVEN_URL)}\r\n\r\n".encode() + SEVEN_URL[:100].encode())
            time.sleep(0.2)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(SEVEN_URL[100:].encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            made = json.load(answer)
        assert running.process.wait(timeout=20) == 0
    store = SqliteStore(tmp_path / "records.sqlite")
    assert store.get(uuid.UUID(made["id"])) is not None
    store.close()


def test_stopping_does_not_wait_for_idle_clients(tmp_path: Path) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6000\r\n\r\n"
    with running_server(tmp_path) as running, connections(running.url, 10, head):
        time.sleep(0.2)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=9) == 0
