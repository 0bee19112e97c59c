"""Whatever text a visitor sends, no page runs it as a script; and no other site can show a page in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import running_server
from tests.page.test_permissions import ON_NETWORK, sign_in
from tools.chromium import visit
from tools.drawings import SEVEN_URL

SCRIPTS = [
    '<img src=x onerror="window.ran=1">.png',
    "'-(window.ran=1)-'.png",
    "javascript:window.ran=1",
    "<script>window.ran=1<\\script>.png",
    "${window.ran=1}{{window.ran=1}}",
]
# Fields that take fewer values than text; a script in one is refused, and the answer must not run it either.
REFUSED = ("expected", "source", "strokes", "pen_widths", "image", "label")
WATCH = """
window.ran = 0;
window.violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => {
  if (violatedDirective.startsWith("script")) window.violations.push(violatedDirective);  // JSON is shown with styles
});
"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server with public records, so that visitors see what others sent."""
    with running_server(tmp_path_factory.mktemp("attacked"), RECORDER="public", **ON_NETWORK) as running:
        yield running.url


@contextmanager
def watched(chromium: Browser, url: str) -> Iterator[Page]:
    """A page in which no script of a visitor may run, whatever it opens."""
    context = chromium.new_context(base_url=url)
    context.set_default_timeout(30_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"A script opened a dialog: {dialog.message}"))
    yield page
    context.close()


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("[window.ran, ...window.violations]") == [0]


def send(page: Page) -> list[str]:
    """Send each script in each field; the ids of the records that were made."""
    made = []
    for script in SCRIPTS:
        body = {"image": SEVEN_URL, "source": "upload", "file_name": script}
        made.append(page.request.post("/predict", data=body).json()["id"])
        for field in REFUSED:
            answer = page.request.post("/predict", data={**body, field: script})
            assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
        headers = {"Idempotency-Key": script, "X-Request-ID": script, "Digitpad-Secret": script, "User-Agent": script}
        answer = page.request.post("/predict", data=body, headers=headers)
        assert answer.status == 400
        assert "ran=1" not in str(answer.headers)
    return made


@pytest.mark.parametrize("role", ["visitor", "operator"])
def test_no_text_of_a_visitor_runs_as_a_script(chromium: Browser, attacked: str, role: str) -> None:
    with watched(chromium, attacked) as page:
        records = send(page)
        visit(page, "/recorder")
        if role == "operator":
            sign_in(page)
        page.wait_for_load_state("networkidle")
        assert_nothing_ran(page)
        for row in page.locator("#records tbody tr").all()[: len(SCRIPTS)]:
            row.get_by_role("button").first.click()
            expect(page.locator("#record")).to_be_visible()
            assert_nothing_ran(page)
            page.keyboard.press("Escape")
        paths = [f"/?record={record}" for record in records]
        for script in map(quote, SCRIPTS):
            paths += [f"/?record={script}", f"/recorder?result={script}", f"/recorder#{script}", f"/api#{script}"]
            paths += [f"/{script}", f"/records?{script}=1"]
        paths += [f"/records/{records[0]}", f"/records/{records[0]}/image.png"]
        for path in paths:
            page.goto(path)
            page.wait_for_load_state("load")
            assert_nothing_ran(page)


def test_no_other_site_shows_a_page_in_a_frame(chromium: Browser, attacked: str) -> None:
    with watched(chromium, attacked) as page:
        page.goto("about:blank")
        for path in ("/", "/recorder", "/api", "/records"):
            page.set_content(f'<iframe src="{attacked}{path}"></iframe>', wait_until="load")
            assert page.frames[1].url == "chrome-error://chromewebdata/"
