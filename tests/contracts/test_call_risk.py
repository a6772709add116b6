"""Which operations of a user's document may place a call, in every dialect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_shipped_contracts, load_user_contract
from cxcall.contracts.openapi_document import values_with_risk
from cxcall.payloads.operation_matching import find_valid_operations
from helpers.calling_api import document, wrap
from helpers.cases import each_case
from helpers.own_operation import DIALECTS, parameter, risk
from helpers.platform_server import Platform, Reply
from helpers.work import count_calls

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
@each_case(
    "method, path, declared, expected",
    [
        ("POST", "/bells", {}, True),
        ("POST", "/bells", {"x-cxcall-rings": False}, False),
        ("POST", "/bells/{id}", {"x-cxcall-rings": False}, False),
        ("DELETE", "/call-logs/{id}", {"x-cxcall-rings": False}, False),
        ("PATCH", "/call-lists/{id}", {"x-cxcall-rings": False}, False),
        ("GET", "/bells", {}, False),
        ("GET", "/bells", {"x-cxcall-rings": True}, True),
        ("DELETE", "/bells/{id}", {}, True),
        # the same name or route as a shipped operation that places calls
        ("POST", "/mine", {"operationId": "execute", "x-cxcall-rings": False}, True),
        ("GET", "/mine", {"operationId": "place-call"}, True),
        ("POST", "/api/v2/conversations/calls", {"x-cxcall-rings": False}, True),
        ("POST", "/API/v2/Conversations/Calls", {"x-cxcall-rings": False}, True),
        ("POST", "/conversations/calls", {"x-cxcall-rings": False}, True),
        ("POST", "/{a}/{b}/{c}/{d}", {"x-cxcall-rings": False}, True),
        ("POST", "/{a}/{b}", {"x-cxcall-rings": False}, True),
        ("POST", "/{id}/start", {"x-cxcall-rings": False}, True),
        ("POST", "/outbound/contactlists/{id}/contacts", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2/outbound/campaigns/{id}/start", {"x-cxcall-rings": False}, True),
        ("DELETE", "/api/v2/outbound/campaigns/{x}/progress", {"x-cxcall-rings": False}, True),
        ("POST", "/inContactAPI/services/v23.0/scripts/start", {"x-cxcall-rings": False}, True),
        # a shipped route in another spelling
        ("POST", "/api/v2/conversations/calls?x=1", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2//conversations/calls", {"x-cxcall-rings": False}, True),
        ("POST", "//api/v2/conversations/calls/", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2/conversations;a=b/calls;x", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2/%63onversations/c%61lls", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2/x/../conversations/./calls", {"x-cxcall-rings": False}, True),
        ("POST", "/api/v2/outbound//campaigns/{id}/start;x?y=1", {"x-cxcall-rings": False}, True),
        ("POST", "/inContactAPI//services/v23.0/scripts/start", {"x-cxcall-rings": False}, True),
        # a name, a path, a summary, or a number says that it places a call
        (
            "POST",
            "/api/v2/conversations/calls/{c}/participants/{p}/consult",
            {"x-cxcall-rings": False},
            True,
        ),
        ("POST", "/dial", {"x-cxcall-rings": False}, True),
        ("POST", "/bells", {"operationId": "dialBell", "x-cxcall-rings": False}, True),
        ("POST", "/bells", {"summary": "Call the bell", "x-cxcall-rings": False}, True),
        (
            "POST",
            "/bells",
            {"parameters": [parameter("phoneNumber")], "x-cxcall-rings": False},
            True,
        ),
        ("POST", "/bells", {"parameters": [parameter("size")], "x-cxcall-rings": False}, False),
        ("POST", "/api/v2/outbound/contactlists", {"x-cxcall-rings": True}, True),
        # a shipped route that places no call, on the host of another vendor
        ("POST", "/campaigns", {}, True),
        ("POST", "/campaigns", {"parameters": [parameter("phone")]}, True),
        ("POST", "/api/v2/outbound/campaigns/{id}/stop", {}, True),
        ("PUT", "/incontactAPI/services/v9.0/campaigns/{id}", {"summary": "Start it"}, False),
    ],
    quick=24,
)
def test_risk_of_an_operation(
    folder: Path, dialect: str, method: str, path: str, declared: dict[str, Any], *, expected: bool
) -> None:
    assert risk(folder, dialect, method, path, **declared) is expected


@pytest.mark.parametrize("dialect", DIALECTS)
@each_case(
    "host, path, expected",
    [
        ("api.mypurecloud.de", "/api/v2/outbound/campaigns/{id}/stop", False),
        ("api.apne9.pure.cloud", "/api/v2/outbound/campaigns/{id}/stop", False),
        ("api-na1.niceincontact.com", "/campaigns", False),
        ("api-b32.nice-incontact.com", "/inContactAPI/services/v30.0/campaigns", False),
        ("api.mypurecloud.com.example", "/api/v2/outbound/campaigns/{id}/stop", True),
        ("niceincontact.com.example", "/campaigns", True),
    ],
)
def test_shipped_route_decides_on_a_host_of_its_vendor(
    folder: Path, dialect: str, host: str, path: str, *, expected: bool
) -> None:
    assert risk(folder, dialect, "POST", path, host, summary="Start it") is expected


def test_get_that_acts_is_no_read_even_if_it_places_no_call(folder: Path) -> None:
    answer = {"responses": {"200": {"description": "-"}}, "x-cxcall-rings": False}
    paths: dict[str, Any] = {"/sync/start": {"get": answer}, "/sync": {"get": answer}}
    file = folder / "own.json"
    file.write_text(json.dumps(wrap("3.1.0", paths)), "utf-8")
    acting, reading = load_user_contract(str(file)).operations
    assert [acting.can_place_call, acting.is_read] == [False, False]
    assert [reading.can_place_call, reading.is_read] == [False, True]


def linked_schemas(size: int) -> dict[str, Any]:
    """Return a document with as many operations as schemas, each of which leads to most others.

    A request of the first half leads to a number, and of the first quarter also to an invalid schema.
    """
    schemas: dict[str, Any] = {}
    for at in range(size):
        later = range(at + 1, min(at + 5, size)) or [size * 3 // 4]
        links = {f"link{each}": {"$ref": f"#/components/schemas/S{each}"} for each in later}
        schemas[f"S{at}"] = {"type": "object", "properties": {"size": {"type": "integer"}, **links}}
    schemas[f"S{size // 2}"]["properties"]["phone"] = {"type": "string"}
    schemas[f"S{size // 4}"]["properties"]["text"] = {"$ref": "#/components/schemas/Missing"}
    paths = {
        f"/bells/{name}": {
            "post": {
                "operationId": name,
                "x-cxcall-rings": False,
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
                    }
                },
                "responses": {},
            }
        }
        for name in schemas
    }
    return {**wrap("3.1.0", paths), "components": {"schemas": schemas}}


@pytest.mark.slow
def test_work_for_linked_schemas_grows_with_the_document(folder: Path) -> None:
    converting, matching = [], []
    for size in (8, 32, 64):  # the first document is converted together with the shipped ones
        file = folder / f"own{size}.json"
        file.write_text(json.dumps(linked_schemas(size)), "utf-8")
        converting.append(count_calls(lambda: load_user_contract(str(file))))  # noqa: B023 - called at once
        operations = load_user_contract(str(file)).operations
        assert [each.name for each in operations] == [f"S{at}" for at in range(size // 4 + 1, size)]
        assert sum(each.can_place_call for each in operations) == size // 4
        matching.append(count_calls(lambda: find_valid_operations(operations, {"size": 1})))  # noqa: B023 - called at once
        assert {*find_valid_operations(operations, {"size": 1})} == {*operations}
        assert find_valid_operations(operations, {"size": "x"}) == ()
    assert converting[2] < 2.5 * converting[1]
    assert matching[2] < 2.5 * matching[1]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_statement_lowers_the_risk_of_a_shipped_operation(folder: Path, dialect: str) -> None:
    paths: dict[str, Any] = {}
    for operation in (each for known in load_shipped_contracts() for each in known.operations):
        path = operation.base_path + operation.path
        paths.setdefault(path, {})[operation.method.lower()] = {
            "x-cxcall-rings": False,
            "responses": {"200": {"description": "-"}},
        }
    file = folder / "own.json"
    own_document = wrap(dialect, paths, "api.mypurecloud.com")
    file.write_text(json.dumps({**own_document, "x-cxcall-rings": False}), "utf-8")
    own = {
        (each.method, each.path): each.can_place_call
        for each in load_user_contract(str(file)).operations
    }
    shipped = {
        (each.method, each.base_path + each.path): (
            each.can_place_call or bool(values_with_risk(each.declared))
        )
        for known in load_shipped_contracts()
        for each in known.operations
    }
    assert own == shipped
    assert any(shipped.values())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_statement_lowers_the_risk_of_a_number_in_the_body(folder: Path, dialect: str) -> None:
    for properties in (
        {"phoneNumber": {"type": "string"}},
        {"a": {"type": "array", "items": {"properties": {"callee": {"type": "string"}}}}},
        {"x": {"type": "string", "format": "e164"}},
    ):
        schema = {"type": "object", "properties": properties}
        body: dict[str, Any] = {
            "requestBody": {"content": {"application/json": {"schema": schema}}}
        }
        if dialect == "2.0":
            body = {"parameters": [{"in": "body", "name": "body", "schema": schema}]}
        body["x-cxcall-rings"] = False
        assert risk(folder, dialect, "POST", "/bells", **body)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path"), [("makeCall", "/makeCall"), ("startCampaign", "/campaigns/7/start")]
)
def test_get_that_acts_needs_consent_and_is_sent_once(cxcall: Cxcall, name: str, path: str) -> None:
    declared: dict[str, Any] = {"operationId": name, "parameters": [parameter("to")]}
    declared |= {"responses": {"200": {"description": "-"}}}
    contract = cxcall.file("own.json", wrap("3.0.3", {path: {"get": declared}}))
    reply = Reply(500)
    with Platform(reads=lambda _path, _count: reply) as platform:
        cxcall.environment |= platform.environment
        words = ("send", name, "--contract", contract, "--param", "to=+12025550123")
        assert "`--yes` is required" in cxcall(*words, code=2).err
        assert "it only reads" not in cxcall(*words, "--yes", code=8).err
        cxcall(*words, "--yes", code=7)
    assert [count for seen, count in platform.seen.items() if path in seen] == [1]


@pytest.mark.slow
@pytest.mark.parametrize("value", ["start", "list,START"])
def test_value_that_selects_an_action_needs_consent_and_reads_no_pages(
    cxcall: Cxcall, value: str
) -> None:
    kinds = ["list", "start", value]
    declared = {"operationId": "listCalls", "parameters": [parameter("action", enum=kinds)]}
    answer = {"description": "-", "schema": {"type": "array", "items": {"type": "object"}}}
    own = wrap("2.0", {"/calls": {"get": {**declared, "responses": {"200": answer}}}})
    contract = cxcall.file("own.json", own)
    listed = cxcall("operations", "listCalls", "--contract", contract, code=0).out
    assert "can place a call  if `action` is `start`" in listed
    with Platform(reads=lambda _path, _count: Reply(200, [])) as platform:
        cxcall.environment |= platform.environment
        words = ("send", "listCalls", "--contract", contract, "--param")
        assert "`--yes` is required" in cxcall(*words, f"action={value}", code=2).err
        ran = cxcall(*words, f"action={value}", "--all", "--yes", code=2)
        assert "it may place a call" in ran.err
        assert not any("calls" in path for path in platform.seen)
        cxcall(*words, "action=list", "--all", code=0)
        cxcall(*words, f"action={value}", "--yes", code=0)
        cxcall(*words, f"action={value}", "--yes", code=7)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_operation_with_a_shipped_name_needs_consent_under_its_own(
    cxcall: Cxcall, dialect: str
) -> None:
    weak = document(dialect, operationId="execute", **{"x-cxcall-rings": False})
    contract = cxcall.file("own.json", weak)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        number = ("--line", "1", "--set", '/phoneNumber="+12025550123"')
        assert (
            "is ambiguous" in cxcall("send", "execute", "--contract", contract, *number, code=2).err
        )
        words = ("send", "post-lines-line-calls", "--contract", contract, *number)
        assert "`--yes` is required" in cxcall(*words, code=2).err
        assert platform.rung == 0
        cxcall(*words, "--yes", code=0)
        assert "already-sent" in cxcall(*words, "--yes", code=7).err
