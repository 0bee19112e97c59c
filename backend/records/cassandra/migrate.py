"""Migrating a keyspace: the files schema/NNN_name.cql are applied in order, and recorded when all nodes know them. A
process may stop in between, so each statement may be applied twice."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from string import Template

from cassandra import ConsistencyLevel, DriverException
from cassandra.cluster import Session
from cassandra.pool import Host
from cassandra.query import SimpleStatement

from backend.records.cassandra.url import CassandraUrl

SCHEMA = sorted((Path(__file__).parent / "schema").glob("*.cql"))
VERSION = len(SCHEMA)
LOCK_SECONDS = 120  # after which the lock of a process that died expires
AGREEMENT_SECONDS = 30


class NewerSchema(Exception):
    """The keyspace was made by a newer program."""


def migrate(session: Session, url: CassandraUrl, datacenter: str) -> None:
    """Create the keyspace and its tables or migrate them, and select the keyspace in `session`.

    Any number of processes may call it at the same time; one migrates, the others wait. Raises NewerSchema, and
    TimeoutError if the nodes don't agree on the schema in time.
    """
    node = next(iter(session.get_pool_state()))
    if url.keyspace not in session.cluster.metadata.keyspaces:
        session.execute(
            f"CREATE KEYSPACE IF NOT EXISTS {url.keyspace} WITH replication = "
            f"{{'class': 'NetworkTopologyStrategy', '{datacenter}': {url.replication}}}",
            host=node,
        )
        _wait_for_agreement(session, url)
    session.set_keyspace(url.keyspace)
    _apply(session, url, SCHEMA[0], node)  # creates the table of the lock
    _wait_for_agreement(session, url)
    owner = str(uuid.uuid4())
    while (version := _version(session)) < VERSION:
        if _lock(session, owner):
            try:
                for path in SCHEMA[version:]:
                    _apply(session, url, path, node)
                _wait_for_agreement(session, url)
                for number, path in enumerate(SCHEMA[version:], version + 1):
                    session.execute(
                        "INSERT INTO migrations (version, name, at) VALUES (%s, %s, toTimestamp(now()))",
                        (number, path.stem),
                    )
            finally:
                session.execute("DELETE FROM migrations WHERE version = 0 IF name = %s", (owner,))
        else:
            time.sleep(0.5)
    if version > VERSION:
        raise NewerSchema(
            f"Keyspace {url.keyspace} has schema {version}, made by a newer Digitpad; this one supports versions up to "
            f"{VERSION}. Use the newer program."
        )


def _version(session: Session) -> int:
    versions = session.execute(
        SimpleStatement("SELECT version FROM migrations", consistency_level=ConsistencyLevel.QUORUM)
    )
    return max((row.version for row in versions), default=0)


def _lock(session: Session, owner: str) -> bool:
    return session.execute(
        f"INSERT INTO migrations (version, name) VALUES (0, %s) IF NOT EXISTS USING TTL {LOCK_SECONDS}", (owner,)
    ).was_applied


def _apply(session: Session, url: CassandraUrl, path: Path, node: Host) -> None:
    """Apply a file. One node gets all its statements, because it knows the changes before; the others learn them by
    gossip, which takes about a second for each."""
    text = Template(path.read_text()).substitute(
        compaction=url.compaction,
        ttl=url.ttl_days * 86400,
        migrations_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{url.keyspace}.migrations"),
    )
    for statement in text.split(";\n"):
        if statement.strip():
            session.execute(statement, timeout=60, host=node)


def _wait_for_agreement(session: Session, url: CassandraUrl) -> None:
    try:
        session.cluster.refresh_keyspace_metadata(url.keyspace, max_schema_agreement_wait=AGREEMENT_SECONDS)
    except DriverException as error:
        raise TimeoutError(
            f"Cassandra's nodes did not agree on the schema within {AGREEMENT_SECONDS} s; nodetool describecluster "
            "shows which of them differ."
        ) from error
