"""Real Cassandra nodes for the tests."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO

from cassandra.cluster import Cluster

from backend.records.cassandra.url import CassandraUrl
from backend.settings import TOP

HOME = TOP / ".cache/cassandra-tests"
NETS = range(1, 7)  # node N of a net is 127.0.NET.N; net 0 is left to script/cassandra without a NET


class NoNodes(Exception):
    """Why there can't be as many nodes as are needed, in a sentence."""


class Nodes:
    """Local Cassandra nodes of our own, whatever else runs here: started when they are needed, and
    stopped, with their data erased, in the end."""

    def __init__(self) -> None:
        self._net = 0  # not taken yet
        self._lock: IO[str] | None = None  # held for as long as the net is ours

    def need(self, count: int) -> None:
        """Start what lacks to `count` nodes, 1 to 3; raises NoNodes."""
        if not (shutil.which("java") and shutil.which("mvn")):
            raise NoNodes("Java 17 and Maven, with which Cassandra runs, are missing")
        self._take_net()
        self.run("start", str(count))

    @property
    def home(self) -> Path:
        """Where their data are."""
        return HOME / str(self._net)

    def address(self, node: int) -> str:
        return f"127.0.{self._net}.{node}"

    def new_url(self, count: int, options: str = "") -> str:
        """The URL of a keyspace that nothing else uses, on `count` nodes."""
        self._take_net()
        hosts = ",".join(self.address(node) for node in range(1, count + 1))
        return f"cassandra://{hosts}:9042/test_{secrets.token_hex(6)}?replication={count}{options}"

    def signal(self, node: int, number: signal.Signals) -> None:
        os.kill(int((self.home / f"node{node}/pid").read_text()), number)

    def restart(self, count: int = 3) -> None:
        """Start again those of the first `count` nodes that were killed."""
        self.run("start", str(count))

    def stop(self) -> None:
        if self._lock is not None:
            self.run("erase")
            self._lock.close()
            self._lock = None

    def _take_net(self) -> None:
        """Of those that no other run uses, the first on which nobody answers; raises NoNodes."""
        if self._lock is not None:
            return
        HOME.mkdir(parents=True, exist_ok=True)
        for self._net in NETS:
            lock = open(HOME / f"{self._net}.lock", "a")  # noqa: SIM115 - kept, and closed in stop()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self.run("erase")  # what a run that was killed left
            if not _answers(self.address(1)):
                self._lock = lock
                return
            lock.close()
        raise NoNodes(
            f"Cassandra runs on each of 127.0.{NETS[0]}.1 to 127.0.{NETS[-1]}.1, and the tests want nodes of "
            "their own; stop one of them"
        )

    def run(self, *arguments: str) -> None:
        """script/cassandra with these arguments, on these nodes."""
        environment = {**os.environ, "CASSANDRA_HOME": str(self.home), "NET": str(self._net)}
        subprocess.run([TOP / "script/cassandra", *arguments], check=True, env=environment)


def _answers(address: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, 9042)) == 0


def drop(url: str) -> None:
    """Delete the keyspace of a URL."""
    at = CassandraUrl.parse(url)
    cluster = Cluster(at.hosts, at.port, protocol_version=5)
    try:
        cluster.connect().execute(f"DROP KEYSPACE IF EXISTS {at.keyspace}", timeout=60)
    finally:
        cluster.shutdown()
