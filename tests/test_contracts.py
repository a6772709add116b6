"""The contracts are valid OpenAPI, by a validator that is not ours, and say what the facts say."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cxcall import contract
from cxcall.checks import check_body, check_parameters
from cxcall.contract import Contract, Operation
from cxcall.payload import Payload

OPERATIONS = contract.operations()


@pytest.mark.parametrize("shipped", contract.builtin(), ids=lambda shipped: shipped.name)
def test_contract_is_valid_openapi(shipped: Contract) -> None:
    OpenAPIV31SpecValidator(dict(shipped.declared)).validate()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_example_is_valid_for_us_and_for_another_validator(operation: Operation) -> None:
    jsonschema.Draft202012Validator(operation.body_schema).validate(operation.example)
    assert check_body(operation, Payload(operation.example)) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_body_schemas_are_closed_and_their_objects_described(operation: Operation) -> None:
    schemas: dict[str, Any] = operation.body_schema["components"]["schemas"]
    for name, schema in schemas.items():
        if schema.get("type") == "object":
            assert "additionalProperties" in schema, name


def test_the_three_routes_are_there_as_community() -> None:
    routes = {(entry.method, entry.path) for entry in OPERATIONS if entry.provenance == "community"}
    assert routes == {
        ("POST", "/api/v2/outbound/campaigns/{campaignId}/executions"),
        ("POST", "/api/v2/outbound/contacts/{contactId}/personal-connections"),
        ("POST", "/api/v2/engagements/outbound/personal-connections"),
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_unpublished_operation_names_published_ones_instead(operation: Operation) -> None:
    if operation.provenance != "published":
        assert operation.nearest
        assert str(operation.nearest[0]) in operation.standing


def test_names_are_unique() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_regions_lead_to_hosts() -> None:
    community = contract.builtin()[0]
    assert community.base_url() == "https://api.mypurecloud.com"
    assert community.base_url(community.regions["eu-central-1"]) == "https://api.mypurecloud.de"
    assert len(community.regions) == 18


def test_a_path_parameter_is_checked_and_compared_with_the_body() -> None:
    operation = contract.find("personal-connection-contact", OPERATIONS)
    findings = check_parameters(operation, {"contactId": "12345"})
    assert [(entry.code, entry.where) for entry in findings] == [("id-format", "path")]
    other = {"contactId": "99999999-1234-1234-1234-123456789012"}
    found = check_parameters(operation, other, Payload(operation.example))
    assert [(entry.severity, entry.code, entry.where) for entry in found] == [
        ("error", "id-mismatch", "/contactId")
    ]


def test_a_path_is_percent_encoded() -> None:
    operation = contract.find("execute", OPERATIONS)
    assert operation.url("https://h/", {"campaignId": "a/../b?c"}) == (
        "https://h/api/v2/outbound/campaigns/a%2F..%2Fb%3Fc/executions"
    )
