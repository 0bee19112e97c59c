"""Real Cassandra nodes for the tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from cassandra.cluster import Cluster

from backend.settings import TOP

HOME = TOP / ".cache/cassandra-tests"


class NoNodes(Exception):
    """Why there can't be as many nodes as are needed, in a sentence."""


class Nodes:
    """Local Cassandra nodes: those that run already, or else ones that are started when they are
    needed, and stopped, with their data erased, in the end."""

    def __init__(self) -> None:
        self.ours = not answers(1)
        self._home = HOME if self.ours else TOP / ".cache/cassandra"
        if self.ours:
            self._script("erase")

    def need(self, count: int) -> None:
        """Start what lacks to `count` nodes, 1 to 3; raises NoNodes."""
        if all(answers(node) for node in range(1, count + 1)):
            return
        if not self.ours:
            raise NoNodes(f"Cassandra runs here, but not {count} nodes of it; stop it by script/cassandra stop")
        if not (shutil.which("java") and shutil.which("mvn")):
            raise NoNodes("Java 17 and Maven, with which Cassandra runs, are missing")
        self._script("start", str(count))

    def signal(self, node: int, number: signal.Signals) -> None:
        os.kill(int((self._home / f"node{node}/pid").read_text()), number)

    def restart(self, count: int = 3) -> None:
        """Start again those of the first `count` nodes that were killed."""
        self._script("start", str(count))

    def stop(self) -> None:
        if self.ours:
            self._script("erase")

    def _script(self, *arguments: str) -> None:
        subprocess.run(
            [TOP / "script/cassandra", *arguments], check=True, env={**os.environ, "CASSANDRA_HOME": str(self._home)}
        )


def answers(node: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((f"127.0.0.{node}", 9042)) == 0


def new_url(count: int, options: str = "") -> str:
    """The URL of a keyspace that nothing else uses, on `count` nodes."""
    hosts = ",".join(f"127.0.0.{node}" for node in range(1, count + 1))
    return f"cassandra://{hosts}:9042/test_{secrets.token_hex(6)}?replication={count}{options}"


def drop(url: str) -> None:
    """Delete the keyspace of a URL."""
    keyspace = Path(url.partition("?")[0]).name
    cluster = Cluster(["127.0.0.1"], protocol_version=5)
    try:
        cluster.connect().execute(f"DROP KEYSPACE IF EXISTS {keyspace}", timeout=60)
    finally:
        cluster.shutdown()
