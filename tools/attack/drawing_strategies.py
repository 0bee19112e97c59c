"""What Schemathesis can't make from a description: images, and keys of the right age. It imports these as hooks."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

from backend.records.ids import new_key
from tools.drawings import as_data_url, as_file, draw

START = datetime.now(UTC)
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/bmp": ".bmp", "image/webp": ".webp"}


def file(digit: int, media_type: str) -> bytes:
    """Small, because that is fast."""
    return as_file(draw(digit, size=56, side=36, left=10, top=10, pen=4), SUFFIXES[media_type])


def key(age: int, random: int) -> str:
    return str(uuid.UUID(int=new_key(START - timedelta(seconds=age)).int >> 62 << 62 | random))


digits, media_types = st.integers(0, 9), st.sampled_from(list(SUFFIXES))
drawings = st.builds(lambda digit, kind: as_data_url(file(digit, kind), kind), digits, media_types)
damaged = st.binary(min_size=1, max_size=100).map(as_data_url)

schemathesis.openapi.format("data-url", st.one_of(drawings, damaged))
schemathesis.openapi.format("uuid", st.builds(key, st.integers(0, 86400), st.integers(0, 2**62 - 1)))


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """Leave out what would be invalid, but is not sent: a form has no part for an empty list."""
    return not (isinstance(body, dict) and body.get("expected") == [])


for media_type in SUFFIXES:
    schemathesis.openapi.media_type(media_type, st.builds(file, digits, st.just(media_type)))
