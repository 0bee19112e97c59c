"""The labeling queue over HTTP: invite, enroll, label, disagree, decide."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.labeling import queue
from backend.web.permissions import ANNOTATOR_HEADER
from tools.drawings import SEVEN_URL


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "CANDIDATES_FRESH", -1.0)


def enroll(client: FlaskClient, code: str) -> dict[str, str]:
    """The headers of a new annotator."""
    answer = client.post("/labeling/annotators", json={"code": code})
    assert answer.status_code == 201
    return {ANNOTATOR_HEADER: answer.get_json()["token"]}


def batch(client: FlaskClient, headers: dict[str, str], *without: str) -> list[dict[str, Any]]:
    answer = client.post("/labeling/batch", json={"without": without}, headers=headers)
    assert answer.status_code == 200, answer.get_json()
    drawings: list[dict[str, Any]] = answer.get_json()["drawings"]
    return drawings


def label(client: FlaskClient, headers: dict[str, str], drawing: str, given: str | None) -> TestResponse:
    return client.post("/labeling/labels", json={"id": drawing, "label": given}, headers=headers)


def test_two_annotators_label_and_the_operator_decides_where_they_disagree(client: FlaskClient) -> None:
    drawn = [client.post("/predict", json={"image": SEVEN_URL}).get_json()["id"] for _ in range(2)]
    code = client.post("/labeling").get_json()["code"]
    ada, bob = enroll(client, code), enroll(client, code.lower())
    first = batch(client, ada)
    assert {each["id"] for each in first} == set(drawn)
    assert first[0]["image"].startswith("data:image/png;base64,")
    assert set(first[0]) == {"id", "image"}  # what the network read would influence people
    assert batch(client, bob) == []
    assert label(client, bob, drawn[0], "1").get_json()["code"] == "not_yours"
    for drawing in drawn:
        assert label(client, ada, drawing, "7").status_code == 204
    assert {each["id"] for each in batch(client, bob)} == set(drawn)
    assert batch(client, bob, drawn[0])[0]["id"] == drawn[1]
    label(client, bob, drawn[0], "7")
    label(client, bob, drawn[1], "1")
    assert [client.get(f"/records/{each}").get_json()["label"] for each in drawn] == ["7", None]
    progress = client.get("/labeling").get_json()
    assert {name: progress[name] for name in ("code", "agreed", "once", "disagreements")} == {
        "code": code,
        "agreed": 1,
        "once": 0,
        "disagreements": 1,
    }
    assert [each["labels"] for each in progress["annotators"]] == [2, 2]
    assert client.get("/labeling/doubts").get_json()["drawings"] == [
        {"id": drawn[1], "reason": "disagreement", "labels": ["1", "7"], "result": "7"}
    ]
    assert client.post("/labeling/decisions", json={"id": drawn[1], "label": "1"}).status_code == 204
    assert client.get(f"/records/{drawn[1]}").get_json()["label"] == "1"
    with client.get("/labeling/dataset") as archive, zipfile.ZipFile(io.BytesIO(archive.data)) as files:
        assert set(files.namelist()) == {"README.md", "digits.npz", "drawings.csv", "strokes.jsonl"}
        assert b"2 drawings" in files.read("README.md")
    assert client.delete("/labeling").status_code == 204
    refused = client.post("/labeling/batch", json={}, headers=ada)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "wrong_annotator_token")
    assert client.post("/labeling/annotators", json={"code": code}).status_code == 404
