"""`cxcall sandbox`: a server in the foreground, for any client, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall


@pytest.fixture
def served(cxcall: Cxcall) -> Iterator[Any]:
    """Start `cxcall sandbox -o json`; yields the process."""
    with subprocess.Popen(
        [str(CXCALL), "sandbox", "-o", "json"], cwd=cxcall.folder, env=cxcall.environment,
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
