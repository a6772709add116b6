"""Commands send no secret to a host that a file of the working directory or a document names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cxcall.contracts.contract import find_platform_contract
from cxcall.findings.finding import Severity
from cxcall.settings.settings import load_settings
from helpers.command import CONTACT, Cxcall
from helpers.trust import SECRET, Folder, Recorder
from helpers.trust_table import STRICT, set_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


COMMANDS = {
    "personal-connection": ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes"),
    "send": ("send", "cxone-start-script", "--param", "skillId=1", "--param", "scriptId=1", "--yes"),
    "track": ("track", CONTACT),
    "doctor": ("doctor",),
    "auth token": ("auth", "token"),
    "batch": ("batch", "rows.jsonl", "--operation", "personal-connection", "--confirm", "1"),
}  # fmt: skip
SECRETS = {
    "access_token": {"ACCESS_TOKEN": SECRET},
    "client_secret": {"CLIENT_ID": "me", "CLIENT_SECRET": SECRET},
    "access_key_secret": {
        "ACCESS_KEY_ID": "me",
        "ACCESS_KEY_SECRET": SECRET,
        "PLATFORM": "nice-cxone",
    },
}
VENDOR = {
    "ACCESS_TOKEN": "GENESYSCLOUD_ACCESS_TOKEN",
    "CLIENT_ID": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "CLIENT_SECRET": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
}
ROW = json.dumps({"contactId": CONTACT, "reasonCode": "x"})
ADDRESSES = ("base_url", "token_url", "issuer")
SOURCES = {
    "access_token": ("environment", "vendor", "profile", "login"),
    "client_secret": ("environment", "vendor", "profile"),
    "access_key_secret": ("environment", "profile"),
}
"""Where each secret can be set, besides the folder."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    running = Recorder()
    yield running
    running.stop()


def run_all(cxcall: Cxcall, recorder: Recorder, names: Iterable[str] = COMMANDS) -> list[str]:
    """Run commands, and return those after which the recorder had received a secret."""
    cxcall.file("rows.jsonl", ROW)
    leaking = []
    for name in names:
        words = COMMANDS[name]
        recorder.received.clear()
        ran = cxcall(*words)
        assert ran.code != 1, ran
        assert SECRET not in ran.err + (ran.out if name != "auth token" else "")
        leaking += [name] * bool(recorder.received)
    return leaking


def place_secret(cxcall: Cxcall, secret: str, source: str) -> list[str]:
    """Set a secret in a source, and return the lines for `.env`."""
    values = SECRETS[secret]
    if source == ".env":
        return [f"CXCALL_{name}={value}" for name, value in values.items()]
    if source == "profile":
        lines = [f'{name.lower()} = "{value}"' for name, value in values.items()]
        path = cxcall.folder / cxcall.file(
            "config/config.toml", "\n".join(["[profiles.default]", *lines])
        )
        path.chmod(0o600)
    elif source == "login":
        cxcall("auth", "login", "--with-token", stdin=SECRET, code=0)
    else:
        prefix = "CXCALL_" if source == "environment" else ""
        cxcall.environment |= {
            prefix + (name if prefix else VENDOR[name]): value for name, value in values.items()
        }
    return []


@pytest.mark.parametrize(
    ("name", "secret", "source"),
    [
        (name, secret, source)
        for name in ADDRESSES
        for secret, sources in SOURCES.items()
        for source in sources
    ],
)
def test_host_of_a_folder_receives_no_foreign_secret(
    cxcall: Cxcall, recorder: Recorder, name: str, secret: str, source: str
) -> None:
    """Each command meets each address with each secret, from one of its sources."""
    place_secret(cxcall, secret, source)
    cxcall.file(".env", f"CXCALL_{name.upper()}={recorder.url}\n")
    sources = SOURCES[secret]
    first = (sources.index(source) + ADDRESSES.index(name)) % len(sources)
    assert run_all(cxcall, recorder, [*COMMANDS][first :: len(sources)]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("source", "first"), [("environment", 0), (".env", 1)])
