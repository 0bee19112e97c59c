"""The tests' own Cassandra nodes don't meet those of anybody else."""

from __future__ import annotations

import socket

from tools.cassandra_nodes import Nodes


def test_two_runs_of_the_tests_have_different_nodes() -> None:
    first, second = Nodes(), Nodes()
    try:
        assert first.new_url(1).partition("/test_")[0] != second.new_url(1).partition("/test_")[0]
        assert first.home != second.home
    finally:
        first.stop()
        second.stop()


def test_where_somebody_answers_the_tests_start_no_nodes() -> None:
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
