"""The options of a RECORDS_URL for Cassandra."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec


class CassandraUrl(msgspec.Struct, frozen=True, kw_only=True):
    """`cassandra://[USER:PASSWORD@]HOST[,HOST...][:PORT]/KEYSPACE[?OPTION=VALUE&...]`.

    The options are the fields after `password`.
    """

    hosts: tuple[str, ...]
    port: int
    keyspace: str
    user: str | None
    password: str | None
    password_file: Path | None = None  # read instead of the URL's password
    replication: Annotated[int, msgspec.Meta(ge=1)] = (
        1  # copies of each record in the datacenter; applied when the keyspace is created
    )
    datacenter: Annotated[str, msgspec.Meta(pattern=r"^[\w-]+$")] | None = (
        None  # whose nodes to use; None: that of the first host that responds
    )
    consistency: Literal["LOCAL_QUORUM", "QUORUM", "EACH_QUORUM", "ALL"] = (
        "LOCAL_QUORUM"  # a lower level would lose records
    )
    speculative_ms: Annotated[int, msgspec.Meta(ge=1)] = 20  # after this time the same request goes to the next node
    ttl_days: Annotated[int, msgspec.Meta(ge=0)] = (
        0  # after which records expire; 0: never. Applied when the tables are created
    )
    compaction: Annotated[str, msgspec.Meta(pattern=r"^\w+$")] = (
        "UnifiedCompactionStrategy"  # applied when the tables are created
    )
    tls: bool = False
    tls_ca: Path | None = None  # trusted authorities; None: those of the system
    tls_cert: Path | None = None  # our certificate, if the nodes require one, and its key
    tls_key: Path | None = None

    @classmethod
    def parse(cls, url: str) -> CassandraUrl:
        """Raises ValueError with a message for people."""
        parts = urlsplit(url)
        login, _, places = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        hosts, _, port = places.partition(":")
        keyspace = parts.path.strip("/")
        if not hosts or not keyspace.isidentifier() or not (port or "9042").isdecimal():
            raise ValueError(
                f"RECORDS_URL has no Cassandra keyspace: {_without_password(url)!r}; it must be "
                "cassandra://HOST,HOST:9042/KEYSPACE?replication=3."
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        known = {field.name for field in msgspec.structs.fields(cls) if not field.required}
        if unknown := set(options) - known:
            raise ValueError(
                f"RECORDS_URL has no option {', '.join(sorted(unknown))}; the options are {', '.join(sorted(known))}."
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
            parsed = msgspec.convert(values, cls, strict=False, dec_hook=lambda kind, text: kind(text))
        except msgspec.ValidationError as error:
            raise ValueError(f"RECORDS_URL is invalid: {error}.") from None
        for name in ("password_file", "tls_ca", "tls_cert", "tls_key"):
            path = getattr(parsed, name)
            if path is not None and not os.access(path, os.R_OK):
                raise ValueError(f"RECORDS_URL's {name}, {path}, does not exist or can't be read.")
        return parsed

    @property
    def place(self) -> str:
        return f"{', '.join(self.hosts)} (port {self.port})"

    def secret(self) -> str | None:
        return self.password_file.read_text().strip() if self.password_file else self.password

    def tls_context(self) -> ssl.SSLContext | None:
        """Accepts any node whose certificate is signed by a trusted authority, whatever its host name."""
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
