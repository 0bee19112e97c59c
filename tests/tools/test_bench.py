"""The benchmark still measures what it says; how fast it is here is no matter."""

from __future__ import annotations

import socket
import subprocess
from itertools import islice
from threading import Thread

import msgspec
import pytest

from backend.settings import TOP
from tools.bench.bodies import page_requests
from tools.bench.load import drive, post
from tools.bench.table import at_least, at_most, markdown, unmeasured
from tools.drawings import SEVEN_URL


def test_quick_form_prints_a_table() -> None:
    done = subprocess.run([TOP / "script" / "bench", "--quick"], capture_output=True, text=True, check=True)
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert any("share of a no-op route" in row for row in rows)
    assert any("memory, proportional share" in row for row in rows)


def test_every_answer_is_counted_with_its_status_and_time(server: str) -> None:
    port = int(server.rpartition(":")[2])
    requests = iter([post("/predict?record=false", SEVEN_URL.encode()), post("/predict", b"no drawing")] * 10_000)
    load = drive(port, requests, 4, 0.2)
    assert set(load.statuses) == {200, 400}
    assert load.answered == load.statuses[200] == len(load.latencies)
    assert load.statuses[400] == len(load.refusals)
    assert 0 < load.percentile(0) <= load.percentile(50) <= load.percentile(100) <= load.longest


def test_a_server_that_ends_is_no_result() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hang_up = Thread(target=lambda: listener.accept()[0].close())
        hang_up.start()
        with pytest.raises(ConnectionError):
            drive(listener.getsockname()[1], iter([b"GET / HTTP/1.1\r\n\r\n"]), 1, 5)
        hang_up.join()


def test_a_connection_that_the_server_closes_is_made_anew(server: str) -> None:
    port = int(server.rpartition(":")[2])
    request = post("/predict?record=false", SEVEN_URL.encode(), headers="Connection: close\r\n")
    load = drive(port, iter([request] * 10_000), 2, 0.1)
    assert load.answered > 2


def test_each_request_of_the_page_has_a_key_of_its_own() -> None:
    requests = list(islice(page_requests(), 30))
    keys = [request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for request in requests]
    assert len(set(keys)) == 30


def test_an_aim_is_met_by_the_median() -> None:
    text = markdown([at_least("a", 2, [1, 2, 9]), at_most("b", 2, [1, 3, 4], " ms")])
    assert "| a | at least 2.00 | 1.00 | 2.00 | 9.00 | yes |" in text
    assert "| b | at most 2.00 ms | 1.00 ms | 3.00 ms | 4.00 ms | **no** |" in text


def test_what_is_missing_is_said() -> None:
    assert "| reports |  | not measured: TensorFlow is missing |" in markdown(
        [unmeasured("reports", "TensorFlow is missing")]
    )


def test_a_pair_of_requests_counts_as_one(server: str) -> None:
    port = int(server.rpartition(":")[2])
    records = b"GET /records?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ids: list[str] = []

    def follow(body: bytes) -> bytes:
        ids.append(msgspec.json.decode(body)["id"])
        return records

    load = drive(port, iter([post("/predict?record=false", SEVEN_URL.encode())] * 10_000), 2, 0.1, follow)
    assert load.answered == len(ids) == len(set(ids)) > 0
