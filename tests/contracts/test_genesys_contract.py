"""The generated contract of Genesys Cloud agrees with the vendor's SDKs, and each operation can be sent."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonschema
import pytest
import requests

import genesys_contract
from cxcall import check
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.contracts.operation import Operation
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.shipped_operations import whole_document
from helpers.vendor_results import (
    GENESYS,
    NEEDS_SDK,
    OPERATIONS,
    REQUIRED,
    SCHEMAS,
    SENT,
    vendor_results,
)
from openapi_lines import write_document

pytestmark = [pytest.mark.slow, NEEDS_SDK]
OVERLAY = json.loads((genesys_contract.SOURCES / "overlay.json").read_text("utf-8"))
SIMPLE = {"integer": "int", "number": "float", "boolean": "bool", "object": "Empty"}


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with start_sandbox(load_shipped_contracts()) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> dict[str, Any]:
    """Return what the SDK says."""
    return vendor_results(tmp_path_factory.getbasetemp().parent, testrun_uid)


def sdk_type(schema: dict[str, Any]) -> str:
    """Return the type of a schema as the SDK writes it."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "object") if schema.keys() - {"description"} else None
    if kind == "array":
        return f"list[{sdk_type(schema['items'])}]"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"dict(str, {sdk_type(schema['additionalProperties'])})"
    if kind == "string":
        return {"date-time": "datetime", "date": "date"}.get(schema.get("format", ""), "str")
    return SIMPLE[kind] if kind else "object"


def content_type(part: dict[str, Any]) -> str | None:
    media = part.get("content", {}).get("application/json")
    return sdk_type(media["schema"]) if media else None


def test_every_outbound_and_conversations_operation_is_shipped(sdk: dict[str, Any]) -> None:
    families = tuple(f"/api/v2/{name}" for name in ("outbound", "conversations"))
    published = {
        route
        for route in sdk["operations"]
        if "/".join(route.partition(" ")[2].split("/")[:4]) in families
    }
    assert published <= OPERATIONS.keys()
    assert len(published) == 495


def test_every_operation_takes_and_returns_what_the_sdk_says(sdk: dict[str, Any]) -> None:
    wrong = {}
    for route, operation in OPERATIONS.items():
        output, declared = sdk["operations"][route], operation.declared
        parameters = [
            [each["in"], each["name"], sdk_type(each["schema"]), each.get("required", False)]
            for each in declared.get("parameters", ())
        ]
        body = declared.get("requestBody", {})
        answers = {
            content_type(each) for status, each in declared["responses"].items() if status[0] == "2"
        }
        ours = [sorted(parameters), content_type(body), body.get("required", False)]
        theirs = [sorted(output["parameters"]), output["body"], output["isBodyRequired"]]
        if ours != theirs or not answers <= {output["response"], None}:
            wrong[route] = (ours, theirs, answers, output["response"])
    assert not wrong


def test_every_schema_is_the_model_of_the_sdk(sdk: dict[str, Any]) -> None:
    ours = {
        name: {
            key: [sdk_type(member), member.get("enum") or member.get("items", {}).get("enum", [])]
            for key, member in schema["properties"].items()
        }
        for name, schema in SCHEMAS.items()
    }
    assert ours == sdk["models"]


def test_required_properties_are_those_of_the_other_sdk() -> None:
    changed = OVERLAY["patch"]["components"]["schemas"]
    for name, schema in SCHEMAS.items():
        marks = [each for each in REQUIRED.get(name, ()) if each in schema["properties"]]
        patch = changed.get(name, {})
        expected = (patch["required"] or []) if "required" in patch else marks
        assert sorted(schema.get("required", ())) == sorted(expected), name
    waived = {name for name, patch in changed.items() if "required" in patch}
    assert waived <= REQUIRED.keys()


