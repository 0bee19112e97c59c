"""Cassandra with a password and TLS: a real node that requires both, and the messages if one of them is wrong."""

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

ADDRESS = "127.0.7.1"  # not used by the nodes of other tests
PLACE = f"Waiting for Cassandra at {ADDRESS} (port 9042): "
NEEDED = ("java", "mvn", "keytool", "openssl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the certificates, while the node runs. It has a user digitpad with the password "pass word"."""
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
    """Create a user as an operator does, with Cassandra's default user."""
    context = CassandraUrl.parse(url(folder)).tls_context()
    login = PlainTextAuthProvider("cassandra", "cassandra")
    end = time.monotonic() + 60
    while True:  # the default user is created a little after the start
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


def test_records_are_stored_with_the_password_and_the_certificates(folder: Path, tmp_path: Path, era: Era) -> None:
    recorder = started(tmp_path, url(folder))
    wait_until_detail_is(recorder, None)
    made = era.record()
    end = time.monotonic() + 30
    while recorder.record(made, drawing()) != "stored":  # the first ones may be slow
        assert time.monotonic() < end
        made = era.record()
    assert recorder.get(made.id) == made
    recorder.close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"password": "other"}, "the user or the password is wrong"),
        ({"authority": "stranger"}, "its certificate is not signed by a trusted authority (tls_ca)"),
    ],
)
def test_a_wrong_setting_is_reported_once_and_predictions_are_queued_until_it_is_corrected(
    folder: Path,
    tmp_path: Path,
    era: Era,
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
    message: str,
) -> None:
    with caplog.at_level(logging.WARNING, "backend"):
        recorder = started(tmp_path, url(folder, **wrong))
        wait_until_detail_is(recorder, f"{PLACE}{message}.")
        made = era.record()
        assert recorder.record(made, drawing()) == "queued"
        assert recorder.get(made.id) == made
        time.sleep(2)  # long enough for another attempt
        recorder.close()
    assert [each.message for each in caplog.records if each.name.startswith("backend")] == [f"{PLACE}{message}."]

    recorder = started(tmp_path, url(folder))
    end = time.monotonic() + 30
    while recorder.state()["queued"]:
        assert time.monotonic() < end, recorder.state()
        time.sleep(0.05)
    assert [each.id for each in recorder.export(Filter(day=era.start.date()))] == [made.id]
    recorder.close()


# Whether the reason arrives before the node closes the connection is a race, which a later attempt wins.
def test_a_missing_client_certificate_is_reported(folder: Path, tmp_path: Path) -> None:
    recorder = started(tmp_path, url(folder, certificate=""))
    wait_until_detail_is(recorder, f"{PLACE}it refuses our certificate, or requires one (tls_cert and tls_key).")
    recorder.close()


def test_a_connection_without_tls_to_a_node_that_requires_it_is_reported(folder: Path, tmp_path: Path) -> None:
    recorder = started(tmp_path, f"cassandra://digitpad:pass%20word@{ADDRESS}/space")
    wait_until_detail_is(recorder, f"{PLACE}it closed the connection; it may require TLS (tls=true).")
    recorder.close()
