"""Errors in path and host are reported: prefixes, slots, placeholders, and IDs."""

from __future__ import annotations

import pytest

from cxcall import explain
from cxcall.explaining.operations.known_operations import CXONE, GENESYS
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.routes import ACD, HOSTS, QUEUE, problems

CALLBACKS = "/api/v2/conversations/callbacks"
JOB = "/scheduled-callbacks"


@each_case(
    "host, path, words, nearest",
    [
        (HOSTS[GENESYS], "/api/v2.0/conversations/callbacks", "`/api/v2.0` instead of `/api/v2`", CALLBACKS),
        (HOSTS[GENESYS], "/v2/conversations/callbacks", "`/v2` instead of `/api/v2`", CALLBACKS),
        (HOSTS[GENESYS], "/conversations/callbacks", "lacks the prefix `/api/v2`", CALLBACKS),
        (HOSTS[GENESYS], f"/api/v2{CALLBACKS}", "instead of `/api/v2`", CALLBACKS),
        (HOSTS[GENESYS], "/api/v2//conversations/callbacks", "has an empty segment", CALLBACKS),
        (HOSTS[GENESYS], f"{CALLBACKS}%20", "ends with `%20`", CALLBACKS),
        (HOSTS[GENESYS], f"/{CALLBACKS}", "has an empty segment", CALLBACKS),
        (HOSTS[GENESYS], "/api/v2/outbound/campaigns//start", "`{campaignId}` is empty", "/api/v2/outbound/campaigns/{campaignId}/start"),
        (HOSTS[CXONE], f"/services/v13.0{JOB}", "instead of `/inContactAPI/services/v13.0`", ACD + JOB),
        (HOSTS[CXONE], f"/incontactapi/v13.0{JOB}", "instead of `/inContactAPI/services/v13.0`", ACD + JOB),
        (HOSTS[CXONE], f"{ACD}{ACD}{JOB}", "instead of `/inContactAPI/services/v34.0`", ACD + JOB),
        (HOSTS[CXONE], JOB, "lacks the prefix", ACD + JOB),
    ],
quick=2)  # fmt: skip
def test_wrong_prefix_or_empty_segment_is_named_with_the_right_path(
    host: str, path: str, words: str, nearest: str
) -> None:
    (found,) = explain({"method": "POST", "host": host, "path": path})
    assert found.route.nearest is not None
    assert found.route.nearest.path == nearest
    (finding,) = [each for each in found.findings if each.code == "path-unpublished"]
    assert finding.severity is Severity.ERROR
    assert words in finding.message


@each_case(
    "method, host, path, status, words",
    [
        ("POST", HOSTS[GENESYS], "/api/v2/Conversations/CallBacks", 400, ""),
        ("POST", HOSTS[GENESYS], "/api/v2/Conversations/CallBacks", 404, f"write `{CALLBACKS}`"),
        ("POST", HOSTS[GENESYS], f"{CALLBACKS}/", 404, f"write `{CALLBACKS}`"),
        ("GET", HOSTS[GENESYS], f"/api/v2/outbound/campaigns/{QUEUE}/start", 405, "the only operation there is `POST /api/v2/outbound/campaigns/{campaignId}/start`: see `cxcall operations start-campaign`"),
        ("GET", HOSTS[CXONE], "/inContactAPI/services/v99.0/agents", 501, "write `v34.0`"),
        ("POST", HOSTS[CXONE], "/inContactAPI/services/v30.0/scheduled-callback", 404, "the nearest one: `POST /inContactAPI/services/v30.0/scheduled-callbacks`"),
        ("POST", HOSTS[GENESYS], "/api/v2/conversations/calls/user/jane.doe@example.com", 404, "copy the exact ID, as the platform shows it"),
        ("POST", "api.mypurecloud.uk", CALLBACKS, 404, "use the host of your organization's region"),
    ],
quick=2)  # fmt: skip
def test_hint_on_path_method_or_host_names_only_what_is_known(
    method: str, host: str, path: str, status: int, words: str
) -> None:
    (found,) = explain({"method": method, "host": host, "path": path, "status": status})
    told = [each for each in found.findings if each.where in ("path", "host")]
    assert [each.fix for each in told] == [words] * bool(words)
    assert not words or found.findings[0] in told
    assert not any("most similar" in each.message for each in told)


@pytest.mark.parametrize("host", [None, "{{baseUrl}}"])
@pytest.mark.parametrize("path", [f"/services/v13.0{JOB}", f"/v13.0{JOB}"])
def test_base_url_that_is_not_shown_may_have_the_prefix(host: str | None, path: str) -> None:
    (found,) = explain({"method": "POST", "host": host, "path": path})
    assert found.route.platform == CXONE
    (finding,) = [each for each in found.findings if each.code == "path-unpublished"]
    assert finding.severity is Severity.WARNING
    assert "unless the base URL has the rest" in finding.fix


