"""Who may do what: every operation of the application from every role, and the credentials that make a role."""

from __future__ import annotations

import struct
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.reading.decode import decode
from backend.records.ids import new_key
from backend.settings import TOP, Settings
from backend.web.app import create_app
from backend.web.permissions import (
    ANNOTATOR_HEADER,
    OWNER_HEADER,
    PERMISSIONS,
    ROLES,
    ROOM_HEADER,
    ROOM_TOKEN_HEADER,
    SECURITY_SCHEMES,
    SESSION_COOKIE,
    Operation,
    Role,
    may,
    operation_of,
    permissions_page,
)
from backend.web.sign_in import SESSION_SECONDS
from tools.drawings import SEVEN, SEVEN_URL, as_data_url

TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FILE_NAME = "class 7b.png"

# A request for each route and method, and the operation that it is. RECORD stands for the id of a record, CODE for that
# of a room, PUPIL for somebody in it, and DRAWN for a drawing of that pupil on which others may vote.
REQUESTS: dict[tuple[str, str], Operation] = {
    ("GET", "/"): "open",
    ("GET", "/recorder"): "open",
    ("GET", "/label"): "open",
    ("GET", "/join"): "open",
    ("GET", "/wall"): "open",
    ("GET", "/api"): "open",
    ("GET", "/favicon.ico"): "open",
    ("GET", "/static/model/network.bin"): "open",
    ("GET", "/service-worker.js"): "open",
    ("GET", "/static/css/base.css"): "open",
    ("GET", "/openapi.json"): "open",
    ("GET", "/health/live"): "open",
    ("GET", "/health/ready"): "open",
    ("GET", "/session"): "sign_in",
    ("POST", "/session"): "sign_in",
    ("DELETE", "/session"): "sign_in",
    ("POST", "/predict"): "predict",
    ("POST", "/predict?record=false"): "predict",
    ("POST", "/picture"): "predict",
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
    ("POST", "/rooms"): "open_room",
    ("GET", "/rooms/CODE"): "join_room",
    ("GET", "/rooms/CODE/qr.svg"): "join_room",
    ("POST", "/rooms/CODE/pupils"): "join_room",
    ("GET", "/rooms/CODE/mine"): "take_part",
    ("GET", "/rooms/CODE/ballot"): "take_part",
    ("POST", "/rooms/CODE/ballot"): "take_part",
    ("GET", "/rooms/CODE/wall"): "lead_room",
    ("GET", "/rooms/CODE/unusual"): "lead_room",
    ("GET", "/rooms/CODE/export"): "lead_room",
    ("GET", "/rooms/CODE/drawings/DRAWN/image.png"): "lead_room",
    ("PATCH", "/rooms/CODE/drawings/DRAWN"): "lead_room",
    ("PATCH", "/rooms/CODE"): "lead_room",
    ("DELETE", "/rooms/CODE/pupils/PUPIL"): "lead_room",
    ("DELETE", "/rooms/CODE"): "lead_room",
    ("POST", "/labeling/annotators"): "join_labeling",
    ("POST", "/labeling/batch"): "annotate",
    ("POST", "/labeling/labels"): "annotate",
    ("GET", "/labeling"): "lead_labeling",
    ("POST", "/labeling"): "lead_labeling",
    ("DELETE", "/labeling"): "lead_labeling",
    ("GET", "/labeling/doubts"): "lead_labeling",
    ("POST", "/labeling/decisions"): "lead_labeling",
    ("GET", "/labeling/dataset"): "lead_labeling",
}
PARAMETERS = {"RECORD": "{record_id}", "DRAWN": "{drawing_id}", "CODE": "{code}", "PUPIL": "{pupil_id}"}
BODIES: dict[str, Any] = {
    "/predict": {"image": SEVEN_URL},
    "/picture": {"image": SEVEN_URL},
    "/explain": {"image": SEVEN_URL},
    "/session": {"token": TOKEN},
    "/records/RECORD": {"label": "7"},
    "/rooms": {},
    "/rooms/CODE/pupils": {},
    "/rooms/CODE/ballot": {"id": "DRAWN", "label": "7"},
    "/rooms/CODE/drawings/DRAWN": {"hidden": False},
    "/rooms/CODE": {"paused": False},
    "/labeling/annotators": {"code": "INVITATION"},
    "/labeling/batch": {},
    "/labeling/labels": {"id": "RECORD", "label": "7"},
    "/labeling/decisions": {"id": "RECORD", "label": "7"},
}
OF_OPERATOR = set(PERMISSIONS) - {"take_part", "annotate"}  # who joins a room or follows an invitation to do that
RECORDER: tuple[Literal["operator", "public"], ...] = ("operator", "public")


