"""The findings on a refusal: its cause, and the names in the response."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts import contract
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.refusals.refusal_findings import explain_refusal, provenance_note
from cxcall.responses.refusals.refused_request import RefusedRequest
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

EXECUTE = contract.load_operation("execute")
HOST = "api.example.com"


def explain(
    status: int,
    body: Any = None,
    operation: Operation | None = EXECUTE,
    *,
    headers: dict[str, str] | None = None,
    reason: str = "",
    **more: Any,
) -> tuple[Finding, ...]:
    """Explain a response; `body` is bytes, or is sent as JSON."""
    named = {"Content-Type": "application/json", **(headers or {})}
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    response = HttpResponse(status, reason, Headers(named.items()), content)
    return explain_refusal(response, HOST, RefusedRequest(operation, **more))


def test_contradiction_of_status_and_code_is_noted() -> None:
    body = {"code": "unauthorized", "message": "no"}
    assert ["contradicts itself" in each.message for each in explain(403, body)] == [False, True]
    assert len(explain(401, body)) == 1
    assert len(explain(403, {"code": "not.authorized", "message": "no"})) == 1


def test_fields_that_the_response_names_are_reported() -> None:
    detail = {"fieldName": "contactId", "errorCode": "too.long"}
    _, field = explain(400, {"message": "no", "details": [detail, {}, {"errorCode": "x"}]})
    assert field.message == "the API names the field `contactId`, for `too.long`"
    assert "`cxcall operations execute`" in field.fix
    _, field = explain(400, {"details": [{"fieldName": "contactId"}]}, None)
    assert field.message == "the API names the field `contactId`"
    assert "`cxcall operations`" in field.fix
    assert len(explain(400, {"details": "contactId"})) == 1


def test_properties_that_the_message_names_are_reported() -> None:
    personal = contract.load_operation("personal-connection")
    _, known, unknown = explain(
        400, {"message": "bad value for 'contactId' and 'contactIdd'"}, personal
    )
    assert (known.code, known.where) == ("value-not-allowed", "/contactId")
    assert (unknown.code, unknown.where) == ("property-unknown", "/contactIdd")
    assert len(explain(400, {"message": "bad value for 'contactId'"}, None)) == 1


@each_case(
    "status, body, code",
    [
        (400, None, "not-provable"),
        (401, None, "token-expired"),
        (403, None, "permission-missing"),
        (403, {"message": "the token is invalid"}, "token-expired"),
        (403, {"message": "there is no such right"}, "permission-missing"),
        (400, {"code": "bad.request", "message": "contact not found"}, "not-found"),
        (401, {"message": "token scope mismatch"}, "token-scope"),
        (403, {"message": "The scope outbound is required"}, "token-scope"),
        (403, {"message": "The queue is outside the scope of this user"}, "permission-missing"),
        (
            403,
            {"message": "out of scope of your client", "code": "not.authorized"},
            "permission-missing",
        ),
        (403, {"message": "The scope of this user has no queue"}, "permission-missing"),
        (400, {"code": "bad.credentials"}, "credential"),
        (400, {"errorCode": "not.found"}, "not-found"),
        (400, {"message": "refused: no.active.edge"}, "state"),
        (429, {"code": "not.found"}, "rate-limited"),
        (499, None, "not-provable"),
        (400, {"message": "INVALID TRANSITION"}, "state"),
        (400, {"message": "A station is required to place a call", "code": "bad.request"}, "state"),
        (400, {"message": "The user does not have an active station"}, "state"),
        (400, {"message": "stationId is required"}, "property-missing"),
        (400, {"error": "invalid_grant", "message": "no such thing"}, "not-provable"),
        (400, {"code": "bad.request", "message": "Bad Request"}, "not-provable"),
        (400, {"code": "bad.request", "message": "no such skill"}, "value-not-allowed"),
        (401, {"code": "missing.required.field", "message": "no"}, "token-expired"),
        (400, {"error": "access_denied"}, "permission-missing"),
        (400, {"error": "unsupported_grant_type"}, "token-grant"),
        (400, {"message": "the schedule has expired"}, "not-provable"),
        (400, {"message": "Your access token has expired"}, "token-expired"),
        (400, {"message": "no access token"}, "token-missing"),
        (400, {"message": "Unexpected token } in JSON at position 4"}, "body-malformed"),
        (400, {"message": "Cannot deserialize value of type int from String"}, "type-mismatch"),
        (401, {"message": "Cannot deserialize value of type int"}, "token-expired"),
        (406, None, "header-missing"),
        (422, None, "value-not-allowed"),
        (422, {"message": "contactId is required"}, "property-missing"),
        (400, {"error": "client", "message": "Queue is closed"}, "state"),
        (400, {"error": "timeout", "message": "Something went wrong"}, "not-provable"),
        (404, {"code": "architect.flow.version.missing"}, "not-found"),
        (500, {"code": "architect.database.throughput.exceeded"}, "not-provable"),
        (400, {"code": "active.queue", "message": "It did not work"}, "state"),
        (408, {"code": "client.timeout", "message": "Something went wrong"}, "not-provable"),
    ],
)
def test_cause_is_taken_from_the_most_exact_part(status: int, body: Any, code: str) -> None:
    assert explain(status, body)[0].code == code


def test_status_alone_claims_no_cause_that_it_does_not_prove() -> None:
    assert "may be missing, expired, revoked, or of another region" in explain(401)[0].message
    assert "may lack" in explain(403)[0].message
    assert "not support this grant type" in explain(400, {"error": "unsupported_grant_type"})[0].message  # fmt: skip


def test_error_in_the_header_of_a_challenge_is_read() -> None:
    """RFC 6750, section 3: the error of a token is in `WWW-Authenticate`, often without a body."""
    scope = {"WWW-Authenticate": 'Bearer realm="a", error="insufficient_scope", scope="outbound"'}
    (found,) = explain(403, headers=scope)
    assert (found.code, "outbound" in found.why) == ("token-scope", True)
    expired = 'Bearer error="invalid_token", error_description="The access token expired"'
    (found,) = explain(401, {"message": "Unauthorized"}, headers={"WWW-Authenticate": expired})
    assert (found.code, "The access token expired" in found.why) == ("token-expired", True)


def test_code_of_a_response_is_not_the_name_of_a_property() -> None:
    body = {"message": "It did not work", "code": "some_internal_error"}
    assert [each.code for each in explain(400, body)] == ["not-provable"]


def test_status_is_named_with_the_meaning_of_a_code() -> None:
    body = {"message": "Unable to perform the action", "code": "missing.permissions"}
    assert explain(403, body)[0].message.endswith(" (HTTP 403)")


def test_title_of_a_web_page_is_quoted() -> None:
    page = "<html><head><title>%s</title></head><body></body></html>"
    (found,) = explain(403, page % "Request blocked", headers={"Content-Type": "text/html"})
    assert (found.code, found.why) == ("not-provable", "the page says: Request blocked")
    plain = page % "400 The plain HTTP request was sent to HTTPS port"
    (found,) = explain(400, plain, headers={"Content-Type": "text/html"})
    assert found.code == "scheme-insecure"


def test_other_content_type_than_json_is_named_where_the_endpoint_expects_it() -> None:
    assert "x-www-form-urlencoded" in explain(415, None, None, is_token=True)[0].fix
    assert "`Content-Type: application/json`" in explain(415)[0].fix
    assert "x-www-form-urlencoded" not in explain(415, None, None)[0].fix


def test_refusal_of_a_token_request_is_not_about_an_expired_token() -> None:
    for status in (401, 403):
        code = explain(status, is_token=True)[0].code
        assert code not in ("token-expired", "permission-missing")


def test_correction_says_how_long_to_wait() -> None:
    assert "in 8 s" in explain(429, headers={"Retry-After": "8"})[0].fix
    assert "wait a minute" in explain(429)[0].fix


def test_correction_names_the_required_right() -> None:
    start = contract.load_operation("start-campaign")
    fix = explain(403, None, start)[0].fix
    assert "the contract names the permission" in fix
    assert "the contract names" not in explain(403, None, None)[0].fix


def test_correlation_id_is_for_support_where_no_cause_is_known() -> None:
    known = {"ININ-Correlation-Id": "abc-1"}
    assert "correlation ID `abc-1`" in explain(499, headers=known)[0].fix
    assert "abc-1" not in explain(403, headers=known)[0].fix


def test_unpublished_path_is_reported_only_for_an_unknown_path() -> None:
    for status, expected in ((404, True), (405, True), (400, False)):
        codes = [finding.code for finding in explain(status)]
        assert ("path-unpublished" in codes) == expected
    published = contract.load_operation("start-campaign")
    assert "path-unpublished" not in [finding.code for finding in explain(404, None, published)]
    assert len(explain(404, None, None)) == 1


def test_message_names_the_host_if_it_is_known() -> None:
    assert explain(403)[0].message.startswith("`api.example.com` refused")
    response = HttpResponse(403, "", Headers(()), b"")
    assert explain_refusal(response, "", RefusedRequest(EXECUTE))[0].message.startswith(
        "the API refused"
    )


PAGE = {"Content-Type": "text/html"}
TITLE = b"<html><title>%s</title></html>"
NO_REASON = "no reason was found in the response"


@each_case(
    "status, body, headers, message, why",
    [
        (400, {"code": "campaign.sequence.is.empty"}, {}, "the sequence has no campaigns (HTTP 400)", "the API says: campaign.sequence.is.empty"),
        (409, {"message": "Session ended"}, {}, "the agent session has ended (HTTP 409)", "the API says: Session ended"),
        (409, {"message": "Invalid state"}, {}, "a call is already active, or the mode of the dialer forbids it (HTTP 409)", "the API says: Invalid state"),
        (400, {"message": "Invalid state"}, {}, "the API says: Invalid state", "`api.example.com` responded with HTTP 400"),
        (400, {"message": "Phone number not valid"}, {}, "the number has the wrong format (HTTP 400)", "the API says: Phone number not valid"),
        (404, {"message": "Phone number not valid"}, {}, "the host does not have this path, or no object has the ID in it (HTTP 404)", "the API says: Phone number not valid"),
        (400, {"message": "Bad Request!"}, {}, "`api.example.com` refused the request with HTTP 400 without a specific reason", "the API says: Bad Request!"),
        (400, {"message": "It has malformed syntax"}, {}, "`api.example.com` refused the request with HTTP 400 without a specific reason", "the API says: It has malformed syntax"),
        (400, {"message": "no", "code": "invalid.value.x"}, {}, "the API says only `no (invalid.value.x)`", "`api.example.com` responded with HTTP 400"),
        (409, {"message": "duplicate", "code": "duplicate.name"}, {}, "the name is in use (HTTP 409)", "the API says: duplicate (duplicate.name)"),
        (400, None, {"icStatusDescription": " Skill 7 is not active"}, "the API says: Skill 7 is not active", "`api.example.com` responded with HTTP 400"),
        (400, b"<E><Message> no skill </Message></E>", {"Content-Type": "text/xml"}, "the API says: no skill", "`api.example.com` responded with HTTP 400"),
        (400, b"no skill\n", {"Content-Type": "text/plain"}, "the API says: no skill", "`api.example.com` responded with HTTP 400"),
        (400, b"\x1f\x8b\x08\x00abc", {"Content-Encoding": "gzip"}, "`api.example.com` refused the request with HTTP 400: the body of the response is compressed, so that its reason is not shown", ""),
        (429, b"\x1f\x8b\x08\x00abc", {"Content-Encoding": "gzip"}, "`api.example.com` refused the request with HTTP 429: the API accepts no more requests for now", NO_REASON),
        (409, {"message": "Conflict"}, {}, "the request conflicts with the present state of the object (HTTP 409)", "the API says: Conflict"),
        (401, None, {"WWW-Authenticate": 'Bearer realm="x", scope="outbound"'}, "`api.example.com` refused the request with HTTP 401: the request has no valid token: it may be missing, expired, revoked, or of another region", NO_REASON),
        (401, None, {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="old"'}, "the API does not accept the token: it may be expired, revoked, or malformed (HTTP 401)", "the API says: old (invalid_token)"),
        (403, None, {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="outbound"'}, "the token does not have a scope (HTTP 403)", "the API says: the request requires another scope: outbound (insufficient_scope)"),
        (403, {"code": "not.authorized", "message": "Missing required scope: outbound"}, {}, "the token does not have a scope (HTTP 403)", "the API says: Missing required scope: outbound (not.authorized)"),
        (403, TITLE % b"Blocked", PAGE, "`api.example.com` responded with HTTP 403 and a web page: not the platform's own response, but a proxy's or a gateway's", "the page says: Blocked"),
        (407, b"<html></html>", PAGE, "the proxy requires credentials (HTTP 407)", NO_REASON),
        (407, None, {}, "the proxy refused the request with HTTP 407: the proxy requires credentials", NO_REASON),
        (500, None, {}, "`api.example.com` responded with HTTP 500: the server failed", NO_REASON),
        (0, None, {}, "`api.example.com` responded with an error; no reason was found", ""),
        (0, {"code": "not.found", "message": "not there"}, {}, "an object that the request names does not exist", "the API says: not there (not.found)"),
        (403, {"code": "missing.permissions", "message": "no a:b:c, d:e:*"}, {}, "the role of the token does not have `a:b:c`, `d:e:*` (HTTP 403)", "the API says: no a:b:c, d:e:* (missing.permissions)"),
    ],
)  # fmt: skip
def test_message_states_the_cause_and_quotes_the_platform(
    status: int, body: Any, headers: dict[str, str], message: str, why: str
) -> None:
    found = explain(status, body, headers=headers)[0]
    assert (found.message, found.why) == (message, why)


@each_case(
    "reason, why",
    [
        ("Session already started", "the API says: Session already started"),
        ("CONFLICT", NO_REASON),
        ("NotFound", NO_REASON),
        ("no", NO_REASON),
    ],
)
def test_reason_is_quoted_if_it_is_not_that_of_the_status(reason: str, why: str) -> None:
    assert explain(409, reason=reason)[0].why == why


UPDATE = contract.load_operation("update-campaign")
RESET = {"inin-ratelimit-reset": "9"}
DOCTOR = "`cxcall doctor --for update-campaign --param campaignId=ID --file FILE`"


@each_case(
    "status, body, more, fix",
    [
        (429, None, {"headers": RESET}, "send it again in 9 s, as the response asks"),
        (429, None, {"headers": {"Retry-After": "0.5"}}, "send it again in 1 s, as the response asks"),
        (409, {"message": "busy now"}, {"headers": {"Retry-After": "7"}}, "send it again in 7 s, as the response asks"),
        (503, None, {"headers": {"Retry-After": "7"}}, "send it again in 7 s, as the response asks"),
        (400, {"message": "busy now"}, {"headers": RESET}, "check the body offline: `cxcall validate FILE`"),
        (403, TITLE % b"Blocked", {"headers": PAGE}, "ask the operator of the proxy, gateway, or firewall in between why it refused the request"),
        (502, TITLE % b"Bad gateway", {"headers": PAGE}, "wait, then repeat it if it only reads; give the time and the correlation ID to the platform's support"),
        (400, None, {"is_valid": True}, f"the body matches its schema: check the objects that it names: {DOCTOR}; for support, give the time and the host"),
        (400, None, {"is_valid": True, "headers": {"CorrelationId": "c-1"}}, f"the body matches its schema: check the objects that it names: {DOCTOR}; for support, give the correlation ID `c-1`"),
        (400, {"message": "Unexpected token } in JSON"}, {"is_valid": True}, "the body that is shown is valid JSON: compare it with what the client sends, such as its encoding, its `Content-Length`, and the quotes of the shell"),
        (403, None, {"is_valid": True}, "ask an administrator which permission the role of the client or user needs; the contract names the permission `outbound:campaign:edit`"),
        (403, {"message": "no outbound:campaign:edit"}, {}, "ask an administrator to add `outbound:campaign:edit` to the role of the client or user"),
        (403, {"message": "no a:b:c"}, {}, "ask an administrator to add `a:b:c` to the role of the client or user; the contract names the permission `outbound:campaign:edit`"),
        (415, None, {"media_type": "application/JSON"}, "the request has `Content-Type: application/json`: ask the operator of the host, or of a gateway in between, which type it accepts"),
        (415, None, {"media_type": "text/plain"}, "send `Content-Type: application/json`, and write the body as raw JSON, not as form data"),
        (409, {"message": "Session ended"}, {}, "start or join a session again"),
        (400, {"code": "contact.columns.limit.exceeded"}, {}, "use at most 50 columns"),
        (400, {"code": "duplicate.name"}, {}, "use another name, or update the existing one"),
    ],
)  # fmt: skip
def test_correction_fits_the_cause_and_the_request(
    status: int, body: Any, more: dict[str, Any], fix: str
) -> None:
    assert explain(status, body, UPDATE, **more)[0].fix == fix


def test_refusal_of_a_request_without_a_body_gives_no_advice_on_a_body() -> None:
    start = contract.load_operation("start-campaign")
    for is_valid in (False, True):
        fix = explain(400, None, start, is_valid=is_valid)[0].fix
        assert fix == "compare path and query with `cxcall operations start-campaign`"


@each_case(
    "name, fix",
    [
        ("execute", "`cxcall doctor --for execute --param campaignId=ID --file FILE`"),
        ("update-contact", "`cxcall doctor --for update-contact --param contactId=ID --file FILE`"),
        ("cxone-update-skill", "`cxcall doctor --for cxone-update-skill --param skillId=ID --file FILE`"),
        ("place-call", "check the IDs and names in it"),
    ],
)  # fmt: skip
def test_command_that_looks_up_the_objects_of_a_body_has_the_missing_ids(
    name: str, fix: str
) -> None:
    found = explain(400, None, contract.load_operation(name), is_valid=True)[0]
    assert fix in found.fix


def test_scope_is_named_where_the_contract_knows_no_permission() -> None:
    calls = contract.load_operation("get-conversations-calls")
    assert explain(403, None, calls)[0].fix.endswith(
        "the contract names the scope `conversations` or `conversations:readonly`"
    )


def test_unpublished_operation_is_noted() -> None:
    assert [each.severity for each in provenance_note(EXECUTE)] == [Severity.NOTE]
    assert provenance_note(UPDATE) == ()


def test_status_without_a_reason_has_the_meaning_that_the_operation_documents() -> None:
    start = contract.load_operation("cxone-start-session")
    (found,) = explain(409, None, operation=start)
    assert found.message.endswith("HTTP 409: the agent has a session already")
    assert found.fix == "join it with `cxone-join-session`"
    assert "documents" in found.why
    (found,) = explain(409, {"message": "The station is locked"}, operation=start)
    assert "session already" not in found.message
    (found,) = explain(409, b"<html></html>", operation=start, headers=PAGE)
    assert "session already" not in found.message


def test_reason_of_one_word_is_known_by_its_words() -> None:
    operation = contract.load_operation("cxone-dial-phone")
    (found,) = explain(
        409, None, operation=operation, headers={"icStatusDescription": "InvalidState"}
    )
    assert found.message.startswith("a call is already active")
