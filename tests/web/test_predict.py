"""POST /predict, with the shipped model and a real recorder."""

from __future__ import annotations

import base64
import io
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import hypothesis
import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from werkzeug.test import TestResponse

from backend.reading.decode import decode
from backend.records.ids import key_time, new_key
from backend.records.owner import owner_of, secret_of
from backend.settings import TOP, Settings
from backend.web.app import create_app
from tools.drawings import SEVEN, SEVEN_URL, STROKES, as_data_url, as_file, draw, draw_strokes, number_strokes

JSON = "application/json"
FORM = "multipart/form-data"


def upload(client: FlaskClient, file: bytes, name: str = "seven.png", **fields: str) -> TestResponse:
    return client.post("/predict", data={"image": (io.BytesIO(file), name), **fields})


def newest(client: FlaskClient) -> dict[str, Any] | None:
    records = client.get("/records?limit=1").get_json()["records"]
    return records[0] if records else None


# Numbers


def test_a_number_is_read_and_recorded_with_its_digits(client: FlaskClient) -> None:
    drawn = number_strokes("2026")
    strokes = [[[x, y, 10 * n] for n, (x, y) in enumerate(stroke.tolist())] for stroke in drawn]
    body = {"image": as_data_url(as_file(draw_strokes(drawn, 560))), "strokes": strokes, "expected": "2026"}
    answer = client.post("/predict", json={**body, "pen_widths": [10] * len(drawn)}).get_json()
    assert (answer["result"], answer["verdict"], answer["digit"]) == ("2026", "number", None)
    assert [each["digit"] for each in answer["digits"]] == [2, 0, 2, 6]
    for k, each in enumerate(answer["digits"]):
        left, top, width, height = each["box"]
        assert left == pytest.approx((30 + 100 * k) / 560, abs=0.05)
        assert (top, height) == pytest.approx((85 / 280, 110 / 280), abs=0.02)
        assert 0.05 < width < 0.2
        assert sum(each["probabilities"]) == pytest.approx(1)
        assert each["confidence"] == max(each["probabilities"])
    record = newest(client)
    assert record is not None
    assert {name: record[name] for name in ("result", "digit", "digits", "verdict", "expected")} == {
        "result": "2026",
        "digit": None,
        "digits": answer["digits"],
        "verdict": "number",
        "expected": "2026",
    }
    assert client.patch(f"/records/{answer['id']}", json={"label": "2028"}).get_json()["label"] == "2028"
    assert client.get("/records?result=2026&label=2028").get_json()["records"][0]["id"] == answer["id"]


def test_the_box_surrounds_a_digit_without_specks_and_all_of_a_number(client: FlaskClient) -> None:
    speckled = draw(7, size=400, side=100, left=250, top=50, pen=10)
    speckled[380:384, 10:14] = 0
    box = upload(client, as_file(speckled)).get_json()["box"]
    assert box == pytest.approx([257 / 400, 45 / 400, 86 / 400, 110 / 400], abs=0.01)
    minus = np.array([[30.0, 140.0], [60.0, 140.0]])
    strokes = [minus, *(stroke + np.array([40, 0]) for stroke in number_strokes("35"))]
    answer = upload(client, as_file(draw_strokes(strokes, 300))).get_json()
    assert answer["result"] == "-35"
    left, top, width, height = answer["box"]
    assert (left * 300, top * 280) == pytest.approx((25, 85), abs=2)
    assert (left + width) * 300 == pytest.approx(max(point[0] for stroke in strokes for point in stroke) + 5, abs=2)
    assert (top + height) * 280 == pytest.approx(195, abs=2)


@pytest.mark.parametrize("strokes", [[[[1e300, -1e300, 0]], [[1, 2, 3]]], [[]], [[[10**400, 1, 0]]]])
def test_strokes_that_are_far_away_or_empty_do_no_harm(client: FlaskClient, strokes: list[Any]) -> None:
    image = as_data_url(as_file(draw_strokes(number_strokes("20"))))
    answer = client.post("/predict", json={"image": image, "strokes": strokes, "pen_widths": [9] * len(strokes)})
    assert answer.status_code == 400 or answer.get_json()["result"] == "20"


