"""Credentials by the security of a user's document: they are sent to the declared places, and nowhere else."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from helpers.cases import each_case
from helpers.command import Cxcall
from helpers.vendor_documents import secured_api

pytestmark = pytest.mark.slow

SECRET = "k3y-9f8e7d6c5b4a39281706"
BASIC = {"account": {"type": "http", "scheme": "basic"}}
BEARER = {"token": {"type": "http", "scheme": "bearer"}}
CREDENTIALS = {"CXCALL_USERNAME": "AC7", "CXCALL_PASSWORD": SECRET, "CXCALL_API_KEY": SECRET}


def api_key(place: str, name: str = "api_key") -> dict[str, Any]:
    return {name: {"type": "apiKey", "in": place, "name": name}}


class Host(ThreadingHTTPServer):
    """Records each request, and echoes all of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.status = 200

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Echo(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Host
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Record and echo the request."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.seen.append((self.path, dict(self.headers)))
        started = {"sid": "CA1"} if self.server.status < 400 else {}
        body = json.dumps({**started, "echo": [self.path, dict(self.headers)]}).encode()
        self.send_response(self.server.status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.send_header("X-Echo", self.path)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Host]:
    with Host() as host:
        thread = Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def host(server: Host) -> Host:
    """Return the host without earlier records."""
    server.seen.clear()
    server.status = 200
    return server


def dial(
    cxcall: Cxcall, *alternatives: dict[str, Any], to: str = "+12025550123"
) -> tuple[str, ...]:
    file = cxcall.file("secured.json", secured_api(*alternatives))
    return ("send", "dial", "--contract", file, "--set", f'/to="{to}"', "--yes", "-o", "json")


@pytest.mark.parametrize(
    ("alternative", "path", "header"),
    [
        (
            BASIC,
            "/calls",
            ("Authorization", f"Basic {b64encode(f'AC7:{SECRET}'.encode()).decode()}"),
        ),
        (api_key("header", "X-Voice"), "/calls", ("X-Voice", SECRET)),
        (api_key("cookie", "session"), "/calls", ("Cookie", f"session={SECRET}")),
        (api_key("query"), f"/calls?api_key={SECRET}", None),
    ],
    ids=["basic", "header", "cookie", "query"],
)
def test_credential_is_sent_where_the_document_says_and_printed_nowhere(
    cxcall: Cxcall,
    host: Host,
    alternative: dict[str, Any],
    path: str,
    header: tuple[str, str] | None,
) -> None:
    words = dial(cxcall, alternative)
    log = cxcall.folder / "steps.jsonl"
    env = {**CREDENTIALS, "CXCALL_BASE_URL": host.url}
    ran = cxcall(*words, "--log-file", str(log), env=env, code=0)
    (seen,) = host.seen
    assert seen[0] == path
    assert header is None or seen[1][header[0]] == header[1]
    ledger = b"".join(
        each.read_bytes() for each in (cxcall.folder / "state").rglob("*") if each.is_file()
    )
    again = cxcall(*words, env=env, code=7)
    for text in (ran.out, ran.err, again.out, log.read_text(), ledger.decode("latin-1")):
        assert SECRET not in text
        assert b64encode(f"AC7:{SECRET}".encode()).decode() not in text
    assert (ran.envelope["engagementId"], ran.envelope["engagementIdSource"]) == (
        "CA1",
        "body:/sid",
    )
    assert "engagement-id-missing" in ran.codes
    named = cxcall(
        *dial(cxcall, alternative, to="+12025550124"),
        "--engagement-id",
        "body:/echo/0",
        env=env,
        code=0,
    )
    assert named.envelope["engagementIdSource"] == "body:/echo/0"
    assert "engagement-id-missing" not in named.codes


@pytest.mark.parametrize(
    ("alternative", "shown"),
    [
        (BASIC, 'Authorization: Basic $(printf %s "$CXCALL_USERNAME:$CXCALL_PASSWORD" | '),
        (api_key("cookie", "session"), 'cookie = "session=$CXCALL_API_KEY"'),
        (api_key("query"), '?api_key=$(printf %s "$CXCALL_API_KEY" | od '),
        (BEARER, 'header = "Authorization: Bearer $CXCALL_ACCESS_TOKEN"'),
    ],
    ids=["basic", "cookie", "query", "bearer"],
)
def test_dry_run_and_curl_name_the_variable(
    cxcall: Cxcall, alternative: dict[str, Any], shown: str
) -> None:
    words = dial(cxcall, alternative)[:-2]
    assert shown in cxcall(*words, "--curl", env=CREDENTIALS, code=0).out
    dry = cxcall(*words, "-n", env=CREDENTIALS, code=0)
    assert "$CXCALL_" in dry.out
    assert SECRET not in dry.out + dry.err


def test_document_sends_no_credential_to_its_own_host(cxcall: Cxcall, host: Host) -> None:
    for alternative in (BASIC, api_key("query"), api_key("header"), api_key("cookie")):
        document = secured_api(alternative, server=host.url)
        file = cxcall.file("own.json", document)
        words = (
            "send",
            "dial",
            "--contract",
            file,
            "--set",
            '/to="+12025550123"',
            "--yes",
            "-o",
            "json",
        )
        ran = cxcall(*words, env=CREDENTIALS, code=4)
        assert "comes only from the document" in ran.envelope["findings"][-1]["message"]
        cxcall.file(".env", f"CXCALL_BASE_URL={host.url}\n")
        assert cxcall(*words, env=CREDENTIALS, code=4).codes
        cxcall.file(".env", "")
    assert not host.seen


def test_folder_does_not_direct_a_request_without_credentials(cxcall: Cxcall, host: Host) -> None:
    document = secured_api() | {"security": []}
    own = cxcall.file("own.json", document)
    rings = '"x-cxcall-rings": false, "operationId"'
    harmless = json.dumps(document).replace('"operationId"', rings)
    cxcall.file("folder.json", json.loads(harmless.replace("/calls", "/notes")))
    numbers = cxcall.file("dnc.txt", "+12025550123\n")
    for profile, guard in (("default", ("do_not_call", numbers)), ("other", ("timeout", "20"))):
        for name, value in (("base_url", "http://127.0.0.1:1"), ("contract", own), guard):
            cxcall("config", "set", name, value, "--profile", profile, code=0)
    rows = cxcall.file("rows.csv", "to\n+12025550123\n")
    address, key = f"CXCALL_BASE_URL={host.url}", f"CXCALL_API_KEY={SECRET}"
    for number, *lines in (
        ("0123", "CXCALL_PROFILE=other"),
        ("0123", "CXCALL_PROFILE=other", address, key),  # it lacks the list of the usual profile
        ("0124", "CXCALL_CONTRACT=folder.json"),
        ("0124", "CXCALL_CONTRACT=folder.json", key),
        ("0124", address),
    ):
        cxcall.file(".env", "\n".join(lines))
        ran = cxcall("send", "dial", "--set", f'/to="+1202555{number}"', "--yes", code=4)
        assert "`.env` would" in ran.err
    cxcall.file(".env", "CXCALL_PROFILE=other")
    cxcall("batch", rows, "--operation", "dial", "--map", "/to=to", "--confirm", "1", code=4)
    # The address, the document, and the credentials of a project are used together; a document may need none.
    cxcall.file(".env", f"CXCALL_CONTRACT=own.json\n{address}\n{key}\n")
    cxcall("send", "dial", "--set", '/to="+12025550124"', "--yes", code=0)
    cxcall.file(".env", f"CXCALL_CONTRACT=own.json\n{address}\n")
    for number, words, code in (("0123", "-y", 7), ("0125", "-q", 2), ("0125", "-y", 0)):
        cxcall("send", "dial", "--set", f'/to="+1202555{number}"', words, code=code)
    cxcall.file(".env", "CXCALL_ENGAGEMENT_ID=body:/id")
    cxcall("send", "dial", "--set", '/to="7"', "-y", "--force", "--base-url", host.url, code=0)
    assert len(host.seen) == 3


def test_first_alternative_with_credentials_is_used(cxcall: Cxcall, host: Host) -> None:
    words = dial(cxcall, BEARER, BASIC, api_key("query"))
    env = {"CXCALL_BASE_URL": host.url, "CXCALL_API_KEY": SECRET}
    cxcall(*words, env=env, code=0)
    assert host.seen[-1][0] == f"/calls?api_key={SECRET}"
    message = cxcall(*words, env={"CXCALL_BASE_URL": host.url}, code=4).envelope["findings"][-1]
    assert (
        "requires `http bearer` or `http basic` or `apiKey in query api_key`" in message["message"]
    )
    words = dial(cxcall, {"tls": {"type": "mutualTLS"}})
    ran = cxcall(*words, env={**env, **CREDENTIALS}, code=4)
    assert "does not support `mutualTLS`" in ran.envelope["findings"][-1]["fix"]


def test_several_keys_are_sent_together(cxcall: Cxcall, host: Host) -> None:
    both = {**api_key("query", "key"), **api_key("header", "X-Secret")}
    env = {"CXCALL_BASE_URL": host.url, "CXCALL_API_KEY": f"key=abc12345,X-Secret={SECRET}"}
    ran = cxcall(*dial(cxcall, both), env=env, code=0)
    (seen,) = host.seen
    assert (seen[0], seen[1]["X-Secret"]) == ("/calls?key=abc12345", SECRET)
    assert "abc12345" not in ran.out
    cxcall(*dial(cxcall, both), "--again", env={**env, "CXCALL_API_KEY": SECRET}, code=4)


@each_case(
    "place, name",
    [
        ("header", "Host"),
        ("header", "connection"),
        ("header", "X-A\r\nX-B"),
        ("cookie", "a; b"),
    ],
)
def test_document_cannot_choose_a_harmful_place(
    cxcall: Cxcall, host: Host, place: str, name: str
) -> None:
    words = dial(cxcall, api_key(place, name))
    env = {**CREDENTIALS, "CXCALL_BASE_URL": host.url}
    (finding,) = cxcall(*words, env=env, code=4).envelope["findings"]
    assert "cannot be sent" in finding["message"]
    assert finding["fix"] == "correct the name in the document"
    if place == "header":
        assert "curl " not in cxcall(*words, "--dry-run", "--curl", env=env, code=4).out
    assert not host.seen


def test_unreachable_host_does_not_show_the_key(cxcall: Cxcall) -> None:
    env = {**CREDENTIALS, "CXCALL_BASE_URL": "http://127.0.0.1:1"}
    ran = cxcall(*dial(cxcall, api_key("query")), "-v", env=env, code=6)
    shown = cxcall("history", "list", "-o", "json", code=0)
    assert SECRET not in ran.out + ran.err + shown.out


def test_refused_credentials_are_not_sent_again(cxcall: Cxcall, host: Host) -> None:
    host.status = 401
    ran = cxcall(*dial(cxcall, BASIC), env={**CREDENTIALS, "CXCALL_BASE_URL": host.url}, code=4)
    assert len(host.seen) == 1
    (finding,) = ran.envelope["findings"]
    assert finding["code"] == "credential"
    assert "does not accept the credentials" in finding["message"]
    assert "CXCALL_PASSWORD" in finding["fix"]


@pytest.mark.parametrize("kind", ["--basic", "--api-key"])
def test_login_keeps_the_credential_for_its_host(cxcall: Cxcall, host: Host, kind: str) -> None:
    alternative = BASIC if kind == "--basic" else api_key("header", "X-Voice")
    words = dial(cxcall, alternative)
    user = {"CXCALL_USERNAME": "AC7"}
    login = ("auth", "login", kind)
    hint = cxcall(*words, code=4).envelope["findings"][0]["fix"]
    assert f"`cxcall auth login {kind} --base-url https://" in hint
    assert "--base-url https://HOST" in cxcall(*login, stdin=f"{SECRET}\n", env=user, code=4).err
    stored = cxcall(
        *login, "--base-url", host.url, "-p", "own", stdin=f"{SECRET}\n", env=user, code=0
    )
    assert f"profile `own` now has base_url = {host.url}" in stored.out
    ran = cxcall(*words, code=0)
    assert SECRET not in ran.out
    header = host.seen[-1][1].get("X-Voice") or host.seen[-1][1]["Authorization"]
    assert header in (SECRET, f"Basic {b64encode(f'AC7:{SECRET}'.encode()).decode()}")
    status = cxcall("auth", "status", code=0)
    assert "\t****\tcxcall auth login\n" in status.out
    assert SECRET not in status.out
    other = host.url.replace("127.0.0.1", "localhost")
    cxcall(*words, "--base-url", other, "--again", code=4)
    assert len(host.seen) == 1
    # A profile that may be used for a platform keeps its destination.
    cxcall("config", "set", "client_id", "a", "-p", "genesys", code=0)
    for profile in ("genesys", "default"):
        more = ("--base-url", host.url, "-p", profile)
        text = cxcall(*login, *more, stdin=f"{SECRET}\n", env=user, code=0).out
        assert "now has base_url" not in text


def test_doctor_checks_the_credentials_of_the_document(cxcall: Cxcall, host: Host) -> None:
    contract = dial(cxcall, api_key("header", "X-Voice"))[2:4]
    env = {**CREDENTIALS, "CXCALL_BASE_URL": host.url}
    check = ("doctor", *contract, "--for", "dial", "--set", '/to="+12025550123"')
    assert "passed\tcredentials\tthey are set" in cxcall(*check, env=env).out
    assert "failed\tcredentials" in cxcall(*check, env={"CXCALL_BASE_URL": host.url}, code=5).out
    assert "unknown\tcredentials" in cxcall("doctor", *contract, env=env).out


@pytest.mark.parametrize(
    "alternative",
    [
        BASIC,
        {**api_key("cookie"), **api_key("query", "key")},
    ],
)
def test_sandbox_takes_the_credentials_of_the_document(
    cxcall: Cxcall, alternative: dict[str, Any]
) -> None:
    words = dial(cxcall, alternative)
    cxcall(*words, "--sandbox", code=0)
