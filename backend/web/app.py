"""The application factory."""

from __future__ import annotations

from pathlib import Path

import cv2
from flask import Flask

from backend.settings import TOP, Settings
from backend.web import access, compress, errors, request_log, security
from backend.web.http import RoomCodeConverter, Uuid1Converter
from backend.web.routes import BLUEPRINTS
from backend.web.services import EXTENSION, Services


def create_app(settings: Settings | None = None, shared: Path | None = None) -> Flask:
    """The application with its services open; close them with `app.extensions["digitpad"].close()`.

    `settings` default to the environment. `shared` is a folder of the processes of one server, for what they count
    together; None: this is the only one. Call it in the process that serves, after any fork: it starts threads.
    """
    settings = settings or Settings.from_environment()
    settings.instance.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # requests run in parallel, not the work of one request

    app = Flask("backend", static_folder=TOP / "frontend", static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=20,
        TRUSTED_HOSTS=settings.hosts,
    )
    app.url_map.strict_slashes = False
    app.url_map.converters["uuid1"] = Uuid1Converter
    app.url_map.converters["room_code"] = RoomCodeConverter
    app.extensions[EXTENSION] = Services.open(settings, shared)

    errors.init_app(app)
    request_log.init_app(app)
    security.init_app(app)
    access.init_app(app)
    compress.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
