"""The sandbox over real HTTP: the platform's responses, faults on demand, and an exact count of calls."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests

from cxcall.contracts import contract
from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.contracts.sample_values import sample_body, sample_value
from cxcall.findings.errors import UsageError
from cxcall.payloads.payload import encode_body
from cxcall.sandbox.faults_by_number import FAULTS, Fault, find_fault, preferred_status
from cxcall.sandbox.http_messages import PROBLEM_TEXTS, Transmission
from cxcall.sandbox.server import WORKERS, Sandbox, start_sandbox
from helpers.cases import each_case
from helpers.shipped_operations import detailed_operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTACT = "12345678-1234-1234-1234-123456789012"
CAMPAIGN = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
EXECUTIONS = f"/api/v2/outbound/campaigns/{CAMPAIGN}/executions"
PERSONAL = "/api/v2/engagements/outbound/personal-connections"


@dataclass(frozen=True)
class Reply:
    """A received response."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, read."""
        return json.loads(self.body)


class Clock:
    """A clock that a test controls."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def execution(number: str = "+12025550100") -> dict[str, Any]:
    data = {"contactId": CONTACT, "contactData": {"phoneNumber": number}}
    return {"contactId": CONTACT, "contactSpec": data}


class Client:
    """A client of one sandbox, logged in by default; one connection for each request."""

    def __init__(self, sandbox: Sandbox, client_id: str = "sandbox") -> None:
        self.sandbox = sandbox
        self.address = sandbox.base_url.removeprefix("http://")
        self.token = self.log_in(client_id).json["access_token"]

    def send(
        self, method: str, path: str, body: Any = None, timeout: float = 10, **headers: str
    ) -> Reply:
        """Send one request, its headers' hyphens written as underscores."""
        connection = HTTPConnection(self.address, timeout=timeout)
        try:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, content, names)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def post(self, path: str, body: Any, timeout: float = 10, **headers: str) -> Reply:
        """Send JSON with the token."""
        usual = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return self.send("POST", path, body, timeout, **{**usual, **headers})

    def log_in(
        self, client_id: str = "sandbox", secret: str = "sandbox-secret", **form: str
    ) -> Reply:
        """Request a token with Basic credentials."""
        basic = b64encode(f"{client_id}:{secret}".encode()).decode()
        fields = {"grant_type": "client_credentials", **form}
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        return self.send("POST", "/oauth/token", body, Authorization=f"Basic {basic}")


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def calls(sandbox: Sandbox) -> int:
    return len(sandbox.rings)


# Responses of the platform


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EXECUTIONS, execution()),
        (PERSONAL, {"contactId": CONTACT, "reasonCode": "Follow up"}),
        (
            f"/api/v2/outbound/contacts/{CONTACT}/personal-connections",
            {"contactId": CONTACT, "reasonCode": "follow_up"},
        ),
    ],
)
def test_every_community_operation_is_accepted(client: Client, path: str, body: Any) -> None:
    reply = client.post(path, body)
    assert reply.status == 201
    engagement = reply.headers["X-Engagement-Id"]
    assert reply.json == {"id": engagement, "status": "accepted"}
    assert reply.headers["Content-Type"] == "application/json"
    for name in ("count", "allowed", "reset"):
        assert int(reply.headers[f"inin-ratelimit-{name}"]) >= 1
    (rung,) = client.sandbox.rings
    assert (rung.path, rung.status, rung.engagement_id) == (path, 201, engagement)
    assert rung.correlation_id == reply.headers["ININ-Correlation-Id"]


