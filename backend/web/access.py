"""The role of whoever sent a request, and the check that they may do what they ask for."""

from __future__ import annotations

from flask import Flask, g, request

from backend.records.owner import is_owner
from backend.rooms.room import Pupil, Room
from backend.web.errors import Problem
from backend.web.http import too_many_requests, unknown_record
from backend.web.permissions import (
    ANNOTATOR_HEADER,
    OWNER_HEADER,
    PERMISSIONS,
    ROOM_TOKEN_HEADER,
    Operation,
    Role,
    may,
    operation_of,
    permit,
)
from backend.web.services import services
from backend.web.sign_in import bearer_token, is_operator, wrong_token


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
        elif is_operator():
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
    """Raises Problem 404, 410 or 429 if there is no such room, or it has ended."""
    found = services().require_rooms().get(code)
    if found.is_open:
        return found
    if found.ended is not None:
        refuse_guesser()
        raise Problem(410, "room_ended", "This room has ended.")
    raise wrong_code(
        Problem(404, "unknown_room", "There is no room with this code; compare it with the one on the wall.")
    )


def wrong_code(problem: Problem) -> Problem:
    """What to raise for a code that no room or invitation has: the problem, or 429 if the client has tried many."""
    if not is_operator() and (exhausted := services().rate_limits.count("wrong_codes", request.remote_addr)):
        return too_many_requests("wrong codes", exhausted)
    return problem


def refuse_guesser() -> None:
    """Raise Problem 429 if the client has sent too many wrong codes, so that it can't tell the right ones from them."""
    if not is_operator() and (exhausted := services().rate_limits.exhausted("wrong_codes", request.remote_addr)):
        raise too_many_requests("wrong codes", exhausted)


def pupil_with(room: Room, token: str) -> Pupil:
    """The pupil with a token. Raises Problem 403 or 429 if nobody has it, or the teacher removed the pupil."""
    found = room.pupil_with(token) or services().require_rooms().get(room.code, fresh=True).pupil_with(token)
    if found is None:
        refuse_guesser()
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


def _count(operation: Operation) -> None:
    """Raises Problem 429 if the client has done that too often. Codes are counted when they are wrong."""
    kind = PERMISSIONS[operation].limit
    if kind == "predictions" and request.args.get("record", "").lower() in ("false", "0"):
        kind = "previews"
    if kind is None:
        return
    limits = services().rate_limits
    exhausted = (limits.exhausted if kind == "wrong_codes" else limits.count)(kind, request.remote_addr)
    if exhausted:
        raise too_many_requests(kind.replace("_", " "), exhausted)


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
    if bearer_token() is not None:
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