class Site(NamedTuple):
    """A server on a public address with one record, and a room with two pupils, one of whom has drawn."""

    client: FlaskClient
    settings: Settings
    record: str
    secret: str
    names: dict[str, str]  # what the words in REQUESTS stand for
    teacher: str
    pupil: str
    annotator: str

    def headers(self, role: Role) -> dict[str, str]:
        return {
            "visitor": {},
            "owner": {OWNER_HEADER: self.secret},
            "pupil": {ROOM_TOKEN_HEADER: self.pupil},
            "teacher": {ROOM_TOKEN_HEADER: self.teacher},
            "annotator": {ANNOTATOR_HEADER: self.annotator},
            "operator": BEARER,
        }[role]

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        body = BODIES.get(path.partition("?")[0]) if method in ("POST", "PATCH") else None
        if body:
            body = {key: self.names.get(value, value) for key, value in body.items()}
        return self.client.open(named(path, self.names), method=method, headers=headers, json=body)


def named(path: str, names: dict[str, str]) -> str:
    for word, name in names.items():
        path = path.replace(word, name)
    return path


@pytest.fixture
def open_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    apps: list[Flask] = []
    monkeypatch.setattr("backend.rooms.rooms.FRESH", 0)

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
        room = client.post("/rooms", json={}, headers=BEARER).get_json()
        drew, other = [client.post(f"/rooms/{room['code']}/pupils", json={}).get_json() for _ in range(2)]
        headers = {ROOM_HEADER: room["code"], ROOM_TOKEN_HEADER: drew["token"]}
        drawn = client.post("/predict", json={"image": SEVEN_URL, "expected": "1"}, headers=headers).get_json()
        names = {"RECORD": made["id"], "CODE": room["code"], "PUPIL": drew["pupil"], "DRAWN": drawn["id"]}
        names["INVITATION"] = client.post("/labeling", headers=BEARER).get_json()["code"]
        enrolled = client.post("/labeling/annotators", json={"code": names["INVITATION"]}).get_json()
        return Site(client, public, made["id"], made["secret"], names, room["token"], other["token"], enrolled["token"])

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
    found = set()
    for (method, path), operation in REQUESTS.items():
        names = {"RECORD": str(uuid.uuid1()), "DRAWN": str(uuid.uuid1()), "CODE": "K7MXA4"}
        path = named(path.partition("?")[0], names)
        rule, _ = adapter.match(path, method, return_rule=True)
        found.add((method, rule.rule))
        assert operation_of(app.view_functions[rule.endpoint]) == operation, path
    every = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == every


def test_every_operation_of_a_route_and_every_permission_is_defined_and_used() -> None:
    inside_of_routes = {"picture_details", "health_details"}
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
        # Their secrets make owners, pupils, teachers and annotators visitors to everything but the record, the room
        # or the queue.
        of_theirs = {"owner": "RECORD", "pupil": "CODE", "teacher": "CODE", "annotator": "/labeling/"}.get(role, "")
        acting = role if of_theirs in path else "visitor"
        if may(acting, operation, site.settings):
            assert answer.status_code < 300, (method, path)
        else:
            least = PERMISSIONS[operation].least
            codes: dict[Role, str] = {
                "owner": "secret_required",
                "operator": "sign_in_required",
                "annotator": "annotator_token_required",
            }
            code = codes.get(least, "room_token_required")
            assert refusal(answer) == (401, code), (method, path)
        answer.close()
        site.client.delete_cookie(SESSION_COOKIE)


