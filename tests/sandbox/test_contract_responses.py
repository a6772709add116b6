"""Only contracts decide the behavior of the sandbox, also those of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from cxcall.contracts import contract, json_schema
from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.contracts.sample_values import sample_body, sample_response, sample_value
from cxcall.payloads.payload import encode_body
from cxcall.sandbox.server import start_sandbox
from helpers.cases import each_case
from helpers.sandbox_client import (
    CONTACT,
    EXECUTIONS,
    Client,
    execution,
)
from helpers.shipped_operations import detailed_operations

if TYPE_CHECKING:
    from collections.abc import Iterator


# Only contracts decide its behavior

MADE_UP: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Teapots", "version": "1"},
    "paths": {
        "/teapots/{pot}": {
            "get": {
                "operationId": "look",
                "security": [],
                "parameters": [
                    {"name": "pot", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "lid", "in": "query", "schema": {"type": "boolean"}},
                    {
                        "name": "cup",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "array", "items": {"type": "integer"}},
                    },
                    {
                        "name": "X-Spout",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "integer"},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The pot.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Pot"}}
                        },
                    }
                },
            }
        },
        "/teapots/brown": {
            "post": {
                "operationId": "pour",
                "x-cxcall-rings": True,
                "x-cxcall-engagement-id": ["header:Tea-Id", "body:/0/tea/id"],
                "security": [{"oauth": ["tea"]}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "array", "items": {"type": "string"}, "minItems": 1}
                        }
                    },
                },
                "responses": {
                    "202": {
                        "description": "Poured.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Poured"},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/teapots/{pot}/stop": {
            "post": {
                "operationId": "stop",
                "security": [{"oauth": ["tea"]}],
                "responses": {"204": {"description": "Stopped."}},
            }
        },
        "/teapots/brown/stop": {
            "post": {"operationId": "stop-brown", "responses": {"200": {"description": "Cold."}}}
        },
    },
    "components": {
        "schemas": {
            "Pot": {
                "type": "object",
                "required": ["id", "size", "full"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "size": {"type": "integer", "minimum": 3},
                    "full": {"type": "boolean"},
                    "colour": {"type": "string"},
                },
            },
            "Poured": {
                "type": "object",
                "required": ["state"],
                "properties": {
                    "state": {"enum": ["hot", "cold"]},
                    "tea": {"type": "object", "properties": {"id": {"type": "string"}}},
                },
            },
        }
    },
}


@pytest.fixture
def teapot() -> Iterator[Client]:
    with start_sandbox([Contract("teapots", MADE_UP)]) as sandbox:
        yield Client(sandbox)


def test_user_operation_gets_a_response_from_its_contract(teapot: Client) -> None:
    reply = teapot.post("/teapots/brown", ["assam"])
    assert reply.status == 202
    tea = reply.headers["Tea-Id"]
    assert reply.json == [{"state": "hot", "tea": {"id": tea}}]
    assert teapot.sandbox.rings[0].engagement_id == tea
    assert teapot.post("/teapots/brown", []).json["code"] == "constraint.validation"
    assert teapot.post("/teapots/brown", ["a"], Authorization="").status == 401
    assert teapot.post("/teapots/brown", ["+12025550150"]).status == 500
    assert teapot.post("/teapots/brown", ["+12025550101"]).json[0]["tea"]["id"]
    assert teapot.post("/teapots/brown", ["+12025550102"]).json == [{"state": "hot", "tea": {}}]
    assert teapot.post(EXECUTIONS, execution()).status == 404


def test_user_get_operation_needs_no_token_and_places_no_call(teapot: Client) -> None:
    headers: dict[str, Any] = {"X_Spout": "1"}
    reply = teapot.send("GET", "/teapots/12?cup=1&cup=2&lid=true", **headers)
    assert reply.status == 200
    jsonschema.validate(reply.json, MADE_UP["components"]["schemas"]["Pot"])
    assert set(reply.json) == {"id", "size", "full"}
    assert teapot.sandbox.received[-1].accepted
    assert teapot.sandbox.rings == []


@each_case(
    "path, headers, code, name",
    [
        ("/teapots/blue?cup=1", {}, "invalid.value", "pot"),
        ("/teapots/1", {}, "invalid.query.param.value", "cup"),
        ("/teapots/1?cup=x", {}, "invalid.query.param.value", "cup"),
        ("/teapots/1?cup=1&lid=maybe", {}, "invalid.query.param.value", "lid"),
        ("/teapots/1?cup=1", {}, "invalid.value", "X-Spout"),
        ("/teapots/1?cup=1", {"X_Spout": "x"}, "invalid.value", "X-Spout"),
    ],
)
def test_parameters_are_checked_with_their_schemas(
    teapot: Client, path: str, headers: dict[str, Any], code: str, name: str
) -> None:
    reply = teapot.send("GET", path, **headers)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert reply.json["details"] == [{"errorCode": code, "fieldName": name}]


def test_response_without_required_members_has_those_that_are_declared() -> None:
    members = {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "call": {"type": "object", "properties": {"state": {"enum": ["queued"]}}},
        "errors": {"type": "array", "items": {"type": "string"}},
        "pin": {"type": "string", "writeOnly": True},
    }
    content = {"application/json": {"schema": {"type": "object", "properties": members}}}
    post = {
        "operationId": "dial",
        "security": [],
        "responses": {"202": {"description": "-", "content": content}},
    }
    with start_sandbox([Contract("own", {"paths": {"/dial": {"post": post}}})]) as sandbox:
        body = Client(sandbox).send("POST", "/dial").json
        assert (set(body), body["call"]) == ({"id", "call"}, {"state": "queued"})
        # The log names no ID that the response does not contain.
        assert sandbox.received[-1].engagement_id is None


def test_sampled_responses_keep_no_validators() -> None:
    schema = {"properties": {"state": {"enum": ["a"]}, "x": {"type": "string", "pattern": "^a$"}}}
    kept = len(json_schema._compiled)  # noqa: SLF001 - what grows
    assert sample_response(Contract("own", {}), schema, {}) == {"state": "a", "x": "a"}
    assert len(json_schema._compiled) == kept  # noqa: SLF001


def test_declared_204_is_empty_and_fixed_paths_take_precedence(teapot: Client) -> None:
    reply = teapot.post("/teapots/7/stop", None)
    assert (reply.status, reply.body) == (204, b"")
    assert "Content-Length" not in reply.headers
    assert teapot.post("/teapots/brown/stop", None).status == 200
    assert teapot.send("PUT", "/teapots/brown").headers["Allow"] == "POST"


def test_user_contract_takes_precedence_over_shipped_contracts(client: Client) -> None:
    path = "/api/v2/engagements/outbound/personal-connections"
    responses = {"200": {"description": "Mine."}}
    mine = {"paths": {path: {"post": {"operationId": "mine", "responses": responses}}}}
    with start_sandbox([Contract("mine", mine), *contract.load_shipped_contracts()]) as sandbox:
        assert Client(sandbox).send("POST", path).status == 200
    assert client.send("POST", path).status == 401


@each_case(
    "schema",
    [
        {"type": "string", "minLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "date-time"},
        {"type": ["null", "integer"], "minimum": 7},
        {"type": "null"},
        {"const": 5},
        {"enum": ["a", "b"]},
        {"type": "array", "items": {"type": "number"}, "minItems": 2},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "boolean"}}}]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "required": ["x"], "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"deep": {"$ref": "#/components/schemas/Tree"}}},
        {"$ref": "#/components/schemas/Tree"},
        {},
    ],
)
def test_generated_sample_is_valid(schema: dict[str, Any]) -> None:
    tree = {
        "type": "object",
        "required": ["branches"],
        "properties": {
            "branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
        },
    }
    declared = {"components": {"schemas": {"Tree": tree}}}
    found = sample_value(Contract("made-up", declared), schema)
    checked = {**schema, **declared}
    jsonschema.Draft202012Validator(checked, format_checker=jsonschema.FormatChecker()).validate(
        found
    )


@pytest.mark.slow
@each_case(
    "operation",
    [entry for entry in detailed_operations() if entry.takes_body or entry.method == "GET"],
    ids=lambda operation: operation.name,
)
def test_every_operation_gets_its_declared_response(client: Client, operation: Operation) -> None:
    values = {
        entry.name: str(1 if entry.schema.get("type") == "integer" else CONTACT)
        for entry in operation.parameters
        if entry.required
    }
    path = operation.url("", values)
    authorization = f"Bearer {client.sandbox.new_user_token()}"
    body, kind = None, "application/json"
    if operation.takes_body:
        body, kind = encode_body(operation, sample_body(operation))
    headers = {"Authorization": authorization, "Content_Type": kind}
    reply = client.send(operation.method, path, body, timeout=10, **headers)
    assert 200 <= reply.status < 300, reply
    declared = operation.declared["responses"].get(str(reply.status), {})
    media = operation.contract.resolve(declared).get("content", {}).get("application/json")
    if media:
        schema = operation.contract.bundle_schema(media["schema"])
        jsonschema.Draft202012Validator(schema).validate(reply.json)
    received = client.sandbox.received[-1]
    is_accepted = not received.is_token_request
    assert (received.operation, received.accepted) == (operation.name, is_accepted)
    if operation.engagement_id and operation.method != "GET" and media:
        assert received.engagement_id is not None
        assert received.engagement_id in reply.body.decode() + str(reply.headers)


def test_concrete_path_takes_precedence_over_a_template(client: Client) -> None:
    reply = client.send("DELETE", "/api/v2/conversations/calls")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")


USER_CALLS = f"/api/v2/conversations/calls/user/{CONTACT}"
CALLBACKS = "/api/v2/conversations/callbacks"


def read_parties(client: Client, conversation: str) -> list[dict[str, str]]:
    """Return the address of each party by its purpose, in each of the sandbox's reads of a call."""
    reads = [
        client.send(
            "GET",
            f"/api/v2/conversations/{conversation}",
            Authorization=f"Bearer {client.token}",
        )
        for _ in range(4)
    ]
    return [
        {each["purpose"]: each.get("address", "") for each in read.json["participants"]}
        for read in reads
    ]


@pytest.mark.slow
@each_case(
    "path, body",
    [
        (USER_CALLS, {"phoneNumber": "+12025550177"}),
        (USER_CALLS, {"phoneNumber": "tel:+12025550177"}),
        (CALLBACKS, {"callbackNumbers": ["+12025550177"], "queueId": CONTACT}),
    ],
)
def test_read_of_a_call_shows_the_number_that_was_called(
    client: Client, path: str, body: Any
) -> None:
    placed = client.post(path, body).json
    client.post(USER_CALLS, {"phoneNumber": "+12025550166"})
    reads = read_parties(client, placed.get("id") or placed["conversation"]["id"])
    shown = {each["customer"] for each in reads if "customer" in each}
    assert shown == {"tel:+12025550177"}
    assert all(each["agent"] != "tel:+12025550177" for each in reads)


def test_read_of_an_unknown_call_shows_the_number_of_the_example(client: Client) -> None:
    assert read_parties(client, CONTACT)[-1]["customer"] == "tel:+12025550100"
