"""`execute` and `personal-connection`, as a user runs them, against a real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from running import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from cxcall.sandbox import Sandbox
    from running import Cxcall, Stranger

PERSONAL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "follow_up")
EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number")


def test_the_first_command_of_the_readme(cxcall: Cxcall) -> None:
    ran = cxcall(*PERSONAL, "--sandbox", code=0)
    lines = ran.out.splitlines()
    assert lines[0].startswith("HTTP 201 Created in ")
    assert lines[1].startswith("engagement ID:  ")
    assert lines[1].endswith("(header:X-Engagement-Id)")
    assert json.loads(ran.out.partition("\n\n")[2])["id"] == lines[1].split()[2]


def test_quiet_prints_the_id_and_nothing_else(cxcall: Cxcall) -> None:
    ran = cxcall(*PERSONAL, "--sandbox", "-q", code=0)
    assert ran.out.count("\n") == 1
    assert len(ran.out.split()) == 1
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (PERSONAL, "/api/v2/engagements/outbound/personal-connections"),
        (
            (*PERSONAL, "--route", "contact"),
            f"/api/v2/outbound/contacts/{CONTACT}/personal-connections",
        ),
        (
            (*EXECUTE, "+12025550100", "--data", "first=Ada"),
            f"/api/v2/outbound/campaigns/{CAMPAIGN}/executions",
        ),
    ],
)
def test_each_route_is_sent_once(
    live: Cxcall, sandbox: Sandbox, arguments: tuple[str, ...], path: str
) -> None:
    envelope = live(*arguments, "-o", "json", code=0).envelope
    assert [entry.path for entry in sandbox.rings] == [path]
    assert envelope["outcome"] == "accepted"
    assert envelope["engagementId"]
    assert envelope["correlationId"]
    assert envelope["attempts"] == 1
    assert envelope["provenance"] == "community"
    assert envelope["request"]["url"] == sandbox.base_url + path


def test_flags_win_over_the_file_and_the_dry_run_says_so(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "12345", "reasonCode": "from_file"})
    envelope = cxcall(
        "personal-connection",
        "-f",
        name,
        "--contact-id",
        CONTACT,
        "--set",
        '/reasonCode="set"',
        "-n",
        "-o",
        "json",
        code=0,
    ).envelope
    assert envelope["outcome"] == "dry-run"
    assert envelope["request"]["body"] == {"contactId": CONTACT, "reasonCode": "set"}
    assert envelope["data"]["sources"] == {"/contactId": "--contact-id", "/reasonCode": "--set"}
    assert [found["code"] for found in envelope["findings"]] == ["path-unpublished"]


def test_a_dry_run_needs_no_network_no_token_and_no_yes(cxcall: Cxcall) -> None:
    ran = cxcall(*PERSONAL, "--dry-run", code=0)
    assert ran.out.startswith(
        "POST https://api.mypurecloud.com/api/v2/engagements/outbound/personal-connections\n"
    )
    assert "published for the same purpose: POST /api/v2/conversations/calls" in ran.err
    assert not (cxcall.folder / "state").exists()


def test_curl_can_be_pasted(live: Cxcall, sandbox: Sandbox) -> None:
    import subprocess

    token = live("auth", "token", code=0).out.strip()
    text = live(*PERSONAL[:-1], 'it\'s "so"', "--curl", code=0).out
    assert token not in text
    done = subprocess.run(
        ["bash", "-c", text],
        env={**live.environment, "CXCALL_ACCESS_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout[done.stdout.index("{") :])["id"]
    assert len(sandbox.rings) == 1


def test_an_invalid_request_is_not_sent(live: Cxcall, sandbox: Sandbox) -> None:
    ran = live(
        "execute",
        "12345",
        "--contact-id",
        "user_id",
        "--phone-number",
        "+12025550100",
        "-o",
        "json",
        code=3,
    )
    assert ran.codes == ["placeholder", "placeholder", "id-format"]
    assert ran.envelope["outcome"] == "invalid"
    assert sandbox.received == []


def test_force_sends_and_the_refusal_names_the_field(live: Cxcall, sandbox: Sandbox) -> None:
    envelope = live(
        "personal-connection",
        "--contact-id",
        "12345",
        "--reason-code",
        "x",
        "--force",
        "-o",
        "json",
        code=5,
    ).envelope
    assert envelope["outcome"] == "refused"
    assert envelope["response"]["status"] == 400
    assert envelope["engagementId"] is None
    assert sandbox.rings == []


def test_the_same_request_twice_is_stopped(live: Cxcall, sandbox: Sandbox) -> None:
    live(*PERSONAL, code=0)
    ran = live(*PERSONAL, "-o", "json", code=7)
    assert ran.envelope["outcome"] == "stopped"
    assert ran.codes == ["already-sent"]
    assert len(sandbox.rings) == 1
    live(*PERSONAL, "--again", code=0)
    assert len(sandbox.rings) == 2


@pytest.mark.parametrize(
    ("number", "code", "outcome", "dials"),
    [
        ("+12025550100", 0, "accepted", 1),
        ("+12025550129", 6, "undelivered", 0),
        ("+12025550150", 8, "unknown", 0),
        ("+12025550152", 8, "unknown", 1),
        ("+12025550198", 8, "unknown", 1),
    ],
)
def test_fault_numbers(
    live: Cxcall, sandbox: Sandbox, number: str, code: int, outcome: str, dials: int
) -> None:
    envelope = live(*EXECUTE, number, "--timeout", "1", "-o", "json", code=code).envelope
    assert envelope["outcome"] == outcome
    assert len(sandbox.rings) == dials
    listed = live("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    assert [entry["outcome"] for entry in listed] == [outcome]
    if outcome == "unknown":
        assert live(*EXECUTE, number, "-o", "json", code=7).codes == ["outcome-unknown"]
        live("history", "resolve", listed[0]["id"], "--did-not-ring", code=0)
        live(*EXECUTE, number, "--timeout", "1", code=code)


def test_yes_is_needed_where_nobody_can_be_asked(cxcall: Cxcall) -> None:
    ran = cxcall(*PERSONAL, "-o", "json", code=2, env={"CXCALL_ACCESS_TOKEN": "t"})
    assert "`--yes`" in ran.envelope["findings"][0]["message"]
    assert not (cxcall.folder / "state").exists()


def test_no_credentials(cxcall: Cxcall) -> None:
    ran = cxcall(*PERSONAL, "--yes", "-o", "json", code=4)
    assert ran.codes == ["token-missing"]


def test_a_scope_that_is_known_to_be_missing_stops_it(cxcall: Cxcall, stranger: Stranger) -> None:
    stranger.scope = "outbound:readonly"
    cxcall.environment |= {
        "CXCALL_BASE_URL": stranger.base_url,
        "CXCALL_CLIENT_ID": "id",
        "CXCALL_CLIENT_SECRET": "secret",
    }
    assert cxcall(*PERSONAL, "--yes", "-o", "json", code=4).codes == ["token-scope"]
    assert stranger.taken == []
    cxcall(*PERSONAL, "--yes", "--force", code=0)
    assert len(stranger.taken) == 1


def test_a_scope_that_the_api_finds_missing_is_named(live: Cxcall, sandbox: Sandbox) -> None:
    ran = live(*PERSONAL, "-o", "json", code=5, env={"CXCALL_CLIENT_ID": "sandbox-readonly"})
    assert ran.codes == ["permission-missing"]
    assert "`outbound:campaign:execute` or `outbound`" in ran.envelope["findings"][0]["fix"]
    assert sandbox.rings == []


def test_a_refused_token_is_fetched_anew_once(live: Cxcall, sandbox: Sandbox) -> None:
    ran = live(*PERSONAL, "-o", "json", code=4, env={"CXCALL_ACCESS_TOKEN": "no-such-token"})
    assert ran.envelope["outcome"] == "refused"
    assert sandbox.rings == []


def test_no_secret_and_no_number_is_left_behind(live: Cxcall, sandbox: Sandbox) -> None:
    token = live("auth", "token", code=0).out.strip()
    ran = live(*EXECUTE, "+12025550100", "-v", code=0)
    as_json = live("history", "list", "-o", "json", code=0)
    for text in (ran.out, ran.err, as_json.out):
        assert token not in text
        assert sandbox.client_secret not in text
        assert "+12025550100" not in text
        assert "2025550100" not in text
    kept = b"".join(
        path.read_bytes()
        for path in (live.folder / "state").iterdir()
        if path.name != "tokens.json"
    )
    assert b"2025550100" not in kept
    assert token.encode() not in kept


def test_flags_before_and_after_the_command(live: Cxcall) -> None:
    assert live("-o", "json", *PERSONAL, code=0).envelope["outcome"] == "accepted"
    assert live(
        "-o",
        "json",
        "personal-connection",
        "--contact-id",
        CONTACT,
        "--reason-code",
        "x",
        "-o",
        "text",
        code=0,
    ).out.startswith("HTTP 201")


def test_a_body_from_stdin(live: Cxcall) -> None:
    body = json.dumps({"contactId": CONTACT, "reasonCode": "stdin"})
    assert live("personal-connection", "-f", "-", stdin=body, code=0).out.startswith("HTTP 201")


def test_usage_errors_speak_json_too(cxcall: Cxcall) -> None:
    for arguments in (
        ["exekute"],
        ["execute"],
        ["personal-connection", "--nope"],
        ["validate"],
        ["execute", "x"],
        [],
    ):
        ran = cxcall(*arguments, "-o", "json", code=2)
        assert ran.envelope["outcome"] == "error"
        assert ran.codes == ["usage"]
