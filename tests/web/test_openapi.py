"""The OpenAPI document matches the routes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tools.drawings import SEVEN_URL


@pytest.fixture
def contract(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def test_the_document_covers_every_route_but_pages_and_files(app: Flask, contract: dict[str, Any]) -> None:
    pages = {"/", "/recorder", "/label", "/join", "/wall", "/api"}
    files = {"/favicon.ico", "/service-worker.js", "/openapi.json", "/static/{filename}", "/static/model/network.bin"}
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert set(contract["paths"]) == rules - pages - files


def test_every_operation_has_a_summary_parameters_and_a_success_response(contract: dict[str, Any]) -> None:
    for path, methods in contract["paths"].items():
        for operation in methods.values():
            assert operation["summary"].endswith("."), path
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert any(status.startswith("2") for status in operation["responses"])


def test_every_schema_reference_resolves(contract: dict[str, Any]) -> None:
    for name in re.findall(r"'#/components/schemas/(\w+)'", str(contract)):
        assert name in contract["components"]["schemas"]


def test_the_idempotency_key_is_documented(contract: dict[str, Any]) -> None:
    parameters = contract["paths"]["/predict"]["post"]["parameters"]
    [key] = [each for each in parameters if each["name"] == "Idempotency-Key"]
    assert (key["in"], key["schema"]["type"], key["schema"]["format"]) == ("header", "string", "uuid")
    assert "version 7" in key["schema"]["description"]
    assert not key.get("required")


def test_every_response_documents_the_request_id(contract: dict[str, Any]) -> None:
    for methods in contract["paths"].values():
        for operation in methods.values():
            assert all("X-Request-ID" in response["headers"] for response in operation["responses"].values())


def test_errors_are_documented_as_problem_details(client: FlaskClient, contract: dict[str, Any]) -> None:
    described = contract["paths"]["/predict"]["post"]["responses"]["415"]["content"]
    assert list(described) == ["application/problem+json"]
    assert client.post("/predict", data="data:image/gif;base64,R0lGODlh").mimetype == "application/problem+json"


def test_predict_returns_exactly_the_documented_fields(client: FlaskClient, contract: dict[str, Any]) -> None:
    schema = contract["components"]["schemas"]["Prediction"]
    answer = client.post("/predict?record=false", data=SEVEN_URL).get_json()
    assert set(answer) == set(schema["properties"]) == set(schema["required"])
