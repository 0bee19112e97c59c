"""Every fault once, on hosts behind HAProxy and one real Cassandra node; see tools/failure/hosts.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.cassandra_nodes import Nodes, NoNodes
from tools.failure import hosts
from tools.haproxy import NoHaproxy, haproxy


def test_no_acknowledged_record_is_lost_or_doubled_whichever_host_fails(tmp_path: Path, nodes: Nodes) -> None:
    try:
        haproxy()
        nodes.need(1)
    except (NoHaproxy, NoNodes) as error:
        pytest.skip(str(error))
    assert hosts.run(0, tmp_path, nodes, count=1) == []
