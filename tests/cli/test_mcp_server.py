"""The MCP server: its protocol on stdin and stdout, limits, and confirmations."""

from __future__ import annotations

import json
import subprocess
from itertools import count as count_from
from select import select
from typing import Any

import pytest

from cxcall.cli.shared_options import ContractOptions, GuardOptions, SettingsOptions, TargetOptions
from cxcall.client.client import Client as CxcallClient
from cxcall.credentials.login_and_logout import log_in_with_token
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.ledger.ledger import Ledger
from helpers.cases import each_case
from helpers.command import CXCALL, Cxcall
from helpers.deliveries import request_with_parameters
from helpers.mcp_requests import count, request
from helpers.missing_records import state_of
from helpers.platform_server import Platform

HELLO: dict[str, Any] = {
    "method": "initialize",
    "id": 1,
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    },
}


def start_server(cxcall: Cxcall, *words: str) -> subprocess.Popen[str]:
    """Start a server as a client does, which speaks to it through pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [CXCALL, "mcp", *words],
        env=cxcall.environment,
        cwd=cxcall.folder,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def line_of(message: dict[str, Any]) -> str:
    """Return a message as a line of the protocol."""
    return json.dumps({"jsonrpc": "2.0", **message}) + "\n"


def ask(process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any]:
    """Send a request to the server, and return the result, which is on the next line of stdout."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(line_of(message))
    process.stdin.flush()
    found = json.loads(process.stdout.readline())
    assert (found["jsonrpc"], found["id"]) == ("2.0", message["id"])
    result: dict[str, Any] = found["result"]
    return result


@pytest.mark.slow
def test_messages_warnings_and_a_client_that_cannot_ask_a_person(
    cxcall: Cxcall, platform: Platform
) -> None:
    """Stdout has only messages of the protocol, and a warning is only in the call that found it."""
    Ledger.open(state_of(cxcall)).__exit__()
    markers = cxcall.file("config/ledgers", "a file where the folder of the markers should be")
    numbers = count_from(1)

    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        asked = {"method": "tools/call", "id": next(numbers), "params": params}
        answer: dict[str, Any] = ask(process, asked)["structuredContent"]
        return answer

    with start_server(cxcall, "--allow-send", "--operation", "personal-connection") as process:
        ask(process, {**HELLO, "id": next(numbers)})
        assert process.stdin
        process.stdin.write(line_of({"method": "notifications/initialized"}))
        assert call("validate", content="{")["exitCode"] == 3
        assert call("doctor", body=5)["exitCode"] == 2
        first = [each["message"] for each in call("list_history")["findings"]]
        (cxcall.folder / markers).unlink()
        assert ["marker" in each for each in first] == [True]
        assert call("list_history")["findings"] == []
        shown = call("dry_run", **request("r"))["data"]
        refused = call("send", **request("r"), confirmationId=shown["confirmationId"])
        assert refused["exitCode"] == 2
        assert "cannot ask a person" in refused["findings"][0]["message"]
        vanish(process, {**HELLO, "method": "ping"})
    assert count(platform) == 0


