"""Each kind of mistake is reported at its place, and correct requests have no findings."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from cxcall import explain
from cxcall.findings.finding import Finding, Severity
from helpers.cases import each_case
from helpers.exchanges import (
    ACD,
    CALLBACK,
    CALLBACKS,
    CALLS,
    CAMPAIGN,
    CAMPAIGN_BODY,
    TOKEN,
    exchange,
)
from helpers.exchanges import ID as QUEUE
from helpers.exchanges import OTHER as USER

HEADERS = {"Authorization": TOKEN, "Content-Type": "application/json", "Accept": "application/json"}
CONTACTS = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
CALL = {"phoneNumber": "+12125550123"}


def find(source: dict[str, Any]) -> tuple[Finding, ...]:
    (found,) = explain(source)
    return found.findings


def named(source: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each.code, each.where) for each in find(source)}


CURLY = "{“callbackNumbers”: [“+12125550123”], “queue”: “x y”}"
UPLOAD = {"skillId": 7, "forceOverwrite": True, "listFile": "aWQscGhvbmUK", "startSkill": False}
DEFECTS: list[tuple[dict[str, Any], str, str]] = [
    (exchange("POST", CALLBACKS, CURLY), "body-malformed", "body"),
    (exchange("POST", CALLBACKS, CURLY), "property-unknown", "/queue"),
    (exchange("POST", CALLS, {**CALL, "campaign_id": "spring-sale"}), "id-format", "/campaign_id"),
    (exchange("POST", CALLS, {**CALL, "metadata": {"queueId": "support"}}), "id-format", "/metadata/queueId"),
    (exchange("POST", CALLBACKS, {**CALLBACK, "callerId": "Support Line"}), "phone-format", "/callerId"),
    (exchange("POST", CALLS, {**CALL, "attributes": [{"name": "a", "value": "b"}]}), "type-mismatch", "/attributes"),
    (exchange("POST", CALLBACKS, {**CALLBACK, "scheduledTime": None}), "property-unknown", "/scheduledTime"),
    (exchange("POST", CALLS, {**CALL, "userId": USER}), "token-user-context", "token"),
    (exchange("GET", "/api/v2/users/me"), "token-user-context", "token"),
    (exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "diagnosticsSettings": {}}), "value-not-allowed", "/diagnosticsSettings"),
    (exchange("POST", "/api/v2/outbound/contactlists", {"name": "A", "columnNames": ["a"], "phoneColumns": [{"columnName": "b", "type": "cell"}]}),
     "value-not-allowed", "/phoneColumns/0/columnName"),
    (exchange("POST", CONTACTS, [{"contact_list_id": QUEUE, "data": {}}]), "property-missing", "/0/contactListId"),
    (exchange("POST", CONTACTS, [{"id": "a b/c", "data": {}}]), "value-not-allowed", "/0/id"),
    (exchange("PUT", CAMPAIGN, None, 400, {"code": "invalid.update", "message": "Invalid transition from <COMPLETE> to <OFF>"}), "state", "response"),
    (exchange("POST", CALLBACKS, {**CALLBACK, "queueId": "my queue"}, 400, {"message": "Value [my queue] is not valid for field type [UUID]."}),
     "id-format", "/queueId"),
    (exchange("POST", CALLBACKS, CALLBACK, 400, {"message": "queueId is required", "code": "bad.request"}), "property-missing", "/queueId"),
    (exchange("POST", "/api/v2/outbound/dialing", {"to": "+12125550123", "from": "+12125550124"}, 404), "property-unknown", "/to"),
    ({"body": {"callbackNumbers": "+12125550123", "queueId": QUEUE}, "status": 400}, "type-mismatch", "/callbackNumbers"),
    ({"body": {"contactId": "12345", "reasonCod": "x"}, "status": 400}, "property-unknown", "/reasonCod"),
    (exchange("PUT", f"{ACD}/skills/7/parameters/general-settings", {"generalSettings": {"maximumRatio": 4}}), "value-not-allowed", "/generalSettings/maximumRatio"),
    (exchange("POST", f"{ACD}/skills", {"skills": [{"mediaTypeId": 4, "skillName": "Sales", "isOutbound": True}]}), "property-missing", "/skills/0/campaignId"),
    (exchange("POST", f"{ACD}/agent-sessions/s-1/interactions/7/disposition", {"primaryDispositionId": "Answered"}), "type-mismatch", "/primaryDispositionId"),
    (exchange("POST", f"{ACD}/agent-sessions/s-1/state?state=Away"), "value-not-allowed", "query"),
    (exchange("POST", f"{ACD}/agent-sessions/s-1/dialer-login?skill=PC"), "property-missing", "query"),
    (exchange("POST", f"{ACD}/scheduled-callbacks?phoneNumber=2125550123&SkillID=7&scheduleDate=2026-12-01T10:00:00Z"), "property-unknown", "query"),
    (exchange("GET", f"{ACD}/lists/call-lists/jobs"), "property-missing", "query"),
    (exchange("PATCH", f"{ACD}/stations/7/status", {"active": True}), "property-missing", "/isActive"),
    (exchange("POST", f"{ACD}/lists/call-lists/7/upload", {**UPLOAD, "listFile": "id,phone\n1,+12025550123\n"}), "value-not-allowed", "/listFile"),
]  # fmt: skip


@each_case("source, code, where", DEFECTS)
def test_defect_is_named_at_its_place(source: dict[str, Any], code: str, where: str) -> None:
    assert (code, where) in named(source)


HIDDEN: list[tuple[Any, str]] = [
    ({"errorCount": 1, "skillsResults": [{"success": False, "error": "Skill name in use"}]}, "Skill name in use"),
    ({"id": QUEUE, "errors": [{"error": "no.phone.columns"}]}, "no phone column"),
    ({"participants": [{"errorInfo": {"code": "error.ininedgecontrol.connection.dialplan.notReachable"}}]}, "number plan"),
    ({"successfulRecords": 0, "failedRecords": [{"externalId": "1", "resultCode": "NotFound"}]}, "NotFound"),
    ({"callRecords": {"Phone": {"lastResult": "ININ-OUTBOUND-INVALID-PHONE-NUMBER"}}}, "INVALID-PHONE-NUMBER"),
]  # fmt: skip


@each_case("response, message", HIDDEN, quick=2)
def test_failure_in_a_2xx_response_is_found_once_at_any_depth(response: Any, message: str) -> None:
    (only,) = (
        each
        for each in find(exchange("GET", CAMPAIGN, None, 200, response))
        if each.code == "hidden-failure"
    )
    assert only.severity is Severity.ERROR
    assert message in only.message
    assert " more" not in only.message


def test_failed_item_of_a_list_is_not_a_failure_of_the_read() -> None:
    items = {"entities": [{"campaignStatus": "invalid"}], "pageSize": 25, "total": 1}
    found = find(exchange("GET", "/api/v2/outbound/campaigns", None, 200, items))
    assert [(each.severity, each.code) for each in found] == [(Severity.NOTE, "hidden-failure")]


CORRECT: list[dict[str, Any]] = [
    exchange("POST", CALLBACKS, json.dumps({**CALLBACK, "callbackNumbers": ["3172222222"], "scriptId": None}), 200),
    exchange("POST", f"{CONTACTS}?priority=true", [{"data": {"Phone": "+12125550123", "note": "walk-in here"}}], 200),
    exchange("POST", CONTACTS, [{"id": "cust-0007", "contactListId": QUEUE, "data": {"crmId": "ACCT-7"}}], 200),
    exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "selfUri": "/x", "homeDivision": None, "division": {"id": USER, "homeDivision": True}}, 200),
    exchange("POST", f"{ACD}/agent-sessions/bXlTZXNzaW9uPT0-1/dial-phone", {"phoneNumber": "2125550123", "skillId": 4711}, 202),
    exchange("POST", f"{ACD}/agent-sessions?stationId=7", {"inactivityTimeout": 100}, 202),
    exchange("POST", f"{ACD}/agent-sessions/s-1/state?state=Unavailable&reason=Lunch", None, 202),
    exchange("POST", f"{ACD}/skills/7/agents", {"agents": [{"agentId": 55, "proficiency": 20}]}, 200),
    exchange("GET", f"{ACD}/agents?_=1733000000&isActive=true", None, 200),
    exchange("POST", f"{ACD}/skills/7/agents", [{"agentId": "55", "proficiency": 2}], 500),
    exchange("POST", CALLBACKS, {**CALLBACK, "callbackNumbers": ["02 9876 5432"], "callbackScheduledTime": "2026-12-05T09:00Z"}, 200),
    exchange("POST", f"{ACD}/agent-sessions", {"stationPhoneNumber": "WebRTC", "stationId": ""}, 202),
    exchange("POST", CALLBACKS, {**CALLBACK, "callbackNumbers": ["+4930*****00"], "queueId": "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"}, 500),
    exchange("GET", f"/api/v2/conversations/{QUEUE[:8]}****", None, 500),
    exchange("GET", "/api/v2/users/me", None, 200, host="api.mec2.pure.cloud"),
    exchange("GET", f"{ACD}/contacts/completed?toAddress=2125550123&top=100&fields=contactId,endReason", None, 200),
    exchange("DELETE", f"{ACD}/dnc-groups/21/records", {"dncGroupRecords": [{"phoneNumber": "2125550123"}]}, 200),
    exchange("POST", CALLS, {**CALL, "attributes": {"ticketId": "INC-42", "callerId": "x", "phone": "202 555 0123"}}, 202),
    exchange("POST", CALLBACKS, {**CALLBACK, "data": {"timeZoneId": "America/New_York", "orderId": "A-1"}}, 200),
    exchange("POST", "/api/v2/outbound/callabletimesets", {"name": "My hours", "callableTimes": [{"timeZoneId": "America/New_York", "timeSlots": [{"startTime": "09:00:00", "stopTime": "17:00:00", "day": 1}]}]}, 200),
]  # fmt: skip


@each_case("source", CORRECT, quick=2)
def test_correct_request_has_nothing_but_notes(source: dict[str, Any]) -> None:
    of_request = (each for each in find(source) if each.code != "outcome-unknown")
    assert {each.severity for each in of_request} <= {Severity.NOTE}


def test_response_tells_what_was_accepted() -> None:
    redacted = {**HEADERS, "Authorization": "xxxx"}
    found = find(exchange("POST", CALLBACKS, CALLBACK, 400, "Bad Request", headers=redacted))
    (token,) = (each for each in found if each.where == "header:Authorization")
    assert token.severity is Severity.NOTE
    body = {**CALL, "foo": 1}
    found = find(exchange("POST", CALLS, body, 400, {"code": "conversation.error.no.user.station"}))
    assert found[0].code == "state"
    assert [each.severity for each in found if each.where == "/foo"] == [Severity.WARNING]


def test_claims_of_a_jwt_are_read_and_the_token_is_not_shown() -> None:
    claims = {"iss": "https://cxone.niceincontact.com", "exp": 1_600_000_000, "aud": "app-1"}
    part = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    headers = {**HEADERS, "Authorization": f"Bearer eyJhbGciOiJSUzI1NiJ9.{part}.c2ln"}
    (found,) = explain(exchange("POST", CALLBACKS, CALLBACK, 401, headers=headers))
    assert {
        ("token-expired", "header:Authorization"),
        ("platform-mismatch", "header:Authorization"),
    } <= {(each.code, each.where) for each in found.findings}
    assert found.ticket["token"] == (
        "JWT, access token, issuer https://cxone.niceincontact.com, audience app-1, expires 2020-09-13 12:26:40 UTC"
    )
    assert part not in repr(found.findings) + json.dumps(found.as_dict() | found.ticket)


@pytest.mark.parametrize(("area", "is_other"), [("na1", False), ("eu1", True)])
def test_token_of_another_area_is_a_region_mismatch(area: str, *, is_other: bool) -> None:
    part = urlsafe_b64encode(json.dumps({"area": area}).encode()).decode().rstrip("=")
    headers = {**HEADERS, "Authorization": f"Bearer e30.{part}.c2ln"}
    source = exchange("GET", f"{ACD}/skills/4711", None, 401, headers=headers)
    assert (("region-mismatch", "host") in named(source)) is is_other


def test_body_of_another_operation_leads() -> None:
    body = {
        "name": "A",
        "columnNames": ["Phone"],
        "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    }
    first = find(exchange("POST", "/api/v2/outbound/campaigns", body))[0]
    assert first.code == "operation-mismatch"
    assert "POST /api/v2/outbound/contactlists" in first.fix


def test_valid_body_of_a_refused_request_is_not_to_be_validated_again() -> None:
    found = find(
        exchange("POST", CALLBACKS, CALLBACK, 400, {"message": "Bad Request", "contextId": "c-1"})
    )
    (refusal,) = (
        each for each in found if each.code == "not-provable" and each.where == "response"
    )
    assert "matches its schema" in refusal.fix
    assert "`c-1`" in refusal.fix
    assert "cxcall doctor" not in refusal.fix  # no read looks up an object of a callback


def test_equal_findings_of_a_list_are_grouped() -> None:
    items = [{"contactListId": QUEUE, "data": {}, "callble": True} for _ in range(5)]
    found = [
        each for each in find(exchange("POST", CONTACTS, items)) if each.code == "property-unknown"
    ]
    assert [each.where for each in found] == ["/0/callble"]
    assert "and in 4 other items" in found[0].message


def test_what_is_not_captured_says_where_to_copy_it_from() -> None:
    (found,) = explain(exchange("POST", CALLBACKS, CALLBACK, 400))
    assert (
        found.ticket["correlation ID"]
        == "not captured: copy it from the header `ININ-Correlation-Id`"
    )


@each_case(
    "source, severity",
    [
        (
            exchange("POST", "/api/v2/outbound/dialing", CALL, 403, "not your campaign"),
            Severity.NOTE,
        ),
        (exchange("POST", CALLBACKS, {**CALLBACK, "x": 1}, 400, "invalid value x1"), Severity.NOTE),
        (exchange("POST", CALLBACKS, CALLBACK, 400, "invalid value x1"), Severity.ERROR),
        (exchange("POST", CALLBACKS, {**CALLBACK, "x": 1}, 403), Severity.ERROR),
    ],
    quick=2,
)
def test_refusal_that_an_error_in_the_request_explains_is_a_note(
    source: dict[str, Any], severity: Severity
) -> None:
    (refusal,) = (
        each for each in find(source) if each.where == "response" and each.code != "not-provable"
    )
    assert refusal.severity is severity


CAMPAIGN_WITHOUT_QUEUE = {**CAMPAIGN_BODY, "dialingMode": "progressive", "script": {"id": USER}}
CONFIRMED: list[tuple[dict[str, Any], str, str]] = [
    (exchange("PUT", CAMPAIGN, CAMPAIGN_WITHOUT_QUEUE, 400, {"message": "A queue is required"}), "property-missing", "/queue"),
    (exchange("POST", "/api/v2/conversations/12345/disconnect", None, 400, {"message": "Value [12345] is not valid for field type [UUID]"}), "id-format", "path"),
    (exchange("POST", f"{ACD}/personal-connection/dial", None, 404), "path-unpublished", "path"),
    (exchange("GET", "/api/v2/conversations/{conversationId}", None, 404, {"code": "not.found"}), "placeholder", "path"),
    (exchange("POST", f"{ACD}/agent-sessions/{{sessionId}}/dialer-logout", None, 404), "placeholder", "path"),
    (exchange("GET", "/api/v2/outbound/campaigns/undefined", None, 400, {"message": "Value [undefined] is not valid for field type [UUID]"}), "placeholder", "path"),
    (exchange("POST", f"{ACD}/skills/Sales/stop", None, 404), "id-format", "path"),
    (exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "contactList": {"id": "9f2"}}, 400, {"code": "contact.list.not.found"}), "id-format", "/contactList/id"),
    (exchange("POST", "/authentication/v1/token/access-key", {"accessKey": "a", "accessKeySecret": "b"}, 401, host="na1.nice-incontact.com"), "property-unknown", "/accessKey"),
    (exchange("POST", "/authentication/v1/token/access-key", {"accessKeyId": "a", "secretKey": "b"}, 400, {"message": "Validation failed for object='accessKeyRequest'. Error count: 1"}, host="na1.nice-incontact.com"), "property-unknown", "/secretKey"),
]  # fmt: skip


@each_case("source, code, where", CONFIRMED, quick=2)
def test_warning_that_the_response_confirms_is_the_cause(
    source: dict[str, Any], code: str, where: str
) -> None:
    first, *others = find(source)
    assert (first.severity, first.code, first.where) == (Severity.ERROR, code, where)
    assert Severity.ERROR not in {each.severity for each in others}


@each_case(
    "source, code, where",
    [
        (exchange("POST", CALLBACKS, {**CALLBACK, "callbackScheduledTime": "2030-01-01T00:00:00Z"}, 400, {"code": "callback.error.scheduled.time.too.far.in.future"}), "value-not-allowed", "/callbackScheduledTime"),
        (exchange("POST", f"{CAMPAIGN}/callback/schedule", {"contactId": QUEUE, "contactListId": QUEUE, "phoneColumn": "Phone", "schedule": "soon"}, 400, {"code": "invalid.schedule.format"}), "value-not-allowed", "/schedule"),
        (exchange("GET", f"{ACD}/agents", None, 401, {"error": "invalid_token"}), "token-expired", "response"),
    ],
quick=2)  # fmt: skip
def test_code_of_the_response_says_what_is_wrong_and_where(
    source: dict[str, Any], code: str, where: str
) -> None:
    first = find(source)[0]
    assert (first.severity, first.code, first.where) == (Severity.ERROR, code, where)


def test_gateway_prefix_before_a_known_path_keeps_the_vendor() -> None:
    wrong = {**CALLBACK, "queueId": "support"}
    found = find(exchange("POST", f"/genesys{CALLBACKS}", wrong, 400, host="gateway.example.com"))
    results = [(each.code, each.where) for each in found if each.severity is not Severity.NOTE]
    assert results == [("host-unknown", "host"), ("id-format", "/queueId")]


def test_refusal_of_a_request_without_a_body_does_not_send_to_the_body() -> None:
    for path in ("/api/v2/outbound/campaigns", f"{ACD}/agent-sessions/s-1/state?state=Available"):
        method = "POST" if path.startswith(ACD) else "GET"
        assert all("validate FILE" not in each.fix for each in find(exchange(method, path)))


def test_generic_refusal_does_not_come_before_what_it_may_be_about() -> None:
    first, *others = find(
        exchange("PUT", CAMPAIGN, CAMPAIGN_WITHOUT_QUEUE, 400, {"code": "invalid.update"})
    )
    assert (first.code, first.where) == ("property-missing", "/queue")
    assert Severity.ERROR not in {each.severity for each in others}


def test_empty_refusal_is_left_out_beside_a_cause() -> None:
    found = find(exchange("POST", "/api/v2/outbound/dialing", CALL, 403))
    assert [each.code for each in found if each.where == "response"] == ["not-provable"]


def test_queue_of_a_call_to_a_number_is_the_one_that_it_is_placed_for() -> None:
    found = find(exchange("POST", CALLS, {**CALL, "queueId": QUEUE}))
    assert [(each.code, each.where) for each in found if each.severity is Severity.ERROR] == [
        ("property-unknown", "/queueId")
    ]
    assert "callFromQueueId" in found[0].fix


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (
            {"callbackNumbers": "+12025550123", "queueId": QUEUE},
            "type-mismatch",
            "/callbackNumbers",
        ),
        (
            {"contactId": "12345", "contactSpec": {"address": "x", "type": "voice"}},
            "operation-mismatch",
            "/contactSpec",
        ),
        ([{"contactListId": QUEUE, "dat": {}}], "property-unknown", "/0/dat"),
    ],
)
def test_body_alone_is_a_request_without_url(body: Any, code: str, where: str) -> None:
    (found,) = explain(json.dumps(body))
    assert (code, where) in {(each.code, each.where) for each in found.findings}
    assert found.request.origin == "request body"


def test_each_repeated_value_is_reported() -> None:
    columns = [{"columnName": name, "type": "cell"} for name in ("a", "b", "a", "b")]
    body = {"name": "A", "columnNames": ["a", "b"], "phoneColumns": columns}
    repeated = {f"/phoneColumns/{index}/columnName" for index in (2, 3)}
    found = named(exchange("POST", "/api/v2/outbound/contactlists", body))
    assert {place for code, place in found if code == "value-not-allowed"} == repeated
