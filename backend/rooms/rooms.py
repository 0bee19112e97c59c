"""All rooms of a server. Each process keeps the rooms that it is asked about in memory, and reads their new events from
the store; so any process of any host may serve any room."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from backend.records.record import RecorderUnavailable
from backend.records.recorder import Recorder
from backend.records.room_events import LABELING, AnyEvent, Ended, Joined, Opened
from backend.rooms import nicknames
from backend.rooms.codes import new_code, new_token, pupil_of, token_digest
from backend.rooms.room import MOST_PUPILS, Pupil, Room

FRESH = 0.2  # seconds for which a room that was read is not read again
SWEEP_INTERVAL = 20.0  # seconds between two searches for rooms that have ended
SETTLE = 10.0  # seconds after the end of a room, in which predictions that were accepted before may still arrive
REMEMBER = timedelta(days=31).total_seconds()  # how long drawings of an ended room may still arrive from an outbox
MOST_CACHED = 200  # rooms

log = logging.getLogger(__name__)


@dataclass
class Cached:
    room: Room
    read_at: float = 0.0  # time.monotonic()
    lock: threading.Lock = field(default_factory=threading.Lock)


class Rooms:
    """recorder: where they are stored. Methods may be called from any thread and raise RecorderUnavailable if its store
    is unavailable. clock: seconds since 1970."""

    def __init__(self, recorder: Recorder, clock: Callable[[], float] = time.time) -> None:
        self._recorder = recorder
        self._store = recorder.store
        self._clock = clock
        self._cached: dict[str, Cached] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run_sweeps, name="end rooms", daemon=True)

    def start(self) -> None:
        """Start the thread that clears rooms after their end."""
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def open(self, hours: float, keep: bool) -> tuple[Room, str]:
        """A new room, and the teacher's token. keep: whether its drawings stay when it ends."""
        code, token = new_code(), new_token()
        opened = Opened(teacher=token_digest(token), ends=round(self._clock() + hours * 3600), keep=keep)
        return self.add(code, opened), token

    def get(self, code: str, fresh: bool = False) -> Room:
        """The room with this code, at most FRESH seconds old; with `fresh`, its current state.

        A room that does not exist has no teacher.
        """
        cached = self._cached.get(code) or Cached(Room(code))
        with cached.lock:
            now = time.monotonic()
            if fresh or now > cached.read_at + FRESH:
                cached.room = cached.room.after(self._store.events(code, cached.room.last))
                cached.read_at = now
            room = cached.room
        if room.is_open and self._clock() >= room.ends:
            room.ended = Ended(at=room.ends, keep=room.keep)  # nothing needs to be stored to end it
        if room.last is not None:  # guessed codes must not fill the memory
            self._cache(code, cached)
        return room

    def add(self, code: str, event: AnyEvent) -> Room:
        """Store an event, and return the room after it."""
        self._store.add_event(code, event)
        return self.get(code, fresh=True)

    def join(self, code: str, nickname: str, key: uuid.UUID) -> tuple[Pupil, str] | None:
        """A new pupil, and the pupil's token; None: the room is full.

        nickname: empty for the default. key: the idempotency key; joining again with it returns the same pupil.
        """
        room = self.get(code, fresh=True)
        pupil, token = pupil_of(code, key)
        if pupil in room.pupils:
            return room.pupils[pupil], token
        if len(room.present) >= MOST_PUPILS:
            return None
        name = nicknames.unique(nickname or nicknames.DEFAULT, room.nicknames())
        room = self.add(code, Joined(pupil=pupil, nickname=name, token=token_digest(token)))
        return room.pupils[pupil], token

    def sweep(self) -> None:
        """Delete what is not kept of the rooms that have ended."""
        for code in self._store.rooms():
            if code == LABELING:
                continue
            room = self.get(code, fresh=True)
            # A room of which nothing is known can't be asked whether to keep its drawings.
            ended = room.ended or Ended(at=0, keep=True)
            if not room.is_open and self._clock() >= ended.at + SETTLE:
                self._clear(room, ended)

    def _clear(self, room: Room, ended: Ended) -> None:
        if not ended.keep:
            for drawing in room.drawings.values():
                if not drawing.deleted:
                    self._recorder.delete(drawing.record)
        over = self._clock() > ended.at + REMEMBER
        if room.is_only_ended and not over:
            return
        last, _ = self._store.events(room.code, None)[-1]  # which includes the deletions
        if not over:
            self._store.add_event(room.code, ended)
        self._store.forget_events(room.code, last)
        self._cached.pop(room.code, None)

    def _cache(self, code: str, cached: Cached) -> None:
        self._cached[code] = cached
        if len(self._cached) > MOST_CACHED:
            self._cached.pop(next(iter(self._cached)), None)

    def _run_sweeps(self) -> None:
        while not self._closing.wait(SWEEP_INTERVAL):
            try:
                self.sweep()
            except RecorderUnavailable as error:
                log.info("Rooms that have ended are cleared later: %s", error)
            except Exception:  # whatever it is, the next sweep tries again
                log.exception("Rooms that have ended could not be cleared.")
