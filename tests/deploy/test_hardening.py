"""The image and the compose files give the server no more rights than it needs, and the image lists what it has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.settings import TOP
from tests.test_supply_chain import pinned

SERVICES = {
    f"{path.name}: {name}": service
    for path in (TOP / "docker-compose.yml", *sorted((TOP / "deploy").glob("docker-compose*.yml")))
    for name, service in yaml.safe_load(path.read_text())["services"].items()
}
APPS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (TOP / "Dockerfile").read_text()


def test_there_are_compose_files_with_the_server() -> None:
    assert len(APPS) >= 3


@pytest.mark.parametrize("service", APPS.values(), ids=APPS)
def test_the_server_writes_only_to_its_volume_and_a_tmpfs(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert [volume.partition(":")[2] for volume in service["volumes"]] == ["/data"]
    assert "INSTANCE=/data" in DOCKERFILE


@pytest.mark.parametrize("service", APPS.values(), ids=APPS)
def test_the_server_has_no_capabilities_and_is_not_root(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert not service.get("privileged")
    assert "user" not in service  # that of the image:
    assert re.findall(r"^USER (.*)", DOCKERFILE, re.MULTILINE) == ["digitpad"]


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_nothing_gets_new_privileges(service: dict[str, Any]) -> None:
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_image_installs_only_what_has_a_hash() -> None:
    installations = re.findall(r"pip install (.*)", DOCKERFILE)
    assert len(installations) == 2
    assert all("--require-hashes" in each for each in installations)


def test_the_bill_of_materials_lists_every_package(tmp_path: Path) -> None:
    assert "cyclonedx-py environment" in DOCKERFILE
    command = Path(sys.executable).with_name("cyclonedx-py")
    options = ["--no-validate", "--output-file", tmp_path / "sbom.json"]  # validating takes ten seconds
    subprocess.run([command, "environment", *map(str, options), sys.executable], check=True)
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {each["name"].lower().replace("_", "-"): each["version"] for each in bill["components"]}
    assert pinned("serve").items() <= listed.items()
