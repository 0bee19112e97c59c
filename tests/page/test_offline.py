"""The page without a connection: opened from this device, and replaced by a new version without losing what waits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.settings import TOP
from tools.chromium import reload, visit
from tools.hand import draw
from tools.server import DIGITPAD, Server

NEW_VERSION_IS_KEPT = """async () => {
  const [name, ...older] = await caches.keys();
  const page = await caches.match(`${location.origin}/`, { cacheName: name, ignoreVary: true });
  return older.length === 0 && (await page.text()).includes(">New Digitpad: ");
}"""
SERVED = ("backend", "frontend", "models", "model_mnist.json", "model_mnist.h5")


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server of a copy of the project, whose page a test may change, and the copy's folder."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in SERVED:
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        copy(TOP / name, folder / name)
    environment = {"INSTANCE": str(tmp_path / "instance"), "WORKERS": "1", "RECORD_BUDGET_MS": "60000"}
    with Server(environment, DIGITPAD, folder) as server:
        yield server, folder


def open_installed(page: Page) -> None:
    """Open the page and wait until all its files are kept on the device."""
    visit(page, "/")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_the_page_opens_without_the_server_and_a_new_version_loses_nothing(
    chromium: Browser, copied: tuple[Server, Path]
) -> None:
    server, folder = copied
    context = chromium.new_context(base_url=server.url)
    page = context.new_page()
    open_installed(page)
    server.stop()
    visit(page, "/recorder")
    expect(page.get_by_role("heading", name="Recorder")).to_be_attached()
    visit(page, "/")
    draw(page, "3")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator("#headline")).to_have_text("3")
    expect(page.locator("#waiting")).to_contain_text("1 prediction waits on this device")

    index = folder / "frontend" / "index.html"
    index.write_text(index.read_text().replace(">Digitpad: ", ">New Digitpad: "))
    page.route("**/predict", lambda route: route.abort())  # so that it still waits when the new version comes
    server.start()
    server.wait_until_ready()
    reload(page)
    expect(page).to_have_title("Digitpad: draw a digit")
    while not page.evaluate(NEW_VERSION_IS_KEPT):
        page.wait_for_timeout(100)
    reload(page)
    expect(page).to_have_title("New Digitpad: draw a digit")
    expect(page.locator("#headline")).to_have_text("3")
    page.unroute("**/predict")
    page.evaluate("() => dispatchEvent(new Event('online'))")  # as if the network came back now
    expect(page.locator("#waiting")).to_have_text("")
    [record] = page.request.get("/records").json()["records"]
    assert record["result"] == "3"
    context.close()