# The response


def test_the_answer_to_a_data_url_is_complete(client: FlaskClient) -> None:
    answer = client.post("/predict", data=SEVEN_URL)
    assert (answer.status_code, answer.mimetype) == (200, JSON)
    read = answer.get_json()
    assert (read["digit"], read["result"], read["recorded"]) == (7, "7", "stored")
    assert read["verdict"] in ("digit", "unsure")
    assert uuid.UUID(read["id"]).version == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", read["date"])
    assert len(read["probabilities"]) == 10
    assert sum(read["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert read["digit"] == int(np.argmax(read["probabilities"]))
    assert read["runner_up"] == int(np.argsort(read["probabilities"])[-2])
    assert 0 <= read["confidence"] <= 1
    assert re.fullmatch(r"[0-9a-f]+", read["model_version"])


def test_the_answer_contains_the_28x28_image_that_the_network_saw(client: FlaskClient) -> None:
    url = client.post("/predict", data=SEVEN_URL).get_json()["seen"]
    assert url.startswith("data:image/png;base64,")
    seen = decode(base64.b64decode(url.partition(",")[2]), 28 * 28).pixels
    assert seen.shape == (28, 28)
    assert seen[0].max() == 0  # paper is black, as in MNIST
    assert seen.max() > 200


@pytest.mark.parametrize("path", ["/predict", "/predict/"])
def test_a_trailing_slash_is_optional(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=SEVEN_URL).get_json()["digit"] == 7


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize(("side", "left", "top", "pen"), [(180, 50, 50, 18), (70, 190, 15, 9), (230, 25, 25, 26)])
def test_each_digit_is_read_at_any_position_and_size(
    client: FlaskClient, digit: int, side: int, left: int, top: int, pen: int
) -> None:
    url = as_data_url(as_file(draw(digit, side=side, left=left, top=top, pen=pen)))
    assert client.post("/predict?record=false", data=url).get_json()["digit"] == digit


# Request formats


def test_json_body(client: FlaskClient) -> None:
    body = {"image": SEVEN_URL, "expected": "1", "strokes": [[[60, 60, 0], [220, 60, 40]]]}
    answer = client.post("/predict", json=body)
    assert answer.get_json()["digit"] == 7
    record = newest(client)
    assert record
    assert (record["id"], record["expected"], record["source"]) == (answer.get_json()["id"], "1", "canvas")
    assert client.get(f"/records/{record['id']}/strokes").get_json() == body["strokes"]


HEIC = (TOP / "tests" / "reading" / "heic" / "seven.heic").read_bytes()


@pytest.mark.parametrize(
    "name", [f"seven.{each}" for each in ("png", "JPG", "jpeg", "Bmp", "WebP", "gif", "tiff", "avif", "heic")]
)
def test_a_form_with_a_file_of_each_image_type(client: FlaskClient, name: str) -> None:
    suffix = name[name.index(".") :].lower()
    file = HEIC if suffix == ".heic" else as_file(cv2.merge([draw(7)] * 3), suffix)
    answer = upload(client, file, name, expected="7")
    assert answer.get_json()["digit"] == 7
    record = newest(client)
    assert record
    assert (record["file_name"], record["source"], record["expected"]) == (name, "upload", "7")
    image = client.get(f"/records/{record['id']}/image.png")
    assert image.data == file
    assert image.mimetype == "image/jpeg" if suffix in (".jpg", ".jpeg") else f"image/{suffix[1:]}"


def test_the_bytes_decide_the_image_type_not_the_file_name(client: FlaskClient) -> None:
    assert upload(client, as_file(draw(7), ".jpg"), "seven.png").get_json()["digit"] == 7


def test_the_bytes_decide_the_image_type_not_the_data_url(client: FlaskClient) -> None:
    assert client.post("/predict", data=as_data_url(SEVEN, "image/webp")).get_json()["digit"] == 7


SEVEN_INK = 255 - draw(7)
BLACK = np.zeros((280, 280, 3), np.uint8)
LOOKS = {
    "light on dark": SEVEN_INK,
    "color": np.dstack([draw(7), np.full_like(SEVEN_INK, 255), np.full_like(SEVEN_INK, 255)]),
    "dark on transparent": np.dstack([BLACK, SEVEN_INK]),
    "light on transparent": np.dstack([255 - BLACK, SEVEN_INK]),
    "sixteen bits": draw(7).astype(np.uint16) * 257,
    "large": cv2.resize(draw(7), (1400, 1400)),
    "small": cv2.resize(draw(7), (28, 28), interpolation=cv2.INTER_AREA),
    "wide": cv2.copyMakeBorder(draw(7), 0, 0, 400, 400, cv2.BORDER_CONSTANT, value=255),
}


@pytest.mark.parametrize("look", LOOKS)
def test_any_colors_are_read(client: FlaskClient, look: str) -> None:
    assert client.post("/predict", data=as_data_url(as_file(LOOKS[look]))).get_json()["digit"] == 7


# Recording


def test_every_prediction_is_recorded(client: FlaskClient) -> None:
    ids = [client.post("/predict", data=SEVEN_URL).get_json()["id"] for _ in range(3)]
    assert [each["id"] for each in client.get("/records").get_json()["records"]] == ids[::-1]


def test_record_false_records_nothing(client: FlaskClient) -> None:
    answer = client.post("/predict?record=false", data=SEVEN_URL).get_json()
    assert (answer["digit"], answer["recorded"]) == (7, "no")
    assert newest(client) is None


def test_without_a_recorder_drawings_are_still_read(settings: Settings) -> None:
    client = create_app(Settings(instance=settings.instance, records_url="none")).test_client()
    assert client.post("/predict", data=SEVEN_URL).get_json()["recorded"] == "no"
    assert client.get("/health/ready").get_json()["recorder"]["store"] == "none"
    refused = client.get("/records")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "recorder_off")


# Errors

BLANK = np.full((280, 280), 255, np.uint8)
HUGE_HEADER = SEVEN[:16] + (20_000).to_bytes(4, "big") * 2 + SEVEN[24:]
RANDOM_KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"  # version 4
OLD_KEY = "01932c07-209e-7d00-9c4a-1693d31e4529"  # of 2024
FUTURE_KEY = "0c8d3a1f-3a00-7d00-9c4a-1693d31e4529"  # of 2407
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "empty body": ({"data": ""}, 400, "empty_body"),
    "words": ({"data": "seven"}, 400, "not_a_data_url"),
    "not base64": ({"data": "data:image/png;base64,%%%"}, 400, "not_a_data_url"),
    "broken JSON": ({"data": '{"image": ', "content_type": JSON}, 400, "not_json"),
    "JSON without an image": ({"json": {"expected": "7"}}, 400, "bad_field"),
    "JSON with a wrong image": ({"json": {"image": "seven"}}, 400, "not_a_data_url"),
    "JSON with a wrong digit": ({"json": {"image": SEVEN_URL, "expected": "1x"}}, 400, "bad_field"),
    "a form without a file": ({"data": {"expected": "7"}, "content_type": FORM}, 400, "no_image"),
    "a form with an empty file": ({"data": {"image": (b"", "7.png")}}, 400, "empty_body"),
    "a form with a wrong digit": ({"data": {"image": (SEVEN, "7.png"), "expected": "x"}}, 400, "bad_field"),
    "a damaged form": ({"data": b"--", "content_type": FORM}, 400, "no_image"),
    "a text file named .png": ({"data": {"image": (b"not a picture", "seven.png")}}, 415, "unknown_image_type"),
    "a GIF without pixels": ({"data": as_data_url(b"GIF89a", "image/gif")}, 422, "undecodable"),
    "an SVG": ({"data": as_data_url(b"<svg/>", "image/svg+xml")}, 415, "unknown_image_type"),
    "a truncated PNG": ({"data": as_data_url(SEVEN[: len(SEVEN) // 2])}, 422, "undecodable"),
    "a 20,000 x 20,000 header": ({"data": as_data_url(HUGE_HEADER)}, 413, "too_large"),
    "a body over the limit": ({"data": b"x" * 12_000_001}, 413, "too_large"),
    "a form over the limit": ({"data": b"x" * 12_000_001, "content_type": f"{FORM}; boundary=b"}, 413, "too_large"),
    "a blank canvas": ({"data": as_data_url(as_file(BLANK))}, 422, "blank_drawing"),
    "a transparent canvas": ({"data": as_data_url(as_file(np.dstack([BLACK, BLACK[:, :, 0]])))}, 422, "blank_drawing"),
    "a wrong parameter": ({"data": SEVEN_URL, "query_string": "record=perhaps"}, 400, "bad_parameter"),
    "an unknown parameter": ({"data": SEVEN_URL, "query_string": "rekord=false"}, 400, "bad_parameter"),
    "an empty key": ({"data": SEVEN_URL, "headers": {"Idempotency-Key": ""}}, 400, "bad_idempotency_key"),
    "a random key": ({"data": SEVEN_URL, "headers": {"Idempotency-Key": RANDOM_KEY}}, 400, "bad_idempotency_key"),
    "an old key": ({"data": SEVEN_URL, "headers": {"Idempotency-Key": OLD_KEY}}, 400, "idempotency_key_expired"),
    "a future key": ({"data": SEVEN_URL, "headers": {"Idempotency-Key": FUTURE_KEY}}, 400, "idempotency_key_in_future"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_gets_a_clear_error_and_records_nothing(client: FlaskClient, name: str) -> None:
    request, status, code = REFUSED[name]
    if isinstance(request.get("data"), dict):  # files are read once, so each try has its own
        form = {k: (io.BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for k, v in request["data"].items()}
        request = {**request, "data": form}
    answer = client.post("/predict", **request)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (answer.get_json()["status"], answer.get_json()["code"]) == (status, code)
    assert answer.get_json()["title"]
    assert answer.get_json()["detail"].endswith(".")
    assert newest(client) is None


def test_the_same_request_again_gets_the_same_answer_and_makes_one_record(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": str(new_key())}
    first = client.post("/predict", data=SEVEN_URL, headers=headers).get_json()
    again = client.post("/predict", data=SEVEN_URL, headers=headers).get_json()
    assert again == first
    assert len(client.get("/records").get_json()["records"]) == 1


def test_a_recorded_drawing_has_a_secret_of_its_key(client: FlaskClient) -> None:
    key = new_key()
    answer = client.post("/predict", data=SEVEN_URL, headers={"Idempotency-Key": str(key)}).get_json()
    assert answer["secret"] == secret_of(key)
    other = client.post("/predict", data=SEVEN_URL).get_json()
    assert other["secret"] != answer["secret"]


def test_what_is_not_recorded_has_no_secret(client: FlaskClient) -> None:
    assert client.post("/predict?record=false", data=SEVEN_URL).get_json()["secret"] is None


def test_neither_the_store_nor_other_responses_contain_the_secret(client: FlaskClient, settings: Settings) -> None:
    predicted = client.post("/predict", data=SEVEN_URL).get_json()
    secret = predicted["secret"]
    paths = [f"/records/{predicted['id']}", "/records", "/records/export?format=jsonl", "/records/export?format=csv"]
    for text in [client.get(path).get_data(as_text=True) for path in paths]:
        assert predicted["id"] in text
        assert secret not in text
        assert owner_of(secret) not in text
    stored = b"".join(file.read_bytes() for file in settings.instance.iterdir())
    assert owner_of(secret).encode() in stored
    assert secret.encode() not in stored


def test_another_key_makes_another_record(client: FlaskClient) -> None:
    for key in (new_key(), new_key()):
        client.post("/predict", data=SEVEN_URL, headers={"Idempotency-Key": str(key)})
    assert len(client.get("/records").get_json()["records"]) == 2


def test_another_drawing_under_the_same_key_is_another_record(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": str(new_key())}
    answers = [
        client.post("/predict", data=as_data_url(as_file(draw(digit))), headers=headers).get_json()
        for digit in (7, 3, 7, 3)
    ]
    assert [each["result"] for each in answers] == ["7", "3", "7", "3"]
    assert answers[:2] == answers[2:]
    recorded = [each["id"] for each in client.get("/records").get_json()["records"]]
    assert sorted(recorded) == sorted(each["id"] for each in answers[:2])


def test_a_record_has_the_date_of_its_key_and_its_place_in_the_list(client: FlaskClient) -> None:
    ages = timedelta(hours=1), timedelta(days=29), timedelta(minutes=1)
    keys = [new_key(datetime.now(UTC) - age) for age in ages]
    dates = [
        client.post("/predict", data=SEVEN_URL, headers={"Idempotency-Key": str(key)}).get_json()["date"]
        for key in keys
    ]
    assert [datetime.fromisoformat(date) for date in dates] == [key_time(key) for key in keys]
    listed = [each["date"] for each in client.get("/records").get_json()["records"]]
    assert listed == [dates[2], dates[0], dates[1]]


def test_a_retry_does_not_restore_a_deleted_record(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": str(new_key())}
    first = client.post("/predict", data=SEVEN_URL, headers=headers).get_json()
    assert client.delete(f"/records/{first['id']}").status_code == 204
    assert client.post("/predict", data=SEVEN_URL, headers=headers).get_json()["id"] == first["id"]
    assert newest(client) is None


def test_a_one_pixel_image_is_blank(client: FlaskClient) -> None:
    answer = client.post("/predict", data=as_data_url(as_file(BLANK[:1, :1])))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "blank_drawing")


def test_json_responses_are_not_cached(client: FlaskClient) -> None:
    assert client.post("/predict", data=SEVEN_URL).headers["Cache-Control"] == "no-store"


# Arbitrary input


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """An application without a recorder, for property tests."""
    return create_app(Settings(instance=tmp_path_factory.mktemp("instance"), records_url="none")).test_client()


@st.composite
def pictures(draw_from: st.DrawFn) -> NDArray[np.uint8]:
    """Arbitrary images: any shape, one to four channels; empty, sparse, dense or smooth."""
    sides = st.one_of(st.integers(1, 8), st.integers(9, 300), st.sampled_from([700, 1000]))
    shape = draw_from(sides), draw_from(sides), draw_from(st.sampled_from([1, 3, 4]))
    random = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    paper = draw_from(st.integers(0, 255))
    share = draw_from(st.sampled_from([0.0, 0.001, 0.01, 0.4, 1.0]))
    picture = np.where(random.random(shape) < share, random.integers(0, 256, shape), paper).astype(np.uint8)
    return cv2.blur(picture, (5, 5)).reshape(shape) if draw_from(st.booleans()) else picture


@hypothesis.settings(deadline=None, max_examples=200)
@given(picture=pictures())
def test_any_image_is_read_or_rejected(reader: FlaskClient, picture: NDArray[np.uint8]) -> None:
    answer = reader.post("/predict", data=as_data_url(as_file(picture)))
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert sum(answer.get_json()["probabilities"]) == pytest.approx(1)


@hypothesis.settings(deadline=None)
@given(
    body=st.one_of(st.binary(), st.text().map(str.encode), st.binary().map(lambda file: as_data_url(file).encode())),
    content_type=st.sampled_from(
        [JSON, FORM, f"{FORM}; boundary=b", "text/plain", "application/x-www-form-urlencoded"]
    ),
)
def test_any_body_gets_a_clear_answer(reader: FlaskClient, body: bytes, content_type: str) -> None:
    answer = reader.post("/predict", data=body, content_type=content_type)
    assert answer.status_code in (400, 413, 415, 422)
    assert answer.get_json()["detail"]
