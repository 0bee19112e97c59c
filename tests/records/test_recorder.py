"""No acknowledged record is lost while the store is unavailable."""

from __future__ import annotations

import dataclasses
import fcntl
import multiprocessing
import os
import secrets
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.records import open_recorder
from backend.records.record import Filter, Record, RecorderUnavailable
from backend.records.recorder import Recorder
from backend.settings import KeepDrawings, Settings
from tests.conftest import PATIENT
from tests.waiting import wait_for
from tools.sample_records import Era, drawing, record


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path, record_budget_ms=100)


@pytest.fixture
def recorder(configured: Settings) -> Iterator[Recorder]:
    recorder = open_recorder(configured)
    recorder.start()
    yield recorder
    recorder.close()


@contextmanager
def store_unavailable(configured: Settings) -> Iterator[None]:
    """Holds the lock of the store, like another process that hangs while it writes."""
    with open(configured.instance / "records.sqlite.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def queued(recorder: Recorder) -> int:
    count = recorder.state()["queued"]
    assert isinstance(count, int)
    return count


def all_ids(recorder: Recorder) -> list[uuid.UUID]:
    return [each.id for each in recorder.export(Filter())]


def test_a_record_is_stored_while_the_store_is_available(configured: Settings, era: Era) -> None:
    made = era.record()
    recorder = open_recorder(dataclasses.replace(configured, record_budget_ms=PATIENT))
    assert recorder.record(made, drawing()) == "stored"
    assert all_ids(recorder) == [made.id]
    assert queued(recorder) == 0
    recorder.close()


def test_a_record_is_queued_while_the_store_is_unavailable_and_delivered_later(
    recorder: Recorder, configured: Settings, era: Era
) -> None:
    made = [era.record(seconds=n) for n in range(40)]
    sent = [drawing() for _ in made]
    with store_unavailable(configured):
        for each, its_drawing in zip(made[:3], sent, strict=False):
            assert recorder.record(each, its_drawing) == "queued"
        assert all_ids(recorder) == []
        state = recorder.state()
        assert state["queued"] == 3
        assert float(str(state["oldest_s"])) > 0
    for each, its_drawing in zip(made[3:], sent[3:], strict=True):
        recorder.record(each, its_drawing)
    wait_for(lambda: queued(recorder) == 0)
    assert all_ids(recorder) == [each.id for each in reversed(made)]
    assert [recorder.drawing(each.id) for each in made] == sent


def test_a_record_that_the_store_refuses_does_not_block_the_others(
    recorder: Recorder, configured: Settings, era: Era
) -> None:
    first, *made = [era.record(seconds=n) for n in range(6)]
    sent = drawing()
    wait_for(lambda: recorder.record(first, sent) == "stored")
    with store_unavailable(configured):
        for each in made:
            assert recorder.record(each, drawing()) == "queued"
        with sqlite3.connect(configured.instance / "records.sqlite") as store:
            store.execute(
                f"CREATE TRIGGER refuses BEFORE INSERT ON records WHEN new.id = x'{made[1].id.hex}' "
                "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
            )
    wait_for(lambda: queued(recorder) == 1)
    assert recorder.get(made[1].id) == made[1]
    assert all_ids(recorder) == [each.id for each in (*reversed(made), first) if each != made[1]]
    with sqlite3.connect(configured.instance / "records.sqlite") as store:
        store.execute("DROP TRIGGER refuses")
    wait_for(lambda: queued(recorder) == 0)
    assert all_ids(recorder) == [each.id for each in (*reversed(made), first)]


def test_a_queued_record_can_be_read_corrected_and_deleted(recorder: Recorder, configured: Settings, era: Era) -> None:
    kept, gone, sent = era.record(), era.record(seconds=1), drawing()
    with store_unavailable(configured):
        recorder.record(kept, sent)
        recorder.record(gone, drawing())
        assert recorder.get(kept.id) == kept
        assert recorder.drawing(kept.id) == sent
        assert recorder.correct(kept.id, "3") == msgspec.structs.replace(kept, label="3")
        assert recorder.get(kept.id) == msgspec.structs.replace(kept, label="3")
        assert recorder.delete(gone.id)
        assert recorder.get(gone.id) is None
        assert recorder.drawing(gone.id) is None
    wait_for(lambda: queued(recorder) == 0)
    assert recorder.get(kept.id) == msgspec.structs.replace(kept, label="3")
    assert all_ids(recorder) == [kept.id]
    assert recorder.drawing(gone.id) is None
    assert not recorder.delete(gone.id)


def test_a_retry_creates_no_second_record(recorder: Recorder, configured: Settings, era: Era) -> None:
    made, sent = era.record(), drawing()
    with store_unavailable(configured):
        assert recorder.record(made, sent) == "queued"
        recorder.correct(made.id, "3")
        assert recorder.record(made, sent) == "queued"
        assert queued(recorder) == 2  # the record and its correction
    wait_for(lambda: queued(recorder) == 0)
    wait_for(lambda: recorder.record(made, sent) == "stored")
    with store_unavailable(configured):
        assert recorder.record(made, sent) == "queued"
    wait_for(lambda: queued(recorder) == 0)
    assert list(recorder.export(Filter())) == [msgspec.structs.replace(made, label="3")]


def test_a_retry_does_not_restore_what_was_deleted(recorder: Recorder, configured: Settings, era: Era) -> None:
    made, sent = era.record(), drawing()
    with store_unavailable(configured):
        recorder.record(made, sent)
        recorder.delete(made.id)
        recorder.record(made, sent)
    wait_for(lambda: queued(recorder) == 0)
    recorder.record(made, sent)
    assert all_ids(recorder) == []
    assert recorder.drawing(made.id) is None


def test_a_full_outbox_refuses_more_and_keeps_what_it_has(configured: Settings, era: Era) -> None:
    recorder = open_recorder(dataclasses.replace(configured, outbox_bytes=200_000))
    recorder.start()
    queued_records: list[Record] = []
    with store_unavailable(configured):
        while len(queued_records) < 1000:
            made = era.record(seconds=len(queued_records))
            try:
                recorder.record(made, drawing(image=secrets.token_bytes(10_000)))
            except RecorderUnavailable as error:
                assert "outbox is full" in str(error)
                break
            queued_records.append(made)
        assert 5 < len(queued_records) < 30
        assert (configured.instance / "outbox.sqlite").stat().st_size <= 200_000
    wait_for(lambda: queued(recorder) == 0)
    assert all_ids(recorder) == [each.id for each in reversed(queued_records)]
    with store_unavailable(configured):
        assert recorder.record(era.record(seconds=1001), drawing()) == "queued"  # there is space again
    recorder.close()


def test_the_outbox_survives_a_restart(configured: Settings, era: Era) -> None:
    made = era.record()
    with store_unavailable(configured):
        recorder = open_recorder(configured)
        assert recorder.record(made, drawing()) == "queued"  # never started, so it does not deliver
    again = open_recorder(configured)
    assert queued(again) == 1
    again.start()
    wait_for(lambda: queued(again) == 0)
    assert all_ids(again) == [made.id]
    again.close()
    recorder.close()


def _queue_and_die(configured: Settings, made: list[Record]) -> None:
    recorder = open_recorder(configured)
    for each in made:
        recorder.record(each, drawing())
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_delivers_what_a_killed_worker_queued(recorder: Recorder, configured: Settings, era: Era) -> None:
    made = [era.record(seconds=n) for n in range(5)]
    with store_unavailable(configured):
        worker = multiprocessing.get_context("spawn").Process(target=_queue_and_die, args=(configured, made))
        worker.start()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
    wait_for(lambda: queued(recorder) == 0 and len(all_ids(recorder)) == 5)
    assert all_ids(recorder) == [each.id for each in reversed(made)]


def _record_many(configured: Settings, made: list[Record]) -> None:
    recorder = open_recorder(configured)
    recorder.start()
    for each in made:
        recorder.record(each, drawing())
    recorder.close()


def test_several_workers_share_one_outbox(recorder: Recorder, configured: Settings, era: Era) -> None:
    groups = [[era.record(seconds=n + 1000 * group) for n in range(60)] for group in range(3)]
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_record_many, args=(configured, group)) for group in groups]
    for worker in workers:
        worker.start()
    for _ in range(5):
        with store_unavailable(configured):
            time.sleep(0.3)
        time.sleep(0.1)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    wait_for(lambda: queued(recorder) == 0)
    assert all_ids(recorder) == [each.id for group in reversed(groups) for each in reversed(group)]


