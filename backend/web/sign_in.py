"""Signing in as the operator: with the token in each request, or once, for a session."""

from __future__ import annotations

import hashlib
import hmac

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from backend.web.errors import Problem
from backend.web.http import too_many_requests
from backend.web.permissions import SESSION_COOKIE
from backend.web.services import services

SESSION_SECONDS = 12 * 60 * 60
FORWARDED = ("Forwarded", "X-Forwarded-For")  # headers that proxies add


def is_token(given: str) -> bool:
    """Whether it is the operator's token, and the client has not sent too many wrong ones. Takes the same time whatever
    the token is."""
    token, limits = services().operator_token, services().rate_limits
    if token is None or limits.exhausted("failed_sign_ins", request.remote_addr):
        return False
    if hmac.compare_digest(given.encode(), token.encode()):
        return True
    limits.count("failed_sign_ins", request.remote_addr)
    return False


def wrong_token() -> Problem:
    exhausted = services().rate_limits.exhausted("failed_sign_ins", request.remote_addr)
    if exhausted:
        return too_many_requests("wrong tokens", exhausted)
    if services().operator_token is None:
        return Problem(401, "wrong_token", "This server was started without a token; set OPERATOR_TOKEN to have one.")
    return Problem(401, "wrong_token", "This is not the operator token; the server printed it at its first start.")


def new_session() -> str:
    """The value of the cookie of an operator who has signed in."""
    return _sessions().dumps("operator")


def _sessions() -> URLSafeTimedSerializer:
    """Signed with the token, so that a new token ends all sessions, and hosts with the same token share them."""
    return URLSafeTimedSerializer(
        services().operator_token or "",
        salt="digitpad session",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def has_session() -> bool:
    """Whether the current request has the cookie of an operator who has signed in."""
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie is None or services().operator_token is None:
        return False
    try:
        return bool(_sessions().loads(cookie, max_age=SESSION_SECONDS) == "operator")
    except BadData:
        return False


def is_operator() -> bool:
    """Whether the operator sent the current request."""
    if services().operator_token is None:
        # The server was started for this machine's user; a proxy must not make every visitor the operator.
        return not any(name in request.headers for name in FORWARDED)
    token = bearer_token()
    return (token is not None and is_token(token)) or has_session()


def bearer_token() -> str | None:
    """Of the current request."""
    given = request.authorization
    return given.token or "" if given is not None and given.type == "bearer" else None