REFUSALS: dict[str, tuple[str, str, Any, dict[str, str], int, str, str]] = {
    "unknown path": ("POST", "/api/v2/nothing", {}, {}, 404, "not.found", ""),
    "other case": ("POST", EXECUTIONS.upper(), {}, {}, 404, "not.found", ""),
    "trailing slash": ("POST", f"{PERSONAL}/", {}, {}, 404, "not.found", ""),
    "double slash": ("POST", f"/{PERSONAL}", {}, {}, 404, "not.found", ""),
    "empty parameter": ("POST", EXECUTIONS.replace(CAMPAIGN, ""), {}, {}, 404, "not.found", ""),
    "slash in parameter": (
        *("POST", EXECUTIONS.replace(CAMPAIGN, "a%2Fb"), execution(), {}),
        *(400, "invalid.value", "campaignId"),
    ),
    "no body": ("POST", PERSONAL, b"", {}, 400, "bad.request", ""),
    "form": (
        *("POST", PERSONAL, b"a=b", {"Content_Type": "application/x-www-form-urlencoded"}),
        *(415, "unsupported.media.type", ""),
    ),
    "no type": ("POST", PERSONAL, b"{}", {"Content_Type": ""}, 415, "unsupported.media.type", ""),
    "too large": ("POST", PERSONAL, b" " * 512_001, {}, 413, "request.entity.too.large", ""),
    "missing": (
        *("POST", PERSONAL, {"contactId": CONTACT}, {}),
        *(400, "constraint.validation", "reasonCode"),
    ),
    "unknown property": (
        *("POST", PERSONAL, {"contactId": CONTACT, "reasonCode": "x", "why": 1}, {}),
        *(400, "invalid.property", "why"),
    ),
    "wrong type": (
        *("POST", PERSONAL, {"contactId": CONTACT, "reasonCode": 1}, {}),
        *(400, "invalid.value", "reasonCode"),
    ),
    "not a UUID": (
        *("POST", PERSONAL, {"contactId": "12345", "reasonCode": "x"}, {}),
        *(400, "constraint.validation", "contactId"),
    ),
    "array": ("POST", PERSONAL, [], {}, 400, "invalid.value", ""),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal_has_the_format_of_the_platform(client: Client, case: str) -> None:
    method, path, body, headers, status, code, name = REFUSALS[case]
    usual = {"Authorization": f"Bearer {client.token}", "Content_Type": "application/json"}
    reply = client.send(method, path, body, 10, **{**usual, **headers})
    assert reply.status == status, reply.body
    answer_body = reply.json
    assert list(answer_body) == ["message", "code", "status", "contextId", "details", "errors"]
    assert (answer_body["code"], answer_body["status"]) == (code, status)
    assert answer_body["contextId"] == reply.headers["ININ-Correlation-Id"]
    assert answer_body["details"] == ([{"errorCode": code, "fieldName": name}] if name else [])
    assert reply.headers["inin-ratelimit-count"] == "1"
    assert calls(client.sandbox) == 0
    assert client.sandbox.received[-1].status == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_wrong_method_gets_the_allowed_methods(client: Client, method: str) -> None:
    reply = client.send(method, EXECUTIONS)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert reply.json["code"] == "method.not.allowed"


def test_head_response_has_no_body(client: Client) -> None:
    assert client.send("HEAD", EXECUTIONS).body == b""
    about = client.send("HEAD", "/sandbox")
    assert (about.status, about.body) == (200, b"")


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"{'contactId': 1}",
        b'{"contactId": NaN}',
        b'{"contactId": -Infinity}',
        b'\xef\xbb\xbf{"contactId": 1}',
        b'{"contactId": "\xff"}',
        b'{"contactId": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b"9" * 5000,
        '{"contactId": 1}'.encode("utf-16"),
    ],
)
def test_invalid_json_is_a_bad_request(client: Client, text: bytes) -> None:
    reply = client.post(PERSONAL, text)
    assert (reply.status, reply.json["code"]) in ((400, "bad.request"), (400, "invalid.value"))
    assert calls(client.sandbox) == 0


def test_last_of_duplicate_members_counts(client: Client) -> None:
    text = f'{{"contactId": "{CONTACT}", "reasonCode": 1, "reasonCode": "x"}}'.encode()
    assert client.post(PERSONAL, text).status == 201


def test_json_media_type_may_have_a_charset(client: Client) -> None:
    body = {"contactId": CONTACT, "reasonCode": "x"}
    assert client.post(PERSONAL, body, Content_Type="Application/JSON; charset=utf-8").status == 201


def test_largest_body_is_accepted(client: Client) -> None:
    body = {"contactId": CONTACT, "reasonCode": "x"}
    text = json.dumps(body).encode().ljust(512_000)
    assert client.post(PERSONAL, text).status == 201


def test_refused_body_keeps_the_connection_usable(client: Client) -> None:
    connection = HTTPConnection(client.address, timeout=10)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    statuses = []
    for path, body in (
        ("/api/v2/nothing", b"x" * 100_000),
        (PERSONAL, b"x" * 2_000_000),
        (EXECUTIONS, json.dumps(execution()).encode()),
    ):
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    assert statuses == [404, 413, 201]


def test_checks_run_in_the_order_route_token_body(client: Client) -> None:
    assert client.post("/api/v2/nothing", b"{", Authorization="").status == 404
    assert client.post(PERSONAL, b"{", Authorization="").status == 401
    assert client.post(PERSONAL, b"{", Content_Type="text/plain").status == 415


