"""The OpenAPI document; the page /api shows it and lets you try it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from backend.web.http import json_response
from backend.web.openapi import document
from backend.web.permissions import permit

routes = Blueprint("openapi", __name__)


@routes.get("/openapi.json")
@permit("open")
def openapi() -> Response:
    return json_response(document(current_app))
