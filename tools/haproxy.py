"""HAProxy with the configuration of deploy/, in front of servers on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from backend.settings import TOP
from tools.server import Server

CONFIGURATION = TOP / "deploy/haproxy.cfg"


class NoHaproxy(Exception):
    """HAProxy can't be started; the message says why."""


def haproxy() -> str:
    """The path of the program. Raises NoHaproxy."""
    found = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")  # Debian's place, not in every PATH
    if found is None:
        raise NoHaproxy("HAProxy is missing (on Debian: apt install haproxy)")
    return found


def proxy(hosts: Sequence[int], folder: Path) -> Server:
    """HAProxy on a free port, in front of the hosts at these ports. Its configuration is written to `folder`; only the
    addresses differ from the one in deploy/. Raises NoHaproxy."""
    path = folder / "haproxy.cfg"
    started = Server({}, command=[haproxy(), "-f", path], log=folder / "haproxy.log")
    path.write_text(with_addresses(CONFIGURATION.read_text(), started.port, hosts))
    return started


def with_addresses(configuration: str, port: int, hosts: Sequence[int]) -> str:
    """The configuration for a proxy and hosts at these ports of 127.0.0.1."""
    servers = "".join(f"    server app{number} 127.0.0.1:{host}\n" for number, host in enumerate(hosts, 1))
    configuration = re.sub(r"(?<=\n)(    server .+\n)+", servers, configuration)
    return configuration.replace("    bind :5000\n", f"    bind 127.0.0.1:{port}\n")
