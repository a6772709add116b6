"""`cxcall call` and `callback`: operations by platform and flags, consent, and duplicates."""

from __future__ import annotations

import pytest

from cxcall.sandbox.server import Sandbox
from helpers.command import CAMPAIGN, CONTACT, Cxcall, Stranger, screen, terminal
from helpers.platform_server import Platform, Reply

USER = "00000004-1234-1234-1234-123456789012"
NUMBER = "+12025550100"


@pytest.mark.slow
def test_operation_of_another_platform_is_stopped(cxcall: Cxcall) -> None:
    words = ("send", "cxone-get-contact", "--contact-id", "7", "-n", "-o", "json")
    ran = cxcall(*words, code=3, env={"CXCALL_PLATFORM": "genesys-cloud"})
    assert ran.codes == ["platform-mismatch"]
    [found] = ran.envelope["findings"]
    assert "`platform` is `genesys-cloud` (from environment CXCALL_PLATFORM)" in found["message"]
    assert (
        "`--platform nice-cxone`" in found["fix"]
    )  # not --profile: no profile can change a variable
    cxcall("config", "set", "platform", "genesys-cloud", code=0)
    [found] = cxcall(*words, code=3).envelope["findings"]
    assert "profile `default` is for `genesys-cloud`" in found["message"]


def test_call_is_placed_and_its_duplicate_is_stopped(live: Cxcall, sandbox: Sandbox) -> None:
    call = ("call", "--to", NUMBER, "--as", USER, "-o", "json")
    result = live(*call, code=0).envelope
    assert result["operation"] == "place-call-for-user"
    assert result["command"] == "call"
    assert result["request"]["url"].endswith(f"/api/v2/conversations/calls/user/{USER}")
    assert live(*call, code=7).codes == ["already-sent"]
    assert len(sandbox.rings) == 1


def test_call_needs_a_user_token_unless_it_is_for_a_user(live: Cxcall) -> None:
    ran = live("call", "--to", NUMBER, "-o", "json", code=4)
    finding = ran.envelope["findings"][0]
    assert finding["code"] == "token-user-context"
    assert "auth login --web" in finding["fix"]
    assert "run `cxcall call` with `--as USER`, which" in finding["fix"]
    ran = live("call", "--to", NUMBER, "--as", "USER", "--yes", code=2)  # as the hint has it
    assert "`--as` must have a real value; got the placeholder `USER`" in ran.err


@pytest.mark.parametrize(
    ("platform", "words", "operation", "target"),
    [
        ("genesys-cloud", "call --to N", "place-call", "/api/v2/conversations/calls"),
        ("", "call --to N --as U", "place-call-for-user", "/conversations/calls/user/U"),
        ("", "callback --to N --queue Q", "create-callback", "/api/v2/conversations/callbacks"),
        (
            "nice-cxone",
            "call --to N --session 5 --skill 6",
            "cxone-dial-phone",
            "/agent-sessions/5/dial-phone",
        ),
        (
            "nice-cxone",
            "callback --to N --skill 6",
            "cxone-queue-callback",
            "/queuecallback?phoneNumber=N&skill=6",
        ),
        (
            "nice-cxone",
            "callback --to N --skill 6 --at 2026-12-01",
            "cxone-schedule-callback",
            "/scheduled-callbacks?phoneNumber=N&skillId=6&scheduleDate=2026-12-01",
        ),
    ],
)
def test_operation_of_call_depends_on_platform_and_flags(
    platform: str, words: str, operation: str, target: str, cxcall: Cxcall
) -> None:
    given = [{"N": NUMBER, "U": USER, "Q": USER}.get(word, word) for word in words.split()]
    ran = cxcall(*given, "-n", "-o", "json", code=0, env={"CXCALL_PLATFORM": platform})
    assert ran.envelope["operation"] == operation
    filled = target.replace("=N", "=%2B12025550100").replace("/U", f"/{USER}")
    assert ran.envelope["request"]["url"].endswith(filled)


def test_flag_of_the_other_platform_is_rejected(cxcall: Cxcall) -> None:
    ran = cxcall("call", "--to", NUMBER, "--session", "5", "-n", code=2)
    assert "`--session` does not apply to `call` on `genesys-cloud`\n  --> --session\n" in ran.err
    assert "--as USER" in ran.err


def test_callback_sends_time_and_queue(cxcall: Cxcall) -> None:
    words = ("callback", "--to", NUMBER, "--queue", USER, "-n", "-o", "json")
    at = "2026-12-01T09:00:00Z"
    body = cxcall(*words, "--at", at, code=0).envelope["request"]["body"]
    assert body == {"callbackNumbers": [NUMBER], "queueId": USER, "callbackScheduledTime": at}
    ran = cxcall(*words, "--at", "tomorrow", code=3)
    assert ran.envelope["findings"][0]["where"] == "/callbackScheduledTime"


@pytest.mark.slow
def test_spelling_of_the_host_does_not_bypass_the_duplicate_guard(
    cxcall: Cxcall, stranger: Stranger
) -> None:
    port = stranger.base_url.rpartition(":")[2]
    cxcall.environment["CXCALL_ACCESS_TOKEN"] = "t"
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    cxcall(*words, "--base-url", f"http://localhost:{port}", code=0)
    other = f"http://LOCALHOST:0{port}/"
    assert "already-sent" in cxcall(*words, "--base-url", other, code=7).err
    assert len(stranger.taken) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "proxy",
    [
        "http://me:{}@127.0.0.1:9",
        "me:{}@127.0.0.1:9",
        "http://me:{}@127.0.0.1:x",
    ],
)
def test_password_of_a_proxy_is_never_shown(cxcall: Cxcall, proxy: str) -> None:
    password = "pa55-of%21the-proxy"
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY")
    cxcall.environment |= dict.fromkeys(names, proxy.format(password))
    cxcall.environment |= {"CXCALL_ACCESS_TOKEN": "t", "CXCALL_BASE_URL": "https://host.invalid"}
    for options in (("-v",), ("-o", "json", "--again")):
        ran = cxcall(*words, *options)
        assert ran.code in (2, 6)
        shown = ran.out + ran.err + cxcall("history", "list", "-o", "jsonl", code=0).out
        assert "pa55" not in shown


