"""Local Cassandra nodes for tests, failure runs and measurements."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from cassandra.cluster import Cluster

from backend.records.cassandra.url import CassandraUrl
from backend.settings import TOP

HOME = TOP / ".cache/cassandra-tests"
NETS = range(1, 7)  # node N of a net has the address 127.0.NET.N; net 0 is the default of script/cassandra


class NoNodes(Exception):
    """The nodes can't be started; the message says why."""


class Nodes:
    """Cassandra nodes that nothing else on this machine uses. They are started when they are first needed; `stop` stops
    them and erases their data."""

    def __init__(self) -> None:
        self._net = 0  # none claimed yet
        self._lock: IO[str] | None = None  # held while the net is ours

    def need(self, count: int) -> None:
        """Have at least `count` nodes, 1 to 3, running. Raises NoNodes."""
        if not (shutil.which("java") and shutil.which("mvn")):
            raise NoNodes("Java 17 or Maven is missing, which Cassandra needs")
        self._claim_net()
        self.run("start", str(count))

    @property
    def home(self) -> Path:
        """The folder with their data."""
        return HOME / str(self._net)

    def address(self, node: int) -> str:
        return f"127.0.{self._net}.{node}"

    def new_url(self, count: int, options: str = "") -> str:
        """The URL of a new keyspace on `count` nodes."""
        self._claim_net()
        hosts = ",".join(self.address(node) for node in range(1, count + 1))
        return f"cassandra://{hosts}:9042/test_{secrets.token_hex(6)}?replication={count}{options}"

    def signal(self, node: int, number: signal.Signals) -> None:
        os.kill(int((self.home / f"node{node}/pid").read_text()), number)

    def restart(self, count: int = 3) -> None:
        """Start those of the first `count` nodes that were killed, and wait until all have the same schema, because a
        keyspace that is created earlier can stay unknown to a node for minutes."""
        self.run("start", str(count))
        cluster = Cluster([self.address(1)], protocol_version=5)
        try:
            cluster.connect()
            cluster.refresh_schema_metadata(max_schema_agreement_wait=120)
        finally:
            cluster.shutdown()

    def stop(self) -> None:
        if self._lock is not None:
            self.run("erase")
            self._lock.close()
            self._lock = None

    def _claim_net(self) -> None:
        """Claim the first net that no other run has claimed and on which no node responds. Raises NoNodes."""
        if self._lock is not None:
            return
        for self._net in NETS:
            # In the folder that all checkouts on this machine share, as they share its addresses.
            path = Path(tempfile.gettempdir(), f"digitpad-cassandra-{self._net}.lock")
            lock = open(path, "a")  # noqa: SIM115 - closed in stop()
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self.run("erase")  # what a killed run left behind
            if not _responds(self.address(1)):
                self._lock = lock
                return
            lock.close()
        raise NoNodes(
            f"Cassandra is running on each of 127.0.{NETS[0]}.1 to 127.0.{NETS[-1]}.1; stop one of them, because the "
            "tests need their own nodes"
        )

    def run(self, *arguments: str) -> None:
        """Run script/cassandra with these arguments, for these nodes."""
        environment = {**os.environ, "CASSANDRA_HOME": str(self.home), "NET": str(self._net)}
        subprocess.run([TOP / "script/cassandra", *arguments], check=True, env=environment)


def _responds(address: str) -> bool:
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
