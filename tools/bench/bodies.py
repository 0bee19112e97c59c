"""The requests that the benchmarks send, made of the ten drawings in drawings.json."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from backend.records.ids import new_key
from tools.bench.load import post

DRAWINGS: dict[str, list[str]] = json.loads(Path(__file__).with_name("drawings.json").read_text())


def data_urls(kind: str) -> Iterator[bytes]:
    """Endless requests with a data URL as their body, the simplest way to call the API."""
    return itertools.cycle([post("/predict", url.encode()) for url in DRAWINGS[kind]])


def page_requests(keyed: bool = True) -> Iterator[bytes]:
    """Endless requests like those of the page: JSON with strokes, each with its own idempotency key if `keyed`."""
    placeholder = str(new_key())
    header = f"Idempotency-Key: {placeholder}\r\n" if keyed else ""
    requests = [post("/predict", body.encode(), "application/json", header) for body in DRAWINGS["page"]]
    for request in itertools.cycle(requests):
        yield request.replace(placeholder.encode(), str(new_key()).encode(), 1)