# Tokens


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "authentication.required"),
        ("Basic c2FuZGJveDpzYW5kYm94LXNlY3JldA==", "authentication.required"),
        ("Bearer", "authentication.required"),
        ("Bearer unknown", "bad.credentials"),
    ],
)
def test_request_without_a_valid_token_is_refused(
    client: Client, authorization: str, code: str
) -> None:
    reply = client.post(EXECUTIONS, execution(), Authorization=authorization)
    assert (reply.status, reply.json["code"]) == (401, code)
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert calls(client.sandbox) == 0


def test_token_expires_after_its_lifetime() -> None:
    clock = Clock()
    with start_sandbox(contract.load_shipped_contracts(), token_life=300, clock=clock) as sandbox:
        client = Client(sandbox)
        assert client.log_in().json["expires_in"] == 300
        clock.now += 299
        assert client.post(EXECUTIONS, execution()).status == 201
        clock.now += 1
        reply = client.post(EXECUTIONS, execution())
        assert (reply.status, reply.json["code"]) == (401, "credentials.expired")
        assert calls(sandbox) == 1


def test_read_only_client_cannot_place_calls(sandbox: Sandbox) -> None:
    client = Client(sandbox, "sandbox-readonly")
    reply = client.post(EXECUTIONS, execution())
    assert (reply.status, reply.json["code"]) == (403, "not.authorized")
    assert calls(sandbox) == 0


def test_requested_scope_limits_the_token_and_is_returned(client: Client) -> None:
    body = client.log_in(scope="outbound:readonly").json
    assert body["scope"] == "outbound:readonly"
    bearer = f"Bearer {body['access_token']}"
    assert client.post(EXECUTIONS, execution(), Authorization=bearer).status == 403
    body = client.log_in(scope="outbound").json
    bearer = f"Bearer {body['access_token']}"
    assert client.post(EXECUTIONS, execution(), Authorization=bearer).status == 201


@pytest.mark.parametrize(
    ("client_id", "secret", "form", "error", "description"),
    [
        ("nobody", "sandbox-secret", {}, "invalid_client", "client not found"),
        ("sandbox", "wrong", {}, "invalid_client", "authentication failed"),
        ("sandbox", "sandbox-secret", {"grant_type": "password"}, "unsupported_grant_type", ""),
        ("sandbox", "sandbox-secret", {"grant_type": ""}, "invalid_request", ""),
        ("sandbox", "sandbox-secret", {"scope": "admin"}, "invalid_scope", ""),
        ("sandbox-throttled", "sandbox-secret", {}, "invalid_request", "rate limit exceeded;"),
    ],
)
def test_token_error_has_the_oauth_format(
    client: Client, client_id: str, secret: str, form: dict[str, str], error: str, description: str
) -> None:
    reply = client.log_in(client_id, secret, **form)
    assert reply.status == 400
    assert list(reply.json) == ["error", "description", "error_description"]
    assert reply.json["error"] == error
    assert reply.json["description"].startswith(description)
    assert reply.json["error_description"] == reply.json["description"]


def test_credentials_in_the_form_are_accepted_and_get_is_refused(client: Client) -> None:
    form = b"grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"
    reply = client.send("POST", "/oauth/token", form)
    assert (reply.status, reply.json["token_type"]) == (200, "bearer")
    broken = client.send("POST", "/oauth/token", form, Authorization="Basic %%%")
    assert broken.json["description"] == "client not found"
    assert client.send("GET", "/oauth/token").headers["Allow"] == "POST"


def test_token_request_bodies_are_not_logged(client: Client) -> None:
    (received,) = client.sandbox.received
    assert (received.path, received.body, received.accepted) == ("/oauth/token", b"", False)


# Faults


HELD = "+12025550198"


def attempt(client: Client, number: str) -> Reply | None:
    """Send one execution; None if no complete response came."""
    if number == HELD:
        leave(client)
        return None
    try:
        return client.post(EXECUTIONS, execution(number))
    except (IncompleteRead, RemoteDisconnected):
        return None


def leave(client: Client) -> None:
    """Send a request without a response, check that it arrived and gets no response, and disconnect."""
    before = len(client.sandbox.received)
    connection = HTTPConnection(client.address, timeout=10)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    connection.request("POST", EXECUTIONS, json.dumps(execution(HELD)), headers)
    wait_until(lambda: len(client.sandbox.received) > before)
    connection.sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.number)
