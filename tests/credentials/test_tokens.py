"""Tokens: fetched once, stored privately, sent to one host, and a message for every refusal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract, load_shipped_contracts
from cxcall.contracts.operation import Operation
from cxcall.credentials import login_and_logout, stored_logins, token_cache, token_provider
from cxcall.credentials.access_token import Token, check_secret
from cxcall.credentials.oauth_client import OAuthClient, TokenGrant, UndeliveredError
from cxcall.credentials.status import get_status
from cxcall.documents import private_files
from cxcall.findings.errors import CredentialsError, CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.settings import settings as config
from cxcall.settings.sandbox_settings import sandbox_settings
from cxcall.settings.sources import Setting
from cxcall.transport.authorization import Authorization
from helpers.cases import each_case

SECRET = "m4rker+s3cret/=%"
TOKEN = "t0ken-m4rker"
ROOT = Path(__file__).parents[2]


@dataclass
class Answer:
    """A response of the token endpoint; `raw` replaces everything, with `hang` it never responds."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hang: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that it received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class TokenEndpoint:
    """A real token endpoint on loopback: scripted responses first, then numbered tokens."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.asked: list[Asked] = []
        self.life: object = 86400
        self.called, self.released = threading.Event(), threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Record the request, and respond."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.asked.append(
            Asked(handler.command, handler.path, {**dict(handler.headers.items())}, body)
        )
        self.called.set()
        granted = {
            "access_token": f"{TOKEN}-{len(self.asked)}",
            "token_type": "bearer",
            "expires_in": self.life,
        }
        answer = self.script.pop(0) if self.script else Answer(body=granted)
        handler.close_connection = True
        if answer.hang:
            self.released.wait(30)
        elif answer.raw is not None:
            handler.wfile.write(answer.raw)
        else:
            body = (
                answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            )
            handler.send_response(answer.status)
            for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

    def stop(self) -> None:
        """Release waiting requests, and close."""
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    running = TokenEndpoint()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("CXCALL_", "GENESYSCLOUD_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home" / "state"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CXCALL_STATE_DIR", str(folder))
    monkeypatch.setenv("CXCALL_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)
    return folder


LoadSettings = Callable[..., config.Settings]


@pytest.fixture
def load(endpoint: TokenEndpoint) -> LoadSettings:
    """Load settings for the endpoint with values by name; None means not set."""

    def load_with(**flags: str | None) -> config.Settings:
        set_ones = {
            "base_url": endpoint.base_url,
            "client_id": "me",
            "client_secret": SECRET,
            "timeout": "5",
        }
        return config.load_settings({**set_ones, **flags}, load_shipped_contracts()[0])

    return load_with


NONE: dict[str, None] = {"client_id": None, "client_secret": None}


def records(state: Path, name: str = "tokens.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((state / name).read_text("utf-8"))["records"]
    return found


def rewrite(
    state: Path, change: Callable[[dict[str, Any]], object], name: str = "tokens.json"
) -> None:
    found = records(state, name)
    for record in found:
        change(record)
    text = json.dumps({"version": 1, "records": found})
    (state / name).write_text(text, "utf-8")


def said(error: CxcallError) -> str:
    return " ".join(f"{found!r} {found}" for found in error.findings) + repr(error) + str(error)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def environment(base_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CXCALL_BASE_URL": base_url,
        "CXCALL_CLIENT_SECRET": SECRET,
    }


# --- the grant ------------------------------------------------------------------------------


def test_token_request_has_the_required_form(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    token_provider.get_token(load())
    asked = endpoint.asked[0]
    assert (asked.method, asked.path) == ("POST", "/oauth/token")
    assert asked.body == b"grant_type=client_credentials"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    scheme, _, pair = asked.headers["Authorization"].partition(" ")
    assert (scheme, b64decode(pair).decode()) == ("Basic", f"me:{SECRET}")


def test_token_response_is_read(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    body = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "a b:readonly",
    }
    endpoint.script = [Answer(body=body)]
    before = time.time()
    token = token_provider.get_token(load())
    assert (token.value, token.kind) == (TOKEN, "client-credentials")
    assert token.scopes == frozenset({"a", "b:readonly"})
    assert token.expires_at is not None
    assert before + 3600 <= token.expires_at <= time.time() + 3600
    assert token.source == "client-credentials (--client-secret)"
    assert token_provider.get_token(load()) == token


@pytest.mark.parametrize("life", [None, "soon", -5, 0, True, [1], "1e999"])
def test_token_without_expiry_is_not_cached(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, life: object
) -> None:
    endpoint.life = life
    assert token_provider.get_token(load()).expires_at is None
    assert not (state / "tokens.json").exists()
    token_provider.get_token(load())
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("life", ["86400", 1e300, 10**400])
def test_unusual_lifetimes_are_handled(
    endpoint: TokenEndpoint, load: LoadSettings, life: object
) -> None:
    endpoint.life = life
    expires_at = token_provider.get_token(load()).expires_at
    if life == 10**400:
        assert expires_at is None
    else:
        assert expires_at is not None
        assert get_status(load()).as_dict()["expiresAt"]


@dataclass(frozen=True)
class Refusal:
    """A response, and the expected message."""

    name: str
    answer: Answer
    code: str
    exit_code: ExitCode
    words: str
    fix: str = ""


def oauth(status: int, error: str, description: str, **headers: str) -> Answer:
    body = {"error": error, "description": description, "error_description": description}
    return Answer(status, body, headers)


HTML = b"<!DOCTYPE html><title>Sign in</title>"
REFUSALS = [
    Refusal(
        "unknown client", oauth(400, "invalid_client", "client not found: m"),
        "credential", ExitCode.CREDENTIALS, "does not know the client `me`", "region",
    ),
    Refusal(
        "wrong secret", oauth(401, "invalid_client", "authentication failed"),
        "credential", ExitCode.CREDENTIALS, "(from --client-secret) is wrong, or", "wrong region",
    ),
    Refusal(
        "wrong grant", oauth(400, "unauthorized_client", "grant type"),
        "credential", ExitCode.CREDENTIALS, "is not allowed to use the client-credentials", "--with-token",
    ),
    Refusal(
        "throttled", oauth(400, "invalid_request", "rate limit exceeded; retry later"),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in a minute",
    ),
    Refusal(
        "429", Answer(429, b"", {"Retry-After": "17"}),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in 17 s",
    ),
    Refusal(
        "429, odd wait", Answer(429, b"", {"Retry-After": "soon"}),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in a minute",
    ),
    Refusal(
        "400", oauth(400, "invalid_request", "no"),
        "credential", ExitCode.CREDENTIALS, "refused the token request", "token_url",
    ),
    Refusal(
        "401", Answer(401, b""),
        "credential", ExitCode.CREDENTIALS, "refused the client's credentials", "client_secret",
    ),
    Refusal(
        "403", Answer(403, HTML),
        "credential", ExitCode.CREDENTIALS, "client `me` is not allowed", "active",
    ),
    Refusal(
        "404", Answer(404, HTML),
        "credential", ExitCode.CREDENTIALS, "has no token endpoint at `http://127", "token_url",
    ),
    Refusal(
        "redirect", Answer(307, b"", {"Location": "https://user@elsewhere.example/x?token=1"}),
        "credential", ExitCode.CREDENTIALS, "redirects to `elsewhere.example`", "token_url",
    ),
    Refusal(
        "500", oauth(500, "server_error", "oops"),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "503", Answer(503, HTML),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "408", Answer(408, b""),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "empty", Answer(200, b" \n"),
        "credential", ExitCode.CREDENTIALS, "an empty response instead of a token", "token_url",
    ),
    Refusal(
        "HTML", Answer(200, b"\n" + HTML),
        "credential", ExitCode.CREDENTIALS, "sent a web page", "token_url",
    ),
    Refusal(
        "not JSON", Answer(200, b"access_token=x"),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "a list", Answer(200, ["x"]),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "not UTF-8", Answer(200, b"\xff\xfe\x00"),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "no token", Answer(200, {"token_type": "bearer"}),
        "credential", ExitCode.CREDENTIALS, "responded without an `access_token`", "token_url",
    ),
    Refusal(
        "a token of no kind", Answer(200, {"access_token": 3}),
        "credential", ExitCode.CREDENTIALS, "responded without an `access_token`", "token_url",
    ),
    Refusal(
        "no bearer", Answer(200, {"access_token": TOKEN, "token_type": "mac"}),
        "credential", ExitCode.CREDENTIALS, "not a bearer token", "token_url",
    ),
    Refusal(
        "a bad token", Answer(200, {"access_token": f"{TOKEN}\r\nX: y"}),
        "credential", ExitCode.CREDENTIALS, "U+000D at position 13",
    ),
    Refusal(
        "an empty token", Answer(200, {"access_token": " "}),
        "credential", ExitCode.CREDENTIALS, "the access token is empty",
    ),
    Refusal(
        "huge", Answer(200, {"access_token": TOKEN, "x": "y" * (2 << 20)}),
        "credential", ExitCode.CREDENTIALS, "too long for a token", "token_url",
    ),
    Refusal(
        "deep", Answer(200, b"[" * 100_000),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "cut", Answer(200, {"access_token": TOKEN}, {"Content-Length": "999"}),
        "undelivered", ExitCode.UNDELIVERED, "sent a response that cannot be read", "again",
    ),
    Refusal(
        "no HTTP", Answer(raw=b"220 mail ready\r\n\r\n"),
        "undelivered", ExitCode.UNDELIVERED, "did not send a valid HTTP response", "token_url",
    ),
    Refusal(
        "broken off", Answer(raw=b""),
        "undelivered", ExitCode.UNDELIVERED, "closed the connection before", "again",
    ),
]  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_each_token_error_has_its_own_message(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, refusal: Refusal
) -> None:
    endpoint.script = [refusal.answer]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    found = caught.value.findings[0]
    assert (found.code, caught.value.exit_code) == (refusal.code, refusal.exit_code)
    assert refusal.words in found.message
    assert refusal.fix in found.fix
    assert found.fix
    assert found.message.isprintable()
    undelivered = refusal.exit_code is ExitCode.UNDELIVERED
    assert caught.value.outcome is (Outcome.UNDELIVERED if undelivered else Outcome.ERROR)
    assert SECRET not in said(caught.value)
    assert TOKEN not in said(caught.value)
    assert len(endpoint.asked) == 1
    assert not (state / "tokens.json").exists()


def test_invalid_grant_of_a_client_is_not_about_an_access_key(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    endpoint.script = [oauth(400, "invalid_grant", "no")]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    assert "access key" not in caught.value.findings[0].message


@pytest.mark.parametrize(("length", "is_whole"), [(50, True), (300, False)])
def test_long_error_description_is_shortened(
    endpoint: TokenEndpoint, load: LoadSettings, *, length: int, is_whole: bool
) -> None:
    endpoint.script = [oauth(400, "invalid_scope", "x" * length)]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    text = said(caught.value)
    assert ("x" * length in text) == is_whole
    assert ("xxx..." in text) != is_whole


def test_token_endpoint_timeout_is_undelivered(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    endpoint.script = [Answer(hang=True)]
    with pytest.raises(UndeliveredError) as caught:
        token_provider.get_token(load(timeout="0.2"))
    assert "did not respond within 0.2 s" in str(caught.value)
    assert "--timeout" in caught.value.findings[0].fix
    assert "nothing was sent" in caught.value.findings[0].why
    assert len(endpoint.asked) == 1


@pytest.mark.slow
def test_interrupted_token_request_exits_130(endpoint: TokenEndpoint, state: Path) -> None:
    """An interrupted exchange may have reached its server, but a token request places no call."""
    endpoint.script = [Answer(hang=True)]
    program = (
        "import os, signal, sys, threading\n"
        "from cxcall.credentials import token_provider\n"
        "from cxcall.settings.settings import load_settings\n"
        "from cxcall.contracts.contract import load_shipped_contracts\n"
        "settings = load_settings({'client_id': 'me'}, load_shipped_contracts()[0])\n"
        "def stop():\n"
        "    sys.stdin.readline()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=stop).start()\n"
        "try: token_provider.get_token(settings)\n"
        "except BaseException as error: print(type(error).__name__)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(endpoint.base_url),
    ) as process:
        assert endpoint.called.wait(30)
        assert process.communicate("now\n", timeout=30)[0].strip() == "KeyboardInterrupt"
    assert not list(state.iterdir())


def test_refused_connection_is_undelivered(load: LoadSettings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(UndeliveredError) as caught:
            token_provider.get_token(load(token_url=f"http://127.0.0.1:{free.getsockname()[1]}/t"))
    assert "refused the connection" in str(caught.value)
    assert caught.value.exit_code == 6


def test_server_without_tls_is_undelivered(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    url = endpoint.base_url.replace("http:", "https:") + "/oauth/token"
    with pytest.raises(UndeliveredError) as caught:
        token_provider.get_token(load(token_url=url))
    assert "does not speak TLS" in str(caught.value)
    assert endpoint.asked == []


def test_secret_does_not_follow_a_redirect(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    for status in (301, 302, 303, 307, 308):
        endpoint.script = [Answer(status, b"", {"Location": f"{endpoint.base_url}/other"})]
        with pytest.raises(CredentialsError):
            token_provider.get_token(load())
    assert {asked.path for asked in endpoint.asked} == {"/oauth/token"}


def test_netrc_does_not_replace_the_credentials(
    endpoint: TokenEndpoint, load: LoadSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login wrong password wrong\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    token_provider.get_token(load())
    pair = endpoint.asked[0].headers["Authorization"].removeprefix("Basic ")
    assert b64decode(pair).decode() == f"me:{SECRET}"


FORMS = [
    SECRET,
    quote(SECRET, safe=""),
    json.dumps(SECRET)[1:-1],
    b64encode(f"me:{SECRET}".encode()).decode(),
]


@pytest.mark.parametrize("where", ["error", "error_description", "description", "body", "reason"])
@each_case("form, status", product(FORMS, [200, 400, 401, 403, 404, 429, 500]), quick=4)
def test_echoed_secret_is_masked(
    endpoint: TokenEndpoint, load: LoadSettings, form: str, status: int, where: str
) -> None:
    answer = Answer(status, {where: f"you sent {form}!", "x": 1})
    if where == "body":
        answer = Answer(status, f"<p>{form}</p>".encode())
    if where == "reason":
        answer = Answer(raw=f"HTTP/1.1 {status} {form}\r\nContent-Length: 0\r\n\r\n".encode())
    endpoint.script = [answer]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    assert form not in said(caught.value)
    assert SECRET not in said(caught.value)


# --- the cache ------------------------------------------------------------------------------


def test_token_is_requested_once_and_cached_privately(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    first, second = token_provider.get_token(load()), token_provider.get_token(load())
    assert first == second
    assert len(endpoint.asked) == 1
    assert mode(state) == 0o700
    assert mode(state / "tokens.json") == 0o600
    assert [path.name for path in state.iterdir()] == ["tokens.json"]
    assert SECRET not in (state / "tokens.json").read_text("utf-8")


def test_refused_token_is_replaced(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    first = token_provider.get_token(load())
    second = token_provider.get_token(load(), fresh=True)
    assert second.value == f"{TOKEN}-2" != first.value
    assert token_provider.get_token(load()) == second
    assert len(endpoint.asked) == len(records(state)) + 1 == 2


def test_refused_token_is_deleted_even_without_a_new_one(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token_provider.get_token(load())
    endpoint.script = [Answer(500, b"")]
    with pytest.raises(UndeliveredError):
        token_provider.get_token(load(), fresh=True)
    assert records(state) == []


@pytest.mark.parametrize(
    ("life", "left", "kept"),
    [
        (86400, 62, True),
        (86400, 58, False),
        (86400, -1, False),
        (300, 32, True),
        (300, 28, False),
        (86400, 86400 + 5, False),  # issued in the future: the clock was set back
    ],
)
def test_cached_token_is_used_until_shortly_before_expiry(
    endpoint: TokenEndpoint,
    load: LoadSettings,
    state: Path,
    life: float,
    left: float,
    *,
    kept: bool,
) -> None:
    token_provider.get_token(load())
    now = time.time()
    rewrite(
        state,
        lambda record: record.update(issued_at=now + left - life, expires_at=now + left),
    )
    token_provider.get_token(load())
    assert len(endpoint.asked) == (1 if kept else 2)


@pytest.mark.parametrize(
    "change",
    [{"profile": "eu"}, {"client_id": "you"}, {"token_url": "{base_url}/other"}],
    ids=lambda change: next(iter(change)),
)
def test_cached_token_belongs_to_one_profile_client_and_endpoint(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, change: dict[str, str]
) -> None:
    folder = config.config_dir()
    folder.mkdir()
    (folder / "config.toml").write_text("[profiles.eu]\n", "utf-8")
    other = {name: value.format(base_url=endpoint.base_url) for name, value in change.items()}
    first, second = token_provider.get_token(load()), token_provider.get_token(load(**other))
    assert first.value != second.value
    assert token_provider.get_token(load()) == first
    assert token_provider.get_token(load(**other)) == second
    assert len(records(state)) == 2


GARBAGE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"{}",
    b'{"version": 1}',
    b"[" * 100_000,
    b'{"version": 1, "records": 3}',
    b'{"version": 1, "records": [3, null, {}]}',
    b'{"version": 2, "records": []}',
    b'{"version": 1, "records": {"a": 1}}',
]


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:20].decode("latin-1"))
def test_damaged_cache_is_rewritten(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, text: bytes
) -> None:
    token_provider.get_token(load())
    (state / "tokens.json").write_bytes(text)
    token = token_provider.get_token(load())
    assert token.value == f"{TOKEN}-2"
    assert token_provider.get_token(load()) == token
    assert len(endpoint.asked) == 2
    assert records(state)[0]["value"] == token.value


DAMAGE: list[dict[str, Any]] = [
    {"value": 3},
    {"value": ""},
    {"value": "a\nb"},
    {"value": None},
    {"expires_at": "soon"},
    {"expires_at": None},
    {"issued_at": []},
    {"scopes": 3},
    {"expires_at": True},
]


@pytest.mark.parametrize("damage", DAMAGE, ids=str)
def test_damaged_token_is_requested_again(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, damage: dict[str, Any]
) -> None:
    token_provider.get_token(load())
    rewrite(state, lambda record: record.update(damage))
    assert token_provider.get_token(load()).value == f"{TOKEN}-2"
    assert len(endpoint.asked) == len(records(state)) + 1 == 2


@pytest.mark.usefixtures("endpoint")
def test_logout_names_each_address_of_tokens_once(load: LoadSettings) -> None:
    for client_id in ("me", "you"):
        login_and_logout.log_in(load(**NONE), client_id, SECRET)
    removed = login_and_logout.log_out(load(**NONE))
    assert len(removed) == len(set(removed))
    assert sum(each.startswith("2 tokens from http") for each in removed) == 1


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o601])
@pytest.mark.parametrize("name", ["tokens.json", "credentials.json"])
def test_stored_secrets_that_other_users_can_read_are_refused(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, bits: int, name: str
) -> None:
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    (state / name).chmod(bits)
    for attempt in (token_provider.get_token, get_status):
        with pytest.raises(UsageError) as caught:
            attempt(load(**NONE))
        assert f"chmod 600 {state / name}" in caught.value.findings[0].fix
        assert SECRET not in said(caught.value)
    assert len(endpoint.asked) == 1
    assert len(login_and_logout.log_out(load(**NONE))) == 2
    (state / name).chmod(0o600)
    assert records(state, name) == []


def test_expired_tokens_are_deleted(load: LoadSettings, state: Path) -> None:
    for number in range(3):
        token_provider.get_token(load(client_id=f"c{number}"))
    rewrite(state, lambda record: record.update(expires_at=time.time() - 1))
    token_provider.get_token(load(client_id="last"))
    assert [record["client_id"] for record in records(state)] == ["last"]


def test_unwritable_state_folder_does_not_stop_token_requests(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    state.parent.mkdir(parents=True)
    state.write_text("a file", "utf-8")
    assert token_provider.get_token(load()).value == f"{TOKEN}-1"
    attempts: list[Callable[[], object]] = [
        lambda: login_and_logout.log_in(load(), "me", SECRET),
        lambda: login_and_logout.log_in_with_token(load(), TOKEN),
    ]
    for attempt in attempts:
        with pytest.raises(private_files.UnwritableError) as caught:
            attempt()
        assert caught.value.exit_code == 2
        assert "`credentials.json` cannot be written" in str(caught.value)
        assert "CXCALL_STATE_DIR" in caught.value.findings[0].fix
        assert SECRET not in said(caught.value)
    assert len(endpoint.asked) == 2


def test_failed_write_keeps_the_old_file(
    load: LoadSettings, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_provider.get_token(load())

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert token_provider.get_token(load(client_id="you")).value == f"{TOKEN}-2"
        with pytest.raises(private_files.UnwritableError, match="No space left on device"):
            login_and_logout.log_in_with_token(load(), TOKEN)
    assert token_provider.get_token(load()) == token
    assert [path.name for path in state.iterdir()] == ["tokens.json"]


PROGRAM = """
import sys
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.credentials import token_provider
from cxcall.settings.settings import load_settings
sys.stdin.read()
settings = load_settings({"client_id": sys.argv[1]}, load_shipped_contracts()[0])
print(token_provider.get_token(settings, fresh=sys.argv[2] == "fresh").value)
"""


def race(base_url: str, clients: list[str], how: str = "") -> list[str]:
    """Get tokens in as many processes, which start together."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, client, how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(base_url),
        )
        for client in clients
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    values = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0] * len(clients)
    return values


