"""Every fault once on three real Cassandra nodes; see tools/failure/chaos.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.cassandra_nodes import Nodes, NoNodes
from tools.failure import chaos


def test_no_acknowledged_record_is_lost_whatever_fails(tmp_path: Path, nodes: Nodes) -> None:
    try:
        nodes.need(3)
    except NoNodes as error:
        pytest.skip(str(error))
    assert chaos.run(0, tmp_path, nodes) == []
