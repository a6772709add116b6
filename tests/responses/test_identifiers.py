"""Find the engagement ID and the correlation ID in a response."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts.contract import load_operation
from cxcall.responses.identifiers import correlation_id, engagement_id, likely_engagement_id
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

EXECUTE = load_operation("execute")


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
    assert likely_engagement_id(respond(body), frozenset({"sent"})) == expected


@each_case("length, is_id", [(256, True), (257, False)])
def test_text_that_is_too_long_is_not_an_id(length: int, *, is_id: bool) -> None:
    found = engagement_id(EXECUTE, respond(X_Call=length * "x"), "header:X-Call")
    assert (found is not None) is is_id


@each_case(
    "location, status, expected",
    [
        ("/calls/abc", 201, "abc"),
        ("https://h/calls/abc/", 201, "abc"),
        ("/calls/a%20b?x=1", 201, "a b"),
        ("/calls/abc", 302, None),
        ("/calls/abc", 400, None),
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
        (respond({"contextId": ""}), None),
        (respond(["contextId"]), None),
        (respond(), None),
    ],
)
def test_exchange_is_named_by_a_header_or_else_by_the_body(
    response: HttpResponse, expected: str | None
) -> None:
    assert correlation_id(response) == expected
