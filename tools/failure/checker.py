"""What clients heard, what is read back afterwards, and whether the two agree.

Every acknowledged id must be there exactly once, every drawing whose answer was never heard at most
once, what is answered as "stored" at once readable, and no answer may be a 500.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class History:
    """What the clients heard. A record's file name is its idempotency key."""

    began: float = field(default_factory=time.monotonic)
    asked: set[str] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)  # id by key
    labels: dict[str, str] = field(default_factory=dict)  # by id; "?": the answer was not heard
    deleted: dict[str, str] = field(default_factory=dict)  # by id: "yes", or "?"
    leads_to: dict[str, str] = field(default_factory=dict)  # by id: the record that it leads to, where not its own
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def say(self, what: str) -> None:
        self.faults.append(f"{time.monotonic() - self.began:6.1f} s  {what}")
        print(self.faults[-1], flush=True)


def ask(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(
            method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", **(headers or {})}
        )
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


def read_back(port: int) -> list[dict[str, Any]]:
    """Every record, by pages, once nothing is queued any more."""
    least, end = sys.maxsize, time.monotonic() + 300
    while least > 0:
        state: dict[str, Any] = {}
        with suppress(OSError, http.client.HTTPException):
            state = ask(port, "GET", "/health/ready")[1].get("recorder", {})
        if state.get("ok") and state["queued"] < least:
            least, end = state["queued"], time.monotonic() + 300
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


def follow(port: int, history: History, records: list[dict[str, Any]]) -> None:
    """Ask for what was acknowledged and isn't listed: an id may lead to the record of an earlier try."""
    listed = {each["id"] for each in records}
    for record_id in history.acknowledged.values():
        if record_id not in listed:
            status, answer = ask(port, "GET", f"/records/{record_id}")
            if status == 200:
                history.leads_to[record_id] = answer["id"]


def check(history: History, records: list[dict[str, Any]]) -> list[str]:
    """What is wrong, in sentences; nothing where all is as promised."""
    wrong = list(history.wrong)
    by_id = Counter(each["id"] for each in records)
    by_key = Counter(each["file_name"] for each in records)
    wrong += [f"{each} is there {count} times" for each, count in by_id.items() if count > 1]
    for key, record_id in history.acknowledged.items():
        there = by_id[history.leads_to.get(record_id, record_id)] > 0
        if not there and record_id not in history.deleted:
            wrong.append(f"{record_id} was acknowledged and is lost")
        if by_key[key] and history.deleted.get(record_id) == "yes":
            wrong.append(f"{record_id} was deleted and is there")
        if by_key[key] > 1:
            wrong.append(f"one drawing, key {key}, is there {by_key[key]} times")
    unheard = history.asked - set(history.acknowledged)
    wrong += [f"unacknowledged {key} is there {by_key[key]} times" for key in unheard if by_key[key] > 1]
    labels = {history.leads_to.get(record_id, record_id): label for record_id, label in history.labels.items()}
    for each in records:
        label = labels.get(each["id"])
        if label not in (None, "?") and each["label"] != label:
            wrong.append(f"{each['id']} was labelled {label} and reads {each['label']}")
    return wrong
