"""RECORDS_URL for Cassandra and its options."""

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


def test_options_are_read_from_the_query_string() -> None:
    url = CassandraUrl.parse(
        "cassandra://us%40er:pa%3Ass@one,two:9142/space?replication=3&datacenter=east&consistency=QUORUM&ttl_days=30"
    )
    assert (url.hosts, url.port) == (("one", "two"), 9142)
    assert (url.user, url.secret()) == ("us@er", "pa:ss")
    assert (url.replication, url.datacenter, url.consistency, url.ttl_days) == (3, "east", "QUORUM", 30)


def test_a_password_can_be_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    url = CassandraUrl.parse(f"cassandra://user@one/space?password_file={tmp_path}/password")
    assert url.secret() == "secret"


def test_tls_trusts_the_authorities_of_the_system_by_default() -> None:
    context = CassandraUrl.parse("cassandra://one/space?tls=true").tls_context()
    assert context is not None
    assert context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("cassandra://one", "has no Cassandra keyspace"),
        ("cassandra:///space", "has no Cassandra keyspace"),
        ("cassandra://one/drop;table", "has no Cassandra keyspace"),
        ("cassandra://one:port/space", "has no Cassandra keyspace"),
        ("cassandra://one/space?replicas=3", "has no option replicas"),
        ("cassandra://one/space?replication=many", "is invalid"),
        ("cassandra://one/space?consistency=MOST", "is invalid"),
        ("cassandra://one/space?replication=0", "is invalid"),
        ("cassandra://one/space?compaction=x'}", "is invalid"),
        ("cassandra://one/space?tls=true&tls_ca=/nowhere.pem", "tls_ca, /nowhere.pem, does not exist"),
        ("cassandra://user@one/space?password_file=/nowhere", "password_file, /nowhere, does not exist"),
    ],
)
def test_an_invalid_url_is_rejected_with_a_reason(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CassandraUrl.parse(url)


def test_an_error_message_does_not_contain_the_password() -> None:
    with pytest.raises(ValueError, match="has no Cassandra keyspace") as error:
        CassandraUrl.parse("cassandra://user:secret@one")
    assert "secret" not in str(error.value)
