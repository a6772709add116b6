"""The message and the code of a platform's error, from the places in which platforms write them."""

from __future__ import annotations

import json
from typing import Any

from cxcall.responses.message_in_body import platform_code, platform_message, shorten
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case


@each_case(
    "body, message, code",
    [
        ({"message": "no", "code": "a.b"}, "no (a.b)", "a.b"),
        ({"message": "a.b: no", "code": "a.b"}, "a.b: no", "a.b"),
        ({"code": "a.b", "error": {"message": "no"}}, "a.b", "a.b"),
        ({"Message": "first", "message": "second"}, "first", ""),
        ({"message": "", "description": "no"}, "no", ""),
        ({"message": False, "detail": "no"}, "no", ""),
        ({"error": "e", "error_description": "no"}, "no", "e"),
        ({"error": "It did not work"}, "It did not work", ""),
        ({"errors": [{"message": "no", "code": "c"}]}, "no (c)", "c"),
        ({"errors": [{"message": "c is bad", "code": "c"}]}, "c is bad", "c"),
        ({"errors": ["no", "why"]}, "no", ""),
        ({"details": [{"errorCode": "e"}]}, "e", "e"),
        ({"fault": {"message": "no", "errorcode": "e"}}, "no (e)", "e"),
        ({"message": "no", "errors": ["why"]}, "no; why", ""),
        ({"message": "no, why", "errors": ["why"]}, "no, why", ""),
        ({"message": "no", "limit": {"key": "k", "value": 5}}, "no; limit `k` is 5", ""),
        ({"message": "no", "limit": {"key": "k"}}, "no; limit `k` is not given", ""),
        ({"message": "no", "code": "echoed-secret-41"}, "no (****)", "****"),
        (["no"], "", ""),
        ([{"message": "no", "errorCode": "e"}], "no", "e"),
        ({"errorSummary": "no", "errorCauses": [{"errorSummary": "why"}]}, "no; why", ""),
        ({"errorMessages": ["no"], "errors": {}}, "no", ""),
        ({"errors": {"message": "no", "field": "x"}}, "no", ""),
        (
            {"errorMessages": [], "errors": {"a": "no", "b": ["why b"]}},
            "a: no; why b",
            "",
        ),
    ],
)
def test_message_and_code_are_read_from_their_usual_places(
    body: Any, message: str, code: str
) -> None:
    remember_secrets("echoed-secret-41")
    response = HttpResponse(400, "", Headers(()), json.dumps(body).encode())
    assert (platform_message(response), platform_code(response)) == (message, code)


@each_case(
    "text, expected",
    [
        ("a `b`\n  c ", "a 'b' c"),
        ("call to +12025550123 failed", "call to +*******0123 failed"),
        ("token echoed-secret-42", "token ****"),
        ("no client_secret=Zx81hQpLm4Vt", "no client_secret=****"),
        (300 * "x", 300 * "x"),
        (301 * "x", 300 * "x" + "…"),
    ],
)
def test_text_of_a_platform_is_shown_on_one_line_and_masked(text: str, expected: str) -> None:
    remember_secrets("echoed-secret-42")
    assert shorten(text) == expected


def test_code_is_explained_with_each_of_its_meanings() -> None:
    (found,) = find_platform_codes("disconnectType= Timeout")
    assert found.means == "the dialing timed out"
    assert len(find_platform_codes("invalid_grant")) == 2
    (fault,) = [each for each in find_platform_codes("error") if each.platform == "nice-cxone"]
    assert [line.split()[0] for line in str(fault).splitlines()] == ["Error", "means:", "known"]
