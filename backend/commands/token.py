"""`digitpad token`: shows or replaces the operator's token."""

from __future__ import annotations

import argparse
import sys

from backend.operator_token import operator_token, replace_token, token_source
from backend.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Print the operator token on standard output, and where it comes from on standard error. INSTANCE and the "
        "other settings must be those of the server."
    )
    parser.add_argument(
        "--new",
        action="store_true",
        help="replace the generated token; restart the server then. The old token and all sessions end with the "
        "restart. A token in OPERATOR_TOKEN or OPERATOR_TOKEN_FILE is replaced where it is set",
    )


def run(given: argparse.Namespace) -> int:
    """Raises ValueError if there is no token or it can't be replaced here, and OSError if its file can't be used."""
    settings = Settings.from_environment()
    if given.new:
        print(replace_token(settings))
        print("Restart the server; until then it takes the old token.", file=sys.stderr)
        return 0
    token = operator_token(settings)
    if token is None:
        raise ValueError(
            "There is no operator token: with these settings only this machine reaches the server, and its user is the "
            "operator. Set HOST, TRUSTED_HOSTS or OPERATOR_TOKEN as the server does."
        )
    print(f"The operator token of {token_source(settings)}:", file=sys.stderr)
    print(token)
    return 0