def test_a_crash_before_a_delivered_operation_is_removed_duplicates_nothing(configured: Settings, era: Era) -> None:
    made, sent = era.record(), drawing()
    recorder = open_recorder(configured)
    with store_unavailable(configured):
        recorder.record(made, sent)
    with sqlite3.connect(configured.instance / "outbox.sqlite") as file:
        rows = file.execute("SELECT * FROM operations").fetchall()
    recorder.start()
    wait_for(lambda: queued(recorder) == 0)
    recorder.close()
    with sqlite3.connect(configured.instance / "outbox.sqlite") as file:  # as if they had not been removed
        file.executemany("INSERT INTO operations VALUES (?, ?, ?, ?)", rows)
    again = open_recorder(configured)
    again.start()
    wait_for(lambda: queued(again) == 0)
    assert all_ids(again) == [made.id]
    assert sum(each.count for each in again.counts().days) == 1
    again.close()


def test_a_deleted_drawing_is_in_no_file(configured: Settings, era: Era) -> None:
    secret = secrets.token_bytes(64)
    recorder = open_recorder(configured)
    recorder.start()
    stored, waiting = era.record(), era.record(seconds=1)
    recorder.record(stored, drawing(image=secret * 100, strokes=secret))
    with store_unavailable(configured):
        recorder.record(waiting, drawing(image=secret * 100, strokes=secret))
    wait_for(lambda: queued(recorder) == 0)
    assert any(secret in path.read_bytes() for path in configured.instance.iterdir())
    assert recorder.delete(stored.id)
    assert recorder.delete(waiting.id)
    assert not [path for path in configured.instance.iterdir() if secret in path.read_bytes()]
    recorder.close()


