"""Serving by granian: processes that each make their own application, and threads in each of them."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
from functools import partial
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from backend import create_app
from backend.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

# Without the client's address, which is personal data.
ACCESS_LOG = "%(time)s %(method)s %(path)s %(status)d %(dt_ms).0f ms"


def serve() -> int:
    """Serves as the environment says, until SIGINT or SIGTERM. Returns the exit status."""
    try:
        settings = Settings.from_environment()
        _claim(settings.host, settings.port)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Digitpad is at http://{settings.host}:{settings.port} (Ctrl-C stops it).", flush=True)
    broken = multiprocessing.Event()
    Granian(
        "digitpad",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers or len(os.sched_getaffinity(0)),
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        blocking_threads=settings.threads,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=settings.access_log,
        log_access_format=ACCESS_LOG,
    ).serve(target_loader=partial(_application, broken), wrap_loader=False)
    return 2 if broken.is_set() else 0


def _application(broken: Event) -> Flask:
    """One worker's application, made in that worker. Where it can't be, says why and stops the server."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until granian has its own: a stop while we start is a stop
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _end_with_parent()
    from backend.recognizer import ModelMismatch

    try:
        return create_app()
    except (ValueError, OSError, ModelMismatch) as error:
        if not broken.is_set():
            broken.set()
            print(error, file=sys.stderr, flush=True)
            os.kill(os.getppid(), signal.SIGTERM)
        sys.exit(2)


def _end_with_parent() -> None:
    """A server that was killed leaves no worker behind that still holds its port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, see prctl(2)


def _claim(host: str, port: int) -> None:
    """Raises OSError, in words, where the port can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"Can't listen on {host}:{port} ({error.strerror}); set PORT to another number, such as {port + 1}."
            ) from None
