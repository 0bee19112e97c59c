"""HAProxy with the configuration of deploy/, in front of servers on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from backend.settings import TOP
from tools.failure.checker import TOKEN
from tools.server import Server, free_port

CONFIGURATION = TOP / "deploy/haproxy.cfg"


# Settings of a host behind the proxy. It is no longer local, so its operator needs the token.
BEHIND_PROXY = {"OPERATOR_TOKEN": TOKEN, "TRUSTED_PROXIES": "127.0.0.1"}


class NoHaproxy(Exception):
    """HAProxy can't be started; the message says why."""


def haproxy() -> str:
    """The path of the program. Raises NoHaproxy."""
    found = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")  # Debian's place, not in every PATH
    if found is None:
        raise NoHaproxy("HAProxy is missing (on Debian: apt install haproxy)")
    return found


def proxy(hosts: Sequence[int], folder: Path) -> Server:
    """HAProxy on a free port, in front of the hosts at these ports.

    Its configuration is written to `folder`; it differs from the one in deploy/ only in addresses, and has no TLS.
    Raises NoHaproxy.
    """
    path = folder / "haproxy.cfg"
    started = Server({}, command=[haproxy(), "-f", path], log=folder / "haproxy.log")
    path.write_text(with_addresses(CONFIGURATION.read_text(), started.port, hosts))
    return started


def with_addresses(configuration: str, port: int, hosts: Sequence[int]) -> str:
    """The configuration for a proxy without TLS and hosts at these ports of 127.0.0.1."""
    return with_hosts(re.sub(r"bind :443 .*", f"bind 127.0.0.1:{port}", configuration), free_port(), hosts)


def with_hosts(configuration: str, http_port: int, hosts: Sequence[int]) -> str:
    """The configuration for hosts at these ports of 127.0.0.1, and a redirection to HTTPS at `http_port`."""
    servers = "".join(f"    server app{number} 127.0.0.1:{host}\n" for number, host in enumerate(hosts, 1))
    configuration = re.sub(r"(?<=\n)(    server .+\n)+", servers, configuration)
    return configuration.replace("    bind :80\n", f"    bind 127.0.0.1:{http_port}\n")
