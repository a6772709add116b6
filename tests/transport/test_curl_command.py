"""Requests as curl commands: they send the same, and no secret is among their arguments."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from cxcall.transport.curl_command import TOKEN as BEARER
from cxcall.transport.curl_command import curl, named_key, with_credential_variables
from cxcall.transport.http_messages import HttpRequest
from helpers import fault_server as fault
from helpers.cases import each_case
from helpers.exchange_requests import TOKEN
from helpers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("_plain_environment")

SECRET = "it's 4711 \\ %s"
BASIC = b64encode(f"ann:{SECRET}".encode()).decode()


def run(command: str, folder: Path, api_key: str = "key4711") -> bytes:
    """Run a command in a POSIX shell, with a curl that also writes its arguments into a file; returns its output."""
    own = folder / "curl"
    own.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\nexec /usr/bin/curl "$@"\n'
    )
    own.chmod(0o755)
    secrets = {
        "CXCALL_ACCESS_TOKEN": TOKEN,
        "CXCALL_USERNAME": "ann",
        "CXCALL_PASSWORD": SECRET,
        "CXCALL_API_KEY": api_key,
    }
    ran = subprocess.run(
        ["sh", "-c", command],
        env={**secrets, "PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    arguments = (folder / "arguments").read_text("utf-8")
    assert not [each for each in (TOKEN, "4711", BASIC) if each in arguments]
    return ran.stdout


@each_case("text", ["it's", 'a "b" $HOME `id` \\ ! @file', "über\nline", "%s"])
def test_curl_sends_the_same(text: str, tmp_path: Path) -> None:
    body = json.dumps({"reason": text}, ensure_ascii=False).encode()
    with FaultServer((fault.accept,)) as server:
        headers = {
            "Content-Type": "application/json",
            "X-Note": "it's",
            "Authorization": "Bearer no",
        }
        command = curl(HttpRequest("POST", f"{server.base_url}/a?b=c&d=e", headers, body))
        assert "Bearer no" not in command
        shown = run(command, tmp_path)
    peer = server.peers[0]
    assert peer.body == body
    assert f"Authorization: Bearer {TOKEN}".encode() in peer.head
    assert b"X-Note: it's" in peer.head
    assert peer.head.startswith(b"POST /a?b=c&d=e HTTP/1.1")
    assert fault.ID.encode() in shown


@pytest.mark.parametrize(
    ("credential", "sent"),
    [
        (("header", "X-$HOME", "$CXCALL_API_KEY"), "X-$HOME: key4711"),
        (
            ("user", "Authorization", "$CXCALL_USERNAME:$CXCALL_PASSWORD"),
            f"Authorization: Basic {BASIC}",
        ),
        (("cookie", "session", "$CXCALL_API_KEY"), "Cookie: session=key4711"),
        (
            ("query", "api key", "$CXCALL_API_KEY"),
            "GET /a?b=%22c%22&api%20key=%6b%65%79%34%37%31%31 HTTP/1.1",
        ),
        (("query", "k", "$CXCALL_API_KEY"), f"Authorization: Bearer {TOKEN}"),
    ],
    ids=["header", "basic", "cookie", "query", "query-and-token"],
)
def test_no_credential_is_an_argument_of_curl(
    credential: tuple[str, str, str], sent: str, tmp_path: Path
) -> None:
    with FaultServer((fault.accept,)) as server:
        others = () if credential[1] == "Authorization" else BEARER
        request = HttpRequest("GET", f"{server.base_url}/a?b=%22c%22", {}, None)
        run(curl(request, (credential, *others)), tmp_path)
    assert sent.encode() in server.peers[0].head


def test_each_of_several_keys_is_sent_in_its_own_place(tmp_path: Path) -> None:
    keys = [(place, name, named_key(name)) for place, name in (("header", "X-App.Id"), ("query", "k"), ("cookie", "SESSION"))]  # fmt: skip
    with FaultServer((fault.accept,)) as server:
        request = HttpRequest("GET", f"{server.base_url}/a", {"Cookie": "lang=en"}, None)
        run(curl(request, keys), tmp_path, "x-app.id=a4711=,k=+&4711=,SESSION=s4711,X-AppXId=no")
    head = server.peers[0].head.decode()
    assert head.startswith("GET /a?k=%2b%26%34%37%31%31%3d HTTP/1.1")
    assert "X-App.Id: a4711=" in head.splitlines()
    assert "Cookie: lang=en; SESSION=s4711" in head.splitlines()
    shown = with_credential_variables(request, keys)
    assert shown.url.endswith("/a?k=$CXCALL_API_KEY[k]")
    assert shown.headers == {
        "X-App.Id": "$CXCALL_API_KEY[X-App.Id]",
        "Cookie": "lang=en; SESSION=$CXCALL_API_KEY[SESSION]",
    }
