"""What the routes work with: created once per process, closed together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app

from backend.labeling.queue import Queue
from backend.model_folder import model_folder
from backend.operator_token import operator_token
from backend.reading.explanation import Explainer
from backend.reading.recognizer import Recognizer
from backend.records import open_recorder
from backend.records.recorder import Recorder
from backend.rooms.rooms import Rooms
from backend.settings import Settings
from backend.web.errors import Problem
from backend.web.metrics import Metrics
from backend.web.rate_limits import RateLimits

EXTENSION = "digitpad"  # the key under which Flask keeps them


@dataclass(frozen=True, kw_only=True)
class Services:
    settings: Settings
    model_folder: Path  # of the network that this process has loaded
    recognizer: Recognizer
    explainer: Explainer
    recorder: Recorder | None  # None: RECORDS_URL=none
    rooms: Rooms | None  # None: as well
    queue: Queue | None  # None: as well
    operator_token: str | None  # None: this machine's user is the operator
    metrics: Metrics
    rate_limits: RateLimits

    @classmethod
    def open(cls, settings: Settings, shared: Path | None = None) -> Services:
        """Load the model and open the recorder. Starts threads, so call it after any fork. shared: see `create_app`.

        Raises ModelMismatch, ValueError for settings that cannot be used, and OSError for a token's file.
        """
        token = operator_token(settings)
        rate_limits = RateLimits(settings, shared and shared / "rate-limits.sqlite")
        folder = model_folder(settings)
        recognizer = Recognizer(folder, settings.model_runtime)
        recorder = None if settings.records == "none" else open_recorder(settings)
        rooms = None if recorder is None else Rooms(recorder)
        metrics = Metrics()
        if recorder is not None:
            recorder.on_store_error = lambda operation: metrics.store_errors[operation].inc()
            recorder.start()
        if rooms is not None:
            rooms.start()
        return cls(
            settings=settings,
            model_folder=folder,
            recognizer=recognizer,
            explainer=Explainer(folder, recognizer),
            recorder=recorder,
            rooms=rooms,
            queue=None if recorder is None else Queue(recorder),
            operator_token=token,
            metrics=metrics,
            rate_limits=rate_limits,
        )

    def require_recorder(self) -> Recorder:
        """Raises Problem 503 where the operator has turned recording off."""
        if self.recorder is None:
            raise Problem(503, "recorder_off", "This server records nothing (RECORDS_URL=none).")
        return self.recorder

    def require_rooms(self) -> Rooms:
        """Raises Problem 503 where the operator has turned recording off."""
        if self.rooms is None:
            raise Problem(503, "recorder_off", "This server has no rooms: it records nothing (RECORDS_URL=none).")
        return self.rooms

    def require_queue(self) -> Queue:
        """Raises Problem 503 where the operator has turned recording off."""
        if self.queue is None:
            raise Problem(
                503, "recorder_off", "This server has nothing to label: it records nothing (RECORDS_URL=none)."
            )
        return self.queue

    def close(self) -> None:
        self.rate_limits.close()
        if self.rooms is not None:
            self.rooms.close()
        if self.recorder is not None:
            self.recorder.close()


def services() -> Services:
    """The services of the current application."""
    return cast(Services, current_app.extensions[EXTENSION])
