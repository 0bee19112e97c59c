"""One journey through the pages in Chromium, Firefox and WebKit, at the size of a desktop, a tablet and a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page
from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_MOUSE
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable
from selenium.webdriver.support.wait import WebDriverWait

from tests.waiting import PATIENCE, wait_for
from tools import hand
from tools.chromium import visit
from tools.engines import NoBrowser, open_webkit

SIZES = {"desktop": (1280, 720), "tablet": (820, 1180), "phone": (390, 844)}


class Visitor(Protocol):
    """A person with a browser; elements are named by CSS selectors."""

    def open(self, path: str) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""

    def click(self, selector: str) -> None: ...
    def press(self, key: str) -> None: ...
    def draw(self, digit: str) -> None: ...


class PlaywrightVisitor:
    def __init__(self, page: Page, server: str) -> None:
        self._page, self._server = page, server

    def open(self, path: str) -> None:
        visit(self._page, self._server + path)

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def run(self, script: str) -> Any:
        return self._page.evaluate(script)

    def click(self, selector: str) -> None:
        self._page.click(selector)

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def draw(self, digit: str) -> None:
        hand.draw(self._page, digit)


class SeleniumVisitor:
    def __init__(self, driver: WebKitGTK, server: str) -> None:
        self._driver, self._server = driver, server

    def open(self, path: str) -> None:
        self._driver.get(self._server + path)
        wait_for_value(self, "document.documentElement.dataset.ready !== undefined")

    def resize(self, width: int, height: int) -> None:
        self._driver.set_window_size(width, height + 38)  # with the bar of the window

    def run(self, script: str) -> Any:
        return self._driver.execute_script(f"return {script}")

    def click(self, selector: str) -> None:
        WebDriverWait(self._driver, PATIENCE).until(element_to_be_clickable((By.CSS_SELECTOR, selector))).click()

    def press(self, key: str) -> None:
        self._driver.switch_to.active_element.send_keys({"Space": " ", "ArrowDown": "\ue015"}.get(key, key))

    def draw(self, digit: str) -> None:
        left, top, side = self.run(
            "(box => [box.x, box.y, box.width])(document.querySelector('#canvas').getBoundingClientRect())"
        )
        for stroke in hand.placed(hand.DIGITS[digit], left + 0.2 * side, top + 0.15 * side, 0.65 * side):
            actions = ActionBuilder(self._driver, mouse=PointerInput(POINTER_MOUSE, "mouse"), duration=10)  # type: ignore[no-untyped-call]
            pointer = actions.pointer_action
            pointer.move_to_location(*map(round, stroke[0])).pointer_down()  # type: ignore[no-untyped-call]
            for point in stroke[1:]:
                pointer.move_to_location(*map(round, point))  # type: ignore[no-untyped-call]
            pointer.pointer_up()  # type: ignore[no-untyped-call]
            actions.perform()


@pytest.fixture(scope="session")
def webkit() -> Iterator[WebKitGTK]:
    try:
        with open_webkit() as driver:
            yield driver
    except NoBrowser as error:
        pytest.skip(str(error))


@pytest.fixture
def visitor(request: pytest.FixtureRequest, engine: str, server: str) -> Iterator[Visitor]:
    driver: Browser | WebKitGTK = request.getfixturevalue(engine)
    if isinstance(driver, WebKitGTK):
        yield SeleniumVisitor(driver, server)
        return
    with driver.new_context() as context:
        yield PlaywrightVisitor(context.new_page(), server)


def text(selector: str) -> str:
    return f"(document.querySelector('{selector}')?.textContent ?? '')"


def wait_for_value(visitor: Visitor, script: str, fits: Callable[[Any], bool] = bool) -> Any:
    return wait_for(lambda: visitor.run(script), fits)


def wait_for_text(visitor: Visitor, selector: str, pattern: str) -> None:
    wait_for_value(visitor, text(selector), lambda found: re.search(pattern, found) is not None)


VISIBLE = """(() => {
  const parts = [...document.querySelectorAll("#result, #paper, #predict, #clear")];
  const boxes = parts.map(part => part.getBoundingClientRect());
  return boxes.every(box => box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight + 1);
})()"""
FITS_ACROSS = "document.documentElement.scrollWidth <= innerWidth"
SIDE = "document.querySelector('#canvas').getBoundingClientRect().width"


# In Chromium, all other tests run at the two other sizes.
JOURNEYS = [("chromium", "tablet"), *((engine, size) for engine in ("firefox", "webkit") for size in SIZES)]


@pytest.mark.parametrize(("engine", "size"), JOURNEYS)
def test_a_visitor_draws_predicts_asks_why_and_finds_the_record(visitor: Visitor, size: str) -> None:
    width, height = SIZES[size]
    visitor.open("/")
    visitor.resize(1900, 1000)
    wait_for_value(visitor, "innerWidth", lambda wide: wide == 1900)
    large = visitor.run(SIDE)
    visitor.resize(width, height)
    wait_for_value(visitor, "innerWidth", lambda wide: wide <= max(width, 450))  # WebKitGTK's windows are not narrower
    assert wait_for_value(visitor, SIDE, lambda side: side < large)
    assert visitor.run(FITS_ACROSS)

    wait_for_text(visitor, "#privacy", "stays in this browser")  # the network has loaded
    visitor.click("#clear")  # what an earlier visit left
    wait_for_text(visitor, "#headline", "^$")
    visitor.draw("7")
    wait_for_text(visitor, "#headline", "^7$")
    assert visitor.run(VISIBLE)
    visitor.click("#predict")
    wait_for_text(visitor, "#spoken", r"Recorded\. Read as 7, .*% sure\.")

    visitor.click("#show-explanation")
    wait_for_text(visitor, "#explanation h2", "Why 7 and not")
    wait_for_value(visitor, "document.querySelector('#trace').hidden", lambda hidden: not hidden)
    visitor.click("#explanation .steps li:nth-child(4) button")
    wait_for_value(
        visitor, "document.querySelectorAll('#explanation .tile:not([hidden])').length", lambda count: count > 5
    )
    visitor.click("#show-explanation")

    visitor.click("#clear")
    wait_for_text(visitor, "#headline", "^$")
    visitor.run("document.querySelector('#canvas').focus()")
    visitor.press("Space")
    for _ in range(14):
        visitor.press("ArrowDown")
    visitor.press("Space")
    wait_for_text(visitor, "#spoken", r"Read as 1|% for 1")

    visitor.run("[(globalThis.reach = fetch), (globalThis.fetch = () => Promise.reject(new TypeError()))].length")
    visitor.click("#predict")
    wait_for_text(visitor, "#waiting", "1 prediction waits on this device")
    visitor.run("(globalThis.fetch = globalThis.reach) && dispatchEvent(new Event('online'))")
    wait_for_text(visitor, "#waiting", "^$")
    wait_for_text(visitor, "#recorded", "Recorded")

    visitor.open("/recorder")
    wait_for_text(visitor, "#records tbody", "7")
    visitor.open("/")
    wait_for_text(visitor, "#spoken", r"Read as 1|% for 1")  # the drawing was kept


# In the other engines, tests/page/test_rooms.py and test_label.py run.
@pytest.mark.parametrize(("engine", "size"), [("webkit", "desktop"), ("webkit", "phone")])
def test_a_room_is_opened_joined_and_ended_and_a_drawing_is_labeled(visitor: Visitor, size: str) -> None:
    visitor.resize(*SIZES[size])
    visitor.open("/wall")
    visitor.click("#open-form button")
    wait_for_text(visitor, "#code", "^[A-Z0-9]{6}$")
    code = visitor.run(text("#code"))
    wait_for_value(visitor, "document.querySelector('#qr-code').naturalWidth", lambda width: width > 0)
    visitor.click("#task-form button")
    wait_for_text(visitor, "#task", "Everyone draws a 0")

    visitor.open(f"/join?code={code}")
    wait_for_text(visitor, "#room-facts", code)
    assert visitor.run(FITS_ACROSS)
    visitor.click("#join button")
    wait_for_text(visitor, ".room-strip", r"\w+: 0 drawings")
    visitor.click("#clear")  # what an earlier visit left
    visitor.draw("0")
    wait_for_text(visitor, "#headline", "^0$")
    visitor.click("#predict")
    wait_for_text(visitor, ".room-strip", "1 drawing, 1 of 1 read as meant")

    visitor.open(f"/wall?room={code}")
    wait_for_text(visitor, "#tiles", "Read as 0")
    wait_for_value(visitor, "document.querySelector('#tiles img').naturalWidth", lambda width: width > 0)
    assert visitor.run(FITS_ACROSS)
    visitor.click("#end")
    visitor.click("#confirm button[value=yes]")
    wait_for_text(visitor, "#notice", "This room has ended")

    visitor.open("/")
    visitor.click("#clear")
    visitor.draw("7")
    visitor.click("#predict")
    wait_for_text(visitor, "#recorded", "Recorded")
    visitor.open("/label")
    wait_for_value(visitor, "document.querySelector('#drawing').naturalWidth", lambda width: width > 0)
    assert visitor.run(FITS_ACROSS)
    visitor.press("4")
    wait_for_text(visitor, "#last", "Labeled 4")
    visitor.press("u")
    wait_for_value(visitor, text("#last"), lambda found: "Labeled 4" not in found)
