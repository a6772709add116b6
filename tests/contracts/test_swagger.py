"""A vendor's own document with `--contract`: Swagger 2.0 and OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall import check
from cxcall.findings.finding import Severity
from helpers.small_api import swagger
from helpers.user_documents import names

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.mark.slow
def test_operations_are_listed_with_their_requirements(cxcall: Cxcall, contract: str) -> None:
    shown = cxcall("operations", "callLead", "--contract", contract, "-o", "json", code=0).envelope
    assert shown["data"]["permissions"] == [["lead:call:add"], ["lead:call:all"]]
    assert shown["data"]["rings"] is True
    read = cxcall("operations", "getLead", "--contract", contract, "-o", "json", code=0).envelope
    assert read["data"]["rings"] is False
    listed = cxcall("operations", "--contract", contract, code=0).out.splitlines()
    assert "put-groups" in listed  # it has no operationId


@pytest.mark.slow
def test_request_is_built_as_declared(cxcall: Cxcall, contract: str) -> None:
    lists = ("--one", "1,2", "--many", "1,2", "--piped", "1,2", "--spaced", "1,2")
    given = ("--lead-id", "a/b", *lists)
    ran = cxcall("send", "getLead", "--contract", contract, *given, "-n", "-o", "json", code=0)
    assert (
        ran.envelope["request"]["url"]
        == "https://leads.example.com/base/v1/leads/a%2Fb?one=1%2C2&many=1&many=2&piped=1%7C2&spaced=1%202"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "body", "codes"),
    [
        ("callLead", {"rank": 1, "label": None, "owner": {"rank": 2}}, []),
        ("callLead", {"rank": 0}, ["value-not-allowed"]),
        ("callLead", {"rank": 1, "owner": {"rank": "x"}}, ["type-mismatch"]),
        ("callLead", {"rank": 1, "owner": None}, ["type-mismatch"]),
        ("addGroup", {"rank": 1, "volume": 2.5}, []),
        ("addGroup", {"rank": 1}, ["property-missing"]),
        ("put-groups", {"volume": 1}, ["property-missing"]),
    ],
)
def test_bodies_are_checked_against_the_document(
    cxcall: Cxcall, contract: str, operation: str, body: Any, codes: list[str]
) -> None:
    found = check(body, operation, contract=cxcall.folder / contract).findings
    assert [each.code for each in found if each.severity is Severity.ERROR] == codes


def test_operation_of_a_body_is_found(cxcall: Cxcall, contract: str) -> None:
    ran = cxcall("validate", "-", "--contract", contract, stdin='{"rank": 1, "volume": 2}', code=0)
    assert ran.out == "-: valid as addGroup or put-groups\n"


@pytest.mark.slow
def test_sandbox_accepts_operation_of_the_document(cxcall: Cxcall, contract: str) -> None:
    file = cxcall.file("body.json", {"rank": 3})
    words = ("send", "callLead", "--contract", contract, "--lead-id", "7", "-f", file, "--sandbox")
    assert cxcall(*words, "-o", "json", code=0).envelope["response"]["status"] == 202


@pytest.mark.slow
def test_request_to_the_documents_host_is_explained(cxcall: Cxcall, contract: str) -> None:
    curl = "curl https://leads.example.com/base/v1/groups -H 'Content-Type: application/json' -d '{\"rank\": 1}'"
    ran = cxcall("explain", "-", "--contract", contract, "-o", "json", stdin=curl)
    missing = [each for each in ran.envelope["findings"] if each["code"] == "property-missing"]
    assert [each["where"] for each in missing] == ["/volume"]


@pytest.mark.slow
def test_form_parameters_are_sent_as_a_form(cxcall: Cxcall, contract: str) -> None:
    shown = cxcall("operations", "sendForm", "--contract", contract, code=0).out
    assert "object, sent as application/x-www-form-urlencoded\n  a  string, required" in shown
    words = ("send", "sendForm", "--contract", contract, "-n")
    (finding,) = cxcall(*words, "-o", "json", code=2).envelope["findings"]
    assert finding["message"] == "no body was given"
    shown = cxcall(*words, "--set", '/a="1 & 2"', code=0).out
    assert "Content-Type: application/x-www-form-urlencoded\n\na=1+%26+2\n" in shown


@pytest.mark.slow
def test_undeclared_property_is_a_warning(cxcall: Cxcall, contract: str) -> None:
    body = '{"rank": 1, "lable": "a", "owner": {"rank": 1, "loud": true}}'
    asked = ("validate", "-", "--operation", "callLead", "--contract", contract, "-o", "json")
    findings = cxcall(*asked, stdin=body, code=0).envelope["findings"]
    found = [(each["severity"], each["code"], each["where"]) for each in findings]
    assert found == [
        ("warning", "property-unknown", "/lable"),
        ("warning", "property-unknown", "/owner/loud"),
    ]
    assert findings[0]["fix"] == "rename `lable` to `label`"
    cxcall(*asked, "--strict", stdin=body, code=3)


@pytest.mark.slow
@pytest.mark.parametrize("rest", [True, {"type": "string"}])
def test_property_of_an_open_object_is_no_warning(cxcall: Cxcall, rest: Any) -> None:
    document = swagger()
    document["definitions"]["LEAD"]["additionalProperties"] = rest
    file = cxcall.file("own.json", document)
    asked = ("validate", "-", "--operation", "callLead", "--contract", file, "-o", "json")
    ran = cxcall(*asked, stdin='{"rank": 1, "lable": "a"}', code=0)
    assert ran.envelope["findings"] == []


YAML = """\
# In the style of vendors: unquoted statuses, dates, an anchor, and words that YAML 1.1 reads as booleans.
openapi: 3.2.0
info: {title: Leads, version: 2024-10-01}
servers: [{url: https://leads.example.com}]
paths:
  /leads/{leadId}:
    query:
      operationId: queryLead
      responses: {200: {description: OK}}
    additionalOperations:
      RING:
        operationId: ringLead
        responses: {200: {description: OK}}
  /leads:
    post:
      operationId: callLead
      parameters:
        - {in: query, name: page, schema: &number {type: integer}}
        - {in: query, name: size, schema: *number}
      requestBody:
        content:
          application/json:
            schema: {properties: {answer: {enum: [yes, no, on]}, when: {enum: [2024-10-01]}}}
      responses: {200: {description: OK}}
"""


@pytest.mark.slow
def test_yaml_document_of_openapi_3_2(cxcall: Cxcall) -> None:
    file = cxcall.file("own.yaml", YAML)
    assert {"callLead", "queryLead", "ringLead"} <= names(cxcall, file)
    words = ("send", "callLead", "--contract", file, "--page", "2", "-n", "-o", "json")
    given = ("--set", '/answer="no"', "--set", '/when="2024-10-01"')
    assert cxcall(*words, *given, code=0).envelope["request"]["url"].endswith("/leads?page=2")
    cxcall(*words, "--set", "/answer=false", code=3)
    shown = cxcall("send", "ringLead", "--contract", file, "--lead-id", "7", "-n", code=0).out
    assert shown.startswith("RING https://leads.example.com/leads/7")


@pytest.mark.slow
def test_document_of_a_vendor_works_in_every_region(cxcall: Cxcall) -> None:
    document = {**swagger(), "host": "api.mypurecloud.com", "basePath": "/"}
    file = cxcall.file("own.json", document)
    words = ("send", "getLead", "--contract", file, "--lead-id", "7", "-n", "-o", "json")
    ran = cxcall(*words, env={"CXCALL_REGION": "eu-west-1"}, code=0)
    assert ran.envelope["request"]["url"] == "https://api.mypurecloud.ie/leads/7"


@pytest.mark.slow
def test_operation_among_hundreds_is_found_by_name_and_by_body(cxcall: Cxcall) -> None:
    document = swagger()
    for number in range(300):
        known = {
            "type": "object",
            "required": [f"only{number}"],
            "properties": {f"only{number}": {"type": "integer"}, "rank": {"type": "string"}},
        }
        document["paths"][f"/things{number}"] = {
            "post": {
                "operationId": f"addThing{number}",
                "parameters": [{"in": "body", "name": "body", "schema": known}],
                "responses": {"200": {"description": "-"}},
            }
        }
    file = cxcall.file("own.json", document)
    ran = cxcall("validate", "-", "--contract", file, stdin='{"only289": 1}', code=0)
    assert ran.out == "-: valid as addThing289\n"
    words = ("send", "addThing77", "--contract", file, "--set", "/only77=1", "-n", "-o", "json")
    assert cxcall(*words, code=0).envelope["operation"] == "addThing77"
    assert (
        "the most similar name is `addThing77`"
        in cxcall("send", "adThing77", "--contract", file).err
    )
