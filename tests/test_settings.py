"""Settings are read from the environment, checked with clear messages, and all documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.settings import TOP, Settings, settings_page


def test_defaults_apply_without_an_environment() -> None:
    assert Settings.from_environment({}) == Settings()


def test_values_of_each_type_are_parsed() -> None:
    read = Settings.from_environment(
        {
            "HOST": "0.0.0.0",
            "PORT": "8080",
            "INSTANCE": "/srv/digits",
            "ACCESS_LOG": "false",
            "TRUSTED_HOSTS": "a.org, b.org",
        }
    )
    assert read == Settings(
        host="0.0.0.0", port=8080, instance=Path("/srv/digits"), access_log=False, trusted_hosts=("a.org", "b.org")
    )


@pytest.mark.parametrize(("name", "value"), [("PORT", "many"), ("ACCESS_LOG", "perhaps"), ("MODEL_RUNTIME", "abacus")])
def test_an_invalid_value_is_reported_with_its_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        Settings.from_environment({name: value})


def test_records_are_in_the_instance_folder_by_default(tmp_path: Path) -> None:
    assert Settings(instance=tmp_path).records == f"sqlite:///{tmp_path}/records.sqlite"
    assert Settings(records_url="none").records == "none"


def test_host_names_are_restricted_by_default_only_on_loopback() -> None:
    assert "localhost" in (Settings(host="127.0.0.1").hosts or [])
    assert Settings(host="0.0.0.0").hosts is None
    assert Settings(host="0.0.0.0", trusted_hosts=("digits.example.org",)).hosts == ["digits.example.org"]


def test_a_server_behind_a_proxy_is_not_local_and_answers_to_any_host_name() -> None:
    behind = Settings.from_environment({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8, ::1"})
    assert Settings().is_local
    assert not behind.is_local
    assert behind.hosts is None


def test_a_trusted_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(ValueError, match="TRUSTED_PROXIES has 'proxy"):
        Settings.from_environment({"TRUSTED_PROXIES": "10.0.0.1, proxy.example.org"})


def test_the_settings_page_is_up_to_date() -> None:
    assert (TOP / "docs/settings.md").read_text() == settings_page()
