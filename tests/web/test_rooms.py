"""A lesson over HTTP: open a room, join, draw, lead, vote, download, end."""

from __future__ import annotations

import csv
import dataclasses
import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.records.ids import new_key
from backend.rooms.room import MOST_PUPILS
from backend.settings import Settings
from backend.web.app import create_app
from backend.web.permissions import ROOM_HEADER, ROOM_TOKEN_HEADER
from backend.web.rate_limits import RateLimits
from backend.web.services import Services
from tools.drawings import as_data_url, as_file, draw


class Member(NamedTuple):
    """The teacher, or a pupil."""

    client: FlaskClient
    code: str
    token: str
    id: str = ""
    nickname: str = ""

    def ask(self, method: str, path: str = "", **body: Any) -> TestResponse:
        headers = {ROOM_TOKEN_HEADER: self.token}
        return self.client.open(f"/rooms/{self.code}{path}", method=method, headers=headers, json=body or None)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    def draw(self, digit: int, expected: str | None = None, **headers: str) -> TestResponse:
        return self.client.post(
            "/predict",
            json={"image": as_data_url(as_file(draw(digit))), "expected": expected},
            headers={ROOM_HEADER: self.code, ROOM_TOKEN_HEADER: self.token, **headers},
        )


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.rooms.rooms.FRESH", 0)


def open_room(client: FlaskClient, **settings: Any) -> Member:
    answer = client.post("/rooms", json=settings)
    assert answer.status_code == 201
    return Member(client, answer.get_json()["code"], answer.get_json()["token"])


def join(client: FlaskClient, code: str, nickname: str = "") -> Member:
    answer = client.post(f"/rooms/{code}/pupils", json={"nickname": nickname})
    assert answer.status_code == 201, answer.get_json()
    joined = answer.get_json()
    return Member(client, code, joined["token"], joined["pupil"], joined["nickname"])


@pytest.fixture
def teacher(client: FlaskClient) -> Member:
    return open_room(client)


@pytest.fixture
def ada(teacher: Member) -> Member:
    return join(teacher.client, teacher.code, "Ada")


@pytest.fixture
def bob(teacher: Member, ada: Member) -> Member:
    return join(teacher.client, teacher.code, "Bob")


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def shown(wall: Any) -> list[tuple[str, str, str | None]]:
    return [(each["pupil"], each["read"], each["meant"]) for each in wall["drawings"] if each["shown"]]


def test_a_pupil_learns_before_joining_whether_the_drawings_are_kept(client: FlaskClient) -> None:
    for keep in (True, False):
        room = open_room(client, keep=keep, hours=2)
        found = client.get(f"/rooms/{room.code.lower()}").get_json()
        assert (found["code"], found["keep"]) == (room.code, keep)
        assert found["ends"] == pytest.approx(time.time() + 7200, abs=60)


@pytest.mark.parametrize("asked", [{"hours": 0}, {"hours": 25}, {"keep": "yes"}, {"name": "7b"}])
def test_settings_that_a_room_cannot_have_are_refused(client: FlaskClient, asked: dict[str, Any]) -> None:
    assert code_of(client.post("/rooms", json=asked)) == (400, "bad_field")


