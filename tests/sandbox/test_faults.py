"""Faults of the sandbox, by phone number."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected

import pytest

from cxcall.sandbox.faults_by_number import FAULTS, Fault, find_fault
from cxcall.sandbox.http_messages import Transmission
from cxcall.sandbox.server import WORKERS
from helpers.cases import each_case
from helpers.sandbox_client import (
    CONTACT,
    EXECUTIONS,
    HELD,
    PERSONAL,
    Client,
    attempt,
    calls,
    execution,
    leave,
    wait_until,
)


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


@pytest.mark.slow
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


@each_case("text", ["+120255501290", "+12025550199", "12025550129", "+1 202 555 0129"], quick=2)
def test_other_text_causes_no_fault(text: str) -> None:
    assert find_fault([text]) is FAULTS[0]


def test_personal_connection_reason_may_contain_a_fault_number(client: Client) -> None:
    body = {"contactId": CONTACT, "reasonCode": "+12025550150"}
    assert client.post(PERSONAL, body).status == 500


@pytest.mark.slow
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
