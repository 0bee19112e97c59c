"""The pages in Chromium; each test runs at the size of a desktop and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.conftest import running_server
from tools.chromium import SCREENS as SCREENS

# Generous timeouts, in ms, because a busy machine is not a fault of the page.
expect.set_options(timeout=20_000)
PATIENT = {"RECORD_BUDGET_MS": "60000"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that the tests of the pages share."""
    with running_server(tmp_path_factory.mktemp("page"), **PATIENT) as running:
        yield running.url


# Marks tests that do not depend on the size of the screen; they run once.
any_screen = pytest.mark.parametrize("screen", ["desktop"])


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def local_network() -> bool:
    """Whether the page can load its own network; without it, the server reads all previews."""
    return False


@pytest.fixture
def context(chromium: Browser, server: str, screen: str, local_network: bool) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=server, locale="en-GB", timezone_id="Europe/Berlin", **SCREENS[screen])
    context.set_default_timeout(30_000)
    if not local_network:
        context.route("**/static/model/network.bin", lambda route: route.abort())
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Iterator[Page]:
    """The drawing page. The test fails on a script error or a request to another host."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.extend(_foreign(request, server)))
    page.on("console", lambda message: faults.append(message.text) if _is_fault(message.text) else None)
    page.goto("/")
    yield page
    assert faults == []


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def _foreign(request: Request, server: str) -> list[str]:
    url = urlsplit(request.url)
    return [] if url.scheme in ("data", "blob") or request.url.startswith(server) else [request.url]
