"""An open page follows the server to another network."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from backend.model_folder import retrained_folder, switch_to
from backend.settings import Settings
from tests.conftest import running_server
from tests.networks import another_network
from tests.page.test_draw import predict
from tests.page.test_offline import open_installed
from tools.hand import draw

KEPT_VERSION = """async () => {
  const response = await caches.match(`${location.origin}/static/model/network.bin`, { ignoreVary: true });
  const file = await response.arrayBuffer();
  const length = new DataView(file).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length))).weights_sha256.slice(0, 12);
}"""


def previews_of_a_drawing(page: Page, digit: str) -> list[str]:
    """The previews that the page requests from the server for it."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "record=false" in request.url else None)
    page.get_by_role("button", name="Clear").click()
    draw(page, digit)
    expect(page.locator("#headline")).to_have_text(digit)
    return found


def test_an_open_page_reads_with_the_new_network_after_the_next_prediction(chromium: Browser, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    version = another_network(retrained_folder(settings))
    with running_server(tmp_path, WORKERS="1") as running:
        context = chromium.new_context(base_url=running.url)
        page = context.new_page()
        open_installed(page)
        expect(page.get_by_text("The live preview stays in this browser.")).to_be_visible()
        draw(page, "7")
        assert predict(page)["model_version"] != version
        switch_to(settings, version)
        while page.request.get("/health/ready").json()["model"]["version"] != version:
            page.wait_for_timeout(100)
        with page.expect_response("**/static/model/network.bin?now"):
            assert predict(page)["model_version"] == version
        while page.evaluate(KEPT_VERSION) != version:  # for when the page is opened without a connection
            page.wait_for_timeout(100)
        assert previews_of_a_drawing(page, "3") == []
        context.close()
