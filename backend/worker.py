"""A worker process: uvicorn's event loop, and threads that run the Flask application; see web/asgi.py."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from backend.reading.recognizer import ModelMismatch
from backend.settings import Settings
from backend.web.app import create_app
from backend.web.asgi import AsgiApp
from backend.web.metrics import share_values
from backend.web.protocol import Protocol
from backend.web.request_log import CODE, log_request
from backend.web.services import EXTENSION, Services

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from _typeshed.wsgi import WSGIEnvironment

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
MISCONFIGURED = 2  # exit status of a worker, and of the server, that cannot start
KEEP_ALIVE = 75  # seconds that an idle connection stays open
GRACE = 5  # seconds for running requests to finish after SIGTERM
SWITCH_INTERVAL = 0.0005  # seconds that a thread may keep the GIL; a tenth of the default, so that exports delay nobody


def work(
    settings: Settings,
    listeners: list[socket.socket],
    index: int,
    reading_end: int,
    writing_end: int,
    reported: Event,
    shared: Path,
) -> None:
    """Serve the connections of `listeners[index]` until SIGTERM, SIGINT or the death of the parent.

    The pipe's end of file means that the parent has died. `reported` is set by the first worker that says why none
    can start. `shared` is the folder in which the processes share the values of their metrics and rate limits.
    """
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    os.close(writing_end)
    threading.Thread(target=_end_with_parent, args=(reading_end,), daemon=True).start()
    for listener in listeners:
        if listener is not listeners[index]:
            listener.close()
    _stay_on_one_core(index)
    sys.setswitchinterval(SWITCH_INTERVAL)
    share_values(shared, f"worker-{index}")
    config = uvicorn.Config(
        _application(settings, reported, shared),
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,  # web/request_log.py writes one without client addresses
        proxy_headers=False,  # AsgiApp reads them
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run([listeners[index]])


def _application(settings: Settings, reported: Event, shared: Path) -> AsgiApp:
    try:
        app = create_app(settings, shared)
    except (ValueError, OSError, ModelMismatch) as error:
        if not reported.is_set():
            reported.set()
            print(error, file=sys.stderr, flush=True)
        sys.exit(MISCONFIGURED)
    services: Services = app.extensions[EXTENSION]

    def finished(environ: WSGIEnvironment, status: int, seconds: float) -> None:
        if CODE in environ:
            services.metrics.count_refusal(environ[CODE], status)
        if settings.access_log:
            log_request(environ, status, seconds)

    return AsgiApp(
        app,
        threads=settings.threads,
        waiting=settings.waiting,
        max_body_bytes=settings.max_body_bytes,
        trusted_proxies=settings.trusted_proxies,
        finished=finished,
        close=services.close,
    )


def _stay_on_one_core(index: int) -> None:
    """One thread of a process runs Python at a time; passing the GIL between cores costs a quarter of the throughput.

    nginx has the same as `worker_cpu_affinity`.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[index % len(cores)]})


def _end_with_parent(reading_end: int) -> None:
    """A parent that was killed must not leave workers behind that hold its port."""
    os.read(reading_end, 1)  # returns at the end of file
    os.kill(os.getpid(), signal.SIGKILL)
