"""Who may do what. This is the only definition of permissions: the check before each request (access.py), the OpenAPI
document and docs/permissions.md are derived from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from backend.settings import Settings
from backend.web.rate_limits import Limited

OWNER_HEADER = "Digitpad-Secret"
SESSION_COOKIE = "digitpad_session"
ROOM_HEADER = "Digitpad-Room"
ROOM_TOKEN_HEADER = "Digitpad-Room-Token"  # noqa: S105 - the name of a header
ANNOTATOR_HEADER = "Digitpad-Annotator-Token"

Role = Literal["visitor", "owner", "pupil", "teacher", "annotator", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
# Of which other roles each may do everything. Who leads a room joins it like everybody else to take part.
INCLUDED: dict[Role, tuple[Role, ...]] = {
    "visitor": (),
    "owner": ("visitor",),
    "pupil": ("visitor",),
    "teacher": ("visitor",),
    "annotator": ("visitor",),
    "operator": ("visitor", "owner", "teacher"),
}

Operation = Literal[
    "open",
    "sign_in",
    "predict",
    "explain",
    "read",
    "correct",
    "delete",
    "list",
    "count",
    "export",
    "picture_details",
    "metrics",
    "health_details",
    "open_room",
    "join_room",
    "take_part",
    "lead_room",
    "join_labeling",
    "annotate",
    "lead_labeling",
]

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Permission:
    least: Role  # the role with the fewest rights that may do it
    allows: str  # completes "may ..."
    public: bool = False  # whether visitors may do it, too, with RECORDER=public
    limit: Limited | None = None  # that refuses it to clients without a token


PERMISSIONS: dict[Operation, Permission] = {
    "open": Permission("visitor", "open the pages, the API description and the health checks"),
    "sign_in": Permission("visitor", "sign in and out"),
    "predict": Permission("visitor", "have a drawing read, recorded or not", limit="predictions"),
    "explain": Permission("visitor", "have a reading explained", limit="explanations"),
    "read": Permission("owner", "read a record, its drawing and its strokes", public=True),
    "correct": Permission("owner", "correct a record", limit="changes"),
    "delete": Permission("owner", "delete a record", limit="changes"),
    "list": Permission("operator", "list records", public=True),
    "count": Permission("operator", "see the counts of records", public=True),
    "export": Permission("operator", "export records", public=True),
    "picture_details": Permission("owner", "see the names and metadata of picture files"),
    "metrics": Permission("operator", "read the metrics"),
    "health_details": Permission("operator", "see in /health/ready what is queued and what is wrong"),
    "open_room": Permission("operator", "open a room"),
    "join_room": Permission("visitor", "find a room by its code and join it", limit="wrong_codes"),
    "take_part": Permission(
        "pupil", "draw and vote in a room, and see the accuracy on their own drawings", limit="wrong_codes"
    ),
    "lead_room": Permission(
        "teacher", "see the wall of a room, lead it, download its drawings and end it", limit="wrong_codes"
    ),
    "join_labeling": Permission("visitor", "become an annotator by an invitation", limit="wrong_codes"),
    "annotate": Permission("annotator", "get drawings to label, and label them"),
    "lead_labeling": Permission("operator", "invite annotators, see what they did, and decide where they disagree"),
}


def may(role: Role, operation: Operation, settings: Settings) -> bool:
    permission = PERMISSIONS[operation]
    included = permission.least in (role, *INCLUDED[role])
    return included or (permission.public and settings.recorder == "public")


def permit(operation: Operation) -> Callable[[View], View]:
    """Say which operation a view is. A view that does not say it can't be reached."""

    def attach(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation:
    """Raises AttributeError if the view has no `permit`."""
    operation: Operation = view.operation  # type: ignore[attr-defined]
    return operation


SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "operator_token": {"type": "http", "scheme": "bearer", "description": "The operator token."},
    "operator_session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The session that POST /session starts.",
    },
    "drawing_secret": {
        "type": "apiKey",
        "in": "header",
        "name": OWNER_HEADER,
        "description": "The `secret` that /predict returned with the record.",
    },
    "room_token": {
        "type": "apiKey",
        "in": "header",
        "name": ROOM_TOKEN_HEADER,
        "description": "The `token` that the teacher got with the room, or a pupil by joining it.",
    },
    "annotator_token": {
        "type": "apiKey",
        "in": "header",
        "name": ANNOTATOR_HEADER,
        "description": "The `token` that an annotator got with an invitation.",
    },
}


