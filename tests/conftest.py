"""Fixtures with real parts: the model that ships, a recorder for each test, servers, Chromium, Cassandra nodes."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Playwright, sync_playwright

from backend.reading.recognizer import Recognizer
from backend.records.store import Store
from backend.settings import TOP, Settings
from backend.web.app import create_app
from tools.cassandra_nodes import Nodes, NoNodes, drop
from tools.chromium import NoChromium, launch_chromium
from tools.engines import NoBrowser, launch_firefox
from tools.sample_records import Era
from tools.server import Server
from tools.server import free_port as free_port
from tools.stores import opened

PATIENT = 10_000  # ms for the recorder: tests are about what is stored, not about how busy the machine is

os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"  # Cassandra starts in half the time, and computes slower
NODES = {"one Cassandra node": ("one_node", 1), "three Cassandra nodes": ("three_nodes", 3)}  # stores: fixture, nodes

# No time limits, because a busy machine is not a failure; in CI the same examples every time.
hypothesis.settings.register_profile(
    "digitpad",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
hypothesis.settings.load_profile("digitpad")


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _unskipped(report: Report) -> Report:
    """With CI=true, a skipped test fails."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI=true does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _unskipped((yield))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that kill nodes come last, when no other test waits for the machine."""
    items.sort(key=lambda item: item.get_closest_marker("kills_nodes") is not None)


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


def running_server(instance: Path, **environment: str) -> Server:
    """A server with two workers and a patient recorder, for a `with` statement."""
    return Server({"INSTANCE": str(instance), "WORKERS": "2", "RECORD_BUDGET_MS": str(PATIENT), **environment})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that all tests share."""
    with running_server(tmp_path_factory.mktemp("instance")) as running:
        yield running.url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Drives Chromium and Firefox; there can be only one."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = launch_chromium(playwright)
    except NoChromium as error:
        pytest.skip(str(error))
    yield browser
    browser.close()


@pytest.fixture(scope="module")  # since it becomes slower with each page that was opened
def firefox(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = launch_firefox(playwright)
    except NoBrowser as error:
        pytest.skip(str(error))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def one_node() -> Iterator[Nodes]:
    """A real Cassandra node, started when a test first needs it. It changes a schema faster than three nodes do."""
    nodes = Nodes()
    yield nodes
    nodes.stop()


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Nodes]:
    """A real cluster, started when a test first needs it. Tests marked `kills_nodes` come last and kill its nodes."""
    nodes = Nodes()
    yield nodes
    nodes.stop()


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """Reads with the network that ships."""
    return Recognizer(TOP)


@contextmanager
def keyspace(nodes: Nodes, count: int, options: str = "") -> Iterator[str]:
    """The URL of a keyspace on `count` nodes, which does not exist yet and is deleted at the end. Without nodes the
    test is skipped."""
    try:
        nodes.need(count)
    except NoNodes as why:
        pytest.skip(str(why))
    url = nodes.new_url(count, options)
    yield url
    drop(url)


@pytest.fixture(scope="session", params=["sqlite", *NODES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def url(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a store that the tests share."""
    if kind not in NODES:
        yield f"sqlite:///{tmp_path_factory.mktemp('records')}/records.sqlite"
        return
    fixture, count = NODES[kind]
    with keyspace(request.getfixturevalue(fixture), count) as url:
        yield url


@pytest.fixture(scope="session")
def store(kind: str, url: str) -> Iterator[Store]:
    store = opened(url)
    yield store
    store.close()


@pytest.fixture
def era() -> Era:
    return Era()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite"