@pytest.mark.slow
def test_many_processes_request_one_token(endpoint: TokenEndpoint, state: Path) -> None:
    values = race(endpoint.base_url, ["me"] * 6)
    assert set(values) == {f"{TOKEN}-1"}
    assert len(endpoint.asked) == 1
    assert len(records(state)) == 1


@pytest.mark.slow
def test_processes_keep_the_tokens_of_each_other(endpoint: TokenEndpoint, state: Path) -> None:
    clients = [f"c{number}" for number in range(6)]
    values = race(endpoint.base_url, clients)
    kept = {record["client_id"]: record["value"] for record in records(state)}
    assert kept == dict(zip(clients, values, strict=True))


@pytest.mark.slow
def test_two_processes_refresh_once(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    first = token_provider.get_token(load())
    values = race(endpoint.base_url, ["me", "me"], "fresh")
    assert first.value not in values
    assert records(state)[0]["value"] in values
    assert len(records(state)) == 1


@pytest.mark.slow
def test_stuck_lock_does_not_block_forever(load: LoadSettings, state: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    state.mkdir(parents=True)
    held = os.open(state, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert token_provider.get_token(load(timeout="0.3")).value == f"{TOKEN}-1"
    finally:
        os.close(held)


# --- explicit tokens ---------------------------------------------------------------------------


def test_explicit_token_is_used_unchanged(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token = token_provider.get_token(load(access_token=f" {TOKEN}\n"))
    assert token == Token(TOKEN, "given", None, None, "--access-token")
    assert endpoint.asked == []
    assert not state.exists()


def test_explicit_token_cannot_be_renewed(
    endpoint: TokenEndpoint, load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", TOKEN)
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(), fresh=True)
    found = caught.value.findings[0]
    assert (found.code, found.where, caught.value.exit_code) == ("token-expired", "token", 4)
    assert "environment GENESYSCLOUD_ACCESS_TOKEN" in found.message
    assert TOKEN not in said(caught.value)
    assert endpoint.asked == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (f"Bearer {TOKEN}", "U+0020 at position 7"),
        (f"{TOKEN}\r\nX-Evil: 1", "U+000D"),
        (f"{TOKEN}\x00", "U+0000"),
        (f"{TOKEN}\u200b", "U+200B"),
        (f"\u201c{TOKEN}", "U+201C at position 1"),
        (f"{TOKEN}\x7f", "U+007F"),
    ],
)
@pytest.mark.parametrize("name", ["access_token", "client_secret", "client_id"])
def test_invalid_characters_in_a_secret_are_refused(
    endpoint: TokenEndpoint, load: LoadSettings, name: str, bad: str, words: str
) -> None:
    settings = load(**{name: bad})
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(settings)
    found = caught.value.findings[0]
    assert words in found.message
    assert found.where == f"--{name.replace('_', '-')}"
    assert found.message.isprintable()
    assert TOKEN not in said(caught.value)
    assert not get_status(settings).is_usable
    assert endpoint.asked == []


def test_client_id_with_colon_is_refused(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError, match="client ID contains a `:`"):
        token_provider.get_token(load(client_id="a:b"))


@given(text=st.text(min_size=1))
def test_secret_is_refused_or_stripped_of_blanks(text: str) -> None:
    secret = text.strip()
    if secret and all("!" <= sign <= "~" for sign in secret):
        assert check_secret("secret", text, "here") == secret
        return
    with pytest.raises(CredentialsError) as caught:
        check_secret("secret", text, "here")
    assert caught.value.findings[0].where == "here"
    assert caught.value.findings[0].message.isprintable()


# --- no credentials -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "words", "fix"),
    [
        (NONE, "there are no credentials for `127.0.0.1", "`cxcall auth login`, or set `CXCALL_"),
        (
            {"client_secret": None},
            "`client_id` is set (from --client-id), but `client_secret` is not",
            "CXCALL_CLIENT_SECRET",
        ),
        (
            {"client_id": None},
            "`client_secret` is set (from --client-secret), but `client_id` is not",
            "CXCALL_CLIENT_ID",
        ),
    ],
)
def test_missing_credentials_are_named(
    load: LoadSettings, state: Path, flags: dict[str, None], words: str, fix: str
) -> None:
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(**flags))
    found = caught.value.findings[0]
    assert (found.code, caught.value.exit_code) == ("token-missing", 4)
    assert words in found.message
    assert fix in found.fix
    assert SECRET not in said(caught.value)
    assert not state.exists()