def test_the_qr_code_is_a_picture_of_black_squares_on_white(teacher: Member) -> None:
    answer = teacher.ask("GET", "/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert b"#fff" in answer.data


def test_pupils_get_the_nickname_they_ask_for_or_another(client: FlaskClient, teacher: Member, ada: Member) -> None:
    assert ada.nickname == "Ada"
    assert join(client, teacher.code, "ada").nickname == "ada 2"
    assert join(client, teacher.code).nickname
    refused = client.post(f"/rooms/{teacher.code}/pupils", json={"nickname": "<script>"})
    assert code_of(refused) == (400, "bad_nickname")


def test_a_full_room_takes_no_more_pupils(
    client: FlaskClient, teacher: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_PUPILS >= 40
    monkeypatch.setattr("backend.rooms.rooms.MOST_PUPILS", 1)
    join(client, teacher.code)
    assert code_of(client.post(f"/rooms/{teacher.code}/pupils", json={})) == (409, "room_full")


def test_drawings_appear_on_the_wall_and_in_the_matrix(teacher: Member, ada: Member, bob: Member) -> None:
    ada.draw(7, "7")
    bob.draw(7, "1")
    ada.draw(3)
    wall = teacher.get("/wall")
    assert shown(wall) == [(ada.id, "7", "7"), (bob.id, "7", "1"), (ada.id, "3", None)]
    assert wall["confusion"] == [
        {"meant": "1", "read": "7", "count": 1},
        {"meant": "7", "read": "7", "count": 1},
    ]
    assert wall["accuracy"] == {"right": 1, "of": 2}
    assert wall["pupils"] == [
        {"id": ada.id, "nickname": "Ada", "drawings": 2},
        {"id": bob.id, "nickname": "Bob", "drawings": 1},
    ]
    picture = teacher.ask("GET", f"/drawings/{wall['drawings'][0]['id']}/image.png")
    assert picture.data.startswith(b"\x89PNG")


def test_a_process_shows_a_picture_that_another_one_has_just_told_the_wall_about(
    teacher: Member, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.rooms.rooms.FRESH", 3600)
    assert shown(teacher.get("/wall")) == []  # so this process reads the room no more
    drawn = ada.draw(7).get_json()
    assert teacher.ask("GET", f"/drawings/{drawn['id']}/image.png").status_code == 200


def test_a_wall_without_changes_is_no_content(teacher: Member, ada: Member) -> None:
    cursor = teacher.get("/wall")["cursor"]
    assert teacher.ask("GET", f"/wall?since={cursor}").status_code == 204
    ada.draw(7)
    changed = teacher.get(f"/wall?since={cursor}")
    assert shown(changed) == [(ada.id, "7", None)]
    assert teacher.ask("GET", f"/wall?since={changed['cursor']}").status_code == 204
    assert code_of(teacher.ask("GET", "/wall?since=yesterday")) == (400, "bad_parameter")


def test_the_wall_sends_what_changed_and_not_everything(
    teacher: Member, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.web.routes.wall.OVERLAP", 0)
    first = ada.draw(7).get_json()
    cursor = teacher.get("/wall")["cursor"]
    second = ada.draw(1).get_json()
    teacher.client.patch(f"/records/{first['id']}", json={"label": "1"})
    ids = [each["id"] for each in teacher.get(f"/wall?since={cursor}")["drawings"]]
    assert ids == [first["id"], second["id"]]
    cursor = teacher.get("/wall")["cursor"]
    third = ada.draw(2).get_json()
    ids = [each["id"] for each in teacher.get(f"/wall?since={cursor}")["drawings"]]
    assert (second["id"] in ids, third["id"] in ids) == (False, True)


def test_a_retry_is_on_the_wall_once_and_a_late_drawing_too(teacher: Member, ada: Member) -> None:
    yesterday = new_key(datetime.now(UTC) - timedelta(days=1))
    for _ in range(3):
        answer = ada.draw(7, "7", **{"Idempotency-Key": str(yesterday)}).get_json()
        assert answer["recorded"] == "stored"
    assert len(shown(teacher.get("/wall"))) == 1


def test_corrections_and_deletions_by_the_pupil_reach_the_wall(teacher: Member, ada: Member) -> None:
    made = [ada.draw(7, "7").get_json() for _ in range(2)]
    headers = [{"Digitpad-Secret": each["secret"]} for each in made]
    ada.client.patch(f"/records/{made[0]['id']}", json={"label": "1"}, headers=headers[0])
    ada.client.delete(f"/records/{made[1]['id']}", headers=headers[1])
    wall = teacher.get("/wall")
    assert shown(wall) == [(ada.id, "7", "1")]
    assert wall["accuracy"] == {"right": 0, "of": 1}
    assert ada.get("/mine")["drawings"] == 1


def test_each_pupil_sees_the_own_accuracy_only(ada: Member, bob: Member) -> None:
    ada.draw(7, "7")
    bob.draw(7, "1")
    for pupil, right in ((ada, 1), (bob, 0)):
        mine = pupil.get("/mine")
        assert (mine["nickname"], mine["accuracy"]) == (pupil.nickname, {"right": right, "of": 1})
        assert pupil.ask("GET", f"/mine?since={mine['cursor']}").status_code == 204


def test_a_task_is_set_done_and_ended(teacher: Member, ada: Member, bob: Member) -> None:
    assert ada.get("/mine")["task"] is None
    assert teacher.ask("PATCH", task={"digit": "1", "reads": "7"}).status_code == 204
    assert ada.get("/mine")["task"] == {"digit": "1", "reads": "7", "done": False}
    ada.draw(7, "1")
    assert ada.get("/mine")["task"]["done"]
    assert not bob.get("/mine")["task"]["done"]
    assert teacher.get("/wall")["task"] == {"digit": "1", "reads": "7", "done": 1}
    assert teacher.ask("PATCH", task=None).status_code == 204
    assert teacher.get("/wall")["task"] is None
    assert code_of(teacher.ask("PATCH", task={"digit": "seven"})) == (400, "bad_field")


def test_a_paused_room_takes_only_drawings_made_before(teacher: Member, ada: Member) -> None:
    before = str(new_key())
    time.sleep(0.002)
    teacher.ask("PATCH", paused=True)
    assert ada.get("/mine")["paused"]
    time.sleep(0.002)
    assert code_of(ada.draw(7)) == (409, "room_paused")
    assert ada.draw(7, **{"Idempotency-Key": before}).status_code == 200
    teacher.ask("PATCH", paused=False)
    assert ada.draw(7).status_code == 200
    assert len(shown(teacher.get("/wall"))) == 2


def test_a_hidden_drawing_is_off_the_wall_until_it_is_shown_again(teacher: Member, ada: Member) -> None:
    drawn = ada.draw(7, "7").get_json()
    assert teacher.ask("PATCH", f"/drawings/{drawn['id']}", hidden=True).status_code == 204
    wall = teacher.get("/wall")
    assert (shown(wall), wall["confusion"], wall["drawings"][0]["hidden"]) == ([], [], True)
    teacher.ask("PATCH", f"/drawings/{drawn['id']}", hidden=False)
    assert len(shown(teacher.get("/wall"))) == 1


def test_a_removed_pupil_can_do_nothing_more(teacher: Member, ada: Member, bob: Member) -> None:
    ada.draw(7)
    assert teacher.ask("DELETE", f"/pupils/{ada.id}").status_code == 204
    wall = teacher.get("/wall")
    assert (shown(wall), [each["nickname"] for each in wall["pupils"]]) == ([], ["Bob"])
    assert code_of(ada.ask("GET", "/mine")) == (403, "removed")
    assert code_of(ada.draw(7)) == (403, "removed")
    assert bob.draw(7).status_code == 200
    assert code_of(teacher.ask("DELETE", "/pupils/nobody")) == (404, "unknown_pupil")


def test_the_class_votes_on_a_drawing_that_is_hard_to_read(teacher: Member, ada: Member, bob: Member) -> None:
    assert code_of(bob.ask("GET", "/ballot")) == (404, "no_ballot")
    drawn = ada.draw(7, "1").get_json()
    assert not ada.get("/mine")["ballot"]
    assert bob.get("/mine")["ballot"]
    ballot = bob.get("/ballot")
    assert (ballot["id"], ballot["seen"][:14]) == (drawn["id"], "data:image/png")
    assert bob.ask("POST", "/ballot", id=drawn["id"], label="7").status_code == 204
    assert teacher.get("/wall")["drawings"][0]["votes"] == {"7": 1}
    assert not bob.get("/mine")["ballot"]
    assert code_of(ada.ask("POST", "/ballot", id=drawn["id"], label="1")) == (404, "unknown_record")


def test_the_most_unusual_drawing_comes_first(teacher: Member, ada: Member) -> None:
    odd = ada.draw(1, "7").get_json()
    for _ in range(3):
        ada.draw(7, "7")
    assert teacher.get("/unusual")["drawings"][0] == odd["id"]


def test_the_download_has_the_drawings_of_the_wall_and_no_nicknames(teacher: Member, ada: Member) -> None:
    kept, hidden = [ada.draw(7, "7").get_json() for _ in range(2)]
    teacher.ask("PATCH", f"/drawings/{hidden['id']}", hidden=True)
    answer = teacher.ask("GET", "/export?format=csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="room-{teacher.code}.csv"'
    text = answer.get_data(as_text=True)
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == [kept["id"]]
    assert "Ada" not in text
    for form, start in (("jsonl", b"{"), ("idx", b"PK"), ("npz", b"PK")):
        assert teacher.ask("GET", f"/export?format={form}").data.startswith(start)


def test_an_ended_room_is_gone_for_everyone(app: Flask, teacher: Member, ada: Member) -> None:
    drawn = ada.draw(7).get_json()
    assert teacher.ask("DELETE").status_code == 204
    for answer in (
        ada.ask("GET", "/mine"),
        ada.draw(1),
        teacher.ask("GET", "/wall"),
        ada.client.get(f"/rooms/{ada.code}"),
    ):
        assert code_of(answer) == (410, "room_ended")
    services: Services = app.extensions["digitpad"]
    rooms = services.require_rooms()
    rooms._clock = lambda: time.time() + 60
    rooms.sweep()
    assert ada.client.get(f"/records/{drawn['id']}").status_code == 404
    assert code_of(ada.draw(1)) == (410, "room_ended")


def test_a_token_is_good_for_its_own_room_only(client: FlaskClient, teacher: Member, ada: Member) -> None:
    other = open_room(client)
    for token in (ada.token, teacher.token, "", "x"):
        stranger = Member(client, other.code, token)
        for answer in (stranger.ask("GET", "/wall"), stranger.ask("GET", "/mine"), stranger.draw(7)):
            assert code_of(answer) == (403, "wrong_room_token")


def test_a_prediction_in_a_room_that_does_not_exist_is_refused(ada: Member) -> None:
    for code in ("AAAAAA", "", "ünïcod"):
        answer = Member(ada.client, code.encode().decode("latin-1"), ada.token).draw(7)
        assert code_of(answer) == (404, "unknown_room")


def test_a_lesson_behind_one_address_does_not_reach_the_limits(settings: Settings) -> None:
    """40 pupils who draw once per second."""
    limits = RateLimits(settings, None)
    assert all(limits.count("predictions", "192.0.2.1") is None for _ in range(10 * 40))


def test_codes_cannot_be_tried_without_end(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, limit_wrong_codes="3 per minute"))
    client = app.test_client()
    code = open_room(client).code
    headers = {"X-Forwarded-For": "192.0.2.7"}  # not the operator, who has no limits
    right = [client.post(f"/rooms/{code}/pupils", json={}, headers=headers) for _ in range(5)]
    guessed = [client.get("/rooms/K7MXA4/mine", headers=headers).status_code for _ in range(5)]
    pupil = {**headers, ROOM_TOKEN_HEADER: right[0].get_json()["token"]}
    assert client.get(f"/rooms/{code}/mine", headers=pupil).status_code == 200

    def probes(code: str) -> list[int]:
        """What a client that guesses may ask to learn whether there is a room."""
        stranger = {**headers, ROOM_TOKEN_HEADER: "guessed"}
        answers = [
            client.get(f"/rooms/{code}", headers=headers),
            client.post(f"/rooms/{code}/pupils", json={}, headers=headers),
            client.get(f"/rooms/{code}/mine", headers=headers),
            client.get(f"/rooms/{code}/mine", headers=stranger),
            client.get(f"/rooms/{code}/wall", headers=headers),
            Member(client, code, "guessed").draw(7, **headers),
        ]
        return [answer.status_code for answer in answers]

    assert [answer.status_code for answer in right] == [201] * 5
    assert guessed == [404, 404, 404, 429, 429]
    assert probes(code) == probes("K7MXA4") == [429] * 6
    assert client.delete(f"/rooms/{code}").status_code == 204  # by the operator
    assert probes(code) == [429] * 6
    app.extensions["digitpad"].close()
