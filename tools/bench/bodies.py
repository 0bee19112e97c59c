"""The requests that are sent: the drawings of drawings.json, as one kind of client or another sends them."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from tools.bench.load import post

DRAWINGS: dict[str, list[str]] = json.loads(Path(__file__).with_name("drawings.json").read_text())


def data_urls(kind: str, path: str = "/predict") -> Iterator[bytes]:
    """Requests without end, as a program that speaks the contract sends them."""
    return itertools.cycle([post(path, url.encode()) for url in DRAWINGS[kind]])


def page_requests(path: str = "/predict") -> Iterator[bytes]:
    """Requests without end, as the page sends them: JSON with strokes, each with a key of its own."""
    bodies = [body.encode() for body in DRAWINGS["page"]]
    key = f"{secrets.token_hex(8)}%016d"
    placeholder = "K" * len(key % 0)
    requests = [post(path, body, "application/json", f"Idempotency-Key: {placeholder}\r\n") for body in bodies]
    for n in itertools.count():
        yield requests[n % len(requests)].replace(placeholder.encode(), (key % n).encode(), 1)