@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("base_url", "access_token"),
        ("base_url", "client_secret"),
        ("token_url", "client_secret"),
        ("token_url", "access_key_secret"),
        ("issuer", "access_key_secret"),
    ],
)
def test_host_receives_the_secret_of_its_own_source(
    cxcall: Cxcall, recorder: Recorder, name: str, secret: str, source: str, first: int
) -> None:
    lines = place_secret(cxcall, secret, source)
    if source == ".env":
        cxcall.file(".env", "\n".join([*lines, f"CXCALL_{name.upper()}={recorder.url}"]))
    else:
        cxcall.environment[f"CXCALL_{name.upper()}"] = recorder.url
    assert run_all(cxcall, recorder, [*COMMANDS][first::4])


@pytest.mark.slow
def test_folder_with_a_client_id_gets_no_cached_token_of_that_client(
    live: Cxcall, recorder: Recorder
) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    live(*words, code=0)  # the token is cached
    environment = live.environment
    lines = {
        "BASE_URL": recorder.url,
        "TOKEN_URL": f"{environment['CXCALL_BASE_URL']}/oauth/token",
        "CLIENT_ID": environment["CXCALL_CLIENT_ID"],
        "CLIENT_SECRET": "anything",
    }
    live.environment = {
        k: v for k, v in environment.items() if k not in {f"CXCALL_{n}" for n in lines}
    }
    live.file(".env", "".join(f"CXCALL_{name}={value}\n" for name, value in lines.items()))
    live(*words, code=4)
    assert recorder.received == []


@pytest.mark.slow
def test_folder_with_a_secret_of_its_own_gets_no_login(cxcall: Cxcall, recorder: Recorder) -> None:
    cxcall.environment["CXCALL_BASE_URL"] = recorder.url
    cxcall("auth", "login", "--with-token", stdin=SECRET, code=0)
    cxcall.file("evil.json", "{}")
    cxcall.file(".env", "CXCALL_CONTRACT=evil.json\nCXCALL_CLIENT_ID=me\nCXCALL_CLIENT_SECRET=x\n")
    ran = cxcall("auth", "token", code=4)
    assert "`.env` would choose the contract" in ran.err
    assert SECRET not in ran.out


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["HTTP_PROXY", "ALL_PROXY", "NETRC", "REQUESTS_CA_BUNDLE"],
)
def test_other_variables_of_a_folder_have_no_effect(
    cxcall: Cxcall, recorder: Recorder, name: str
) -> None:
    place_secret(cxcall, "access_token", "environment")
    cxcall.environment["CXCALL_BASE_URL"] = "http://127.0.0.1:9"
    cxcall.file("netrc", "machine 127.0.0.1 login a password b\n")
    for key in (name, name.lower()):
        cxcall.file(".env", f"{key}={recorder.url if 'PROXY' in name else 'netrc'}\n")
        cxcall("track", CONTACT)
    assert recorder.received == []
    assert recorder.count == 0


@pytest.mark.slow
def test_refusal_names_the_file_and_the_line_once(cxcall: Cxcall) -> None:
    place_secret(cxcall, "access_token", "environment")
    cxcall.file(
        ".env", "# one\nCXCALL_BASE_URL=https://a.example\nCXCALL_BASE_URL=https://evil.example\n"
    )
    for words in (COMMANDS["personal-connection"], COMMANDS["batch"], ("auth", "status")):
        cxcall.file("rows.jsonl", ROW)
        ran = cxcall(*words, code=4)
        assert ran.err.count("`.env` would send") == 1, ran
        assert "--> .env:3\n" in ran.err


@pytest.mark.parametrize("command", ["personal-connection", "batch"])
@pytest.mark.parametrize("is_dry_run", [False, True])
def test_ignored_guard_is_reported_once(live: Cxcall, command: str, *, is_dry_run: bool) -> None:
    live.file("rows.jsonl", ROW)
    live.file(".env", "# one\nCXCALL_DUPLICATE_WINDOW=1\n")
    ran = live(*COMMANDS[command], *(["--dry-run"] if is_dry_run else []), code=0)
    assert ran.err.count("`duplicate_window` in `.env` is ignored") == 1
    assert ran.err.count("--> .env:2\n") == 1


def test_dry_run_says_that_the_host_of_a_folder_is_refused(cxcall: Cxcall) -> None:
    place_secret(cxcall, "access_token", "environment")
    cxcall.file(".env", "CXCALL_BASE_URL=https://evil.example\n")
    ran = cxcall(*COMMANDS["personal-connection"], "--dry-run", "-o", "json", code=0)
    (found,) = (each for each in ran.envelope["findings"] if "`.env` would send" in each["message"])
    assert (found["severity"], found["where"]) == ("warning", ".env:1")


