"""Output on a real terminal: prompts, widths, and colors."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.output.terminal_text import terminal_columns
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, screen, terminal
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall, Stranger

PERSONAL = ["personal-connection", "--contact-id", CONTACT, "--reason-code", "follow_up"]


@pytest.fixture
def tunnel(cxcall: Cxcall, stranger: Stranger) -> Cxcall:
    """Point the command at a loopback server that may be a tunnel to a real API."""
    cxcall.environment |= {"CXCALL_BASE_URL": stranger.base_url, "CXCALL_ACCESS_TOKEN": "given"}
    return cxcall


@pytest.mark.slow
def test_answer_no_sends_nothing(tunnel: Cxcall, stranger: Stranger) -> None:
    with terminal(tunnel, *PERSONAL) as child:
        child.expect(r"may place a real call: personal-connection .*Send\? \[y/N\] ")
        child.sendline("n")
        text = screen(child)
    assert "declined; nothing was sent" in text
    assert "-->" not in text, "there is no place in a body to look at"
    assert child.exitstatus == 7
    assert stranger.taken == []


@pytest.mark.slow
@pytest.mark.parametrize(("key", "code"), [("\x04", 7), ("\x03", 130)], ids=["Ctrl-D", "Ctrl-C"])
def test_question_without_an_answer_ends_its_line(
    tunnel: Cxcall, stranger: Stranger, key: str, code: int
) -> None:
    with terminal(tunnel, *PERSONAL) as child:
        child.expect(r"\[y/N\] ")
        child.send(key)
        printed, _, text = screen(child, again=key).partition("\n")
    assert (printed.strip("^CD\b"), "nothing was sent" in text) == ("", True)
    assert (child.exitstatus, stranger.taken) == (code, [])


@pytest.mark.slow
def test_answer_yes_sends_the_request(tunnel: Cxcall, stranger: Stranger) -> None:
    with terminal(tunnel, *PERSONAL) as child:
        child.expect(r"\[y/N\] ")
        child.sendline("y")
        text = screen(child)
    assert "HTTP 201 Created" in text
    assert child.exitstatus == 0
    assert len(stranger.taken) == 1


@pytest.mark.slow
def test_prompt_shows_the_whole_number_and_where_it_goes(tunnel: Cxcall) -> None:
    call = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550100")
    with terminal(tunnel, *call, columns=200) as child:
        child.expect(r"execute to \+12025550100, POST /api/v2/outbound/campaigns/")
        child.sendline("n")
        assert CAMPAIGN in screen(child)
    assert child.exitstatus == 7


@pytest.mark.parametrize("options", [("--quiet",), ()])
def test_engagement_id_is_on_one_line(cxcall: Cxcall, options: tuple[str, ...]) -> None:
    with Platform(lambda *_: Reply(201, {"id": "A-1\nB-2"})) as platform:
        ran = cxcall(*PERSONAL, "--yes", *options, code=0, env=platform.environment)
    assert "A-1\\nB-2" in ran.out
    assert not options or ran.out.count("\n") == 1


@pytest.mark.slow
def test_engagement_id_forges_no_line_and_no_column_of_a_record(cxcall: Cxcall) -> None:
    forged, shown = "A-1\n2:  3\tB-2", "A-1\\n2:  3\\tB-2"
    rows = cxcall.file("rows.csv", f"contact-id,reason-code\n{CONTACT},follow_up\n")
    with Platform(lambda *_: Reply(201, {"id": forged})) as platform:
        cxcall.environment |= platform.environment
        identifier = re.findall("delivery ID: +(.+)", cxcall(*PERSONAL, "--yes", code=0).out)[0]
        batch = ("batch", rows, "--operation", "personal-connection", "--confirm", "1", "--again")
        (line,) = cxcall(*batch, code=0).out.splitlines()
        (quiet,) = cxcall(*batch, "--quiet", code=0).out.splitlines()
    lines = cxcall("history", "show", identifier, code=0).out.splitlines()
    assert [each for each in lines if "outcome" in each] == ["  outcome  accepted"]
    assert f"  engagement ID  {shown}" in lines
    assert (line.split("\t")[2], quiet) == (shown, shown)


def test_number_is_masked_where_nobody_can_be_asked(tunnel: Cxcall) -> None:
    call = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550100")
    ran = tunnel(*call, code=2)
    assert "+*******0100" in ran.err
    assert "2025550100" not in ran.err


@pytest.mark.slow
def test_no_input_never_asks(tunnel: Cxcall) -> None:
    with terminal(tunnel, "--no-input", *PERSONAL) as child:
        assert "`--yes` is required" in screen(child)
    assert child.exitstatus == 2


@pytest.mark.slow
def test_sandbox_never_asks(live: Cxcall) -> None:
    with terminal(live, *PERSONAL) as child:
        assert "HTTP 201 Created" in screen(child)


@pytest.mark.slow
def test_terminal_as_stdin_does_not_hang(cxcall: Cxcall) -> None:
    with terminal(cxcall, "validate", "-") as child:
        assert "stdin is a terminal" in screen(child)
    assert child.exitstatus == 2


@pytest.mark.slow
def test_colors_can_be_turned_off(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "12345"})
    with terminal(cxcall, "validate", name) as child:
        assert "\x1b[1;31merror[id-format]\x1b[0m" in screen(child)
    for variable, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with terminal(cxcall, "validate", name, columns=80, **{variable: value}) as child:
            assert "\x1b" not in screen(child)


@pytest.mark.slow
def test_body_has_syntax_colors_and_the_same_text(live: Cxcall) -> None:
    with terminal(live, *PERSONAL) as child:
        colored = screen(child)
    assert "\x1b[" in colored.partition("{")[2]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert re.search(r'\n\{\n  "id": "[^"]+",\n  "status": "[^"]+"\n\}', plain)


@pytest.mark.slow
def test_quoted_line_is_not_masked_on_a_terminal(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", '{"contactSpec": {"address": "+12025550123"}}')
    with terminal(cxcall, "validate", name) as child:
        assert '"address": "+12025550123"' in screen(child)


@pytest.mark.slow
@each_case("columns", [40, 80, 200])
def test_tables_fit_the_terminal(live: Cxcall, columns: int) -> None:
    if not live.starts:
        live(*PERSONAL, code=0)
    commands = [["history", "list"], ["config", "show"], ["auth", "status"]]
    for arguments in commands + [["operations"]] * (columns > 40):  # names of operations are longer
        with terminal(live, *arguments, columns=columns, NO_COLOR="1") as child:
            text = screen(child)
        assert max(len(line) for line in text.splitlines()) <= columns, text
        assert child.exitstatus == 0


@pytest.mark.slow
def test_secret_is_not_echoed(live: Cxcall, sandbox: Sandbox) -> None:
    del live.environment["CXCALL_CLIENT_SECRET"]
    with terminal(live, "auth", "login") as child:
        child.expect("Client secret: ")
        child.sendline(sandbox.client_secret)
        text = screen(child)
    assert sandbox.client_secret not in text
    assert "logged in to" in text
    assert child.exitstatus == 0


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80])
def test_words_are_not_split_on_a_narrow_terminal(cxcall: Cxcall, columns: int) -> None:
    data = {"firstName": "Ada", "note": "a note " * 30, "phone_number": "+12"}
    body = {"contactId": CONTACT, "contactSpec": {"contactId": CONTACT, "contactData": data}}
    name = cxcall.file("p.json", body)
    words = ("validate", name, "--operation", "execute")
    with terminal(cxcall, *words, columns=columns, NO_COLOR="1") as child:
        text = screen(child)
    assert all(len(line) <= columns for line in text.splitlines()), text
    output = set(cxcall(*words, code=3).out.split())
    assert {word for word in text.split() if "…" not in word} <= output | {"|"}


@pytest.mark.slow
def test_finding_above_a_corrected_request_has_colors(cxcall: Cxcall) -> None:
    url = "https://api.mypurecloud.com/api/v2/conversation/calls"
    curl = f"curl {url} -H 'Content-Type: application/json' -d '{{\"phoneNumber\": \"+1202\"}}'"
    with terminal(cxcall, "explain", cxcall.file("failed.txt", curl), "--fix") as child:
        text = screen(child)
    assert "\x1b[1;33mwarning[phone-unlikely]\x1b[0m: " in text
    assert "\\x1b" not in text


@pytest.mark.slow
@each_case("columns, lines", [(200, 1), (120, 1), (80, 1), (60, 3), (40, 5)], quick=1)
def test_list_of_deliveries_shows_each_value_at_each_width(
    live: Cxcall, columns: int, lines: int
) -> None:
    words = (CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550100", "-o", "json")
    if not live.starts:
        live("execute", *words, code=0)
    (record,) = live("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    with terminal(live, "history", "list", columns=columns, NO_COLOR="1") as child:
        text = screen(child)
    shown = text.splitlines()[-lines:]
    assert len(text.splitlines()) == 2 * lines, text
    assert shown[0].startswith(record["id"])
    values = ["execute", "accepted", "this machine"]
    if columns not in (120, 80):  # the columns of a narrow table fit on one line
        values += [record["engagementId"], "201"]
    for value in values:
        assert any(value in line for line in shown), text


def test_a_terminal_that_was_closed_since_has_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        stream.isatty = lambda: True  # type: ignore[method-assign]  # it was one a moment ago
        assert terminal_columns(stream) is None


@pytest.mark.slow
@pytest.mark.parametrize("words", [("explain",), ("explain", "-")])
def test_request_can_be_pasted(cxcall: Cxcall, words: tuple[str, ...]) -> None:
    """A terminal cuts a line after 4,095 characters, unless it passes on each one."""
    body = json.dumps({"phoneNumber": "+12025550123", "label": "x" * 5000})
    with terminal(cxcall, *words) as child:
        child.expect_exact("paste the request, then press Ctrl-D")
        child.send("POST https://api.mypurecloud.com/api/v2/conversations/call HTTP/1.1\n\n")
        child.send(f"{body}\n\x04")
        shown = screen(child)
    assert "nearest operation: POST /api/v2/conversations/calls" in shown
    assert "JSON" not in shown
    assert child.exitstatus == 3


@pytest.mark.slow
def test_no_input_reads_no_terminal(cxcall: Cxcall) -> None:
    with terminal(cxcall, "--no-input", "explain") as child:
        assert "no request was given" in screen(child)
    assert child.exitstatus == 2


def test_quiet_dry_run_prints_only_the_request(cxcall: Cxcall) -> None:
    file = cxcall.file("p.json", {"contactId": CONTACT, "reasonCode": "x"})
    words = ("personal-connection", "--file", file, "--dry-run")
    assert "dry run: nothing was sent" in cxcall(*words, code=0).err
    quiet = cxcall(*words, "-q", code=0)
    assert (quiet.out[:5], "nothing was sent" in quiet.err) == ("POST ", False)
