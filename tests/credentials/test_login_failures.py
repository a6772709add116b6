"""A login that is refused or disturbed: it ends with a message, or continues."""

from __future__ import annotations

import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from cxcall.credentials.browser_login import RedirectServer
from helpers.command import Cxcall
from helpers.oauth_provider import (
    WAIT,
    Person,
    Running,
    Start,
    at,
)

pytestmark = pytest.mark.slow


def test_refused_consent_is_reported(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start()), "--no-browser")
    assert "The login failed" in Person().refuse(running.page).text
    output = running.end(4)
    assert "refused in the browser" in output
    assert "access_denied" in output
    assert not (cxcall.folder / "state" / "credentials.json").exists()


def test_unknown_client_ends_the_login(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start(), "nobody"), "--no-browser")
    reply = requests.get(running.page, timeout=WAIT)
    assert reply.status_code == 400  # reported on the page: the browser does not return
    running.process.send_signal(signal.SIGINT)
    running.end(130)


@contextmanager
def waiting(cxcall: Cxcall, start: Start) -> Iterator[tuple[Running, str]]:
    """Run a login until it waits; yields it with its redirect address."""
    running = Running(at(cxcall, start()), "--no-browser")
    yield running, running.asked["redirect_uri"]
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


@pytest.mark.parametrize("state", ["another", "", None])
def test_redirect_with_wrong_state_does_not_end_the_login(
    cxcall: Cxcall, start: Start, state: str | None
) -> None:
    with waiting(cxcall, start) as (running, back):
        parameters = {"code": "c0de-of-somebody", **({} if state is None else {"state": state})}
        reply = requests.get(f"{back}/?{urlencode(parameters)}", timeout=WAIT)
        assert reply.status_code == 404
        assert "login" not in reply.text
        Person().log_in(running.page)
        assert "c0de-of-somebody" not in running.end(0)


def test_invalid_code_is_refused(cxcall: Cxcall, start: Start) -> None:
    with waiting(cxcall, start) as (running, back):
        parameters = urlencode({"code": "c0de-of-nobody", "state": running.asked["state"]})
        requests.get(f"{back}/?{parameters}", timeout=WAIT)
        output = running.end(4)
        assert "c0de-of-nobody" not in output
        assert "the login is no longer valid" in output


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"error": "server_error", "error_description": "oops\x1b[2J"}, "oops"),
        ({"error": "unauthorized_client"}, "grant type"),
        ({"error": "made_up"}, "made_up"),
        ({}, "has no authorization code"),
    ],
)
def test_error_in_redirect_is_reported(
    cxcall: Cxcall, start: Start, parameters: dict[str, str], words: str
) -> None:
    with waiting(cxcall, start) as (running, back):
        requests.get(
            f"{back}/?{urlencode({**parameters, 'state': running.asked['state']})}", timeout=WAIT
        )
        output = running.end(4)
        assert words in output
        assert "\x1b" not in output


def test_unrelated_requests_do_not_end_the_login(cxcall: Cxcall, start: Start) -> None:
    with waiting(cxcall, start) as (running, back):
        for path in ("/favicon.ico", "/", "/else?code=1&state=2", "/?x=y"):
            assert requests.get(f"{back}{path}", timeout=WAIT).status_code == 404
        strange = {"Host": "rebound.example"}
        assert requests.get(f"{back}/?code=1", headers=strange, timeout=WAIT).status_code == 404
        assert requests.post(f"{back}/?code=1", timeout=WAIT).status_code == 501
        with socket.create_connection(("127.0.0.1", urlsplit(back).port or 0)) as strange_target:
            strange_target.sendall(b"GET http://[::1/?code=1 HTTP/1.1\r\n\r\n")
            assert b" 404 " in strange_target.recv(100)
        Person().log_in(running.page)
        running.end(0)


def test_redirect_on_a_connection_that_is_reset_ends_the_login(
    capfd: pytest.CaptureFixture[str],
) -> None:
    browser = socket.socket()
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def reset(query: str) -> str:
        browser.close()
        return query

    with RedirectServer(0, reset) as server:
        address = urlsplit(server.redirect_uri)
        browser.connect(("127.0.0.1", address.port))
        browser.sendall(f"GET /?code=1 HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        assert server.wait(5) == "code=1"
    assert capfd.readouterr().err == ""


def test_idle_browser_connection_does_not_block_the_login(cxcall: Cxcall, start: Start) -> None:
    with (
        waiting(cxcall, start) as (running, back),
        socket.create_connection(("127.0.0.1", urlsplit(back).port or 0)),
    ):
        Person().log_in(running.page)
        running.end(0)
