"""`cxcall sandbox`: a server in the foreground, for any client, until Ctrl-C."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from helpers.command import CONTACT, screen, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


@pytest.fixture
def served(cxcall: Cxcall) -> Iterator[Any]:
    """Start `cxcall sandbox -o json`; yields the process."""
    with cxcall.begin("sandbox", "-o", "json", "--record", "requests.jsonl") as process:
        yield process
        process.kill()


def envelope(process: Any) -> dict[str, Any]:
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.slow
def test_sandbox_command_serves_clients_until_ctrl_c(cxcall: Cxcall, served: Any) -> None:
    data = envelope(served)["data"]
    environment = {
        "CXCALL_BASE_URL": data["baseUrl"],
        "CXCALL_CLIENT_ID": data["clientId"],
        "CXCALL_CLIENT_SECRET": data["clientSecret"],
    }
    ran = cxcall(
        "personal-connection",
        "--contact-id",
        CONTACT,
        "--reason-code",
        "x",
        "-q",
        env=environment,
        code=0,
    )
    token = cxcall("auth", "token", env=environment, code=0).out.strip()
    answer = requests.post(
        f"{data['baseUrl']}/api/v2/engagements/outbound/personal-connections",
        json={"contactId": CONTACT, "reasonCode": "+12025550129"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    received = requests.get(f"{data['baseUrl']}/sandbox/requests", timeout=10).json()
    assert received["rings"] == 1
    assert ran.out.strip() in json.dumps(received)
    served.send_signal(signal.SIGINT)
    out, err = served.communicate(timeout=20)
    assert (out, err) == ("", "")
    record = cxcall.folder / "requests.jsonl"
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    sent = [json.loads(line["body"])["reasonCode"] for line in lines if line["operation"]]
    assert sent == ["x", "+12025550129"]
    assert record.stat().st_mode & 0o777 == 0o600
    assert data["clientSecret"] not in record.read_text("utf-8")


@pytest.mark.slow
def test_sandbox_shows_each_request(cxcall: Cxcall) -> None:
    with terminal(cxcall, "sandbox", "--port", "0", columns=160) as child:
        child.expect(r"CXCALL_BASE_URL=(\S+)")
        url = child.match[1]
        child.expect("stop it with Ctrl-C")
        requests.post(f"{url}/api/v2/none", timeout=10)
        child.expect(r"POST /api/v2/none: 404 \(unknown operation\)")
        child.sendintr()
        screen(child)
    assert child.exitstatus == 0


def test_record_that_cannot_be_opened_stops_the_sandbox(cxcall: Cxcall) -> None:
    assert (
        "the record file `none/x` cannot be opened"
        in cxcall("sandbox", "--record", "none/x", code=2).err
    )


def test_host_that_is_no_address_is_reported(cxcall: Cxcall) -> None:
    ran = cxcall("sandbox", "--host", "999.1.1.1", "-o", "json", code=2)
    [finding] = ran.envelope["findings"]
    assert (finding["where"], finding["message"]) == (
        "--host",
        "`999.1.1.1` is not an address of this machine",
    )


@pytest.mark.slow
def test_port_in_use_is_reported(cxcall: Cxcall, served: Any) -> None:
    port = envelope(served)["data"]["baseUrl"].rpartition(":")[2]
    ran = cxcall("sandbox", "--port", port, "-o", "json", code=2)
    output = f"the sandbox cannot listen on `127.0.0.1:{port}`: Address already in use"
    assert ran.envelope["findings"][0]["message"] == output


def test_sandbox_help_lists_the_numbers(cxcall: Cxcall) -> None:
    from cxcall.sandbox.faults_by_number import FAULTS

    lines = cxcall("sandbox", "--help", code=0).out.splitlines()
    for entry in FAULTS:
        assert any(entry.number in line and entry.effect in line for line in lines), entry


@pytest.mark.slow
def test_requests_of_a_running_sandbox_are_listed_and_counted(
    live: Cxcall, sandbox: Sandbox
) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    live(*words, "--again", code=0)
    form = {"grant_type": "password", "username": "key", "password": "secret"}
    for data, status in ((form, 200), ({}, 400)):
        reply = requests.post(f"{sandbox.base_url}/auth/token", data=data, timeout=10)
        assert reply.status_code == status
        assert sandbox.received[-1].verdict == ("token issued" if data else "refused")
    entries = live("sandbox", "requests", "--json", code=0).envelope["data"]
    assert entries["accepted"] == 1
    assert [each["verdict"] for each in entries["requests"]] == ["call placed"]
    lines = live("sandbox", "requests", "-o", "jsonl", code=0).out.splitlines()
    paths = [each.path for each in sandbox.received if not each.is_token_request]
    assert [json.loads(line)["path"] for line in lines] == paths
    at = ("--url", sandbox.base_url)
    assert "personal-connection" in live("sandbox", "requests", *at, "--expect", "1", code=0).out
    wrong = live("sandbox", "requests", *at, "--expect", "2", code=3)
    assert "expected 2 requests; found 1" in wrong.err
    none = live("sandbox", "requests", "--url", "http://127.0.0.1:1", code=2)
    assert "no sandbox responds at http://127.0.0.1:1" in none.err


def test_platform_of_the_settings_is_not_asked_for_the_requests_of_a_sandbox(
    cxcall: Cxcall,
) -> None:
    ran = cxcall("sandbox", "requests", "--region", "mypurecloud.ie", code=2)
    assert "https://api.mypurecloud.ie, is not a sandbox on this machine" in ran.err


def test_address_that_no_sandbox_can_have_is_refused(cxcall: Cxcall) -> None:
    ran = cxcall("sandbox", "requests", "--url", "127.0.0.1:8080", "--expect", "0", code=2)
    assert "--> --url" in ran.err
    assert "Warning" not in ran.err


def test_address_of_another_machine_is_named_as_the_wrong_host(cxcall: Cxcall) -> None:
    ran = cxcall("sandbox", "--host", "203.0.113.9", code=2)
    assert "`203.0.113.9` is not an address of this machine" in ran.err
    assert "--> --host" in ran.err


@pytest.mark.slow
def test_sandbox_beyond_loopback_warns_and_lists_the_outcome_of_a_call(cxcall: Cxcall) -> None:
    words = ("sandbox", "--host", "0.0.0.0", "--dial-rate", "100")
    with terminal(cxcall, *words, columns=160) as child:
        child.expect(r"CXCALL_BASE_URL=(http://127\.0\.0\.1:\d+)")
        url = child.match[1]
        child.expect("warning: other machines can reach the sandbox at 0.0.0.0")
        environment = {
            "CXCALL_BASE_URL": url,
            "CXCALL_CLIENT_ID": "sandbox",
            "CXCALL_CLIENT_SECRET": "sandbox-secret",
        }
        call = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "-q")
        engagement = cxcall(*call, env=environment, code=0).out.strip()
        while not (text := requests.get(f"{url}/sandbox/events", timeout=30).text):
            pass
        event = json.loads(text)
        assert (event["engagementId"], event["outcome"]) == (engagement, "connected")
        child.sendintr()
        screen(child)
