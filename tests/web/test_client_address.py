"""What records keep of the client's address."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Literal

import pytest

from backend.settings import Settings
from backend.web.client_address import client_address

ADDRESS = "192.0.2.7"


def test_the_address_is_not_kept_by_default(tmp_path: Path) -> None:
    assert client_address(ADDRESS, Settings(instance=tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_the_full_address_is_kept_if_the_operator_asks_for_it(tmp_path: Path) -> None:
    assert client_address(ADDRESS, Settings(instance=tmp_path, record_client_address="full")) == ADDRESS


def test_a_hash_distinguishes_clients_without_naming_them(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, record_client_address="hash")
    kept = client_address(ADDRESS, settings)
    assert kept == client_address(ADDRESS, settings)
    assert kept != client_address("192.0.2.8", settings)
    assert kept is not None
    assert len(kept) == 16
    assert ADDRESS not in kept


def test_each_installation_has_its_own_hash_key(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        hashes.add(client_address(ADDRESS, Settings(instance=tmp_path / name, record_client_address="hash")))
        (key,) = (tmp_path / name).iterdir()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(hashes) == 2


@pytest.mark.parametrize("how", ["no", "hash", "full"])
def test_without_an_address_nothing_is_kept(tmp_path: Path, how: Literal["no", "hash", "full"]) -> None:
    assert client_address(None, Settings(instance=tmp_path, record_client_address=how)) is None
