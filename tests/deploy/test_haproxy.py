"""The proxy of deploy/haproxy.cfg, in front of hosts of which some fail."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend.records.ids import new_key
from tests.conftest import free_port, running_server
from tools.drawings import SEVEN_URL
from tools.failure.checker import ask
from tools.haproxy import CONFIGURATION, NoHaproxy, haproxy, proxy, with_addresses

LIVE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
DRAWING = {"image": SEVEN_URL}
REQUESTS = 6  # so that each of two hosts is the first for some of them
OUT_OF_ROTATION = 6.0  # seconds after which a host that fails gets no more requests, at most


@pytest.fixture(autouse=True)
def program() -> str:
    try:
        return haproxy()
    except NoHaproxy as error:
        pytest.skip(str(error))


@pytest.fixture
def well(server: str) -> int:
    """The port of a host that works."""
    port = urlsplit(server).port
    assert port is not None
    return port


class DyingHost:
    """Passes health checks, but dies when it has received any other request: it closes the connection."""

    def __init__(self) -> None:
        self.received = 0  # requests
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # closed
            with connection:
                if b"GET /health/live" in connection.recv(65536):
                    connection.sendall(LIVE)
                else:
                    self.received += 1


@pytest.fixture
def dying() -> Iterator[DyingHost]:
    host = DyingHost()
    yield host
    host.listener.close()


def test_the_configuration_is_valid(program: str, tmp_path: Path) -> None:
    checked = subprocess.run([program, "-c", "-f", CONFIGURATION], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    here = tmp_path / "haproxy.cfg"  # with addresses that can be resolved there is no warning either
    here.write_text(with_addresses(CONFIGURATION.read_text(), 5000, [5001, 5002, 5003]))
    checked = subprocess.run([program, "-c", "-f", here], capture_output=True, text=True, check=False)
    assert "WARNING" not in checked.stderr
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("POST", "/predict", DRAWING, 200), ("GET", "/records", None, 200), ("DELETE", "/records/none", None, 404)],
)
def test_what_a_dying_host_received_goes_to_another_host(
    well: int, dying: DyingHost, tmp_path: Path, method: str, path: str, body: object, status: int
) -> None:
    with proxy([dying.port, well], tmp_path) as front:
        for _ in range(REQUESTS):
            assert ask(front.port, method, path, body, {"Idempotency-Key": str(new_key())})[0] == status
    assert dying.received > 0


def test_without_a_key_a_prediction_that_reached_a_host_is_not_sent_again(
    well: int, dying: DyingHost, tmp_path: Path
) -> None:
    with proxy([dying.port, well], tmp_path) as front:
        answers = [ask(front.port, "POST", "/predict", DRAWING) for _ in range(REQUESTS)]
    failed = [answer for status, answer in answers if status == 502]
    assert len(failed) == dying.received > 0
    assert {answer["code"] for answer in failed} == {"host_failed"}
    assert [status for status, _ in answers].count(200) == REQUESTS - dying.received


def test_without_a_key_a_prediction_that_reached_no_host_goes_to_another(well: int, tmp_path: Path) -> None:
    with proxy([free_port(), well], tmp_path) as front:
        assert [ask(front.port, "POST", "/predict", DRAWING)[0] for _ in range(REQUESTS)] == [200] * REQUESTS


def test_a_host_without_its_store_stays_in_rotation(tmp_path: Path) -> None:
    with (
        running_server(tmp_path / "instance", RECORDS_URL=f"cassandra://127.0.0.1:{free_port()}/away") as host,
        proxy([host.port], tmp_path) as front,
    ):
        time.sleep(OUT_OF_ROTATION)
        assert ask(front.port, "GET", "/health/ready")[0] == 503
        status, answer = ask(front.port, "POST", "/predict", DRAWING)
        assert (status, answer["recorded"]) == (200, "queued")


def test_without_any_host_the_response_is_a_problem_too(well: int, tmp_path: Path) -> None:
    with running_server(tmp_path / "instance", RECORDS_URL="none") as host, proxy([host.port], tmp_path) as front:
        host.kill()
        time.sleep(OUT_OF_ROTATION)
        status, answer = ask(front.port, "POST", "/predict", DRAWING)
        assert (status, answer["status"], answer["code"]) == (503, 503, "no_host")
        host.start()
        host.wait_until_ready()
        time.sleep(OUT_OF_ROTATION)
        assert ask(front.port, "POST", "/predict", DRAWING)[0] == 200
