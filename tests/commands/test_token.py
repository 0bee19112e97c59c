"""`digitpad token`: showing and replacing the operator's token."""

from __future__ import annotations

import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from backend.commands.main import main
from backend.operator_token import FILE
from tools.server import Server

GIVEN = "0123456789abcdef-token"


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The instance folder of a server that others may reach."""
    for name in ("OPERATOR_TOKEN", "OPERATOR_TOKEN_FILE", "TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("INSTANCE", str(tmp_path))
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """The token, and what is said about it."""
    assert main(["token", *arguments]) == 0
    said = capsys.readouterr()
    return said.out.strip(), said.err


def test_the_token_is_printed_with_the_place_where_it_is_kept(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token, about = shown(capsys)
    assert token == (instance / FILE).read_text().strip()
    assert str(instance / FILE) in about


def test_a_token_that_was_set_is_shown_and_replaced_where_it_is_set(
    instance: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = instance / "secret"
    secret.write_text(f"{GIVEN}\n")
    for name, value in (("OPERATOR_TOKEN", GIVEN), ("OPERATOR_TOKEN_FILE", str(secret))):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            token, about = shown(capsys)
            assert token == GIVEN
            assert (value if name == "OPERATOR_TOKEN_FILE" else name) in about
            assert main(["token", "--new"]) == 1
            assert "replace it there" in capsys.readouterr().err
    assert secret.read_text() == f"{GIVEN}\n"


def test_without_a_token_it_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("HOST")
    assert main(["token"]) == 1
    assert "There is no operator token" in capsys.readouterr().err


def test_a_new_token_is_as_private_as_the_old_one(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, _ = shown(capsys)
    new, about = shown(capsys, "--new")
    assert new != old
    assert shown(capsys)[0] == new
    assert "Restart the server" in about
    assert stat.S_IMODE((instance / FILE).stat().st_mode) == 0o600
    assert [each.name for each in instance.iterdir()] == [FILE]


def test_a_new_token_needs_an_old_one(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--new"]) == 1
    assert f"There is no {instance / FILE} to replace" in capsys.readouterr().err


def test_a_restarted_server_takes_only_the_new_token(instance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def accepts(server: Server, token: str) -> bool:
        request = urllib.request.Request(f"{server.url}/metrics", headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request):
                return True
        except urllib.error.HTTPError as error:
            assert error.code == 401
            return False

    environment = {"RECORDS_URL": "none", "WORKERS": "1"}
    old, _ = shown(capsys)
    with Server(environment) as server:
        new, _ = shown(capsys, "--new")
        assert (accepts(server, old), accepts(server, new)) == (True, False)
    with Server(environment) as server:
        assert (accepts(server, old), accepts(server, new)) == (False, True)
