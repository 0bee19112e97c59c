"""What is fuzzed: decoding, parsing of requests, and all of POST /predict."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.reading.decode import decode
from backend.reading.errors import UnreadableDrawing
from backend.settings import Settings
from backend.web.app import create_app
from backend.web.drawing_request import parse_request
from backend.web.errors import Problem
from backend.web.services import EXTENSION, Services

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ServerError(Exception):
    """A response with a status of 500 or more."""


class Outcome(NamedTuple):
    fault: str  # empty: none
    seconds: float  # of CPU, because other processes take turns
    memory: int  # bytes that the process occupies after it


class Targets:
    """`folder`: for the server's data."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(instance=folder, keep_drawings="none")
        self._app = create_app(self._settings)
        self._client = self._app.test_client()
        self._run: dict[int, Callable[[bytes], None]] = {
            ord("d"): self._decode,
            ord("r"): self._parse,
            ord("p"): self._predict,
        }

    def close(self) -> None:
        services: Services = self._app.extensions[EXTENSION]
        services.close()

    def run(self, data: bytes) -> Outcome:
        """The first byte of the input says which target the rest is for."""
        start = cpu_time()
        fault = ""
        try:
            self._run[data[0]](data[1:])
        except Exception:
            fault = traceback.format_exc()
        return Outcome(fault, cpu_time() - start, memory())

    def _decode(self, image: bytes) -> None:
        with suppress(UnreadableDrawing):
            decode(image, self._settings.max_pixels)

    def _parse(self, data: bytes) -> None:
        _, content_type, _, body = _parts(data)
        with (
            self._app.test_request_context("/predict", method="POST", data=body, content_type=content_type),
            suppress(Problem, RequestEntityTooLarge),
        ):
            parse_request(request, self._settings)

    def _predict(self, data: bytes) -> None:
        query, content_type, key, body = _parts(data)
        headers = {"Content-Type": content_type} | ({"Idempotency-Key": key} if key else {})
        answer = self._client.post("/predict", query_string=query, data=body, headers=headers)
        if answer.status_code >= 500:
            raise ServerError(answer.text)


def _parts(data: bytes) -> tuple[str, str, str, bytes]:
    """The query string, content type and key of a request, as a server passes them on, and its body."""
    *head, body = [*data.split(b"\n", 3), b"", b"", b""][:4]
    query, content_type, key = ("".join(filter(str.isprintable, line.decode("latin-1"))) for line in head)
    return query, content_type, key, body


def cpu_time() -> float:
    """Seconds of CPU that this process has taken, and the decoders that it has started."""
    return sum(os.times()[:4])


def memory() -> int:
    """Bytes that this process occupies."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def serve(connection: Connection, folder: Path) -> None:
    """Run each input that comes from the fuzzer, and send its outcome."""
    targets = Targets(folder)
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            targets.close()
            return
        connection.send(targets.run(data))
