"""Errors in the query are reported, also for parameters in the body."""

from __future__ import annotations

from cxcall import explain
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.explained_errors import CXONE, FAMILY, codes_of, errors, make_exchange


@each_case(
    "path, missing",
    [
        ("/queuecallback?phoneNumber=8015551234", ["skill"]),
        ("/queuecallback?phoneNumber=8015551234&skill=1", []),
        ("/promise?firstName=A&phoneNumber=1&skill=1&promiseDate=x&promiseTime=x", ["lastName"]),
        ("/queuecallback", []),
    ],
    quick=2,
)
def test_missing_query_parameter_is_reported(path: str, missing: list[str]) -> None:
    (found,) = explain(make_exchange(host=CXONE, path=FAMILY + path))
    lacking = [each.origin for each in found.findings if each.code == "property-missing"]
    assert lacking == missing


def test_hidden_body_may_hold_query_parameters() -> None:
    url = f"https://{CXONE}{FAMILY}/queuecallback"
    json_type = "-H 'Content-Type: application/json' -H 'Accept: application/json'"
    assert "property-missing" not in codes_of(f'curl {url} {json_type} -d "$BODY"')
    assert "property-missing" in codes_of(f"curl -X POST {url} {json_type}")


def test_query_parameter_in_the_body_is_reported() -> None:
    body = {
        "listName": "Autumn",
        "destinationMappings": [{"fieldName": "PhoneNumber", "fieldValue": "p"}],
    }
    found = errors(make_exchange(host=CXONE, path=f"{FAMILY}/lists/call-lists", body=body))
    assert found == {"property-unknown": "/listName", "property-missing": "query"}


def test_query_parameter_in_the_body_is_checked_as_a_query_value() -> None:
    body = {
        "listName": "A",
        "externalIdColumn": "",
        "destinationMappings": [{"fieldName": "PhoneNumber", "fieldValue": "phone"}],
    }
    (found,) = explain(make_exchange(host=CXONE, path=f"{FAMILY}/lists/call-lists", body=body))
    placed = [(each.code, each.where) for each in found.findings if each.severity is Severity.ERROR]
    assert placed.count(("property-unknown", "/listName")) == 1
    assert [each for each in placed if each[0] == "value-not-allowed"] == [
        ("value-not-allowed", "/externalIdColumn")
    ]


def test_query_that_swift_builds_has_the_names_of_its_items() -> None:
    code = f"""let url = URL(string: "https://{CXONE}{FAMILY}/queuecallback")!
var components = URLComponents(url: url, resolvingAgainstBaseURL: true)!
let queryItems: [URLQueryItem] = [
  URLQueryItem(name: "phoneNumber", value: "8015551234"),
  URLQueryItem(name: "skill", value: "1"),
]
components.queryItems = components.queryItems.map {{ $0 + queryItems }} ?? queryItems
var request = URLRequest(url: components.url!)
request.httpMethod = "POST"
"""
    (found,) = explain(code)
    assert dict(found.request.query) == {"phoneNumber": "8015551234", "skill": "1"}


def test_refusal_of_a_parameter_is_the_reason_of_its_error_and_told_once() -> None:
    exchange = make_exchange("GET", "/api/v2/outbound/campaigns?pageSize=500")
    refusal = {"message": "pageSize must be at most 100", "code": "bad.request"}
    (found,) = explain({**exchange, "status": 400, "response": refusal})
    assert [(each.origin, each.why) for each in found.findings] == [
        ("pageSize", "the API says: pageSize must be at most 100 (bad.request)")
    ]
