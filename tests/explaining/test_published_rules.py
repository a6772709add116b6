"""Rules that no schema can declare are checked for published operations."""

from __future__ import annotations

from typing import Any

from cxcall import explain
from cxcall.contracts import contract
from cxcall.contracts.openapi_document import PLATFORMS
from cxcall.explaining.operations.known_operations import load_published_operations
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.explained_errors import CXONE, GENESYS, LOGIN, QUEUE, make_exchange

ACD = "/inContactAPI/services/v34.0"


@each_case(
    "exchange, code, where",
    [
        (make_exchange("GET", f"{ACD}/lists/call-lists?top=10000", host=CXONE), "value-not-allowed", "query"),
        (make_exchange(path=f"{ACD}/agent-sessions", host=CXONE, body={"stationId": ""}), "value-not-allowed", "/stationId"),
        (make_exchange("GET", "/api/v2/routing/queues?pageSize=500"), "value-not-allowed", "query"),
        (f"curl -X DELETE https://{GENESYS}/api/v2/outbound/contactlists/{QUEUE}/contacts", "property-missing", "query"),
        (make_exchange(path="/api/v2/outbound/messagingcampaigns", body={"name": "n", "contactList": {"id": QUEUE}, "campaignStatus": "off", "messagesPerMinute": 1, "smsConfig": {"messageColumn": "m", "phoneColumn": "p", "senderSmsPhoneNumber": {"phoneNumber": "+12025550100"}}, "emailConfig": {"emailColumns": ["e"], "contentTemplate": {"id": QUEUE}, "fromAddress": {"domain": {"id": "d"}}}}), "value-not-allowed", "/emailConfig"),
        (make_exchange(path="/api/v2/conversations/messages/agentless", body={"fromAddress": "+12065550100", "toAddress": "07700 900143", "toAddressMessengerType": "sms"}), "value-not-allowed", "/toAddress"),
        (make_exchange(path="/api/v2/outbound/attemptlimits", body={"maxAttemptsPerContact": 300}), "value-not-allowed", "/maxAttemptsPerContact"),
        (make_exchange(path="/api/v2/outbound/dnclists", body={"name": "n", "dncSourceType": "gryphon"}), "property-missing", "/licenseId"),
        (make_exchange("PATCH", f"/api/v2/outbound/campaigns/{QUEUE}", body={"campaignStatus": "on"}), "property-unknown", "/campaignStatus"),
        (make_exchange(path="/api/v2/outbound/callabletimesets", body={"name": "n", "callableTimes": [{"timeZoneId": "UTC", "timeSlots": [{"startTime": "09:00:00", "stopTime": "17:00:00", "day": 0}]}]}), "value-not-allowed", "/callableTimes/0/timeSlots/0/day"),
        (make_exchange(path="/api/v2/outbound/rulesets", body={"name": "n", "rules": [{"name": "n", "category": "DIALER_PRECALL", "conditions": [{"type": "wrapupCondition"}]}]}), "property-missing", "/rules/0/conditions/0/codes"),
        (make_exchange(path=f"/api/v2/routing/queues/{QUEUE}/members", body=[{"id": QUEUE}, {"id": "ada@example.org"}]), "id-format", "/1/id"),
        (make_exchange("PATCH", f"/api/v2/conversations/calls/{QUEUE}/participants/{QUEUE}", body={"wrapup": {"code": "Sale closed"}}), "id-format", "/wrapup/code"),
        (make_exchange(path="/api/v2/outbound/callabletimesets", body={"name": "n", "callableTimes": [{"timeZoneId": "CEST", "timeSlots": []}]}), "value-not-allowed", "/callableTimes/0/timeZoneId"),
        (make_exchange(path="/api/v2/outbound/callanalysisresponsesets", body={"name": "n", "responses": {"callable_person": {"reactionType": "hangup"}}}), "value-not-allowed", "/responses"),
        (make_exchange(path=f"/api/v2/outbound/contactlists/{QUEUE}/contacts", body=[{"contactListId": QUEUE, "data": {"P": "a b " * 150}}]), "value-not-allowed", "/0/data/P"),
        (f"curl https://apps.mypurecloud.com/uploads/v2/contactlist -F fileType=csv -F id={QUEUE} -F file=@a.csv", "value-not-allowed", "form"),
        (make_exchange(host=LOGIN, path="/oauth/token?grant_type=client_credentials&client_secret=abc"), "credential", "query"),
        (make_exchange(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials", headers={"Authorization": "Basic 4711:secret-1"}), "credential", "header:Authorization"),
    ],
)  # fmt: skip
def test_rule_that_no_schema_carries_is_checked(
    exchange: dict[str, Any] | str, code: str, where: str
) -> None:
    (found,) = explain(exchange)
    places = [
        (each.code, each.where) for each in found.findings if each.severity is not Severity.NOTE
    ]
    assert places == [(code, where)]


@each_case(
    "exchange",
    [
        make_exchange("GET", f"{ACD}/lists/call-lists/1/attempts?top=10000", host=CXONE),
        make_exchange(path=f"{ACD}/agent-sessions", host=CXONE, body={"stationId": "", "stationPhoneNumber": "WebRTC", "asAgentId": ""}),
        make_exchange(path=f"{ACD}/agent-sessions/join", host=CXONE, body={"asAgentId": ""}),
    ],
)  # fmt: skip
def test_value_that_one_operation_allows_has_no_warning(exchange: dict[str, Any]) -> None:
    (found,) = explain(exchange)
    assert [each.code for each in found.findings] == ["not-provable"]


def test_described_operations_are_published_and_cannot_be_sent() -> None:
    known = load_published_operations("nice-cxone").operations
    listed = {(each.method, each.path.lower()) for each in known if each.contract is None}
    described = [each for each in known if (own := each.load()) and not own.is_sendable]
    assert len(described) > 450
    assert {(each.method, each.path.lower()) for each in described} <= listed
    routes = {route for each in contract.load_shipped_contracts() for route in each.routes}
    assert not {(each.method, each.path) for each in described} & {route[:2] for route in routes}


def test_rules_are_about_published_operations() -> None:
    known = {str(each) for name in PLATFORMS for each in load_published_operations(name).operations}
    declared = [
        each.declared.get("x-cxcall-rules", ()) for each in contract.load_shipped_contracts()
    ]
    named = {name for rules in declared for rule in rules for name in rule["operations"]}
    assert {name for name in named if " " in name} <= known


def test_body_without_a_known_schema_is_said_to_be_unchecked() -> None:
    (found,) = explain(make_exchange(path="/api/v2/routing/queues", body={"nmae": "Sales"}))
    assert any("the body was not checked" in each.message for each in found.findings)


@each_case(
    "version, body, expected",
    [
        ("v31.0", {"name": "Spring"}, ["warning value-not-allowed path"]),
        ("v31.0", {"campaigns": [{"campaignName": "Spring"}]}, ["note not-provable body"]),
        ("v33.0", {"name": "Spring"}, []),
        ("v100.0", {"name": "Spring"}, []),
        ("v33.0", {"nmae": "Spring"}, ["error property-unknown /nmae"]),
    ],
)
def test_body_of_another_version_is_not_compared_with_the_schema(
    version: str, body: dict[str, Any], expected: list[str]
) -> None:
    path = f"/inContactAPI/services/{version}/campaigns"
    (found,) = explain(make_exchange(path=path, host=CXONE, body=body))
    told = [f"{each.severity} {each.code} {each.where}" for each in found.findings]
    assert [each for each in told if each[-7:] != "request"][: len(expected) or 1] == expected
