"""Security headers, cross-site requests and host names."""

from __future__ import annotations

import urllib.request

import pytest
from flask.testing import FlaskClient

from backend.settings import Settings
from backend.web.app import create_app
from tools.drawings import SEVEN_URL


@pytest.mark.parametrize("path", ["/", "/recorder", "/api", "/static/index.html", "/health/live", "/nowhere"])
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_browsers_are_told_to_use_https_only_where_it_is_used(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/health/live").headers
    assert client.get("/health/live", base_url="https://localhost").headers["Strict-Transport-Security"]


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
def test_cross_site_writes_are_rejected(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/predict?record=false", data=SEVEN_URL, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "cross_site"


@pytest.mark.parametrize("headers", TAKEN)
def test_same_origin_and_non_browser_writes_are_allowed(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/predict?record=false", data=SEVEN_URL, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", REFUSED)
def test_cross_site_reads_are_allowed(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/health/live", headers=headers).status_code == 200


def test_an_unknown_host_name_is_rejected(client: FlaskClient) -> None:
    answer = client.get("/health/live", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "untrusted_host")


def test_trusted_hosts_are_accepted(settings: Settings) -> None:
    named = Settings(instance=settings.instance, records_url="none", trusted_hosts=("digits.example",))
    client = create_app(named).test_client()
    assert client.get("/health/live", headers={"Host": "digits.example:5000"}).status_code == 200
    assert client.get("/health/live", headers={"Host": "localhost"}).status_code == 400


def test_no_other_origin_may_read_a_response(client: FlaskClient) -> None:
    for method in ("GET", "OPTIONS"):
        answer = client.open("/health/live", method=method, headers={"Origin": "https://other.example"})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


def test_responses_do_not_name_the_server_software(server: str) -> None:
    with urllib.request.urlopen(f"{server}/health/live") as answer:
        assert answer.headers["Server"] is None
        assert answer.headers["X-Powered-By"] is None
