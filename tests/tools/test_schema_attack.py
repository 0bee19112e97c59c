"""A short run of requests made from the OpenAPI description; `python -m tools.attack.schema` makes more."""

from __future__ import annotations

from pathlib import Path

from tools.attack.schema import ROLES, attack


def test_the_server_does_what_its_description_says(tmp_path: Path) -> None:
    result = attack(ROLES["visitor"], 3, tmp_path, "--generation-deterministic")
    assert result.failures == [], result.output
    assert result.cases > 100
