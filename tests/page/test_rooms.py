"""A lesson in Chromium: the teacher's wall on a projector, and a pupil on a phone who joins, draws, and votes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from backend.reading.image import Image
from tests.conftest import running_server
from tests.page.conftest import SCREENS, not_in_firefox
from tests.page.test_access import violations
from tests.page.test_permissions import ON_NETWORK
from tests.page.test_texts import LANGUAGES
from tools.chromium import reload, visit
from tools.drawings import SEVEN_URL, as_data_url, as_file, draw_strokes, number_strokes
from tools.drawings import draw as draw_image
from tools.hand import draw

# As Chromium does where site data is blocked: even naming these throws.
BLOCK_SITE_DATA = """
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied.", "SecurityError"); } });
}
"""
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}


def open_room(wall: Page) -> str:
    wall.get_by_role("button", name="Open a room").click()
    expect(wall.locator("#code")).to_have_text(re.compile("^[A-Z0-9]{6}$"))
    return wall.locator("#code").inner_text()


def join(page: Page, nickname: str) -> None:
    page.get_by_label("Nickname").fill(nickname)
    page.get_by_role("button", name="Join").click()
    expect(page.locator(".room-strip")).to_contain_text(nickname)


def predict(page: Page, digit: str) -> None:
    draw(page, digit)
    with page.expect_response(re.compile("/predict$")):
        page.get_by_role("button", name="Predict").click()


def test_a_lesson_from_the_code_on_the_wall_to_the_end_of_the_room(open_page: Callable[..., Page]) -> None:
    wall = open_page("/wall", **PROJECTOR)
    assert violations(wall) == []
    code = open_room(wall)

    pupil = open_page(f"/join?code={code.lower()}", **SCREENS["phone"])
    expect(pupil.locator("#room-facts")).to_contain_text("your drawings and nicknames are deleted")
    assert violations(pupil) == []
    join(pupil, "Zoë")
    expect(wall.locator("#facts")).to_contain_text("1 pupil, 0 drawings")

    # A task: the drawing of a 9 that is meant as a 4.
    wall.locator("#task-digit").select_option("4")
    wall.locator("#task-reads").select_option("9")
    wall.get_by_role("button", name="Set task").click()
    expect(pupil.locator(".room-strip")).to_contain_text("Draw a 4 that the network reads as a 9.")
    predict(pupil, "9")
    expect(pupil.locator(".room-strip")).to_contain_text("Done!")
    expect(pupil.locator(".room-strip")).to_contain_text("Zoë: 1 drawing, 0 of 1 read as meant (0%)")
    expect(wall.locator("#task")).to_contain_text("1 of 1 done")
    expect(wall.locator("#tiles")).to_contain_text("Read as 9 meant 4")
    wall.get_by_role("button", name="1 meant as 4, read as 9").click()
    expect(wall.get_by_role("heading", name="Meant 4, read as 9")).to_be_visible()
    assert violations(wall) == []

    # Somebody else draws what is hard to read; Zoë votes.
    request = wall.context.request
    other = request.post(f"/rooms/{code}/pupils", data={"nickname": "Bob"}).json()
    headers = {"Digitpad-Room": code, "Digitpad-Room-Token": other["token"]}
    request.post("/predict", data={"image": SEVEN_URL, "expected": "1"}, headers=headers)
    pupil.get_by_role("button", name="Vote on a drawing").click()
    pupil.get_by_role("dialog").get_by_role("button", name="7", exact=True).click()
    wall.get_by_role("button", name="Votes").click()
    expect(wall.locator("#tiles")).to_contain_text("7: 1 vote")

    # The teacher hides a drawing, pauses, and goes on.
    wall.locator(".tile").first.click()
    wall.get_by_role("button", name="Hide from the wall").click()
    expect(wall.locator("#facts")).to_contain_text("2 pupils, 1 drawing ·")
    wall.get_by_role("button", name="Pause").click()
    expect(pupil.locator(".room-strip")).to_contain_text("Paused")
    expect(pupil.locator("#predict")).to_be_disabled()
    wall.get_by_role("button", name="Go on").click()
    expect(pupil.locator("#predict")).to_be_enabled()

    # A reload loses nothing.
    for page in (wall, pupil):
        reload(page)
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    expect(pupil.locator(".room-strip")).to_contain_text("Zoë: 1 drawing")

    wall.get_by_role("button", name="End room").click()
    wall.locator("#confirm").get_by_role("button", name="Yes").click()
    expect(wall.get_by_role("alert").first).to_contain_text("This room has ended.")
    expect(pupil.locator(".room-strip")).to_contain_text("This room has ended.")


def test_the_teacher_downloads_the_drawings(open_page: Callable[..., Page]) -> None:
    wall = open_page("/wall", **PROJECTOR)
    code = open_room(wall)
    with wall.expect_download() as download:
        wall.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == f"room-{code}.csv"


def test_every_number_is_behind_a_cell_of_the_matrix(open_page: Callable[..., Page]) -> None:
    wall = open_page("/wall", **PROJECTOR)
    code = open_room(wall)
    pupil = wall.context.request.post(f"/rooms/{code}/pupils", data={"nickname": "Ada"}).json()
    headers = {"Digitpad-Room": code, "Digitpad-Room-Token": pupil["token"]}

    def predict(image: Image, expected: str) -> None:
        body = {"image": as_data_url(as_file(image)), "expected": expected}
        assert wall.context.request.post("/predict", data=body, headers=headers).ok

    predict(draw_image(7), "7")
    expect(wall.get_by_role("button", name="1 meant as 7, read as 7")).to_be_visible()
    expect(wall.locator("#matrix").get_by_role("rowheader", name="number")).to_have_count(0)
    number = draw_strokes(number_strokes("47"))
    for image, expected in ((number, "47"), (number, "41"), (number, "4"), (draw_image(7), "17")):
        predict(image, expected)
    for cell, read in (("4, read as number", ["47 meant 4"]), ("number, read as 7", ["7 meant 17"])):
        wall.get_by_role("button", name=f"1 meant as {cell}").click()
        expect(wall.locator("#tiles .answer")).to_have_count(1)
        expect(wall.locator("#tiles li")).to_have_text([re.compile(f"Read as {each}$") for each in read])
    wall.get_by_role("button", name="2 meant as number, read as number").click()
    expect(wall.locator("#tiles .tile[data-state=wrong]")).to_contain_text("47 meant 41")
    expect(wall.locator("#tiles .tile[data-state=right]")).to_contain_text("47")
    expect(wall.locator("#accuracy")).to_contain_text("2 of 5")
    assert violations(wall) == []


@pytest.fixture
def learned(browser: Browser, own_server: str) -> Iterator[Page]:
    """The wall of a class that writes its sevens as the network reads a 1, after the network has learned from it."""
    wall = browser.new_context(base_url=own_server, **PROJECTOR).new_page()  # type: ignore[arg-type]
    visit(wall, "/wall")
    code = open_room(wall)
    wall.get_by_role("button", name="Let it learn").click()
    expect(wall.locator("#learned")).to_contain_text("There is too little to learn from")
    wall.get_by_role("button", name="Undo").click()
    request = wall.context.request
    for name in "ABCD":
        pupil = request.post(f"/rooms/{code}/pupils", data={"nickname": name}).json()
        headers = {"Digitpad-Room": code, "Digitpad-Room-Token": pupil["token"]}
        for digit, meant in ((1, "7"), (3, "3"), (8, "8")):
            body = {"image": as_data_url(as_file(draw_image(digit))), "expected": meant}
            assert request.post("/predict", data=body, headers=headers).ok
    expect(wall.locator("#tiles .tile")).to_have_count(12)
    wall.get_by_role("button", name="Let it learn").click()
    expect(wall.locator("#learned")).to_contain_text("From 12 drawings by 4 pupils")
    yield wall
    wall.context.close()


def test_the_class_sees_what_the_network_learns_at_each_step_and_undoes_it(learned: Page) -> None:
    step, accuracy = learned.get_by_label("Step of learning"), learned.locator("#learned-accuracy")
    headings = learned.locator("#learned-drawings h3")
    expect(learned.locator("#learned-at")).to_have_text("Before learning")
    expect(accuracy).to_have_text("8 of 12 read as meant (66%)")
    expect(headings).to_have_text(["Wrong: 4"])
    assert violations(learned) == []
    matrix = learned.locator("#learned-matrix")
    matrix.get_by_role("button", name="4 meant as 7, read as 1").click()
    expect(headings).to_have_text(["Meant 7, read as 1"])

    # One step after the other: each wrong answer becomes right once.
    became_right = 0
    for _ in range(int(step.get_attribute("max") or 0)):
        learned.get_by_role("button", name="Next step").click()
        expect(learned.locator("#learned-at")).to_have_text(re.compile(r"After \d+ of 60 steps"))
        now_right, now_wrong, _ = headings.all_inner_texts()
        became_right += int(now_right.removeprefix("Now right: "))
        assert now_wrong == "Now wrong: 0"
        expect(accuracy).to_contain_text(f"{8 + became_right} of 12")
    assert became_right == 4
    expect(learned.locator("#learned-at")).to_have_text("After 60 of 60 steps")
    expect(matrix.get_by_role("button", name="4 meant as 7, read as 7")).to_be_visible()
    learned.get_by_label("Compare with the beginning").check()
    expect(headings).to_have_text(["Now right: 4", "Now wrong: 0", "Still wrong: 0"])
    expect(learned.locator("#learned-drawings .tile").first).to_have_text("1 → 7 meant 7")
    assert violations(learned) == []
    learned.get_by_role("button", name="Undo").click()
    expect(learned.get_by_role("dialog")).to_be_hidden()


def test_the_steps_of_learning_are_chosen_with_keys_and_drawn_as_a_curve(learned: Page) -> None:
    step, done = learned.get_by_label("Step of learning"), learned.locator("#curve-done")
    expect(step).to_be_focused()
    learned.keyboard.press("ArrowRight")
    expect(learned.locator("#learned-at")).to_have_text("After 1 of 60 steps")
    expect(step).to_have_attribute("aria-valuetext", "After 1 of 60 steps")
    assert (done.get_attribute("d") or "").count("L") == 1
    learned.keyboard.press("End")
    expect(learned.locator("#learned-accuracy")).to_have_text("12 of 12 read as meant (100%)")
    assert done.get_attribute("d") == learned.locator("#curve-all").get_attribute("d")
    expect(learned.get_by_role("img", name="at first 66%, at last 100%")).to_be_visible()


@not_in_firefox("Playwright can't simulate reduced motion there")
def test_the_steps_of_learning_are_played_unless_motion_is_reduced(learned: Page) -> None:
    play = learned.get_by_role("button", name="Play")
    play.click()
    expect(learned.locator("#learned-at")).to_have_text("After 3 of 60 steps")
    learned.locator("#learning").get_by_role("button", name="Pause").click()
    stopped = learned.locator("#learned-at").inner_text()
    learned.wait_for_timeout(3000)
    expect(learned.locator("#learned-at")).to_have_text(stopped)
    learned.get_by_role("button", name="Undo").click()
    learned.emulate_media(reduced_motion="reduce")
    learned.get_by_role("button", name="Let it learn").click()
    expect(learned.locator("#learned-at")).to_have_text("Before learning")
    expect(play).to_be_hidden()
    expect(learned.get_by_role("button", name="Next step")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_of_learning_fit_a_small_phone(learned: Page, language: str) -> None:
    learned.set_viewport_size({"width": 320, "height": 568})
    if language != "en":
        learned.get_by_role("button", name="Undo").click()
        learned.locator("#language").select_option(language)
        learned.locator("#learn").click()
    expect(learned.locator("#learned-drawings .tile")).to_have_count(4)
    assert learned.locator("#learning").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    expect(learned.locator("#undo-learning")).to_be_in_viewport()


def test_a_pupil_without_a_connection_loses_nothing(open_page: Callable[..., Page]) -> None:
    wall = open_page("/wall", **PROJECTOR)
    code = open_room(wall)
    pupil = open_page(f"/join?code={code}", **SCREENS["desktop"])
    join(pupil, "Ada")
    pupil.context.set_offline(True)
    draw(pupil, "7")
    pupil.get_by_role("button", name="Predict").click()
    expect(pupil.locator(".room-strip")).to_contain_text("kept and sent later")
    pupil.context.set_offline(False)
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    expect(wall.locator("#tiles .tile")).to_contain_text("7")
    wall.wait_for_timeout(1500)
    expect(wall.locator("#tiles .tile")).to_have_count(1)


@not_in_firefox("Playwright hears of no aborted request there")
def test_who_sends_the_request_to_join_again_stays_one_pupil(open_page: Callable[..., Page]) -> None:
    wall = open_page("/wall", **PROJECTOR)
    code = open_room(wall)
    pupil = open_page(f"/join?code={code}", **SCREENS["desktop"])

    lost: list[int] = []

    def lose_two_responses(route: Route) -> None:
        if len(lost) == 2:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    pupil.route("**/pupils", lose_two_responses)
    join(pupil, "Ada")
    expect(wall.locator("#facts")).to_contain_text("1 pupil,")
    assert pupil.locator(".room-strip").inner_text().count("Ada 2") == 0
    assert lost == [201, 201]


def test_a_pupil_whose_browser_blocks_site_data_takes_part_while_the_page_is_open(
    open_page: Callable[..., Page],
) -> None:
    wall = open_page("/wall", **PROJECTOR)
    code = open_room(wall)
    pupil = open_page(f"/join?code={code}", BLOCK_SITE_DATA, **SCREENS["phone"])
    join(pupil, "Ada")
    expect(pupil.locator(".room-strip")).to_contain_text("keep this page open")
    assert pupil.url.endswith(f"/?room={code}")
    predict(pupil, "7")
    expect(pupil.locator(".room-strip")).to_contain_text("Ada: 1 drawing")
    expect(wall.locator("#tiles .tile")).to_have_count(1)
    reload(pupil)
    expect(pupil).to_have_url(re.compile("/join"))


def test_a_link_of_somebody_else_makes_nobody_a_pupil(open_page: Callable[..., Page]) -> None:
    code = open_room(open_page("/wall", **PROJECTOR))
    pupil = open_page(
        f"/?room={code}#pupil=%7B%22code%22%3A%22{code}%22%2C%22token%22%3A%22x%22%7D", **SCREENS["phone"]
    )
    expect(pupil).to_have_url(re.compile("/join"))


def test_a_link_of_somebody_else_leaves_a_pupil_in_the_room(open_page: Callable[..., Page]) -> None:
    code = open_room(open_page("/wall", **PROJECTOR))
    pupil = open_page(f"/join?code={code}", **SCREENS["phone"])
    join(pupil, "Ada")
    pupil.goto("about:blank")  # so that the link loads the page
    visit(pupil, f"/?room={code}#pupil=%7B%22code%22%3A%22{code}%22%2C%22token%22%3A%22x%22%7D")
    expect(pupil.locator(".room-strip")).to_contain_text("Ada")


def test_the_operator_leads_a_room_that_was_opened_on_another_computer(open_page: Callable[..., Page]) -> None:
    code = open_room(open_page("/wall", **PROJECTOR))
    other = open_page(f"/wall?room={code}", **SCREENS["phone"])
    expect(other.locator("#code")).to_have_text(code)
    expect(other.locator("#facts")).to_contain_text("0 pupils, 0 drawings")
    assert other.evaluate("document.documentElement.scrollWidth") <= other.evaluate("innerWidth")
    visit(other, "/wall?room=K7MXA4")
    expect(other.locator("#notice")).to_contain_text("There is no room with this code")


def test_a_code_that_does_not_exist_is_explained(open_page: Callable[..., Page]) -> None:
    page = open_page("/join", **SCREENS["phone"])
    page.get_by_label("Code on the wall").fill("k7m xa4")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#notice")).to_contain_text("There is no room with this code")
    visit(page, "/?room=K7MXA4")
    expect(page).to_have_url(re.compile("/join"))


def test_only_the_operator_is_offered_to_open_a_room(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_server(tmp_path_factory.mktemp("private"), **ON_NETWORK) as running:
        page = browser.new_context(base_url=running.url).new_page()
        visit(page, "/wall")
        expect(page.locator("#sign-in-first")).to_be_visible()
        expect(page.get_by_role("button", name="Open a room")).to_be_hidden()
        page.context.close()