def test_a_file_of_a_newer_version_is_rejected_with_a_reason(configured: Settings, era: Era) -> None:
    with sqlite3.connect(configured.instance / "records.sqlite") as file:
        file.execute("PRAGMA user_version = 99")
    recorder = open_recorder(configured)
    state = recorder.state()
    assert not state["ok"]
    assert "made by a newer Digitpad" in str(state["detail"])
    assert recorder.record(record(id=era.record().id), drawing()) == "queued"
    recorder.close()


def test_an_unusable_folder_is_reported(tmp_path: Path, era: Era) -> None:
    (tmp_path / "instance").write_text("a file where a folder should be")
    recorder = open_recorder(Settings(instance=tmp_path / "instance"))
    with pytest.raises(RecorderUnavailable, match="can't be used"):
        recorder.record(era.record(), drawing())
    assert not recorder.state()["ok"]
    recorder.close()


READINGS: dict[str, tuple[dict[str, Any], bool]] = {
    "a sure digit": ({}, False),
    "the expected digit": ({"expected": "7"}, False),
    "another than the expected digit": ({"expected": "1"}, True),
    "an unsure digit": ({"verdict": "unsure"}, True),
    "not a digit": ({"verdict": "not_a_digit", "result": "not a digit"}, True),
}


@pytest.mark.parametrize("keep", ["all", "doubtful", "none"])
@pytest.mark.parametrize("reading", READINGS)
def test_drawings_are_kept_as_configured(configured: Settings, era: Era, keep: KeepDrawings, reading: str) -> None:
    fields, doubtful = READINGS[reading]
    recorder = open_recorder(dataclasses.replace(configured, keep_drawings=keep))
    recorder.start()
    sent, stored, waiting = drawing(), *(era.record(seconds=n, pen_widths=(18.0,), **fields) for n in range(2))
    recorder.record(stored, sent)
    with store_unavailable(configured):
        recorder.record(waiting, sent)
        kept = [sent, (18.0,)] if keep == "all" or (keep == "doubtful" and doubtful) else [None, None]
        for each in (stored, waiting):
            found = recorder.get(each.id)
            assert [recorder.drawing(each.id), found and found.pen_widths] == kept
    wait_for(lambda: queued(recorder) == 0)
    assert [recorder.drawing(waiting.id), len(list(recorder.export_seen(Filter())))] == [kept[0], 2 * bool(kept[0])]
    recorder.close()
