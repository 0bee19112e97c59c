"""The proxy of deploy/haproxy.cfg, in front of hosts of which some fail."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.records.ids import new_key
from tests.conftest import running_server
from tools.drawings import SEVEN_URL
from tools.failure.checker import TOKEN, ask
from tools.haproxy import BEHIND_PROXY, CONFIGURATION, NoHaproxy, haproxy, proxy, with_hosts
from tools.server import Server, free_port

LIVE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
CLIENT = "127.0.0.9"  # the address that clients of the proxy have; the proxy itself has 127.0.0.1
DRAWING = {"image": SEVEN_URL}
REQUESTS = 6  # so that each of two hosts is the first for some of them
OUT_OF_ROTATION = 6.0  # seconds after which a host that fails gets no more requests, at most


@pytest.fixture(autouse=True)
def program() -> str:
    try:
        return haproxy()
    except NoHaproxy as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a host that works."""
    with running_server(tmp_path_factory.mktemp("instance"), **BEHIND_PROXY, LIMIT_PREVIEWS="3 per minute") as host:
        yield host.port


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its private key."""
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "certificate.pem").read_text() + (folder / "key.pem").read_text())
    return both


class TlsProxy:
    """The proxy as it is in deploy/, but for addresses and the place of the certificate."""

    def __init__(self, hosts: list[int], certificate: Path, folder: Path) -> None:
        self.https_port = free_port()
        path = folder / "haproxy.cfg"
        self.server = Server({}, command=[haproxy(), "-f", path], log=folder / "haproxy.log", success=b"HTTP/1.1 308")
        configuration = with_hosts(CONFIGURATION.read_text(), self.server.port, hosts)
        configuration = configuration.replace("bind :443 ", f"bind 127.0.0.1:{self.https_port} ")
        path.write_text(configuration.replace("/run/secrets/certificate", str(certificate)))
        self._context = ssl.create_default_context(cafile=certificate)

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage]:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.https_port, timeout=15, source_address=(CLIENT, 0), context=self._context
        )
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()


@pytest.fixture
def tls(well: int, certificate: Path, tmp_path: Path) -> Iterator[TlsProxy]:
    front = TlsProxy([well], certificate, tmp_path)
    with front.server:
        yield front


def test_the_configuration_is_valid(program: str, certificate: Path, tmp_path: Path) -> None:
    shipped = CONFIGURATION.read_text().replace("/run/secrets/certificate", str(certificate))
    # With addresses that can be resolved there is no warning either.
    for configuration in (shipped, with_hosts(shipped, 5000, [5001, 5002, 5003])):
        path = tmp_path / "haproxy.cfg"
        path.write_text(configuration)
        checked = subprocess.run([program, "-c", "-f", path], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_http_is_redirected_to_https(tls: TlsProxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", tls.server.port, timeout=15)
    connection.request("GET", "/recorder", headers={"Host": "digits.example.org"})
    answer = connection.getresponse()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (308, "https://digits.example.org/recorder")


def test_over_https_the_operators_cookie_is_secure_and_the_browser_stays_with_https(tls: TlsProxy) -> None:
    sign_in = json.dumps({"token": TOKEN})
    origin = f"https://127.0.0.1:{tls.https_port}"
    status, headers = tls.ask("POST", "/session", sign_in, Origin=origin)
    assert status == 204
    assert "; Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    session = headers["Set-Cookie"].partition(";")[0]
    assert tls.ask("GET", "/records", Cookie=session)[0] == 200
    assert tls.ask("GET", "/records")[0] == 401
    assert tls.ask("POST", "/session", sign_in, Origin="https://other.example.org")[0] == 403


def test_clients_cannot_invent_addresses_to_evade_limits(tls: TlsProxy) -> None:
    body = json.dumps(DRAWING)
    answers = [
        tls.ask("POST", "/predict?record=false", body, X_Forwarded_For=f"203.0.113.{number}") for number in range(4)
    ]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert int(answers[-1][1]["Retry-After"]) > 0


def test_records_have_the_address_of_the_client(certificate: Path, tmp_path: Path) -> None:
    store = tmp_path / "records.sqlite"
    settings = {**BEHIND_PROXY, "RECORD_CLIENT_ADDRESS": "full", "RECORDS_URL": f"sqlite:///{store}"}
    with running_server(tmp_path / "instance", **settings) as host:
        front = TlsProxy([host.port], certificate, tmp_path)
        with front.server:
            status, _ = front.ask("POST", "/predict", json.dumps(DRAWING), X_Forwarded_For="203.0.113.7")
    assert status == 200
    with closing(sqlite3.connect(store)) as database:
        assert database.execute("SELECT client FROM records").fetchall() == [(CLIENT,)]


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
        running_server(
            tmp_path / "instance", RECORDS_URL=f"cassandra://127.0.0.1:{free_port()}/away", **BEHIND_PROXY
        ) as host,
        proxy([host.port], tmp_path) as front,
    ):
        time.sleep(OUT_OF_ROTATION)
        assert ask(front.port, "GET", "/health/ready")[0] == 503
        status, answer = ask(front.port, "POST", "/predict", DRAWING)
        assert (status, answer["recorded"]) == (200, "queued")


def test_without_any_host_the_response_is_a_problem_too(well: int, tmp_path: Path) -> None:
    with (
        running_server(tmp_path / "instance", RECORDS_URL="none", **BEHIND_PROXY) as host,
        proxy([host.port], tmp_path) as front,
    ):
        host.kill()
        time.sleep(OUT_OF_ROTATION)
        status, answer = ask(front.port, "POST", "/predict", DRAWING)
        assert (status, answer["status"], answer["code"]) == (503, 503, "no_host")
        host.start()
        host.wait_until_ready()
        time.sleep(OUT_OF_ROTATION)
        assert ask(front.port, "POST", "/predict", DRAWING)[0] == 200
