"""Request ids, and one log line per request.

A line has no personal data: no address of a client, no header, no body, and the route instead of the path and the
query string, which may hold whatever a client writes there.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

from flask import Flask, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-ID"
# A UUID, with or without hyphens, as proxies and tracing libraries create them: too short for names and addresses.
WELL_FORMED = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(\1[0-9a-fA-F]{4}){2}\1[0-9a-fA-F]{12}")

# What the application adds to the WSGI environment of a request.
REQUEST_ID = "digitpad.request_id"
ROUTE = "digitpad.route"
CODE = "digitpad.code"  # of the problem that was answered

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def request_id(environ: WSGIEnvironment) -> str:
    """The id of a request: that of its header X-Request-ID if it is well-formed, otherwise a new one."""
    if REQUEST_ID not in environ:
        sent = environ.get("HTTP_X_REQUEST_ID", "")
        environ[REQUEST_ID] = sent if WELL_FORMED.fullmatch(sent) else secrets.token_hex(16)
    return str(environ[REQUEST_ID])


def log_request(environ: WSGIEnvironment, status: int, seconds: float) -> None:
    """Log a request that was answered. `seconds` include the time until the client had the whole response."""
    fields = {
        "method": environ["REQUEST_METHOD"],
        "route": environ.get(ROUTE),  # None: there is none at its path, or it was refused before that was known
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
    if CODE in environ:
        fields["code"] = environ[CODE]
    log.info("request", extra={"fields": {**fields, "request_id": request_id(environ)}})


def init_app(app: Flask) -> None:
    @app.before_request
    def note_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule
