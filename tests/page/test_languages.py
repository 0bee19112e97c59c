"""The pages in five languages: chosen by the browser or by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.page.conftest import SCREENS
from tests.page.test_texts import FRONTEND, NAMES, texts
from tools.chromium import reload, visit
from tools.hand import draw

PHONE = {"service_workers": "block", **SCREENS["phone"]}
# What a person sees or hears: visible texts and attributes, but for code and what is in English on purpose.
SEEN = """() => {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("[lang=en], code, kbd, pre, #language")) continue;
    for (const name of ["title", "alt", "aria-label", "placeholder"]) found.push(element.getAttribute(name) ?? "");
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
  }
  return found.map((text) => text.trim()).filter(Boolean);
}"""
# The elements that a translation of a page lost or added.
LOST = """async (paths) => {
  const { translate } = await import("/static/js/texts.js");
  const lost = [];
  for (const path of paths) {
    const html = await (await fetch(`/static/${path}`)).text();
    const [before, after] = [0, 1].map(() => new DOMParser().parseFromString(html, "text/html"));
    translate(after);
    const tags = (page) => [...page.querySelectorAll("*")].map((element) => element.localName + element.id).sort();
    if (tags(before).join() !== tags(after).join() || after.body.textContent.includes("<")) lost.push(path);
  }
  return lost;
}"""


@pytest.fixture
def local_network() -> bool:
    return True


def test_the_browser_chooses_the_language_and_a_person_another_one_which_is_remembered(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/join", locale="fr-CH", **PHONE)
    expect(page.get_by_role("heading")).to_have_text("Rejoindre une salle")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_label("Langue").select_option("中文")
    expect(page.get_by_role("heading")).to_have_text("加入房间")
    visit(page, "/")
    expect(page.locator("html")).to_have_attribute("lang", "zh")


def test_a_browser_that_asks_for_another_language_gets_english(open_page: Callable[..., Page]) -> None:
    page = open_page("/join", locale="cy", **PHONE)
    expect(page.get_by_role("heading")).to_have_text("Join a room")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_error_of_the_server_is_shown_in_the_language_of_the_page(open_page: Callable[..., Page]) -> None:
    page = open_page("/join?code=AAAAAA", locale="de", **PHONE)
    expect(page.get_by_role("alert")).to_contain_text("Es gibt keinen Raum mit diesem Code")


def test_nothing_is_shown_before_it_is_translated(open_page: Callable[..., Page]) -> None:
    page = open_page("/join", locale="es", **PHONE)
    page.add_init_script(
        "new PerformanceObserver((list) => list.getEntries().forEach(({name}) => {"
        "  if (name === 'first-contentful-paint') window.shownFirst = document.querySelector('h1').textContent;"
        "})).observe({type: 'paint', buffered: true});"
    )
    reload(page)
    page.wait_for_function("() => window.shownFirst")
    assert page.evaluate("shownFirst") == "Entrar en una sala"


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") > SCREENS["phone"]["viewport"]["width"])


@pytest.mark.parametrize("language", ["fr", "es", "zh"])  # German, whose words are longest, is below
def test_every_page_fits_a_phone(open_page: Callable[..., Page], language: str) -> None:
    page = open_page("/join", locale=language, **PHONE)
    for path in ("/join", "/", "/wall", "/recorder", "/label", "/api"):
        visit(page, path)
        page.wait_for_function("() => document.documentElement.dataset.translating === undefined")
        page.wait_for_load_state("networkidle")
        assert not is_too_wide(page), path


def test_a_translation_keeps_what_is_in_a_text_such_as_links_and_fields(open_page: Callable[..., Page]) -> None:
    page = open_page("/join", locale="de", **PHONE)
    assert page.evaluate(LOST, [path.name for path in FRONTEND.glob("*.html")]) == []


def marked(text: str | dict[str, str]) -> str | dict[str, str]:
    """A text whose letters are not those of English, as long as before; placeholders and tags stay."""
    if isinstance(text, dict):
        return {category: str(marked(form)) for category, form in text.items()}
    parts = re.split(r"(\{\w+\}|</?\w+>)", text)
    return "".join(part if part.startswith(("{", "<")) else re.sub("[A-Za-z]", "\u00eb", part) for part in parts)


# Names, and what browsers write in German themselves: how long a room lasts, weekdays and months.
OWN = re.compile(
    "GET|POST|PATCH|DELETE|IDX|MNIST|JSON|Lines|UTC|openapi.json|Softmax|regression|Textbook|CNN|in|Stunden?"
    "|Mo|Di|Mi|Do|Fr|Sa|So|Jan|Feb|März|Apr|Mai|Juni|Juli|Aug|Sept|Okt|Nov|Dez"
)


def in_english(page: Page) -> set[str]:
    """Words that come from no file of texts; what has a digit is a value, such as a time."""
    words = {word.strip(".,;:()") for text in page.evaluate(SEEN) for word in text.split()}
    words = {word for word in words if re.search("[A-Za-z]{2}", word) and not re.search(r"\d", word)}
    return {word for word in words - NAMES if not OWN.fullmatch(word)}


def test_every_text_that_a_person_meets_comes_from_the_file_of_the_language(chromium: Browser, own_server: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(
            body=json.dumps({key: marked(text) for key, text in texts("de").items()}), content_type="application/json"
        )

    context = chromium.new_context(base_url=own_server, locale="de", **PHONE)
    context.route("**/texts/de.json", answer)
    found: dict[str, set[str]] = {}
    too_wide: list[str] = []

    def look(page: Page, step: str) -> None:
        if is_too_wide(page):
            too_wide.append(step)
        if left := in_english(page):
            found[step] = left

    wall = context.new_page()
    visit(wall, "/wall")
    expect(wall.locator("#open-form")).to_be_visible()
    look(wall, "before the room")
    wall.locator("#open-form button").click()
    expect(wall.locator("#code")).to_have_text(re.compile("^[A-Z0-9]{6}$"))
    code = wall.locator("#code").inner_text()
    NAMES.add(code)
    pupil = context.new_page()
    visit(pupil, "/join?code=AAAAAA")
    expect(pupil.locator("#notice")).not_to_be_empty()
    look(pupil, "no room")
    visit(pupil, f"/join?code={code}")
    expect(pupil.locator("#join")).to_be_visible()
    look(pupil, "join")
    pupil.locator("#nickname").fill("9")
    pupil.locator("#join button").click()
    expect(pupil.locator(".room-strip .mine")).to_contain_text("9")
    look(pupil, "room")
    wall.locator("#task-digit").select_option("8")
    wall.locator("#task-reads").select_option("3")
    wall.locator("#task-form button").first.click()
    expect(pupil.locator(".room-strip .task")).to_contain_text("8")
    draw(pupil, "3")
    pupil.locator("#predict").click()
    expect(pupil.locator("#correction")).to_be_visible()
    look(pupil, "predicted")
    for view in ("newest", "hardest", "unusual", "voted", "hidden", "pupils"):
        wall.locator(f"#views [value={view}]").click()
        look(wall, view)
    wall.locator("#views [value=newest]").click()
    wall.locator("#tiles button").first.click()
    look(wall, "drawing on the wall")
    wall.locator("#drawing .main").click()
    wall.locator("#end").click()
    look(wall, "end of the room")
    wall.locator("#confirm [value=yes]").click()
    expect(pupil.locator(".room-strip .mine")).to_be_empty()
    look(pupil, "after the room")
    wall.close()

    page = context.new_page()
    visit(page, "/")
    look(page, "empty canvas")
    page.locator("#predict").click()
    look(page, "nothing to predict")
    draw(page, "4")
    page.locator("#predict").click()
    expect(page.locator("#correction")).to_be_visible()
    page.locator("#labels button").last.click()
    expect(page.locator("#corrected")).not_to_be_empty()
    look(page, "corrected")
    page.locator("#show-explanation").click()
    steps = page.locator(".step")
    for i in (0, 1, 2, 9, 10):
        steps.nth(i).click()
        expect(page.locator(".stage > *").first).to_be_visible()
        look(page, f"explanation {i}")
    page.locator("#help").click()
    look(page, "help")
    visit(page, "/recorder")
    expect(page.locator("#records tbody tr").first).to_be_visible()
    page.locator("#statistics summary").click()
    look(page, "recorder")
    page.locator("#records tbody button").first.click()
    page.locator("#record-why").click()
    expect(page.locator("#record-evidence figure")).to_be_visible()
    look(page, "record")
    page.locator("#record-delete").click()
    look(page, "deletion")
    for path in ("/recorder?result=5", "/label", "/api"):
        visit(page, path)
        page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        look(page, path)
    context.close()
    assert (found, too_wide) == ({}, [])
