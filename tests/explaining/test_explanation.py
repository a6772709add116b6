"""Why a request failed: the right code at the right place, and never an error that is none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cxcall
from cxcall import explain
from cxcall.contracts import contract
from cxcall.findings.codes import codes
from cxcall.findings.finding import Severity

GENESYS, CXONE = "api.mypurecloud.com", "api-na1.niceincontact.com"
LOGIN, ISSUER, AREA = "login.mypurecloud.com", "cxone.niceincontact.com", "na1.nice-incontact.com"
QUEUE = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
TOKEN = {"Authorization": "Bearer abc"}
CALL = {"phoneNumber": "+12025550123"}
FAMILY = "/inContactAPI/services/v31.0"


def asked(
    method: str = "POST", path: str = "/api/v2/conversations/calls", **more: Any
) -> dict[str, Any]:
    return {"method": method, "host": GENESYS, "path": path, **more}


def errors(exchange: dict[str, Any]) -> dict[str, str]:
    """Return the places of the errors by their codes."""
    (found,) = explain(exchange)
    return {each.code: each.where for each in found.findings if each.severity is Severity.ERROR}


def codes_of(exchange: dict[str, Any]) -> set[str]:
    return told(exchange)


def told(source: str | dict[str, Any]) -> set[str]:
    (found,) = explain(source)
    return {each.code for each in found.findings}


ROUTES: list[tuple[dict[str, Any], str, str]] = [
    (asked(path="/api/v2/outbound/dial"), "path-unpublished", "path"),
    (asked(path="/api/v1/conversations/calls"), "path-unpublished", "path"),
    (asked(path="/v2/conversations/calls"), "path-unpublished", "path"),
    (asked(path="/api/v2/conversation/calls"), "path-unpublished", "path"),
    (asked(path="/api/v2/conversations/calls/start"), "path-unpublished", "path"),
    (asked("DELETE"), "method-unpublished", "path"),
    (asked(host="mypurecloud.com"), "host-unknown", "host"),
    (asked(host="login.mypurecloud.com"), "host-unknown", "host"),
    (asked(host="api.mypurecloud.eu"), "host-unknown", "host"),
    (asked(path="/oauth/token"), "host-unknown", "host"),
    (asked(host=CXONE), "platform-mismatch", "path"),
    (asked(path=f"{FAMILY}/scripts/start"), "platform-mismatch", "path"),
    (asked(host="api.na1.niceincontact.com", path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
    (asked(host="api.us-west-2.pure.cloud"), "host-unknown", "host"),
    (asked(host="api-na1"), "host-unknown", "host"),
    (asked(host="api.nice.incontact.com", path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
    (asked(host=CXONE, path="/inContactAPI/services/v30/scripts/start"), "path-unpublished", "path"),
    (asked(path="/api/v2/outbound/campaigns/12345/start"), "id-format", "path"),
    ({"method": "POST", "url": f"http://{GENESYS}/api/v2/conversations/calls", "status": 400}, "scheme-insecure", "host"),
]  # fmt: skip


@pytest.mark.parametrize(("exchange", "code", "where"), ROUTES)
def test_where_it_went(exchange: dict[str, Any], code: str, where: str) -> None:
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
def test_the_nearest_published_operation_is_named(path: str, nearest: str) -> None:
    (found,) = explain(asked(path=path, body=CALL))
    assert str(found.route.nearest) == nearest
    assert found.root is not None
    assert found.root.code == "path-unpublished"


def test_literal_paths_come_before_templates_and_slots_hold_ids() -> None:
    assert not errors(asked("GET", f"/api/v2/conversations/calls/{QUEUE}"))
    assert not errors(asked("GET", "/api/v2/conversations/calls/{conversationId}"))
    assert not errors(asked("GET", "/api/v2/conversations/calls/maximumconferenceparties"))


@pytest.mark.parametrize("version", ["v4.0", "v30.0", "v34.0"])
def test_any_version_and_case_of_the_family(version: str) -> None:
    path = f"/incontactapi/Services/{version}/scripts/start"
    assert not errors(asked(host=CXONE, path=path, headers={**TOKEN, "Accept": "application/json"}))


BODIES: list[tuple[Any, str, str]] = [
    ({"to": "+12025550123"}, "property-missing", ""),
    ({**CALL, "queue_id": QUEUE}, "property-unknown", "/queue_id"),
    ({**CALL, "priority": "high"}, "type-mismatch", "/priority"),
    ([CALL], "type-mismatch", ""),
    ('{"phoneNumber": "+12025550123",}', "body-malformed", "body"),
    (json.dumps(json.dumps(CALL)), "body-malformed", "body"),
]


@pytest.mark.parametrize(("body", "code", "where"), BODIES)
def test_what_it_carried(body: Any, code: str, where: str) -> None:
    assert errors(asked(body=body)).get(code) == where


def test_an_unpublished_path_makes_the_body_advice() -> None:
    (found,) = explain(asked(path="/api/v2/outbound/calls", body={"to": "+12025550123"}))
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
def test_what_a_query_lacks(path: str, missing: list[str]) -> None:
    (found,) = explain(asked(host=CXONE, path=FAMILY + path))
    lacking = [each.origin for each in found.findings if each.code == "property-missing"]
    assert lacking == missing


@pytest.mark.parametrize(
    "path", ["/user-management/v1/users", "/dfo/3.0/contacts/1", "/access-key-management/v1/access-keys"]
)  # fmt: skip
def test_what_is_published_and_declared_nowhere_here_is_no_error(path: str) -> None:
    assert not errors(asked("GET", path, host="api-de-na1.niceincontact.com"))
    assert errors(asked("GET", path)) == {"platform-mismatch": "path"}


def test_the_host_that_was_meant_is_in_its_labels() -> None:
    (found,) = explain(asked(host="api.usw2.mypurecloud.com"))
    assert "`api.usw2.pure.cloud`" in found.findings[0].message
    (found,) = explain(asked(host="api.genesys.cloud"))
    assert "did you mean" not in found.findings[0].message


def test_the_nearest_of_nice_is_a_whole_path() -> None:
    (found,) = explain(asked(host=CXONE, path=f"{FAMILY}/callbacks"))
    assert str(found.route.nearest) == "POST /inContactAPI/services/v34.0/scheduled-callbacks"


def test_a_body_that_is_not_shown_may_hold_what_the_query_lacks() -> None:
    url = f"https://{CXONE}{FAMILY}/queuecallback"
    json_type = "-H 'Content-Type: application/json' -H 'Accept: application/json'"
    assert "property-missing" not in told(f'curl {url} {json_type} -d "$BODY"')
    assert "property-missing" in told(f"curl -X POST {url} {json_type}")


def test_what_belongs_into_the_query() -> None:
    body = {
        "listName": "Autumn",
        "destinationMappings": [{"fieldName": "PhoneNumber", "fieldValue": "p"}],
    }
    found = errors(asked(host=CXONE, path=f"{FAMILY}/lists/call-lists", body=body))
    assert found == {"property-unknown": "/listName", "property-missing": "query"}


def test_a_value_that_belongs_into_the_query_is_judged_as_it_would_be_there() -> None:
    body = {"listName": "A", "externalIdColumn": "", "destinationMappings": [{"fieldName": "PhoneNumber", "fieldValue": "phone"}]}  # fmt: skip
    (found,) = explain(asked(host=CXONE, path=f"{FAMILY}/lists/call-lists", body=body))
    placed = [(each.code, each.where) for each in found.findings if each.severity is Severity.ERROR]
    assert placed.count(("property-unknown", "/listName")) == 1
    assert [each for each in placed if each[0] == "value-not-allowed"] == [
        ("value-not-allowed", "/externalIdColumn")
    ]


def test_what_is_null_in_an_exchange_is_not_known() -> None:
    assert not errors(asked(body={"phoneNumber": None, "callerId": None}))


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
def test_its_headers(headers: dict[str, str], code: str, where: str) -> None:
    assert errors(asked(body=CALL, headers=headers)).get(code) == where


def test_a_body_without_its_type_is_named_where_the_source_shows_all_headers() -> None:
    text = f'requests.post("https://{GENESYS}/api/v2/conversations/calls", data=json.dumps({{"phoneNumber": "+12025550123"}}))'
    (found,) = explain(text)
    assert ("header-missing", "header:Content-Type") in {
        (each.code, each.where) for each in found.findings
    }
    assert "header-missing" not in codes_of(asked(body=CALL, headers=TOKEN))


def test_form_data_is_no_json() -> None:
    assert "body-malformed" in errors(
        asked(body="phoneNumber=1", headers={"Content-Type": "application/json"})
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert list(errors(asked(body="phoneNumber=1", headers=form))) == [
        "header-missing",
        "body-malformed",
    ]


def test_an_id_in_the_path_and_another_in_the_body() -> None:
    path = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
    body = [{"contactListId": QUEUE[::-1], "data": {"phone": "1"}}]
    assert errors(asked(path=path, body=body)).get("id-mismatch") == "/0/contactListId"
    assert "value-not-allowed" in codes_of(
        asked(path=path, body=[{"contactListId": "", "data": {}}])
    )


@pytest.mark.parametrize(
    "exchange",
    [
        asked(body={"phoneNumber": "+1", "client_secret": "s3cret-value"}),
        asked(path="/oauth/token", body="grant_type=x&client_secret=s3cret-value"),
        asked(
            body={
                "com.example.integrations.genesys-cloud.production.oauth.client_secret": "s3cret-value"
            }
        ),
        asked(body={"note": "x" * 100_000, "Refresh_To\u212aen": "s3cret-value"}),
        asked(
            path="/auth/token",
            body={"password": "s3cret-value"},
            status=400,
            response={"access_token": "s3cret-value"},
        ),
        asked(
            body=CALL,
            headers={"Authorization": "Bearer s3cret-value"},
            status=400,
            response="bad s3cret-value",
        ),
    ],
)
def test_no_secret_is_told(exchange: dict[str, Any]) -> None:
    (found,) = explain(exchange)
    assert "s3cret-value" not in repr(found.findings) + json.dumps(found.as_dict())
    assert "s3cret-value" not in "".join(
        each.excerpt.text for each in found.findings if each.excerpt
    )


@pytest.mark.parametrize(
    ("exchange", "code", "where"),
    [
        (asked(body={**CALL, "callFromQueueId": "support"}), "id-format", "/callFromQueueId"),
        (asked(path="/api/v2/outbound/dial", body={"agentId": "agent-7"}), "id-format", "/agentId"),
        (asked("GET", "/api/v2/routing/queues/support-queue"), "id-format", "path"),
        (asked(body={"phoneNumber": "(202) 555-0123"}), "phone-format", "/phoneNumber"),
        (asked(body={"phoneNumber": "+1234"}), "phone-unlikely", "/phoneNumber"),
        (
            asked("GET", "/api/v2/users/me", headers={"Origin": "https://apps.mypurecloud.de"}),
            "region-mismatch",
            "host",
        ),
        (asked("GET", "/api/v2/outbound/contactlists/<your-list>"), "placeholder", "path"),
        (asked(host="{{my-org}}.mypurecloud.com"), "host-unknown", "host"),
        (asked(host=CXONE, path="/auth/token"), "host-unknown", "host"),
        (asked(host=CXONE, path="/authentication/v1/token/access-key"), "host-unknown", "host"),
        (asked(host=ISSUER, path=f"{FAMILY}/scripts/start"), "host-unknown", "host"),
        (asked("PUT", f"{FAMILY}/skills/4711", host=CXONE), "method-unpublished", "path"),
        (
            asked(
                host=CXONE,
                path=f"{FAMILY}/scheduled-callbacks",
                body={"phoneNumber": "+12025550123"},
            ),
            "property-unknown",
            "/phoneNumber",
        ),
        (
            asked(
                host=CXONE,
                path=f"{FAMILY}/agent-sessions/1/dial-phone",
                body={"phone": "+12025550123"},
            ),
            "property-unknown",
            "/phone",
        ),
        (
            asked(host=CXONE, path=f"{FAMILY}/queuecallback", query="", body={"skilId": "1"}),
            "property-unknown",
            "/skilId",
        ),
        (asked(body={"phoneNumber": "tel:+15550199888"}), "phone-unlikely", "/phoneNumber"),
        (
            asked(path="/api/v2/conversations/callbacks", body={"callbackNumbers": ["0612345678"]}),
            "phone-format",
            "/callbackNumbers/0",
        ),
    ],
)
def test_what_is_likely_wrong_is_a_warning(exchange: dict[str, Any], code: str, where: str) -> None:
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
def test_what_failed_after_it_was_accepted(body: Any) -> None:
    exchange = asked("GET", f"/api/v2/outbound/contactlists/{QUEUE}", status=200, response=body)
    assert errors(exchange) == {"hidden-failure": "response"}


def test_what_a_ticket_needs_is_there_to_copy() -> None:
    headers = {"ININ-Correlation-Id": "abc", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}
    response = {"status": 400, "headers": headers, "body": "Bad Request"}
    (found,) = explain({"request": asked(), "response": response})
    assert found.ticket["correlation ID"] == "abc"
    assert found.ticket["time"] == headers["Date"]
    assert found.ticket["request"] == f"POST {GENESYS}/api/v2/conversations/calls"


def test_an_answer_of_nice_in_words_needs_the_header_that_it_needs() -> None:
    exchange = asked(
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
def test_a_request_for_a_token(form: str, code: str, where: str) -> None:
    assert errors(asked(path="/oauth/token", host=LOGIN, body=form)) == {code: where}


@pytest.mark.parametrize(
    ("host", "path", "body"),
    [
        (LOGIN, "/oauth/token", "grant_type=client_credentials&scope=outbound:readonly"),
        (LOGIN, "/oauth/token", "grant_type=refresh_token&refresh_token=a"),
        (LOGIN, "/oauth/token", "grant_type=urn:ietf:params:oauth:grant-type:saml2-bearer"),
        (ISSUER, "/auth/token", "grant_type=password&username=a&password=b"),
        (ISSUER, "/auth/token", "grant_type=token-exchange"),
        (AREA, "/authentication/v1/token/access-key", {"accessKeyId": "a", "accessKeySecret": "b"}),
        ("api.incontact.com", "/InContactAuthorizationServer/Token", {"grant_type": "client_credentials"}),
        ("api.incontact.com", "/InContactAuthorizationServer/Token", "grant_type=password&username=a&password=b"),
    ],
)  # fmt: skip
def test_a_request_for_a_token_that_is_as_published(host: str, path: str, body: Any) -> None:
    basic = {"Authorization": "Basic [removed]", "Content-Type": "application/json"}
    form = {**basic, "Content-Type": "application/x-www-form-urlencoded"}
    headers = form if isinstance(body, str) else basic
    assert not errors(asked(host=host, path=path, body=body, headers=headers))


@pytest.mark.parametrize(
    ("host", "path", "usual"),
    [
        ("api.cxone.com", "/oauth2/token", "https://cxone.niceincontact.com/auth/token"),
        ("api.mypurecloud.com", "/api/v2/oauth/token", "https://login.<region's domain>/oauth/token"),
        (None, "/api/v2/oauth/token", "https://login.<region's domain>/oauth/token"),
        (None, "/anything", "https://cxone.niceincontact.com/auth/token"),
    ],
)  # fmt: skip
def test_a_path_that_hands_out_no_token_is_judged_as_a_request_for_one(
    host: str | None, path: str, usual: str
) -> None:
    exchange = asked(host=host, path=path, body="grant_type=client_credentials&client_id=MY_CLIENT_ID")  # fmt: skip
    (found,) = explain({**exchange, "status": 401, "response": {"error": "invalid_client"}})
    by_code = {each.code: each for each in found.findings}
    assert usual in by_code["path-unpublished"].fix
    assert {"credential", "placeholder"} <= by_code.keys()
    assert not by_code.keys() & {"token-missing", "header-missing", "body-malformed"}


@pytest.mark.parametrize("answer", ["Unauthorized", {"message": "x"}, None])
def test_who_is_handed_no_token_has_none_that_expired(answer: Any) -> None:
    exchange = asked(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    assert errors({**exchange, "status": 401, "response": answer}) == {"credential": "response"}


def test_refused_token_request_is_not_reported_as_a_missing_permission() -> None:
    exchange = asked(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    for answer in ("Forbidden", {"message": "x"}, {"code": "missing.permissions"}, None):
        found = errors({**exchange, "status": 403, "response": answer})
        assert found == {"credential": "response"}


@pytest.mark.parametrize(
    ("path", "body", "kind", "codes"),
    [
        ("/oauth/token", "grant_type=client_credentials", "application/json", {"header-missing"}),
        ("/oauth/token", {"grant_type": "client_credentials"}, "application/x-www-form-urlencoded", {"body-malformed"}),
        ("/oauth/token", {"grant_type": "client_credentials"}, "application/json", {"body-malformed", "header-missing"}),
    ],
)  # fmt: skip
def test_a_body_and_its_header_are_judged_apart(path: str, body: Any, kind: str, codes: set[str]) -> None:  # fmt: skip
    exchange = asked(host=LOGIN, path=path, body=body, headers={"Content-Type": kind})
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
    (400, {"error": "invalid_request"}, "value-not-allowed"),
    (400, {"code": "bad.request", "message": "Bad Request"}, "value-not-allowed"),
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


@pytest.mark.parametrize(("status", "response", "code"), ANSWERS)
def test_what_the_answer_says(status: int, response: Any, code: str) -> None:
    exchange = asked("GET", "/api/v2/outbound/campaigns", status=status, response=response)
    assert list(errors(exchange)) == [code]


def test_a_gateway_is_not_the_platform() -> None:
    (found,) = explain(asked(body=CALL, status=502, response="<html>Bad Gateway</html>"))
    assert "a proxy's or a gateway's" in found.findings[-1].message


def test_a_bare_400_is_not_guessed_at() -> None:
    (found,) = explain(
        asked("GET", "/api/v2/outbound/campaigns", status=400, response="Bad Request")
    )
    assert not [each for each in found.findings if each.severity is Severity.ERROR]
    assert "not-provable" in {each.code for each in found.findings}


@pytest.mark.parametrize("operation", contract.operations(), ids=lambda each: each.name)
def test_the_example_of_every_operation_is_no_failure(operation: contract.Operation) -> None:
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


def test_every_code_that_can_be_found_is_documented() -> None:
    package = Path(cxcall.__file__).parent
    known = set(codes())
    source = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    written = re.findall(
        r'Severity\.[A-Z]+(?: if [^"\n]+ else Severity\.[A-Z]+)?,\s*"([a-z]+(?:-[a-z]+)*)"', source
    )
    written += re.findall(
        r'(?:Cause|_found|_token|_refused|code=)\(?\s*"([a-z]+(?:-[a-z]+)+)"', source
    )
    assert len(set(written)) > 25
    assert set(written) <= known


def test_the_api_says_what_it_cannot_read() -> None:
    with pytest.raises(cxcall.CxcallError, match="no request that can be read"):
        explain("good morning")
