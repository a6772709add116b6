"""The shipped contracts are valid OpenAPI (by an independent validator) and agree with docs/platforms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from cxcall.contracts import contract
from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.credentials import oauth_client
from cxcall.documents.json_pointer import has_value
from cxcall.findings.errors import UsageError
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, check_parameters
from cxcall.runtime.secrets.secret_names import SECRET, kind_of_name
from helpers.cases import each_case
from helpers.shipped_operations import detailed_document, detailed_operations, whole_document
from helpers.work import stride

OPERATIONS = detailed_operations()
WITH_BODY = [operation for operation in OPERATIONS if operation.takes_body]


@cache
def example_answers() -> list[tuple[str, Any, Any]]:
    """List (name, schema, example) of every response with an example."""
    return [
        (
            f"{operation.name}-{status}",
            operation.contract.bundle_schema(media["schema"]),
            media["example"],
        )
        for operation in OPERATIONS
        for status, response in operation.declared["responses"].items()
        for media in operation.contract.resolve(response).get("content", {}).values()
        if "example" in media
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "shipped", contract.load_shipped_contracts(), ids=lambda shipped: shipped.name
)
def test_contract_is_valid_openapi(shipped: Contract) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    document = whole_document(shipped.name)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema_rs.meta.validate(schema)
    named = re.findall('"#/components/schemas/([^"]+)"', json.dumps(document))
    assert {*named} <= {*schemas}
    # The slower validator reads the paths that are not only generated, and some of the others and of the schemas.
    step = stride() * (len(schemas) // 100 + 1)
    some = {name: {} if at % step else schema for at, (name, schema) in enumerate(schemas.items())}
    parts = {**document["components"], "schemas": some}
    generated = document["paths"].keys() - detailed_document(shipped.name)["paths"].keys()
    left_out = {path for at, path in enumerate(sorted(generated)) if at % stride() ** 2}
    paths = {path: item for path, item in document["paths"].items() if path not in left_out}
    OpenAPIV31SpecValidator({**document, "components": parts, "paths": paths}).validate()


@each_case("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_example_is_valid_for_us_and_for_another_validator(operation: Operation) -> None:
    jsonschema.Draft202012Validator(operation.body_schema).validate(operation.example)
    assert check_body(operation, Payload(operation.example)) == []


@each_case("answer", example_answers(), ids=lambda answer: answer[0])
def test_example_of_an_answer_is_valid(answer: tuple[str, Any, Any]) -> None:
    _, schema, example = answer
    jsonschema.Draft202012Validator(schema).validate(example)


@each_case("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_every_object_of_a_body_says_whether_it_is_closed(operation: Operation) -> None:
    for schema in objects_in(operation.body_schema):
        if operation.platform == "nice-cxone" and schema.get("properties"):
            # Not published (docs/platforms/nice-cxone.md#bodies-and-required-properties): any property may be allowed.
            assert schema.get("additionalProperties") is None, schema
        else:
            assert "additionalProperties" in schema, schema


def objects_in(schema: Any) -> list[Any]:
    """List the schemas of objects, at any depth; a condition is a rule on an object, not its schema."""
    if not isinstance(schema, dict | list):
        return []
    names = schema.keys() - {"x-cxcall-conditions"} if isinstance(schema, dict) else ()
    members = [schema[name] for name in names] if isinstance(schema, dict) else schema
    own = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
    return [*own, *(found for member in members for found in objects_in(member))]


@pytest.mark.slow
@each_case("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_places_of_the_engagement_id_are_in_the_answer(operation: Operation) -> None:
    if operation.provenance == "published" and operation.engagement_id:
        answers = [
            answer for name, _, answer in example_answers() if name.startswith(operation.name)
        ]
        places = [place.removeprefix("body:") for place in operation.engagement_id]
        assert any(has_value(answer, place) for answer in answers for place in places)


@each_case("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_request_that_rings_and_what_its_token_must_be_are_declared(operation: Operation) -> None:
    assert isinstance(operation.declared["x-cxcall-rings"], bool)
    assert set(operation.token_kinds) <= {
        oauth_client.CLIENT_CREDENTIALS,
        oauth_client.AUTHORIZATION_CODE,
        oauth_client.ACCESS_KEY,
    }
    assert all(needed for needed in operation.permissions)
    assert not operation.can_place_call or operation.method not in ("GET", "HEAD")


def test_no_shipped_path_has_a_secret() -> None:
    """`sending/checked_request.py` masks secrets in a path only for a user's document."""
    shipped = (each for known in contract.load_shipped_contracts() for each in known.operations)
    paths = (entry for each in shipped for entry in each.parameters if entry.location == "path")
    assert [entry.name for entry in paths if kind_of_name(entry.name) == SECRET] == []


TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
}