@each_case(
    "host, path, severity",
    [
        ("login.undefined", "/oauth/token", "error"),
        ("api.None", CALLBACKS, "error"),
        ("api..pure.cloud", CALLBACKS, "error"),
        ("{{my-org}}.mypurecloud.com", CALLBACKS, "warning"),
        ("api.{region}.mypurecloud.com", CALLBACKS, "warning"),
        ("example.com", "/oauth/token", "warning"),
        ("api.zz.mypurecloud.com", CALLBACKS, "warning"),
        ("login.mypurecloud.eu", "/oauth/token", "warning"),
        ("api.zz1.pure.cloud", CALLBACKS, "warning"),
        ("acme.mypurecloud.com", CALLBACKS, "error"),
        ("api.na1.niceincontact.com", ACD + JOB, "error"),
        ("api.nicecxone.com", ACD + JOB, "warning"),
        ("na10.nice-incontact.com", "/authentication/v1/token/access-key", ""),
        ("api.", CALLBACKS, "error"),
        ("api.mypurecloud.com.", CALLBACKS, ""),
        ("api.{{environment}}", CALLBACKS, ""),
        ("api.${region}.pure.cloud", CALLBACKS, ""),
        ("{{host}}", CALLBACKS, ""),
        ("api-{area}.niceincontact.com", ACD + JOB, ""),
    ],
)
def test_host_that_is_wrong_or_unknown_is_reported(host: str, path: str, severity: str) -> None:
    (found,) = explain({"method": "POST", "host": host, "path": path})
    severities = [each.severity.value for each in found.findings if each.code == "host-unknown"]
    assert severities == ([severity] if severity else [])


def test_rules_of_a_token_request_are_uncertain_at_a_foreign_host() -> None:
    exchange = {"method": "POST", "path": "/oauth/token", "body": "grant_type=password&username=a"}
    (found,) = explain({**exchange, "host": "auth.example.com"})
    assert found.root is not None
    assert found.root.code == "host-unknown"
    assert "login.<region's domain>" in found.root.fix
    assert all(each.severity is not Severity.ERROR for each in found.findings)


def test_body_is_not_compared_with_another_operation_than_the_nearest() -> None:
    exchange = {"method": "POST", "host": HOSTS[GENESYS], "path": "/api/v2/routing/queue"}
    (found,) = explain({**exchange, "body": {"name": "Support"}})
    assert str(found.route.nearest) == "POST /api/v2/routing/queues"
    assert [each.code for each in found.findings] == ["path-unpublished"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body", "operation"),
    [
        ("/api/v2/outbound/campaign/new", {"name": "x"}, None),
        ("/api/v2/leads/create", {"firstName": "Ada", "phoneNumber": "+13172222222"}, None),
        ("/api/v2/dial", {"phoneNumber": "+13172222222", "callerId": "x"}, "place-call"),
    ],
)
def test_call_is_proposed_for_an_unknown_path_only_with_more_evidence(
    path: str, body: dict[str, object], operation: str | None
) -> None:
    exchange = {"method": "POST", "host": HOSTS[GENESYS], "path": path, "body": body}
    (found,) = explain(exchange)
    named = [each.message for each in found.findings if each.code == "operation-mismatch"]
    assert [f"`{operation}`" in each for each in named] == ([True] if operation else [])


def test_operation_of_a_platform_is_not_suggested_for_a_foreign_host() -> None:
    (found,) = explain({"method": "GET", "host": "www.example.com", "path": "/users"})
    assert found.route.nearest is None
    assert found.route.platform == ""


@pytest.mark.parametrize(("host", "codes"), [("apps", []), ("api", ["host-unknown"])])
def test_contact_list_is_uploaded_as_a_form_to_its_own_host(host: str, codes: list[str]) -> None:
    exchange = {
        "method": "POST",
        "host": f"{host}.mypurecloud.com",
        "path": "/uploads/v2/contactlist",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
        "body": "--x\r\nContent-Disposition: form-data; name=id\r\n\r\n1\r\n--x--",
    }
    (found,) = explain(exchange)
    problems = [each for each in found.findings if each.severity is not Severity.NOTE]
    assert [each.code for each in problems] == codes


