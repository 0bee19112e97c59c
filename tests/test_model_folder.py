"""Which network is in use, and how a running server changes to another one."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from backend.model_folder import model_folder, retrained_folder, roll_back, switch_to
from backend.reading.recognizer import Recognizer
from backend.settings import TOP, Settings
from backend.web.app import create_app
from tests.conftest import running_server
from tests.networks import another_network
from tools.drawings import SEVEN_URL

SHIPPED = Recognizer(TOP).version


def test_the_last_switch_counts_and_each_is_undone_by_one_roll_back(settings: Settings) -> None:
    assert model_folder(settings) == TOP
    switch_to(settings, "first")
    switch_to(settings, "second")
    assert model_folder(settings) == settings.instance / "models" / "second"
    assert roll_back(settings) == settings.instance / "models" / "first"
    assert roll_back(settings) == TOP
    with pytest.raises(ValueError, match="There is nothing to undo"):
        roll_back(settings)


def network_version(network: bytes) -> str:
    header = json.loads(network[4 : 4 + int.from_bytes(network[:4], "little")])
    return str(header["weights_sha256"][:12])


def test_the_page_gets_the_network_in_use(settings: Settings, client: FlaskClient) -> None:
    version = another_network(retrained_folder(settings))
    switch_to(settings, version)
    app = create_app(settings)
    path = "/static/model/network.bin"
    with app.test_client().get(path) as answer, client.get(path) as before:
        assert network_version(answer.data) == version
        assert network_version(before.data) == SHIPPED
        assert answer.headers["Cache-Control"] == before.headers["Cache-Control"] == "no-cache"
    with app.test_client().get("/service-worker.js") as new, client.get("/service-worker.js") as old:
        assert new.data != old.data
    app.extensions["digitpad"].close()


class Client(threading.Thread):
    """Predicts without a pause on one connection, and opens another only when the server has said that it closes."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.versions: list[str] = []
        self.failures: list[str] = []
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connection.request("POST", "/predict?record=false", SEVEN_URL)
                answer = self._connection.getresponse()
                self.versions.append(json.load(answer)["model_version"])
            except (OSError, http.client.HTTPException, KeyError) as error:
                self.failures.append(repr(error))
                self._connection.close()

    def stop(self) -> None:
        self._stopping.set()
        self.join()
        self._connection.close()


def test_a_running_server_changes_to_another_network_and_back_without_dropping_a_request(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    version = another_network(retrained_folder(settings))
    with running_server(tmp_path) as running:
        before = set(running.workers)
        clients = [Client(running.url) for _ in range(4)]
        for client in clients:
            client.start()

        def wait_for(version: str) -> None:
            """Until every worker has been replaced: connections are spread over all of them."""
            end = time.monotonic() + 60
            same = 0
            while same < 20 and time.monotonic() < end:
                with urllib.request.urlopen(f"{running.url}/health/ready", timeout=30) as answer:
                    same = same + 1 if json.load(answer)["model"]["version"] == version else 0
            assert same == 20

        switch_to(settings, version)
        wait_for(version)
        assert not before & set(running.workers)
        roll_back(settings)
        wait_for(SHIPPED)
        for client in clients:
            client.stop()
    for client in clients:
        assert client.failures == []
        assert {SHIPPED, version} == set(client.versions)
