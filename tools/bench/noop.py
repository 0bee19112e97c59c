"""The floor: a Flask route that only takes its request, on the same server with the same settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.server import run
from backend.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def make() -> Flask:
    from flask import Flask, request

    app = Flask("noop")

    @app.post("/predict")
    def predict() -> str:
        request.get_data()
        return "ok"

    return app


if __name__ == "__main__":
    run(Settings.from_environment(), make)
