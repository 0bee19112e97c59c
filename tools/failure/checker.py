"""Compares what clients were told with the records that are there afterwards.

Every acknowledged record must exist exactly once, a drawing without an answer at most once, both with the date of their
key. A record that was answered as "stored" must be readable at once, and no answer may be a 500.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.records.ids import key_time

TOKEN = "operator-token-of-failure-runs"  # of servers that have one; others ignore it


@dataclass
class History:
    """What the clients were told. The file name of a record is its idempotency key."""

    began: float = field(default_factory=time.monotonic)
    phase: str = ""  # of the run; answers are counted by phase
    sent: set[str] = field(default_factory=set)  # keys
    acknowledged: dict[str, str] = field(default_factory=dict)  # id by key
    labels: dict[str, str] = field(default_factory=dict)  # by id; "?" if there was no answer
    deleted: dict[str, str] = field(default_factory=dict)  # by id: "yes", or "?" if there was no answer
    records: list[dict[str, Any]] = field(default_factory=list)  # in the end
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {what}", flush=True)

    def count(self, answer: str) -> None:
        self.answers[f"{self.phase}: {answer}" if self.phase else answer] += 1

    def print(self) -> None:
        print(f"{len(self.sent)} drawings, {len(self.acknowledged)} acknowledged, {len(self.records)} records read,")
        print(f"{len(self.deleted)} deletions, {len(self.labels)} corrections; slowest answer {self.slowest:.2f} s")
        print("\n".join(f"  {what}: {count}" for what, count in sorted(self.answers.items())))
        print(f"{len(self.wrong)} wrong" if self.wrong else "Nothing is wrong.")


def ask(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the response to one request of the operator."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(
            method,
            path,
            json.dumps(body) if body else None,
            {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}", **(headers or {})},
        )
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


def read_back(port: int) -> list[dict[str, Any]]:
    """All records, once the queue is empty. Raises TimeoutError if it does not shrink for five minutes."""
    shortest, end = sys.maxsize, time.monotonic() + 300
    while shortest > 0:
        state: dict[str, Any] = {}
        with suppress(OSError, http.client.HTTPException):
            state = ask(port, "GET", "/health/ready")[1].get("recorder", {})
        if state.get("ok") and state["queued"] < shortest:
            shortest, end = state["queued"], time.monotonic() + 300
        if time.monotonic() > end:
            raise TimeoutError(f"Nothing was delivered for five minutes: {state}")
        time.sleep(0.5)
    records: list[dict[str, Any]] = []
    before = ""
    while True:
        status, page = ask(port, "GET", f"/records?limit=500{before}")
        if status != 200:
            raise OSError(f"A page was answered {status}: {page}")
        records += page["records"]
        if page["next"] is None:
            return records
        before = f"&before={page['next']}"


def check(history: History) -> list[str]:
    """What is wrong with the records, in sentences."""
    by_id = Counter(each["id"] for each in history.records)
    by_key = Counter(each["file_name"] for each in history.records)
    wrong = [f"{each} exists {count} times" for each, count in by_id.items() if count > 1]
    for key, record_id in history.acknowledged.items():
        if not by_id[record_id] and record_id not in history.deleted:
            wrong.append(f"{record_id} was acknowledged, but is lost")
        if by_key[key] and history.deleted.get(record_id) == "yes":
            wrong.append(f"{record_id} was deleted, but exists")
        if by_key[key] > 1:
            wrong.append(f"the drawing with key {key} exists {by_key[key]} times")
    unacknowledged = history.sent - set(history.acknowledged)
    wrong += [
        f"the unacknowledged drawing with key {key} exists {by_key[key]} times"
        for key in unacknowledged
        if by_key[key] > 1
    ]
    for each in history.records:
        label = history.labels.get(each["id"])
        if label not in (None, "?") and each["label"] != label:
            wrong.append(f"{each['id']} was labeled {label}, but has {each['label']}")
        key = each["file_name"]
        if key in history.sent and datetime.fromisoformat(each["date"]) != key_time(uuid.UUID(key)):
            wrong.append(f"{each['id']} has the date {each['date']}, which is not that of its key {key}")
    return wrong
