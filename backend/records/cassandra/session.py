"""Opening a session with Cassandra: how nodes are chosen, how long they are waited for, what is prepared."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.query import PreparedStatement

from backend.records.cassandra.migrate import migrate
from backend.records.cassandra.url import CassandraUrl

READ_TIMEOUT = 5.0  # seconds
REFUSALS = {  # what a node says, or OpenSSL, and what it means to an operator
    "Failed to authenticate": "the user or the password is refused",
    "requires authentication": "it wants a user and a password",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not signed by one that is trusted (tls_ca)",
    "WRONG_VERSION_NUMBER": "it does not speak TLS (tls)",
    "_ALERT_": "our certificate, or that there is none, is refused (tls_cert and tls_key)",
    "reset by peer": "it hangs up; it may want TLS (tls=true)",
}


class Opened(NamedTuple):
    cluster: Cluster
    session: Session
    prepared: dict[str, PreparedStatement]


class LeastBusyFirst(TokenAwarePolicy):  # type: ignore[misc]
    """Of the nodes that own a record, asks the one with the fewest requests under way: one that falls silent is
    avoided after its first few, long before it is taken for dead. Cassandra's driver for Java does likewise.
    """

    session: Session | None = None  # there is none yet while the cluster is found

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        plan = super().make_query_plan(working_keyspace, query)
        if self.session is None or query is None or query.routing_key is None:
            return plan
        owners = self._cluster_metadata.get_replicas(query.keyspace or working_keyspace, query.routing_key)
        under_way = {host: sum(state["in_flights"]) for host, state in self.session.get_pool_state().items()}
        return iter(sorted(plan, key=lambda host: (host not in owners, under_way.get(host, 0))))


def open_cluster(url: CassandraUrl, statements: dict[str, str]) -> Opened:
    """Connect, bring the keyspace to this program's schema and prepare the statements, however long it takes.

    Raises NewerSchema, and whatever the driver raises; `refusal` knows some of it.
    """
    secret = url.secret()
    order = LeastBusyFirst(DCAwareRoundRobinPolicy(url.datacenter or ""))
    profile = ExecutionProfile(
        load_balancing_policy=order,
        consistency_level=ConsistencyLevel.name_to_value[url.consistency],
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        # A silent node costs this long, not a timeout.
        speculative_execution_policy=ConstantSpeculativeExecutionPolicy(url.speculative_ms / 1000, 2),
        request_timeout=READ_TIMEOUT,
    )
    cluster = Cluster(
        url.hosts,
        url.port,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        auth_provider=PlainTextAuthProvider(url.user, secret) if url.user else None,
        ssl_context=url.tls_context(),
        protocol_version=5,  # of Cassandra 4 and 5
        connect_timeout=3,
        control_connection_timeout=3,
        # Else the kernel holds back the end of a drawing until the node has confirmed its beginning: 40 ms.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        # The defaults, 30 s, would go on sending to a stopped node for a minute.
        idle_heartbeat_interval=1,
        idle_heartbeat_timeout=1,
        # The default waits up to ten minutes before it tries a node again, and after 64 tries no more.
        reconnection_policy=ExponentialReconnectionPolicy(0.5, 5, max_attempts=None),
    )
    try:
        order.session = session = cluster.connect()
        host = next(iter(cluster.metadata.all_hosts()))
        migrate(session, url, url.datacenter or host.datacenter)
        prepared = {}
        for name, query in statements.items():
            prepared[name] = session.prepare(query)
            # Every statement may be sent twice: ids and times come from us, and a claim is read back.
            prepared[name].is_idempotent = True
            if "ORDER BY" in query:
                prepared[name].fetch_size = None  # Cassandra can't page what it sorts
    except BaseException:
        cluster.shutdown()
        raise
    return Opened(cluster, session, prepared)


def refusal(error: Exception) -> str | None:
    """What an operator has to put right, if that is why no connection came about."""
    if not isinstance(error, NoHostAvailable) or not isinstance(error.errors, dict):
        return None
    each = " ".join(str(one) for one in error.errors.values())
    return next((words for sign, words in REFUSALS.items() if sign in each), None)
