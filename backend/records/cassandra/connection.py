"""The connection to Cassandra: opened in the background and kept open, so that no request waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra import OperationTimedOut
from cassandra.cluster import NoHostAvailable, ResponseFuture, Session
from cassandra.query import BatchStatement

from backend.records.cassandra.durability import Durability
from backend.records.cassandra.migrate import NewerSchema
from backend.records.cassandra.session import (
    DRIVER_ERRORS,
    READ_TIMEOUT,
    OpenSession,
    describe_refusal,
    open_session,
)
from backend.records.cassandra.url import CassandraUrl
from backend.records.record import RecorderUnavailable

LONGEST_PAUSE = 5.0  # seconds between two attempts to connect
RETRY_PAUSE = 0.01  # seconds before a statement is sent again
CHECK_INTERVAL = 5.0  # seconds between two checks of the nodes
RECONNECT_AFTER = 30.0  # seconds without any node, after which the host names are resolved again

log = logging.getLogger(__name__)


@dataclass
class PendingStatement:
    """A statement that was sent, and until when its response is of use."""

    statement: Any
    deadline: float
    future: ResponseFuture
    page: bytes | None  # of its rows; None: the first


class Connection:
    """One session per process. statements: CQL by name; they are prepared when the session opens."""

    def __init__(self, url: CassandraUrl, statements: dict[str, str]) -> None:
        self._url = url
        self._statements = statements
        self._open: OpenSession | None = None
        self._detail = f"The connection to Cassandra at {url.place} was not started."
        self._durability = Durability()
        self._warnings: list[str] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_connected, name="connect to Cassandra", daemon=True)

    def start(self) -> None:
        self._detail = f"Connecting to Cassandra at {self._url.place}."
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._open is not None:
            self._open.cluster.shutdown()

    def session(self) -> OpenSession:
        """The current session; raises RecorderUnavailable if there is none yet."""
        if self._open is None:
            raise RecorderUnavailable(self._detail)
        return self._open

    def problem(self) -> str | None:
        """Why Cassandra is unavailable, in one sentence; None: it responds."""
        try:
            self.execute("ping", (), timeout=1.0)
        except RecorderUnavailable as error:
            return str(error)
        return None

    def warnings(self) -> list[str]:
        """Settings of the nodes with which acknowledged writes could be lost, a sentence each."""
        return self._warnings

    def execute(self, name: str, values: Sequence[object], timeout: float = READ_TIMEOUT) -> Any:
        """The rows of a statement. Raises RecorderUnavailable."""
        return self.result(self.send(name, values, timeout))

    def stream(self, name: str, values: Sequence[object], fetch_size: int = 5000) -> Iterator[Any]:
        """The rows of a statement that may have many, fetched `fetch_size` at a time. The statement is sent at once, so
        that several can run at the same time."""
        return self._pages(self.send(name, values, fetch_size=fetch_size))

    def send(
        self, name: str, values: Sequence[object], timeout: float = READ_TIMEOUT, fetch_size: int | None = None
    ) -> PendingStatement:
        """Send a statement; `result` waits for its response."""
        current = self.session()
        bound = current.prepared[name].bind(values)
        if fetch_size is not None:
            bound.fetch_size = fetch_size
        return self._send(current.session, bound, timeout)

    def send_batch(self, parts: Sequence[tuple[str, Sequence[object]]], timeout: float) -> PendingStatement:
        """Send statements on one partition, which are applied together or not at all."""
        current = self.session()
        batch = BatchStatement()
        for name, values in parts:
            batch.add(current.prepared[name].bind(values))
        batch.is_idempotent = True
        return self._send(current.session, batch, timeout)

    def result(self, pending: PendingStatement) -> Any:
        """The rows of a statement that was sent. Raises RecorderUnavailable."""
        while True:
            try:
                return pending.future.result()
            except NoHostAvailable as error:
                # The driver gives up when the last node it tries fails, even if another is about to respond.
                left = pending.deadline - time.monotonic() - RETRY_PAUSE
                if left <= 0 or not any(node.is_up for node in pending.future.session.cluster.metadata.all_hosts()):
                    raise self._unavailable(error) from error
                time.sleep(RETRY_PAUSE)
                pending = self._send(pending.future.session, pending.statement, left, pending.page)
            except DRIVER_ERRORS as error:
                raise self._unavailable(error) from error

    def _pages(self, pending: PendingStatement) -> Iterator[Any]:
        while True:
            rows = self.result(pending)
            yield from rows.current_rows
            if rows.paging_state is None:
                return
            # Each page is a request of its own. If the driver fetched the next one, it could take for it a late
            # response of another node to the request for this one, and rows would be missing.
            pending = self._send(pending.future.session, pending.statement, READ_TIMEOUT, rows.paging_state)

    def _send(self, session: Session, statement: Any, timeout: float, page: bytes | None = None) -> PendingStatement:
        deadline = time.monotonic() + timeout
        try:
            future = session.execute_async(statement, timeout=timeout, paging_state=page)
            return PendingStatement(statement, deadline, future, page)
        except DRIVER_ERRORS as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RecorderUnavailable:
        return RecorderUnavailable(f"Cassandra at {self._url.place} does not respond: {_reason(error)}.")

    def _keep_connected(self) -> None:
        while not self._closing.is_set():
            self._connect()
            self._wait_until_all_nodes_are_down()

    def _connect(self) -> None:
        """Open a session, however long it takes, and replace the earlier one."""
        pause = 0.5
        while not self._closing.is_set():
            try:
                current = open_session(self._url, self._statements)
            except Exception as error:  # whatever it is, it may pass: Cassandra may start later than we do
                detail = str(error)
                if not isinstance(error, NewerSchema):
                    reason = describe_refusal(error) or _reason(error)
                    detail = f"Waiting for Cassandra at {self._url.place}: {reason}."
                if detail != self._detail:
                    log.warning(detail)
                self._detail = detail
            else:
                log.info("Connected to Cassandra at %s.", self._url.place)
                earlier, self._open = self._open, current
                if earlier is not None:
                    earlier.cluster.shutdown()
                return
            self._closing.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _check_durability(self, current: OpenSession) -> None:
        try:
            found = self._durability.warnings(current)
        except Exception as error:  # whatever it is, the connection must be kept
            log.info("The settings of Cassandra's nodes could not be read: %s", error)
            return
        for warning in found:
            if warning not in self._warnings:
                log.warning(warning)
        self._warnings = found

    def _wait_until_all_nodes_are_down(self) -> None:
        """Return when no node was up for RECONNECT_AFTER. The driver reconnects to known addresses itself, but doesn't
        find nodes that come back at other addresses."""
        last_up = time.monotonic()
        while self._open is not None and time.monotonic() < last_up + RECONNECT_AFTER:
            if any(node.is_up for node in self._open.cluster.metadata.all_hosts()):
                last_up = time.monotonic()
            self._check_durability(self._open)
            if self._closing.wait(CHECK_INTERVAL):
                return


def _reason(error: Exception) -> str:
    """A stable short reason, so that it is logged once."""
    if isinstance(error, NoHostAvailable):
        return "no node responds"
    if isinstance(error, OperationTimedOut):
        return "no response in time"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
