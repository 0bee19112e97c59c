"""One module for each page or call; each has a blueprint named `routes`."""

from __future__ import annotations

from flask import Blueprint

from backend.routes import explain, health, metrics, openapi, pages, predict, records


def blueprints() -> list[Blueprint]:
    return [each.routes for each in (pages, predict, explain, records, health, metrics, openapi)]
