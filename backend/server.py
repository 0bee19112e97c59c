"""Serving by granian: processes that each make their own application, and threads in each of them."""

from __future__ import annotations

import ctypes
import gc
import importlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from backend.settings import Settings
from backend.web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from backend.web.overload import Turns

# Imported before the workers fork, so that they share one copy. None of these starts a thread.
SHARED = (
    "cv2",
    "onnxruntime",
    "backend.web.app",
    "backend.reading.explanation",
    "backend.web.overload",
    "backend.web.routes",
    "backend.web.security",
)
MOST_CONNECTIONS = 1024  # of one worker, idle ones as well; more are not accepted until some are closed
STOP = (signal.SIGTERM, signal.SIGINT)
LAST_ANSWERS, LAST_BYTES = 5.0, 0.1  # seconds for what is worked on, and for answers on their way, when told to stop
SPARE_THREADS = 4  # to refuse with while all others are taken, and for what isn't POST

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
    run(settings, partial(_application, settings, broken))
    return 2 if broken.is_set() else 0


def run(settings: Settings, make: Callable[[], WSGIApplication]) -> None:
    """Serve what `make` makes in each worker, until SIGINT or SIGTERM."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads, which serving doesn't use, survive no fork
    for module in SHARED:
        importlib.import_module(module)
    gc.freeze()  # a collection would write to the pages that the workers share
    server = _Server(
        "digitpad",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers or len(os.sched_getaffinity(0)),
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        blocking_threads=settings.threads + settings.waiting + SPARE_THREADS,
        websockets=False,
        backpressure=MOST_CONNECTIONS,
        log_level=LogLevels.error,  # it would warn of many threads; nearly all of ours only wait
        log_access=settings.access_log,
        log_access_format=ACCESS_LOG,
    )
    server.serve(target_loader=make, wrap_loader=False)


class _Server(MPServer):
    """granian ends the whole server when a worker dies twice within 5.5 s. Here a worker that was killed is always
    replaced; one whose application can't be made stops the server itself, see _application."""

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any, *arguments: Any, **options: Any) -> Any:
        cores = sorted(os.sched_getaffinity(0))
        one_core = partial(_OneCore, callback_loader, cores[idx % len(cores)])
        return super()._spawn_worker(idx, target, one_core, *arguments, **options)

    def _respawn_workers(self, *arguments: Any, **options: Any) -> None:
        super()._respawn_workers(*arguments, **options)
        self.respawned_wrks.clear()


class _OneCore:
    """The WSGI application of `make`, whose requests are all worked on by one core. Of a process's threads Python
    lets one run at a time; handing its lock from core to core cost a third to a half of the throughput."""

    def __init__(self, make: Callable[[], WSGIApplication], core: int) -> None:
        self._application = make()
        self._core = core
        self._thread = threading.local()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not hasattr(self._thread, "settled"):
            os.sched_setaffinity(0, {self._core})  # of this thread; those that write records stay free
            self._thread.settled = True
        return self._application(environ, start_response)


def _application(settings: Settings, broken: Event) -> WSGIApplication:
    """One worker's application, made in that worker. Where it can't be, says why and stops the server."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)  # for all threads that will be; see _end_when_told
    _end_with_parent()
    from backend.reading.recognizer import ModelMismatch
    from backend.web.overload import Turns  # imported where all is, see SHARED

    try:
        application = Turns(create_app(settings), settings.threads, settings.waiting)
    except (ValueError, OSError, ModelMismatch) as error:
        if not broken.is_set():
            broken.set()
            print(error, file=sys.stderr, flush=True)
            os.kill(os.getppid(), signal.SIGTERM)
        sys.exit(2)
    _end_when_told(application)
    return application


def _end_when_told(application: Turns) -> None:
    """On SIGTERM or SIGINT, which no thread takes but this one, answers what has come and ends the worker. granian's
    own handler would keep Python's lock while it waits for requests in progress, which need it."""

    def wait() -> None:
        signal.sigwait(STOP)
        application.close(LAST_ANSWERS)
        time.sleep(LAST_BYTES)
        os._exit(0)

    threading.Thread(target=wait, name="end when told", daemon=True).start()


def _end_with_parent() -> None:
    """A server that was killed leaves no worker behind that still holds its port, which the next one wants at once."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, see prctl(2)


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
