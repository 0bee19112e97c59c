"""The contract, generated from the code; /api is the page to try it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from backend.web.http import json_response
from backend.web.openapi import contract

routes = Blueprint("openapi", __name__)


@routes.get("/openapi.json")
def openapi() -> Response:
    return json_response(contract(current_app))
