"""Errors in token requests are found, and documented requests have none."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall import explain
from helpers.cases import each_case
from helpers.explained_errors import AREA, ISSUER, LOGIN, errors, make_exchange


@each_case(
    "form, code, where",
    [
        ("grant_type=password&username=a&password=b", "token-grant", "/grant_type"),
        ("grant_type=client_credentials&scope=outbound:campaign:execute", "token-scope", "/scope"),
        ("grant_type=client_credentials&scope=outbound:write", "token-scope", "/scope"),
        ("client_id=a", "property-missing", "/grant_type"),
        ("grant_type=authorization_code&code=a", "property-missing", "/redirect_uri"),
        ("grant_type=refresh_token&refresh_token_scope=a", "property-missing", "/refresh_token"),
        ('{"grant_type": "client_credentials"}', "body-malformed", "body"),
    ],
    quick=2,
)
def test_wrong_token_request_is_an_error(form: str, code: str, where: str) -> None:
    assert errors(make_exchange(path="/oauth/token", host=LOGIN, body=form)) == {code: where}


def test_parameter_of_a_token_request_that_is_a_header_is_an_error() -> None:
    code = f"req.setEndpoint('https://{LOGIN}/oauth/token');\nreq.setMethod('POST');\nreq.setHeader('Content-Type', 'application/x-www-form-urlencoded');\nreq.setHeader('grant_type', 'client_credentials');\n"
    for body in ("", "req.setBody('grant_type=client_credentials');\n"):
        [found] = explain(f"HttpRequest req = new HttpRequest();\n{code}{body}// 400 Bad Request")
        wrong = {"header:grant_type"} if not body else set()
        assert {each.where for each in found.findings if each.severity == "error"} == wrong


def test_token_of_a_client_needs_no_scope() -> None:
    scope = "scope=login:read&code=a&redirect_uri=https://a.example.com"
    for grant, advice in (
        ("client_credentials", "leave `scope` out"),
        ("authorization_code", "use `login`"),
    ):
        sent = make_exchange(path="/oauth/token", host=LOGIN, body=f"grant_type={grant}&{scope}")
        assert any(each.fix.startswith(advice) for each in explain(sent)[0].findings), grant


@each_case(
    "host, path, body",
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
    quick=2,
)
def test_documented_token_request_has_no_error(host: str, path: str, body: Any) -> None:
    basic = {"Authorization": "Basic [removed]", "Content-Type": "application/json"}
    form = {**basic, "Content-Type": "application/x-www-form-urlencoded"}
    headers = form if isinstance(body, str) else basic
    assert not errors(make_exchange(host=host, path=path, body=body, headers=headers))


@each_case(
    "host, path, usual",
    [
        ("api.cxone.com", "/oauth2/token", "https://cxone.niceincontact.com/auth/token"),
        ("api-na1.niceincontact.com", "/oauth/token", "https://cxone.niceincontact.com/auth/token"),
        ("login.mypurecloud.com", "/auth/token", "https://login.<region's domain>/oauth/token"),
        ("api.mycxone.com", "/api/v2/oauth/token", "https://cxone.niceincontact.com/auth/token"),
        (
            "api.mypurecloud.com",
            "/api/v2/oauth/token",
            "https://login.<region's domain>/oauth/token",
        ),
        (None, "/api/v2/oauth/token", "https://login.<region's domain>/oauth/token"),
        (None, "/anything", "https://cxone.niceincontact.com/auth/token"),
    ],
    quick=2,
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
    assert not by_code.keys() & {
        "token-missing",
        "header-missing",
        "body-malformed",
        "platform-mismatch",
    }


@pytest.mark.parametrize("answer", ["Unauthorized", {"message": "x"}, None])
def test_refused_token_request_is_not_an_expired_token(answer: Any) -> None:
    exchange = make_exchange(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    assert errors({**exchange, "status": 401, "response": answer}) == {"credential": "response"}


def test_refused_token_request_is_not_reported_as_a_missing_permission() -> None:
    exchange = make_exchange(host=LOGIN, path="/oauth/token", body="grant_type=client_credentials")
    for answer in ("Forbidden", {"message": "x"}, {"code": "missing.permissions"}, None):
        found = errors({**exchange, "status": 403, "response": answer})
        assert found == {"credential": "response"}


@each_case(
    "text",
    [
        'POST {}\n400\n\u25bcRequest Headers\nContent-Type: {}\n\u25bcRequest Body\ngrant_type: "client_credentials"\n\u25bcResponse Body\n{{"error":"invalid_client"}}',
        'POST {}\nContent-Type: {}\n\ngrant_type: client_credentials\n\nHTTP/1.1 400 Bad Request\n\n{{"error":"invalid_client"}}',
    ],
)
def test_form_shown_as_lines_is_read(text: str) -> None:
    shown = text.format(
        "https://login.mypurecloud.ie/oauth/token", "application/x-www-form-urlencoded"
    )
    [found] = explain(shown)
    assert (found.request.body, found.request.status) == ("grant_type=client_credentials", 400)
    assert [each.code for each in found.findings] == ["credential"]


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (ISSUER, "`POST https://<area>.nice-incontact.com/authentication/v1/token/access-key`"),
        ("api.aliyun.com", ""),
    ],
)
def test_access_key_in_a_body_names_its_token_endpoint(host: str, fix: str) -> None:
    key = {"accessKeyId": "A1B2", "accessKeySecret": "c3VwZXJzZWNyZXQ"}
    (found,) = explain({**make_exchange(host=host, path="/auth/v3", body=key), "status": 404})
    told = [each.fix for each in found.findings if each.code == "path-unpublished"]
    assert told == [f"get tokens from {fix}"] * bool(fix)
