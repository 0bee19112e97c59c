"""Signing in and out as the operator."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from backend.web.access import may_now, role
from backend.web.http import json_response, parse_body
from backend.web.openapi import describe
from backend.web.permissions import PERMISSIONS, SESSION_COOKIE, Operation, Role, permit
from backend.web.sign_in import SESSION_SECONDS, has_session, is_token, new_session, wrong_token

routes = Blueprint("session", __name__)


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operator signs in."""

    token: Annotated[str, msgspec.Meta(description="The operator token.")]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent the request."""

    role: Role
    may: Annotated[
        list[Operation], msgspec.Meta(description="What this role may do; the secret of a record allows more.")
    ]
    signed_in: Annotated[bool, msgspec.Meta(description="By POST /session.")]


@routes.get("/session")
@describe(answer=Session)
@permit("sign_in")
def show() -> Response:
    """The role of whoever sends this, and what it may do."""
    return json_response(
        Session(
            role=role(),
            may=[operation for operation in PERMISSIONS if may_now(operation)],
            signed_in=has_session(),
        )
    )


@routes.post("/session")
@describe(body=SignIn, status=204, errors=(400, 401, 403))
@permit("sign_in")
def sign_in() -> Response:
    """Sign in as the operator.

    The response sets a cookie that lasts 12 hours. Programs can instead send the token with each request, as
    `Authorization: Bearer TOKEN`.
    """
    if not is_token(parse_body(SignIn, '{"token": "..."}').token):
        raise wrong_token()
    answer = Response(status=204)
    answer.set_cookie(
        SESSION_COOKIE,
        new_session(),
        max_age=SESSION_SECONDS,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


@routes.delete("/session")
@describe(status=204, errors=(403,))
@permit("sign_in")
def sign_out() -> Response:
    """Sign out."""
    answer = Response(status=204)
    answer.delete_cookie(SESSION_COOKIE, secure=request.is_secure, httponly=True, samesite="Strict")
    return answer