def test_missing_token_url_is_reported(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(base_url="https://gw.example.com"))
    assert "the token endpoint for `gw.example.com` is not known" in str(caught.value)
    assert "CXCALL_TOKEN_URL" in caught.value.findings[0].fix


def test_conflict_error_prevents_token_requests(
    endpoint: TokenEndpoint, tmp_path: Path, state: Path
) -> None:
    folder = config.config_dir()
    folder.mkdir()
    text = f'[profiles.default]\nclient_id = "me"\nclient_secret = "{SECRET}"\n'
    (folder / "config.toml").write_text(text, "utf-8")
    (folder / "config.toml").chmod(0o600)
    (tmp_path / ".env").write_text(f"CXCALL_BASE_URL={endpoint.base_url}\n", "utf-8")
    settings = config.load_settings({}, load_shipped_contracts()[0])
    attempts: list[Callable[[], object]] = [
        lambda: token_provider.get_token(settings),
        lambda: login_and_logout.log_in(settings, "me", SECRET),
    ]
    for attempt in attempts:
        with pytest.raises(CredentialsError) as caught:
            attempt()
        assert "would send `client_secret` (from profile default" in str(caught.value)
    assert not get_status(settings).is_usable
    assert endpoint.asked == []
    assert not state.exists()


# --- login ----------------------------------------------------------------------------------


