"""Others, to compare with: the reports' way, and servers that serve the same network."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tools.bench.bodies import DRAWINGS, page_requests
from tools.bench.load import Follow, drive, post
from tools.bench.measures import Pace, in_turn, ratios, runs_in_turn, white
from tools.bench.processes import Server, cassandra, digitpad, serving
from tools.bench.table import Row, at_least, plain, unmeasured


def reports(folder: Path, pace: Pace) -> list[Row]:
    """Both record each prediction on one Cassandra node. Raises RuntimeError where something for it is missing."""
    if importlib.util.find_spec("tensorflow") is None:
        raise RuntimeError("TensorFlow is missing; script/environment train installs it.")
    with (
        cassandra() as url,
        digitpad(folder / "beside reports", RECORDS_URL=url) as ours,
        serving(
            [sys.executable, "-m", "tools.bench.peers.reports_app"], {"CUDA_VISIBLE_DEVICES": "", "CASSANDRA": url}
        ) as server,
    ):
        drive(ours.port, white(), 32, 5 * pace.seconds)  # Java gets fast by running
        slow = Pace(pace.rounds, max(3, pace.seconds))
        theirs = in_turn({"theirs": server}, white, 8, slow)["theirs"]
        mine = in_turn({"ours": ours}, white, 8, pace)["ours"]
    faster = [other.percentile(50) / load.percentile(50) for load, other in zip(mine, theirs, strict=True)]
    return [
        at_least("times the throughput of the reports' way, 8 at once", 100, ratios(mine, theirs)),
        at_least("— their p50 over ours", 50, faster),
        plain("— theirs, predictions a second", [load.throughput for load in theirs]),
        plain("— theirs, p50", [load.percentile(50) for load in theirs], " ms"),
        plain("— ours, predictions a second", [load.throughput for load in mine]),
    ]


class Peer(NamedTuple):
    name: str
    module: str
    aim: float  # times its throughput
    path: str
    wrap: Callable[[str], object]  # from a drawing's data URL to the JSON that it is asked with
    follow: Follow | None = None

    def requests(self) -> Iterator[bytes]:
        """The drawings as the page sends them, in the peer's words."""
        urls = [json.loads(body)["image"] for body in DRAWINGS["page"]]
        bodies = [json.dumps(self.wrap(url)).encode() for url in urls]
        return itertools.cycle([post(self.path, body, "application/json") for body in bodies])


GRADIO = "/gradio_api/call/predict"


def _gradio_result(body: bytes) -> bytes:
    """Gradio answers with a number, under which it tells the result."""
    return f"GET {GRADIO}/{json.loads(body)['event_id']} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


PEERS = (
    Peer("LitServe", "litserve_app", 3, "/predict", lambda url: {"image": url}),
    Peer("BentoML", "bentoml_app", 3, "/predict", lambda url: {"image": url}),
    Peer("Gradio", "gradio_app", 20, GRADIO, lambda url: {"data": [url]}, _gradio_result),
)


def peers(folder: Path, pace: Pace, python: Path) -> list[Row]:
    """A worker for each core, each asked as its own documentation asks it. python: that of an environment with
    tools/bench/peers/requirements.txt."""
    workers = str(len(os.sched_getaffinity(0)))
    rows = []
    with (
        digitpad(folder / "beside peers") as ours,
        digitpad(folder / "beside peers, unrecorded", RECORDS_URL="none") as unrecorded,
    ):
        for peer in PEERS:
            command: list[str | Path] = [python, "-m", f"tools.bench.peers.{peer.module}"]
            try:
                with serving(command, {"WORKERS": workers}, next(peer.requests())) as server:
                    for connections in (8, 32):
                        rows += _against(peer, server, ours, unrecorded, connections, pace)
            except (OSError, RuntimeError) as error:
                rows.append(unmeasured(f"times the throughput of {peer.name}", str(error)))
    return rows


def _against(peer: Peer, theirs: Server, ours: Server, unrecorded: Server, connections: int, pace: Pace) -> list[Row]:
    runs = {
        "theirs": partial(drive, theirs.port, peer.requests(), connections, follow=peer.follow),
        "ours": partial(drive, ours.port, page_requests(), connections),
        "unrecorded": partial(drive, unrecorded.port, page_requests(), connections),
    }
    loads = runs_in_turn(runs, pace)
    return [
        at_least(
            f"times the throughput of {peer.name}, {connections} at once",
            peer.aim,
            ratios(loads["ours"], loads["theirs"]),
        ),
        plain("— the same with nothing recorded, as there", ratios(loads["unrecorded"], loads["theirs"])),
        plain(f"— {peer.name}, predictions a second", [load.throughput for load in loads["theirs"]]),
        plain(f"— {peer.name}, p50", [load.percentile(50) for load in loads["theirs"]], " ms"),
    ]
