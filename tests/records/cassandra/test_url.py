"""RECORDS_URL says where Cassandra is and how it is to be used."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from backend.records.cassandra.url import CassandraUrl


def test_the_shortest_url_has_defaults() -> None:
    url = CassandraUrl.parse("cassandra://one/mnist_space")
    assert (url.hosts, url.port, url.keyspace) == (("one",), 9042, "mnist_space")
    assert (url.replication, url.consistency, url.ttl_days, url.tls) == (1, "LOCAL_QUORUM", 0, False)
    assert url.tls_context() is None


def test_options_are_of_the_url() -> None:
    url = CassandraUrl.parse(
        "cassandra://us%40er:pa%3Ass@one,two:9142/space?replication=3&datacenter=east&consistency=QUORUM&ttl_days=30"
    )
    assert (url.hosts, url.port) == (("one", "two"), 9142)
    assert (url.user, url.secret()) == ("us@er", "pa:ss")
    assert (url.replication, url.datacenter, url.consistency, url.ttl_days) == (3, "east", "QUORUM", 30)


def test_a_password_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    url = CassandraUrl.parse(f"cassandra://user@one/space?password_file={tmp_path}/password")
    assert url.secret() == "secret"


def test_tls_trusts_the_systems_certificates_unless_told_others() -> None:
    context = CassandraUrl.parse("cassandra://one/space?tls=true").tls_context()
    assert context is not None
    assert context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("cassandra://one", "names no keyspace"),
        ("cassandra:///space", "names no keyspace"),
        ("cassandra://one/drop;table", "names no keyspace"),
        ("cassandra://one:port/space", "names no keyspace"),
        ("cassandra://one/space?replicas=3", "has no option replicas"),
        ("cassandra://one/space?replication=many", "can't be read"),
        ("cassandra://one/space?consistency=MOST", "can't be read"),
        ("cassandra://one/space?replication=0", "can't be read"),
        ("cassandra://one/space?compaction=x'}", "can't be read"),
        ("cassandra://one/space?tls=true&tls_ca=/nowhere.pem", "tls_ca, /nowhere.pem, is not there"),
        ("cassandra://user@one/space?password_file=/nowhere", "password_file, /nowhere, is not there"),
    ],
)
def test_a_url_that_can_not_be_read_is_refused_in_words(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CassandraUrl.parse(url)


def test_a_refusal_does_not_show_the_password() -> None:
    with pytest.raises(ValueError, match="names no keyspace") as refusal:
        CassandraUrl.parse("cassandra://user:secret@one")
    assert "secret" not in str(refusal.value)
