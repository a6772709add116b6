"""A sandbox's reports about itself: requests, details, and outcomes of calls; and who can read them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.http_messages import is_allowed_host
from cxcall.sandbox.server import Sandbox, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/api/v2/engagements/outbound/personal-connections"
CONTACT = "12345678-1234-1234-1234-123456789012"


class Clock:
    """A clock that a test controls."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asked(clock: Clock) -> Iterator[Sandbox]:
    """Return a sandbox that got a call, and refused two requests."""
    with start_sandbox(load_shipped_contracts(), clock=clock) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.new_user_token()}", "X-Api-Key": "hush-4711"}
        for body in ({"contactId": CONTACT, "reasonCode": "x"}, {"contactId": 1}):
            requests.post(sandbox.base_url + PATH, json=body, headers=headers, timeout=10)
        requests.get(f"{sandbox.base_url}/api/v2/none?access_token=hush-4711", timeout=10)
        yield sandbox


def get(sandbox: Sandbox, path: str, **headers: str) -> Any:
    return requests.get(sandbox.base_url + path, headers=headers, timeout=10)


def test_requests_are_selected_by_number(asked: Sandbox) -> None:
    def numbers(query: str) -> list[int]:
        found = get(asked, f"/sandbox/requests?{query}").json()["requests"]
        return [each["number"] for each in found]

    assert numbers("") == [1, 2, 3]
    assert numbers("after=1&limit=1") == [3]
    found = get(asked, "/sandbox/requests").json()
    assert (found["accepted"], found["rings"], found["last"]) == (1, 1, 3)
    assert found["requests"][0]["verdict"] == "call placed"


def test_detail_has_the_messages_with_secrets_masked(asked: Sandbox) -> None:
    first = get(asked, "/sandbox/requests/1").json()
    assert json.loads(first["body"]) == {"contactId": CONTACT, "reasonCode": "x"}
    assert first["engagementId"] in first["response"]
    assert first["curl"].startswith(f"curl --include --request POST {asked.base_url}{PATH}")
    assert "$CXCALL_ACCESS_TOKEN" in first["curl"]
    texts = [get(asked, f"/sandbox/requests/{number}").text for number in (1, 2, 3)]
    assert not any("hush-4711" in text for text in texts)
    assert not any(token in text for text in texts for token in asked._app.tokens._issued)  # noqa: SLF001 - the secrets
    assert get(asked, "/sandbox/requests/4").status_code == 404


def test_token_request_without_its_body_is_not_explained() -> None:
    with start_sandbox(load_shipped_contracts(), explain=lambda *_: [{"code": "wrong"}]) as sandbox:
        form = {"grant_type": "client_credentials"}
        requests.post(sandbox.token_url, data=form, auth=("other", "hush-4711"), timeout=10)
        shown = get(sandbox, "/sandbox/requests/1").json()
    assert shown["verdict"] == "refused"
    assert (shown["body"], shown["findings"], shown["curl"]) == ("", [], "")


def test_each_call_has_one_outcome_a_moment_later(asked: Sandbox, clock: Clock) -> None:
    assert get(asked, "/sandbox/events").text == ""
    clock.now += 5
    asked._on_tick()  # noqa: SLF001 - what the loop of the server does
    (line,) = get(asked, "/sandbox/events").text.splitlines()
    event = json.loads(line)
    assert event["engagementId"] == asked.rings[0].engagement_id
    assert (event["id"], event["type"], event["outcome"]) == (1, "call.outcome", "connected")
    assert get(asked, "/sandbox/events?after=1").text == ""


def test_only_browsers_get_the_page_at_the_root(asked: Sandbox) -> None:
    page = get(asked, "/", Accept="text/html,*/*;q=0.8")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.text.startswith("<!doctype html>")
    assert get(asked, "/").status_code == 404
    assert [entry.path for entry in asked.received][3:] == ["/"]  # only the other one is logged


def test_other_sites_cannot_delete_requests(asked: Sandbox) -> None:
    url = f"{asked.base_url}/sandbox/requests"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[oops"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert requests.delete(url, headers=headers, timeout=10).status_code == 403, headers
    assert len(asked.received) == 3
    assert not {name for name in get(asked, "/sandbox").headers if name.startswith("Access-")}
    own = {"Origin": asked.base_url, "Sec-Fetch-Site": "same-origin"}
    assert requests.delete(url, headers=own, timeout=10).status_code == 204
    assert asked.received == []


def test_hosts_beyond_loopback_are_accepted_only_where_the_sandbox_listens_there() -> None:
    closed = partial(is_allowed_host, address="127.0.0.1")
    opened = partial(is_allowed_host, address="0.0.0.0")
    everywhere = ["", "localhost", "LOCALHOST:80", "127.0.0.1:80", "[::1]:80"]
    beyond = ["10.1.2.3:80", "[fd00::1]", "sandbox:8080"]
    nowhere = [
        "evil.example",
        "127.0.0.1.evil.example:80",
        "localhost.evil.example",
        "[::1",
        "sandbox.ci.example",
    ]
    assert all(map(closed, everywhere))
    assert all(map(opened, [*everywhere, *beyond]))
    assert not any(map(closed, [*beyond, *nowhere]))
    assert not any(map(opened, nowhere))
    assert is_allowed_host("10.1.2.3:80", "10.1.2.3")