def test_started_call_beside_a_reported_failure_is_unknown_and_guarded(cxcall: Cxcall) -> None:
    body = {"conversationId": "abc", "callState": "dialing", "errors": ["agent not notified"]}
    with Platform(lambda _body, _count: Reply(200, body)) as platform:
        cxcall.environment |= platform.environment
        words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
        cxcall(*words, code=8)
        cxcall(*words, code=7)
        assert platform.rung == 1


@pytest.mark.slow
def test_same_request_of_another_profile_is_a_duplicate(cxcall: Cxcall, stranger: Stranger) -> None:
    cxcall.file(
        "config/config.toml",
        "".join(f'[profiles.{name}]\nbase_url = "{stranger.base_url}"\n' for name in "ab"),
    )
    cxcall.environment["CXCALL_ACCESS_TOKEN"] = "t"
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    cxcall(*words, "--profile", "a", code=0)
    assert "already-sent" in cxcall(*words, "--profile", "b", code=7).err
    assert len(stranger.taken) == 1
    cxcall(*words, "--profile", "b", "--again", code=0)


@pytest.mark.slow
def test_consent_names_what_may_be_called(cxcall: Cxcall) -> None:
    words = ("-o", "json", "--base-url", "http://127.0.0.1:1")
    ran = cxcall("send", "place-call", "--to", NUMBER, *words, code=4)
    assert ran.codes == ["token-missing"]
    assert "cxcall auth login --web" in ran.envelope["findings"][0]["fix"]
    cxcall.environment["CXCALL_ACCESS_TOKEN"] = "t"
    ran = cxcall("send", "place-call", "--set", f'/phoneNumber="{NUMBER}"', *words, code=2)
    assert "place-call to +*******0100," in ran.envelope["findings"][0]["why"]
    ran = cxcall(
        "personal-connection", "--contact-id", CONTACT, "--reason-code", "x", *words, code=2
    )
    assert f"to contact `{CONTACT}`," in ran.envelope["findings"][0]["why"]


@pytest.mark.slow
@pytest.mark.parametrize("required", [True, False])
def test_body_of_an_unsupported_media_type_is_reported(cxcall: Cxcall, *, required: bool) -> None:
    body = {"required": required, "content": {"application/xml": {"schema": {}}}}
    upload = {"operationId": "upload", "requestBody": body, "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:1"}],
        "paths": {"/upload": {"post": upload}},
    }
    words = ("send", "upload", "--contract", cxcall.file("own.json", document), "-n", "-o", "json")
    ran = cxcall(*words, code=3 if required else 0)
    assert [code for code in ran.codes if code == "body-malformed"] == ["body-malformed"] * required
    ran = cxcall(*words, "--set", "/x=1", code=3)
    assert "requires a body of type `application/xml`" in ran.envelope["findings"][0]["message"]


@pytest.mark.slow
def test_header_that_no_request_can_contain_is_reported(cxcall: Cxcall) -> None:
    header = {"in": "header", "name": "X-Label", "schema": {"type": "string"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:1"}],
        "paths": {
            "/x": {"post": {"operationId": "label", "parameters": [header], "responses": {}}}
        },
    }
    words = ("send", "label", "--contract", cxcall.file("own.json", document), "-n", "-o", "json")
    ran = cxcall(*words, "--param", "X-Label=a", code=0)
    assert ran.envelope["request"]["headers"]["X-Label"] == "a"
    (finding,) = cxcall(*words, "--param", "X-Label=a\nb", code=2).envelope["findings"]
    assert finding["where"] == "header:X-Label"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "spelling"),
    [
        ("genesys-cloud", f"{CAMPAIGN}\u200b"),
        ("nice-cxone", "4711 "),
        ("nice-cxone", "4711e0"),
    ],
)
def test_path_parameter_has_one_spelling_so_that_a_duplicate_is_noticed(
    cxcall: Cxcall, platform: str, spelling: str
) -> None:
    cxcall.environment |= {"CXCALL_PLATFORM": platform, "CXCALL_BASE_URL": "http://127.0.0.1:1"}
    expired = ("--set", '/expirationDate="2027-01-31"') if platform == "nice-cxone" else ()
    file = cxcall.file("leads.csv", "Phone\n+13035550101\n")
    for words in (
        ("campaign", "start", spelling),
        ("campaign", "load", file, "--contact-list", spelling, *expired),
        ("execute", spelling, "--contact-id", CONTACT, "--phone-number", "+13035550101"),
    ):
        stopped = cxcall(*words, "--yes", "--force", "--dry-run", code=3)
        assert "in the path" in stopped.err


@pytest.mark.parametrize("answer", ["y", "n"])
def test_warnings_are_printed_once_before_the_question(
    cxcall: Cxcall, stranger: Stranger, answer: str
) -> None:
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+1202555")
    variables = {"CXCALL_BASE_URL": stranger.base_url, "CXCALL_ACCESS_TOKEN": "t"}
    with terminal(cxcall, *words, columns=200, **variables) as child:
        child.expect_exact("Send? [y/N] ")
        before = child.before
        child.sendline(answer)
        after = screen(child)
    assert "warning[phone-unlikely]" in before
    assert "execute to +1202555" in before
    assert "phone-unlikely" not in after
    assert len(stranger.taken) == (answer == "y")
