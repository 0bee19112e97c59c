"""One process that writes the records of all workers into SQLite, so that all who wait share a commit.

Python runs one thread of a process at a time: beside threads that read drawings, one that writes would wait for its
turn at each statement, and keep every other process from writing meanwhile.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import selectors
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import cast

import msgspec

from backend.records.record import Drawing, Record, RecorderUnavailable
from backend.records.sqlite.file import SqliteFile
from backend.records.sqlite.schema import MIGRATIONS
from backend.records.sqlite.writes import take

LARGEST = 100_000  # bytes of a record that is handed in; the kernel takes about 200,000 in one piece
NAME = b"digitpad write"  # of the process, in ps and top
RESTART_PAUSE = 0.1  # seconds
LONGEST_CALL = 0.1  # seconds that a new line may wait for room
LONGEST_START, LONGEST_END = 10.0, 10.0  # seconds
LINE, END = b"line", b"end"  # what workers send, with a line's end; what the process that started us sends
TAKEN, REFUSED = b"+", b"-"  # how an answer begins; what follows is the id, or why
LONGEST_ANSWER = 1000  # bytes


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """What a worker hands in."""

    record: Record
    drawing: Drawing
    key: str | None


_decode = msgspec.msgpack.Decoder(Handed).decode


class Writer:
    """The process, and how workers reach it. Make and start it before they are forked, where the file itself is never
    opened: SQLite can't stand a fork with an open file.
    """

    def __init__(self, path: Path) -> None:
        self.process: ForkProcess | None = None  # the one that runs, or ran last
        self._path = path
        # A worker has as many lines to the writer as it hands in records at the same time; it sends their ends here.
        self._ends, self._taken = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ends.settimeout(LONGEST_CALL)
        self._idle: list[socket.socket] = []
        self._begun = threading.Event()
        self._closing = threading.Event()
        self._keeping = threading.Thread(target=self._keep_running, name="keep the writer running", daemon=True)

    def start(self) -> None:
        """Returns when the process is forked: one that is forked while this process opens an SQLite file finds locks
        taken that nobody will ever let go."""
        self._keeping.start()
        self._begun.wait(LONGEST_START)

    def close(self) -> None:
        """Call it when the workers have ended."""
        self._closing.set()
        with suppress(TimeoutError):
            self._ends.send(END)
        self._ends.close()
        for line in self._idle:
            line.close()
        self._keeping.join(LONGEST_END)
        if self._keeping.is_alive() and self.process is not None:
            self.process.kill()  # its disk hangs; all that was acknowledged is there
            self._keeping.join()
        self._taken.close()

    def add(self, record: Record, drawing: Drawing, key: str | None, timeout: float) -> uuid.UUID | None:
        """The id under which the record is on the disk, an earlier one where the key was used; see Store.add.

        None where the writer can't be asked: it just died, perhaps after it wrote this record, or the drawing is too
        large. Raises RecorderUnavailable where it couldn't write, or not within `timeout` seconds.
        """
        handed = msgspec.msgpack.encode(Handed(record, drawing, key))
        if len(handed) > LARGEST:
            return None
        try:
            answer = self._ask(handed, timeout)
        except TimeoutError:
            raise RecorderUnavailable(f"{self._path.name} didn't answer within {timeout:g} s.") from None
        except OSError:
            return None
        if answer.startswith(REFUSED):
            raise RecorderUnavailable(answer.removeprefix(REFUSED).decode(errors="replace"))
        return uuid.UUID(bytes=answer.removeprefix(TAKEN))

    def _ask(self, handed: bytes, timeout: float) -> bytes:
        """Raises OSError where the writer has died, TimeoutError where it is late."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = self._new_line()
        try:
            line.settimeout(timeout)
            line.send(handed)
            answer = line.recv(LONGEST_ANSWER)
            if not answer:
                raise ConnectionResetError
        except OSError:
            line.close()  # a late answer must not be taken for that to the next record
            raise
        self._idle.append(line)
        return answer

    def _new_line(self) -> socket.socket:
        line, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with end:
            try:
                socket.send_fds(self._ends, [LINE], [end.fileno()])
            except OSError:
                line.close()
                raise
        return line

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            self.process = multiprocessing.get_context("fork").Process(target=self._run)
            self.process.start()
            self._begun.set()
            self.process.join()
            self._closing.wait(RESTART_PAUSE)

    def _run(self) -> None:
        """What the process does, until all workers have ended."""
        for number in (signal.SIGINT, signal.SIGTERM):  # which may be sent to the workers and to us
            signal.signal(number, signal.SIG_IGN)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(15, NAME)  # PR_SET_NAME, see prctl(2)
        self._ends.close()
        taken = self._taken.fileno()
        os.closerange(3, taken)  # whatever else whoever started us has open
        os.closerange(taken + 1, os.sysconf("SC_OPEN_MAX"))
        file = SqliteFile(self._path, MIGRATIONS)
        for batch in _batches(self._taken):
            asked = [(line, Future[uuid.UUID]()) for line, _ in batch]
            file.commit(
                [
                    (partial(take, record=handed.record, drawing=handed.drawing, key=handed.key), done)
                    for (_, handed), (_, done) in zip(batch, asked, strict=True)
                ]
            )
            for line, done in asked:
                _answer(line, done)


def _batches(taken: socket.socket) -> Iterator[list[tuple[socket.socket, Handed]]]:
    """All that was handed in since the last time, each with the line to answer on; ends with the last worker."""
    with selectors.DefaultSelector() as selector, memoryview(bytearray(LARGEST)) as piece:
        selector.register(taken, selectors.EVENT_READ)
        while True:
            batch = []
            for key, _ in selector.select():
                if key.fileobj is taken:
                    what, ends, _, _ = socket.recv_fds(taken, len(LINE), 1)
                    if what != LINE:  # END, or nothing: there is nobody left to send it
                        return
                    for end in ends:  # none where this process may open no more
                        selector.register(socket.socket(fileno=end), selectors.EVENT_READ)
                    continue
                line = cast(socket.socket, key.fileobj)
                try:
                    length = line.recv_into(piece)
                except ConnectionError:
                    length = 0
                if length:
                    batch.append((line, _decode(piece[:length])))
                else:
                    selector.unregister(line)
                    line.close()
            if batch:
                yield batch


def _answer(line: socket.socket, done: Future[uuid.UUID]) -> None:
    failure = done.exception()
    answer = TAKEN + done.result().bytes if failure is None else REFUSED + str(failure).encode()
    with suppress(OSError):  # its worker has died, or has given up
        line.send(answer[:LONGEST_ANSWER], socket.MSG_DONTWAIT)
