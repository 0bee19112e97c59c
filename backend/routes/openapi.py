"""The contract, generated from the code; /api is the page to try it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from backend import parts
from backend.openapi import contract

routes = Blueprint("openapi", __name__)


@routes.get("/openapi.json")
def openapi() -> Response:
    return parts.json_answer(contract(current_app))
