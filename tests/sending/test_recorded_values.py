"""The ledger's record of a delivery: no whole number, and the digest of identical requests."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.request_identity import older_digests
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request
from cxcall.sending.numbers_in_request import DialedNumber
from cxcall.sending.people_in_request import find_people
from cxcall.sending.request_sender import deliver
from helpers.calling_api import wrap
from helpers.command import CAMPAIGN, CONTACT, Cxcall
from helpers.deliveries import BODY, NUMBER, SECRET, Tokens, changed_plan, plan_to
from helpers.fault_server import FaultServer, answer
from helpers.platform_server import Platform, Reply

API = "https://api.example.com"
PLAN = plan_to(API)


def test_path_is_recorded_readable_and_without_a_number() -> None:
    url = f"{API}/calls/%2B12025550100/lines%20a?to=%2B12025550100"
    target = changed_plan(PLAN, request=PLAN.request._replace(url=url)).intent().target
    assert target == f"{API}/calls/+*******0100/lines a"


def test_records_of_0_2_0_are_compared_too() -> None:
    found = PLAN.intent().older_digests(())
    assert {*found} == {*older_digests((), "POST", PLAN.request.url, BODY)}


def test_only_calls_are_guarded_against_duplicates() -> None:
    assert not PLAN.intent().again
    assert PLAN._replace(again=True).intent().again
    assert changed_plan(PLAN, operation=load_operation("get-campaign")).intent().again


@pytest.mark.parametrize("status", [HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST])
def test_number_that_a_response_returns_is_masked_in_record_and_result(
    tmp_path: Path, status: HTTPStatus
) -> None:
    echoed = {"message": f"no line to {NUMBER}", "code": "no.line"}
    headers = {"ININ-Correlation-Id": f"c{NUMBER}"}
    if status == HTTPStatus.CREATED:
        headers["X-Call"] = NUMBER.removeprefix("+")
    with FaultServer((answer(status, headers, echoed),)) as server, Ledger.open(tmp_path) as ledger:
        plan = plan_to(server.base_url, engagement_id="header:X-Call")
        delivery = deliver(plan, ledger, Tokens())
        record = ledger.get(delivery.id)
    assert delivery.correlation_id
    assert bool(delivery.engagement_id) is (status == HTTPStatus.CREATED)
    assert bool(record.message) is (status == HTTPStatus.BAD_REQUEST)
    for shown in (record, delivery.engagement_id, delivery.correlation_id):
        assert NUMBER[-7:] not in repr(shown)


@pytest.mark.parametrize(
    "inside", [{"results": [{"success": False}]}, {"job": {"error": "no line"}}]
)
def test_failure_inside_an_accepted_response_is_a_warning(
    tmp_path: Path, inside: dict[str, Any]
) -> None:
    server = FaultServer((answer(HTTPStatus.CREATED, {"X-Call": "c-1"}, inside),))
    with server, Ledger.open(tmp_path) as ledger:
        delivery = deliver(
            plan_to(server.base_url, engagement_id="header:X-Call"), ledger, Tokens()
        )
    assert delivery.outcome == "accepted"
    assert [(each.code, each.severity) for each in delivery.findings] == [
        ("hidden-failure", "warning")
    ]


def test_no_repr_shows_a_number() -> None:
    body = {"contactId": "1", "phoneNumber": NUMBER}
    intent = changed_plan(PLAN, payload=Payload(body)).intent()
    built = build_request(PLAN.operation, {"campaignId": CAMPAIGN}, Payload(body), PLAN.settings)
    for shown in (Payload(body), intent, PLAN, built):
        assert NUMBER[-7:] not in repr(shown)


@pytest.mark.parametrize("place", ["header:X-Call", "location", "body:/call"])
@pytest.mark.parametrize("status", [HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST])
def test_secret_that_a_response_returns_is_masked(
    tmp_path: Path, status: HTTPStatus, place: str
) -> None:
    token = f"{SECRET}-0"
    is_accepted = status == HTTPStatus.CREATED
    echoed = {"message": f"bad {token}", "code": f"no.{token}", "contextId": token}
    headers = {"X-Call": token, "Location": f"/calls/{token}"} if is_accepted else {}
    echoed = {"call": token, "contextId": token} if is_accepted else echoed
    with FaultServer((answer(status, headers, echoed),)) as server, Ledger.open(tmp_path) as ledger:
        delivery = deliver(plan_to(server.base_url, engagement_id=place), ledger, Tokens())
        record = ledger.get(delivery.id)
    assert delivery.correlation_id
    assert bool(delivery.engagement_id) is is_accepted
    for shown in (record, delivery.engagement_id, delivery.correlation_id, delivery.findings):
        assert token not in repr(shown)
        assert SECRET not in repr(shown)


@pytest.mark.slow
def test_secret_in_the_path_is_sent_and_not_shown(cxcall: Cxcall) -> None:
    parameters = [{"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}]
    declared: dict[str, Any] = {"operationId": "makeCall", "parameters": parameters}
    declared["responses"] = {"200": {"description": "-"}}
    contract = cxcall.file("own.json", wrap("3.0.3", {"/lines/{token}/call": {"get": declared}}))
    words = ("send", "makeCall", "--contract", contract, "--token")
    with Platform(reads=lambda _path, _count: Reply(200, {"callId": "1"})) as platform:
        cxcall.environment |= platform.environment
        shown = cxcall(*words, "k/9", code=2).err
        for token, output in (("k/9", "text"), ("k8", "json")):
            done = cxcall(*words, token, "--yes", "-v", "-o", output, code=0)
            shown += done.out + done.err
        assert {*platform.seen} >= {"/lines/k%2F9/call", "/lines/k8/call"}
    shown += cxcall("history", "export", code=0).out
    assert shown.count("/lines/****/call") >= 5
    assert "/lines/k" not in shown


@pytest.mark.slow
def test_secret_parameters_are_not_shown_in_findings_and_echoes(cxcall: Cxcall) -> None:
    places = {"token": "path", "api_key": "query", "X-Auth-Token": "header"}
    secrets = {name: f"s3cr3t-{place}-9" for name, place in places.items()}
    text = {"type": "string", "maxLength": 20}
    parameters = [
        {"name": name, "in": place, "required": place == "path", "schema": text}
        for name, place in places.items()
    ]
    declared: dict[str, Any] = {"operationId": "makeCall", "parameters": parameters}
    declared["responses"] = {"200": {"description": "-"}}
    contract = cxcall.file("own.json", wrap("3.0.3", {"/lines/{token}/call": {"post": declared}}))
    words = ["send", "makeCall", "--contract", contract, "-v"]
    words += [each for pair in secrets.items() for each in ("--param", "=".join(pair))]
    body = {"message": f"bad {' '.join(secrets.values())}"}
    echoes = [Reply(each, body, {"X-Echo": secrets["token"]}) for each in (400, 400, 500, 503)]
    with Platform(lambda _body, _count: echoes.pop(0)) as platform:
        cxcall.environment |= platform.environment
        for output, code in (("text", 5), ("json", 5), ("text", 8), ("json", 8)):
            ran = cxcall(*words, "--yes", "--again", "-o", output, code=code)
            assert ran.out.count("bad **** **** ****") >= 1
            assert "s3cr3t" not in ran.out + ran.err
    assert "s3cr3t" not in cxcall("history", "export", code=0).out
    longer = [each if "=" not in each else f"{each}-{'s3cr3t' * 2}" for each in words]
    refused = cxcall(*longer, "-n", "-o", "json", code=3)
    assert len(refused.codes) == len(secrets)
    assert "s3cr3t" not in refused.out
    named = [each.replace(secrets["api_key"], "Token") for each in longer]
    named = [each.partition("-s3cr3t")[0] if "=Token" in each else each for each in named]
    assert "`X-Auth-Token` in the header" in cxcall(*named, "-n", code=3).err
    invalid = [each.replace("header-9", "header-\n") for each in words]
    assert "s3cr3t" not in cxcall(*invalid, "-n", code=2).err


def test_people_of_a_sandbox_are_others_and_a_read_has_none() -> None:
    operation = PLAN.operation
    numbers = [DialedNumber(NUMBER, "")]
    real, local = (find_people(operation, numbers, (), url) for url in (API, "http://127.0.0.1"))
    assert real
    assert not {*real} & {*local}
    assert find_people(load_operation("get-campaign"), numbers, (), API) == ()


@pytest.mark.slow
def test_the_ledger_keeps_the_dialed_number_and_nothing_of_a_text(live: Cxcall) -> None:
    note = "note=Ada Lovelace, pin zq4711, call +442079460958"
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550100")
    live(*words, "--data", note, "--yes", code=0)
    kept = live("history", "export", code=0).out
    assert "Lovelace" not in kept
    assert "zq4711" not in kept  # no digest has these letters
    assert "79460958" not in kept
    assert json.loads(kept)["numbers"] == ["+*******0100"]
