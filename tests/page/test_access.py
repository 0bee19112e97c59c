"""Accessibility, colors, screen sizes, transfer size, and the content security policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import predict
from tools.hand import draw

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def violations(page: Page) -> list[str]:
    """The serious and critical violations that axe-core finds."""
    if not AXE.exists():
        pytest.skip("axe-core is missing; install it with npm ci")
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(results => results.violations)")
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'] for node in rule['nodes']]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation_on_the_drawing_page(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    assert violations(page) == []
    draw(page, "7")
    predict(page)
    page.get_by_role("button", name="As numbers").click()
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#explanation")).to_be_visible()
    expect(page.locator("#correction")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Help and shortcuts").click()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation_in_the_recorder(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    draw(page, "7")
    predict(page)
    page.goto("/recorder")
    expect(page.locator("#records tbody tr").first).to_be_visible()
    assert violations(page) == []
    page.locator(".thumbnail").first.click()
    assert violations(page) == []
    page.get_by_role("button", name="Delete…").click()
    assert violations(page) == []


@any_screen
def test_the_first_view_transfers_less_than_60_kB(page: Page) -> None:
    page.wait_for_load_state("load")
    sizes = page.evaluate(
        "Object.fromEntries(['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        ".map(entry => [entry.name, entry.encodedBodySize]))"
    )
    assert sum(sizes.values()) < 60_000, json.dumps(sizes, indent=1)


@any_screen
def test_nothing_moves_with_reduced_motion(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(element => { const style = getComputedStyle(element);"
        " return [style.transitionDuration, style.animationName] })"
    )
    assert set(durations) == {"0s", "none"}


@any_screen
def test_the_bars_stay_visible_in_forced_colors(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    draw(page, "7")
    predict(page)
    best = page.locator("#bars li.best")
    highlight = "(() => { const probe = document.body.appendChild(document.createElement('i'));"
    highlight += " probe.style.color = 'Highlight'; return getComputedStyle(probe).color })()"
    assert page.evaluate(highlight) in best.evaluate("bar => getComputedStyle(bar).backgroundImage")


SIZES = [(320, 640), (600, 900), (820, 1180), (844, 390), (1024, 768), (1920, 1080)]


@any_screen
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_the_pages_fit_every_screen_without_horizontal_scrolling(page: Page, size: tuple[int, int]) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    draw(page, "7")
    predict(page)
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#explanation")).to_be_visible()
    for path in (None, "/recorder", "/api"):
        if path:
            page.goto(path)
            expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@any_screen
def test_the_canvas_grows_with_the_screen(page: Page) -> None:
    sides = []
    for width, height in [(320, 640), (390, 844), (600, 1000)]:
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator("#canvas").bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=1)
        sides.append(box["width"])
    assert sides == sorted(set(sides))


def test_canvas_predict_and_clear_are_in_the_first_view(page: Page) -> None:
    for name in ("Predict", "Clear"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    expect(page.locator("#canvas")).to_be_in_viewport(ratio=1)


@any_screen
def test_the_policy_allows_no_inline_script_or_style(page: Page) -> None:
    policy = page.request.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")  # WebAssembly alone, not eval
    assert "default-src 'none'" in policy
