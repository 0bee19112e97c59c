"""One of three Cassandra nodes dies with its disk, and a new node replaces it, as described in docs/backup.md.

    python -m tools.failure.replaced [SECONDS]     (default 30 in each phase; three local nodes)

A client predicts twice a second all the time, and every request must be answered with success. In the end all records
must be on the new node.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
import uuid
from pathlib import Path

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import WhiteListRoundRobinPolicy

from backend.records.cassandra.partition import Partition
from tools.cassandra_nodes import Nodes, drop
from tools.failure.checker import History
from tools.failure.clients import run_clients
from tools.failure.command import run_on_nodes
from tools.failure.faults import wait_until_well
from tools.measure.loading import load
from tools.server import Server

REPLACED = 3
LOADED = 30_000  # records that are there before


def run(seconds: float, folder: Path, nodes: Nodes) -> list[str]:
    nodes.need(3)
    url = nodes.new_url(3)
    loaded = load(url, LOADED, 120)
    server = Server({"WORKERS": "2", "RECORDS_URL": url, "INSTANCE": str(folder), "ACCESS_LOG": "false"})

    def inject(history: History) -> None:
        def enter(phase: str) -> None:
            history.phase = phase
            history.say(phase)
            time.sleep(seconds)

        wait_until_well(server.port)
        enter(f"three nodes, {loaded} records")
        nodes.signal(REPLACED, signal.SIGKILL)
        shutil.rmtree(nodes.home / f"node{REPLACED}")
        enter(f"node {REPLACED} is dead, its data are gone")
        os.environ["JAVA_TOOL_OPTIONS"] = f"-Dcassandra.replace_address_first_boot={nodes.address(REPLACED)}"
        began = time.monotonic()
        nodes.restart()
        del os.environ["JAVA_TOOL_OPTIONS"]
        enter(f"a new node has replaced it within {time.monotonic() - began:.0f} s")

    history = run_clients(server, inject, pause=0.5, strict=True)
    for node in (1, 2):
        nodes.signal(node, signal.SIGKILL)
    missing = missing_on_node(nodes.address(REPLACED), url, [each["id"] for each in history.records])
    print(f"{len(missing)} records are missing on the new node.")
    nodes.restart()
    drop(url)
    return history.wrong + [f"{each} is missing on the new node" for each in missing]


def missing_on_node(address: str, url: str, ids: list[str]) -> list[str]:
    """The ids of records without a drawing on the node at that address, while the others are down."""
    alone = ExecutionProfile(WhiteListRoundRobinPolicy([address]), consistency_level=ConsistencyLevel.ONE)
    cluster = Cluster([address], execution_profiles={EXEC_PROFILE_DEFAULT: alone}, protocol_version=5)
    try:
        session = cluster.connect(Path(url.partition("?")[0]).name)
        statement = session.prepare("SELECT id FROM drawings WHERE minute = ? AND shard = ? AND id = ?")
        places = [(*Partition.of(each), each) for each in map(uuid.UUID, ids)]
        answers = execute_concurrent_with_args(session, statement, places, concurrency=8)
        return [each for each, (_, rows) in zip(ids, answers, strict=True) if not rows.one()]
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    run_on_nodes(run, default=30)
