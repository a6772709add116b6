"""`cxcall mcp`: what its tools return and refuse, through the SDK's own client over stdio."""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CONTACT, Cxcall
from helpers.mcp_client import Person, call, talk
from helpers.mcp_requests import TOKEN, count, request
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from mcp.client.client import Client

pytestmark = pytest.mark.slow


NUMBER = "+12025550123"
SENDS = ("--allow-send", "--operation", "personal-connection", "--operation", "execute")
READ_TOOLS = {
    *("validate", "explain", "list_operations", "show_operation", "dry_run"),
    *("list_history", "show_history", "doctor"),
}


def check_hints(tools: list[Any], sending: set[str]) -> None:
    """Check that every tool states all four hints, and which of them read only."""
    for tool in tools:
        hints = tool.annotations
        stated = (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        )
        assert None not in stated, tool.name
        assert hints.read_only_hint is (tool.name not in sending)
        assert hints.destructive_hint is (tool.name in sending)
        assert tool.description


def test_read_tools_do_what_the_commands_do(cxcall: Cxcall, platform: Platform) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "sent", "--yes")
    delivery = cxcall(*words, "-o", "json", code=0).envelope["deliveryId"]

    async def talk_to(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == READ_TOOLS
        check_hints(tools, set())
        await check_validation(client)
        await check_arguments(client)
        explained = await call(
            client, "explain", text="POST /api/v2/conversation/calls HTTP/1.1\n\n"
        )
        assert explained["exitCode"] == 3
        assert explained["findings"][0]["code"] == "path-unpublished"
        pasted = f"curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer {TOKEN}'"
        explained = await call(client, "explain", text=pasted, fix=True)
        assert TOKEN not in explained["text"]
        listed = await call(client, "list_operations", search="contact list", limit=3)
        assert len(listed["data"]["operations"]) == 3 < listed["data"]["total"]
        shown = await call(client, "show_operation", operation="execute")
        assert shown["data"]["path"].endswith("/executions")
        dry = await call(client, "dry_run", **request("r"))
        assert (dry["outcome"], "confirmationId" in dry["data"]) == ("dry-run", False)
        assert TOKEN not in dry["text"]
        history = await call(client, "list_history")
        assert [each["id"] for each in history["data"]["deliveries"]] == [delivery]
        found = await call(client, "show_history", delivery=delivery)
        assert found["data"]["outcome"] == "accepted"
        doctor = await call(client, "doctor")
        assert TOKEN not in doctor["text"]
        checks = doctor["data"]["checks"]
        assert {"settings", "host"} <= {each["check"] for each in checks}
        refused = await call(client, "send", **request("r"), confirmationId="x")
        assert (refused["exitCode"], refused["isError"]) == (2, True)
        assert "unknown tool" in refused["text"]

    talk(cxcall, (), talk_to)
    assert count(platform) == 1


async def check_validation(client: Client) -> None:
    """Check payloads, and a text that is too long."""
    wrong = await call(
        client, "validate", content='{"contactId": "12345"}', operation="personal-connection"
    )
    assert (wrong["exitCode"], wrong["isError"]) == (3, False)
    assert {each["where"] for each in wrong["findings"]} >= {"/contactId", "/reasonCode"}
    contacts = "\n".join([json.dumps(request(each)["body"]) for each in "ab"])
    lines = await call(client, "validate", content=contacts, operation="personal-connection")
    assert lines["exitCode"] == 0
    long = await call(client, "validate", content="[" * ((1 << 20) + 1))
    assert long["isError"]
    assert len(long["text"]) < 1000


async def check_arguments(client: Client) -> None:
    """Check that wrong arguments are named, and their values are not repeated."""
    for tool, message, arguments in (
        ("explain", "an argument is unknown", {"text": "x", TOKEN: TOKEN}),
        ("explain", "unknown argument `content`", {"text": "x", "content": TOKEN}),
        (
            "validate",
            "`operation` is invalid: input should be a valid string",
            {"content": "{}", "operation": [TOKEN]},
        ),
        (
            "dry_run",
            "`parameters` is invalid",
            {"operation": "execute", "parameters": {TOKEN: {"x": NUMBER}}},
        ),
        (
            "list_operations",
            "`method` is invalid: input should be 'GET'",
            {"method": TOKEN, "limit": -1},
        ),
        ("show_operation", "`operation` is required", {}),
    ):
        refused = await call(client, tool, **arguments)
        assert (refused["exitCode"], refused["isError"]) == (2, True)
        assert message in refused["findings"][0]["message"]
        assert not any(value in refused["text"] for value in (TOKEN, NUMBER))


def test_send_needs_a_dry_run_and_a_person(cxcall: Cxcall, platform: Platform) -> None:
    person = Person("yes", "decline", "no", "cancel", "nothing", "empty", "yes")

    async def confirm(client: Client, reason: str) -> dict[str, Any]:
        data = (await call(client, "dry_run", **request(reason)))["data"]
        return {**request(reason), "confirmationId": data["confirmationId"]}

    async def talk_to(client: Client) -> None:
        from anyio import to_thread

        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {*READ_TOOLS, "send"}
        check_hints(tools, {"send"})
        arguments = await confirm(client, "yes")
        sent = await call(client, "send", **arguments)
        assert (sent["outcome"], sent["engagementId"], count(platform)) == ("accepted", "e-1", 1)
        assert '"reasonCode": "yes"' in person.asked[0]
        assert platform.base_url in person.asked[0]
        used = await call(client, "send", **arguments)
        assert (used["exitCode"], used["isError"]) == (7, True), "it was used"
        assert "the confirmation ID is not valid" in used["findings"][0]["message"]
        duplicate = await call(client, "dry_run", **request("yes"))
        assert (duplicate["exitCode"], duplicate["data"]) == (7, None), "it was sent a moment ago"
        assert duplicate["findings"][0]["code"] == "already-sent"
        for answer in ("declined", "not sent", "canceled"):
            arguments = await confirm(client, answer)
            assert (await call(client, "send", **arguments))["outcome"] == "stopped"
            assert (await call(client, "send", **arguments))["isError"], "it was used"
        changed = await confirm(client, "shown")
        changed["body"] = request("another")["body"]
        assert (
            "another request" in (await call(client, "send", **changed))["findings"][0]["message"]
        )
        changed["body"] = request("shown")["body"]
        assert (await call(client, "send", **changed))["isError"], "the attempt used it up"
        never_shown = {**request("r"), "confirmationId": "AAAAAAAAAAAAAAAAAAAAAA"}
        assert (await call(client, "send", **never_shown))["isError"]
        meanwhile = await confirm(client, "meanwhile")
        contact = request("meanwhile")["body"]["contactId"]
        words = ("--contact-id", contact, "--reason-code", "meanwhile", "--yes")
        await to_thread.run_sync(partial(cxcall, "personal-connection", *words, code=0))
        again = await call(client, "send", **meanwhile)
        assert again["findings"][0]["code"] == "already-sent", "the duplicate guard holds"
        other = await call(client, "dry_run", operation="place-call", body={"phoneNumber": NUMBER})
        assert "confirmationId" not in other["data"]
        other = await call(client, "send", operation="place-call", confirmationId="x")
        assert (other["exitCode"], other["findings"][0]["where"]) == (2, "operation")
        assert "does not send" in other["findings"][0]["message"]
        await check_missing_answers(client, platform, 2)

    talk(cxcall, SENDS, talk_to, person=person)
    assert (count(platform), len(person.asked), person.answers) == (3, 7, [])
    assert len(cxcall("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]) == 3


async def check_missing_answers(client: Client, platform: Platform, answers: int) -> None:
    """Check that a client that returns no answer of a person gets an envelope, and that the ID stays valid."""
    data = (await call(client, "dry_run", **request("missing")))["data"]
    arguments = {**request("missing"), "confirmationId": data["confirmationId"]}
    before = count(platform)
    for _ in range(answers):
        refused = await call(client, "send", **arguments)
        found = (refused["exitCode"], refused["outcome"], refused["isError"])
        assert found == (7, "stopped", True)
        assert "no valid answer of a person" in refused["findings"][0]["message"]
        assert count(platform) == before
    assert (await call(client, "send", **arguments))["outcome"] == "accepted"


async def check_guards(client: Client, cxcall: Cxcall, dnc: str) -> None:
    """Check that no argument lowers the guards of the command line, which are asked again when it is sent."""
    data = {"phoneNumber": NUMBER}
    body = {"contactId": CONTACT, "contactSpec": {"contactId": CONTACT, "contactData": data}}
    tools = (await client.list_tools()).tools
    schema = next(each.input_schema for each in tools if each.name == "send")
    names = {"operation", "confirmationId", "body", "parameters"}
    assert set(schema["properties"]) == names
    dry = {"operation": "execute", "body": body, "parameters": {"campaignId": CONTACT}}
    for code, lower in ((2, {"again": True, "force": True, "do_not_call": ""}), (7, {})):
        stopped = await call(client, "dry_run", **dry, **lower)
        assert (stopped["exitCode"], stopped["isError"]) == (code, True)
    data["phoneNumber"] = "+12025550124"
    confirmed = (await call(client, "dry_run", **dry))["data"]["confirmationId"]
    (cxcall.folder / dnc).write_text(f"{NUMBER}\n+12025550124\n", "utf-8")
    late = await call(client, "send", **dry, confirmationId=confirmed)
    assert late["isError"], "the guard is asked again when it is sent"


def test_guards_cannot_be_lowered_and_a_signal_waits_for_the_request_that_is_being_sent(
    cxcall: Cxcall,
) -> None:
    """They speak the older protocol, in which a person is asked in another way."""
    from mcp.shared.exceptions import MCPError

    dnc = cxcall.file("dnc.txt", f"{NUMBER}\n")
    person = Person("nothing", "empty", "error", "yes", "yes")

    def stop_server(body: Any, _count: int) -> Reply:
        if body["reasonCode"] == "r":
            os.kill(int((cxcall.folder / "pid").read_text("ascii")), signal.SIGTERM)
        return Reply(201, {"id": "e-1"})

    with Platform(stop_server) as platform:

        async def talk_to(client: Client) -> None:
            await check_guards(client, cxcall, dnc)
            assert count(platform) == 0
            await check_missing_answers(client, platform, 3)
            data = (await call(client, "dry_run", **request("r")))["data"]
            with pytest.raises(MCPError):
                await call(client, "send", **request("r"), confirmationId=data["confirmationId"])

        cxcall.environment |= platform.environment
        words = (*SENDS, "--do-not-call", dnc)
        talk(cxcall, words, talk_to, person=person, mode="legacy")
    assert person.answers == []
    (found, _) = cxcall("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    assert (found["outcome"], found["engagementId"]) == ("accepted", "e-1")


def test_server_needs_the_operations_that_may_be_sent(cxcall: Cxcall) -> None:
    for arguments in (("--allow-send",), ("--allow-send", "--operation", "cxone-password-token")):
        cxcall("mcp", *arguments, "-o", "json", code=2)


def test_server_does_not_start_with_a_file_that_cannot_be_read(cxcall: Cxcall) -> None:
    for flag in ("--do-not-call", "--contract"):
        ran = cxcall("mcp", flag, "nope", "-o", "json", code=2)
        assert "`nope` does not exist" in ran.envelope["findings"][0]["message"]
