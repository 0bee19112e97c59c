"""How the cost grows with the work: connections, workers, records. Each gives points for a plot."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from tools.bench.bodies import page_requests
from tools.bench.load import Load, drive
from tools.bench.measures import Pace, white
from tools.bench.processes import digitpad, noop


class Curve(NamedTuple):
    title: str
    across: str  # the horizontal axis
    up: str  # the vertical axis
    lines: dict[str, list[tuple[float, float]]]


def connections(folder: Path, pace: Pace) -> list[Curve]:
    throughput: dict[str, list[tuple[float, float]]] = {"predictions": [], "no-ops": []}
    wait: dict[str, list[tuple[float, float]]] = {"p50": [], "p99": []}
    with digitpad(folder / "connections") as ours, noop() as floor:
        for count in (1, 8, 64, 512):
            load = _middle([drive(ours.port, page_requests(), count, pace.seconds) for _ in range(pace.rounds)])
            none = _middle([drive(floor.port, page_requests(), count, pace.seconds) for _ in range(pace.rounds)])
            throughput["predictions"].append((count, load.throughput))
            throughput["no-ops"].append((count, none.throughput))
            wait["p50"].append((count, load.percentile(50)))
            wait["p99"].append((count, load.percentile(99)))
    return [
        Curve("Throughput", "connections", "a second", throughput),
        Curve("Answer time", "connections", "ms", wait),
    ]


def workers(folder: Path, pace: Pace, most: int) -> list[Curve]:
    lines: dict[str, list[tuple[float, float]]] = {"the page's request": [], "RGBA PNG": []}
    for count in range(1, most + 1):
        with digitpad(folder / f"workers{count}", cores=count, WORKERS=str(count)) as server:
            for name, requests in (("the page's request", page_requests), ("RGBA PNG", white)):
                loads = [drive(server.port, requests(), 32, pace.seconds) for _ in range(pace.rounds)]
                lines[name].append((count, _middle(loads).throughput))
    return [Curve("Workers, a core each", "workers", "predictions a second", lines)]


def records(folder: Path, pace: Pace, counts: tuple[int, ...]) -> list[Curve]:
    """Predictions, and the newest page, with so many records in SQLite already."""
    predictions: list[tuple[float, float]] = []
    pages: list[tuple[float, float]] = []
    get = b"GET /records?limit=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for count in counts:
        instance = folder / f"records{count}"
        with digitpad(instance) as server:
            drive(server.port, page_requests(), 1, 0.1)  # makes the tables
        _fill(instance / "records.sqlite", count)
        with digitpad(instance) as server:
            drive(server.port, page_requests(), 32, 0.5)
            loads = [drive(server.port, page_requests(), 32, pace.seconds) for _ in range(pace.rounds)]
            predictions.append((max(count, 1), _middle(loads).throughput))
            reads = [drive(server.port, iter(lambda: get, b""), 1, pace.seconds) for _ in range(pace.rounds)]
            pages.append((max(count, 1), _middle(reads).percentile(50)))
    return [
        Curve("Records there already", "records", "predictions a second", {"SQLite": predictions}),
        Curve("The newest 50 records", "records", "ms", {"SQLite": pages}),
    ]


def _fill(path: Path, count: int) -> None:
    """Put `count` older records into the file: the last one again and again, a millisecond apart."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        names = [row[1] for row in connection.execute("PRAGMA table_info(records)")]
        rest = ", ".join(name for name in names if name not in ("time", "id"))
        began = time.time_ns() // 100 + 0x01B21DD213814000
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            f"INSERT INTO records (time, id, {rest}) SELECT ? + i * 10000, randomblob(16), {rest} "
            f"FROM n, (SELECT {rest} FROM records LIMIT 1) WHERE ? > 0",
            (count, began - 10_000 * (count + 1_000_000), count),
        )


def _middle(loads: list[Load]) -> Load:
    """The one of median throughput."""
    return sorted(loads, key=lambda load: load.throughput)[len(loads) // 2]
