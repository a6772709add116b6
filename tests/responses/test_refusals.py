"""The findings on a refusal: its cause, and the names in the response."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts import contract
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Finding
from cxcall.responses.refusals.refusal_findings import explain_refusal
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

EXECUTE = contract.load_operation("execute")
HOST = "api.example.com"


def explain(
    status: int,
    body: Any = None,
    operation: Operation | None = EXECUTE,
    *,
    is_token: bool = False,
    headers: dict[str, str] | None = None,
) -> tuple[Finding, ...]:
    named = {"Content-Type": "application/json", **(headers or {})}
    content = b"" if body is None else json.dumps(body).encode()
    response = HttpResponse(status, "", Headers(named.items()), content)
    return explain_refusal(operation, response, HOST, is_token=is_token)


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
        (400, {"code": "bad.credentials"}, "credential"),
        (400, {"errorCode": "not.found"}, "not-found"),
        (400, {"message": "refused: no.active.edge"}, "state"),
        (429, {"code": "not.found"}, "rate-limited"),
        (499, None, "not-provable"),
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
    assert explain_refusal(EXECUTE, response, "")[0].message.startswith("the API refused")
