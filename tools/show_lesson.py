"""Shows a lesson in Chromium, as pictures and figures: a wall, and 40 pupils with a page each in the same browser.

    python -m tools.show_lesson FOLDER [PUPILS]      (default 40)

The pupils join through the page, load sample drawings and press Predict. The server and the browser share this
machine's cores. Prints what docs/runs/lesson.txt keeps; the pictures go to FOLDER.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Browser, Page, expect

from tools.chromium import SCREENS, open_chromium, visit
from tools.server import Server

PROJECTOR = {"width": 1280, "height": 720}
DRAWN = 3  # by each pupil, before the task
SPREAD = 8.0  # seconds in which all pupils press Predict
SEVENS = (7, 13, 10, 10)  # samples that pupils draw for the task; the network reads the last ones as a 1

# Chooses a sample as a person does, waits for the preview, and presses Predict. Returns at once, so that all pupils
# draw at the same time; `drawn` is the promise of the result.
DRAW = """([sample, meant, delay]) => {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (done) => { while (!done()) await pause(20); };
  const asked = () => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/predict"));
  const draw = async () => {
    await pause(delay);
    document.querySelector("#samples").click();
    await until(() => document.querySelector("dialog.samples")?.open);
    const before = asked().length;
    document.querySelectorAll(".sample")[sample].click();
    await until(() => document.querySelector("#result").dataset.kind !== "none");
    await pause(500);
    const previews = asked().length - before;
    document.querySelector("#expected").value ||= meant;
    document.querySelector("#predict").click();
    await until(() => asked().length > before + previews);
    const { duration, responseEnd } = asked().at(-1);
    return { previews, milliseconds: duration, answered: performance.timeOrigin + responseEnd };
  };
  globalThis.drawn = draw();
}"""

# When the wall shows how many drawings, in ms of its clock.
WATCH_TILES = """() => {
  const tiles = document.querySelector("#tiles");
  globalThis.shownAt = [];
  new MutationObserver(() => {
    while (globalThis.shownAt.length < tiles.querySelectorAll("img[src]").length) globalThis.shownAt.push(Date.now());
  }).observe(tiles, { childList: true, subtree: true, attributes: true, attributeFilter: ["src"] });
}"""


class Prediction(NamedTuple):
    previews: int  # requests that previews made
    milliseconds: float  # from the request to the response
    answered: float  # ms since 1970


class Show:
    """The lesson. Pictures are numbered in the order of the steps."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser, self._url, self._folder = browser, url, folder
        self._steps = itertools.count(1)
        self.predictions: list[Prediction] = []
        self.wall = self.page(viewport=PROJECTOR)
        self.pupils: list[Page] = []

    def page(self, **screen: object) -> Page:
        options: dict[str, Any] = {"base_url": self._url, "locale": "en-GB", "reduced_motion": "reduce", **screen}
        context = self._browser.new_context(**options)
        context.set_default_timeout(120_000)
        return context.new_page()

    def shoot(self, page: Page, name: str) -> None:
        page.screenshot(path=self._folder / f"{next(self._steps)}-{name}.png", scale="css")

    def open(self) -> str:
        visit(self.wall, "/wall")
        self.wall.get_by_role("button", name="Open a room").click()
        expect(self.wall.locator("#code")).to_have_text(re.compile("^[A-Z0-9]{6}$"))
        self.shoot(self.wall, "wall")
        return self.wall.locator("#code").inner_text()

    def join(self, code: str, count: int) -> None:
        for number in range(count):
            pupil = self.page(**SCREENS["phone"] if number == 0 else {"viewport": {"width": 390, "height": 700}})
            visit(pupil, f"/join?code={code}")
            expect(pupil.locator("#join")).to_be_visible()
            if number == 0:
                self.shoot(pupil, "join")
            pupil.get_by_role("button", name="Join").click()
            expect(pupil.locator(".room-strip")).to_contain_text("0 drawings")
            expect(pupil.locator("#privacy")).to_contain_text("stays in this browser")  # the network is loaded
            self.pupils.append(pupil)
        expect(self.wall.locator("#facts")).to_contain_text(f"{count} pupils")

    def draw(self, samples: list[int], meant: list[int]) -> None:
        """All pupils draw, each at a time of their own within SPREAD seconds."""
        for pupil, sample, digit in zip(self.pupils, samples, meant, strict=True):
            pupil.evaluate(DRAW, [sample, str(digit), random.uniform(0, 1000 * SPREAD)])
        self.predictions += [Prediction(**pupil.evaluate("globalThis.drawn")) for pupil in self.pupils]

    def choose_task(self, digit: str, reads: str) -> None:
        self.wall.locator("#task-digit").select_option(digit)
        self.wall.locator("#task-reads").select_option(reads)
        self.wall.get_by_role("button", name="Set task").click()
        expect(self.wall.locator("#task")).to_contain_text(f"draws a {digit}" if not reads else f"Draw a {digit}")


