"""Errors in headers are reported: missing, wrong, or of another type than the body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall import Severity, explain
from helpers.cases import each_case
from helpers.explained_errors import (
    CALL,
    CXONE,
    FAMILY,
    GENESYS,
    LOGIN,
    TOKEN,
    codes_of,
    errors,
    make_exchange,
)
from helpers.har import har


@each_case(
    "headers, code, where",
    [
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            "header-missing",
            "header:Content-Type",
        ),
        ({"Authorization": "Basic abc"}, "token-grant", "header:Authorization"),
        ({"X-Api-Key": "abc"}, "token-missing", "header:Authorization"),
        ({"Authorisation": "Bearer abc"}, "token-missing", "header:Authorization"),
        ({"Authorization": "abc"}, "credential", "header:Authorization"),
    ],
    quick=2,
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


def test_cxone_text_response_reports_missing_accept_header() -> None:
    exchange = make_exchange(
        "GET", f"{FAMILY}/contacts/1", host=CXONE, response="No known way to render data"
    )
    for status in (None, 200):
        assert errors({**exchange, "status": status}) == {"header-missing": "response"}
    sent = {**exchange, "status": 200, "headers": {"Authorization": "Bearer x.y"}}
    assert errors(sent) == {"header-missing": "header:Accept"}


@pytest.mark.parametrize(
    "response",
    [
        "HTTP/1.1 200 OK\nContent-Type: text/html\n\nNo known way to render data",
        ">>> r.status_code, r.text\n(200, 'No known way to render data')",
    ],
)
def test_text_of_cxone_in_a_successful_response_is_a_failure(response: str) -> None:
    (found,) = explain(f"GET https://{CXONE}{FAMILY}/contacts/1\n\n{response}")
    assert [each.code for each in found.findings if each.severity == "error"] == ["header-missing"]
    assert not any("web page" in each.message for each in found.findings)


@pytest.mark.parametrize(
    "text",
    [
        "POST URL HTTP/1.1\n\nRequest headers\nHEADERS\n\n{}",
        "POST URL HTTP/1.1\n\n--- Request Headers ---\nHEADERS\n\n--- Request Body ---\n{}",
        "POST URL HTTP/1.1\n   \u2190 409 Conflict [no content] 143ms\n\nRequest\nHEADERS\n\n{}\n\nResponse\nServer: x",
    ],
)
def test_headers_below_a_heading_are_read(text: str) -> None:
    headers = "content-type: application/json\naccept: application/json"
    sent = text.replace("HEADERS", headers).replace("URL", f"https://{CXONE}{FAMILY}/contacts/1")
    (found,) = explain(sent)
    assert found.request.headers is not None
    assert found.request.headers["Accept"] == "application/json"
    assert (found.request.body, found.request.status) == ("{}", 409 if "409" in text else 0)
    assert not {"header-missing", "body-malformed"} & {each.code for each in found.findings}


@pytest.mark.parametrize("start", ["POST {}\nHeaders:", "Method: POST\nURL: {}\nHeaders:"])
def test_headers_in_a_table_are_read(start: str) -> None:
    url = f"https://{CXONE}{FAMILY}/contacts/1"
    [found] = explain(f"{start.format(url)}\n  Accept | a/b\n  Authorization | 9cVfP2xTq0\n\n401")
    assert found.findings[0].where == "header:Authorization"
    assert "no scheme" in found.findings[0].message


def test_text_of_a_platform_that_the_prompt_of_python_prints_is_the_response() -> None:
    code = f'>>> r = requests.get("https://{CXONE}{FAMILY}/contacts/1", headers={{"Accept": "text/html"}})'
    for shown, expected in (
        (">>> r.text\n'No known way to render data'", "the API says: No known way to render data"),
        (
            ">>> r\n<Response [406]>\n>>> print(r.text)\nNo known way to render data",
            "the API says: ",
        ),
        (">>> person.text\n'hello'", "without it "),
    ):
        (found,) = explain(f"{code}\n{shown}")
        assert found.findings[0].why.startswith(expected)


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


CAMPAIGNS = f"https://{GENESYS}/api/v2/outbound/campaigns"


def codes_of_refused(text: str) -> list[str]:
    """Return the codes of the errors in a text about a request that got a 401."""
    (found,) = explain(f"{text}\n\n# 401 Unauthorized\n")
    return [each.code for each in found.findings if each.severity is Severity.ERROR]


@each_case(
    "text",
    [
        f'requests.get("{CAMPAIGNS}", headers={{"Authorization": "Bearer {{token}}"}})',
        f"fetch('{CAMPAIGNS}', {{headers: {{Authorization: 'Bearer ${{token}}'}}}})",
        f"req = Net::HTTP::Get.new(URI('{CAMPAIGNS}'))\nreq['Authorization'] = 'Bearer #{{token}}'",
        f"irm '{CAMPAIGNS}' -Headers @{{Authorization='Bearer $token'}}",
        f"curl {CAMPAIGNS} -H 'Authorization: Bearer $TOKEN'",
    ],
)
def test_token_that_the_language_did_not_insert_is_the_cause_of_a_401(text: str) -> None:
    assert codes_of_refused(text) == ["placeholder"]


@pytest.mark.slow
@each_case(
    "text",
    [
        f'requests.get("{CAMPAIGNS}", headers={{"Authorization": f"Bearer {{token}}"}})',
        f'requests.get("{CAMPAIGNS}", headers={{"Authorization": "Bearer {{token}}".format(token=t)}})',
        f'requests.get("{CAMPAIGNS}", headers={{"Authorization": "Bearer %s" % token}})',
        f"fetch(`{CAMPAIGNS}`, {{headers: {{Authorization: `Bearer ${{token}}`}}}})",
        f'client.get("{CAMPAIGNS}").header("Authorization", format!("Bearer {{token}}")).send()',
        f'GET("{CAMPAIGNS}", add_headers(Authorization = glue::glue("Bearer {{token}}")))',
        f'client.get("{CAMPAIGNS}") {{ header("Authorization", "Bearer ${{cfg.token}}") }}',
        f"http.get(Uri.parse('{CAMPAIGNS}'), headers: {{'Authorization': 'Bearer $token'}});",
        f'HTTParty.get("{CAMPAIGNS}", headers: {{ "Authorization" => "Bearer #{{token}}" }})',
        f'curl "{CAMPAIGNS}" ^\n  -H "Authorization: Bearer %TOKEN%"',
        f"curl {CAMPAIGNS} -H 'Authorization: Bearer '\"$TOKEN\"",
        f"curl {CAMPAIGNS} -H 'Authorization: Bearer {{{{ token }}}}'",
    ],
)
def test_token_that_the_language_inserts_is_not_a_placeholder(text: str) -> None:
    assert codes_of_refused(text) == ["token-expired"]


REFUSED = {"message": "Invalid login credentials.", "code": "bad.credentials"}
WITHOUT_TOKEN = {"message": "No token specified.", "code": "authentication.required"}


@each_case(
    "command, reason, expected",
    [
        ("", REFUSED, ["error response"]),
        ("", {"message": "Go away now"}, ["error response", "warning header:Authorization"]),
        ("", {"message": "Invalid token"}, ["error response", "warning header:Authorization"]),
        ("", {"message": "Unauthorized"}, ["error header:Authorization", "note response"]),
        ("", WITHOUT_TOKEN, ["error header:Authorization", "note response"]),
        (" -H 'Authorization: Bearer abcdefgh12345678'", REFUSED, ["error response"]),
        (" -H 'Authorization: Bearer abcdefgh12345678'", WITHOUT_TOKEN, ["error response"]),
    ],
)
def test_reason_of_a_401_decides_whether_no_token_was_sent(
    command: str, reason: dict[str, str], expected: list[str]
) -> None:
    (found,) = explain(f"curl {CAMPAIGNS}{command}\n{json.dumps({**reason, 'status': 401})}")
    assert [f"{each.severity} {each.where}" for each in found.findings] == expected
    is_contradiction = bool(command) and reason is WITHOUT_TOKEN
    assert ("a token was sent" in found.findings[0].message) == is_contradiction


def test_variable_in_the_header_may_have_had_no_value_or_no_scheme() -> None:
    shown = {
        "Bearer $TOKEN": "had a value",
        "$TOKEN": "shown without `Bearer`",
        "***": "had a value",
    }
    for value, fix in shown.items():
        text = f'curl {CAMPAIGNS} -H "Authorization: {value}"\n{json.dumps(WITHOUT_TOKEN)}'
        (found,) = explain(text)
        assert fix in found.findings[0].fix


def test_token_that_a_har_file_does_not_show_may_have_been_sent() -> None:
    document = har(1)
    document["log"]["entries"][0]["response"] = {"status": 401, "headers": [], "content": {}}
    (found,) = explain(json.dumps(document))
    assert [f"{each.severity} {each.code}" for each in found.findings[:2]] == [
        "error token-expired",
        "warning token-missing",
    ]
