"""The benchmark measures what it reports; its results do not matter here."""

from __future__ import annotations

import socket
import subprocess
import uuid
from itertools import islice
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from backend.settings import TOP
from tools.bench.bodies import page_requests
from tools.bench.load import drive, post
from tools.bench.report import BEGIN, END, Row, table, write
from tools.drawings import SEVEN_URL


def test_a_quick_run_prints_tables() -> None:
    done = subprocess.run([TOP / "script" / "bench", "--quick"], capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert any("8 connections: predictions" in row for row in rows)
    assert any("memory (PSS)" in row for row in rows)


def test_each_response_is_counted_with_its_status_and_latency(server: str) -> None:
    port = int(server.rpartition(":")[2])
    requests = iter([post("/predict?record=false", SEVEN_URL.encode()), post("/predict", b"no drawing")] * 10_000)
    load = drive(port, requests, 4, 0.2)
    assert set(load.statuses) == {200, 400}
    assert load.answered == load.statuses[200] == len(load.latencies)
    assert load.statuses[400] == len(load.refusals)
    assert 0 < load.percentile(0) <= load.percentile(50) <= load.percentile(100) <= load.longest


def test_a_dropped_connection_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hang_up = Thread(target=lambda: listener.accept()[0].close())
        hang_up.start()
        with pytest.raises(ConnectionError):
            drive(listener.getsockname()[1], iter([b"GET / HTTP/1.1\r\n\r\n"]), 1, 5)
        hang_up.join()


def test_a_connection_that_the_server_closes_is_reopened(server: str) -> None:
    port = int(server.rpartition(":")[2])
    request = post("/predict?record=false", SEVEN_URL.encode(), headers="Connection: close\r\n")
    load = drive(port, iter([request] * 10_000), 2, 0.1)
    assert load.answered > 2


def test_a_pair_of_requests_counts_as_one(server: str) -> None:
    port = int(server.rpartition(":")[2])
    records = b"GET /records?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ids: list[str] = []

    def follow(body: bytes) -> bytes:
        ids.append(msgspec.json.decode(body)["id"])
        return records

    load = drive(port, iter([post("/predict?record=false", SEVEN_URL.encode())] * 10_000), 2, 0.1, follow)
    assert load.answered == len(ids) == len(set(ids)) > 0


def test_each_page_request_has_its_own_idempotency_key() -> None:
    requests = list(islice(page_requests(), 30))
    keys = [request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for request in requests]
    assert len(set(keys)) == 30
    assert {uuid.UUID(key.decode()).version for key in keys} == {7}


def test_the_table_shows_median_and_range_of_the_rounds() -> None:
    assert "| a | 2.00 ms | 1.00 to 9.00 |\n" in table([Row("a", [1, 9, 2], "ms")])


def test_only_the_results_between_the_marks_are_replaced(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"before\n{BEGIN}old\n{END}after\n")
    write(page, "A machine.", {"Load": table([Row("a", [1])])})
    write(page, "A machine.", {"Load": table([Row("b", [1])])})
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\nA machine.\n")
    assert text.endswith(f"{END}after\n")
    assert "| b | 1.00 |  |" in text
    assert "| a |" not in text
