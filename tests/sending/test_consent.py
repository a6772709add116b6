"""Consent is not needed for a sandbox alone, and only a server of this machine can be one."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.sending.consent import is_sandbox, needs_consent
from cxcall.transport import exchange
from cxcall.transport.messages import Exchange, HttpRequest, HttpResponse
from helpers.deliveries import plan_to


def settle(monkeypatch: pytest.MonkeyPatch, body: bytes) -> list[str]:
    """Let every server respond with a body; return the URLs that are asked from here on."""
    asked: list[str] = []

    def respond(request: HttpRequest, **_: Any) -> Exchange:
        asked.append(request.url)
        return Exchange(request, HttpResponse(200, "", {}, body), left=True)

    monkeypatch.setattr(exchange, "exchange", respond)
    return asked


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b'{"sandbox": true}', True),
        (b'{"sandbox": "false"}', False),
        (b'{"sandbox": 1}', False),
        (b'[{"sandbox": true}]', False),
        (b"true", False),
        (b"", False),
    ],
)
def test_server_of_this_machine_must_say_that_it_is_a_sandbox(
    monkeypatch: pytest.MonkeyPatch, body: bytes, *, is_one: bool
) -> None:
    settle(monkeypatch, body)
    plan = plan_to("http://127.0.0.1:9")
    assert is_sandbox(plan.settings) is is_one
    assert needs_consent(plan.operation, plan.settings) is not is_one


def test_server_elsewhere_is_never_a_sandbox_whatever_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = settle(monkeypatch, b'{"sandbox": true}')
    plan = plan_to("https://api.example.com")
    assert not is_sandbox(plan.settings)
    assert needs_consent(plan.operation, plan.settings)
    assert asked == []
