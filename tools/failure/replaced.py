"""One of three Cassandra nodes dies with its disk, and a new one takes its place, as docs/recorder.md says.

    python -m tools.failure.replaced [SECONDS]     (default 30, before and between; three local nodes, one server)

Drawings are sent all the while. Every answer must be a 200 and every acknowledged id be there exactly once in
the end, on the new node alone, too.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
import uuid
from pathlib import Path

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.policies import WhiteListRoundRobinPolicy

from backend.records.cassandra.partition import Partition
from tools.cassandra_nodes import Nodes, drop
from tools.failure.away import Visitor, start_server
from tools.failure.checker import History, ask, check, read_back
from tools.failure.command import on_nodes
from tools.measure.loading import load

REPLACED = 3
LOADED = 30_000  # records, before


def run(seconds: float, port: int, folder: Path, nodes: Nodes) -> list[str]:
    nodes.need(3)
    url, history = nodes.new_url(3), History()
    server = start_server(port, url, folder)
    visitor = Visitor(port, history)

    def go_on(what: str) -> None:
        history.say(what)
        visitor.phase = what
        time.sleep(seconds)
        state = ask(port, "GET", "/health/ready")[1]["recorder"]
        history.say(f"  queued: {state['queued']}, store {'well' if state['ok'] else state['detail']}")

    try:
        load(url, LOADED, 60)
        while not ask(port, "GET", "/health/ready")[1]["ready"]:
            time.sleep(0.2)
        visitor.phase = "three nodes"
        visitor.start()
        go_on("three nodes")
        nodes.signal(REPLACED, signal.SIGKILL)
        shutil.rmtree(nodes.home / f"node{REPLACED}")
        go_on(f"node {REPLACED} is dead, its data are gone")
        visitor.phase = "the new node joins"
        os.environ["JAVA_TOOL_OPTIONS"] = f"-Dcassandra.replace_address_first_boot={nodes.address(REPLACED)}"
        began = time.monotonic()
        nodes.restart()
        del os.environ["JAVA_TOOL_OPTIONS"]
        history.say(f"a new node has taken its place, {time.monotonic() - began:.0f} s after it was started")
        go_on("three nodes again")
        visitor.stopping.set()
        visitor.join()
        records = read_back(port)
    finally:
        visitor.stopping.set()
        server.terminate()
        server.wait()
    wrong = check(history, records)
    for node in (1, 2):
        nodes.signal(node, signal.SIGKILL)
    missing = missing_on_the_new_node(nodes.address(REPLACED), url, [each["id"] for each in records])
    wrong += [f"{each} is not on the new node" for each in missing]
    print(
        f"{len(history.acknowledged)} drawings acknowledged beside {LOADED} loaded before, {len(records)} records ",
        end="",
    )
    print(f"read back, {len(missing)} of them not on the new node; slowest answer {history.slowest:.2f} s")
    print("\n".join(f"  {what}: {count}" for what, count in history.answers.items()))
    print(f"{len(wrong)} wrong" if wrong else "Nothing is wrong.")
    nodes.restart()
    drop(url)
    return wrong


def missing_on_the_new_node(address: str, url: str, ids: list[str]) -> list[str]:
    """Those that it doesn't have, asked while it is alone."""
    alone = ExecutionProfile(WhiteListRoundRobinPolicy([address]), consistency_level=ConsistencyLevel.ONE)
    cluster = Cluster([address], execution_profiles={EXEC_PROFILE_DEFAULT: alone}, protocol_version=5)
    try:
        session = cluster.connect(Path(url.partition("?")[0]).name)
        asked = session.prepare("SELECT id FROM drawings WHERE minute = ? AND shard = ? AND id = ?")
        places = [(*Partition.of(each), each) for each in map(uuid.UUID, ids)]
        answers = execute_concurrent_with_args(session, asked, places, concurrency=64)
        return [each for each, (_, rows) in zip(ids, answers, strict=True) if not rows.one()]
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    sys.exit(on_nodes(run, seconds=30, port=5192))
