"""A room on two hosts that record in the same Cassandra."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend.settings import Settings
from backend.web.app import create_app
from tests.conftest import PATIENT, keyspace
from tests.waiting import wait_for
from tests.web.test_rooms import Member, join, open_room
from tools.cassandra_nodes import Nodes


def wait_until_ready(client: FlaskClient) -> None:
    wait_for(lambda: client.get("/health/ready").get_json(), lambda state: state["recorder"]["ok"])


@pytest.fixture
def hosts(one_node: Nodes, tmp_path: Path) -> Iterator[list[FlaskClient]]:
    with keyspace(one_node, 1) as url:
        folders = [tmp_path / "one", tmp_path / "two"]
        apps = [create_app(Settings(instance=each, records_url=url, record_budget_ms=PATIENT)) for each in folders]
        clients = [app.test_client() for app in apps]
        for client in clients:
            wait_until_ready(client)
        yield clients
        for app in apps:
            app.extensions["digitpad"].close()


def test_a_room_is_joined_drawn_in_and_ended_on_any_host(hosts: list[FlaskClient]) -> None:
    one, two = hosts
    teacher = open_room(one)
    ada = join(two, teacher.code, "Ada")
    answer = ada.draw(7, expected="7")
    assert (answer.status_code, answer.get_json()["recorded"]) == (200, "stored")

    wait_for(lambda: teacher.get("/wall"), lambda wall: len(wall["drawings"]) == 1)
    wall = teacher.get("/wall")
    assert [pupil["nickname"] for pupil in wall["pupils"]] == ["Ada"]
    assert wall["drawings"][0]["read"] == "7"
    assert ada._replace(client=one).get("/mine")["drawings"] == 1

    assert Member(two, teacher.code, teacher.token).ask("DELETE").status_code == 204
    wait_for(lambda: teacher.ask("GET", "/wall").status_code, lambda status: status == 410)
    assert ada.draw(1).status_code == 410