def test_status_says_which_of_two_credentials_is_used(load: LoadSettings) -> None:
    def warnings(**flags: str | None) -> list[str]:
        found = get_status(load(**flags)).findings
        return [each.message for each in found if " is used; the one from " in each.message]

    assert warnings() == []
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    assert warnings(**NONE) == []
    (secret,) = warnings()
    assert secret.startswith("the client secret from --client-secret is used")
    (token,) = warnings(**NONE, access_token=TOKEN)
    assert token.startswith("the access token from --access-token is used")
    login_and_logout.log_in_with_token(load(**NONE), "given")
    (given,) = warnings()
    assert given.startswith("the access token from cxcall auth login")
    login = {"kind": "authorization-code", "client_id": "me", "refresh_token": "r"}
    stored_logins.save_login(load(), {**login, "token_url": load().token_url})
    assert warnings() == []  # the secret is that of the login's client


def test_login_is_stored_after_a_successful_request(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token = login_and_logout.log_in(load(**NONE), " me\n", f"{SECRET}\n")
    assert token.source == "client-credentials (cxcall auth login (credentials.json))"
    assert token_provider.get_token(load(**NONE)) == token
    assert len(endpoint.asked) == 1
    assert mode(state / "credentials.json") == 0o600
    rewrite(state, lambda record: record.update(expires_at=1))
    assert token_provider.get_token(load(**NONE)).value == f"{TOKEN}-2"
    pair = endpoint.asked[1].headers["Authorization"].removeprefix("Basic ")
    assert b64decode(pair).decode() == f"me:{SECRET}"


def test_refused_login_is_not_stored(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    endpoint.script = [oauth(400, "invalid_client", "authentication failed")]
    with pytest.raises(CredentialsError) as caught:
        login_and_logout.log_in(load(**NONE), "me", "wr0ng")
    assert "wr0ng" not in said(caught.value)
    assert records(state, "credentials.json")[0]["client_secret"] == SECRET


@pytest.mark.parametrize("elsewhere", ["base_url", "token_url"])
def test_stored_secret_is_sent_only_to_its_host(
    endpoint: TokenEndpoint, load: LoadSettings, elsewhere: str
) -> None:
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    other = TokenEndpoint()
    try:
        with pytest.raises(CredentialsError) as caught:
            token_provider.get_token(load(**NONE, **{elsewhere: other.base_url}))
        assert caught.value.findings[0].code == "token-missing"
        assert f"logged in to {endpoint.base_url} only" in caught.value.findings[0].why
        assert other.asked == []
    finally:
        other.stop()


def test_profile_has_one_login_per_host(load: LoadSettings, state: Path) -> None:
    login_and_logout.log_in_with_token(load(), "one")
    login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), "two")
    login_and_logout.log_in_with_token(load(), "three")
    assert token_provider.get_token(load(**NONE)).value == "three"
    assert token_provider.get_token(load(**NONE, base_url="http://127.0.0.1:1")).value == "two"
    assert len(records(state, "credentials.json")) == 2


