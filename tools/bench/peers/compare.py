"""Digitpad and other model servers, side by side, with a worker for each core."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from backend.settings import TOP
from tools.bench.bodies import DRAWINGS, page_requests
from tools.bench.load import Follow, drive, post
from tools.bench.measures import LOG, Pace, digitpad, in_turn
from tools.bench.report import Row
from tools.server import Server

PYTHON = TOP / ".cache" / "bench-peers" / "bin" / "python"  # with requirements.txt, see script/bench
GRADIO = "/gradio_api/call/predict"
CONNECTIONS = 32


class Peer(NamedTuple):
    name: str
    module: str
    path: str
    wrap: Callable[[str], object]  # from the data URL of a drawing to the JSON of a request
    follow: Follow | None = None

    def requests(self) -> Iterator[bytes]:
        """The images that the page sends, as this server wants them."""
        urls = [json.loads(body)["image"] for body in DRAWINGS["page"]]
        bodies = [json.dumps(self.wrap(url)).encode() for url in urls]
        return itertools.cycle([post(self.path, body, "application/json") for body in bodies])


def _fetch_result(body: bytes) -> bytes:
    """Gradio answers a call with an id, under which it then returns the result."""
    return f"GET {GRADIO}/{json.loads(body)['event_id']} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


PEERS = (
    Peer("LitServe", "litserve_app", "/predict", lambda url: {"image": url}),
    Peer("BentoML", "bentoml_app", "/predict", lambda url: {"image": url}),
    Peer("Gradio", "gradio_app", GRADIO, lambda url: {"data": [url]}, _fetch_result),
)


def compare(folder: Path, pace: Pace, peer: Peer) -> list[Row]:
    """Throughput and latency of a peer and of Digitpad, which records nothing here, because the peers do not either."""
    environment = {"WORKERS": str(len(os.sched_getaffinity(0)))}
    command = (PYTHON, "-m", f"tools.bench.peers.{peer.module}")
    server = Server(environment, command, probe=next(peer.requests()), log=LOG)
    with digitpad(folder / peer.name, RECORDS_URL="none") as ours, server:
        theirs = partial(drive, server.port, peer.requests(), CONNECTIONS, follow=peer.follow)
        mine = partial(drive, ours.port, page_requests(), CONNECTIONS)
        loads = in_turn({peer.name: theirs, "Digitpad": mine}, pace)
    with suppress(ProcessLookupError):  # workers that outlive the server
        os.killpg(server.process.pid, signal.SIGKILL)
    pairs = zip(loads["Digitpad"], loads[peer.name], strict=True)
    return [
        Row(f"{peer.name}: predictions", [load.throughput for load in loads[peer.name]], "per s"),
        Row(f"{peer.name}: p50", [load.percentile(50) for load in loads[peer.name]], "ms"),
        Row(f"Digitpad, throughput relative to {peer.name}", [a.throughput / b.throughput for a, b in pairs]),
    ]
