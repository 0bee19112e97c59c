"""The pages and the API: one module, with one blueprint named `routes`, for each."""

from __future__ import annotations

from backend.web.routes import explain, health, metrics, openapi, pages, predict, records

BLUEPRINTS = [each.routes for each in (pages, predict, explain, records, health, metrics, openapi)]
