"""POST /picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient

from backend.reading.decode import decode
from backend.settings import TOP
from tools.drawings import as_data_url, as_file, draw

HEIC = TOP / "tests" / "reading" / "heic"


def test_a_picture_becomes_a_png(client: FlaskClient) -> None:
    answer = client.post("/picture", data=as_data_url((HEIC / "seven.heic").read_bytes(), "image/heic"))
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert np.abs(decode(answer.data, 10**6).pixels.astype(int) - draw(7)).mean() < 3
    assert client.get("/records").get_json()["records"] == []


@pytest.mark.parametrize(("width", "height", "expected"), [(1120, 700, (350, 560, 3)), (50, 20, (20, 50, 3))])
def test_a_large_picture_is_scaled_down(client: FlaskClient, width: int, height: int, expected: tuple[int]) -> None:
    color = cv2.merge([np.full((height, width), level, np.uint8) for level in (10, 200, 90)])
    answer = client.post("/picture", data=as_data_url(as_file(color, ".tiff")))
    assert decode(answer.data, 10**6).pixels.shape == expected


def test_what_is_not_a_picture_gets_415(client: FlaskClient) -> None:
    answer = client.post("/picture", data=as_data_url(b"<svg/>"))
    assert answer.status_code == 415
    assert answer.get_json()["detail"].endswith("GIF, TIFF, AVIF or HEIC image.")
