"""Errors as problem details (RFC 9457), written for people."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, SecurityError

from backend.reading.errors import BlankDrawing, DamagedImage, ImageTooLarge, UnknownImageType, UnreadableDrawing
from backend.records.record import RecorderUnavailable
from backend.web.request_log import CODE, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger(__name__)


class Problem(Exception):
    """An error response. Raise it anywhere in backend.web.

    `code` is stable and for programs; `detail` is for people and says what was wrong and what to do. `headers` are
    added to the response.
    """

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request failed."""

    type: str = "about:blank"
    title: str  # the phrase of the status
    status: int
    code: str  # stable, for programs
    detail: str  # for people: what was wrong, what to do
    request_id: str  # as in the header X-Request-ID and in the log


def problem_answer(environ: WSGIEnvironment, status: int, code: str, detail: str) -> Response:
    """The response to the request with this WSGI environment, in which `code` is noted for the log."""
    environ[CODE] = code
    details = ProblemDetails(
        title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, request_id=request_id(environ)
    )
    return Response(msgspec.json.encode(details), status, mimetype="application/problem+json")


UNREADABLE = {UnknownImageType: 415, ImageTooLarge: 413, DamagedImage: 422, BlankDrawing: 422}

# Errors that Flask raises itself.
FLASK_ERRORS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not support that method."),
    413: ("too_large", "The request is too large; send a smaller image."),
}


def init_app(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        answer = problem_answer(request.environ, error.status, error.code, error.detail)
        answer.headers.extend(error.headers)
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="Digitpad"'
        return answer

    @app.errorhandler(UnreadableDrawing)
    def unreadable(error: UnreadableDrawing) -> Response:
        return problem_answer(request.environ, UNREADABLE[type(error)], error.code, str(error))

    @app.errorhandler(RecorderUnavailable)
    def unavailable(error: RecorderUnavailable) -> Response:
        answer = problem_answer(request.environ, 503, "recorder_unavailable", str(error))
        answer.headers["Retry-After"] = "1"
        return answer

    @app.errorhandler(HTTPException)
    def flask_error(error: HTTPException) -> Response:
        status = error.code or 500
        if isinstance(error, SecurityError):
            code, detail = (
                "untrusted_host",
                "This server does not answer to that host name; the TRUSTED_HOSTS setting lists those it does.",
            )
        elif status in FLASK_ERRORS:
            code, detail = FLASK_ERRORS[status]
        else:
            code = HTTPStatus(status).name.lower()
            detail = error.description or HTTPStatus(status).description
        answer = problem_answer(request.environ, status, code, detail)
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                answer.headers[name] = value  # Allow, Retry-After, ...
        return answer

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        answer = problem_answer(
            request.environ, 500, "internal", "Something went wrong on the server; its log has the details."
        )
        log.error("Unexpected error.", exc_info=error, extra={"fields": {"request_id": request_id(request.environ)}})
        return answer