def test_generating_again_changes_nothing_and_a_new_operation_may_place_a_call() -> None:
    builder = genesys_contract.load_builder()
    declared = builder.sdk.operations
    path = "/api/v2/outbound/megaphones"
    declared["POST", path] = declared["POST", "/api/v2/outbound/campaigns"]
    declared["GET", path] = declared["GET", "/api/v2/outbound/campaigns"]
    generated = builder.document()
    new = generated["paths"].pop(path)
    assert new["post"][genesys_contract.RISK] is True
    assert new["get"][genesys_contract.RISK] is False
    document, index = write_document(generated)
    written = genesys_contract.CONTRACTS / "genesys-cloud.json"
    assert document == written.read_text("utf-8"), "run: python tools/genesys_contract.py"
    assert index == written.with_suffix(".index").read_text("utf-8")


def test_exception_without_operation_or_reason_is_refused() -> None:
    builder = genesys_contract.load_builder()
    builder.harmless["POST", "/api/v2/outbound/rulesets"] = ""
    with pytest.raises(genesys_contract.ReviewError, match=r"no reason.*POST .*/rulesets"):
        builder.document()
    del builder.sdk.operations["POST", "/api/v2/outbound/campaigns"]
    with pytest.raises(genesys_contract.ReviewError, match=r"no operation of the SDK.*campaigns"):
        builder.document()


def test_index_leads_to_each_line() -> None:
    document = whole_document("genesys-cloud")
    for each in OPERATIONS.values():
        assert each.declared == document["paths"][each.path][each.method.lower()]
    for name, schema in SCHEMAS.items():
        assert GENESYS.parts.target(f"#/components/schemas/{name}") == schema
    rest = {name: part for name, part in document["components"].items() if name != "schemas"}
    assert {**GENESYS.declared, "paths": document["paths"]} == {**document, "components": rest}


def mutated(operation: Operation, body: Any, kind: int) -> Any:
    """Return a copy of a body with an unknown property, without a required one, or with a wrong type."""
    changed = deepcopy(body)
    inner = changed[0] if isinstance(changed, list) else changed
    if not isinstance(inner, dict):
        return [{}]
    schema = operation.schema_at("/0" if isinstance(changed, list) else "")
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if kind == 0 and required:
        del inner[required[0]]
    elif kind == 1 and (typed := [name for name, each in properties.items() if "type" in each]):
        inner[typed[0]] = {"wrong": True} if properties[typed[0]]["type"] != "object" else "wrong"
    elif schema.get("additionalProperties") is False:
        inner["unknownProperty"] = 1
    else:
        return [changed] if isinstance(changed, dict) else {"0": changed}
    return changed


def test_sandbox_accepts_bodies_of_the_sdk_and_refuses_mutated_ones(
    sdk: dict[str, Any], sandbox: Sandbox
) -> None:
    refused = {
        route: message for route, (_, status, message) in sdk["sent"].items() if status != 200
    }
    assert not refused
    assert len(sdk["sent"]) == len(SENT)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {get_token(sandbox)}"
    wrong = {}
    for number, (route, (body, *_)) in enumerate(sdk["sent"].items()):
        operation = OPERATIONS[route]
        validator = jsonschema.Draft202012Validator(operation.body_schema)
        values = {
            each.name: "00000007-1234-4234-8234-123456789012"
            if sdk_type(each.schema) == "str"
            else "1"
            for each in operation.parameters
            if each.required
        }
        changed = mutated(operation, body, number % 3)
        answer = session.request(
            operation.method, sandbox.base_url + operation.url("", values), json=changed
        )
        verdicts = (
            validator.is_valid(body),
            check(body, operation.name).valid,
            not validator.is_valid(changed),
            not check(changed, operation.name).valid,
            answer.status_code == 400,
        )
        if not all(verdicts):
            wrong[route] = (verdicts, changed)
    assert not wrong


def get_token(sandbox: Sandbox) -> str:
    answer = requests.post(
        sandbox.token_url,
        data={"grant_type": "client_credentials"},
        auth=(sandbox.client_id, sandbox.client_secret),
        timeout=10,
    )
    token: str = answer.json()["access_token"]
    return token
