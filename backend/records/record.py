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
NUMBER = "-?[0-9]{1,40}([.,][0-9]{1,40}){0,8}"  # one digit or more, with decimal points and commas
Label = Annotated[str, msgspec.Meta(pattern=f"^({NUMBER}|not_a_digit)$", max_length=40)]

DIGITS = tuple("0123456789")
COUNTED = (*DIGITS, "not a digit", "not_a_digit")  # results and labels that are counted one by one
ANY_NUMBER = "number"  # in filters and counts: any other result or label


BoxFractions = Annotated[
    tuple[float, float, float, float],
    msgspec.Meta(description="Left, top, width and height, as fractions of the width and height of the image."),
]


class NumberDigit(msgspec.Struct, frozen=True, kw_only=True):
    """One digit of a number."""

    digit: Annotated[int, msgspec.Meta(ge=0, le=9)]
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    box: BoxFractions
    probabilities: Annotated[tuple[float, ...], msgspec.Meta(description="Of the digits 0 to 9; their sum is 1.")]
    verdict: Verdict


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction and its last correction. A field is text, a number, a tuple of floats, or of JSON_FIELDS."""

    id: uuid.UUID  # version 1: the date of the record and its position in the order
    result: Annotated[str, msgspec.Meta(description='"0" to "9", a number such as "2026", or "not a digit".')]
    digit: Annotated[int | None, msgspec.Meta(description="The most probable digit; null: it is a number.")]
    confidence: Annotated[float, msgspec.Meta(description="0 to 1, calibrated for a single digit.")]
    probabilities: Annotated[
        tuple[float, ...],
        msgspec.Meta(description="Of the digits 0 to 9, for the drawing as a single digit; their sum is 1."),
    ]
    verdict: Verdict
    source: Source
    file_name: str | None = None
    expected: Annotated[str | None, msgspec.Meta(description="What the person was going to draw.")] = None
    label: Annotated[
        str | None, msgspec.Meta(description='The last correction: a digit, a number, or "not_a_digit".')
    ] = None
    model_version: str
    pen_widths: Annotated[
        tuple[float, ...] | None,
        msgspec.Meta(description="Of each stroke, in pixels of a canvas 280 pixels high; null if they were not sent."),
    ] = None
    client: str | None = None  # the client's address, as RECORD_CLIENT_ADDRESS sets
    owner: str | None = None  # a digest of the secret, see owner.py
    digits: Annotated[
        tuple[NumberDigit, ...] | None,
        msgspec.Meta(description="The digits of a number, from left to right; null: it is a single digit or none."),
    ] = None
    room: str | None = None  # the code of the room in which it was drawn, see backend/rooms
    pupil: str | None = None  # who drew it there: an id that is random in each room

    @property
    def doubtful(self) -> bool:
        """Whether the reading is unsure, not a digit, or not what was expected."""
        return self.verdict not in ("digit", "number") or self.expected not in (None, self.result)

    @property
    def meant(self) -> str | None:
        """What the person drew, if they said."""
        return meant(self.label, self.expected)

    @property
    def read(self) -> str:
        """What the network read, as a label."""
        return read(self.verdict, self.result)


def meant(label: str | None, expected: str | None) -> str | None:
    return label if label is not None else expected


def read(verdict: Verdict, result: str) -> str:
    return "not_a_digit" if verdict == "not_a_digit" else result


def counted(result: str) -> str:
    """How a result or label is counted: numbers together, since there are too many to count each."""
    return result if result in COUNTED else ANY_NUMBER


JSON_FIELDS = {"digits": tuple[NumberDigit, ...] | None}  # the stores keep these as JSON


PRIVATE_FIELDS = ("client", "owner", "room", "pupil")  # in no response and no export
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
    strokes: bytes | None = None  # JSON: [[[x, y, milliseconds], ...], ...] in px of a canvas 280 px high


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which records to list or export. Omitted fields match everything."""

    result: Annotated[
        Annotated[str, msgspec.Meta(pattern=f"^({NUMBER}|{ANY_NUMBER}|not a digit)$", max_length=40)] | None,
        msgspec.Meta(description="`number`: any number of several digits."),
    ] = None
    label: Annotated[
        Annotated[str, msgspec.Meta(pattern=f"^({NUMBER}|{ANY_NUMBER}|not_a_digit)$", max_length=40)] | None,
        msgspec.Meta(
            description="What was drawn: the last correction or, without one, what was expected; `number`: any number."
        ),
    ] = None
    verdict: Verdict | None = None
    corrected: Annotated[bool | None, msgspec.Meta(description="Whether a person has labeled it.")] = None
    source: Source | None = None
    day: Annotated[date | None, msgspec.Meta(description="YYYY-MM-DD, UTC.")] = None

    def matches(self, record: Record) -> bool:
        return (
            (self.result is None or self.result in _matching(record.result))
            and (
                self.label is None or (record.meant is not None and self.label in (record.meant, counted(record.meant)))
            )
            and self.verdict in (None, record.verdict)
            and self.corrected in (None, record.label is not None)
            and self.source in (None, record.source)
            and self.day in (None, date_of(record.id).date())
        )


def _matching(value: str | None) -> tuple[str, ...]:
    """The filters that match a result or label."""
    return () if value is None else (value, counted(value))


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Records, newest first, and the `before` of the next page; None: this is the last."""

    records: tuple[Record, ...]
    next: uuid.UUID | None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of one UTC day have this result; numbers of several digits are counted as `number`."""

    day: date
    result: str
    count: int


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How many records that meant `meant` (their label or, without one, what was expected) were read as `read`;
    numbers of several digits are counted as `number`."""

    meant: str
    read: str
    count: int


class RecordCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many records there are."""

    days: tuple[Count, ...]
    confusion: Annotated[
        tuple[Confusion, ...],
        msgspec.Meta(description="Of the records that are labeled or have an `expected`."),
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
