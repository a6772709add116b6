"""The page of the sandbox in a real browser: its lists, its controls, and what it refuses to load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cxcall.cli.commands.sandbox import new_explainer
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.chromium import Browser, needs_axe, needs_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/api/v2/engagements/outbound/personal-connections"
CONTACT = "12345678-1234-1234-1234-123456789012"
HOSTILE = "<img src=x onerror=document.title=1><script>document.title=2</script>"
TEXTS = "[...document.querySelectorAll('#requests li:not([hidden]) button')].map((each) => each.textContent.trim())"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def watched() -> Iterator[Sandbox]:
    """Return a sandbox that explains its requests."""
    contracts = load_shipped_contracts()
    with start_sandbox(contracts, explain=new_explainer(contracts)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(window: Browser) -> Browser:
    """Return a browser without the requests and the errors of another test."""
    window.urls.clear()
    window.complaints.clear()
    return window


def post(sandbox: Sandbox, body: Any, path: str = PATH, **headers: str) -> None:
    """Send a request with a token."""
    token = {"Authorization": f"Bearer {sandbox.new_user_token()}"}
    requests.post(sandbox.base_url + path, json=body, headers={**token, **headers}, timeout=10)


def fill(sandbox: Sandbox) -> None:
    """Send a request that places a call, one with an invalid hostile body, and one to a hostile path."""
    requests.delete(f"{sandbox.base_url}/sandbox/requests", timeout=10)
    post(sandbox, {"contactId": CONTACT, "reasonCode": "first"})
    post(sandbox, {"contactID": CONTACT, "reasonCode": HOSTILE}, **{"X-Note": HOSTILE})
    post(sandbox, {}, f"/api/v2/none?q={HOSTILE}&access_token=hush-hush-4711")


@needs_chromium
def test_page_lists_requests_live_and_shows_them_as_text(
    watched: Sandbox, browser: Browser
) -> None:
    requests.delete(f"{watched.base_url}/sandbox/requests", timeout=10)
    browser.show(1200, "light")
    browser.open(f"{watched.base_url}/")
    browser.wait_for("document.getElementById('state').textContent === 'live'")
    assert f"CXCALL_BASE_URL={watched.base_url}" in browser.evaluate(
        "document.getElementById('empty').innerText"
    )
    fill(watched)
    listed = browser.wait_for(TEXTS, lambda found: len(found) == 3)  # no reload
    assert "404" in listed[0]
    assert listed[2].endswith("personal-connection call placed")
    browser.wait_for("document.getElementById('count-placed').textContent === '1'")

    browser.press("ArrowDown")
    browser.press("ArrowDown")
    browser.wait_for("document.getElementById('content').innerText.includes('contactID')")
    shown = browser.evaluate("document.getElementById('content').innerText")
    assert "rename contactID to contactId" in shown
    assert shown.count(HOSTILE) >= 2  # in the header and in the body, as text
    assert "Bearer ***" in shown or "Bearer *" in shown
    assert 'header = "Authorization: Bearer $CXCALL_ACCESS_TOKEN"' in shown
    assert (
        browser.evaluate("document.querySelectorAll('#content img, #content script').length") == 0
    )
    browser.press("ArrowUp")
    browser.wait_for("document.getElementById('content').innerText.includes('/api/v2/none')")
    assert "hush-hush-4711" not in browser.evaluate("document.body.innerText")
    assert browser.evaluate("document.title") == "cxcall sandbox"
    browser.wait_for("document.getElementById('events').childElementCount >= 1")

    browser.press("/")
    # Not a number, because a random correlation ID may contain one.
    browser.evaluate("document.execCommand('insertText', false, 'refused /none')")
    browser.wait_for(TEXTS, lambda found: len(found) == 1)
    browser.evaluate(
        "document.getElementById('find').value = ''; document.getElementById('verdict').value = 'call placed'; document.getElementById('verdict').dispatchEvent(new Event('input'))"
    )
    browser.wait_for(TEXTS, lambda found: len(found) == 1)
    browser.press("Escape")
    browser.wait_for("document.getElementById('content').hidden")
    browser.evaluate("document.getElementById('clear').click()")
    browser.wait_for("!document.getElementById('empty').hidden")
    assert watched.received == []
    assert browser.complaints == []
    assert all(url.startswith((f"{watched.base_url}/", "data:")) for url in browser.urls)


@needs_chromium
def test_policy_stops_other_scripts_and_hosts(watched: Sandbox, browser: Browser) -> None:
    browser.open(f"{watched.base_url}/")
    injected = "const made = document.createElement('script'); made.textContent = 'document.title = 1'; document.body.append(made)"
    browser.evaluate(injected)
    asked = "fetch('http://localhost:9/').then(() => 'loaded', () => 'blocked')"
    assert browser.evaluate(asked) == "blocked"
    assert browser.evaluate("document.title") == "cxcall sandbox"
    assert all("Content Security Policy" in each for each in browser.complaints)
    assert len(browser.complaints) >= 2


@needs_chromium
@needs_axe
def test_page_is_accessible_in_both_schemes_and_at_400_pixels(
    watched: Sandbox, browser: Browser
) -> None:
    fill(watched)
    browser.open(f"{watched.base_url}/")
    browser.wait_for(TEXTS, lambda found: len(found) == 3)
    for width, scheme in ((1200, "light"), (400, "dark")):
        browser.show(width, scheme)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.find_axe_violations() == []
        browser.evaluate("document.querySelectorAll('#requests button')[1].click()")
        browser.wait_for("!document.getElementById('content').hidden")
        assert browser.find_axe_violations() == []
        browser.press("Escape")
    assert json.dumps(browser.complaints) == "[]"
