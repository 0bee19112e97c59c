"""The operator's token. There is none while only this machine reaches the server: its user is the operator."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from backend.secret_file import read_or_create, replace
from backend.settings import Settings

FILE = "operator.token"  # in the instance folder
FORM = re.compile(r"(?=.{16,}$)[A-Za-z0-9._~+/-]+=*")  # what a Bearer header can carry (RFC 6750, 2.1)


def operator_token(
    settings: Settings, announce: Callable[[str, Path], object] = lambda token, path: None
) -> str | None:
    """OPERATOR_TOKEN, the content of OPERATOR_TOKEN_FILE, or the token in the instance folder; None: nobody is asked.

    The first call generates the token in the instance folder and passes it and its file to `announce`. Raises
    ValueError for a token that is too short or can't be sent, and OSError if a file can't be read or written.
    """
    if settings.is_local:
        return None
    if settings.operator_token and settings.operator_token_file:
        raise ValueError("OPERATOR_TOKEN and OPERATOR_TOKEN_FILE are both set; set only one of them.")
    if settings.operator_token:
        return _checked(settings.operator_token, "OPERATOR_TOKEN")
    if settings.operator_token_file:
        path = Path(settings.operator_token_file).expanduser()
        return _checked(path.read_text().strip(), f"OPERATOR_TOKEN_FILE ({path})")
    path = settings.instance / FILE
    content, created = read_or_create(path, _generate)
    token = _checked(content.decode().strip(), str(path))
    if created:
        announce(token, path)
    return token


def token_source(settings: Settings) -> str:
    """Where the operator's token comes from."""
    if settings.operator_token:
        return "OPERATOR_TOKEN"
    return settings.operator_token_file or str(settings.instance / FILE)


def replace_token(settings: Settings) -> str:
    """Generate another token in the instance folder and return it. A running server takes the old one until it is
    restarted.

    Raises ValueError if the token is not one that was generated there, and OSError if it can't be written.
    """
    path = settings.instance / FILE
    if settings.operator_token or settings.operator_token_file:
        raise ValueError(f"The operator token comes from {token_source(settings)}; replace it there.")
    if not path.exists():
        raise ValueError(f"There is no {path} to replace; INSTANCE must be that of the server.")
    token = _generate()
    replace(path, token)
    return token.decode().strip()


def _generate() -> bytes:
    return f"{secrets.token_urlsafe(24)}\n".encode()


def _checked(token: str, name: str) -> str:
    if not FORM.fullmatch(token):
        raise ValueError(
            f"{name} must have at least 16 characters, of A-Z, a-z, 0-9 and -._~+/. `openssl rand -hex 24` makes one."
        )
    return token
