"""The pages; their scripts and styles are under /static."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from backend.web.permissions import permit

routes = Blueprint("pages", __name__)


def _page(name: str) -> Response:
    answer = current_app.send_static_file(name)
    answer.headers["Cache-Control"] = "no-cache"  # cached, revalidated on every visit
    return answer


@routes.get("/")
@permit("open")
def index() -> Response:
    return _page("index.html")


@routes.get("/recorder")
@permit("open")
def recorder() -> Response:
    return _page("recorder.html")


@routes.get("/api")
@permit("open")
def api() -> Response:
    return _page("api.html")


@routes.get("/favicon.ico")
@permit("open")
def favicon() -> Response:
    return _page("favicon.svg")