def test_every_fault_responds_as_documented(client: Client, fault: Fault) -> None:
    reply = attempt(client, fault.number)
    if fault.transmission is Transmission.COMPLETE:
        assert reply is not None
        assert reply.status == (fault.status or 201)
        assert reply.headers["Retry-After"] == (
            str(fault.retry_after) if fault.retry_after else None
        )
    else:
        assert reply is None
    assert calls(client.sandbox) == fault.accepted
    received = client.sandbox.received[-1]
    assert received.numbers == (f"+*******{fault.number[-4:]}",)
    assert received.fault == ("" if fault is FAULTS[0] else fault.number[-4:])


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.once], ids=lambda fault: fault.number
)
def test_fault_with_once_applies_to_the_first_request(client: Client, fault: Fault) -> None:
    first = client.post(EXECUTIONS, execution(fault.number))
    client.token = client.log_in().json["access_token"]
    second = client.post(EXECUTIONS, execution(fault.number))
    assert (first.status, second.status) == (fault.status, 201)
    assert calls(client.sandbox) == 1
    client.send("DELETE", "/sandbox/requests")
    assert client.post(EXECUTIONS, execution(fault.number)).status == fault.status


def test_fault_401_revokes_the_token(client: Client) -> None:
    assert client.post(EXECUTIONS, execution("+12025550142")).status == 401
    reply = client.post(EXECUTIONS, execution())
    assert (reply.status, reply.json["code"]) == (401, "credentials.expired")


def test_engagement_id_is_where_the_fault_says(client: Client) -> None:
    in_body = client.post(EXECUTIONS, execution("+12025550101"))
    assert "X-Engagement-Id" not in in_body.headers
    assert in_body.json["id"] == client.sandbox.rings[0].engagement_id
    nowhere = client.post(EXECUTIONS, execution("+12025550102"))
    assert "X-Engagement-Id" not in nowhere.headers
    assert nowhere.json == {"status": "accepted"}


def test_failure_in_a_200_response_places_no_call(client: Client) -> None:
    reply = client.post(EXECUTIONS, execution("+12025550120"))
    assert reply.status == 200
    assert reply.json["errorCount"] == 1
    assert "X-Engagement-Id" not in reply.headers


def test_redirect_points_to_the_same_path(client: Client) -> None:
    for number in ("+12025550130", "+12025550137"):
        assert client.post(EXECUTIONS, execution(number)).headers["Location"] == EXECUTIONS


def test_bad_gateway_response_is_html(client: Client) -> None:
    reply = client.post(EXECUTIONS, execution("+12025550158"))
    assert reply.headers["Content-Type"] == "text/html"
    assert reply.body.startswith(b"<html>")


def test_truncated_response_has_complete_headers(client: Client) -> None:
    connection = HTTPConnection(client.address, timeout=10)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    connection.request("POST", EXECUTIONS, json.dumps(execution("+12025550152")), headers)
    response = connection.getresponse()
    assert response.status == 201
    assert response.headers["X-Engagement-Id"] == client.sandbox.rings[0].engagement_id
    with pytest.raises(IncompleteRead) as cut:
        response.read()
    assert len(cut.value.partial) > 0
    connection.close()


def test_held_request_is_logged_immediately(client: Client) -> None:
    leave(client)
    (rung,) = client.sandbox.rings
    assert rung.status is None


def test_held_requests_do_not_block_others(client: Client) -> None:
    with ThreadPoolExecutor(WORKERS + 4) as pool:
        held = [pool.submit(attempt_held, client) for _ in range(WORKERS + 4)]
        wait_until(lambda: calls(client.sandbox) == WORKERS + 4)
        assert client.post(EXECUTIONS, execution()).status == 201
        client.sandbox.stop()
        assert {future.result() for future in held} == {"disconnected"}


def attempt_held(client: Client) -> str:
    try:
        client.post(EXECUTIONS, execution(HELD), timeout=30)
    except (RemoteDisconnected, ConnectionResetError):
        return "disconnected"
    return "answered"


def wait_until(holds: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


@pytest.mark.slow
def test_worker_of_a_held_request_ends_with_its_client(client: Client) -> None:
    usual = len(workers())
    for _ in range(3):
        leave(client)
    wait_until(lambda: len(workers()) == usual)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("waitress")]


