"""Browsers of three engines: Chromium and Firefox, driven by Playwright, and WebKitGTK, driven by Selenium."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright
from selenium.webdriver import WebKitGTK
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

MINI_BROWSER = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"
DESKTOP = "2000x1400x24"  # px and bits of the virtual display, larger than every screen that is tried


class NoBrowser(RuntimeError):
    """The browser is not installed."""


def launch_firefox(playwright: Playwright) -> Browser:
    """The installed Firefox, headless, by WebDriver BiDi. Raises NoBrowser."""
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        raise NoBrowser("Firefox is missing: install firefox-esr, or set FIREFOX to its path.")
    # The channel of an unchanged Firefox; the others want a Firefox that Playwright built.
    return playwright.firefox.launch(channel="moz-firefox", executable_path=path)


@contextmanager
def open_webkit() -> Iterator[WebKitGTK]:
    """WebKitGTK's small browser on a virtual display, closed at the end of the block. Raises NoBrowser."""
    driver, browsers, xvfb = shutil.which("WebKitWebDriver"), glob.glob(MINI_BROWSER), shutil.which("Xvfb")
    if driver is None or not browsers or xvfb is None:
        raise NoBrowser("WebKit is missing: install webkit2gtk-driver and xvfb.")
    with _display(xvfb) as display:
        options = Options()
        options.binary_location = browsers[0]
        options.add_argument("--automation")
        service = Service(driver, env={**os.environ, "DISPLAY": display})
        with warnings.catch_warnings(
            action="ignore", category=DeprecationWarning
        ):  # Selenium's class is behind the rest of it
            browser = WebKitGTK(options=options, service=service)
        try:
            yield browser
        finally:
            browser.quit()


@contextmanager
def _display(xvfb: str) -> Iterator[str]:
    """A virtual X display, such as `:99`."""
    command = [xvfb, "-displayfd", "1", "-screen", "0", DESKTOP, "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()
