"""The `Idempotency-Key` header: a UUID version 7 (RFC 9562), which contains the time at which it was created.

That time becomes the date of the record, so it must be close to the server's.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from backend.records.ids import key_time, new_key
from backend.web.errors import Problem

MAX_AGE = timedelta(days=30)  # for requests that waited on a page without a connection
MAX_CLOCK_ERROR = timedelta(seconds=60)  # by which a client's clock may be ahead

EXAMPLE = "0193632b-5ac2-7e4b-8d62-bd5ea1f03c77"
HOW = (
    "Create a key for each drawing, for example with `uuidgen --time-v7`, or leave out the header; the page /api shows"
    " more ways."
)

IdempotencyKey = Annotated[
    uuid.UUID,
    msgspec.Meta(
        description="A UUID version 7 (RFC 9562): a new one for each drawing or pupil, the same one for each retry. Its"
        " time becomes the date of the record.",
    ),
]


def parse_idempotency_key(header: str | None, now: datetime | None = None) -> uuid.UUID:
    """The key in the header; a new one if there is no header. now: UTC, by default the current time.

    Raises Problem 400 if the header is not a UUID version 7 in its usual form with hyphens, or was created more than
    MAX_AGE before or MAX_CLOCK_ERROR after `now`.
    """
    now = now or datetime.now(UTC)
    if header is None:
        return new_key(now)
    key = _parse_uuid(header)
    if key is None or key.version != 7:
        raise Problem(400, "bad_idempotency_key", f"Idempotency-Key must be a UUID version 7, such as {EXAMPLE}. {HOW}")
    try:
        age = now - key_time(key)
    except OverflowError:  # after the year 9999
        age = timedelta.min
    clock = f"Check your clock: the server's time is {now:%Y-%m-%dT%H:%M:%SZ}."
    if age > MAX_AGE:
        detail = f"This Idempotency-Key was created more than 30 days ago. {clock} {HOW}"
        raise Problem(400, "idempotency_key_expired", detail)
    if age < -MAX_CLOCK_ERROR:
        detail = f"This Idempotency-Key was created more than 60 seconds in the future. {clock} {HOW}"
        raise Problem(400, "idempotency_key_in_future", detail)
    return key


def _parse_uuid(text: str) -> uuid.UUID | None:
    """None: not in the usual form; `uuid.UUID` also takes braces, URNs and misplaced hyphens."""
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    return key if str(key) == text.lower() else None