def test_stored_token_is_used_unchanged(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    token = login_and_logout.log_in_with_token(load(**NONE), f"{TOKEN}\n")
    assert token_provider.get_token(load(**NONE)) == token
    assert (token.value, token.kind, token.expires_at) == (TOKEN, "given", None)
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(**NONE), fresh=True)
    assert caught.value.findings[0].fix == "store another token: `cxcall auth login --with-token`"
    assert endpoint.asked == []


def test_new_login_replaces_the_old_one(load: LoadSettings, state: Path) -> None:
    login_and_logout.log_in_with_token(load(**NONE), "given")
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    assert token_provider.get_token(load(**NONE)).kind == "client-credentials"
    login_and_logout.log_in_with_token(load(**NONE), "given")
    assert token_provider.get_token(load(**NONE)).value == "given"
    assert SECRET not in (state / "credentials.json").read_text("utf-8")


def test_logout_deletes_one_profile(load: LoadSettings, state: Path) -> None:
    folder = config.config_dir()
    folder.mkdir()
    (folder / "config.toml").write_text("[profiles.eu]\n", "utf-8")
    for profile in (None, "eu"):
        login_and_logout.log_in(load(**NONE, profile=profile), "me", SECRET)
    removed = login_and_logout.log_out(load(**NONE))
    assert [text.split(" http")[0] for text in removed] == [
        "the client secret for",
        "the token from",
    ]
    assert login_and_logout.log_out(load(**NONE)) == []
    assert token_provider.get_token(load(**NONE, profile="eu")).value == f"{TOKEN}-2"
    with pytest.raises(CredentialsError, match="no credentials"):
        token_provider.get_token(load(**NONE))
    assert len(records(state)) == len(records(state, "credentials.json")) == 1