def security(operation: Operation, settings: Settings) -> list[dict[str, list[str]]]:
    """OpenAPI's security requirements: one of them is enough; an empty one means that none is needed."""
    if PERMISSIONS[operation].least == "visitor":
        return []
    requirements: list[dict[str, list[str]]] = []
    if may("operator", operation, settings):
        requirements += [{"operator_token": []}, {"operator_session": []}]
    if PERMISSIONS[operation].least == "owner":
        requirements.append({"drawing_secret": []})
    if PERMISSIONS[operation].least in ("pupil", "teacher"):
        requirements.append({"room_token": []})
    if PERMISSIONS[operation].least == "annotator":
        requirements.append({"annotator_token": []})
    nothing_asked = may("operator", operation, settings) and settings.is_local
    return [{}, *requirements] if nothing_asked or may("visitor", operation, settings) else requirements


def permissions_page() -> str:
    """docs/permissions.md, as Markdown."""
    rows = [
        "# Permissions",
        "",
        "Generated by `python -m backend.web.permissions > docs/permissions.md`.",
        "",
        "There are no accounts, but six roles:",
        "",
        "- A **visitor** is anyone who reaches the server.",
        "- The **owner** of a record is a client that sends its secret as `Digitpad-Secret`. `POST /predict` returns "
        "it, and the page keeps it until its tab is closed. Records of earlier versions have no owner.",
        "- A **pupil** of a room is a client that joined it, and sends the token that it got as `Digitpad-Room-Token`.",
        "- The **teacher** of a room is the client that opened it, and sends the token that it got in the same way.",
        "- An **annotator** is a client that followed an invitation to label drawings, and sends the token that it got "
        "as `Digitpad-Annotator-Token`.",
        "- The **operator** sends the operator token as `Authorization: Bearer TOKEN`, or signs in with it at "
        "`/recorder`. `OPERATOR_TOKEN` in [settings.md](settings.md) says where the token comes from. While only this "
        "machine reaches the server, its user is the operator and nothing is asked.",
        "",
        f"| may | {' | '.join(ROLES)} |",
        f"|---{'|---' * len(ROLES)}|",
    ]
    for permission in PERMISSIONS.values():
        public = "if `RECORDER=public`" if permission.public else "no"
        # Owners of one record are visitors to the others.
        cells = ["yes" if permission.least in (role, *INCLUDED[role]) else public for role in ROLES]
        rows.append(f"| {permission.allows} | {' | '.join(cells)} |")
    rows += [
        "",
        "Clients that may not do something get 401 without credentials (`sign_in_required`, `secret_required`, "
        "`room_token_required`, `annotator_token_required`) or with a wrong token (`wrong_token`), and 403 with a "
        "wrong secret (`wrong_secret`), a wrong token of a room (`wrong_room_token`) or of an annotator whose "
        "invitation has ended (`wrong_annotator_token`), or that of a pupil whom the teacher removed (`removed`).",
        "",
        "How often clients other than the operator may predict, explain, correct and delete is limited by the "
        "`LIMIT_...` settings in [settings.md](settings.md), and so is how often they may send wrong tokens, and wrong "
        "codes of rooms and invitations. Beyond that they get 429 (`too_many_requests`) with `Retry-After`, even for "
        "the right token or code.",
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(permissions_page(), end="")