def test_request_of_another_vendor_is_not_judged() -> None:
    exchange = {
        "method": "POST",
        "host": "api.telephony.example",
        "path": "/2010-04-01/Calls.json",
        "headers": {"Authorization": "Basic YTpi", "Content-Type": "text/plain"},
        "body": "To=1",
        "response": {"status": 400, "body": {"code": 21211, "message": "not a valid number"}},
    }
    (found,) = explain(exchange)
    assert [(each.severity, each.code) for each in found.findings] == [
        (Severity.ERROR, "not-provable"),
        (Severity.WARNING, "host-unknown"),
    ]
    assert "the server says: not a valid number" in found.findings[0].message
    (found,) = explain({**exchange, "path": CALLBACKS})
    assert len(found.findings) > 1


@pytest.mark.parametrize(
    ("method", "host", "path", "code"),
    [
        ("POST", "api.zoom.us", "/v2/users", "host-unknown"),
        ("POST", "api.zoom.us", "/v2/users/me/meetings", "host-unknown"),
        ("GET", "api.zoom.us", "/v2/users/me", "host-unknown"),
        ("POST", "api.example.com", "/api/v1/users", "host-unknown"),
        ("GET", "company.atlassian.net", "/api/v2/users", "host-unknown"),
        ("GET", "acme.zendesk.com", "/api/v2/users/search.json", "host-unknown"),
        ("POST", "users-service", "/api/v1/users", "host-unknown"),
        ("POST", "api.mycxonething.org", "/api/v2/users", "host-unknown"),
        ("POST", "localhost:8080", "/api/v3/user", "path-unpublished"),
        ("POST", "localhost:3000", "/api/v1/accounts/1/contacts", "path-unpublished"),
        ("POST", None, "/v1/chat/completions", "path-unpublished"),
    ],
)
def test_path_that_any_api_may_have_is_not_judged(
    method: str, host: str | None, path: str, code: str
) -> None:
    request = {"method": method, "host": host, "path": path, "headers": {"api_access_token": "x"}}
    (found,) = explain({**request, "body": {}})
    assert [(each.code, each.severity) for each in found.findings] == [(code, Severity.WARNING)]
    assert "neither Genesys Cloud nor NICE CXone" in found.findings[0].message
    (found,) = explain({**request, "status": 422, "response": {"message": "Name has been taken"}})
    assert found.root is not None
    assert found.root.message == "the server says: Name has been taken"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("api.usw2.pure.clud", "/v2/users"),
        ("genesys-proxy.example.com", "/v2/users"),
        (HOSTS[GENESYS], "/v2/users"),
        ("api.mypurecluod.com", "/v2/users"),
        ("localhost", "/api/v1/conversations/callbacks"),
        (None, "/api/v2/interactions"),
        ("gateway.example.com", "/api/v2/conversations/callback"),
    ],
)
def test_path_of_a_platform_is_judged_at_any_host(host: str | None, path: str) -> None:
    (found,) = explain({"method": "POST", "host": host, "path": path})
    assert "path-unpublished" in {each.code for each in found.findings}
    assert all("is not checked" not in each.message for each in found.findings)


@pytest.mark.slow
def test_platform_that_the_text_or_the_response_names_is_that_of_a_path_of_one_word() -> None:
    request = {"method": "POST", "url": "https://gateway.example.com/api/v2/users", "status": 400}
    text = "POST https://gateway.example.com/api/v2/users returns 400"
    for source, platform in (
        ({**request, "response": {"message": "No name", "correlationId": "5d1f"}}, ""),
        ({**request, "response": {"message": "No name", "contextId": "5d1f"}}, GENESYS),
        (text, ""),
        (f"Our proxy of Genesys Cloud: {text}", GENESYS),
        ("POST /api/v2/oauth/token returns 401 in CXone Studio", CXONE),
        ("POST /api/v2.0/connections/outbound returns 400 in CXone", ""),
        ("The endpoint is https://{org}.gen.example/api/v2/users. We get HTTP 400.", GENESYS),
    ):
        (found,) = explain(source)
        assert found.route.platform == platform


def test_json_with_wrong_syntax_is_told_at_any_api_that_did_not_accept_it() -> None:
    for path, body, status, codes in (
        ("/v1/prices", '{""name": "x"}', 0, ["body-malformed", "path-unpublished"]),
        ("/v1/prices", "{'name': 'x'}", 200, ["path-unpublished"]),
        ("/graphql", "{ viewer { login } }", 0, ["path-unpublished"]),
        ("/_bulk", '{"index": {}}\n{"a": 1}\n', 0, ["path-unpublished"]),
        ("/v1/list", '[\n{"a": 1,}\n]', 0, ["body-malformed", "path-unpublished"]),
    ):
        (found,) = explain({"method": "POST", "path": path, "body": body, "status": status})
        assert [each.code for each in found.findings] == codes, path


