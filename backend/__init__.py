"""Digitpad: reads drawn digits, says how sure it is, and records every prediction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from backend.records.sqlite.writer import Writer
    from backend.settings import Settings

# ONNX Runtime reports to its makers over the network unless told not to. Digitpad sends nothing to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# OpenCV reads these once, when it is first imported.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")


def create_app(settings: Settings | None = None, writer: Writer | None = None) -> Flask:
    """The application, with its model loaded and its recorder open.

    `settings` default to the environment; `writer` is the process that writes for several applications. Call it in
    the process that serves, after any fork: it starts threads. Its imports stand here so that a process that only
    starts workers stays small.
    """
    import cv2
    from flask import Flask

    from backend import compress, errors, security
    from backend.explain import Explainer
    from backend.ids import RecordIds
    from backend.recognizer import Recognizer
    from backend.records import open_recorder
    from backend.routes import blueprints
    from backend.settings import TOP, Settings

    settings = settings or Settings.from_environment()
    settings.instance.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # one request, one thread

    app = Flask(__name__, static_folder=TOP / "frontend", static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=20,
        TRUSTED_HOSTS=settings.hosts,
    )
    app.url_map.strict_slashes = False

    app.extensions["settings"] = settings
    app.extensions["ids"] = RecordIds()
    app.extensions["recognizer"] = recognizer = Recognizer(settings.model_dir, settings.model_runtime)
    app.extensions["explainer"] = Explainer(settings.model_dir, recognizer)
    app.extensions["recorder"] = recorder = None if settings.records == "none" else open_recorder(settings, writer)
    if recorder is not None:
        recorder.start()

    errors.init_app(app)
    security.init_app(app)
    compress.init_app(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    return app
