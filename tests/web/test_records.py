"""The routes of records, with the real recorder and SQLite."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import uuid
import zipfile
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.reading.decode import decode
from backend.records.ids import new_key
from backend.settings import TOP, Settings
from backend.web.app import create_app
from tools.drawings import SEVEN, SEVEN_URL, as_data_url, as_file, draw

HEIC = TOP / "tests" / "reading" / "heic"
UNKNOWN = "01020304-0506-11f0-8001-010203040506"  # the id of no record


def predict(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/predict", json={"image": SEVEN_URL, **body})
    assert answer.status_code == 200
    return dict(answer.json or {})


def get(client: FlaskClient, path: str) -> Any:
    """The JSON at a path."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.json


def listed(client: FlaskClient, query: str = "") -> list[str]:
    return [each["id"] for each in get(client, f"/records{query}")["records"]]


def rejection(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, (answer.json or {})["code"]


def test_a_prediction_is_listed_as_it_was_returned(client: FlaskClient) -> None:
    predicted = predict(client, expected="7", source="upload", file_name="seven.png")
    (record,) = get(client, "/records")["records"]
    assert record == get(client, f"/records/{predicted['id']}")
    for name in ("id", "date", "result", "digit", "confidence", "probabilities", "verdict", "model_version"):
        assert record[name] == predicted[name]
    assert (record["source"], record["file_name"]) == ("upload", "seven.png")
    assert (record["expected"], record["label"]) == ("7", None)


def test_the_openapi_schema_of_a_record_has_the_fields_of_the_response(client: FlaskClient) -> None:
    record = get(client, f"/records/{predict(client)['id']}")
    schema = get(client, "/openapi.json")["components"]["schemas"]["RecordAnswer"]
    assert set(schema["properties"]) == set(schema["required"]) == set(record)
    assert "client" not in record  # the address of the client is only for the operator


def test_pages_are_newest_first_and_next_leads_to_older_ones(client: FlaskClient) -> None:
    ids = [predict(client)["id"] for _ in range(5)]
    found, before = [], ""
    while True:
        page = get(client, f"/records?limit=2{before}")
        found += [each["id"] for each in page["records"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert found == ids[::-1]


def test_records_can_be_filtered(client: FlaskClient) -> None:
    plain, corrected = predict(client), predict(client, source="upload", file_name="x.png")
    client.patch(f"/records/{corrected['id']}", json={"label": "1"})
    assert listed(client, "?corrected=true") == [corrected["id"]]
    assert listed(client, "?corrected=false&source=canvas") == [plain["id"]]
    assert listed(client, "?label=1") == [corrected["id"]]
    assert listed(
        client, f"?result={plain['result']}&verdict={plain['verdict']}&day={plain['date'][:10]}&source=upload"
    ) == [corrected["id"]]
    assert listed(client, "?day=2001-01-01") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "verdict=maybe",
        "corrected=perhaps",
        "label=7.",
        "source=fax",
        "day=yesterday",
        "page=2",
        "result=ten",
        "result=7&result=8",
        "verdict=null",
        "corrected=NULL",
    ],
)
def test_an_invalid_query_is_rejected(client: FlaskClient, query: str) -> None:
    assert rejection(client.get(f"/records?{query}")) == (400, "bad_parameter")


@pytest.mark.parametrize("cursor", ["x", "%00", "a" * 22, UNKNOWN, "AAAAAAAAAAAAAAAAAAAAAA"])
def test_an_invalid_cursor_is_rejected(client: FlaskClient, cursor: str) -> None:
    assert rejection(client.get(f"/records?before={cursor}")) == (400, "bad_cursor")


@pytest.mark.parametrize("path", ["", "/image.png", "/strokes"])
def test_an_unknown_record_is_not_found(client: FlaskClient, path: str) -> None:
    assert rejection(client.get(f"/records/{UNKNOWN}{path}")) == (404, "unknown_record")


@pytest.mark.parametrize("other", ["x", UNKNOWN.replace("-1", "-4"), "0" * 32])
@pytest.mark.parametrize("path", ["", "/image.png", "/strokes"])
def test_there_is_nothing_at_what_is_not_the_id_of_a_record(client: FlaskClient, other: str, path: str) -> None:
    assert rejection(client.get(f"/records/{other}{path}")) == (404, "not_found")


def test_an_unknown_record_can_be_neither_corrected_nor_deleted(client: FlaskClient) -> None:
    path = f"/records/{uuid.uuid1()}"
    assert rejection(client.patch(path, json={"label": "1"})) == (404, "unknown_record")
    assert rejection(client.delete(path)) == (404, "unknown_record")


def test_a_drawing_is_returned_as_it_was_sent(client: FlaskClient) -> None:
    jpeg = as_file(draw(3), ".jpg")
    strokes = [[[10, 20, 0], [30, 40.5, 16]], [[1, 2, 500]]]
    drawn = predict(client, strokes=strokes, pen_widths=[22, 9.5])
    sent = predict(client, image=as_data_url(jpeg, "image/jpeg"))
    picture = client.get(f"/records/{drawn['id']}/image.png")
    assert (picture.data, picture.mimetype) == (SEVEN, "image/png")
    assert get(client, f"/records/{drawn['id']}/strokes") == strokes
    assert get(client, f"/records/{drawn['id']}")["pen_widths"] == [22, 9.5]
    assert get(client, f"/records/{sent['id']}")["pen_widths"] is None
    photo = client.get(f"/records/{sent['id']}/image.png")
    assert (photo.data, photo.mimetype) == (jpeg, "image/jpeg")
    assert rejection(client.get(f"/records/{sent['id']}/strokes")) == (404, "no_strokes")


@pytest.mark.parametrize("name", ["seven.heic", "seven.tiff"])
def test_a_picture_that_not_every_browser_shows_is_converted_if_asked(client: FlaskClient, name: str) -> None:
    file = (HEIC / name).read_bytes() if name.endswith("heic") else as_file(draw(7), ".tiff")
    path = f"/records/{predict(client, image=as_data_url(file, 'image/png'))['id']}/image.png"
    assert client.get(path).data == client.get(f"{path}?viewable=false").data == file
    shown = client.get(f"{path}?viewable=true")
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/png", "private, max-age=300")
    assert np.abs(decode(shown.data, 10**6).pixels.astype(int) - draw(7)).mean() < 3
    assert rejection(client.get(f"{path}?viewable=perhaps")) == (400, "bad_parameter")


def test_a_picture_that_browsers_show_is_not_converted(client: FlaskClient) -> None:
    jpeg = as_file(draw(3), ".jpg")
    path = f"/records/{predict(client, image=as_data_url(jpeg, 'image/jpeg'))['id']}/image.png"
    assert client.get(f"{path}?viewable=true").data == jpeg


def test_a_label_can_be_set_and_removed(client: FlaskClient) -> None:
    path = f"/records/{predict(client)['id']}"
    before = get(client, path)
    for label in ("4", "not_a_digit", None):
        answer = client.patch(path, json={"label": label})
        assert answer.json == get(client, path) == before | {"label": label}


@pytest.mark.parametrize("body", [b"", b"7", b'{"label": 7}', b'{"label": "x"}', b"{}", b'{"label": "1", "id": 2}'])
def test_an_invalid_label_is_rejected(client: FlaskClient, body: bytes) -> None:
    path = f"/records/{predict(client)['id']}"
    assert rejection(client.patch(path, data=body, content_type="application/json")) == (400, "bad_label")
    assert get(client, path)["label"] is None


def test_a_deleted_record_is_gone(client: FlaskClient) -> None:
    path = f"/records/{predict(client)['id']}"
    assert client.delete(path).status_code == 204
    assert rejection(client.delete(path)) == (404, "unknown_record")
    assert rejection(client.get(path)) == (404, "unknown_record")
    assert rejection(client.get(f"{path}/image.png")) == (404, "unknown_record")
    assert listed(client) == []


def test_counts_and_confusion(client: FlaskClient) -> None:
    predicted = [predict(client, expected="7"), predict(client), predict(client)]
    client.patch(f"/records/{predicted[1]['id']}", json={"label": "1"})
    counts = get(client, "/records/counts")
    assert counts["days"] == [{"day": predicted[0]["date"][:10], "result": "7", "count": 3}]
    assert counts["confusion"] == [
        {"meant": "1", "read": "7", "count": 1},
        {"meant": "7", "read": "7", "count": 1},
    ]


def test_the_same_key_gets_the_same_response(client: FlaskClient) -> None:
    sent = {"data": SEVEN_URL, "content_type": "text/plain", "headers": {"Idempotency-Key": str(new_key())}}
    first, again = (client.post("/predict", **sent).json for _ in range(2))
    assert first == again
    assert listed(client) == [(first or {})["id"]]


@pytest.fixture
def five(client: FlaskClient) -> list[dict[str, Any]]:
    """Five records: two corrected, one with an expected digit, one whose file name is a formula."""
    predicted = [predict(client, image=as_data_url(as_file(draw(digit)))) for digit in (1, 2, 3)]
    predicted.append(predict(client, expected="7", strokes=[[[1, 2, 3]]] * 2, pen_widths=[22, 9.5]))
    predicted.append(predict(client, source="upload", file_name="=1+1"))
    client.patch(f"/records/{predicted[0]['id']}", json={"label": "4"})
    client.patch(f"/records/{predicted[1]['id']}", json={"label": "not_a_digit"})
    return predicted


def test_export_as_csv(client: FlaskClient, five: list[dict[str, Any]]) -> None:
    answer = client.get("/records/export?format=csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="digitpad.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == [each["id"] for each in reversed(five)]
    assert float(rows[0]["p7"]) == five[4]["probabilities"][7]
    assert rows[0]["file_name"] == "'=1+1"  # not a formula
    assert [row["pen_widths"] for row in rows] == ["", "[22.0,9.5]", "", "", ""]
    assert rows[4]["label"] == "4"


def test_export_as_json_lines(client: FlaskClient, five: list[dict[str, Any]]) -> None:
    answer = client.get("/records/export?format=jsonl&source=canvas")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert rows == get(client, "/records?source=canvas")["records"]


def test_export_as_mnist_files(client: FlaskClient, five: list[dict[str, Any]], app: Flask) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get("/records/export?format=idx").data))
    images, labels = archive.read("images-idx3-ubyte"), archive.read("labels-idx1-ubyte")
    assert images[:16] == bytes([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28])
    assert labels == bytes([0, 0, 8, 1, 0, 0, 0, 4, 7, 7, 3, 4])  # newest first, without the one that is not a digit
    assert len(images) == 16 + 4 * 784
    drawing = app.extensions["digitpad"].recorder.drawing(uuid.UUID(five[4]["id"]))
    assert images[16 : 16 + 784] == drawing.seen