def vanish(process: subprocess.Popen[str], message: dict[str, Any]) -> None:
    """Send a request, and close all streams without reading the response: this is no fault."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    assert not select([process.stdout], [], [], 0)[0]
    process.stdout.close()
    process.stdin.write(line_of(message))
    process.stdin.close()
    err = process.stderr.read()
    assert not [word for word in ("Traceback", "pipe", "Pipe", "fault") if word in err], err
    assert process.wait(30) == 0


def test_no_file_is_read_from_the_stdin_of_the_protocol(cxcall: Cxcall) -> None:
    for flag in ("--contract", "--do-not-call"):
        assert "stdin" in cxcall("mcp", flag, "-", code=2).err
    cxcall("mcp", code=2, env={"CXCALL_DO_NOT_CALL": "-"})


@pytest.mark.slow
def test_without_the_extra_an_error_says_how_to_install_it(cxcall: Cxcall) -> None:
    cxcall.file("shadow/mcp.py", 'raise ModuleNotFoundError("No module named mcp", name="mcp")\n')
    ran = cxcall("mcp", "-o", "json", code=2, env={"PYTHONPATH": str(cxcall.folder / "shadow")})
    assert "pip install 'cxcall[mcp]'" in ran.envelope["findings"][0]["fix"]


@pytest.mark.slow  # it loads the SDK
def test_question_has_all_parameters() -> None:
    from cxcall.cli.mcp_server.send_tools import describe

    lines = describe(request_with_parameters()).splitlines()
    assert "request: POST https://api.example.com/dial?note=now&api_key=****" in lines
    assert [each for each in lines if each.startswith("header:")] == [
        "header: X-Contact-Id: CONTACT-1",
        "header: X-Api-Key: ****",
        "header: Cookie: ****",
    ]


@pytest.mark.slow
@each_case("answer", ["yes", "true", 1, None])
def test_only_a_boolean_agrees_to_a_send(answer: Any) -> None:
    from pydantic import ValidationError

    from cxcall.cli.mcp_server.send_tools import Confirmation

    with pytest.raises(ValidationError):
        Confirmation.model_validate({"send": answer})


@pytest.mark.slow
def test_check_of_a_long_payload_ends(cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxcall.cli.mcp_server.read_tools import MAX_FINDINGS, MAX_VALUES, ReadTools

    monkeypatch.setenv("CXCALL_CONFIG_DIR", cxcall.environment["CXCALL_CONFIG_DIR"])
    target = TargetOptions(SettingsOptions(), ContractOptions())
    tools = ReadTools(target, GuardOptions())
    report = tools.validate("{}\n" * MAX_FINDINGS, operation="execute")
    assert (len(report.findings), report.exit_code) == (100, 3)
    assert MAX_FINDINGS <= sum(report.data["counts"]["codes"].values()) < MAX_FINDINGS + 10
    for content in ("{}\n" * (MAX_VALUES + 1), f"[{'1,' * MAX_VALUES}\n1]"):
        with pytest.raises(UsageError, match="more than 50,000 lines and values"):
            tools.validate(content, operation="add-contacts")


def enter_world(cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the environment and the folder of the command."""
    for name, value in cxcall.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cxcall.folder)


@pytest.mark.slow  # it loads the SDK
def test_confirmation_expires_and_is_used_once(
    cxcall: Cxcall, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxcall.cli.mcp_server.send_tools import LIFETIME_SECONDS, PendingConfirmations

    enter_world(cxcall, monkeypatch)
    now = [0.0]
    confirmations = PendingConfirmations(lambda: now[0])
    with CxcallClient() as client:
        checked, other = (
            client.build("personal-connection", request(reason)["body"]) for reason in ("a", "b")
        )
        used, expired, foreign = (confirmations.add(checked) for _ in range(3))
        confirmations.check(used, checked)
        confirmations.take(used, checked)
        now[0] = LIFETIME_SECONDS - 1
        confirmations.check(expired, checked)
        for identifier, built in ((used, checked), (foreign, other), (foreign, checked)):
            with pytest.raises(StoppedError):
                confirmations.take(identifier, built)
        now[0] = LIFETIME_SECONDS
        with pytest.raises(StoppedError, match="expired"):
            confirmations.check(expired, checked)
        first = confirmations.add(checked)
        for _ in range(200):
            confirmations.add(checked)
        with pytest.raises(StoppedError):
            confirmations.check(first, checked)
    assert count(platform) == 0


@pytest.mark.slow  # it loads the SDK
def test_confirmation_is_not_valid_for_another_login(
    cxcall: Cxcall, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All organizations of a region have the same host."""
    from cxcall.cli.mcp_server.send_tools import PendingConfirmations

    enter_world(cxcall, monkeypatch)
    monkeypatch.delenv("CXCALL_ACCESS_TOKEN")
    confirmations = PendingConfirmations()
    with CxcallClient() as client:
        built = client.build("personal-connection", request("a")["body"])
        log_in_with_token(built.settings, "token-of-account-a")
        identifier = confirmations.add(built)
        confirmations.check(identifier, built)
        log_in_with_token(built.settings, "token-of-account-b")
        with pytest.raises(StoppedError, match="another request or login"):
            confirmations.take(identifier, built)
    assert count(platform) == 0
