"""The role of whoever sent a request, and the check that they may do what they ask for."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from backend.records.owner import is_owner
from backend.rooms.room import Pupil, Room
from backend.web.errors import Problem
from backend.web.http import unknown_record
from backend.web.permissions import (
    ANNOTATOR_HEADER,
    OWNER_HEADER,
    PERMISSIONS,
    ROOM_TOKEN_HEADER,
    SESSION_COOKIE,
    Operation,
    Role,
    may,
    operation_of,
    permit,
)
from backend.web.rate_limits import Exhausted
from backend.web.services import services

SESSION_SECONDS = 12 * 60 * 60
FORWARDED = ("Forwarded", "X-Forwarded-For")  # headers that proxies add


def init_app(app: Flask) -> None:
    permit("open")(app.view_functions["static"])

    @app.before_request
    def check_permission() -> None:
        if request.endpoint is None or request.method == "OPTIONS":
            return  # Flask answers these: 404, 405, or the methods of a route
        operation = operation_of(app.view_functions[request.endpoint])
        code = (request.view_args or {}).get("code")
        of_annotators = PERMISSIONS[operation].least == "annotator"
        g.room = None if code is None else open_room(code)
        g.pupil = None
        g.annotator = None
        if g.room is not None and (token := request.headers.get(ROOM_TOKEN_HEADER)) is not None:
            g.role, g.pupil = _role_in(g.room, token)
        elif of_annotators and (token := request.headers.get(ANNOTATOR_HEADER)) is not None:
            g.role, g.annotator = "annotator", _annotator_with(token)
        elif _is_operator():
            g.role = "operator"
        else:
            _count(operation)
            g.role = _visitor_or_owner()
        if not may_now(operation):
            raise _refusal(operation)


def role() -> Role:
    """Of whoever sent the current request."""
    found: Role = g.role
    return found


def room() -> Room:
    """Of the current request, whose address has the code of a room."""
    found: Room = g.room
    return found


def pupil() -> Pupil:
    """Who sent the current request, which only a pupil may send."""
    found: Pupil = g.pupil
    return found


def annotator() -> str:
    """Who sent the current request, which only an annotator may send."""
    found: str = g.annotator
    return found


def _annotator_with(token: str) -> str:
    """Raises Problem 403 if nobody has the token, or the invitation has ended."""
    queue = services().require_queue()
    found = queue.labels().annotator_with(token) or queue.labels(fresh=True).annotator_with(token)
    if found is None:
        raise Problem(403, "wrong_annotator_token", "This invitation has ended; ask for a new link.")
    return found


def open_room(code: str) -> Room:
    """Raises Problem 404 or 410 if there is no such room, or it has ended."""
    found = services().require_rooms().get(code)
    if found.is_open:
        return found
    if found.ended is not None:
        raise Problem(410, "room_ended", "This room has ended.")
    if not _is_operator() and (exhausted := services().rate_limits.count("joins", request.remote_addr)):
        raise _too_many("joins", exhausted)  # somebody tries many codes
    raise Problem(404, "unknown_room", "There is no room with this code; compare it with the one on the wall.")


def pupil_with(room: Room, token: str) -> Pupil:
    """The pupil with a token. Raises Problem 403 if nobody has it, or the teacher removed the pupil."""
    found = room.pupil_with(token) or services().require_rooms().get(room.code, fresh=True).pupil_with(token)
    if found is None:
        raise Problem(
            403, "wrong_room_token", f"{ROOM_TOKEN_HEADER} must be the `token` of the room's teacher or of a pupil."
        )
    if found.removed:
        raise Problem(403, "removed", "The teacher has removed you from this room.")
    return found


def _role_in(room: Room, token: str) -> tuple[Role, Pupil | None]:
    return ("teacher", None) if room.is_teacher(token) else ("pupil", pupil_with(room, token))


def may_now(operation: Operation) -> bool:
    """Whether whoever sent the current request may do that."""
    return may(role(), operation, services().settings)


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
        return _too_many("wrong tokens", exhausted)
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


def _is_operator() -> bool:
    if services().operator_token is None:
        # The server was started for this machine's user; a proxy must not make every visitor the operator.
        return not any(name in request.headers for name in FORWARDED)
    token = _bearer_token()
    return (token is not None and is_token(token)) or has_session()


def _bearer_token() -> str | None:
    given = request.authorization
    return given.token or "" if given is not None and given.type == "bearer" else None


def _count(operation: Operation) -> None:
    """Raises Problem 429 if the client has done that too often."""
    kind = PERMISSIONS[operation].limit
    if kind == "predictions" and request.args.get("record", "").lower() in ("false", "0"):
        kind = "previews"
    if kind is not None and (exhausted := services().rate_limits.count(kind, request.remote_addr)):
        raise _too_many(kind, exhausted)


def _too_many(what: str, exhausted: Exhausted) -> Problem:
    return Problem(
        429,
        "too_many_requests",
        f"Too many {what} have come from your address; try again in {exhausted.reset} s.",
        exhausted.headers,
    )


def _visitor_or_owner() -> Role:
    """Raises Problem 403 for a wrong secret, and 404 for a secret of a record that does not exist."""
    secret = request.headers.get(OWNER_HEADER)
    record_id = (request.view_args or {}).get("record_id")
    if secret is None or record_id is None:
        return "visitor"
    record = services().require_recorder().get(record_id)
    if record is None:
        raise unknown_record()
    if not is_owner(secret, record.owner):
        raise Problem(
            403, "wrong_secret", f"{OWNER_HEADER} must be the `secret` that /predict returned for the record."
        )
    return "owner"


def _refusal(operation: Operation) -> Problem:
    permission = PERMISSIONS[operation]
    if permission.least in ("pupil", "teacher"):
        return Problem(
            401,
            "room_token_required",
            f"Only a {permission.least} of the room may {permission.allows}. Send the token as {ROOM_TOKEN_HEADER}.",
        )
    if permission.least == "annotator":
        return Problem(
            401,
            "annotator_token_required",
            f"Only an annotator may {permission.allows}. Send the token as {ANNOTATOR_HEADER}.",
        )
    if services().operator_token is None:
        return Problem(
            401,
            "sign_in_required",
            "A proxy forwarded this request, but the server was started for this machine only, without a token. Set "
            "OPERATOR_TOKEN and sign in with it.",
        )
    if _bearer_token() is not None:
        return wrong_token()
    sign_in = "sign in at /recorder with the operator token, or send it as `Authorization: Bearer TOKEN`."
    if permission.least == "owner":
        return Problem(
            401,
            "secret_required",
            f"Only the owner and the operator may {permission.allows}. Send the `secret` that /predict returned as "
            f"{OWNER_HEADER}, {sign_in}",
        )
    return Problem(401, "sign_in_required", f"Only the operator may {permission.allows}. To do so, {sign_in}")
