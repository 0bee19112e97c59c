"""Cassandra with a password and TLS: a real node that wants both, and what is said where one of them is wrong."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster

from backend.records import open_recorder
from backend.records.cassandra.url import CassandraUrl
from backend.records.record import Filter
from backend.records.recorder import Recorder
from backend.settings import TOP, Settings
from tests.records.cassandra.certificates import cassandra_yaml, make_authority
from tools.sample_records import Era, drawing

ADDRESS = "127.0.7.1"  # beside the other tests' nodes
PLACE = f"Waits for Cassandra at {ADDRESS} (port 9042): "
NEEDED = ("java", "mvn", "keytool", "openssl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of the certificates, while the node runs; its user is digitpad, with the password pass word."""
    if missing := [tool for tool in NEEDED if not shutil.which(tool)]:
        pytest.skip(f"{', '.join(missing)} is missing")
    folder = tmp_path_factory.mktemp("certificates")
    make_authority(folder, "stranger")
    environment = {
        **os.environ,
        "CASSANDRA_HOME": str(folder / "ring"),
        "EXTRA": str(cassandra_yaml(folder)),
        "NET": "7",
        "HEAP": "384m",
        "JAVA_TOOL_OPTIONS": "-Dcassandra.superuser_setup_delay_ms=0",
    }
    subprocess.run([TOP / "script/cassandra", "start"], check=True, env=environment)
    try:
        make_user(folder)
        yield folder
    finally:
        subprocess.run([TOP / "script/cassandra", "erase"], check=True, env=environment)


def make_user(folder: Path) -> None:
    """As an operator does it, with Cassandra's first user."""
    context = CassandraUrl.parse(url(folder)).tls_context()
    login = PlainTextAuthProvider("cassandra", "cassandra")
    end = time.monotonic() + 60
    while True:  # that first user is made a little after the start
        cluster = Cluster([ADDRESS], ssl_context=context, auth_provider=login, protocol_version=5)
        try:
            cluster.connect().execute("CREATE ROLE digitpad WITH PASSWORD = 'pass word' AND LOGIN = true")
            return
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        finally:
            cluster.shutdown()


def url(folder: Path, password: str = "pass%20word", authority: str = "authority", certificate: str = "app") -> str:
    ours = f"&tls_cert={folder}/{certificate}.pem&tls_key={folder}/{certificate}.key" if certificate else ""
    return f"cassandra://digitpad:{password}@{ADDRESS}/space?tls=true&tls_ca={folder}/{authority}.pem{ours}"


def started(tmp_path: Path, records_url: str) -> Recorder:
    recorder = open_recorder(Settings(instance=tmp_path, records_url=records_url, record_budget_ms=100))
    recorder.start()
    return recorder


def wait_until_detail_is(recorder: Recorder, detail: str | None) -> None:
    end = time.monotonic() + 30
    while recorder.state()["detail"] != detail:
        assert time.monotonic() < end, recorder.state()
        time.sleep(0.05)


def test_with_the_password_and_the_certificates_records_are_kept(folder: Path, tmp_path: Path, era: Era) -> None:
    recorder = started(tmp_path, url(folder))
    wait_until_detail_is(recorder, None)
    made = era.record()
    end = time.monotonic() + 30
    while recorder.add(made, drawing()).state != "stored":  # the first ones find everything cold
        assert time.monotonic() < end
        made = era.record()
    assert recorder.get(made.id) == made
    recorder.close()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "other"}, "the user or the password is refused"),
        ({"authority": "stranger"}, "its certificate is not signed by one that is trusted (tls_ca)"),
    ],
)
def test_what_is_wrong_is_said_once_and_predictions_are_queued_until_it_is_right(
    folder: Path,
    tmp_path: Path,
    era: Era,
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
    says: str,
) -> None:
    with caplog.at_level(logging.WARNING, "backend"):
        recorder = started(tmp_path, url(folder, **wrong))
        wait_until_detail_is(recorder, f"{PLACE}{says}.")
        made = era.record()
        assert recorder.add(made, drawing(), str(made.id)).state == "queued"
        assert recorder.get(made.id) == made
        time.sleep(2)  # it has tried again
        recorder.close()
    assert [each.message for each in caplog.records if each.name.startswith("backend")] == [f"{PLACE}{says}."]

    recorder = started(tmp_path, url(folder))
    end = time.monotonic() + 30
    while recorder.state()["queued"]:
        assert time.monotonic() < end, recorder.state()
        time.sleep(0.05)
    assert [each.id for each in recorder.export(Filter(day=era.start.date()))] == [made.id]
    recorder.close()


# Whether the node's reason arrives before the connection is closed is a race, which later tries win.
def test_without_our_certificate_what_is_wrong_is_said(folder: Path, tmp_path: Path) -> None:
    recorder = started(tmp_path, url(folder, certificate=""))
    wait_until_detail_is(recorder, f"{PLACE}our certificate, or that there is none, is refused (tls_cert and tls_key).")
    recorder.close()


def test_a_node_that_wants_tls_hangs_up_on_who_speaks_none(folder: Path, tmp_path: Path) -> None:
    recorder = started(tmp_path, f"cassandra://digitpad:pass%20word@{ADDRESS}/space")
    wait_until_detail_is(recorder, f"{PLACE}it hangs up; it may want TLS (tls=true).")
    recorder.close()
