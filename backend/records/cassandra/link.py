"""The connection to Cassandra: made in the background, kept, and never waited for."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra import ConsistencyLevel, DriverException, OperationTimedOut, WriteTimeout, WriteType
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, ResponseFuture, Session
from cassandra.policies import (
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    TokenAwarePolicy,
)
from cassandra.pool import Host
from cassandra.protocol import ErrorMessage
from cassandra.query import BatchStatement, PreparedStatement

from backend.records.cassandra.migrate import NewerSchema, migrate
from backend.records.cassandra.url import CassandraUrl
from backend.records.record import RecorderUnavailable

READ_TIMEOUT = 5.0  # seconds
LONGEST_PAUSE = 5.0  # seconds between two attempts to connect
PAUSE = 0.01  # seconds before a statement is sent again
LOOK_EVERY = 5.0  # seconds between two looks whether a node is up
AFRESH_AFTER = 30.0  # seconds without any node, after which their names are resolved anew

Refused = (DriverException, NoHostAvailable, ErrorMessage)  # every way in which the driver fails
REFUSALS = {  # what a node says, or OpenSSL, and what it means to an operator
    "Failed to authenticate": "the user or the password is refused",
    "requires authentication": "it wants a user and a password",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not signed by one that is trusted (tls_ca)",
    "WRONG_VERSION_NUMBER": "it does not speak TLS (tls)",
    "_ALERT_": "our certificate, or that there is none, is refused (tls_cert and tls_key)",
    "reset by peer": "it hangs up; it may want TLS (tls=true)",
}
CAS_UNKNOWN = 0x1700  # the protocol's code, which the driver doesn't name

log = logging.getLogger(__name__)


class Undecided(RecorderUnavailable):
    """Two claims met, or a node died under ours; whether it won is not known. Ask again."""


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


@dataclass
class Asked:
    """A statement on its way, and until when an answer is of use."""

    statement: Any
    end: float
    future: ResponseFuture


class Link:
    """One session a process. statements: CQL by name, prepared once there is a connection."""

    def __init__(self, url: CassandraUrl, statements: dict[str, str]) -> None:
        self._url = url
        self._statements = statements
        self._cluster: Cluster | None = None
        self._ready: tuple[Session, dict[str, PreparedStatement]] | None = None
        self._detail = f"The connection to Cassandra at {url.place} was not begun."
        self._closing = threading.Event()
        self._connecting = threading.Thread(target=self._keep_connected, name="connect to Cassandra", daemon=True)

    def start(self) -> None:
        self._detail = f"Connects to Cassandra at {self._url.place}."
        self._connecting.start()

    def close(self) -> None:
        self._closing.set()
        if self._connecting.ident is not None:
            self._connecting.join()
        if self._cluster is not None:
            self._cluster.shutdown()

    def problem(self) -> str | None:
        """Why nothing can be asked now, in a sentence; None: the nodes answer."""
        try:
            self.ask("alive", (), timeout=1.0)
        except RecorderUnavailable as error:
            return str(error)
        return None

    def ask(self, name: str, values: Sequence[object], timeout: float = READ_TIMEOUT) -> Any:
        """The rows of a statement; raises RecorderUnavailable."""
        return self.result(self.send(name, values, timeout))

    def walk(self, name: str, values: Sequence[object], rows: int = 5000) -> Iterator[Any]:
        """The rows of a statement that may have very many: they come `rows` at a time."""
        try:
            yield from self.result(self.send(name, values, rows=rows))
        except Refused as error:
            raise self._unavailable(error) from error

    def send(
        self, name: str, values: Sequence[object], timeout: float = READ_TIMEOUT, rows: int | None = None
    ) -> Asked:
        """Begin a statement, which may be answered `rows` at a time."""
        session, prepared = self._session()
        bound = prepared[name].bind(values)
        if rows is not None:
            bound.fetch_size = rows
        return self._begin(session, bound, timeout)

    def send_batch(self, parts: Sequence[tuple[str, Sequence[object]]], timeout: float) -> Asked:
        """Several statements on one partition, all or none of which are done."""
        session, prepared = self._session()
        batch = BatchStatement()
        for name, values in parts:
            batch.add(prepared[name].bind(values))
        batch.is_idempotent = True
        return self._begin(session, batch, timeout)

    def result(self, asked: Asked) -> Any:
        while True:
            try:
                return asked.future.result()
            except NoHostAvailable as error:
                # The driver gives up when the last node that it asks fails, even while another is about to answer.
                left = asked.end - time.monotonic() - PAUSE
                if left <= 0 or not any(node.is_up for node in asked.future.session.cluster.metadata.all_hosts()):
                    raise self._unavailable(error) from error
                time.sleep(PAUSE)
                asked = self._begin(asked.future.session, asked.statement, left)
            except Refused as error:
                if _is_undecided(error):
                    raise Undecided(str(error)) from error
                raise self._unavailable(error) from error

    def _begin(self, session: Session, statement: Any, timeout: float) -> Asked:
        end = time.monotonic() + timeout
        try:
            return Asked(statement, end, session.execute_async(statement, timeout=timeout))
        except Refused as error:
            raise self._unavailable(error) from error

    def _session(self) -> tuple[Session, dict[str, PreparedStatement]]:
        if self._ready is None:
            raise RecorderUnavailable(self._detail)
        return self._ready

    def _unavailable(self, error: Exception) -> RecorderUnavailable:
        return RecorderUnavailable(f"Cassandra at {self._url.place} doesn't answer: {_reason(error)}.")

    def _keep_connected(self) -> None:
        while not self._closing.is_set():
            self._connect()
            self._wait_until_no_node_is_up()

    def _connect(self) -> None:
        """Make a session, however long it takes, and let it take the place of an earlier one."""
        pause = 0.5
        while not self._closing.is_set():
            try:
                cluster, session, prepared = self._open()
            except Exception as error:  # whatever it is, it may pass: Cassandra may come up later than we do
                detail = str(error)
                if not isinstance(error, NewerSchema):
                    detail = f"Waits for Cassandra at {self._url.place}: {_refusal(error) or _reason(error)}."
                if detail != self._detail:
                    log.warning(detail)
                self._detail = detail
            else:
                log.info("Connected to Cassandra at %s.", self._url.place)
                earlier, self._cluster, self._ready = self._cluster, cluster, (session, prepared)
                if earlier is not None:
                    earlier.shutdown()
                return
            self._closing.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _wait_until_no_node_is_up(self) -> None:
        """Of those that the session knows. It finds them again where they were, but not at other addresses."""
        seen = time.monotonic()
        while self._cluster is not None and time.monotonic() < seen + AFRESH_AFTER:
            if any(node.is_up for node in self._cluster.metadata.all_hosts()):
                seen = time.monotonic()
            if self._closing.wait(LOOK_EVERY):
                return

    def _open(self) -> tuple[Cluster, Session, dict[str, PreparedStatement]]:
        url = self._url
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
            for name, query in self._statements.items():
                prepared[name] = session.prepare(query)
                # Every statement may be sent twice: ids and times come from us, and a claim is read back.
                prepared[name].is_idempotent = True
                if "ORDER BY" in query:
                    prepared[name].fetch_size = None  # Cassandra can't page what it sorts
        except BaseException:
            cluster.shutdown()
            raise
        return cluster, session, prepared


def _is_undecided(error: Exception) -> bool:
    if isinstance(error, WriteTimeout):
        return bool(error.write_type == WriteType.CAS)
    return isinstance(error, ErrorMessage) and error.code == CAS_UNKNOWN


def _refusal(error: Exception) -> str | None:
    """What an operator has to put right, if that is why no connection came about."""
    if not isinstance(error, NoHostAvailable) or not isinstance(error.errors, dict):
        return None
    each = " ".join(str(one) for one in error.errors.values())
    return next((words for sign, words in REFUSALS.items() if sign in each), None)


def _reason(error: Exception) -> str:
    """What is wrong, in a short sentence that is the same as long as it is the same."""
    if isinstance(error, NoHostAvailable):
        return "no node answers"
    if isinstance(error, OperationTimedOut):
        return "no answer came in time"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
