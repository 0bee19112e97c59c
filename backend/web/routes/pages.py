"""The pages; their scripts and styles are under /static."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

routes = Blueprint("pages", __name__)


def _page(name: str) -> Response:
    answer = current_app.send_static_file(name)
    answer.headers["Cache-Control"] = "no-cache"  # cached, revalidated on every visit
    return answer


@routes.get("/")
def index() -> Response:
    return _page("index.html")


@routes.get("/recorder")
def recorder() -> Response:
    return _page("recorder.html")


@routes.get("/api")
def api() -> Response:
    return _page("api.html")


@routes.get("/favicon.ico")
def favicon() -> Response:
    return _page("favicon.svg")
