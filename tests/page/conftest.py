"""The page in Chromium: each test runs at a desktop's and at a phone's size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.conftest import running_server

# A busy machine is no fault of the page: time, in ms, for what is awaited, and for the recorder's store.
expect.set_options(timeout=20_000)
PATIENT = {"RECORD_BUDGET_MS": "60000"}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 720}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that the page's tests share."""
    with running_server(tmp_path_factory.mktemp("page"), **PATIENT) as running:
        yield running.url


# For what a screen's size can't change: marked tests run once.
any_screen = pytest.mark.parametrize("screen", ["desktop"])


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def context(chromium: Browser, server: str, screen: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=server, locale="en-GB", timezone_id="Europe/Berlin", **SCREENS[screen])
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Iterator[Page]:
    """The drawing page, opened. Fails the test on any script error, and on any request to elsewhere."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.extend(_elsewhere(request, server)))
    page.on("console", lambda message: faults.append(message.text) if _is_fault(message.text) else None)
    page.goto("/")
    yield page
    assert faults == []


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def _elsewhere(request: Request, server: str) -> list[str]:
    url = urlsplit(request.url)
    return [] if url.scheme in ("data", "blob") or request.url.startswith(server) else [request.url]
