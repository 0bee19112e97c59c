"""`python -m backend`: serves Digitpad as the settings say, until it is interrupted."""

from __future__ import annotations

import os
import socket
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from backend.settings import Settings

# Without the client's address, which is personal data.
ACCESS_LOG = "%(time)s %(method)s %(path)s %(status)d %(dt_ms).0f ms"


def main() -> int:
    try:
        settings = Settings.from_environment()
        _claim(settings.host, settings.port)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Digitpad is at http://{settings.host}:{settings.port} (Ctrl-C stops it).", flush=True)
    Granian(
        "backend:create_app",
        factory=True,  # each worker makes its own application, after the fork
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers or len(os.sched_getaffinity(0)),
        blocking_threads=settings.threads,
        log_level=LogLevels.warning,
        log_access=settings.access_log,
        log_access_format=ACCESS_LOG,
        workers_kill_timeout=10,
    ).serve()
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
