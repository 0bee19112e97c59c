"""The demo without a server, on a host that only sends files, below the top of that host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.page.test_draw import ink
from tools.chromium import visit
from tools.hand import draw
from tools.static_site import write

# How much of the 28 x 28 that colors the ink is opaque.
COVERED = """async (overlay) => {
  const { pixelsOf } = await import(new URL("static/js/reading/pixels.js", location.href).href);
  const { data } = await pixelsOf(overlay.style.maskImage.slice(5, -2));
  return data.filter((value, i) => i % 4 === 3 && value > 25).length / 784;
}"""


class Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def demo(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    write(tmp_path / "below" / "demo")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=tmp_path)) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        context = chromium.new_context(base_url=f"http://127.0.0.1:{host.server_port}/below/demo/")
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda response: faults.append(response.url) if response.status >= 400 else None)
        page.on("request", lambda request: faults.append(request.method) if request.method != "GET" else None)
        visit(page, "")
        expect(page.get_by_text("This demo has no server.")).to_be_visible()
        yield page
        assert faults == []
        context.close()
        host.shutdown()


def test_it_reads_explains_and_records_on_this_device(demo: Page) -> None:
    draw(demo, "3")
    demo.get_by_role("button", name="Predict").click()
    expect(demo.get_by_role("status")).to_contain_text("Recorded.")
    expect(demo.locator("#headline")).to_have_text("3")
    demo.locator("#labels").get_by_role("button", name="8").click()
    expect(demo.locator("#corrected")).to_contain_text("Correction saved")
    demo.get_by_role("button", name="Why?").click()
    expect(demo.get_by_role("heading", name="Why 3 and not")).to_be_visible()
    drawn = ink(demo)

    demo.get_by_role("link", name="Recorder").click()
    row = demo.locator("#records tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("3")
    expect(row).to_contain_text("8")
    demo.wait_for_function("() => document.querySelector('#records img').naturalWidth === 280")
    expect(demo.get_by_role("link", name="API")).to_have_count(0)
    row.get_by_role("button").click()
    demo.get_by_role("button", name="Why?").click()
    expect(demo.get_by_role("figure")).to_contain_text("supports 3")
    covered = demo.locator(".overlay.for").evaluate(COVERED)
    assert 0.05 < covered < 0.5  # of the box around the digit: its strokes
    demo.get_by_role("link", name="Open on the canvas").click()
    expect(demo.locator("#headline")).to_have_text("3")
    expect(demo.get_by_role("status")).to_contain_text("sure")
    assert ink(demo) == pytest.approx(drawn, rel=0.02)


def test_each_digit_of_a_number_is_explained_in_the_recorder(demo: Page) -> None:
    draw(demo, "2", left=0.05, top=0.3, size=0.35)
    draw(demo, "0", left=0.55, top=0.3, size=0.35)
    demo.get_by_role("button", name="Predict").click()
    expect(demo.get_by_role("status")).to_contain_text("Recorded.")
    demo.get_by_role("link", name="Recorder").click()
    demo.locator("#records tbody tr").get_by_role("button").click()
    demo.get_by_role("button", name="Why?").click()
    expect(demo.get_by_role("figure")).to_contain_text("supports 0")
    left = demo.locator(".overlay.for").evaluate("overlay => overlay.offsetLeft")
    demo.get_by_role("rowheader").get_by_role("button").first.click()
    expect(demo.get_by_role("figure")).to_contain_text("supports 2")
    assert demo.locator(".overlay.for").evaluate("overlay => overlay.offsetLeft") < left


def test_an_explanation_that_is_open_early_waits_for_the_network(demo: Page, chromium: Browser) -> None:
    held: list[Route] = []
    with chromium.new_context(base_url=demo.url, service_workers="block") as context:
        page = context.new_page()
        page.route("**/static/model/network.bin", lambda route: held.append(route))
        visit(page, "")
        draw(page, "3")
        page.get_by_role("button", name="Why?").click()
        expect(page.locator("#explanation")).to_contain_text("not for this drawing yet")
        for route in held:
            route.continue_()
        expect(page.get_by_role("heading", name="Why 3 and not")).to_be_visible()


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_it_is_written_again_over_an_earlier_one(tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path / "demo")
    assert (tmp_path / "demo" / "static" / "model" / "network.bin").exists()