@pytest.mark.parametrize(
    "text", ["+12025550129", "call +12025550129 now", "tel:+12025550129;ext=1"]
)
def test_fault_number_is_found_anywhere_in_a_body(text: str) -> None:
    assert find_fault({"a": [{"b": 1, "c": ["x", text]}]}).number == "+12025550129"


@pytest.mark.parametrize(
    "text", ["+120255501290", "+12025550199", "12025550129", "+1 202 555 0129"]
)
def test_other_text_causes_no_fault(text: str) -> None:
    assert find_fault([text]) is FAULTS[0]


def test_personal_connection_reason_may_contain_a_fault_number(client: Client) -> None:
    body = {"contactId": CONTACT, "reasonCode": "+12025550150"}
    assert client.post(PERSONAL, body).status == 500


@pytest.mark.parametrize(
    "status", [301, 308, 400, 401, 403, 404, 409, 418, 429, 500, 503, 504, 599]
)
def test_prefer_header_selects_any_error_even_without_a_token(client: Client, status: int) -> None:
    reply = client.send("POST", EXECUTIONS, b"", Prefer=f"respond-async, code={status}")
    assert reply.status == status
    assert reply.headers["Preference-Applied"] == f"code={status}"
    if status >= 400:
        assert reply.json["status"] == status
    if status in PROBLEM_TEXTS and status not in (401, 429):
        assert (reply.json["code"], reply.json["message"]) == PROBLEM_TEXTS[status]
    assert reply.headers["Retry-After"] == ("1" if status in (429, 503) else None)
    assert calls(client.sandbox) == 0


def test_prefer_header_for_a_success_still_requires_a_valid_request(client: Client) -> None:
    assert client.post(EXECUTIONS, {}, Prefer="code=201").status == 400
    assert client.post(EXECUTIONS, execution(), Prefer="code=201").status == 201
    assert client.post(EXECUTIONS, execution(), Prefer="code=204").status == 201
    assert calls(client.sandbox) == 2


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("code=429", 429),
        ('CODE = "503"', 503),
        ("wait=5, code=404; foo=bar", 404),
        ("code=1000", None),
        ("code=099", None),
        ("code=199", None),
        ("barcode=429", None),
        ("", None),
    ],
)
def test_prefer_header_is_parsed_as_in_rfc_7240(header: str, status: int | None) -> None:
    assert preferred_status(header) == status


# Counting, and requests about the sandbox


@pytest.mark.slow
def test_parallel_clients_are_counted_exactly(client: Client) -> None:
    def send(index: int) -> int:
        number = "+12025550150" if index % 5 == 0 else "+12025550100"
        return client.post(EXECUTIONS, execution(number)).status

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(send, range(200)))
    assert (statuses.count(201), statuses.count(500)) == (160, 40)
    assert calls(client.sandbox) == 160
    assert len({rung.engagement_id for rung in client.sandbox.rings}) == 160


def test_rate_limit_is_enforced_and_reported() -> None:
    clock = Clock()
    with start_sandbox(contract.load_shipped_contracts(), rate_allowed=2, clock=clock) as sandbox:
        client = Client(sandbox)
        replies = [client.post(EXECUTIONS, execution()) for _ in range(2)]
        clock.now += 18
        replies.append(client.post(EXECUTIONS, execution()))
        assert [reply.status for reply in replies] == [201, 201, 429]
        assert [reply.headers["inin-ratelimit-count"] for reply in replies] == ["1", "2", "3"]
        assert (
            replies[2].headers["Retry-After"] == replies[2].headers["inin-ratelimit-reset"] == "42"
        )
        assert replies[2].json["message"] == (
            "Rate limit exceeded the maximum. Retry the request in [42] seconds"
        )
        clock.now += 42
        assert client.post(EXECUTIONS, execution()).status == 201
        assert calls(sandbox) == 3


def test_about_page_describes_the_sandbox(client: Client) -> None:
    about = client.send("GET", "/sandbox").json
    assert about["sandbox"] is True
    assert "POST /api/v2/engagements/outbound/personal-connections" in about["operations"]
    assert about["numbers"] == {fault.number: fault.effect for fault in FAULTS}
    assert client.send("POST", "/sandbox").headers["Allow"] == "GET, HEAD"
    assert client.send("PUT", "/sandbox/requests").headers["Allow"] == "DELETE, GET, HEAD"