def test_logout_without_a_login_deletes_nothing(load: LoadSettings) -> None:
    assert login_and_logout.log_out(load()) == []


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:20].decode("latin-1"))
def test_damaged_login_counts_as_missing(load: LoadSettings, state: Path, text: bytes) -> None:
    state.mkdir(parents=True)
    (state / "credentials.json").write_bytes(text)
    (state / "credentials.json").chmod(0o600)
    with pytest.raises(CredentialsError, match="no credentials"):
        token_provider.get_token(load(**NONE))


# --- status ---------------------------------------------------------------------------------


def test_status_before_and_after_a_token(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    before = get_status(load())
    assert (before.is_usable, before.kind, before.token) == (True, "client-credentials", None)
    assert ("expires", "no token yet", "") in before.rows()
    assert endpoint.asked == []
    body = {"access_token": TOKEN, "expires_in": 3600, "scope": "b a"}
    endpoint.script = [Answer(body=body)]
    token_provider.get_token(load())
    after = get_status(load()).as_dict()
    assert after["scopes"] == ["a", "b"]
    assert after["clientId"] == "me"
    assert after["expiresAt"].endswith("+00:00")
    assert after["baseUrl"] == endpoint.base_url
    assert after["tokenUrl"] == f"{endpoint.base_url}/oauth/token"
    assert after["sources"] == {
        "profile": "default",
        "base url": "--base-url",
        "token url": "from base_url",
        "client id": "--client-id",
        "client secret": "--client-secret",
    }
    assert len(endpoint.asked) == 1


def test_status_without_credentials_is_not_usable(load: LoadSettings) -> None:
    found = get_status(load(**NONE))
    assert not found.is_usable
    assert [entry.code for entry in found.findings] == ["token-missing"]
    assert ("grant", "none", "") in found.rows()
    assert found.as_dict()["kind"] == ""


@pytest.mark.parametrize(
    ("login", "flags", "words"),
    [
        ("client", {"access_token": "x"}, "access token from --access-token is used"),
        ("client", {}, "client secret from --client-secret is used"),
        ("token", {"access_token": "x", **NONE}, "access token from --access-token is used"),
        ("token", {}, "access token from cxcall auth login (credentials.json) is used"),
        ("token", NONE, ""),
        ("client", NONE, ""),
    ],
)
def test_status_names_the_credentials_in_use(
    load: LoadSettings, login: str, flags: dict[str, str | None], words: str
) -> None:
    if login == "client":
        login_and_logout.log_in(load(**NONE), "me", SECRET)
    else:
        login_and_logout.log_in_with_token(load(**NONE), TOKEN)
    settings = load(**flags)
    found = get_status(settings)
    warnings = [entry for entry in found.findings if entry.where == "token"]
    assert [entry.severity for entry in warnings] == [Severity.WARNING] * bool(words)
    assert words in "".join(entry.message for entry in warnings)
    assert found.is_usable
    used = token_provider.get_token(settings)
    assert used.source in {row[2] for row in found.rows()} | {
        f"client-credentials ({row[2]})" for row in found.rows()
    }


def test_status_shows_no_secret(load: LoadSettings) -> None:
    login_and_logout.log_in(load(**NONE), "me", SECRET)
    for settings in (load(), load(**NONE), load(access_token=TOKEN)):
        found = get_status(settings)
        shown = f"{found!r} {found} {found.as_dict()} {found.rows()} {json.dumps(found.as_dict())}"
        assert SECRET not in shown
        assert TOKEN not in shown


# --- the sandbox of this process ------------------------------------------------------------


def test_embedded_sandbox_stores_nothing(endpoint: TokenEndpoint, state: Path) -> None:
    @dataclass
    class Server:
        base_url: str = endpoint.base_url
        client_id: str = "sandbox"
        client_secret: str = SECRET

    settings = sandbox_settings(Server(), {})
    assert token_provider.get_token(settings).value == f"{TOKEN}-1"
    assert token_provider.get_token(settings, fresh=True).value == f"{TOKEN}-2"
    assert not state.exists()


# --- where a token goes ---------------------------------------------------------------------

GIVEN_TOKEN = Token(TOKEN, "given", None, None, "here")


@pytest.mark.parametrize(
    ("base_url", "url", "goes"),
    [
        ("https://api.example.com", "https://api.example.com/v2/x", True),
        ("https://api.example.com", "https://API.example.com:443/x", True),
        ("https://api.example.com:443/v1", "https://api.example.com", True),
        ("https://api.example.com", "http://api.example.com/x", False),
        ("https://api.example.com", "https://api.example.com:8443/x", False),
        ("https://api.example.com", "https://api.example.com.evil.com/x", False),
        ("https://api.example.com", "https://api.example.com@evil.com/x", False),
        ("https://api.example.com", "https://login.example.com/x", False),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", False),
        ("http://127.0.0.1:1", "http://localhost:1", False),
    ],
)
def test_token_is_sent_only_to_its_host(base_url: str, url: str, *, goes: bool) -> None:
    request = requests.Request("POST", url, auth=GIVEN_TOKEN.authorize(base_url))
    if goes:
        assert request.prepare().headers["Authorization"] == f"Bearer {TOKEN}"
        return
    with pytest.raises(CredentialsError) as caught:
        request.prepare()
    assert TOKEN not in said(caught.value)


# --- scopes ---------------------------------------------------------------------------------


def operation(*alternatives: list[str]) -> Operation:
    declared = {"operationId": "op", "security": [{"oauth": names} for names in alternatives]}
    return Operation(Contract("own", {}), "POST", "/x", declared)


@pytest.mark.parametrize(
    ("granted", "alternatives", "is_missing"),
    [
        (None, [["a"]], False),
        ([], [], False),
        ([], [[]], False),
        ([], [["a"]], True),
        (["a"], [["a"]], False),
        (["a"], [["a", "b"]], True),
        (["a", "b"], [["a", "b"]], False),
        (["b"], [["a"], ["b"]], False),
        (["outbound"], [["outbound:readonly"]], False),
        (["outbound:readonly"], [["outbound"]], True),
        (["outbound:readonly"], [["outbound:readonly"]], False),
    ],
)
def test_missing_scope_is_found(
    granted: list[str] | None, alternatives: list[list[str]], *, is_missing: bool
) -> None:
    scopes = None if granted is None else frozenset(granted)
    token = Token(TOKEN, "client-credentials", scopes, None, "here")
    found = token_provider.check_scopes(token, operation(*alternatives))
    assert (found is not None) == is_missing
    if found:
        assert (found.code, found.where, found.severity) == ("token-scope", "token", Severity.ERROR)
        assert all(f"`{name}`" in found.message for names in alternatives for name in names)
        assert TOKEN not in repr(found)


# --- nothing gives a secret away ------------------------------------------------------------

# No repr of cxcall contains a `~`, so a `~` shows a secret.
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12).map(
    "~".__add__
)


