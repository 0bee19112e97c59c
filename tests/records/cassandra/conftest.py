"""A keyspace for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.cassandra_nodes import Nodes, NoNodes, drop


@pytest.fixture
def url(nodes: Nodes) -> Iterator[str]:
    """The URL of a keyspace on one node that does not exist yet."""
    try:
        nodes.need(1)
    except NoNodes as why:
        pytest.skip(str(why))
    url = nodes.new_url(1)
    yield url
    drop(url)
