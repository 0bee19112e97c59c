"""A keyspace for a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.cassandra_nodes import Nodes, NoNodes, drop


@pytest.fixture
def url(nodes: Nodes) -> Iterator[str]:
    """A keyspace that is not there yet, on one node."""
    try:
        nodes.need(1)
    except NoNodes as why:
        pytest.skip(str(why))
    url = nodes.new_url(1)
    yield url
    drop(url)