@pytest.mark.parametrize("role", ["pupil", "teacher", "annotator"])
def test_a_token_is_refused_by_every_other_room_and_after_the_end_of_an_invitation(site: Site, role: Role) -> None:
    other = site.client.post("/rooms", json={}, headers=BEARER).get_json()["code"]
    site.client.post("/labeling", headers=BEARER)
    elsewhere = site._replace(names=site.names | {"CODE": other})
    code = "wrong_annotator_token" if role == "annotator" else "wrong_room_token"
    for (method, path), operation in REQUESTS.items():
        if operation == "annotate" if role == "annotator" else "/CODE" in path:
            assert refusal(elsewhere.ask(method, path, site.headers(role))) == (403, code), (method, path)
    assert site.ask("GET", "/rooms/CODE/wall", site.headers("teacher")).status_code == 200


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
    assert (session["role"], session["signed_in"], set(session["may"])) == ("operator", True, OF_OPERATOR)
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


@pytest.mark.parametrize("role", ["visitor", "owner", "operator"])
def test_only_owner_and_operator_see_file_names(open_site: Callable[..., Site], role: Role) -> None:
    site = open_site("public")
    headers = site.headers(role)
    seen = site.ask("GET", "/records/RECORD", headers).get_json()["file_name"]
    assert seen == (None if role == "visitor" else FILE_NAME)
    [listed] = [
        each["file_name"]
        for each in site.ask("GET", "/records", headers).get_json()["records"]
        if each["id"] == site.record
    ]
    assert listed == (FILE_NAME if role == "operator" else None)
    for export in ("csv", "jsonl"):
        text = site.ask("GET", f"/records/export?format={export}", headers).get_data(as_text=True)
        assert site.record in text
        assert (FILE_NAME in text) == (role == "operator")


@pytest.mark.parametrize("role", ["visitor", "owner", "operator"])
def test_only_owner_and_operator_see_what_a_camera_wrote_into_a_file(
    open_site: Callable[..., Site], role: Role
) -> None:
    site = open_site("public")
    text = b"tEXtComment\0taken at 52.5 N, 13.4 E"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    photograph = SEVEN[:33] + chunk + SEVEN[33:]  # after the header
    made = site.client.post("/predict", data=as_data_url(photograph)).get_json()
    headers = {OWNER_HEADER: made["secret"]} if role == "owner" else site.headers(role)
    shown = site.ask("GET", f"/records/{made['id']}/image.png", headers).get_data()
    assert (text in shown) == (role != "visitor")
    assert np.array_equal(decode(shown, 10**6).pixels, decode(SEVEN, 10**6).pixels)


def test_only_the_operator_sees_what_is_wrong_with_the_recorder(site: Site) -> None:
    assert "queued" in site.ask("GET", "/health/ready", BEARER).get_json()["recorder"]
    shown = site.ask("GET", "/health/ready").get_json()["recorder"]
    assert shown == {"ok": True, "store": "SQLite", "detail": None, "warnings": []}


def test_on_this_machine_its_user_is_the_operator(client: FlaskClient) -> None:
    session = client.get("/session").get_json()
    assert (session["role"], session["signed_in"], set(session["may"])) == ("operator", False, OF_OPERATOR)
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
        described = document["paths"].get(named(path.partition("?")[0], PARAMETERS), {}).get(method.lower())
        if described is None:
            assert operation == "open"
            continue
        needed = described["security"]
        assert (needed == [] or {} in needed) == may("visitor", operation, site.settings), path
        assert ({"room_token": []} in needed) == (PERMISSIONS[operation].least in ("pupil", "teacher")), path
        assert ({"drawing_secret": []} in needed) == (PERMISSIONS[operation].least == "owner"), path
        assert ("401" in described["responses"]) == (needed != [] or (method, path) == ("POST", "/session")), path


def test_the_page_of_permissions_is_up_to_date() -> None:
    assert (TOP / "docs/permissions.md").read_text() == permissions_page()
