"""Where the operator's token comes from, and when there is one."""

from __future__ import annotations

import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from backend.operator_token import FILE, operator_token
from backend.settings import Settings
from tools.server import Server

GIVEN = "0123456789abcdef-token"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_there_is_no_token_while_only_this_machine_reaches_the_server(tmp_path: Path, host: str) -> None:
    assert operator_token(Settings(instance=tmp_path, host=host)) is None
    assert operator_token(Settings(instance=tmp_path, host=host, trusted_hosts=("localhost",))) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        Settings(host="0.0.0.0"),
        Settings(host="::"),
        Settings(host="192.0.2.7"),
        Settings(host="127.0.0.1.example.org"),
        Settings(trusted_hosts=("digits.example.org",)),
        Settings(operator_token=GIVEN),
        Settings(operator_token_file="/run/secrets/token"),
    ],
    ids=repr,
)
def test_everywhere_else_there_is_one(settings: Settings) -> None:
    assert not settings.is_local


def test_the_first_call_generates_a_token_that_only_its_user_can_read(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", instance=tmp_path / "instance")
    announced: list[tuple[str, Path]] = []
    tokens = {operator_token(settings, lambda *new: announced.append(new)) for _ in range(3)}
    path = tmp_path / "instance" / FILE
    assert announced == [(path.read_text().strip(), path)]
    assert tokens == {announced[0][0]}
    assert len(announced[0][0]) >= 32
    assert [each.name for each in path.parent.iterdir()] == [FILE]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    settings = Settings(host="0.0.0.0", instance=tmp_path)
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as processes:
        tokens = list(processes.map(operator_token, [settings] * 16))
    assert set(tokens) == {(tmp_path / FILE).read_text().strip()}


def test_a_given_token_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert operator_token(Settings(host="0.0.0.0", instance=tmp_path, operator_token=GIVEN)) == GIVEN
    assert list(tmp_path.iterdir()) == []


def test_the_token_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{GIVEN}\n")
    assert operator_token(Settings(instance=tmp_path, operator_token_file=str(tmp_path / "secret"))) == GIVEN


@pytest.mark.parametrize("token", ["short", "fifteen-letters", "with spaces in it", "Schlüssel-Schlüssel", "=" * 20])
def test_a_token_that_is_too_short_or_cannot_be_sent_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(ValueError, match="OPERATOR_TOKEN must have at least 16 characters"):
        operator_token(Settings(instance=tmp_path, operator_token=token))


def test_two_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="set only one"):
        operator_token(Settings(instance=tmp_path, operator_token=GIVEN, operator_token_file="x"))


def test_settings_do_not_show_the_token() -> None:
    assert GIVEN not in repr(Settings(operator_token=GIVEN))


def test_the_server_prints_a_generated_token_once(tmp_path: Path) -> None:
    environment = {"HOST": "0.0.0.0", "INSTANCE": str(tmp_path / "instance"), "WORKERS": "2", "RECORDS_URL": "none"}
    for _ in range(2):
        with Server(environment, log=tmp_path / "log"):
            pass
    token = (tmp_path / "instance" / FILE).read_text().strip()
    assert (tmp_path / "log").read_text().count(token) == 1


def test_a_bad_token_is_reported_in_one_sentence(tmp_path: Path) -> None:
    environment = {"INSTANCE": str(tmp_path), "OPERATOR_TOKEN": "short"}
    with pytest.raises(RuntimeError, match="ended with status 2"), Server(environment, log=tmp_path / "log"):
        pass
    log = (tmp_path / "log").read_text()
    assert "OPERATOR_TOKEN must have at least 16 characters" in log
    assert "Traceback" not in log
