"""A keyspace for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import keyspace
from tools.cassandra_nodes import Nodes


@pytest.fixture
def url(one_node: Nodes) -> Iterator[str]:
    """The URL of a keyspace on one node that does not exist yet."""
    with keyspace(one_node, 1) as url:
        yield url
