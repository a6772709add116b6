"""Explanations report the right code at the right place, and never a false error."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cxcall
from cxcall import explain
from cxcall.contracts.operation import Operation
from cxcall.explaining.correction.corrected_request import correct_request
from cxcall.findings.codes import load_codes
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.explained_errors import (
    CALL,
    CXONE,
    FAMILY,
    GENESYS,
    ISSUER,
    LOGIN,
    QUEUE,
    TOKEN,
    codes_of,
    errors,
    make_exchange,
)
from helpers.shipped_operations import detailed_operations

ROUTES: list[tuple[dict[str, Any], str, str]] = [
    (make_exchange(path="/api/v2/outbound/dial"), "path-unpublished", "path"),
    (make_exchange(path="/api/v1/conversations/calls"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/conversation/calls"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/conversations/calls/start"), "path-unpublished", "path"),
    (make_exchange("DELETE"), "method-unpublished", "path"),
    (make_exchange(host="mypurecloud.com"), "host-unknown", "host"),
    (make_exchange(path="/oauth/token"), "host-unknown", "host"),
    (make_exchange(host=CXONE), "platform-mismatch", "path"),
    (make_exchange(path=f"{FAMILY}/scripts/start"), "platform-mismatch", "path"),
    (make_exchange(host="api.na1.niceincontact.com", path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
    (make_exchange(host="api.us-west-2.pure.cloud"), "host-unknown", "host"),
    (make_exchange(host="api-na1"), "host-unknown", "host"),
    (make_exchange(host=CXONE, path="/inContactAPI/services/v30/scripts/start"), "path-unpublished", "path"),
    (make_exchange(path="/api/v2/outbound/campaigns/12345/start"), "id-format", "path"),
    ({"method": "POST", "url": f"http://{GENESYS}/api/v2/conversations/calls", "status": 400}, "scheme-insecure", "host"),
]  # fmt: skip


@pytest.mark.slow
@each_case("exchange, code, where", ROUTES)
def test_wrong_host_path_or_method_is_an_error(
    exchange: dict[str, Any], code: str, where: str
) -> None:
    assert errors(exchange).get(code) == where


@each_case(
    "path, nearest",
    [
        ("/api/v2/outbound/calls", "POST /api/v2/conversations/calls"),
        ("/v2/conversations/callbacks", "POST /api/v2/conversations/callbacks"),
        ("/api/v2/outbound/contact-lists", "POST /api/v2/outbound/contactlists"),
        (
            "/api/v2/outbound/campaign/x1/start",
            "POST /api/v2/outbound/campaigns/{campaignId}/start",
        ),
    ],
    quick=2,
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


@each_case("body, code, where", BODIES, quick=2)
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
    assert str(found.route.nearest) == f"POST {FAMILY}/scheduled-callbacks"


def test_different_ids_in_path_and_body_are_an_error() -> None:
    path = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
    body = [{"contactListId": QUEUE[::-1], "data": {"phone": "1"}}]
    assert errors(make_exchange(path=path, body=body)).get("id-mismatch") == "/0/contactListId"
    assert "value-not-allowed" in codes_of(
        make_exchange(path=path, body=[{"contactListId": "", "data": {}}])
    )


@each_case(
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
    quick=2,
)
def test_findings_contain_no_secret(exchange: dict[str, Any]) -> None:
    (found,) = explain(exchange)
    assert "s3cret-value" not in repr(found.findings) + json.dumps(found.as_dict())
    assert "s3cret-value" not in "".join(
        each.excerpt.text for each in found.findings if each.excerpt
    )


@pytest.mark.slow
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
        (make_exchange("GET", "/api/v2/outbound/contactlists/<your-list>"), "placeholder", "path"),
        (make_exchange(host="{{my-org}}.mypurecloud.com"), "host-unknown", "host"),
        (make_exchange(host="api.mypurecloud.eu"), "host-unknown", "host"),
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


@pytest.mark.slow
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


@pytest.mark.slow
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
