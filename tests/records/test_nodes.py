"""Each test run has its own Cassandra nodes."""

from __future__ import annotations

import socket

from tools.cassandra_nodes import Nodes


def test_two_runs_use_different_nodes() -> None:
    first, second = Nodes(), Nodes()
    try:
        assert first.new_url(1).partition("/test_")[0] != second.new_url(1).partition("/test_")[0]
        assert first.home != second.home
    finally:
        first.stop()
        second.stop()


def test_addresses_that_are_in_use_are_skipped() -> None:
    nodes = Nodes()
    nodes.new_url(1)
    nodes.stop()
    with socket.socket() as foreign:
        foreign.bind((nodes.address(1), 9042))
        foreign.listen()
        other = Nodes()
        other.new_url(1)
        other.stop()
    assert other.address(1) != nodes.address(1)
