"""Responses decide codes and causes; tickets have the facts for the platform's support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.explained_errors import CALL, CXONE, FAMILY, GENESYS, QUEUE, errors, make_exchange

if TYPE_CHECKING:
    from helpers.command import Cxcall


@each_case(
    "body",
    [
        {"importStatus": {"state": "FAILED", "failureReason": "CONTACT_COLUMNS_LIMIT_EXCEEDED"}},
        {"participants": [{"errorInfo": {"code": "error.ininedgecontrol.connection.timeout"}}]},
        {
            "events": [
                {
                    "Type": "CallContactEvent",
                    "Status": "Disconnected",
                    "DisconnectCode": "BadNumber",
                }
            ]
        },
        {"events": [{"Type": "AgentError", "ResultCode": "InvalidStationID"}]},
        {"participants": [{"calls": [{"disconnectType": "transport.failure"}]}]},
        {"id": QUEUE, "campaignStatus": "forced_off"},
    ],
    quick=2,
)
def test_later_failure_in_a_2xx_response_is_an_error(body: Any) -> None:
    exchange = make_exchange(
        "GET", f"/api/v2/outbound/contactlists/{QUEUE}", status=200, response=body
    )
    assert errors(exchange) == {"hidden-failure": "response"}


def test_failed_item_that_a_query_found_is_a_note() -> None:
    conversation = {"participants": [{"sessions": [{"segments": [{"errorCode": "error.x"}]}]}]}
    found = {"conversations": [conversation]}
    path = "/api/v2/analytics/conversations/details/query"
    days = {"interval": "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z"}
    exchange = make_exchange("POST", path, body=days, status=200, response=found)
    (explained,) = explain(exchange)
    assert [each.severity for each in explained.findings] == [Severity.NOTE]
    assert explained.findings[0].code == "hidden-failure"
    started = make_exchange("POST", "/api/v2/conversations/calls", status=201, response=found)
    assert errors(started) == {"hidden-failure": "response"}


def test_ticket_has_request_time_and_correlation_id() -> None:
    headers = {"ININ-Correlation-Id": "abc", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}
    response = {"status": 400, "headers": headers, "body": "Bad Request"}
    (found,) = explain({"request": make_exchange(), "response": response})
    assert found.ticket["correlation ID"] == "abc"
    assert found.ticket["time"] == headers["Date"]
    assert found.ticket["request"] == f"POST {GENESYS}/api/v2/conversations/calls"
    (found,) = explain("HTTP 400")
    assert found.ticket["request"].startswith("not captured: ")


def test_ticket_says_where_each_platform_names_the_correlation_id() -> None:
    (genesys,) = explain(make_exchange(status=400))
    (cxone,) = explain(make_exchange("GET", f"{FAMILY}/contacts/1", host=CXONE, status=400))
    assert "`ININ-Correlation-Id`" in genesys.ticket["correlation ID"]
    assert "`CorrelationId`" in cxone.ticket["correlation ID"]


def test_answer_about_a_state_has_accepted_a_body_that_lacks_properties() -> None:
    refusal = {
        "code": "invalid.update.bad.status.transition",
        "message": "Invalid transition from <COMPLETE> to <OFF>",
        "status": 400,
    }
    exchange = make_exchange(
        "PUT", f"/api/v2/outbound/campaigns/{QUEUE}", body={"campaignStatus": "off"}
    )
    (found,) = explain({**exchange, "status": 400, "response": refusal})
    codes = [each.code for each in found.findings if each.severity is not Severity.NOTE]
    assert codes == ["state"]


@pytest.mark.parametrize(
    ("reason", "code", "message"),
    [
        ("Session already started", "state", "session already"),
        ("Conflict", "state", "session already"),
    ],
)
def test_reason_phrase_of_the_platform_is_the_cause(reason: str, code: str, message: str) -> None:
    request = f"POST https://{CXONE}{FAMILY}/agent-sessions\nAccept: application/json\n\nHTTP/1.1 409 {reason}\n"
    (found,) = explain(request)
    assert found.root is not None
    assert found.root.code == code
    assert message in found.root.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".NET: Response status code does not indicate success: 409 (Session already started).", "session already"),
        ("-> 404 Not Found  icStatusDescription=Invalid session id  body={} host=h", "session ID is out of date"),
        ("404 None\nERROR dialer failed: 404 Invalid session id", "session ID is out of date"),
        (">>> r.status_code, r.reason\n(404, 'Invalid Session Id', 'InvalidAgentSession')", "session ID is out of date"),
    ],
)  # fmt: skip
def test_reason_behind_a_status_that_a_program_printed_is_the_cause(
    text: str, message: str
) -> None:
    (found,) = explain(
        f"r = client.post('https://{CXONE}{FAMILY}/agent-sessions/QUJD/dial-phone')\n{text}"
    )
    assert message in found.findings[0].message


@pytest.mark.parametrize(
    ("text", "response"),
    [
        (" -> 400\nWe sent 400 Contacts today", "HTTP 400"),
        (" -> 500\nERROR failed: 500 Calls queued then", "HTTP 500 Calls queued then"),
        ("\n\nHTTP/1.1 500 Internal Server Error\n\nWe had 500 Calls queued then", "HTTP 500 Internal Server Error"),
        ("\n\nHTTP/1.1 500 Internal Server Error\n\nERROR failed: 500 Calls queued then", "HTTP 500 Internal Server Error"),
        ("\n\nHTTP/1.1 500 Internal Server Error\n\n(Calls were queued then)", "HTTP 500 Internal Server Error"),
    ],
)  # fmt: skip
def test_prose_is_not_the_reason_of_a_status(text: str, response: str) -> None:
    (found,) = explain(f"POST https://api.mypurecloud.ie/api/v2/conversations/callbacks{text}")
    assert found.ticket["response"] == response


@pytest.mark.slow
@pytest.mark.parametrize("message", ["Invalid state", "the value of `state` is refused"])
def test_finding_on_the_property_that_the_response_names_is_the_cause(message: str) -> None:
    exchange = make_exchange("PATCH", f"/api/v2/conversations/calls/{QUEUE}")
    response = {"status": 400, "body": {"code": "bad.request", "message": message}}
    (found,) = explain({**exchange, "body": {"state": "completed"}, "response": response})
    assert found.root is not None
    assert (found.root.code, found.root.where) == ("value-not-allowed", "/state")
    assert found.root.severity is Severity.ERROR


def test_value_that_the_response_quotes_is_the_cause() -> None:
    text = "Value [oui] is not valid for field type [boolean]. Allowable values are: "
    response = {"status": 400, "body": {"code": "invalid.value", "message": text}}
    body = {"queueId": QUEUE, "qname": "a", "validateCallbackNumbers": "oui"}
    exchange = make_exchange("POST", "/api/v2/conversations/callbacks", body=body)
    (found,) = explain({**exchange, "response": response})
    assert found.findings[0].where == "/validateCallbackNumbers"
    assert found.findings[0].why.startswith("the API says: Value [oui] is not valid")


def test_nested_error_of_a_response_is_shown() -> None:
    inner = {
        "message": "The version does not match the current version",
        "code": "invalid.update.wrong.version",
    }
    response = {
        "status": 409,
        "body": {"message": "multi", "code": "general.conflict", "errors": [inner]},
    }
    (found,) = explain(
        make_exchange("PUT", f"/api/v2/outbound/campaigns/{QUEUE}", response=response)
    )
    assert any("invalid.update.wrong.version" in each.why for each in found.findings)


ANSWERS: list[tuple[int, Any, str]] = [
    (400, {"code": "not.a.user"}, "token-user-context"),
    (400, "not.a.user", "token-user-context"),
    (400, {"code": "invalid.value", "message": "x"}, "value-not-allowed"),
    (401, {"code": "credentials.expired"}, "token-expired"),
    (401, {"code": "authentication.required"}, "token-missing"),
    (401, {"error": "invalid_client"}, "credential"),
    (403, {"code": "missing.any.permissions"}, "permission-missing"),
    (404, {"code": "campaign.not.found"}, "not-found"),
    (401, "Invalid token", "token-expired"),
    (400, "The campaign is already running", "state"),
    (429, {"code": "too.many.recycles"}, "rate-limited"),
    (
        400,
        {"error": "invalid_request", "description": "rate limit exceeded; slow down"},
        "rate-limited",
    ),
    (400, {"code": "bad.request", "message": "The list has no such column"}, "value-not-allowed"),
    (403, {"message": "Forbidden"}, "permission-missing"),
    (400, {"code": "no.edge.group.for.site"}, "state"),
    (400, {"code": "schedule.cannot.be.blank"}, "property-missing"),
    (500, {"code": "providerapi.error.no.station.for.edge"}, "state"),
    (400, {"error": "unsupported_response_type"}, "token-grant"),
    (200, {"errorCount": 1}, "hidden-failure"),
]


@each_case("status, response, code", ANSWERS)
def test_response_decides_the_finding_code(status: int, response: Any, code: str) -> None:
    exchange = make_exchange("GET", "/api/v2/outbound/campaigns", status=status, response=response)
    assert list(errors(exchange)) == [code]


def test_gateway_response_is_not_attributed_to_the_platform() -> None:
    (found,) = explain(make_exchange(body=CALL, status=502, response="<html>Bad Gateway</html>"))
    assert "a proxy's or a gateway's" in found.findings[1].message


@pytest.mark.parametrize(
    "response",
    [
        "Bad Request",
        {"error": "invalid_request"},
        {"code": "bad.request", "message": "Bad Request"},
    ],
)
def test_bare_400_has_no_certain_cause(response: Any) -> None:
    (found,) = explain(
        make_exchange("GET", "/api/v2/outbound/campaigns", status=400, response=response)
    )
    assert not [each for each in found.findings if each.severity is Severity.ERROR]
    assert "not-provable" in {each.code for each in found.findings}


@pytest.mark.slow
def test_advice_on_a_contradiction_names_no_path_of_another_platform(cxcall: Cxcall) -> None:
    for url in (
        "https://api-na1.niceincontact.com/incontactapi/services/v30.0/skills",
        "https://api.mypurecloud.de/api/v2/users/me",
    ):
        text = f'GET {url}\n\nHTTP/1.1 403 Forbidden\n\n{{"code": "unauthorized", "message": "No"}}'
        ran = cxcall("explain", "-", "-o", "json", "--all", stdin=text, code=3)
        found = [each for each in ran.envelope["findings"] if "contradicts" in each["message"]]
        assert ["`cxcall doctor`" in each["fix"] for each in found] == [True]
        assert "/api/v2/tokens/me" not in ran.out


@pytest.mark.slow
def test_refusal_without_a_reason_is_described_once(cxcall: Cxcall) -> None:
    text = "POST https://api.mypurecloud.de/api/v2/conversations/callbacks\n400 Bad Request"
    ran = cxcall("explain", "-", stdin=text, code=3)
    assert ran.out.count("no reason was found") == 1


@each_case(
    "message, permission",
    [
        (
            "You are missing the following permission(s): outbound:contact:add",
            "outbound:contact:add",
        ),
        (
            "You must have at least one of the following permissions assigned: [outbound:campaign:add]",
            "outbound:campaign:add",
        ),
    ],
)
def test_permission_in_a_message_that_prose_quotes_is_named(message: str, permission: str) -> None:
    url = "https://api.mypurecloud.com/api/v2/outbound/contactlists"
    for start in ("Since today", f"We POST {url} and"):
        (found,) = explain(f'{start} get "Unable to perform the requested action. {message}".')
        assert found.root is not None
        assert found.root.code == "permission-missing"
        assert permission in f"{found.root.message} {found.root.why} {found.root.fix}"


def test_right_that_the_role_has_in_another_division_is_not_called_missing_from_it() -> None:
    for code in ("missing.division.permission", "missing.permissions"):
        body = {"code": code, "message": f"missing permission(s) {'in division' * ('div' in code)}"}
        (found,) = explain(
            {**make_exchange("GET", "/api/v2/users/me"), "status": 403, "response": body}
        )
        root = next(each for each in found.findings if each.code == "permission-missing")
        in_division = code == "missing.division.permission"
        assert ("in the division of the object" in root.message) == in_division
        assert ("grant the role for that division" in root.fix) == in_division


def test_response_with_bare_quotes_is_not_the_body_of_the_request() -> None:
    (found,) = explain(
        'HTTP/1.1 400 Bad Request\n{"message":"The value "+1 (555) is wrong","code":"x"}'
    )
    assert found.request.body is None
    assert all(each.code != "body-malformed" for each in found.findings)


def test_code_alone_is_a_response() -> None:
    (found,) = explain('{"code": "bad.credentials"}')
    assert found.root is not None
    assert found.root.code == "credential"


@each_case(
    "number, message, advice",
    [
        ("+1 (202) 555-0123 x104", "Invalid phone number", "leave out the extension"),
        ("+12025550123;ext=104", "Invalid phone number", "leave out the extension"),
        ("tel:+12025550123", "Invalid phone number: tel:+12025550123", "leave out `tel:`"),
        ("00442079460123", "Invalid callback number", "write `+` in place of `00`"),
        ("+12025550123", "Invalid phone number", ""),
        ("+1 (202) 555-0123 x104", "Invalid queue number", ""),
        ("tel:+12025550123", "Invalid caller phone number", ""),
    ],
    quick=2,
)
def test_number_that_the_api_refuses_is_the_cause_unless_it_is_in_e164(
    number: str, message: str, advice: str
) -> None:
    request = make_exchange(
        path="/api/v2/conversations/callbacks",
        body={"queueId": QUEUE, "callbackNumbers": [number]},
        response={"status": 400, "body": {"message": message, "code": "bad.request"}},
    )
    (found,) = explain(request)
    errors = [each for each in found.findings if each.severity == "error"]
    numbers = [each for each in errors if each.code == "phone-format"]
    assert [each.where for each in numbers] == ["/callbackNumbers/0"] * bool(advice)
    assert errors[0].fix.startswith(advice)
    assert errors[:1] == numbers or not advice


def test_error_within_the_error_of_a_tool_is_the_response_with_its_status() -> None:
    node = f'{{"method": "POST", "url": "https://{GENESYS}/api/v2/conversations/calls", "jsonBody": "={{\\n \\"phoneNumber\\": \\"+12025550123\\"}}"}}'
    inner = '"400 - \\"{\\\\\\"message\\\\\\":\\\\\\"No queue\\\\\\",\\\\\\"code\\\\\\":\\\\\\"bad.request\\\\\\",\\\\\\"status\\\\\\":400}\\""'
    error = f'{{"errorMessage": "Bad request", "errorDetails": {{"rawErrorMessage": [{inner}], "httpCode": "400"}}}}'
    [found] = explain(f"{error}\n\nThe node:\n{node}")
    assert (found.request.status, found.request.body) == (
        400,
        '{\n "phoneNumber": "+12025550123"}',
    )
    assert "No queue" in found.findings[0].message + found.findings[0].why
    [found] = explain(f"POST https://{GENESYS}/api/v2/conversations/calls\n{{}}\n{error}")
    assert found.request.status == 400
    assert "hidden-failure" not in [each.code for each in found.findings]


def test_failure_without_a_status_is_not_called_that_of_a_2xx() -> None:
    [found] = explain('POST /api/v2/conversations/calls\n{}\n{"errorMessage": "No queue"}')
    assert "2xx response" not in found.findings[0].why
