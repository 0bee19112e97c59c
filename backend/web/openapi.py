"""The OpenAPI 3.1 document, generated from the routes.

A view declares its request and response with `@describe(...)`. Path and methods come from Flask, the summary from the
docstring, schemas from the msgspec structs that are sent.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from backend import __version__
from backend.reading.image_header import MEDIA_TYPES
from backend.web.drawing_request import DataUrl
from backend.web.errors import ProblemDetails
from backend.web.permissions import PERMISSIONS, SECURITY_SCHEMES, operation_of, security
from backend.web.request_log import HEADER
from backend.web.services import services

View = TypeVar("View", bound=Callable[..., Any])
Json = dict[str, Any]
Schemas = dict[type | None, Json]

RESPONSE_HEADERS: Json = {
    HEADER: {"description": "The id of the request, as in the log.", "schema": {"type": "string"}},
}
PATH_PARAMETERS: Json = {
    "record_id": {"type": "string", "format": "uuid"},
    "drawing_id": {"type": "string", "format": "uuid"},
    "code": {"type": "string", "pattern": "^[0-9A-Za-z]{6}$"},
    "pupil_id": {"type": "string"},
}
LIMIT_HEADERS: Json = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit": {"description": "The limit and the seconds until it ends.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "Its amount and its seconds.", "schema": {"type": "string"}},
}


@dataclass(frozen=True, kw_only=True)
class Description:
    status: int
    answer: type | None
    media_types: Sequence[str]
    body: type | None
    form: bool
    query: type | None
    headers: Mapping[str, Any]
    errors: Sequence[int]
    links: Mapping[str, Mapping[str, str]]


def describe(
    *,
    answer: type | None = None,
    status: int = 200,
    media_types: Sequence[str] = ("application/json",),
    body: type | None = None,
    form: bool = False,
    query: type | None = None,
    headers: Mapping[str, Any] | None = None,
    errors: Sequence[int] = (),
    links: Mapping[str, Mapping[str, str]] | None = None,
) -> Callable[[View], View]:
    """Describe a view for the OpenAPI document.

    answer: the struct of the response; None for bytes of one of `media_types`, or for no content (204).
    body: the struct of the JSON request. form: whether a data URL as text or a form is accepted too.
    query: the struct of the query string. headers: name and type of the request headers that matter.
    errors: the statuses of possible errors. links: the parameters of other operations, by their ids, as runtime
    expressions of this one.
    """

    def attach(view: View) -> View:
        view.description = Description(  # type: ignore[attr-defined]
            status=status,
            answer=answer,
            media_types=media_types,
            body=body,
            form=form,
            query=query,
            headers=headers or {},
            errors=errors,
            links=links or {},
        )
        return view

    return attach


def document(app: Flask) -> Json:
    """The OpenAPI document of every described route."""
    views: list[tuple[Rule, Description]] = []
    for rule in app.url_map.iter_rules():
        description = getattr(app.view_functions[rule.endpoint], "description", None)
        if isinstance(description, Description):
            views.append((rule, description))
    structs = {ProblemDetails, *(each for _, d in views for each in (d.answer, d.body) if each)}
    ordered = sorted(structs, key=lambda each: each.__name__)
    found, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    schemas: Schemas = {None: {}, **dict(zip(ordered, found, strict=True))}

    paths: dict[str, Json] = {}
    for rule, description in sorted(views, key=lambda each: each[0].rule):
        path = paths.setdefault(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path[method.lower()] = _operation(app, rule, description, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Digitpad",
            "version": __version__,
            "description": "Reads drawn digits and records the results.",
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def _operation(app: Flask, rule: Rule, description: Description, schemas: Schemas) -> Json:
    summary, _, more = (inspect.getdoc(app.view_functions[rule.endpoint]) or "").partition("\n")
    operation: Json = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS[name]}
            for name in sorted(rule.arguments)
        ],
        "responses": {str(description.status): _answer(description, schemas)},
    }
    if more.strip():
        operation["description"] = " ".join(more.split())
    if description.query:
        _, parts = msgspec.json.schema_components([description.query])
        (query,) = parts.values()
        operation["parameters"] += [
            {"name": name, "in": "query", "schema": _not_null(schema)} for name, schema in query["properties"].items()
        ]
    operation["parameters"] += [
        {"name": name, "in": "header", "schema": msgspec.json.schema(kind)}
        for name, kind in description.headers.items()
    ]
    if description.body:
        operation["requestBody"] = {"required": True, "content": _bodies(description, schemas)}
    operation["security"] = security(operation_of(app.view_functions[rule.endpoint]), services().settings)
    secrets = {"drawing_secret", "room_token", "annotator_token"}
    refusals = {code for each in operation["security"] for code in ((401, 403) if secrets & each.keys() else (401,))}
    if 401 in {*description.errors, *refusals} or PERMISSIONS[operation_of(app.view_functions[rule.endpoint])].limit:
        refusals.add(429)
    for status in sorted({*description.errors, *refusals}):
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "headers": RESPONSE_HEADERS | (LIMIT_HEADERS if status == 429 else {}),
            "content": {"application/problem+json": {"schema": schemas[ProblemDetails]}},
        }
    return operation


def _answer(description: Description, schemas: Schemas) -> Json:
    answer: Json = {"description": HTTPStatus(description.status).phrase, "headers": RESPONSE_HEADERS}
    if description.status != 204:
        answer["content"] = {
            media_type: {"schema": schemas[description.answer]} for media_type in description.media_types
        }
    if description.links:
        answer["links"] = {
            operation: {"operationId": operation, "parameters": parameters}
            for operation, parameters in description.links.items()
        }
    return answer


def _not_null(schema: Json) -> Json:
    """The schema of a query parameter: it can be left out, but not be null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def _bodies(description: Description, schemas: Schemas) -> Json:
    bodies: Json = {"application/json": {"schema": schemas[description.body]}}
    if description.form:
        bodies["text/plain"] = {"schema": msgspec.json.schema(DataUrl)}
        bodies["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {
                    "image": {"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1},
                    "expected": {"type": "string", "pattern": "^[0-9]?$"},
                },
            },
            "encoding": {"image": {"contentType": ", ".join(MEDIA_TYPES)}},
        }
    return bodies
