"""Find the engagement ID and the correlation ID in a response."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts.contract import load_operation
from cxcall.responses.identifiers import (
    correlation_id,
    correlation_place,
    describe_redirect,
    engagement_id,
    likely_engagement_id,
    masked_correlation_id,
)
from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.transport.http_messages import Headers, HttpRequest, HttpResponse
from helpers.cases import each_case

EXECUTE = load_operation("execute")
SECRET = "echoed-secret-43"


def respond(body: Any = None, status: int = 201, **headers: str) -> HttpResponse:
    """Return a response with a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, "", Headers(named.items()), json.dumps(body).encode())


@each_case(
    "body, expected",
    [
        ({"id": "1", "callSid": "CA2"}, ("CA2", "body:/callSid")),
        ({"Call-Id": 7}, ("7", "body:/Call-Id")),
        ({"data": {"conversation_id": "c"}, "x": 1}, ("c", "body:/data/conversation_id")),
        ({"call": {"uuid": "u"}}, ("u", "body:/call/uuid")),
        ({"result": {"id": "r"}, "other": {"id": "o"}}, ("r", "body:/result/id")),
        ({"id": SECRET}, ("****", "body:/id")),
        ({"id": "SENT"}, None),
        ({"id": True}, None),
        ({"id": {"x": 1}}, None),
        ({"id": ""}, None),
        ({"identity": "x", "callers": "y"}, None),
        ({"id": 257 * "x"}, None),
        (["id"], None),
        (None, None),
    ],
)
def test_likely_id_is_a_new_one_with_a_usual_name(
    body: Any, expected: tuple[str, str] | None
) -> None:
    remember_secrets(SECRET)
    assert likely_engagement_id(respond(body), frozenset({"sent"})) == expected


@each_case(
    "text",
    ["null", "undefined", "None", "N/A", "pending", "error", "0", "-1", "{id}", "00000000-0000-0000-0000-000000000000", "must be a UUID"],
)  # fmt: skip
def test_placeholder_or_word_of_an_error_is_not_an_id(text: str) -> None:
    assert engagement_id(EXECUTE, respond(X_Call=text), "header:X-Call") is None
    assert engagement_id(EXECUTE, respond({"call": text}), "body:/call") is None
    assert likely_engagement_id(respond({"id": text}), frozenset()) is None
    for name in ("c", "abc", "E1001", "AbCd", "77", "limit-17", "service 7", "rate"):
        found = engagement_id(EXECUTE, respond({"call": name}, X_Call=text), "body:/call")
        assert found == (name, "body:/call")


@each_case("length, is_id", [(256, True), (257, False)])
def test_text_that_is_too_long_is_not_an_id(length: int, *, is_id: bool) -> None:
    found = engagement_id(EXECUTE, respond(X_Call=length * "a"), "header:X-Call")
    assert (found is not None) is is_id


@each_case(
    "location, status, expected",
    [
        ("/calls/abc7", 201, "abc7"),
        ("https://h/calls/abc7/", 201, "abc7"),
        ("/calls/a%2D7?x=1", 201, "a-7"),
        *(
            (f"/calls/{each}", 201, each)
            for each in ("abcdef", "YWJjZGVm==", "err-17", "e12345", "max-17")
        ),
        ("/calls", 201, None),
        ("/v2/conversations/calls", 201, None),
        ("/calls/null", 201, None),
        ("/calls/abc7", 302, None),
        ("/calls/abc7", 400, None),
        ("/login", 201, None),
        ("/auth/sign-in?to=77", 201, None),
        ("javascript:x", 201, None),
        ("/api/v2/x/", 201, None),
        ("/calls/00000000-0000-0000-0000-000000000000", 201, None),
        ("http://[::1", 201, None),
        ("", 201, None),
    ],
)
def test_location_names_what_a_success_created(
    location: str, status: int, expected: str | None
) -> None:
    found = engagement_id(EXECUTE, respond(status=status, Location=location))
    assert found == (expected and (expected, "location"))


@each_case(
    "response, expected",
    [
        (respond({"contextId": "b"}, Genesys_Correlation_Id="a"), "a"),
        (respond({}, CorrelationId=" a "), "a"),
        (respond({"contextId": "b", "correlationId": "c"}), "b"),
        (respond({"correlationId": 7}), "7"),
        (respond({"contextId": "...", "correlationId": "c"}), "c"),
        (respond({"contextId": "..."}), None),
        (respond({"contextId": ""}), None),
        (respond(["contextId"]), None),
        (respond(), None),
    ],
)
def test_exchange_is_named_by_a_header_or_else_by_the_body(
    response: HttpResponse, expected: str | None
) -> None:
    assert correlation_id(response) == expected


@each_case(
    "place, response, expected",
    [
        ("header:X-Call", respond(X_Call=" a "), ("a", "header:X-Call")),
        ("header:X-Call", respond(X_Call=SECRET), ("****", "header:X-Call")),
        ("body:/call/ids/0", respond({"call": {"ids": [" a "]}}), ("a", "body:/call/ids/0")),
        ("body:/ok", respond({"ok": True}), None),
        ("header:X-Call", respond(Location="/calls/b7"), ("b7", "location")),
    ],
)
def test_place_in_the_settings_is_read_first(
    place: str, response: HttpResponse, expected: tuple[str, str] | None
) -> None:
    remember_secrets(SECRET)
    assert engagement_id(EXECUTE, response, place) == expected


@each_case(
    "location, expected",
    [
        ("https://user:word@h.example/x?token=1", "a redirect to `https://h.example/x`"),
        ("/calls/+12025550123", "a redirect to `/calls/+*******0123`"),
        (f"/{SECRET}", "a redirect to `/****`"),
        ("/\x1b[2J", "a redirect to `/\\x1b[2J`"),
        ("https://[x", "a redirect without a valid address"),
    ],
)
def test_redirect_is_named_without_secrets_and_numbers(location: str, expected: str) -> None:
    remember_secrets(SECRET)
    assert describe_redirect(respond(status=302, Location=location)) == expected


def test_correlation_id_is_shown_without_secrets_and_numbers() -> None:
    remember_secrets(SECRET)
    assert correlation_id(respond({"contextId": SECRET})) == "****"
    assert correlation_id(respond({}, CorrelationId=SECRET)) == "****"
    request = HttpRequest("POST", "https://h.example", {}, b'{"to": "+12025550123"}')
    found = masked_correlation_id(request, respond({}, CorrelationId="x-12025550123"))
    assert found is not None
    assert "2025550123" not in found
    assert masked_correlation_id(request, None) is None
    assert correlation_place("") == "the response"