def test_request_log_masks_numbers(client: Client) -> None:
    client.post(EXECUTIONS, execution("+12025550100"))
    client.post(f"{EXECUTIONS}?number=%2B12025550123", execution("+12025550150"))
    client.post("/api/v2/+12025550177", {})
    reply = client.send("GET", "/sandbox/requests")
    body = reply.json
    assert (body["accepted"], body["rings"]) == (1, 1)
    assert [entry["status"] for entry in body["requests"]] == [200, 201, 500, 404]
    assert body["requests"][1]["numbers"] == ["+*******0100"]
    assert body["requests"][1]["operation"] == "execute"
    assert body["requests"][1]["digest"] != body["requests"][2]["digest"]
    assert "1202555" not in reply.body.decode()
    assert "1202555" not in repr(client.sandbox.received)
    assert client.send("DELETE", "/sandbox/requests").status == 204
    assert client.send("GET", "/sandbox/requests").json["requests"] == []
    assert client.sandbox.received == []


def test_sandbox_prints_nothing(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    for number in ("+12025550152", "+12025550157", "+12025550150"):
        attempt(client, number)
    leave(client)
    client.sandbox.stop()
    assert capfd.readouterr() == ("", "")


# Only contracts decide its behavior

MADE_UP: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Teapots", "version": "1"},
    "paths": {
        "/teapots/{pot}": {
            "get": {
                "operationId": "look",
                "security": [],
                "parameters": [
                    {"name": "pot", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "lid", "in": "query", "schema": {"type": "boolean"}},
                    {
                        "name": "cup",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "array", "items": {"type": "integer"}},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The pot.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Pot"}}
                        },
                    }
                },
            }
        },
        "/teapots/brown": {
            "post": {
                "operationId": "pour",
                "x-cxcall-rings": True,
                "x-cxcall-engagement-id": ["header:Tea-Id", "body:/0/tea/id"],
                "security": [{"oauth": ["tea"]}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "array", "items": {"type": "string"}, "minItems": 1}
                        }
                    },
                },
                "responses": {
                    "202": {
                        "description": "Poured.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Poured"},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/teapots/{pot}/stop": {
            "post": {
                "operationId": "stop",
                "security": [{"oauth": ["tea"]}],
                "responses": {"204": {"description": "Stopped."}},
            }
        },
        "/teapots/brown/stop": {
            "post": {"operationId": "stop-brown", "responses": {"200": {"description": "Cold."}}}
        },
    },
    "components": {
        "schemas": {
            "Pot": {
                "type": "object",
                "required": ["id", "size", "full"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "size": {"type": "integer", "minimum": 3},
                    "full": {"type": "boolean"},
                    "colour": {"type": "string"},
                },
            },
            "Poured": {
                "type": "object",
                "required": ["state"],
                "properties": {
                    "state": {"enum": ["hot", "cold"]},
                    "tea": {"type": "object", "properties": {"id": {"type": "string"}}},
                },
            },
        }
    },
}


@pytest.fixture
def teapot() -> Iterator[Client]:
    with start_sandbox([Contract("teapots", MADE_UP)]) as sandbox:
        yield Client(sandbox)


def test_user_operation_gets_a_response_from_its_contract(teapot: Client) -> None:
    reply = teapot.post("/teapots/brown", ["assam"])
    assert reply.status == 202
    tea = reply.headers["Tea-Id"]
    assert reply.json == [{"state": "hot", "tea": {"id": tea}}]
    assert teapot.sandbox.rings[0].engagement_id == tea
    assert teapot.post("/teapots/brown", []).json["code"] == "constraint.validation"
    assert teapot.post("/teapots/brown", ["a"], Authorization="").status == 401
    assert teapot.post("/teapots/brown", ["+12025550150"]).status == 500
    assert teapot.post("/teapots/brown", ["+12025550101"]).json[0]["tea"]["id"]
    assert teapot.post("/teapots/brown", ["+12025550102"]).json == [{"state": "hot", "tea": {}}]
    assert teapot.post(EXECUTIONS, execution()).status == 404


def test_user_get_operation_needs_no_token_and_places_no_call(teapot: Client) -> None:
    reply = teapot.send("GET", "/teapots/12?cup=1&cup=2&lid=true")
    assert reply.status == 200
    jsonschema.validate(reply.json, MADE_UP["components"]["schemas"]["Pot"])
    assert set(reply.json) == {"id", "size", "full"}
    assert teapot.sandbox.received[-1].accepted
    assert teapot.sandbox.rings == []


