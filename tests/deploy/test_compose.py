"""The compose file for several hosts keeps what docs/hosts.md says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from backend.records.cassandra.url import CassandraUrl
from backend.settings import TOP
from tools.haproxy import CONFIGURATION

COMPOSE = TOP / "deploy/docker-compose.hosts.yml"
DATA = {"app": "/data", "cassandra": "/var/lib/cassandra"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def named(services: dict[str, Any], start: str) -> dict[str, Any]:
    return {name: each for name, each in services.items() if name.startswith(start)}


def test_only_the_proxy_is_published_and_only_to_this_machine(services: dict[str, Any]) -> None:
    assert {name: each["ports"] for name, each in services.items() if "ports" in each} == {
        "proxy": ["127.0.0.1:5000:5000"]
    }
    assert all(each.get("network_mode") is None for each in services.values())


def test_every_host_and_node_has_its_own_volume(services: dict[str, Any]) -> None:
    volumes = []
    for kind, place in DATA.items():
        for each in named(services, kind).values():
            [mounted] = each["volumes"]
            name, _, path = mounted.partition(":")
            assert path == place
            volumes.append(name)
    assert len(volumes) == len(set(volumes)) == 5
    assert set(volumes) == set(yaml.safe_load(COMPOSE.read_text())["volumes"])


def test_every_host_records_in_all_nodes_with_three_copies(services: dict[str, Any]) -> None:
    hosts, nodes = named(services, "app"), named(services, "cassandra")
    assert len(hosts) >= 2
    for host in hosts.values():
        url = CassandraUrl.parse(host["environment"]["RECORDS_URL"])
        assert (sorted(url.hosts), url.replication) == (sorted(nodes), 3)


def test_all_hosts_have_the_same_operator_token_as_a_secret(services: dict[str, Any]) -> None:
    [secret] = yaml.safe_load(COMPOSE.read_text())["secrets"]
    for host in named(services, "app").values():
        assert host["secrets"] == [secret]
        assert host["environment"]["OPERATOR_TOKEN_FILE"] == f"/run/secrets/{secret}"


def test_the_proxy_has_the_configuration_of_this_folder_with_all_hosts(services: dict[str, Any]) -> None:
    source, target, mode = services["proxy"]["volumes"][0].split(":")
    assert (COMPOSE.parent / source).resolve() == CONFIGURATION
    assert (target, mode) == ("/usr/local/etc/haproxy/haproxy.cfg", "ro")
    servers = [line.split()[2] for line in CONFIGURATION.read_text().splitlines() if line.startswith("    server ")]
    assert servers == [f"{name}:5000" for name in named(services, "app")]


def test_nodes_flush_before_they_acknowledge_and_join_one_after_the_other(services: dict[str, Any]) -> None:
    nodes = list(named(services, "cassandra").items())
    single = yaml.safe_load((TOP / "docker-compose.yml").read_text())["services"]["cassandra"]
    for number, (_, node) in enumerate(nodes):
        assert node["entrypoint"] == single["entrypoint"]
        assert node["healthcheck"] == single["healthcheck"]
        assert node["environment"]["CASSANDRA_SEEDS"] == nodes[0][0]
        earlier = {nodes[number - 1][0]: {"condition": "service_healthy"}} if number else None
        assert node.get("depends_on") == earlier
    assert "commitlog_sync: batch" in single["entrypoint"][2]
