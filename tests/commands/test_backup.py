"""A backup is made while the server writes, and restored: no record acknowledged before it is missing."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from backend.commands.backup import backup
from backend.commands.main import main
from backend.records import open_recorder
from backend.records.record import Filter
from backend.records.recorder import Recorder
from backend.settings import TOP, Settings
from tests.conftest import running_server
from tools.drawings import SEVEN, SEVEN_URL
from tools.sample_records import Era, drawing


def restored(copy: Path, instance: Path) -> Recorder:
    """Restore a backup as described in docs/backup.md."""
    shutil.copytree(copy, instance)
    recorder = open_recorder(Settings(instance=instance, record_budget_ms=10_000))
    recorder.deliver()
    return recorder


class Client(threading.Thread):
    """Predicts until it is stopped."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self.acknowledged: list[uuid.UUID] = []
        self._port = port

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status in (200, 204), text
        return text

    def draw(self) -> uuid.UUID:
        record_id = uuid.UUID(json.loads(self.ask("POST", "/predict", {"image": SEVEN_URL}))["id"])
        self.acknowledged.append(record_id)
        return record_id

    def run(self) -> None:
        while not self.stopping.is_set():
            self.draw()


def test_a_backup_has_every_record_acknowledged_before_it(tmp_path: Path) -> None:
    instance, copy = tmp_path / "instance", tmp_path / "backup"
    with running_server(instance, ACCESS_LOG="false") as server:
        port = int(server.url.rpartition(":")[2])
        first = Client(port)
        labeled, deleted = first.draw(), first.draw()
        first.ask("PATCH", f"/records/{labeled}", {"label": "4"})
        first.ask("DELETE", f"/records/{deleted}")
        clients = [Client(port) for _ in range(3)]
        for each in clients:
            each.start()
        while sum(len(each.acknowledged) for each in clients) < 60:
            clients[0].join(0.01)
        before = [record_id for each in clients for record_id in list(each.acknowledged)]
        subprocess.run(
            [sys.executable, "-m", "backend", "records", "backup", copy],
            cwd=TOP,
            env={**os.environ, "INSTANCE": str(instance)},
            check=True,
        )
        for each in clients:
            each.stopping.set()
            each.join()
    recorder = restored(copy, tmp_path / "restored")
    found = [each.id for each in recorder.export(Filter())]
    assert len(found) == len(set(found))
    assert {labeled, *before} <= set(found)
    assert deleted not in found
    for record_id in (labeled, *before):
        sent = recorder.drawing(record_id)
        assert sent is not None
        assert sent.image == SEVEN
    corrected = recorder.get(labeled)
    assert corrected is not None
    assert corrected.label == "4"
    assert sum(each.count for each in recorder.counts().days) == len(found)
    recorder.close()


def test_a_backup_has_queued_records(tmp_path: Path, era: Era) -> None:
    settings = Settings(instance=tmp_path / "instance", record_budget_ms=10)
    settings.instance.mkdir()
    recorder = open_recorder(settings)
    stored, queued, deleted = (era.record(seconds=n) for n in range(3))
    while recorder.record(stored, drawing()) != "stored":
        stored = era.record()
        recorder.deliver()
    with open(settings.instance / "records.sqlite.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # makes the store unavailable
        for each in (queued, deleted):
            assert recorder.record(each, drawing()) == "queued"
        recorder.correct(queued.id, "3")
        recorder.delete(deleted.id)
        backup(settings, tmp_path / "backup", print)
    recorder.close()
    again = restored(tmp_path / "backup", tmp_path / "restored")
    assert again.state()["queued"] == 0
    found = {each.id: each.label for each in again.export(Filter())}
    assert found[stored.id] is None
    assert found[queued.id] == "3"
    assert deleted.id not in found
    again.close()


def test_a_backup_has_the_key_of_hashed_addresses(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    (tmp_path / "client-address.key").write_bytes(b"secret")
    backup(settings, tmp_path / "backup", print)
    assert (tmp_path / "backup/client-address.key").read_bytes() == b"secret"


def test_a_backup_does_not_overwrite_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSTANCE", str(tmp_path))
    open_recorder(Settings(instance=tmp_path)).state()
    assert main(["records", "backup", str(tmp_path / "backup")]) == 0
    assert "outbox.sqlite: " in capsys.readouterr().out
    assert main(["records", "backup", str(tmp_path / "backup")]) == 1
    assert "is not empty" in capsys.readouterr().err