@pytest.mark.parametrize(
    ("path", "code", "name"),
    [
        ("/teapots/blue?cup=1", "invalid.value", "pot"),
        ("/teapots/1", "invalid.query.param.value", "cup"),
        ("/teapots/1?cup=x", "invalid.query.param.value", "cup"),
        ("/teapots/1?cup=1&lid=maybe", "invalid.query.param.value", "lid"),
    ],
)
def test_parameters_are_checked_with_their_schemas(
    teapot: Client, path: str, code: str, name: str
) -> None:
    reply = teapot.send("GET", path)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert reply.json["details"] == [{"errorCode": code, "fieldName": name}]


def test_declared_204_is_empty_and_fixed_paths_take_precedence(teapot: Client) -> None:
    reply = teapot.post("/teapots/7/stop", None)
    assert (reply.status, reply.body) == (204, b"")
    assert "Content-Length" not in reply.headers
    assert teapot.post("/teapots/brown/stop", None).status == 200
    assert teapot.send("PUT", "/teapots/brown").headers["Allow"] == "POST"


def test_user_contract_takes_precedence_over_shipped_contracts(client: Client) -> None:
    path = "/api/v2/engagements/outbound/personal-connections"
    responses = {"200": {"description": "Mine."}}
    mine = {"paths": {path: {"post": {"operationId": "mine", "responses": responses}}}}
    with start_sandbox([Contract("mine", mine), *contract.load_shipped_contracts()]) as sandbox:
        assert Client(sandbox).send("POST", path).status == 200
    assert client.send("POST", path).status == 401


@each_case(
    "schema",
    [
        {"type": "string", "minLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "date-time"},
        {"type": ["null", "integer"], "minimum": 7},
        {"type": "null"},
        {"const": 5},
        {"enum": ["a", "b"]},
        {"type": "array", "items": {"type": "number"}, "minItems": 2},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "boolean"}}}]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "required": ["x"], "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"deep": {"$ref": "#/components/schemas/Tree"}}},
        {"$ref": "#/components/schemas/Tree"},
        {},
    ],
)
def test_generated_sample_is_valid(schema: dict[str, Any]) -> None:
    tree = {
        "type": "object",
        "required": ["branches"],
        "properties": {
            "branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
        },
    }
    declared = {"components": {"schemas": {"Tree": tree}}}
    found = sample_value(Contract("made-up", declared), schema, {})
    checked = {**schema, **declared}
    jsonschema.Draft202012Validator(checked, format_checker=jsonschema.FormatChecker()).validate(
        found
    )


# Starting and stopping


def test_port_in_use_is_a_usage_error(sandbox: Sandbox) -> None:
    port = int(sandbox.base_url.rpartition(":")[2])
    with pytest.raises(UsageError, match=f"cannot listen on `127.0.0.1:{port}`"):
        start_sandbox(contract.load_shipped_contracts(), port=port)


def test_stop_can_be_repeated_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    sandbox = start_sandbox(contract.load_shipped_contracts())
    session = requests.Session()
    assert session.get(f"{sandbox.base_url}/sandbox", timeout=10).ok
    sandbox.stop()
    sandbox.stop()
    session.close()
    wait_until(lambda: not set(threading.enumerate()) - before)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.base_url}/sandbox", timeout=10)


def test_ipv6_address_is_in_brackets() -> None:
    try:
        running = start_sandbox(contract.load_shipped_contracts(), host="::1")
    except UsageError:
        pytest.skip("no IPv6 here")
    with running:
        assert running.base_url.startswith("http://[::1]:")
        assert requests.get(f"{running.base_url}/sandbox", timeout=10).json()["sandbox"] is True


FOREGROUND = """
import os, signal, threading
from cxcall.contracts import contract
from cxcall.sandbox.server import start_sandbox
with start_sandbox(contract.load_shipped_contracts()) as sandbox:
    print(sandbox.base_url, flush=True)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    sandbox.wait()
print("stopped")
"""


