"""Settings of Cassandra with which acknowledged writes could be lost."""

from __future__ import annotations

from collections.abc import Sequence

from cassandra.cluster import Session
from cassandra.metadata import SimpleStrategy
from cassandra.pool import Host

from backend.records.cassandra.session import DRIVER_ERRORS, OpenSession

TIMEOUT = 1.0  # seconds for a node to respond
COMMITLOG_SYNC = "SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'"


class Durability:
    """Checks the nodes of the datacenter that acknowledges writes."""

    def __init__(self) -> None:
        self._commitlog_sync: dict[Host, str] = {}  # as last read; a node that is down keeps its setting

    def warnings(self, current: OpenSession) -> list[str]:
        """A sentence for each setting that endangers acknowledged writes: what can happen, and what to do."""
        metadata = current.cluster.metadata
        nodes = [host for host in metadata.all_hosts() if host.datacenter == current.datacenter]
        strategy = metadata.keyspaces[current.session.keyspace].replication_strategy
        if isinstance(strategy, SimpleStrategy):
            factor = strategy.replication_factor
        else:
            factor = strategy.dc_replication_factors.get(current.datacenter, 0)
        self._read_commitlog_sync(current.session, nodes)
        periodic = sorted(node.address for node in nodes if self._commitlog_sync.get(node) == "periodic")
        found = []
        if periodic:
            found.append(
                f"commitlog_sync is periodic on {', '.join(periodic)}: a power failure can lose the last acknowledged "
                "records. Set it to batch or group in cassandra.yaml."
            )
        if len(nodes) < factor:
            found.append(
                f"The replication factor is {factor}, but {current.datacenter} has fewer nodes ({len(nodes)}), so "
                "there are fewer copies of each record. Add nodes, or lower the replication factor."
            )
        if factor == 1 and len(nodes) > 1:
            found.append(
                f"The replication factor is 1 on {len(nodes)} nodes: if any of them loses its disk, its records are "
                "lost. Raise the replication factor to 3, then run nodetool repair --full."
            )
        return found

    def _read_commitlog_sync(self, session: Session, nodes: Sequence[Host]) -> None:
        pending = []
        for node in nodes:
            if node.is_up:
                pending.append((node, session.execute_async(COMMITLOG_SYNC, timeout=TIMEOUT, host=node)))
        for node, response in pending:
            try:
                self._commitlog_sync[node] = response.result().one().value
            except DRIVER_ERRORS:
                continue  # it does not respond, or the user may not read its settings