def enums_in(node: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the type and the values of each enumeration in a document, at any depth."""
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list) and isinstance(node.get("type"), str):
            yield node["type"], node["enum"]
        node = list(node.values())
    for member in node if isinstance(node, list) else ():
        yield from enums_in(member)


def test_listed_values_have_the_type_of_their_schema() -> None:
    found = [
        each
        for shipped in contract.load_shipped_contracts()
        for each in enums_in(whole_document(shipped.name))
    ]
    assert len(found) > 20
    assert [
        (declared, value)
        for declared, values in found
        for value in values
        if not isinstance(value, TYPES[declared])
    ] == []


def test_known_permissions_are_alternatives() -> None:
    either = contract.load_operation("place-call-for-user").permissions
    assert list(map(set, either)) == [
        {"conversation:agentlessCall:add"},
        {"conversation:call:add"},
    ]
    both = contract.load_operation("get-conversation-metrics").permissions
    assert list(map(set, both)) == [
        {"recording:recording:view", "speechAndTextAnalytics:data:view"}
    ]


def test_commands_need_the_contract_alone_that_declares_them() -> None:
    contract.load_shipped_contracts.cache_clear()
    assert [entry.name for entry in contract.find_command_operations("execute")] == ["execute"]
    assert contract.load_operation("execute").command == "execute"
    parsed = [
        shipped.name
        for shipped in contract.load_shipped_contracts()
        if "head" in shipped.parts.__dict__
    ]
    assert parsed == ["community"]
    contract.load_operation("cxone-dial-phone")
    parsed = [
        shipped.name
        for shipped in contract.load_shipped_contracts()
        if "head" in shipped.parts.__dict__
    ]
    assert parsed == ["community", "nice-cxone"]


@pytest.mark.slow
def test_a_wrong_name_is_told_the_near_one() -> None:
    with pytest.raises(UsageError) as failed:
        contract.load_operation("place-cal")
    assert "`place-call`" in failed.value.findings[0].fix


def test_the_address_of_cxone_has_its_area_and_version() -> None:
    cxone = contract.load_operation("cxone-dial-phone").contract
    assert cxone.base_url() == "https://api-na1.niceincontact.com/inContactAPI/services/v34.0"
    assert cxone.base_url("eu1").startswith("https://api-eu1.niceincontact.com/")


def test_query_parameters_go_into_the_address() -> None:
    operation = contract.load_operation("cxone-schedule-callback")
    values = {"phoneNumber": "+12025550100", "skillId": "4711", "scheduleDate": "2027-01-01"}
    assert check_parameters(operation, values) == []
    assert operation.url("https://h/own", values) == (
        "https://h/own/scheduled-callbacks?phoneNumber=%2B12025550100&skillId=4711&scheduleDate=2027-01-01"
    )


def test_a_host_alone_gets_the_path_of_the_server() -> None:
    operation = contract.load_operation("cxone-get-contact")
    assert operation.url("https://h", {"contactId": "7"}) == (
        "https://h/inContactAPI/services/v34.0/contacts/7"
    )
    own = contract.load_operation("cxone-get-configuration")
    assert own.url(own.server, {}).startswith("https://cxone.niceincontact.com/.well-known/")


def test_a_list_is_repeated_in_the_query() -> None:
    url = contract.load_operation("list-campaigns").url("https://h", {"id": "a,b", "pageSize": "3"})
    assert url.endswith("/campaigns?pageSize=3&id=a&id=b")


def test_what_a_parameter_must_be_is_told() -> None:
    operation = contract.load_operation("cxone-schedule-callback")
    values = {"phoneNumber": "+12025550100", "skillId": "4711", "scheduleDate": "2027-01-01"}
    found = check_parameters(operation, {**values, "skillId": "sales"})
    assert [(entry.code, entry.where) for entry in found] == [("value-not-allowed", "query")]


def test_the_three_routes_are_there_as_community() -> None:
    routes = {(entry.method, entry.path) for entry in OPERATIONS if entry.provenance == "community"}
    assert routes == {
        ("POST", "/api/v2/outbound/campaigns/{campaignId}/executions"),
        ("POST", "/api/v2/outbound/contacts/{contactId}/personal-connections"),
        ("POST", "/api/v2/engagements/outbound/personal-connections"),
    }


@each_case("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_unpublished_operation_names_published_ones_instead(operation: Operation) -> None:
    if operation.provenance != "published":
        assert operation.nearest
        assert str(operation.nearest[0]) in operation.provenance_note


def test_names_are_unique() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_regions_lead_to_hosts() -> None:
    community = contract.load_shipped_contracts()[0]
    assert community.base_url() == "https://api.mypurecloud.com"
    assert community.base_url(community.regions["eu-central-1"]) == "https://api.mypurecloud.de"
    assert len(community.regions) == 18


def test_a_path_parameter_is_checked_and_compared_with_the_body() -> None:
    operation = contract.load_operation("personal-connection-contact")
    findings = check_parameters(operation, {"contactId": "12345"})
    assert [(entry.code, entry.where) for entry in findings] == [("id-format", "path")]
    other = {"contactId": "99999999-1234-1234-1234-123456789012"}
    found = check_parameters(operation, other, Payload(operation.example))
    assert [(entry.severity, entry.code, entry.where) for entry in found] == [
        ("error", "id-mismatch", "/contactId")
    ]


def test_a_path_is_percent_encoded() -> None:
    operation = contract.load_operation("execute")
    assert operation.url("https://h/", {"campaignId": "a/..b?c"}) == (
        "https://h/api/v2/outbound/campaigns/a%2F..b%3Fc/executions"
    )
    with pytest.raises(UsageError, match="another route"):
        operation.url("https://h/", {"campaignId": "a/../b?c"})