def lesson(show: Show, count: int) -> list[float]:
    """Returns how many seconds the wall took to show each drawing of the first part."""
    code = show.open()
    show.join(code, count)
    show.wall.evaluate(WATCH_TILES)
    first = show.pupils[0]
    for turn in range(DRAWN):
        digits = [(3 * number + turn) % 10 for number in range(count)]
        show.draw(digits, digits)
        if turn == 0:
            expect(first.locator("#headline")).to_have_text("0")
            show.shoot(first, "drawing")
    drawn = DRAWN * count
    expect(show.wall.locator("#facts")).to_contain_text(f"{drawn} drawings")
    expect(show.wall.locator("#tiles img[src]")).to_have_count(min(drawn, show.wall.locator("#tiles li").count()))
    answered = sorted(each.answered for each in show.predictions)
    lags = [max(0.0, at - done) / 1000 for at, done in zip(show.wall.evaluate("shownAt"), answered, strict=False)]
    show.shoot(show.wall, "drawings")

    show.choose_task("7", "")
    for pupil in show.pupils:
        expect(pupil.locator(".room-strip .task")).to_contain_text("Draw a 7")
    show.draw([SEVENS[number % len(SEVENS)] for number in range(count)], [7] * count)
    expect(show.wall.locator("#facts")).to_contain_text(f"{drawn + count} drawings")
    show.shoot(first, "task")
    show.wall.wait_for_timeout(2500)
    show.shoot(show.wall, "matrix")
    show.wall.get_by_role("button", name="Hardest", exact=True).click()
    show.shoot(show.wall, "hardest")

    for pupil in show.pupils[:10]:
        vote = pupil.get_by_role("button", name="Vote on a drawing")
        if not vote.is_visible():
            continue
        vote.click()
        expect(pupil.get_by_role("dialog")).to_be_visible()
        if pupil is first:
            show.shoot(pupil, "vote")
        pupil.get_by_role("dialog").get_by_role("button", name="1", exact=True).click()
    show.wall.get_by_role("button", name="Votes", exact=True).click()
    expect(show.wall.locator("#tiles")).to_contain_text("vote")
    show.shoot(show.wall, "votes")

    show.wall.get_by_role("button", name="Let it learn").click()
    expect(show.wall.locator("#learned-accuracy")).to_contain_text("read as meant", timeout=120_000)
    show.wall.get_by_label("Compare with the beginning").check()
    show.wall.get_by_label("Step of learning").press("End")
    show.shoot(show.wall, "learning")
    show.wall.get_by_role("button", name="Undo").click()
    with show.wall.expect_download() as download:
        show.wall.get_by_role("button", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    print(f"export: {download.value.suggested_filename.partition('-')[0]} as CSV, {len(lines) - 1} drawings")
    show.wall.get_by_role("button", name="End room…", exact=True).click()
    show.shoot(show.wall, "end")
    show.wall.locator("#confirm").get_by_role("button", name="Yes").click()
    expect(first.locator(".room-strip")).to_contain_text("This room has ended.")
    show.shoot(first, "ended")
    return lags


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=120_000)  # the machine is busy
    environment = {"ACCESS_LOG": "false", "RECORD_BUDGET_MS": "60000"}
    with (
        tempfile.TemporaryDirectory() as instance,
        Server({**environment, "INSTANCE": instance}) as server,
        open_chromium() as browser,
    ):
        started = time.monotonic()
        show = Show(browser, server.url, folder)
        lags = lesson(show, count)
        print(f"{count} pages of pupils and a wall in one Chromium, {time.monotonic() - started:.0f} s")
    times = [each.milliseconds for each in show.predictions]
    print(f"requests of previews: {sum(each.previews for each in show.predictions)} for {len(times)} drawings")
    for name, values, unit, places in (("predictions", times, "ms", 0), ("wall, after the answer", lags, "s", 2)):
        p50, p95, slowest = (f"{each:,.{places}f} {unit}" for each in np.percentile(np.array(values), (50, 95, 100)))
        print(f"{name}: {len(values)}, p50 {p50}, p95 {p95}, slowest {slowest}")


if __name__ == "__main__":
    main()