@pytest.mark.slow
def test_ctrl_c_ends_wait_without_output() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOREGROUND],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_fault_table_loads_without_the_server() -> None:
    program = (
        "import sys; from cxcall.sandbox.faults_by_number import FAULTS\n"
        "print(sorted({'waitress', 'jsonschema_rs', 'requests'} & set(sys.modules)), len(FAULTS))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout == f"[] {len(FAULTS)}\n"


def test_fault_table_has_unique_fictional_numbers() -> None:
    numbers = [fault.number for fault in FAULTS]
    assert len(set(numbers)) == len(numbers) == len({fault.effect for fault in FAULTS})
    assert all("+12025550100" <= number <= "+12025550199" for number in numbers)


CXONE = "/InContactAPI/services/v33.0"
DIAL = {"phoneNumber": "+12025550100", "skillId": 4711}


@pytest.mark.slow
@each_case(
    "operation",
    [entry for entry in detailed_operations() if entry.takes_body or entry.method == "GET"],
    ids=lambda operation: operation.name,
)
def test_every_operation_gets_its_declared_response(client: Client, operation: Operation) -> None:
    values = {
        entry.name: str(1 if entry.schema.get("type") == "integer" else CONTACT)
        for entry in operation.parameters
        if entry.required
    }
    path = operation.url("", values)
    authorization = f"Bearer {client.token}"
    body, kind = None, "application/json"
    if operation.takes_body:
        body, kind = encode_body(operation, sample_body(operation))
    headers = {"Authorization": authorization, "Content_Type": kind}
    reply = client.send(operation.method, path, body, timeout=10, **headers)
    assert 200 <= reply.status < 300, reply
    declared = operation.declared["responses"].get(str(reply.status), {})
    media = operation.contract.resolve(declared).get("content", {}).get("application/json")
    if media:
        schema = operation.contract.bundle_schema(media["schema"])
        jsonschema.Draft202012Validator(schema).validate(reply.json)
    received = client.sandbox.received[-1]
    assert (received.operation, received.accepted) == (operation.name, True)
    if operation.engagement_id and operation.method != "GET" and media:
        assert received.engagement_id is not None
        assert received.engagement_id in reply.body.decode() + str(reply.headers)


def test_cxone_operations_respond_below_the_server_path(client: Client) -> None:
    for base in ("", CXONE, CXONE.lower()):
        assert client.post(f"{base}/agent-sessions/s/dial-phone", DIAL).status == 202
    assert client.post("/other/agent-sessions/s/dial-phone", DIAL).status == 404


def test_cxone_errors_have_the_cxone_format(client: Client) -> None:
    reply = client.post("/agent-sessions/s/dial-phone", {"skillId": 4711})
    assert reply.status == 400
    assert reply.json == {
        "error": "constraint.validation",
        "error_description": "phoneNumber is required",
    }
    assert reply.headers["icStatusDescription"] == "phoneNumber is required"
    refused = client.post("/agent-sessions/s/dial-phone", {**DIAL, "phoneNumber": "+12025550149"})
    assert (refused.status, refused.json["error"]) == (409, "conflict")


def test_id_that_is_no_number_is_not_put_in_place_of_one(client: Client) -> None:
    authorization = f"Bearer {client.token}"
    numbered = client.send("GET", "/campaigns/12", Authorization=authorization)
    assert numbered.json["id"] == 12
    assert client.send("GET", "/campaigns/autumn", Authorization=authorization).status == 200


def test_fault_number_is_found_in_the_query(client: Client) -> None:
    path = "/scheduled-callbacks?skillId=1&scheduleDate=2027-01-01&phoneNumber=%2B12025550"
    assert client.post(f"{path}149", None).status == 409
    accepted = client.post(f"{path}100", None)
    (received,) = [entry for entry in client.sandbox.received if entry.accepted]
    assert received.rings
    assert received.numbers
    assert accepted.json == {"callbackId": int(received.engagement_id or "")}


@pytest.mark.parametrize(
    ("path", "media", "body", "member"),
    [
        (
            "/auth/token",
            "application/x-www-form-urlencoded",
            b"grant_type=password&username=key&password=secret",
            "access_token",
        ),
        (
            "/authentication/v1/token/access-key",
            "application/json",
            {"accessKeyId": "key", "accessKeySecret": "secret"},
            "access_token",
        ),
        ("/public/user/refresh", "application/json", {"token": "secret"}, "token"),
    ],
)
def test_cxone_tokens_work_and_secrets_are_not_logged(
    client: Client, path: str, media: str, body: Any, member: str
) -> None:
    reply = client.send("POST", path, body, Content_Type=media)
    client.token = reply.json[member]
    assert client.post("/agent-sessions/s/dial-phone", DIAL).status == 202
    assert all(b"secret" not in received.body for received in client.sandbox.received)
    assert client.send("POST", path, b"{", Content_Type=media).status == 400
    assert client.send("POST", path, body, Content_Type="text/plain").status == 415


def test_concrete_path_takes_precedence_over_a_template(client: Client) -> None:
    reply = client.send("DELETE", "/api/v2/conversations/calls")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
