"""Opening a session: which node gets a request, timeouts, prepared statements."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from cassandra import ConsistencyLevel, DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.protocol import ErrorMessage
from cassandra.query import PreparedStatement

from backend.records.cassandra.migrate import migrate
from backend.records.cassandra.url import CassandraUrl

READ_TIMEOUT = 5.0  # seconds
DRIVER_ERRORS = (DriverException, NoHostAvailable, ErrorMessage)
CERTIFICATE = "it refuses our certificate, or requires one (tls_cert and tls_key)"
REFUSALS = {  # part of an error of a node or of OpenSSL: what it means to an operator
    "Failed to authenticate": "the user or the password is wrong",
    "requires authentication": "it requires a user and a password",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not signed by a trusted authority (tls_ca)",
    "WRONG_VERSION_NUMBER": "it does not speak TLS (tls)",
    "_ALERT_": CERTIFICATE,
    "EOF occurred in violation of protocol": CERTIFICATE,  # it closed the connection before its alert was read
    "reset by peer": "it closed the connection; it may require TLS (tls=true)",
}


class OpenSession(NamedTuple):
    cluster: Cluster
    session: Session
    prepared: dict[str, PreparedStatement]
    datacenter: str  # whose nodes are used


class LeastBusyFirst(TokenAwarePolicy):  # type: ignore[misc]
    """Prefers the replica with the fewest requests in flight. A node that stops responding is avoided after a few
    requests, long before it is marked as down. Cassandra's Java driver does the same.
    """

    session: Session | None = None  # not opened yet while the driver discovers the nodes

    def make_query_plan(self, working_keyspace: str | None = None, query: Any = None) -> Iterator[Host]:
        plan = super().make_query_plan(working_keyspace, query)
        if self.session is None or query is None or query.routing_key is None:
            return plan
        keyspace = query.keyspace or working_keyspace
        replicas = self.session.cluster.metadata.get_replicas(keyspace, query.routing_key)
        in_flight = {host: sum(state["in_flights"]) for host, state in self.session.get_pool_state().items()}
        return iter(sorted(plan, key=lambda host: (host not in replicas, in_flight.get(host, 0))))


def open_session(url: CassandraUrl, statements: dict[str, str]) -> OpenSession:
    """Connect, migrate the schema and prepare the statements, however long it takes.

    Raises NewerSchema, and the driver's errors, some of which `describe_refusal` explains.
    """
    secret = url.secret()
    policy = LeastBusyFirst(DCAwareRoundRobinPolicy(url.datacenter or ""))
    profile = ExecutionProfile(
        load_balancing_policy=policy,
        consistency_level=ConsistencyLevel.name_to_value[url.consistency],
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        # After this time the next node gets the same request, so a silent node does not cost a timeout.
        speculative_execution_policy=ConstantSpeculativeExecutionPolicy(url.speculative_ms / 1000, 2),
        request_timeout=READ_TIMEOUT,
    )
    cluster = Cluster(
        url.hosts,
        url.port,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        auth_provider=PlainTextAuthProvider(url.user, secret) if url.user else None,
        ssl_context=url.tls_context(),
        protocol_version=5,  # Cassandra 4 and later
        connect_timeout=3,
        control_connection_timeout=3,
        max_schema_agreement_wait=0,  # `migrate` waits once for several changes
        # Without it Nagle's algorithm delays the end of a drawing by 40 ms.
        sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        # With the default of 30 s a stopped node would get requests for a minute.
        idle_heartbeat_interval=1,
        idle_heartbeat_timeout=1,
        # The default waits up to ten minutes between attempts and gives up after 64.
        reconnection_policy=ExponentialReconnectionPolicy(0.5, 5, max_attempts=None),
    )
    try:
        policy.session = session = cluster.connect()
        datacenter = url.datacenter or next(iter(cluster.metadata.all_hosts())).datacenter
        migrate(session, url, datacenter)
        prepared = {}
        for name, query in statements.items():
            prepared[name] = session.prepare(query)
            # Every statement may be sent twice, because the client makes ids and times.
            prepared[name].is_idempotent = True
            if "ORDER BY" in query:
                prepared[name].fetch_size = None  # Cassandra can't page sorted results
    except BaseException:
        cluster.shutdown()
        raise
    return OpenSession(cluster, session, prepared, datacenter)


def describe_refusal(error: Exception) -> str | None:
    """What the operator has to correct, if that is why no session could be opened."""
    if not isinstance(error, NoHostAvailable) or not isinstance(error.errors, dict):
        return None
    text = " ".join(str(each) for each in error.errors.values())
    return next((meaning for part, meaning in REFUSALS.items() if part in text), None)
