"""The connection to Cassandra: made in the background, kept, and never waited for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cassandra import DriverException, OperationTimedOut, WriteTimeout, WriteType
from cassandra.cluster import NoHostAvailable, ResponseFuture, Session
from cassandra.protocol import ErrorMessage
from cassandra.query import BatchStatement

from backend.records.cassandra.migrate import NewerSchema
from backend.records.cassandra.session import READ_TIMEOUT, Opened, open_cluster, refusal
from backend.records.cassandra.url import CassandraUrl
from backend.records.record import RecorderUnavailable

LONGEST_PAUSE = 5.0  # seconds between two attempts to connect
PAUSE = 0.01  # seconds before a statement is sent again
LOOK_EVERY = 5.0  # seconds between two looks whether a node is up
AFRESH_AFTER = 30.0  # seconds without any node, after which their names are resolved anew

Refused = (DriverException, NoHostAvailable, ErrorMessage)  # every way in which the driver fails
CAS_UNKNOWN = 0x1700  # the protocol's code, which the driver doesn't name

log = logging.getLogger(__name__)


class Undecided(RecorderUnavailable):
    """Two claims met, or a node died under ours; whether it won is not known. Ask again."""


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
        self._opened: Opened | None = None
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
        if self._opened is not None:
            self._opened.cluster.shutdown()

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
        opened = self._session()
        bound = opened.prepared[name].bind(values)
        if rows is not None:
            bound.fetch_size = rows
        return self._begin(opened.session, bound, timeout)

    def send_batch(self, parts: Sequence[tuple[str, Sequence[object]]], timeout: float) -> Asked:
        """Several statements on one partition, all or none of which are done."""
        opened = self._session()
        batch = BatchStatement()
        for name, values in parts:
            batch.add(opened.prepared[name].bind(values))
        batch.is_idempotent = True
        return self._begin(opened.session, batch, timeout)

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

    def _session(self) -> Opened:
        if self._opened is None:
            raise RecorderUnavailable(self._detail)
        return self._opened

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
                opened = open_cluster(self._url, self._statements)
            except Exception as error:  # whatever it is, it may pass: Cassandra may come up later than we do
                detail = str(error)
                if not isinstance(error, NewerSchema):
                    detail = f"Waits for Cassandra at {self._url.place}: {refusal(error) or _reason(error)}."
                if detail != self._detail:
                    log.warning(detail)
                self._detail = detail
            else:
                log.info("Connected to Cassandra at %s.", self._url.place)
                earlier, self._opened = self._opened, opened
                if earlier is not None:
                    earlier.cluster.shutdown()
                return
            self._closing.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _wait_until_no_node_is_up(self) -> None:
        """Of those that the session knows. It finds them again where they were, but not at other addresses."""
        seen = time.monotonic()
        while self._opened is not None and time.monotonic() < seen + AFRESH_AFTER:
            if any(node.is_up for node in self._opened.cluster.metadata.all_hosts()):
                seen = time.monotonic()
            if self._closing.wait(LOOK_EVERY):
                return


def _is_undecided(error: Exception) -> bool:
    if isinstance(error, WriteTimeout):
        return bool(error.write_type == WriteType.CAS)
    return isinstance(error, ErrorMessage) and error.code == CAS_UNKNOWN


def _reason(error: Exception) -> str:
    """What is wrong, in a short sentence that is the same as long as it is the same."""
    if isinstance(error, NoHostAvailable):
        return "no node answers"
    if isinstance(error, OperationTimedOut):
        return "no answer came in time"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
