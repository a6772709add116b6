"""Explanations report the right code at the right place, and never a false error."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cxcall
from cxcall import explain
from cxcall.contracts import contract
from cxcall.contracts.operation import Operation
from cxcall.explaining.correction.corrected_request import correct_request
from cxcall.explaining.operations.known_operations import load_published_operations
from cxcall.findings.codes import load_codes
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.pasted_texts import TEXTS
from helpers.shipped_operations import detailed_operations

GENESYS, CXONE = "api.mypurecloud.com", "api-na1.niceincontact.com"
LOGIN, ISSUER, AREA = "login.mypurecloud.com", "cxone.niceincontact.com", "na1.nice-incontact.com"

QUEUE = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
TOKEN = {"Authorization": "Bearer abc"}
CALL = {"phoneNumber": "+12025550123"}
FAMILY = "/inContactAPI/services/v31.0"


def make_exchange(
    method: str = "POST", path: str = "/api/v2/conversations/calls", **more: Any
) -> dict[str, Any]:
    return {"method": method, "host": GENESYS, "path": path, **more}


def errors(exchange: dict[str, Any]) -> dict[str, str]:
    """Return the places of the errors by their codes."""
    (found,) = explain(exchange)
    return {each.code: each.where for each in found.findings if each.severity is Severity.ERROR}


def errors_of_text(text: str) -> dict[str, str]:
    """Return the places of the errors in a pasted text by their codes."""
    (found,) = explain(text)
    return {each.code: each.where for each in found.findings if each.severity is Severity.ERROR}


def codes_of(source: str | dict[str, Any]) -> set[str]:
    (found,) = explain(source)
    return {each.code for each in found.findings}


ROUTES: list[tuple[dict[str, Any], str, str]] = [
    (make_exchange(path="/api/v2/outbound/dial"), "path-unpublished", "path"),
    (make_exchange(path="/api/v1/conversations/calls"), "path-unpublished", "path"),
    (make_exchange(path="/v2/conversations/calls"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/conversation/calls"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/conversations/calls/start"), "path-unpublished", "path"),
    (make_exchange("DELETE"), "method-unpublished", "path"),
    (make_exchange(host="mypurecloud.com"), "host-unknown", "host"),
    (make_exchange(host="login.mypurecloud.com"), "host-unknown", "host"),
    (make_exchange(host="api.mypurecloud.eu"), "host-unknown", "host"),
    (make_exchange(path="/oauth/token"), "host-unknown", "host"),
    (make_exchange(host=CXONE), "platform-mismatch", "path"),
    (make_exchange(path=f"{FAMILY}/scripts/start"), "platform-mismatch", "path"),
    (make_exchange(host="api.na1.niceincontact.com", path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
    (make_exchange(host="api.us-west-2.pure.cloud"), "host-unknown", "host"),
    (make_exchange(host="api-na1"), "host-unknown", "host"),
    (make_exchange(host="api.nice.incontact.com", path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
    (make_exchange(host=CXONE, path="/inContactAPI/services/v30/scripts/start"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/outbound/campaigns/12345/start"), "id-format", "path"),
    ({"method": "POST", "url": f"http://{GENESYS}/api/v2/conversations/calls", "status": 400}, "scheme-insecure", "host"),
]  # fmt: skip


@each_case("exchange, code, where", ROUTES)
def test_wrong_host_path_or_method_is_an_error(
    exchange: dict[str, Any], code: str, where: str
) -> None:
    assert errors(exchange).get(code) == where


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/api/v2/outbound/calls", "POST /api/v2/conversations/calls"),
        ("/v2/conversations/callbacks", "POST /api/v2/conversations/callbacks"),
        ("/api/v2/outbound/contact-lists", "POST /api/v2/outbound/contactlists"),
        (
            "/api/v2/outbound/campaign/x1/start",
            "POST /api/v2/outbound/campaigns/{campaignId}/start",
        ),
    ],
)
def test_unknown_path_names_the_nearest_published_operation(path: str, nearest: str) -> None:
    (found,) = explain(make_exchange(path=path, body=CALL))
    assert str(found.route.nearest) == nearest
    assert found.root is not None
    assert found.root.code == "path-unpublished"


def test_literal_path_wins_over_path_parameter() -> None:
    assert not errors(make_exchange("GET", f"/api/v2/conversations/calls/{QUEUE}"))
    assert not errors(make_exchange("GET", "/api/v2/conversations/calls/{conversationId}"))
    assert not errors(make_exchange("GET", "/api/v2/conversations/calls/maximumconferenceparties"))


@pytest.mark.parametrize("version", ["v4.0", "v30.0", "v34.0"])
def test_acd_path_is_known_in_any_version_and_case(version: str) -> None:
    path = f"/incontactapi/Services/{version}/scripts/start"
    assert not errors(
        make_exchange(host=CXONE, path=path, headers={**TOKEN, "Accept": "application/json"})
    )


BODIES: list[tuple[Any, str, str]] = [
    ({"to": "+12025550123"}, "property-unknown", "/to"),
    ({"priority": 1}, "property-missing", ""),
    ({**CALL, "queue_id": QUEUE}, "property-unknown", "/queue_id"),
    ({**CALL, "priority": "high"}, "type-mismatch", "/priority"),
    ([CALL], "type-mismatch", ""),
    ('{"phoneNumber": "+12025550123",}', "body-malformed", "body"),
    (json.dumps(json.dumps(CALL)), "body-malformed", "body"),
]


@pytest.mark.parametrize(("body", "code", "where"), BODIES)
def test_wrong_body_is_an_error(body: Any, code: str, where: str) -> None:
    assert errors(make_exchange(body=body)).get(code) == where


def test_body_errors_are_warnings_on_an_unknown_path() -> None:
    (found,) = explain(make_exchange(path="/api/v2/outbound/calls", body={"to": "+12025550123"}))
    advice = [each for each in found.findings if each.where == "/to"]
    assert [(each.severity, each.code) for each in advice] == [
        (Severity.WARNING, "property-unknown")
    ]
    assert "place-call" in advice[0].why


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/queuecallback?phoneNumber=8015551234", ["skill"]),
        ("/queuecallback?phoneNumber=8015551234&skill=1", []),
        ("/promise?firstName=A&phoneNumber=1&skill=1&promiseDate=x&promiseTime=x", ["lastName"]),
        ("/queuecallback", []),
    ],
)
def test_missing_query_parameter_is_reported(path: str, missing: list[str]) -> None:
    (found,) = explain(make_exchange(host=CXONE, path=FAMILY + path))
    lacking = [each.origin for each in found.findings if each.code == "property-missing"]
    assert lacking == missing


@pytest.mark.parametrize(
    "path",
    ["/user-management/v1/users", "/dfo/3.0/contacts/1", "/access-key-management/v1/access-keys"],
)
def test_path_of_an_undeclared_cxone_api_is_not_an_error(path: str) -> None:
    assert not errors(make_exchange("GET", path, host="api-de-na1.niceincontact.com"))
    assert errors(make_exchange("GET", path)) == {"platform-mismatch": "path"}


def test_intended_host_is_suggested_from_its_labels() -> None:
    (found,) = explain(make_exchange(host="api.usw2.mypurecloud.com"))
    assert "`api.usw2.pure.cloud`" in found.findings[0].message
    (found,) = explain(make_exchange(host="api.genesys.cloud"))
    assert "most similar" not in found.findings[0].message


def test_nearest_cxone_operation_includes_the_base_path() -> None:
    (found,) = explain(make_exchange(host=CXONE, path=f"{FAMILY}/callbacks"))
    assert str(found.route.nearest) == "POST /inContactAPI/services/v34.0/scheduled-callbacks"


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


def test_null_member_of_an_exchange_is_unknown() -> None:
    assert not errors(make_exchange(body={"phoneNumber": None, "callerId": None}))


@pytest.mark.parametrize(
    ("headers", "code", "where"),
    [
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            "header-missing",
            "header:Content-Type",
        ),
        ({"Authorization": "Basic abc"}, "token-grant", "header:Authorization"),
        ({"X-Api-Key": "abc"}, "token-missing", "header:Authorization"),
        ({"Authorization": "abc"}, "credential", "header:Authorization"),
    ],
)
def test_wrong_header_is_an_error(headers: dict[str, str], code: str, where: str) -> None:
    assert errors(make_exchange(body=CALL, headers=headers)).get(code) == where


def test_missing_content_type_is_reported_where_all_headers_are_shown() -> None:
    text = f'requests.post("https://{GENESYS}/api/v2/conversations/calls", data=json.dumps({{"phoneNumber": "+12025550123"}}))'
    (found,) = explain(text)
    assert ("header-missing", "header:Content-Type") in {
        (each.code, each.where) for each in found.findings
    }
    assert "header-missing" not in codes_of(make_exchange(body=CALL, headers=TOKEN))


def test_form_body_is_reported_as_malformed_json() -> None:
    assert "body-malformed" in errors(
        make_exchange(body="phoneNumber=1", headers={"Content-Type": "application/json"})
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert list(errors(make_exchange(body="phoneNumber=1", headers=form))) == [
        "header-missing",
        "body-malformed",
    ]


def test_different_ids_in_path_and_body_are_an_error() -> None:
    path = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
    body = [{"contactListId": QUEUE[::-1], "data": {"phone": "1"}}]
    assert errors(make_exchange(path=path, body=body)).get("id-mismatch") == "/0/contactListId"
    assert "value-not-allowed" in codes_of(
        make_exchange(path=path, body=[{"contactListId": "", "data": {}}])
    )


@pytest.mark.parametrize(
    "exchange",
    [
        make_exchange(body={"phoneNumber": "+1", "client_secret": "s3cret-value"}),
        make_exchange(path="/oauth/token", body="grant_type=x&client_secret=s3cret-value"),
        make_exchange(
            body={
                "com.example.integrations.genesys-cloud.production.oauth.client_secret": "s3cret-value"
            }
        ),
        make_exchange(body={"note": "x" * 100_000, "Refresh_To\u212aen": "s3cret-value"}),
        make_exchange(
            path="/auth/token",
            body={"password": "s3cret-value"},
            status=400,
            response={"access_token": "s3cret-value"},
        ),
        make_exchange(
            body=CALL,
            headers={"Authorization": "Bearer s3cret-value"},
            status=400,
            response="bad s3cret-value",
        ),
    ],
)
def test_findings_contain_no_secret(exchange: dict[str, Any]) -> None:
    (found,) = explain(exchange)
    assert "s3cret-value" not in repr(found.findings) + json.dumps(found.as_dict())
    assert "s3cret-value" not in "".join(
        each.excerpt.text for each in found.findings if each.excerpt
    )


@each_case(
    "exchange, code, where",
    [
        (
            make_exchange(body={**CALL, "callFromQueueId": "support"}),
            "id-format",
            "/callFromQueueId",
        ),
        (
            make_exchange(path="/api/v2/outbound/dial", body={"agentId": "agent-7"}),
            "id-format",
            "/agentId",
        ),
        (make_exchange("GET", "/api/v2/routing/queues/support-queue"), "id-format", "path"),
        (make_exchange(body={"phoneNumber": "(202) 555-0123"}), "phone-format", "/phoneNumber"),
        (make_exchange(body={"phoneNumber": "+1234"}), "phone-unlikely", "/phoneNumber"),
        (
            make_exchange(
                "GET", "/api/v2/users/me", headers={"Origin": "https://apps.mypurecloud.de"}
            ),
            "region-mismatch",
            "host",
        ),
        (make_exchange("GET", "/api/v2/outbound/contactlists/<your-list>"), "placeholder", "path"),
        (make_exchange(host="{{my-org}}.mypurecloud.com"), "host-unknown", "host"),
        (make_exchange(host=CXONE, path="/auth/token"), "host-unknown", "host"),
        (
            make_exchange(host=CXONE, path="/authentication/v1/token/access-key"),
            "host-unknown",
            "host",
        ),
        (make_exchange(host=ISSUER, path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
        (make_exchange("PATCH", f"{FAMILY}/skills/4711", host=CXONE), "method-unpublished", "path"),
        (
            make_exchange(
                host=CXONE,
                path=f"{FAMILY}/scheduled-callbacks",
                body={"phoneNumber": "+12025550123"},
            ),
            "property-unknown",
            "/phoneNumber",
        ),
        (
            make_exchange(
                host=CXONE,
                path=f"{FAMILY}/agent-sessions/1/dial-phone",
                body={"phoneNumber": "+12025550123", "skillId": 1, "color": "red"},
            ),
            "property-unknown",
            "/color",
        ),
        (
            make_exchange(
                host=CXONE, path=f"{FAMILY}/queuecallback", query="", body={"skilId": "1"}
            ),
            "property-unknown",
            "/skilId",
        ),
        (make_exchange(body={"phoneNumber": "tel:+15550199888"}), "phone-unlikely", "/phoneNumber"),
    ],
)
def test_likely_mistake_is_a_warning(exchange: dict[str, Any], code: str, where: str) -> None:
    (found,) = explain(exchange)
    warned = {
        (each.code, each.where) for each in found.findings if each.severity is Severity.WARNING
    }
    assert (code, where) in warned


@pytest.mark.parametrize(
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
)
def test_later_failure_in_a_2xx_response_is_an_error(body: Any) -> None:
    exchange = make_exchange(
        "GET", f"/api/v2/outbound/contactlists/{QUEUE}", status=200, response=body
    )
    assert errors(exchange) == {"hidden-failure": "response"}


def test_ticket_has_request_time_and_correlation_id() -> None:
    headers = {"ININ-Correlation-Id": "abc", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}
    response = {"status": 400, "headers": headers, "body": "Bad Request"}
    (found,) = explain({"request": make_exchange(), "response": response})
    assert found.ticket["correlation ID"] == "abc"
    assert found.ticket["time"] == headers["Date"]
    assert found.ticket["request"] == f"POST {GENESYS}/api/v2/conversations/calls"


def test_ticket_says_where_each_platform_names_the_correlation_id() -> None:
    (genesys,) = explain(make_exchange(status=400))
    (cxone,) = explain(make_exchange("GET", f"{FAMILY}/contacts/1", host=CXONE, status=400))
    assert "`ININ-Correlation-Id`" in genesys.ticket["correlation ID"]
    assert "`CorrelationId`" in cxone.ticket["correlation ID"]


def test_body_that_is_not_shown_is_no_gap_where_the_response_names_the_cause() -> None:
    refusal = {"code": "missing.any.permissions", "message": "[outbound:campaign:start]"}
    exchange = make_exchange(
        path=f"/api/v2/outbound/campaigns/{QUEUE}/start", status=403, response=refusal
    )
    (found,) = explain({**exchange, "body": None})
    assert [each.code for each in found.findings] == ["permission-missing"]
    assert "the contract names" not in found.findings[0].fix


@pytest.mark.parametrize(
    "text",
    [
        f'requests.post(f"https://{{host}}/api/v2/conversations/callbacks", json={{"callbackNumbers": "+12025550123", "queueId": "{QUEUE}"}})',
        f'axios.post(`https://api.${{region}}/api/v2/conversations/callbacks`, {{callbackNumbers: "+12025550123", queueId: "{QUEUE}"}})',
    ],
)
def test_body_is_checked_where_the_url_has_a_variable(text: str) -> None:
    assert errors_of_text(text).get("type-mismatch") == "/callbackNumbers"


def test_model_of_the_sdk_for_dotnet_has_the_names_of_the_api() -> None:
    text = 'var body = new CreateCallRequest(){ PhoneNumber = "+12025550123", Nme = "x" };\napi.PostConversationsCalls(body);'
    assert errors_of_text(text) == {"property-unknown": "/nme"}


@pytest.mark.parametrize(
    "name",
    [
        "map as java prints it",
        "map as dart prints it",
        "substitution of fish",
        "f-string with a host",
    ],
)
def test_body_from_an_unknown_value_is_not_checked(name: str) -> None:
    text = TEXTS[name].text.replace("json={'queueId': 'x'}", "json=asdict(callback)")
    assert {"body-malformed", "type-mismatch", "property-missing"}.isdisjoint(errors_of_text(text))


def test_variables_that_multiply_do_not_fill_the_memory() -> None:
    doubled = "".join(f"v{number}=$v{number - 1}$v{number - 1}\n" for number in range(1, 90))
    (found,) = explain(
        f"v0=0123456789\n{doubled}curl -d $v89 https://api.mypurecloud.com/api/v2/users"
    )
    assert len(found.request.body or "") < 1 << 20


def test_id_of_a_report_does_not_show_that_headers_are_missing() -> None:
    text = f'Methode: POST\nAdresse: https://api.mypurecloud.com/api/v2/conversations/callbacks\nAnfrage:\n{{"callbackNumbers": ["+12125550123"], "queueId": "{QUEUE}"}}\nAntwort: 400 Bad Request\nKorrelations-ID: de-1'
    (found,) = explain(text)
    assert found.correlation_id == "de-1"
    assert errors_of_text(text) == {}


def test_body_that_was_encoded_twice_is_named() -> None:
    text = 'POST https://api.mypurecloud.com/api/v2/conversations/callbacks\nContent-Type: application/json\n\n"{\\"queueId\\":\\"x\\"}"\n\n400 Bad Request'
    assert errors_of_text(text) == {"body-malformed": "body"}


def test_correlation_id_is_found_wherever_a_text_names_it() -> None:
    text = "ApiException: no\nat OutboundApi.postOutboundContactlistContacts(OutboundApi.java:1)\nstatusCode=403 correlationId=js-2"
    (found,) = explain(text)
    assert found.correlation_id == "js-2"


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


def test_cxone_text_response_reports_missing_accept_header() -> None:
    exchange = make_exchange(
        "GET", f"{FAMILY}/contacts/1", host=CXONE, response="No known way to render data"
    )
    assert errors(exchange) == {"header-missing": "response"}


@pytest.mark.parametrize(
    ("form", "code", "where"),
    [
        ("grant_type=password&username=a&password=b", "token-grant", "/grant_type"),
        ("grant_type=client_credentials&scope=outbound:campaign:execute", "token-scope", "/scope"),
        ("grant_type=client_credentials&scope=outbound:write", "token-scope", "/scope"),
        ("client_id=a", "property-missing", "/grant_type"),
        ("grant_type=authorization_code&code=a", "property-missing", "/redirect_uri"),
        ('{"grant_type": "client_credentials"}', "body-malformed", "body"),
    ],
)
def test_wrong_token_request_is_an_error(form: str, code: str, where: str) -> None:
    assert errors(make_exchange(path="/oauth/token", host=LOGIN, body=form)) == {code: where}


@pytest.mark.parametrize(
    ("host", "path", "body"),
    [
        (LOGIN, "/oauth/token", "grant_type=client_credentials&scope=outbound:readonly"),
        (LOGIN, "/oauth/token", "grant_type=refresh_token&refresh_token=a"),
        (LOGIN, "/oauth/token", "grant_type=urn:ietf:params:oauth:grant-type:saml2-bearer"),
        (ISSUER, "/auth/token", "grant_type=password&username=a&password=b"),
        (ISSUER, "/auth/token", "grant_type=token-exchange"),
        (AREA, "/authentication/v1/token/access-key", {"accessKeyId": "a", "accessKeySecret": "b"}),
        (
            "api.incontact.com",
            "/InContactAuthorizationServer/Token",
            {"grant_type": "client_credentials"},
        ),
        (
            "api.incontact.com",
            "/InContactAuthorizationServer/Token",
            "grant_type=password&username=a&password=b",
        ),
    ],
)
def test_documented_token_request_has_no_error(host: str, path: str, body: Any) -> None:
    basic = {"Authorization": "Basic [removed]", "Content-Type": "application/json"}
    form = {**basic, "Content-Type": "application/x-www-form-urlencoded"}
    headers = form if isinstance(body, str) else basic
    assert not errors(make_exchange(host=host, path=path, body=body, headers=headers))


@pytest.mark.parametrize(
    ("host", "path", "usual"),
    [
        ("api.cxone.com", "/oauth2/token", "https://cxone.niceincontact.com/auth/token"),
        (
            "api.mypurecloud.com",
            "/api/v2/oauth/token",
            "https://login.<region's domain>/oauth/token",
        ),
        (None, "/api/v2/oauth/token", "https://login.<region's domain>/oauth/token"),
        (None, "/anything", "https://cxone.niceincontact.com/auth/token"),
    ],
)
def test_wrong_token_path_is_checked_as_a_token_request(
    host: str | None, path: str, usual: str
) -> None:
    exchange = make_exchange(
        host=host, path=path, body="grant_type=client_credentials&client_id=MY_CLIENT_ID"
    )
    (found,) = explain({**exchange, "status": 401, "response": {"error": "invalid_client"}})
    by_code = {each.code: each for each in found.findings}
    assert usual in by_code["path-unpublished"].fix
    assert {"credential", "placeholder"} <= by_code.keys()
    assert not by_code.keys() & {"token-missing", "header-missing", "body-malformed"}


@pytest.mark.parametrize(
    "value",
    [
        "$TOKEN",
        "${TOKEN}",
        "$env:TOKEN",
        "%TOKEN%",
        "{{token}}",
        "[REDACTED]",
        "<redacted>",
        "<TOKEN REMOVED>",
        "****",
    ],
)
def test_value_that_the_source_withholds_is_not_judged(value: str) -> None:
    exchange = make_exchange(
        path="/api/v2/conversations/calls",
        headers={"Authorization": f"Bearer {value}", "Content-Type": "application/json"},
        body={"phoneNumber": "+12025550123", "callFromQueueId": "********"},
    )
    (found,) = explain(exchange)
    assert {"placeholder", "id-format"}.isdisjoint(each.code for each in found.findings)
    assert any("`callFromQueueId`" in each.message for each in found.findings)


@pytest.mark.parametrize(
    ("reason", "code", "message"),
    [
        ("Session already started", "state", "session already"),
        ("Conflict", "state", "does not allow it"),
        ("CONFLICT", "state", "does not allow it"),
    ],
)
def test_reason_phrase_of_the_platform_is_the_cause(reason: str, code: str, message: str) -> None:
    request = f"POST https://{CXONE}{FAMILY}/agent-sessions\nAccept: application/json\n\nHTTP/1.1 409 {reason}\n"
    (found,) = explain(request)
    assert found.root is not None
    assert found.root.code == code
    assert message in found.root.message


@pytest.mark.parametrize("message", ["Invalid state", "the value of `state` is refused"])
def test_finding_on_the_property_that_the_response_names_is_the_cause(message: str) -> None:
    exchange = make_exchange("PATCH", f"/api/v2/conversations/calls/{QUEUE}")
    response = {"status": 400, "body": {"code": "bad.request", "message": message}}
    (found,) = explain({**exchange, "body": {"state": "completed"}, "response": response})
    assert found.root is not None
    assert (found.root.code, found.root.where) == ("value-not-allowed", "/state")
    assert found.root.severity is Severity.ERROR


@each_case(
    "exchange, code, where",
    [
        (make_exchange("GET", "/api/v2/routing/queues?pageSize=500"), "value-not-allowed", "query"),
        (f"curl -X DELETE https://{GENESYS}/api/v2/outbound/contactlists/{QUEUE}/contacts", "property-missing", "query"),
        (make_exchange(path="/api/v2/outbound/messagingcampaigns", body={"name": "n", "contactList": {"id": QUEUE}, "campaignStatus": "off", "messagesPerMinute": 1, "smsConfig": {"messageColumn": "m", "phoneColumn": "p", "senderSmsPhoneNumber": {"phoneNumber": "+12025550100"}}, "emailConfig": {"emailColumns": ["e"], "contentTemplate": {"id": QUEUE}, "fromAddress": {"domain": {"id": "d"}}}}), "value-not-allowed", "/emailConfig"),
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


def test_described_operations_are_published_and_cannot_be_sent() -> None:
    known = load_published_operations("nice-cxone").operations
    listed = {(each.method, each.path.lower()) for each in known if each.contract is None}
    described = [each for each in known if (own := each.load()) and not own.is_sendable]
    assert len(described) > 450
    assert {(each.method, each.path.lower()) for each in described} <= listed
    routes = {route for each in contract.load_shipped_contracts() for route in each.routes}
    assert not {(each.method, each.path) for each in described} & {route[:2] for route in routes}


def test_rules_are_about_published_operations() -> None:
    known = {str(each) for each in load_published_operations("genesys-cloud").operations}
    declared = [
        each.declared.get("x-cxcall-rules", ()) for each in contract.load_shipped_contracts()
    ]
    named = {name for rules in declared for rule in rules for name in rule["operations"]}
    assert {name for name in named if " " in name} <= known


def test_body_without_a_known_schema_is_said_to_be_unchecked() -> None:
    (found,) = explain(make_exchange(path="/api/v2/routing/queues", body={"nmae": "Sales"}))
    assert any("the body was not checked" in each.message for each in found.findings)


@pytest.mark.parametrize(
    ("exchange", "places"),
    [
        (make_exchange(body={**CALL, "callUserId": QUEUE}), ["/phoneNumber"]),
        (make_exchange(path=f"/api/v2/outbound/campaigns/{QUEUE}/executions", status=404), ["path"]),
        (make_exchange(host=LOGIN, path="/oauth/token", headers={"Content-Type": "application/json"}, body={"grant_type": "client_credentials"}, response={"status": 400, "body": {"message": "unsupported content type"}}), ["body"]),
    ],
)  # fmt: skip
def test_one_mistake_is_one_error(exchange: dict[str, Any], places: list[str]) -> None:
    (found,) = explain(exchange)
    assert [each.where for each in found.findings if each.severity is Severity.ERROR] == places


@pytest.mark.parametrize(
    ("message", "is_said"), [("malformed syntax", True), ("queue is closed", False)]
)
def test_quotes_that_a_shell_of_windows_removes_are_mentioned(
    message: str, *, is_said: bool
) -> None:
    body = {"callbackNumbers": ["+12025550123"], "queueId": QUEUE}
    command = f"curl.exe -X POST https://{GENESYS}/api/v2/conversations/callbacks -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
    answer = json.dumps({"message": message, "code": "bad.request", "status": 400})
    (found,) = explain(f"{command}\n{answer}")
    assert any("quotes" in each.message for each in found.findings) == is_said


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


@pytest.mark.parametrize("number", ["(202) 555-0123", "+1 202 555 0123", "2025550123"])
def test_form_of_a_number_is_not_judged_where_the_platform_states_none(number: str) -> None:
    dial = "/inContactAPI/services/v30.0/agent-sessions/Q0FG/dial-phone"
    exchange = make_exchange(host="api-na1.niceincontact.com", path=dial)
    (found,) = explain({**exchange, "body": {"phoneNumber": number, "skillId": 1}})
    assert "phone-format" not in {each.code for each in found.findings}


def test_number_is_kept_where_its_digits_are_required() -> None:
    add = "/inContactAPI/services/v30.0/dnc-groups/7/records"
    exchange = make_exchange(host="api-na1.niceincontact.com", path=add)
    (found,) = explain(
        {**exchange, "body": {"dncGroupRecords": [{"phoneNumber": "+1 202 555 0123"}]}}
    )
    assert errors(
        exchange | {"body": {"dncGroupRecords": [{"phoneNumber": "+1 202 555 0123"}]}}
    ) == {"type-mismatch": "/dncGroupRecords/0/phoneNumber"}
    assert correct_request(found).body == {"dncGroupRecords": [{"phoneNumber": 12025550123}]}


@pytest.mark.parametrize("answer", ["Unauthorized", {"message": "x"}, None])
def test_refused_token_request_is_not_an_expired_token(answer: Any) -> None:
    exchange = make_exchange(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    assert errors({**exchange, "status": 401, "response": answer}) == {"credential": "response"}


def test_refused_token_request_is_not_reported_as_a_missing_permission() -> None:
    exchange = make_exchange(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    for answer in ("Forbidden", {"message": "x"}, {"code": "missing.permissions"}, None):
        found = errors({**exchange, "status": 403, "response": answer})
        assert found == {"credential": "response"}


@pytest.mark.parametrize(
    ("path", "body", "kind", "codes"),
    [
        ("/oauth/token", "grant_type=client_credentials", "application/json", {"header-missing"}),
        (
            "/oauth/token",
            {"grant_type": "client_credentials"},
            "application/x-www-form-urlencoded",
            {"body-malformed"},
        ),
        (
            "/oauth/token",
            {"grant_type": "client_credentials"},
            "application/json",
            {"body-malformed"},
        ),
    ],
)
def test_body_and_content_type_are_checked_separately(
    path: str, body: Any, kind: str, codes: set[str]
) -> None:
    exchange = make_exchange(host=LOGIN, path=path, body=body, headers={"Content-Type": kind})
    assert errors(exchange).keys() == codes


ANSWERS: list[tuple[int, Any, str]] = [
    (400, {"code": "not.a.user"}, "token-user-context"),
    (400, "not.a.user", "token-user-context"),
    (400, {"code": "too.many.create.conversation.parameters"}, "value-not-allowed"),
    (400, {"code": "conversation.error.no.user.station"}, "state"),
    (400, {"code": "invalid.value", "message": "x"}, "value-not-allowed"),
    (401, {"code": "credentials.expired"}, "token-expired"),
    (401, {"code": "authentication.required"}, "token-missing"),
    (401, {"code": "bad.credentials"}, "credential"),
    (401, {"error": "invalid_client"}, "credential"),
    (403, {"code": "missing.any.permissions"}, "permission-missing"),
    (404, {"code": "campaign.not.found"}, "not-found"),
    (409, {"code": "invalid.update.wrong.version"}, "state"),
    (401, "Invalid token", "token-expired"),
    (401, {"message": "Invalid login credentials."}, "credential"),
    (400, "The campaign is already running", "state"),
    (429, {"code": "too.many.requests.retry.after"}, "rate-limited"),
    (429, {"code": "too.many.recycles"}, "rate-limited"),
    (
        400,
        {"error": "invalid_request", "description": "rate limit exceeded; slow down"},
        "rate-limited",
    ),
    (400, {"code": "bad.request", "message": "The list has no such column"}, "value-not-allowed"),
    (403, {"message": "Token is invalid or expired"}, "token-expired"),
    (403, {"message": "Forbidden"}, "permission-missing"),
    (400, {"code": "no.edge.group.for.site"}, "state"),
    (400, {"code": "site.has.no.active.edges"}, "state"),
    (400, {"code": "edge.group.is.empty"}, "state"),
    (400, {"code": "dnc.source.operation.not.supported"}, "state"),
    (400, {"code": "dnc.phone.numbers.per.list.limit.exceeded"}, "state"),
    (400, {"code": "schedule.cannot.be.blank"}, "property-missing"),
    (400, {"code": "callback.schedule.invalid"}, "value-not-allowed"),
    (400, {"code": "callback.error.missing.queue.id"}, "property-missing"),
    (400, {"code": "invalid.contact.columns"}, "value-not-allowed"),
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
    assert "a proxy's or a gateway's" in found.findings[0].message


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


@each_case("operation", detailed_operations(), ids=lambda each: each.name)
def test_example_of_every_operation_has_no_error(operation: Operation) -> None:
    values = {
        each.name: "1" if each.schema.get("type") == "integer" else QUEUE
        for each in operation.parameters
        if each.location == "path" or each.required
    }
    body = json.loads(
        json.dumps(operation.example).replace("00000002-1234-1234-1234-123456789012", QUEUE)
    )
    url = operation.url("https://api.mypurecloud.com", values)
    if operation.platform == "nice-cxone":
        url = operation.url(
            f"https://{CXONE}{FAMILY if 'services' in operation.base_path else ''}", values
        )
    headers = {**TOKEN, "Accept": "application/json"}
    (found,) = explain(
        {"method": operation.method, "url": url, "headers": headers, "body": body, "status": 200}
    )
    wrong = [
        each
        for each in found.findings
        if each.severity is Severity.ERROR and each.code != "id-mismatch"
    ]
    assert not wrong
    assert operation.name in (found.operation.name if found.operation else "", operation.name)


def test_every_finding_code_is_documented() -> None:
    package = Path(cxcall.__file__).parent
    known = set(load_codes())
    source = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    written = re.findall(
        r'Severity\.[A-Z]+(?: if [^"\n]+ else Severity\.[A-Z]+)?,\s*"([a-z]+(?:-[a-z]+)*)"', source
    )
    written += re.findall(r'Finding\.[a-z]+\(\s*"([a-z]+(?:-[a-z]+)*)"', source)
    written += re.findall(
        r'(?:Cause|_found|_token|_refused|code=)\(?\s*"([a-z]+(?:-[a-z]+)+)"', source
    )
    assert len(set(written)) > 25
    assert set(written) <= known


def test_unreadable_source_raises_an_error() -> None:
    with pytest.raises(cxcall.CxcallError, match="cannot parse `text` as an HTTP request"):
        explain("good morning")
