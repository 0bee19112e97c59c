"""The parent process: it listens, starts one worker per core, and replaces workers that die, and all of them
when another network is in use; see worker.py."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

from backend.log import start_log
from backend.model_folder import model_folder
from backend.operator_token import operator_token
from backend.settings import Settings
from backend.web.metrics import count_restarts, share_values
from backend.worker import MISCONFIGURED, STOP_SIGNALS, work

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

# Imported before the workers are forked, so that they start fast and share memory. None of these starts a thread.
PRELOAD = ("onnxruntime", "uvloop")
BACKLOG = 2048  # connections that wait to be accepted, per worker
SEND_BUFFER = 32768  # bytes of a response that the kernel keeps for a client that does not read
KILL_AFTER = 10.0  # seconds after SIGTERM
RESPAWN_PAUSE = 0.1  # seconds before a dead worker is replaced
LOOK_INTERVAL = 1.0  # seconds between two looks at which network is in use

log = logging.getLogger(__name__)

# Forking is safe here, because the parent has one thread; it is no longer Python's default since 3.14.
fork = multiprocessing.get_context("fork")


def serve() -> int:
    """Serve as the environment says until SIGINT or SIGTERM. Returns the exit status."""
    try:
        settings = Settings.from_environment()
        listeners = listen(settings.host, settings.port, settings.workers or len(os.sched_getaffinity(0)))
        operator_token(settings, _announce_token)  # generated before the workers are forked
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return MISCONFIGURED
    start_log()
    print(f"Digitpad is at http://{settings.host}:{settings.port} (Ctrl-C stops it).", flush=True)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would not survive a fork
    for module in PRELOAD:
        importlib.import_module(module)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection takes a file descriptor
    with tempfile.TemporaryDirectory(prefix="digitpad-") as shared:
        return supervise(settings, listeners, Path(shared))


def _announce_token(token: str, path: Path) -> None:
    print(f"The operator token is {token}\nSign in with it at /recorder. It is kept in {path} and not shown again.")


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """A listening socket for each worker; the kernel distributes connections among them.

    The parent keeps them open, so that connections wait while a worker is replaced. Raises OSError if the port is in
    use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listeners = []
    try:
        # With SO_REUSEPORT alone, a second server of the same user could share the port unnoticed.
        socket.create_server((host, port), family=family).close()
        for _ in range(count):
            listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=True)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # inherited by its connections
            listeners.append(listener)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise OSError(
            f"Can't listen on {host}:{port} ({reason}); set PORT to another number, such as {port + 1}."
        ) from None
    return listeners


def supervise(settings: Settings, listeners: list[socket.socket], shared: Path) -> int:
    """Run one worker per listener until SIGINT or SIGTERM. Returns the exit status.

    shared: an empty folder, in which the processes share the values of their metrics and rate limits.
    """
    share_values(shared, "parent")
    restarts = count_restarts()
    for each in STOP_SIGNALS:
        signal.signal(each, lambda *_: sys.exit(0))
    # Only the parent keeps the writing end open, so workers read its end of file when the parent dies.
    reading_end, writing_end = os.pipe()
    reported = fork.Event()
    workers: dict[int, ForkProcess] = {}  # by the index of their listener
    in_use = model_folder(settings)
    outdated: list[int] = []  # workers with another network
    try:
        while True:
            for index in set(range(len(listeners))) - workers.keys():
                worker = fork.Process(
                    target=work, args=(settings, listeners, index, reading_end, writing_end, reported, shared)
                )
                _start(worker)
                workers[index] = worker
            wait([worker.sentinel for worker in workers.values()], LOOK_INTERVAL)
            for index, worker in list(workers.items()):
                if not worker.is_alive():
                    if worker.exitcode == MISCONFIGURED:
                        return MISCONFIGURED
                    log.error("Worker %d died (%s); starting another.", worker.pid, worker.exitcode)
                    restarts.inc()
                    del workers[index]
            if outdated and (index := outdated.pop()) in workers:  # one at a time, so that the others serve meanwhile
                _stop([workers.pop(index)])
            if (now := model_folder(settings)) != in_use:
                log.info("The network in %s is in use now; replacing the workers.", now)
                in_use, outdated = now, list(workers)
            time.sleep(RESPAWN_PAUSE)
    finally:
        for listener in listeners:
            listener.close()
        _stop([worker for worker in workers.values() if worker.is_alive()])


def _start(worker: ForkProcess) -> None:
    """Start a worker with stop signals blocked, so that it never runs the handlers of the parent."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        worker.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _stop(workers: list[ForkProcess]) -> None:
    for worker in workers:
        worker.terminate()
    end = time.monotonic() + KILL_AFTER
    for worker in workers:
        worker.join(max(0, end - time.monotonic()))
        worker.kill()  # in case it still runs
        worker.join()
