"""The compose files in deploy/ keep what docs/hosts.md and docs/docker.md say."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.records.cassandra.url import CassandraUrl
from backend.settings import TOP
from tools.haproxy import CONFIGURATION

COMPOSE = TOP / "deploy/docker-compose.hosts.yml"
ONE_HOST = TOP / "deploy/docker-compose.host.yml"
DATA = {"app": "/data", "cassandra": "/var/lib/cassandra"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def named(services: dict[str, Any], start: str) -> dict[str, Any]:
    return {name: each for name, each in services.items() if name.startswith(start)}


@pytest.mark.parametrize("path", [COMPOSE, ONE_HOST], ids=["hosts", "host"])
def test_only_the_proxy_is_published(path: Path) -> None:
    services = yaml.safe_load(path.read_text())["services"]
    published = {name: each["ports"] for name, each in services.items() if "ports" in each}
    assert published == {"proxy": ["80:80", "443:443"]}
    assert all(each.get("network_mode") is None for each in services.values())


@pytest.mark.parametrize(("path", "network"), [(COMPOSE, "proxy"), (ONE_HOST, "default")], ids=["hosts", "host"])
def test_the_hosts_trust_only_the_proxy_whose_address_no_other_container_gets(path: Path, network: str) -> None:
    compose = yaml.safe_load(path.read_text())
    address = compose["services"]["proxy"]["networks"][network]["ipv4_address"]
    for host in named(compose["services"], "app").values():
        assert host["environment"]["TRUSTED_PROXIES"] == address
        assert network in host.get("networks", ["default"])
    [addresses] = compose["networks"][network]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(addresses["subnet"])
    assert ipaddress.ip_address(address) not in ipaddress.ip_network(addresses["ip_range"])
    assert address != addresses["gateway"]


@pytest.mark.parametrize("path", [COMPOSE, ONE_HOST], ids=["hosts", "host"])
def test_the_operator_token_is_a_secret(path: Path) -> None:
    compose = yaml.safe_load(path.read_text())
    assert compose["secrets"]["operator_token"] == {"file": "secrets/operator_token"}
    for host in named(compose["services"], "app").values():
        assert host["secrets"] == ["operator_token"]
        assert host["environment"]["OPERATOR_TOKEN_FILE"] == "/run/secrets/operator_token"
        assert "OPERATOR_TOKEN" not in host["environment"]


def test_all_hosts_count_requests_in_the_same_place(services: dict[str, Any]) -> None:
    for host in named(services, "app").values():
        assert host["environment"]["LIMITS_URL"] == "redis://limits:6379/0"
    assert "limits" in services


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


def test_the_proxy_has_the_configuration_of_this_folder_with_all_hosts(services: dict[str, Any]) -> None:
    source, target, mode = services["proxy"]["volumes"][0].split(":")
    assert (COMPOSE.parent / source).resolve() == CONFIGURATION
    assert (target, mode) == ("/usr/local/etc/haproxy/haproxy.cfg", "ro")
    [certificate] = services["proxy"]["secrets"]
    assert f"crt /run/secrets/{certificate} " in CONFIGURATION.read_text()
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
