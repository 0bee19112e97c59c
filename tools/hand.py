"""Ten handwritten digits, and a mouse, fingers and a pen that draw them in Chromium.

Digits are strokes of (x, y) in a unit square, y pointing down. Positions of pointers are in CSS pixels of the window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from playwright.sync_api import CDPSession, Page

Point = tuple[float, float]
Stroke = Sequence[Point]


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse; angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / 14) for i in range(15)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


DIGITS: dict[str, list[Stroke]] = {
    "0": [_arc(0.5, 0.5, 0.3, 0.48, -90, 270)],
    "1": [[(0.36, 0.18), (0.54, 0.02), (0.54, 0.98)]],
    "2": [[*_arc(0.5, 0.27, 0.3, 0.25, 190, 370), (0.72, 0.5), (0.2, 0.97), (0.84, 0.97)]],
    "3": [[*_arc(0.46, 0.26, 0.27, 0.23, 200, 450), *_arc(0.46, 0.72, 0.31, 0.25, -90, 160)]],
    "4": [[(0.32, 0.04), (0.17, 0.6), (0.85, 0.6)], [(0.66, 0.2), (0.64, 0.98)]],
    "5": [[(0.28, 0.05), (0.24, 0.46), *_arc(0.47, 0.68, 0.31, 0.28, -125, 150)], [(0.28, 0.05), (0.78, 0.05)]],
    "6": [[(0.66, 0.03), (0.36, 0.36), *_arc(0.5, 0.7, 0.27, 0.27, 190, 540)]],
    "7": [[(0.18, 0.07), (0.82, 0.07), (0.55, 0.5), (0.4, 0.97)]],
    "8": [[*_arc(0.5, 0.26, 0.23, 0.23, 90, -270)[::-1], *_arc(0.5, 0.74, 0.28, 0.25, -90, 270)]],
    "9": [[*_arc(0.48, 0.29, 0.26, 0.26, 0, -360), (0.74, 0.32), (0.68, 0.98)]],
}


def placed(strokes: Sequence[Stroke], left: float, top: float, size: float) -> list[list[Point]]:
    """Scale strokes by `size` and move them."""
    return [[(left + size * x, top + size * y) for x, y in stroke] for stroke in strokes]


def on_canvas(page: Page, strokes: Sequence[Stroke]) -> list[list[Point]]:
    """Convert strokes from units of the canvas to pixels of the window."""
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    return placed(strokes, box["x"], box["y"], box["width"])


def draw(page: Page, digit: str, left: float = 0.2, top: float = 0.15, size: float = 0.65) -> None:
    """Draw a digit with the mouse; position and size are in units of the canvas."""
    for stroke in placed(DIGITS[digit], left, top, size):
        drag(page, stroke)


def drag(page: Page, stroke: Stroke) -> None:
    """Draw a stroke with the mouse, in units of the canvas."""
    [points] = on_canvas(page, [stroke])
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def touch(page: Page, strokes: Sequence[Stroke], finger: int = 1) -> None:
    """Draw with a finger, by real touch events; positions are in pixels of the window."""
    hand = page.context.new_cdp_session(page)
    for stroke in strokes:
        for kind, points in _phases(stroke):
            _send_touch(hand, kind, [(finger, *points)] if points else [])


def _phases(stroke: Stroke) -> Iterator[tuple[str, Point | None]]:
    yield "touchStart", stroke[0]
    for point in stroke[1:]:
        yield "touchMove", point
    yield "touchEnd", None


def _send_touch(hand: CDPSession, kind: str, points: list[tuple[int, float, float]]) -> None:
    touches = [{"id": finger, "x": x, "y": y} for finger, x, y in points]
    hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def touch_down(page: Page, fingers: dict[int, Point]) -> None:
    """Put fingers down and leave them there; positions are in pixels of the window, by finger."""
    hand = page.context.new_cdp_session(page)
    _send_touch(hand, "touchStart", [(finger, *point) for finger, point in fingers.items()])


def pen(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw with a pen; positions are in pixels of the window."""
    hand = page.context.new_cdp_session(page)
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            _pen(hand, "mousePressed" if i == 0 else "mouseMoved", x, y, held=True)
        _pen(hand, "mouseReleased", *stroke[-1], held=False)


def _pen(hand: CDPSession, kind: str, x: float, y: float, *, held: bool) -> None:
    hand.send(
        "Input.dispatchMouseEvent",
        {
            "type": kind,
            "x": x,
            "y": y,
            "button": "left",
            "buttons": int(held),
            "clickCount": int(kind != "mouseMoved"),
            "pointerType": "pen",
        },
    )
