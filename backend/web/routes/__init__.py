"""The pages and the API: one module, with one blueprint named `routes`, for each."""

from __future__ import annotations

from backend.web.routes import explain, health, metrics, openapi, pages, predict, records, session

BLUEPRINTS = [each.routes for each in (pages, predict, explain, records, session, health, metrics, openapi)]
