"""What Schemathesis can't make from a description: images, and keys of the right age. It imports these as hooks."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure

from backend.records.ids import new_key
from tools.attack import seeds
from tools.drawings import as_data_url, as_file, draw

START = datetime.now(UTC)
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/tiff": ".tiff",
    "image/avif": ".avif",
    "image/heic": ".heic",
}


def file(digit: int, media_type: str) -> bytes:
    """Small, because that is fast."""
    if media_type == "image/heic":
        return seeds.HEIC[0]  # always a 7, since no encoder is installed
    drawing = draw(digit, size=56, side=36, left=10, top=10, pen=4)
    return as_file(cv2.cvtColor(drawing, cv2.COLOR_GRAY2BGR), SUFFIXES[media_type])  # OpenCV writes no gray GIF


def key(age: int, random: int) -> str:
    return str(uuid.UUID(int=new_key(START - timedelta(seconds=age)).int >> 62 << 62 | random))


digits, media_types = st.integers(0, 9), st.sampled_from(list(SUFFIXES))
drawings = st.builds(lambda digit, kind: as_data_url(file(digit, kind), kind), digits, media_types)
damaged = st.binary(min_size=1, max_size=100).map(as_data_url)

schemathesis.openapi.format("data-url", st.one_of(drawings, damaged))
schemathesis.openapi.format("uuid", st.builds(key, st.integers(0, 86400), st.integers(0, 2**62 - 1)))


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext,
    failure: Failure,
    case: schemathesis.Case[Any],
    response: schemathesis.Response,
) -> bool:
    """In a form all is text, so a number is sent like its digits, and a list like its only item or not at all: they
    are accepted."""
    form = case.media_type == "multipart/form-data"
    return not (form and "at /properties/expected (was string, became " in failure.message)


for media_type in SUFFIXES:
    schemathesis.openapi.media_type(media_type, st.builds(file, digits, st.just(media_type)))
