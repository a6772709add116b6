"""Only a sandbox needs no consent, and only a server on this machine can be a sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.findings.errors import CredentialsError, StoppedError, UsageError
from cxcall.sending.confirmation_prompt import (
    ask_consent,
    ask_count,
    ask_yes,
    is_sandbox,
    needs_consent,
)
from cxcall.sending.send_plan import Plan
from cxcall.settings.sources import Setting
from cxcall.transport import exchange
from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse
from helpers.cases import each_case
from helpers.deliveries import changed_plan, plan_to, request_with_parameters


def settle(monkeypatch: pytest.MonkeyPatch, body: bytes) -> list[str]:
    """Make every server respond with a body; return the URLs that are requested from now on."""
    asked: list[str] = []

    def respond(request: HttpRequest, **_: Any) -> Exchange:
        asked.append(request.url)
        return Exchange(request, HttpResponse(200, "", {}, body), may_be_sent=True)

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


def plan_with_token(base_url: str) -> Plan:
    """Return a plan whose settings have a token: without credentials, nobody is asked."""
    plan = plan_to(base_url)
    token = {"access_token": Setting("t", "test")}
    return changed_plan(plan, settings=plan.settings.with_values(**token))


def sandbox() -> Plan:
    """Return a plan for the embedded sandbox."""
    plan = plan_to("http://127.0.0.1:9")
    plan.settings.is_embedded = True
    return plan


def consent(plan: Plan, *, yes: bool, answer: bool | None) -> list[str]:
    """Ask for a call; `answer` is None without a terminal. Return the questions."""
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return bool(answer)

    ask_yes(
        plan.operation,
        plan.settings,
        "a real call",
        "Send?",
        "why",
        yes=yes,
        ask=None if answer is None else ask,
    )
    return asked


def test_call_needs_the_flag_or_a_person_who_agrees() -> None:
    plan = plan_with_token("https://api.example.com")
    assert consent(plan, yes=True, answer=False) == consent(plan, yes=True, answer=None) == []
    assert consent(plan, yes=False, answer=True) == ["Send?"]
    with pytest.raises(StoppedError, match="declined"):
        consent(plan, yes=False, answer=False)
    with pytest.raises(UsageError, match="--yes"):
        consent(plan, yes=False, answer=None)
    assert consent(sandbox(), yes=False, answer=None) == []


def count(
    plan: Plan, number: int, *, confirmed: int | None = None, answer: str | None = None
) -> int:
    """Ask for some calls; `answer` is None without a terminal. Return how often a person was asked."""
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answer or ""

    ask_count(
        plan.operation,
        plan.settings,
        number,
        confirmed=confirmed,
        is_resumed=False,
        ask=None if answer is None else ask,
    )
    return len(asked)


@each_case(
    "names_people, question",
    [
        (True, "This may place 3 real calls: execute, "),
        (False, "This may place real calls: 3 requests, execute, "),
    ],
)
def test_question_counts_calls_only_if_each_request_names_a_person(
    *, names_people: bool, question: str
) -> None:
    plan, asked = plan_with_token("https://api.example.com"), list[str]()

    def ask(text: str) -> str:
        asked.append(text)
        return "3"

    ask_count(
        plan.operation,
        plan.settings,
        3,
        confirmed=None,
        names_people=names_people,
        is_resumed=False,
        ask=ask,
    )
    assert len(asked) == 1
    assert asked[0].startswith(question)


def test_nobody_is_asked_without_credentials() -> None:
    plan = plan_to("https://api.example.com")
    with pytest.raises(CredentialsError, match="no credentials"):
        consent(plan, yes=False, answer=True)
    with pytest.raises(CredentialsError, match="no credentials"):
        count(plan, 2, answer="2")
    assert consent(plan, yes=True, answer=None) == []  # the request for a token says so


def test_calls_need_their_exact_number() -> None:
    plan = plan_with_token("https://api.example.com")
    assert count(plan, 30, confirmed=30) == 0
    assert count(plan, 30, answer=" 30\n") == 1
    assert count(plan, 0) == count(sandbox(), 30) == 0
    for answer in ("3", "31", "4", "", "yes", "30.0", "030"):
        with pytest.raises(StoppedError, match="not 30"):
            count(plan, 30, answer=answer)
    for confirmed in (0, 3, 29, 31):
        for other in (plan, sandbox()):
            with pytest.raises(UsageError, match="30 requests would be sent"):
                count(other, 30, confirmed=confirmed, answer="30")
    with pytest.raises(UsageError, match="--confirm 30"):
        count(plan, 30)
    with pytest.raises(UsageError, match="1 request would be sent"):
        count(plan, 1, confirmed=2)


def test_question_has_all_parameters() -> None:
    with_parameters = request_with_parameters()
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    ask_consent(with_parameters, ask=ask)
    assert (
        "real calls: dial, POST /dial?note=now&api_key=****, X-Contact-Id: CONTACT-1, X-Api-Key: ****, Cookie: ****,"
        in asked[0]
    )
    with pytest.raises(UsageError) as raised:
        ask_consent(with_parameters, ask=None)
    assert "X-Contact-Id: CONTACT-1" in raised.value.findings[0].why
    assert "SECRET" not in raised.value.findings[0].why
