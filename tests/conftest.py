"""Real parts for every test: the shipped model, a recorder of its own, a server where one is needed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.settings import TOP, Settings
from backend.web.app import create_app
from tools.cassandra_nodes import Nodes
from tools.chromium import chromium

__all__ = ["chromium"]  # a fixture

PATIENT = 10_000  # ms for the recorder: a test is about what is stored, not about how busy the machine is

# No deadline, since a busy machine is no failure; the same examples each time in CI.
hypothesis.settings.register_profile("digitpad", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("digitpad")


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _unskipped(report: Report) -> Report:
    """With CI=true, what can't be tried is a failure."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI=true doesn't allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _unskipped((yield))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance", record_budget_ms=PATIENT)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    app.extensions["digitpad"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running(NamedTuple):
    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def running_server(instance: Path, **environment: str) -> Iterator[Running]:
    """A server of its own, as script/server starts it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend"],
        cwd=TOP,
        env={
            **os.environ,
            "PORT": str(port),
            "INSTANCE": str(instance),
            "WORKERS": "2",
            "RECORD_BUDGET_MS": str(PATIENT),
            **environment,
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_live(url, process)
        yield Running(url, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_live(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/live", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The server at {url} didn't start; it says why above.")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that the whole session shares."""
    with running_server(tmp_path_factory.mktemp("instance")) as running:
        yield running.url


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """Real Cassandra nodes, started when a test first needs them."""
    nodes = Nodes()
    yield nodes
    nodes.stop()
