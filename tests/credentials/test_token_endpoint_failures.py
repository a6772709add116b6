"""A token endpoint that fails or responds wrongly: nothing is sent, and no secret is shown."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from base64 import b64decode, b64encode
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

from cxcall.credentials import token_provider
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.findings.errors import CredentialsError, CxcallError
from helpers.cases import each_case
from helpers.token_endpoint import (
    SECRET,
    Answer,
    LoadSettings,
    TokenEndpoint,
    environment,
    said,
)

pytestmark = pytest.mark.usefixtures("state")


@pytest.mark.slow
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


@pytest.mark.slow
def test_server_without_tls_is_undelivered(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    url = endpoint.base_url.replace("http:", "https:") + "/oauth/token"
    with pytest.raises(UndeliveredError) as caught:
        token_provider.get_token(load(token_url=url))
    assert "does not speak TLS" in str(caught.value)
    assert endpoint.asked == []


def test_secret_does_not_follow_a_redirect(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    other = f"{endpoint.base_url}/other"
    targets = {
        f"{other}?code=x": f"a redirect to `{other}`",
        "/login": "a redirect to `/login`",
        "https://[x/y": "a redirect without a valid address",
    }
    for status, target in product((301, 302, 303, 307, 308), targets):
        endpoint.script = [Answer(status, b"", {"Location": target})]
        with pytest.raises(CredentialsError, match=re.escape(targets[target])):
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
