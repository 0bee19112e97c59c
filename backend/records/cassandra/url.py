"""Where Cassandra is and how it is to be used, as RECORDS_URL says it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec


class CassandraUrl(msgspec.Struct, frozen=True, kw_only=True):
    """`cassandra://[USER:PASSWORD@]HOST[,HOST...][:PORT]/KEYSPACE[?OPTION=VALUE&...]`.

    The options are the fields after `password`, each with its default.
    """

    hosts: tuple[str, ...]
    port: int
    keyspace: str
    user: str | None
    password: str | None
    password_file: Path | None = None  # read instead of the URL's password
    replication: Annotated[int, msgspec.Meta(ge=1)] = (
        1  # copies of each record in the datacenter; set when the keyspace is created
    )
    datacenter: Annotated[str, msgspec.Meta(pattern=r"^[\w-]+$")] | None = (
        None  # the one to talk to; None: that of the first host that answers
    )
    consistency: Literal["LOCAL_QUORUM", "QUORUM", "EACH_QUORUM", "ALL"] = "LOCAL_QUORUM"  # less would lose records
    speculative_ms: Annotated[int, msgspec.Meta(ge=1)] = (
        20  # a node that is silent this long is asked together with the next
    )
    ttl_days: Annotated[int, msgspec.Meta(ge=0)] = (
        0  # records expire after so many days; 0: never. Set when the tables are created
    )
    compaction: Annotated[str, msgspec.Meta(pattern=r"^\w+$")] = (
        "UnifiedCompactionStrategy"  # set when the tables are created
    )
    tls: bool = False
    tls_ca: Path | None = None  # certificates to trust; None: the system's
    tls_cert: Path | None = None  # our own, where the nodes ask for one, with its key
    tls_key: Path | None = None

    @classmethod
    def parse(cls, url: str) -> CassandraUrl:
        """Raises ValueError, in words."""
        parts = urlsplit(url)
        login, _, places = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        hosts, _, port = places.partition(":")
        keyspace = parts.path.strip("/")
        if not hosts or not keyspace.isidentifier() or not (port or "9042").isdecimal():
            raise ValueError(
                f"RECORDS_URL names no keyspace of Cassandra: {_without_password(url)!r}; it must be "
                "cassandra://HOST,HOST:9042/KEYSPACE?replication=3."
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        known = {field.name for field in msgspec.structs.fields(cls) if not field.required}
        if unknown := set(options) - known:
            raise ValueError(
                f"RECORDS_URL has no option {', '.join(sorted(unknown))}; it knows {', '.join(sorted(known))}."
            )
        if "tls" in options:
            options["tls"] = options["tls"].lower()
        values = {
            **options,
            "hosts": hosts.split(","),
            "port": port or "9042",
            "keyspace": keyspace,
            "user": unquote(user) or None,
            "password": unquote(password) or None,
        }
        try:
            read = msgspec.convert(values, cls, strict=False, dec_hook=lambda kind, text: kind(text))
        except msgspec.ValidationError as error:
            raise ValueError(f"RECORDS_URL can't be read: {error}.") from None
        for name in ("password_file", "tls_ca", "tls_cert", "tls_key"):
            path = getattr(read, name)
            if path is not None and not os.access(path, os.R_OK):
                raise ValueError(f"RECORDS_URL's {name}, {path}, is not there or can't be read.")
        return read

    @property
    def place(self) -> str:
        return f"{', '.join(self.hosts)} (port {self.port})"

    def secret(self) -> str | None:
        return self.password_file.read_text().strip() if self.password_file else self.password

    def tls_context(self) -> ssl.SSLContext | None:
        """Nodes are told by a certificate that we trust, whatever their addresses' names."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.tls_ca)
        context.check_hostname = False
        if self.tls_cert:
            context.load_cert_chain(self.tls_cert, self.tls_key)
        return context


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
