"""The pages in a browser; each test runs at the size of a desktop and of a phone.

The browser is Chromium, or the one that the environment variable ENGINE names (chromium or firefox); if it is set, the
tests also run at the size of a tablet. tests/page/test_engines.py runs a journey in all three engines each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.conftest import running_server
from tools.chromium import SCREENS as SCREENS
from tools.chromium import visit

ENGINE = os.environ.get("ENGINE", "")

# Generous timeouts, in ms, because a busy machine is not a fault of the page.
expect.set_options(timeout=20_000)
PATIENT = {"RECORD_BUDGET_MS": "60000"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that the tests of the pages share."""
    with running_server(tmp_path_factory.mktemp("page"), **PATIENT) as running:
        yield running.url


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that only the tests of one module use."""
    with running_server(tmp_path_factory.mktemp("own"), **PATIENT) as running:
        yield running.url


# Marks tests that do not depend on the size of the screen; they run once.
any_screen = pytest.mark.parametrize("screen", ["desktop"])


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Browser:
    chosen: Browser = request.getfixturevalue(ENGINE or "chromium")
    return chosen


def not_in_firefox(reason: str) -> pytest.MarkDecorator:
    """Marks a test of what Firefox can't do, or can't be told to do; docs/browsers.md lists the reasons."""
    return pytest.mark.skipif(ENGINE == "firefox", reason=reason)


# What Playwright can't do in Firefox, by the error that it raises then.
LIMITS = {
    "CDP session is only available in Chromium": "fingers and pens can be simulated only in Chromium",
    "no request body": "Firefox does not tell the body of a request",
    'event "download"': "Firefox does not tell of a download that a script starts",
}


@contextmanager
def _within_limits() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for symptom, reason in LIMITS.items():
            if ENGINE == "firefox" and symptom in str(error):
                pytest.skip(reason)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    with _within_limits():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    with _within_limits():
        yield


@pytest.fixture(params=SCREENS if ENGINE else ["desktop", "phone"])
def screen(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def local_network() -> bool:
    """Whether the page can load its own network; without it, the server reads all previews."""
    return False


@pytest.fixture
def context(browser: Browser, server: str, screen: str, local_network: bool) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=server,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        service_workers="block",  # it would answer requests that a test wants to see
        **SCREENS[screen],
    )
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
    page.on("pageerror", lambda error: faults.append(str(error)) if SCREENSHOT_STYLE not in str(error) else None)
    page.on("request", lambda request: faults.extend(_foreign(request, server)))
    page.on("console", lambda message: faults.append(message.text) if _is_fault(message.text) else None)
    visit(page, "/")
    yield page
    assert faults == []


@pytest.fixture(scope="module")
def blank(chromium: Browser, server: str) -> Iterator[Page]:
    """A page of the same origin without scripts of its own, for tests of JavaScript modules."""
    page = chromium.new_page()
    page.goto(f"{server}/health/live")
    yield page
    page.close()


def call_module(page: Page, module: str, name: str, *arguments: object) -> Any:
    """What a function of a module in frontend/js returns."""
    call = "async ([address, name, ...values]) => (await import(address))[name](...values)"
    return page.evaluate(call, [f"/static/js/{module}", name, *arguments])


@pytest.fixture
def loaded(page: Page) -> Page:
    """The drawing page, after it has loaded its network; for tests with `local_network`."""
    expect(page.get_by_text("The live preview stays in this browser.")).to_be_visible()
    return page


@contextmanager
def visitor(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of a new visitor, without cookies or secrets. Script errors fail the test. options: of the context"""
    context = browser.new_context(base_url=url, **options)
    context.set_default_timeout(30_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def open_page(browser: Browser, own_server: str, local_network: bool) -> Iterator[Callable[..., Page]]:
    """Opens a page as a new visitor: `open_page(path, script="", **options)`; the script runs before the page's."""
    with ExitStack() as visitors:

        def open_page(path: str, script: str = "", **options: Any) -> Page:
            page = visitors.enter_context(visitor(browser, own_server, **options))
            if not local_network:
                page.context.route("**/static/model/network.bin", lambda route: route.abort())
            page.context.add_init_script(script)
            visit(page, path)
            return page

        yield open_page


# The style that Playwright adds to take a screenshot; it works without it.
SCREENSHOT_STYLE = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA="


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def _foreign(request: Request, server: str) -> list[str]:
    url = urlsplit(request.url)
    return [] if url.scheme in ("data", "blob") or request.url.startswith(server) else [request.url]
