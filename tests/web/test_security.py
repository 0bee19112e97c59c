"""What a browser may do with the pages, and which requests of other sites are refused."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from backend.settings import Settings
from backend.web.app import create_app
from tools.drawings import SEVEN_URL


@pytest.mark.parametrize("path", ["/", "/recorder", "/api", "/static/index.html", "/health/live", "/nowhere"])
def test_every_answer_has_the_policy(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:81"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]
TAKEN = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://outer.example"},  # behind a proxy that renames the host
]


@pytest.mark.parametrize("headers", REFUSED)
def test_another_site_may_not_write(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/predict?record=false", data=SEVEN_URL, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "cross_site"


@pytest.mark.parametrize("headers", TAKEN)
def test_the_page_itself_and_programs_may(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/predict?record=false", data=SEVEN_URL, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", REFUSED)
def test_reading_is_safe_from_anywhere(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/health/live", headers=headers).status_code == 200


def test_a_name_that_only_points_here_is_not_answered(client: FlaskClient) -> None:
    answer = client.get("/health/live", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "untrusted_host")


def test_the_names_that_the_operator_gives_are_answered(settings: Settings) -> None:
    named = Settings(instance=settings.instance, records_url="none", trusted_hosts=("digits.example",))
    client = create_app(named).test_client()
    assert client.get("/health/live", headers={"Host": "digits.example:5000"}).status_code == 200
    assert client.get("/health/live", headers={"Host": "localhost"}).status_code == 400
