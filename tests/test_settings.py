"""Settings come from the environment, are refused in words, and are all documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.settings import TOP, Settings, settings_page


def test_without_an_environment_the_defaults_hold() -> None:
    assert Settings.from_environment({}) == Settings()


def test_each_kind_of_value_is_read() -> None:
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
def test_a_value_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        Settings.from_environment({name: value})


def test_records_go_to_the_instance_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(instance=tmp_path).records == f"sqlite:///{tmp_path}/records.sqlite"
    assert Settings(records_url="none").records == "none"


def test_only_a_server_of_this_machine_alone_has_its_host_names_fixed() -> None:
    assert "localhost" in (Settings(host="127.0.0.1").hosts or [])
    assert Settings(host="0.0.0.0").hosts is None
    assert Settings(host="0.0.0.0", trusted_hosts=("digits.example.org",)).hosts == ["digits.example.org"]


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (TOP / "docs/settings.md").read_text() == settings_page()
