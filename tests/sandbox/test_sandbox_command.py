"""`cxcall sandbox`: a server in the foreground, for any client, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

from helpers.command import CONTACT, CXCALL, screen, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall


@pytest.fixture
def served(cxcall: Cxcall) -> Iterator[Any]:
    """Start `cxcall sandbox -o json`; yields the process."""
    with subprocess.Popen(
        [str(CXCALL), "sandbox", "-o", "json", "--record", "requests.jsonl"], cwd=cxcall.folder, env=cxcall.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
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
        json={"contactId": CONTACT, "reasonCode": "y"}, headers={"Authorization": f"Bearer {token}", "Prefer": "code=429"}, timeout=10,
    )  # fmt: skip
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
    assert sent == ["x", "y"]
    assert record.stat().st_mode & 0o777 == 0o600
    assert data["clientSecret"] not in record.read_text("utf-8")


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
    assert "the record cannot be opened" in cxcall("sandbox", "--record", "none/x", code=2).err


@pytest.mark.slow
def test_port_in_use_is_reported(cxcall: Cxcall, served: Any) -> None:
    port = envelope(served)["data"]["baseUrl"].rpartition(":")[2]
    ran = cxcall("sandbox", "--port", port, "-o", "json", code=2)
    said = f"the sandbox cannot listen on `127.0.0.1:{port}`: Address already in use"
    assert ran.envelope["findings"][0]["message"] == said


def test_sandbox_help_lists_the_numbers(cxcall: Cxcall) -> None:
    from cxcall.sandbox.faults import FAULTS

    lines = cxcall("sandbox", "--help", code=0).out.splitlines()
    for entry in FAULTS:
        assert any(entry.number in line and entry.effect in line for line in lines), entry
