"""Accessibility, colors, screen sizes, transfer size, and the content security policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import any_screen, not_in_firefox
from tests.page.test_draw import predict
from tools.chromium import visit
from tools.hand import draw
from tools.measure.page import is_later

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


# Counts of two characters, because axe-core does not judge the contrast of a single one.
COLOR_COUNTS = """(cells, fraction) => cells.forEach(cell => {
  cell.style.setProperty("--fraction", fraction);
  cell.firstChild.textContent = "20";
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation_in_the_recorder(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    draw(page, "7")
    predict(page)
    visit(page, "/recorder")
    expect(page.locator("#records tbody tr").first).to_be_visible()
    assert violations(page) == []
    for fraction in (0.5, 0.75, 1):  # of the most frequent result, which colors a count
        page.locator(".cell:has(a)").evaluate_all(COLOR_COUNTS, fraction)
        assert violations(page) == []
    page.locator(".thumbnail").first.click()
    assert violations(page) == []
    page.get_by_role("button", name="Delete…").click()
    assert violations(page) == []


@not_in_firefox("it also loads the icon for iOS, 1.9 kB")
@any_screen
def test_the_first_view_transfers_less_than_60_kB(page: Page) -> None:
    page.wait_for_load_state("load")
    sizes = page.evaluate(
        "Object.fromEntries(['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        ".map(entry => [entry.name, entry.encodedBodySize]))"
    )
    first = {url: size for url, size in sizes.items() if not is_later(url)}
    assert sum(first.values()) < 60_000, json.dumps(first, indent=1)


@any_screen
def test_nothing_moves_with_reduced_motion(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(element => { const style = getComputedStyle(element);"
        " return [style.transitionDuration, style.animationName] })"
    )
    assert set(durations) == {"0s", "none"}


@any_screen
def test_the_first_tab_leads_to_the_canvas(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the canvas")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#canvas")).to_be_focused()


CONTRAST = """selector => {
  const luminance = color => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => {
      const value = part / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  return [...document.querySelectorAll(selector)].map(control => {
    const grounds = [getComputedStyle(document.documentElement), getComputedStyle(document.querySelector("#result"))];
    return Math.min(...grounds.map(ground => {
      const [a, b] = [getComputedStyle(control).borderTopColor, ground.backgroundColor].map(luminance);
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }));
  });
}"""


@any_screen
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_borders_of_controls_have_a_contrast_of_3_to_1(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    draw(page, "7")
    predict(page)
    expect(page.locator("#correction")).to_be_visible()
    contrasts = page.evaluate(CONTRAST, ".main, .quiet, .label, select, .tool[aria-pressed=true]")
    assert len(contrasts) > 15
    assert min(contrasts) >= 3


@any_screen
@not_in_firefox("forced colors can be simulated only in Chromium")
def test_canvas_and_card_stay_visible_in_forced_colors(page: Page) -> None:
    page.emulate_media(forced_colors="active", color_scheme="dark")
    draw(page, "7")
    paint = page.locator("#ink").evaluate("ink => getComputedStyle(ink).backgroundColor")
    stroke = page.locator("#ink path").evaluate("path => getComputedStyle(path).stroke")
    assert (paint, stroke) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    shadow = page.locator("#paper").evaluate("paper => getComputedStyle(paper).boxShadow")
    assert shadow != "none"
    border = page.locator("#result").evaluate("card => getComputedStyle(card).borderTopWidth")
    assert border == "1px"


@any_screen
@not_in_firefox("forced colors can be simulated only in Chromium")
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
            visit(page, path)
            expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@any_screen
def test_the_canvas_grows_and_shrinks_with_the_screen(page: Page) -> None:
    sides = []
    sizes = [(320, 640), (390, 844), (600, 1000), (1280, 720), (1920, 1080)]
    for width, height in [*sizes, *reversed(sizes)]:
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator("#canvas").bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=1)
        sides.append(box["width"])
    assert sides == sides[::-1]
    assert sides[:3] == sorted(set(sides[:3]))
    assert sides[3] < sides[4]


FIRST_VIEWS = [(320, 568), (412, 839), (820, 1180), (1024, 768), (1280, 720), (1920, 1080)]


@any_screen
def test_answer_paper_and_buttons_are_in_the_first_view_at_every_size(page: Page) -> None:
    draw(page, "7")
    expect(page.locator("#headline")).to_have_text("7")
    page.evaluate("scrollTo(0, 0)")
    for width, height in FIRST_VIEWS:
        page.set_viewport_size({"width": width, "height": height})
        for selector in ("#result", "#paper", "#predict", "#clear", "#expected"):
            expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        result, paper = page.locator("#result").bounding_box(), page.locator("#paper").bounding_box()
        assert result is not None
        assert paper is not None
        beside = result["x"] >= paper["x"] + paper["width"]
        above = result["y"] + result["height"] <= paper["y"]
        assert beside or above
        filled = (paper["width"] + result["width"]) / width
    # The last size is a projector's.
    digit = page.locator("#headline").evaluate("digit => parseFloat(getComputedStyle(digit).fontSize)")
    assert digit > 250
    assert filled > 0.8


def test_canvas_predict_and_clear_are_in_the_first_view(page: Page) -> None:
    for name in ("Predict", "Clear"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    expect(page.locator("#canvas")).to_be_in_viewport(ratio=1)


@any_screen
def test_the_policy_allows_no_inline_script_or_style(page: Page) -> None:
    policy = page.request.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")  # WebAssembly alone, not eval
    assert "default-src 'none'" in policy
