"""The sandbox over real HTTP: the platform's responses, and an exact count of calls."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
import requests

from cxcall.contracts import contract
from cxcall.findings.errors import UsageError
from cxcall.sandbox.faults_by_number import FAULTS
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.sandbox_client import (
    CAMPAIGN,
    CONTACT,
    EXECUTIONS,
    PERSONAL,
    Client,
    Clock,
    attempt,
    calls,
    execution,
    leave,
    wait_until,
)

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


@pytest.mark.slow
def test_sandbox_prints_nothing(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    for number in ("+12025550152", "+12025550157", "+12025550150"):
        attempt(client, number)
    leave(client)
    client.sandbox.stop()
    assert capfd.readouterr() == ("", "")


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
