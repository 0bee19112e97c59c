"""What is recorded. `Record` is the only definition of a record: the columns and rows of both stores, JSON, CSV and
the OpenAPI schema are derived from its fields.

To add a field: add it to `Record` with a default, which earlier records get; fill it in backend/web/routes/predict.py;
add a migration to sqlite/schema.py and one to cassandra/schema/.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Literal, NotRequired, TypedDict

import msgspec

from backend.reading.verdict import Verdict
from backend.records.ids import date_of, date_text

Source = Literal["canvas", "upload"]
Result = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "not a digit"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction and its last correction. A field is text, a number, or a tuple of floats."""

    id: uuid.UUID  # version 1: the date of the record and its position in the order
    result: Annotated[str, msgspec.Meta(description='"0" to "9", or "not a digit".')]
    digit: Annotated[int, msgspec.Meta(description="The most probable digit.")]
    confidence: Annotated[float, msgspec.Meta(description="0 to 1, calibrated.")]
    probabilities: Annotated[tuple[float, ...], msgspec.Meta(description="Of the digits 0 to 9; their sum is 1.")]
    verdict: Verdict
    source: Source
    file_name: str | None = None
    expected: Annotated[str | None, msgspec.Meta(description="The digit that the person was going to draw.")] = None
    label: Annotated[str | None, msgspec.Meta(description='The last correction: "0" to "9", or "not_a_digit".')] = None
    model_version: str
    pen_widths: Annotated[
        tuple[float, ...] | None,
        msgspec.Meta(description="Of each stroke, in pixels on the 280 x 280 canvas; null if they were not sent."),
    ] = None
    client: str | None = None  # the client's address, as RECORD_CLIENT_ADDRESS sets
    owner: str | None = None  # a digest of the secret, see owner.py

    @property
    def doubtful(self) -> bool:
        """Whether the reading is unsure, not a digit, or not the digit that was expected."""
        return self.verdict != "digit" or self.expected not in (None, self.result)

    @property
    def meant(self) -> str | None:
        """What the person drew, if they said."""
        return meant(self.label, self.expected)

    @property
    def read(self) -> str:
        """What the network read, as a label."""
        return read(self.verdict, self.digit)


def meant(label: str | None, expected: str | None) -> str | None:
    return label if label is not None else expected


def read(verdict: Verdict, digit: int) -> str:
    return "not_a_digit" if verdict == "not_a_digit" else str(digit)


PRIVATE_FIELDS = ("client", "owner")  # in no response and no export
PUBLIC_FIELDS = tuple(field for field in msgspec.structs.fields(Record) if field.name not in PRIVATE_FIELDS)


def public(record: Record) -> dict[str, object]:
    """A record as answers and exports show it: its public fields, and the date after the id."""
    values = {field.name: getattr(record, field.name) for field in PUBLIC_FIELDS}
    return {"id": str(values.pop("id")), "date": date_text(record.id), **values}


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """The image of a prediction as it was sent, and what the network saw of it."""

    image: bytes
    media_type: str  # "image/png", ...
    seen: bytes = b""  # 28x28 uint8, row by row, 0 paper to 255 ink: 784 bytes
    strokes: bytes | None = None  # JSON: [[[x, y, milliseconds], ...], ...] on the 280x280 canvas


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records to list or export. Omitted fields match everything."""

    result: Result | None = None
    verdict: Verdict | None = None
    corrected: Annotated[bool | None, msgspec.Meta(description="Whether a person has labeled it.")] = None
    source: Source | None = None
    day: Annotated[date | None, msgspec.Meta(description="YYYY-MM-DD, UTC.")] = None

    def matches(self, record: Record) -> bool:
        return (
            self.result in (None, record.result)
            and self.verdict in (None, record.verdict)
            and self.corrected in (None, record.label is not None)
            and self.source in (None, record.source)
            and self.day in (None, date_of(record.id).date())
        )


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Records, newest first, and the `before` of the next page; None: this is the last."""

    records: tuple[Record, ...]
    next: uuid.UUID | None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of one UTC day have this result."""

    day: date
    result: str
    count: int


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How many records that meant `meant` (their label or, without one, the expected digit) were read as `read`."""

    meant: str
    read: str
    count: int


class RecordCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many records there are."""

    days: tuple[Count, ...]
    confusion: Annotated[
        tuple[Confusion, ...],
        msgspec.Meta(description="Of the records that are labeled or were expected to be a digit."),
    ]


class RecorderState(TypedDict):
    """Whether records can be written, and what waits."""

    ok: Annotated[bool, msgspec.Meta(description="Whether the store and the outbox are available.")]
    store: Annotated[str, msgspec.Meta(description="SQLite, Cassandra, or none.")]
    queued: NotRequired[Annotated[int, msgspec.Meta(description="Operations that wait; missing if that is unknown.")]]
    oldest_s: NotRequired[Annotated[float, msgspec.Meta(description="How long the oldest has waited, in seconds.")]]
    detail: Annotated[str | None, msgspec.Meta(description="What is wrong, in a sentence.")]
    warnings: Annotated[
        list[str],
        msgspec.Meta(description="Settings of the store with which acknowledged records could be lost; what to do."),
    ]


class RecorderUnavailable(Exception):
    """Records can't be written or read now; the message says which store or file, and why."""
