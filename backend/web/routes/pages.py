"""The pages; their scripts and styles are under /static."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, send_file

from backend.model_folder import page_network
from backend.settings import TOP
from backend.web.permissions import permit
from backend.web.service_worker import SERVICE_WORKER, with_files
from backend.web.services import services

PAGES = {
    "": "index.html",
    "recorder": "recorder.html",
    "label": "label.html",
    "join": "join.html",
    "wall": "wall.html",
    "api": "api.html",
}

NETWORK = "static/model/network.bin"

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


@routes.get("/label")
@permit("open")
def label() -> Response:
    return _page("label.html")


@routes.get("/join")
@permit("open")
def join() -> Response:
    return _page("join.html")


@routes.get("/wall")
@permit("open")
def wall() -> Response:
    return _page("wall.html")


@routes.get("/api")
@permit("open")
def api() -> Response:
    return _page("api.html")


@routes.get(f"/{NETWORK}")
@permit("open")
def network() -> Response:
    """The network that this process runs, for the page."""
    return send_file(page_network(services().model_folder))


@routes.get("/service-worker.js")
@permit("open")
def service_worker() -> Response:
    """At the top, because a service worker serves only pages below its own address."""
    folder = TOP / "frontend"
    files = {address: folder / name for address, name in PAGES.items()}
    files |= {f"static/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    files[NETWORK] = page_network(services().model_folder)
    script = with_files((folder / SERVICE_WORKER).read_text(), files)
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@routes.get("/favicon.ico")
@permit("open")
def favicon() -> Response:
    return _page("favicon.svg")
