"""The browser that opens the pages: an installed Chromium, driven by Playwright.

Its headless shell, the same engine without a browser's windows and menus, opens a page in half the processor time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 720}},
    "tablet": {
        "viewport": {"width": 820, "height": 1180},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
}


class NoChromium(RuntimeError):
    """Chromium is not installed."""


def find_chromium(*, with_settings: bool = False) -> str:
    """Path of Chromium: the CHROMIUM environment variable, or the first one on PATH. Raises NoChromium.

    with_settings: find a browser that reads the preferences of its profile, unlike the headless shell
    """
    names = BROWSERS if with_settings else ("chromium-headless-shell", *BROWSERS)
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise NoChromium("Chromium is missing: install it, or set CHROMIUM to its path.")
    return path


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A headless browser, closed at the end of the block. Raises NoChromium."""
    find_chromium()
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


def launch_chromium(playwright: Playwright) -> Browser:
    """A headless browser. Raises NoChromium."""
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)


def visit(page: Page, path: str) -> None:
    """Open a page and wait until its scripts listen; the load event does not wait for texts.js to load its file."""
    page.goto(path)
    _wait_until_ready(page)


def reload(page: Page) -> None:
    """Reload a page and wait until its scripts listen."""
    page.reload()
    _wait_until_ready(page)


def _wait_until_ready(page: Page) -> None:
    page.locator("html[data-ready]").wait_for(state="attached")