@given(secret=VISIBLE)
def test_repr_of_credentials_contains_no_secret(secret: str) -> None:
    things = [
        Token(secret, "given", None, None, "here"),
        Token(secret, "given", None, None, "here").authorize("https://h"),
        OAuthClient("me", secret, "here", "https://h/t"),
        TokenGrant(secret, None, 0.0, None),
        Authorization("https://h", f"Basic {secret}"),
        Setting(secret, "here"),
    ]
    for thing in things:
        assert secret not in repr(thing)
        assert secret not in str(thing)
        assert secret not in f"{thing}"


@contextmanager
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


def test_login_checks_need_no_network(load: LoadSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    token_provider.get_token(load())
    with no_network(monkeypatch):
        login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), TOKEN)
        assert get_status(load()).is_usable
        assert token_provider.get_token(load()).value == f"{TOKEN}-1"
        assert login_and_logout.log_out(load())


def test_status_imports_no_http() -> None:
    program = (
        "import sys\n"
        "from cxcall.credentials.status import get_status\n"
        "from cxcall.settings.settings import load_settings\n"
        "from cxcall.contracts.contract import load_shipped_contracts\n"
        "get_status(load_settings({}, load_shipped_contracts()[0])).rows()\n"
        "print([n for n in ('requests', 'urllib3', 'ssl', 'http.client') if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment("https://h"), "CXCALL_ACCESS_TOKEN": "x"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.strip() == "[]"


def test_cached_token_is_found_for_its_client(load: LoadSettings) -> None:
    token = token_provider.get_token(load())
    client = OAuthClient("me", SECRET, "--client-secret", load().token_url)
    assert token_cache.find_cached_token(load(), client) == token
