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


@pytest.mark.slow
def test_form_parameters_are_sent_as_a_form(cxcall: Cxcall, contract: str) -> None:
    shown = cxcall("operations", "sendForm", "--contract", contract, code=0).out
    assert "object, sent as application/x-www-form-urlencoded\n  a  string, required" in shown
    words = ("send", "sendForm", "--contract", contract, "-n")
    (finding,) = cxcall(*words, "-o", "json", code=2).envelope["findings"]
    assert finding["message"] == "no body was given"
    shown = cxcall(*words, "--set", '/a="1 & 2"', code=0).out
    assert "Content-Type: application/x-www-form-urlencoded\n\na=1+%26+2\n" in shown


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
