"""A Cassandra snapshot is restored to a lost keyspace, as described in docs/backup.md."""

from __future__ import annotations

import shutil
from pathlib import Path

from backend.records.cassandra.url import CassandraUrl
from backend.records.record import Drawing, Filter, Record
from backend.records.store import Store
from tools.cassandra_nodes import Nodes, drop
from tools.sample_records import Era, drawing
from tools.stores import opened


def nodetool(nodes: Nodes, *arguments: str) -> None:
    nodes.run("nodetool", "1", *arguments)


def contents(store: Store) -> tuple[list[tuple[Record, Drawing | None]], object]:
    records = store.page(100, None, Filter()).records
    return [(each, store.drawing(each.id)) for each in records], store.counts()


def test_a_snapshot_restores_everything(url: str, one_node: Nodes, era: Era, tmp_path: Path) -> None:
    keyspace = CassandraUrl.parse(url).keyspace
    store = opened(url)
    made = [era.record(seconds=number) for number in range(20)]
    for each in made:
        store.insert(each, drawing(), 10.0)
    store.correct(made[3].id, "7")
    store.delete(made[5].id)
    before = contents(store)
    store.close()
    assert len(before[0]) == 19
    nodetool(one_node, "snapshot", "--tag", "backup", keyspace)
    for snapshot in (one_node.home / "node1/data" / keyspace).glob("*/snapshots/backup"):
        table = snapshot.parent.parent.name.rpartition("-")[0]
        shutil.copytree(snapshot, tmp_path / table)
    drop(url)

    opened(url).close()  # creates the tables
    for folder in tmp_path.iterdir():
        if any(folder.glob("*-Data.db")):
            nodetool(one_node, "import", "--copy-data", keyspace, folder.name, str(folder))
    store = opened(url)
    assert contents(store) == before
    store.close()
