"""Fingers and pens, with real touch and pen events."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import any_screen
from tests.page.test_draw import ink, predict, predict_sending
from tools import hand
from tools.hand import DIGITS, on_canvas, placed

SEVEN = placed(DIGITS["7"], 0.2, 0.15, 0.65)
LINE = [[(0.2, 0.2), (0.5, 0.25), (0.8, 0.2)]]


@pytest.fixture(autouse=True)
def _touch_screen(page: Page) -> None:
    """Give the desktop a touch screen, too."""
    page.context.new_cdp_session(page).send(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5}
    )


def strokes(page: Page) -> int:
    return page.locator("#ink path").count()


def test_a_finger_draws_and_neither_scrolls_nor_zooms(page: Page) -> None:
    hand.touch(page, on_canvas(page, SEVEN))
    assert predict(page)["result"] == "7"
    assert page.evaluate("[scrollY, visualViewport.scale]") == [0, 1]


def test_a_pen_draws(page: Page) -> None:
    hand.pen(page, on_canvas(page, SEVEN))
    assert predict(page)["result"] == "7"


def test_each_of_two_fingers_draws_its_own_stroke(page: Page) -> None:
    [left, right] = on_canvas(page, [[(0.2, 0.2)], [(0.8, 0.2)]])
    hand.touch_down(page, {1: left[0], 2: right[0]})
    expect(page.locator("#ink path")).to_have_count(2)


def test_a_palm_is_ignored_once_a_pen_was_used(page: Page) -> None:
    hand.pen(page, on_canvas(page, LINE))
    before = ink(page)
    hand.touch(page, on_canvas(page, [[(0.2, 0.8), (0.8, 0.8)]]))
    assert ink(page) == before
    page.get_by_role("button", name="Draw with fingers again").click()
    hand.touch(page, on_canvas(page, [[(0.2, 0.8), (0.8, 0.8)]]))
    assert ink(page) > before


def test_a_palm_that_touched_before_the_pen_leaves_no_stroke(page: Page) -> None:
    [palm] = on_canvas(page, [[(0.8, 0.9)]])
    hand.touch_down(page, {1: palm[0]})
    expect(page.locator("#ink path")).to_have_count(1)
    hand.pen(page, on_canvas(page, LINE))
    assert strokes(page) == 1


def test_every_point_between_two_frames_is_kept(page: Page) -> None:
    """A pen reports up to 240 points per second, a screen shows 60 frames: the other points arrive coalesced."""
    [line] = on_canvas(page, [[(0.1 + 0.01 * i, 0.5) for i in range(81)]])
    page.mouse.move(*line[0])
    page.mouse.down()
    page.evaluate(
        """points => {
          for (let i = 0; i < points.length; i += 4) {
            const events = points.slice(i, i + 4).map(([x, y]) =>
              new PointerEvent("pointermove", { pointerId: 1, clientX: x, clientY: y, buttons: 1 }));
            const [x, y] = points[i + 3];
            document.querySelector("#canvas").dispatchEvent(new PointerEvent("pointermove",
              { pointerId: 1, clientX: x, clientY: y, buttons: 1, coalescedEvents: events }));
          }
        }""",
        line[1:],
    )
    page.mouse.up()
    points = predict_sending(page)["strokes"][0]
    assert [x for x, _, _ in points] == pytest.approx([28 + 2.8 * i for i in range(81)], abs=0.1)


def test_a_stroke_continues_outside_the_canvas(page: Page) -> None:
    hand.drag(page, [(0.5, 0.5), (1.4, 0.5), (1.4, 0.7), (0.5, 0.7)])
    assert strokes(page) == 1


CHANGES_AT_LIFT = """() => {
  window.changes = [];
  let lifting = false;
  new MutationObserver((records) => {
    const seen = records.filter(({ attributeName }) => lifting && !attributeName?.startsWith("aria-"));
    window.changes.push(...seen.map(({ target, attributeName }) => `${target.nodeName} ${attributeName}`));
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  addEventListener("pointerup", () => { lifting = true; }, { capture: true });
  addEventListener("pointerup", () => { lifting = false; });
}"""


@any_screen
def test_lifting_the_pen_repaints_nothing(page: Page) -> None:
    """Chromium would delay the response until the next frame is painted."""
    page.route("**/predict?record=false", lambda route: None)
    page.evaluate(CHANGES_AT_LIFT)
    hand.draw(page, "4")
    assert page.evaluate("window.changes") == []
