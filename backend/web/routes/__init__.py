"""The pages and the API: one module, with one blueprint named `routes`, for each."""

from __future__ import annotations

from backend.web.routes import (
    annotators,
    explain,
    health,
    labeling,
    metrics,
    openapi,
    pages,
    picture,
    predict,
    pupils,
    records,
    rooms,
    session,
    wall,
)

MODULES = (
    *(pages, predict, picture, explain, records),
    *(rooms, pupils, wall),
    *(annotators, labeling),
    *(session, health, metrics, openapi),
)
BLUEPRINTS = [each.routes for each in MODULES]
