"""Who may do what: every operation of the application from every role, and the credentials that make a role."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.records.ids import new_key
from backend.settings import TOP, Settings
from backend.web.access import SESSION_SECONDS
from backend.web.app import create_app
from backend.web.permissions import (
    OWNER_HEADER,
    PERMISSIONS,
    ROLES,
    SECURITY_SCHEMES,
    SESSION_COOKIE,
    Operation,
    Role,
    may,
    operation_of,
    permissions_page,
)
from tools.drawings import SEVEN_URL

TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FILE_NAME = "class 7b.png"

# A request for each route and method, and the operation that it is. RECORD stands for the id of a record.
REQUESTS: dict[tuple[str, str], Operation] = {
    ("GET", "/"): "open",
    ("GET", "/recorder"): "open",
    ("GET", "/api"): "open",
    ("GET", "/favicon.ico"): "open",
    ("GET", "/static/css/base.css"): "open",
    ("GET", "/openapi.json"): "open",
    ("GET", "/health/live"): "open",
    ("GET", "/health/ready"): "open",
    ("GET", "/session"): "sign_in",
    ("POST", "/session"): "sign_in",
    ("DELETE", "/session"): "sign_in",
    ("POST", "/predict"): "predict",
    ("POST", "/predict?record=false"): "predict",
    ("POST", "/explain"): "explain",
    ("GET", "/records"): "list",
    ("GET", "/records/counts"): "count",
    ("GET", "/records/export"): "export",
    ("GET", "/records/RECORD"): "read",
    ("GET", "/records/RECORD/image.png"): "read",
    ("GET", "/records/RECORD/strokes"): "read",
    ("PATCH", "/records/RECORD"): "correct",
    ("DELETE", "/records/RECORD"): "delete",
    ("GET", "/metrics"): "metrics",
}
BODIES: dict[str, Any] = {
    "/predict": {"image": SEVEN_URL},
    "/explain": {"image": SEVEN_URL},
    "/session": {"token": TOKEN},
    "/records/RECORD": {"label": "7"},
}
RECORDER: tuple[Literal["operator", "public"], ...] = ("operator", "public")


class Site(NamedTuple):
    """A server on a public address with one record."""

    client: FlaskClient
    settings: Settings
    record: str
    secret: str

    def headers(self, role: Role) -> dict[str, str]:
        return {"visitor": {}, "owner": {OWNER_HEADER: self.secret}, "operator": BEARER}[role]

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        body = BODIES.get(path.partition("?")[0]) if method in ("POST", "PATCH") else None
        return self.client.open(path.replace("RECORD", self.record), method=method, headers=headers, json=body)


@pytest.fixture
def open_site(settings: Settings) -> Iterator[Callable[..., Site]]:
    apps: list[Flask] = []

    def open_site(recorder: Literal["operator", "public"] = "operator") -> Site:
        public = Settings(
            host="0.0.0.0",
            instance=settings.instance,
            record_budget_ms=settings.record_budget_ms,
            operator_token=TOKEN,
            recorder=recorder,
        )
        app = create_app(public)
        apps.append(app)
        client = app.test_client()
        body = {
            "image": SEVEN_URL,
            "strokes": [[[70, 60, 0]]],
            "source": "upload",
            "file_name": FILE_NAME,
        }
        made = client.post("/predict", json=body).get_json()
        assert made["recorded"] == "stored"
        return Site(client, public, made["id"], made["secret"])

    yield open_site
    for app in apps:
        app.extensions["digitpad"].close()


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    return open_site()


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"].endswith(".")
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return answer.status_code, answer.get_json()["code"]


def test_the_requests_above_cover_every_route_and_method(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    named = set()
    for (method, path), operation in REQUESTS.items():
        path = path.partition("?")[0].replace("RECORD", str(uuid.uuid1()))
        rule, _ = adapter.match(path, method, return_rule=True)
        named.add((method, rule.rule))
        assert operation_of(app.view_functions[rule.endpoint]) == operation, path
    every = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert named == every


def test_every_operation_of_a_route_and_every_permission_is_defined_and_used() -> None:
    inside_of_routes = {"file_names", "health_details"}
    assert set(PERMISSIONS) == set(get_args(Operation)) == set(REQUESTS.values()) | inside_of_routes


def test_a_view_that_is_no_operation_cannot_be_reached(app: Flask) -> None:
    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    answer = app.test_client().get("/forgotten")
    assert refusal(answer) == (500, "internal")


@pytest.mark.parametrize("recorder", RECORDER)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_its_permissions_say(
    open_site: Callable[..., Site], role: Role, recorder: Literal["operator", "public"]
) -> None:
    site = open_site(recorder)
    for (method, path), operation in sorted(REQUESTS.items(), key=lambda each: each[0][0] == "DELETE"):
        answer = site.ask(method, path, site.headers(role))
        # The secret makes its owner a visitor to everything but the record.
        acting = role if role != "owner" or "RECORD" in path else "visitor"
        if may(acting, operation, site.settings):
            assert answer.status_code < 300, (method, path)
        else:
            least = PERMISSIONS[operation].least
            code = "secret_required" if least == "owner" else "sign_in_required"
            assert refusal(answer) == (401, code), (method, path)
        answer.close()
        site.client.delete_cookie(SESSION_COOKIE)


def test_what_is_refused_is_not_done(site: Site) -> None:
    for method in ("PATCH", "DELETE"):
        for headers in ({}, {OWNER_HEADER: "wrong"}, {"Authorization": "Bearer wrong"}):
            assert site.ask(method, "/records/RECORD", headers).status_code in (401, 403)
    assert site.ask("GET", "/records/RECORD", BEARER).get_json()["label"] is None


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_the_secret_of_another_drawing_is_refused(site: Site, method: str) -> None:
    other = site.ask("POST", "/predict").get_json()["secret"]
    for secret in (other, "", site.secret[:-1], "Schlüssel".encode().decode("latin-1")):
        assert refusal(site.ask(method, "/records/RECORD", {OWNER_HEADER: secret})) == (403, "wrong_secret")


def test_the_secret_of_a_deleted_record_finds_nothing(site: Site) -> None:
    owner = site.headers("owner")
    assert site.ask("DELETE", "/records/RECORD", owner).status_code == 204
    assert refusal(site.ask("DELETE", "/records/RECORD", owner)) == (404, "unknown_record")


def test_a_retry_gets_the_secret_of_the_first_try(site: Site) -> None:
    headers = {"Idempotency-Key": str(new_key())}
    first, again = [site.ask("POST", "/predict", headers).get_json() for _ in range(2)]
    assert first["secret"] == again["secret"]
    mine = {OWNER_HEADER: again["secret"]}
    assert site.client.delete(f"/records/{first['id']}", headers=mine).status_code == 204


@pytest.mark.parametrize("path", [path for (method, path), op in REQUESTS.items() if op in ("list", "metrics")])
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "ünïcode"])
def test_a_wrong_token_is_refused(site: Site, path: str, token: str) -> None:
    sent = f"Bearer {token}".encode().decode("latin-1")
    assert refusal(site.ask("GET", path, {"Authorization": sent})) == (401, "wrong_token")
    answer = site.client.post("/session", json={"token": token})
    assert refusal(answer) == (401, "wrong_token")
    assert "Set-Cookie" not in answer.headers


def test_signing_in_makes_the_operator_until_signing_out(site: Site) -> None:
    assert site.ask("GET", "/session").get_json()["role"] == "visitor"
    assert site.ask("POST", "/session").status_code == 204
    session = site.ask("GET", "/session").get_json()
    assert (session["role"], session["signed_in"], set(session["may"])) == ("operator", True, set(PERMISSIONS))
    assert site.ask("GET", "/records").status_code == 200
    assert site.ask("DELETE", "/session").status_code == 204
    assert refusal(site.ask("GET", "/records")) == (401, "sign_in_required")


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_is_for_this_site_only_and_not_for_scripts(site: Site, scheme: str, secure: bool) -> None:
    answer = site.client.post("/session", json={"token": TOKEN}, base_url=f"{scheme}://localhost")
    attributes = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SESSION_SECONDS}"} <= set(attributes)
    assert ("Secure" in attributes) == secure
    assert TOKEN not in answer.headers["Set-Cookie"]


def cookie_of(site: Site) -> str:
    site.ask("POST", "/session")
    cookie = site.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    return cookie.value


def status_with(site: Site, cookie: str) -> int:
    site.client.set_cookie(SESSION_COOKIE, cookie)
    return site.ask("GET", "/records").status_code


def test_a_session_expires(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie, now = cookie_of(site), time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + SESSION_SECONDS - 10)
    assert status_with(site, cookie) == 200
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + SESSION_SECONDS + 10)
    assert status_with(site, cookie) == 401


def test_a_changed_cookie_is_not_a_session(site: Site) -> None:
    cookie = cookie_of(site)
    assert status_with(site, cookie) == 200
    payload, at, signature = cookie.split(".")
    other = "A" if signature[0] != "A" else "B"
    changed = [
        f"{payload}.{at}.{other}{signature[1:]}",
        f"x{payload}.{at}.{signature}",
        f"{payload}.{at}",
        "operator",
        "",
    ]
    for each in changed:
        assert status_with(site, each) == 401, each


def test_a_new_token_ends_all_sessions(site: Site, settings: Settings) -> None:
    cookie = cookie_of(site)
    app = create_app(Settings(host="0.0.0.0", instance=settings.instance, operator_token=f"{TOKEN}-2"))
    try:
        client = app.test_client()
        client.set_cookie(SESSION_COOKIE, cookie)
        assert client.get("/records").status_code == 401
    finally:
        app.extensions["digitpad"].close()


@pytest.mark.parametrize("body", ["", "{}", '{"token": 7}', '{"token": "x", "more": 1}', b"\xff"])
def test_a_sign_in_that_cannot_be_read_is_refused(site: Site, body: Any) -> None:
    assert refusal(site.client.post("/session", data=body)) == (400, "bad_field")


@pytest.mark.parametrize("role", ROLES)
def test_only_owner_and_operator_see_file_names(open_site: Callable[..., Site], role: Role) -> None:
    site = open_site("public")
    headers = site.headers(role)
    seen = site.ask("GET", "/records/RECORD", headers).get_json()["file_name"]
    assert seen == (None if role == "visitor" else FILE_NAME)
    listed = site.ask("GET", "/records", headers).get_json()["records"][0]["file_name"]
    assert listed == (FILE_NAME if role == "operator" else None)
    for export in ("csv", "jsonl"):
        text = site.ask("GET", f"/records/export?format={export}", headers).get_data(as_text=True)
        assert site.record in text
        assert (FILE_NAME in text) == (role == "operator")


def test_only_the_operator_sees_what_is_wrong_with_the_recorder(site: Site) -> None:
    assert "queued" in site.ask("GET", "/health/ready", BEARER).get_json()["recorder"]
    shown = site.ask("GET", "/health/ready").get_json()["recorder"]
    assert shown == {"ok": True, "store": "SQLite", "detail": None, "warnings": []}


def test_on_this_machine_its_user_is_the_operator(client: FlaskClient) -> None:
    session = client.get("/session").get_json()
    assert (session["role"], session["signed_in"], set(session["may"])) == ("operator", False, set(PERMISSIONS))
    assert client.get("/records").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_does_not_make_its_visitors_the_operator(client: FlaskClient, header: str) -> None:
    answer = client.get("/records", headers={header: "192.0.2.7"})
    assert refusal(answer) == (401, "sign_in_required")
    assert "OPERATOR_TOKEN" in answer.get_json()["detail"]
    answer = client.post("/session", json={"token": ""})
    assert refusal(answer) == (401, "wrong_token")
    assert "OPERATOR_TOKEN" in answer.get_json()["detail"]


def test_the_allowed_methods_are_no_secret(site: Site) -> None:
    for path, methods in ((f"/records/{uuid.uuid1()}", {"GET", "PATCH", "DELETE"}), ("/records/counts", {"GET"})):
        answer = site.client.options(path)
        assert answer.status_code == 200
        assert set(answer.headers["Allow"].split(", ")) == methods | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize("recorder", RECORDER)
def test_the_openapi_document_states_what_each_operation_needs(
    open_site: Callable[..., Site], recorder: Literal["operator", "public"]
) -> None:
    site = open_site(recorder)
    document = site.ask("GET", "/openapi.json").get_json()
    assert document["components"]["securitySchemes"] == SECURITY_SCHEMES
    for (method, path), operation in REQUESTS.items():
        described = (
            document["paths"].get(path.partition("?")[0].replace("RECORD", "{record_id}"), {}).get(method.lower())
        )
        if described is None:
            assert operation == "open"
            continue
        needed = described["security"]
        assert (needed == [] or {} in needed) == may("visitor", operation, site.settings), path
        assert ({"drawing_secret": []} in needed) == (PERMISSIONS[operation].least == "owner"), path
        assert ("401" in described["responses"]) == (needed != [] or (method, path) == ("POST", "/session")), path


def test_the_page_of_permissions_is_up_to_date() -> None:
    assert (TOP / "docs/permissions.md").read_text() == permissions_page()
