"""The result of a delivery: identifiers, the cause of a refusal, and how to resolve it."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.sending.request_sender import deliver
from helpers import fault_server as fault
from helpers.deliveries import NUMBER, Tokens, plan_to
from helpers.fault_server import Fault, FaultServer, answer, refused

pytestmark = pytest.mark.usefixtures("_plain_environment")


def test_engagement_header_of_the_user_comes_first(ledger: Ledger) -> None:
    with FaultServer((answer(201, {**fault.IDS, "X-Mine": "mine"}),)) as server:
        plan = plan_to(server.base_url, engagement_id="header:x-mine")
        delivery = deliver(plan, ledger, Tokens())
    assert (delivery.engagement_id, delivery.engagement_id_source) == ("mine", "header:x-mine")


@pytest.mark.parametrize(
    ("headers", "body", "source"),
    [
        ({"engagement-id": "i7"}, {"engagementId": "b", "id": "c"}, "header:Engagement-Id"),
        ({}, {"engagementId": "i7", "id": "c"}, "body:/engagementId"),
        ({"Location": "/x/l"}, {"engagementId": True, "id": "i7"}, "body:/id"),
        ({"X-Engagement-Id": " "}, {"engagementId": "", "id": "i7"}, "body:/id"),
        ({"X-Engagement-Id": "x" * 300}, {"engagementId": {"id": 1}, "id": "i7"}, "body:/id"),
        ({"Location": "https://elsewhere.invalid/things/i7/?q=1"}, [1], "location"),
    ],
)
def test_engagement_id_is_found_in_each_declared_place(
    ledger: Ledger, headers: dict[str, str], body: Any, source: str
) -> None:
    with FaultServer((answer(201, headers, body),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.engagement_id, delivery.engagement_id_source) == ("i7", source)


def test_correlation_id_is_read_from_headers_or_body(ledger: Ledger) -> None:
    newer = {"ININ-Correlation-Id": "old", "Genesys-Correlation-Id": "new"}
    faults = (refused(400, newer), refused(400, {}, {"contextId": "body"}), refused(400))
    with FaultServer(faults) as server:
        plan = plan_to(server.base_url)
        found = [deliver(plan, ledger, Tokens()).correlation_id for _ in faults]
    assert found == ["new", "body", None]


REFUSALS: dict[str, tuple[Fault, list[str], list[str]]] = {
    "fields": (
        refused(400, {}, {"message": "bad", "code": "invalid.value", "details": [{"errorCode": "x", "fieldName": "contactId"}, "y"]}),
        ["value-not-allowed"],  # one cause, one finding, at the field that the API names
        ["the API says: bad (invalid.value)"],
    ),
    "user context": (refused(400, {}, {"code": "not.a.user"}), ["token-user-context"], ["not.a.user"]),
    "no page": (refused(404), ["not-found", "path-unpublished"], ["POST /api/v2/outbound/campaigns/{campaignId}/start"]),
    "no method": (refused(405), ["method-unpublished", "path-unpublished"], []),
    "permission": (refused(403, {}, {"message": "missing [x]", "code": "missing.permissions"}), ["permission-missing"], ["missing [x]", "scope"]),
    "a number in it": (refused(400, {}, {"message": f"bad number {NUMBER}"}), ["not-provable"], ["+*******0100"]),
    "a limit": (refused(400, {}, {"message": "m", "limit": {"key": "k", "value": 3}}), ["not-provable"], ["limit `k` is 3"]),
    "nothing but a reason phrase": (refused(400), ["not-provable"], ["the API says: Because"]),
    "a list": (refused(400, {}, [1, 2]), ["not-provable"], ["the API says: Because"]),
    "nonsense": (refused(400, {}, {"message": {"a": 1}, "details": 7, "code": []}), ["not-provable"], []),
    "a redirect": (refused(307, {"Location": "https://u:p@other.invalid/x?token=abc"}), ["host-unknown"], ["a redirect to `https://other.invalid/x`"]),
    "a redirect to an invalid address": (refused(307, {"Location": "https://[x/y"}), ["host-unknown"], ["without a valid address"]),
    "a redirect to a page of the host": (refused(301, {"Location": "/login"}), ["host-unknown"], ["a redirect to `/login`"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_names_the_cause_of_the_platform(ledger: Ledger, name: str) -> None:
    refusal, codes, words = REFUSALS[name]
    with FaultServer((refusal,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert [finding.code for finding in delivery.findings] == codes
    text = "\n".join(f"{found.message} {found.why} {found.fix}" for found in delivery.findings)
    for word in words:
        assert word in text
    assert NUMBER not in text
    assert "abc" not in text
    assert "u:p" not in text


def test_unknown_outcome_says_how_to_resolve_it(ledger: Ledger) -> None:
    with FaultServer((answer(500, {}, {"message": "oops"}),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    found = delivery.findings[0]
    assert found.code == "outcome-unknown"
    assert "the call may have been placed" in found.message
    assert "HTTP 500" in found.message
    assert "oops" in found.message
    assert f"`cxcall history resolve {delivery.id} --placed`" in found.fix
