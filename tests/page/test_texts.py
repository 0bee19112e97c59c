"""The texts of the pages: complete in every language, all used, with the same placeholders."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from backend.settings import TOP

FRONTEND = TOP / "frontend"
LANGUAGES = ("en", "de", "fr", "es", "zh")
TRANSLATIONS = LANGUAGES[1:]
# Categories of the Unicode plural rules. French and Spanish also have one for millions, which nothing here counts.
PLURALS = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "fr": {"one", "other"},
    "es": {"one", "other"},
    "zh": {"other"},
}
# Words that are the same as in English.
SAME: dict[str, set[str]] = {
    "de": {"Filter"},
    "fr": {"Correction", "Pages", "Pause", "Source", "Verdict", "Votes"},
    "es": {"no"},
    "zh": set(),
}
# What a page shows as it is: names, keys of the keyboard, code and formats of files.
NAMES = {
    "API",
    "CSV",
    "Digitpad",
    "IDX (MNIST)",
    "JSON Lines",
    "NPZ",
    "English",
    "Deutsch",
    "Français",
    "Español",
    "中文",
}
NOT_TRANSLATED = {"code", "kbd", "noscript", "pre", "script", "style"}
# Codes of errors that no page causes.
API_ONLY = {
    "annotator_token_required",
    "bad_cursor",
    "bad_field",
    "bad_idempotency_key",
    "bad_label",
    "bad_parameter",
    "bad_request",
    "empty_body",
    "idempotency_key_expired",
    "idempotency_key_in_future",
    "method_not_allowed",
    "no_image",
    "no_strokes",
    "not_a_data_url",
    "not_found",
    "not_json",
    "untrusted_host",
}

Texts = dict[str, str | dict[str, str]]


def texts(language: str) -> Texts:
    found: Texts = json.loads((FRONTEND / "texts" / f"{language}.json").read_text())
    return found


class Html(HTMLParser):
    """Finds the English texts and attributes of a page by their keys, and those without a key, unless they are English
    on purpose (`lang="en"`)."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.english: dict[str, str] = {}
        self.without_key: list[str] = []
        self._open: list[tuple[str, bool]] = []  # tags, and whether what is in them needs no key
        self._key = ""
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("title", "alt", "aria-label", "aria-roledescription", "placeholder"):
            key, english = given.get(f"data-text-{name}"), given.get(name)
            if key:
                self.english[key] = english or ""
            elif english:
                self.without_key.append(f"{name}={english}")
        self._key = given.get("data-text") or ""
        if self._key:
            self.english[self._key] = ""
        if tag not in ("meta", "link", "img", "input", "path", "circle", "use", "br"):
            in_english = tag != "html" and given.get("lang") == "en"
            done = "data-text" in given or in_english or tag in NOT_TRANSLATED
            self._open.append((tag, done or any(each for _, each in self._open)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._key:
            self.english[self._key] = text
        self._key = ""
        if re.search(r"[^\W\d_]{2}", text) and text not in NAMES and not (self._open and self._open[-1][1]):
            self.without_key.append(text)


def forms(text: str | dict[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def parts(text: str) -> list[str]:
    """The placeholders and the tags of a text, sorted."""
    return sorted(re.findall(r"\{\w+\}|<\w+>", text))


def codes() -> set[str]:
    """The codes of all errors that the server, or the demo without one, sends."""
    source = "".join(path.read_text() for path in (TOP / "backend").rglob("*.py"))
    device = (FRONTEND / "js" / "device" / "server.js").read_text()
    return {
        *re.findall(r'(?:[Pp]roblem|problem_answer)\(\s*(?:[\w.]+,\s*)?\d+,\s*"(\w+)"', source + device),
        *re.findall(r'^    code = "(\w+)"', source, re.M),
        *re.findall(r'\d+: \("(\w+)", "', source),
        *re.findall(r'"(recorder_unavailable|untrusted_host)"', source),
    }


def in_pages() -> dict[str, str]:
    """The keys that the pages name, and their English texts, up to the first tag."""
    return {key: text for page in FRONTEND.glob("*.html") for key, text in Html(page).english.items()}


def in_scripts(known: set[str]) -> set[str]:
    """The known keys that calls of text() in the scripts name, whole or as `verdict.${...}`; tsc finds unknown ones."""
    scripts = "".join(path.read_text() for path in (FRONTEND / "js").rglob("*.js"))
    calls = " ".join(re.findall(r"\btext\(((?:[^()]|\([^()]*\))*)", scripts))
    whole = set(re.findall(r'"([a-z_.]+)"', calls))
    patterns = [re.sub(r"\$\{[^}]*\}", r"\\w+", found) for found in re.findall(r"`([a-z_.]+\$\{[^`]*)`", calls)]
    return {key for key in known if key in whole or any(re.fullmatch(pattern, key) for pattern in patterns)}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_text_is_translated_with_its_placeholders_tags_and_plurals(language: str) -> None:
    scripts, translated = texts("en"), texts(language)
    assert scripts.keys() | in_pages().keys() == {key for key in translated if not key.startswith("error.")}
    for key, text in (texts("de") | scripts).items():
        if isinstance(text, dict):
            forms_there = translated[key]
            assert isinstance(forms_there, dict), key
            assert set(forms_there) == PLURALS[language], key
        for form in forms(translated[key]):
            assert parts(form) == parts(forms(text)[-1]), key


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_translation_differs_from_the_english_text(language: str) -> None:
    translated = texts(language)
    english = in_pages() | {key: forms(text)[-1] for key, text in texts("en").items()}
    same = {text for key, text in english.items() if text == forms(translated[key])[-1]}
    words = {re.sub(r"\{\w+\}|[^\w]", "", text) for text in same}
    assert words - {"", "API", "APIDigitpad", "ID"} - SAME[language] == set()


def test_a_text_of_pages_and_scripts_is_the_same_in_both() -> None:
    pages = in_pages()
    assert {key: pages[key] for key in texts("en") if key in pages} == {
        key: text for key, text in texts("en").items() if key in pages
    }


@pytest.mark.parametrize("page", sorted(FRONTEND.glob("*.html")), ids=lambda page: page.stem)
def test_every_text_of_a_page_has_a_key(page: Path) -> None:
    assert Html(page).without_key == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_error_that_a_page_shows_is_translated(language: str) -> None:
    """The English text is the server's own, which may be more specific."""
    translated = {key.removeprefix("error.") for key in texts(language) if key.startswith("error.")}
    assert translated == codes() - API_ONLY
    assert codes() >= API_ONLY


def test_every_text_is_used() -> None:
    assert in_scripts(set(texts("de"))) == texts("en").keys()


def test_each_language_can_be_chosen_by_hand_on_each_page() -> None:
    assert {path.stem for path in (FRONTEND / "texts").iterdir()} == set(LANGUAGES)
    assert json.dumps(LANGUAGES)[1:-1] in (FRONTEND / "js" / "start.js").read_text()
    pages: list[Path] = list(FRONTEND.glob("*.html"))
    for page in pages:
        select = page.read_text().partition('<select id="language"')[2].partition("</select>")[0]
        assert tuple(re.findall(r'value="(\w+)"', select)) == LANGUAGES, page.name