def test_export_for_numpy(client: FlaskClient, five: list[dict[str, Any]]) -> None:
    arrays = np.load(io.BytesIO(client.get("/records/export?format=npz").data))
    assert arrays["images"].shape == (5, 28, 28)
    assert arrays["images"].dtype == np.uint8
    assert arrays["labels"].tolist() == [7, 7, 3, -1, 4]
    assert arrays["read"].tolist() == [each["digit"] for each in reversed(five)]
    assert arrays["meant"].tolist() == [False, True, False, True, True]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "idx", "npz"])
def test_an_export_of_nothing_is_an_empty_file(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/records/export?format={kind}")
    assert answer.status_code == 200
    if kind == "npz":
        assert np.load(io.BytesIO(answer.data))["images"].shape == (0, 28, 28)


def test_an_unknown_export_format_is_rejected(client: FlaskClient) -> None:
    assert rejection(client.get("/records/export?format=xlsx")) == (400, "bad_parameter")


def test_a_record_whose_drawing_was_not_kept_has_everything_else(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, keep_drawings="none"))
    client = app.test_client()
    body, key = {"image": SEVEN_URL, "strokes": [[[1, 2, 3]]], "pen_widths": [18]}, {"Idempotency-Key": str(new_key())}
    predicted = client.post("/predict", json=body, headers=key).get_json()
    assert client.post("/predict", json=body, headers=key).get_json() == predicted
    path = f"/records/{predicted['id']}"
    assert rejection(client.get(f"{path}/image.png")) == (404, "no_drawing")
    assert rejection(client.get(f"{path}/strokes")) == (404, "no_drawing")
    assert get(client, path)["pen_widths"] is None
    assert client.patch(path, json={"label": "1"}).status_code == 200
    assert [each["label"] for each in get(client, "/records")["records"]] == ["1"]
    assert len(client.get("/records/export?format=jsonl").data.splitlines()) == 1
    archive = zipfile.ZipFile(io.BytesIO(client.get("/records/export?format=idx").data))
    assert archive.read("labels-idx1-ubyte") == bytes([0, 0, 8, 1, 0, 0, 0, 0])
    assert len(np.load(io.BytesIO(client.get("/records/export?format=npz").data))["images"]) == 0
    assert client.delete(path).status_code == 204
    assert rejection(client.get(f"{path}/image.png")) == (404, "unknown_record")
    app.extensions["digitpad"].close()