CXONE_CALL = COMMANDS["send"]
GENESYS_CALL = COMMANDS["personal-connection"]


@pytest.mark.parametrize("secret_source", ["environment", "profile"])
@pytest.mark.parametrize(
    ("secret", "words", "more"),
    [
        ("client_secret", CXONE_CALL, {}),
        ("access_token", CXONE_CALL, {}),
        (
            "access_token",
            CXONE_CALL,
            {"CXCALL_TOKEN_URL": "https://login.mypurecloud.com/oauth/token"},
        ),
        ("client_secret", CXONE_CALL, {"CXCALL_BASE_URL": "https://api.mypurecloud.com"}),
        (
            "client_secret",
            GENESYS_CALL,
            {"CXCALL_ACCESS_KEY_ID": "k", "CXCALL_ACCESS_KEY_SECRET": "key-s3cret"},
        ),
    ],
)
def test_secret_of_one_platform_is_not_sent_to_another(
    cxcall: Cxcall, secret: str, words: tuple[str, ...], more: dict[str, str], secret_source: str
) -> None:
    place_secret(cxcall, secret, secret_source)
    cxcall.environment |= {**more, "HTTPS_PROXY": "http://127.0.0.1:9"}
    ran = cxcall(*words, "-o", "json", code=4)
    assert "only the operation indicates" in ran.envelope["findings"][0]["message"]
    own = "nice-cxone" if words is CXONE_CALL else "genesys-cloud"
    ran = cxcall(*words, "-o", "json", env={"CXCALL_PLATFORM": own})
    assert "only the operation indicates" not in ran.out


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ("https://api.mypurecloud.com.evil.example", "comes only from the document"),
        ("https://api.mypurecloud.com@evil.example", "without a user name or password"),
        ("https://api.mypurecloud.com:8443", "comes only from the document"),
        ("https://api-na1.niceincontact.com", "only the operation indicates"),
        ("https://{host}.evil.example", "comes only from the document"),
        ("http://api.mypurecloud.com", "would send requests unencrypted"),
        ("/relative", "declares only the relative server"),
        ("https://evil.example\\@api.mypurecloud.com", "a character that is not valid in a URL"),
    ],
)
def test_server_of_a_document_gets_no_token(cxcall: Cxcall, server: str, problem: str) -> None:
    place_secret(cxcall, "access_token", "environment")
    cxcall.environment["HTTPS_PROXY"] = "http://127.0.0.1:9"
    operation = {
        "operationId": "ring",
        "responses": {"200": {"description": "-"}},
        "security": [{"b": []}],
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": server, "variables": {"host": {"default": "api"}}}],
        "paths": {"/x": {"post": operation}},
        "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}},
    }
    ran = cxcall(
        "send", "ring", "--contract", cxcall.file("d.json", document), "--yes", "-o", "json"
    )
    assert ran.code in (2, 4)
    assert problem in ran.envelope["findings"][0]["message"]


@pytest.mark.parametrize(
    ("name", "secret"), [("base_url", "access_token"), ("token_url", "client_secret")]
)
def test_destination_that_the_user_names_needs_no_platform(
    folder: Folder, name: str, secret: str
) -> None:
    set_secret(folder, secret, "environment")
    contract = find_platform_contract("nice-cxone")
    for is_named in (False, True):
        if is_named:
            folder.set("environment", name, "https://gateway.example")
        found = [e for e in load_settings({}, contract).conflicts if e.severity is Severity.ERROR]
        assert bool(found) is not is_named


@pytest.mark.parametrize("name", STRICT)
def test_folder_chooses_no_profile_with_a_weaker_guard(folder: Folder, name: str) -> None:
    folder.set("profile", name, STRICT[name])
    folder.set(".env", "access_token", SECRET)
    folder.set(".env", "profile", "other")
    refused = [each for each in folder.load().conflicts if each.severity is Severity.ERROR]
    is_default = STRICT[name] == "900"  # the other profile has it, too
    assert [f"`{name}` is weaker" in each.message for each in refused] == (
        [] if is_default else [True]
    )