def test_rules_of_the_other_platform_are_notes_if_host_and_path_do_not_match() -> None:
    body = {"contactId": "123456789", "contactSpec": {"contactId": "123456789"}}
    path = "/api/v2/outbound/campaigns/77123/executions"
    (found,) = explain(
        {"method": "POST", "host": HOSTS[CXONE], "path": path, "status": 404, "body": body}
    )
    told = [each for each in found.findings if each.severity is not Severity.NOTE]
    assert [each.code for each in told] == ["platform-mismatch", "property-missing"]


def test_path_that_only_the_answer_or_one_sentence_names_is_that_of_the_request() -> None:
    url = "https://api.mypurecloud.de/api/v2/outbound/campaings"
    for text in (
        f'POST failed with 404\n\n{{"message":"Not found: {url}","code":"not.found","status":404}}',
        '{"timestamp":"2026-11-20T08:00:00Z","status":404,"error":"Not Found","path":"/api/v2/outbound/campaings"}',
        "We access the /api/v2/outbound/campaings endpoint and get a 401. Verified by successful calls to /api/v2/users/me.",
        "The POST is never successful for /api/v2/outbound/campaings. I get 404.",
        "The POST hasn't been successful for /api/v2/outbound/campaings. 404.",
        f'I am sending this to {url}: it returns a 404\n\n{{"redirect": "https://me.example/x"}}\n',
    ):
        (found,) = explain(text)
        assert (found.request.path, found.findings[0].code) == (
            "/api/v2/outbound/campaings",
            "path-unpublished",
        )


def test_path_that_belongs_to_no_vendor_comes_first() -> None:
    exchange = {
        "method": "POST",
        "host": "api.genesyscloud.com",
        "path": "/v1/outbound/trigger-call",
    }
    (found,) = explain({**exchange, "body": {"phoneNumber": "+1 202"}})
    assert [each.code for each in found.findings][:2] == ["path-unpublished", "host-unknown"]


@each_case("value", ["{contactListId}", "%7BcontactListId%7D", "undefined", "<list>"], quick=2)
def test_placeholder_in_the_path_of_a_command_is_reported(value: str) -> None:
    url = f"https://{HOSTS[GENESYS]}/api/v2/outbound/contactlists/{value}"
    (found,) = explain(f"curl '{url}' -H 'Authorization: Bearer abc'")
    assert "placeholder path" in " ".join(problems(found))


@pytest.mark.slow
@each_case(
    "path, is_wrong",
    [
        ("/api/v2/routing/queues/support-queue", True),
        ("/api/v2/routing/queues/12345/wrapupcodes", True),
        (f"/api/v2/outbound/contactlists/{QUEUE}/contacts/crm-lead", False),
        ("/api/v2/routing/email/domains/example.com", False),
        (f"{ACD}/agents/4711/groups", False),
        (f"{ACD}/agents/anna/groups", True),
        ("/data-extraction/v1/jobs/8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10", False),
        (f"{ACD}/agent-sessions/QWdlbnQ/get-next-event?timeout=10", False),
    ],
)
def test_id_in_a_path_is_judged_by_its_kind(path: str, *, is_wrong: bool) -> None:
    host = HOSTS[GENESYS if path.startswith("/api/") else CXONE]
    (found,) = explain({"method": "GET", "host": host, "path": path})
    assert [each.split()[0] for each in problems(found)] == (["id-format"] if is_wrong else [])


@pytest.mark.slow
def test_word_in_place_of_an_id_is_the_own_id_or_an_unknown_path() -> None:
    for method, path, expected in (
        ("POST", "/api/v2/conversations/calls/user/me", "id-format"),
        ("POST", "/api/v2/outbound/campaigns/me/start", "id-format"),
        ("GET", "/api/v2/users/me", ""),
        ("GET", "/api/v2/users/me/nothing", "path-unpublished"),
        ("GET", "/api/v2/users/me/queues/me", "path-unpublished"),
        ("POST", "/api/v2/outbound/contactlists/trigger", "path-unpublished"),
        ("POST", f"/api/v2/outbound/contactlists/{QUEUE}", "method-unpublished"),
    ):
        (found,) = explain({"method": method, "host": HOSTS[GENESYS], "path": path})
        codes = {each.code for each in found.findings if each.where == "path"}
        assert codes == ({expected} if expected else set()), path


def test_letters_in_another_case_may_not_be_why_an_object_is_not_found() -> None:
    path = f"/api/v2/Outbound/campaigns/{QUEUE}"
    (found,) = explain({"method": "GET", "host": HOSTS[GENESYS], "path": path, "status": 404})
    told = [each for each in found.findings if each.code == "path-unpublished"]
    assert [each.severity for each in told] == [Severity.NOTE]
    assert found.findings[0].code == "not-found"
