"""A minute of everything being killed on three real Cassandra nodes; checker.py says what must hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import free_port
from tools.cassandra_nodes import Nodes, NoNodes
from tools.failure import chaos


def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path: Path, nodes: Nodes) -> None:
    try:
        nodes.need(3)
    except NoNodes as why:
        pytest.skip(str(why))
    assert chaos.run(60, free_port(), tmp_path, nodes) == []
