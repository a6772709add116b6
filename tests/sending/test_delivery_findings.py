"""The findings on a delivery name the cause that the response or the connection shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from cxcall.settings.sources import Layer, Setting
from helpers.deliveries import ROWS, Tokens, plan_to
from helpers.fault_server import FaultServer

if TYPE_CHECKING:
    from pathlib import Path

FINDINGS = {
    "201": [],
    "204": [("engagement-id-missing", "has no engagement ID")],
    "201, a gzip bomb": [("not-provable", "came with a body that is far longer")],
    "200, success false": [("hidden-failure", "`success` is false")],
    "201, failed and yet an ID": [
        ("outcome-unknown", "its body reports a failure"),
        ("hidden-failure", "`success` is false"),
    ],
    "200, a web page": [("outcome-unknown", "HTTP 200 and a web page")],
    "cut in the body": [("outcome-unknown", "no complete response from")],
    "300": [("outcome-unknown", "responded with HTTP 300;")],
    "301": [("host-unknown", "a redirect to")],
    "400": [("not-provable", "refused the request with HTTP 400")],
    "401 always": [("token-expired", "HTTP 401")],
    "403": [("permission-missing", "HTTP 403")],
    "429 always": [("rate-limited", "asks to wait 5 s")],
    "429 always, no wait named": [("rate-limited", "accepts no requests for now")],
    "503 with Retry-After": [("undelivered", "asks to wait 5 s")],
}


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_name_the_cause(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    hooks = SendHooks(on_wait=lambda *_: None, sleep=lambda _: None)
    with FaultServer(row.faults) as server, Ledger.open(tmp_path / "state") as ledger:
        delivery = deliver(plan_to(server.base_url, timeout=row.timeout), ledger, Tokens(), hooks)
    expected = FINDINGS[name]
    assert [finding.code for finding in delivery.findings] == [code for code, _ in expected]
    for finding, (_, words) in zip(delivery.findings, expected, strict=True):
        assert words in finding.message


@pytest.mark.parametrize(
    ("most", "limit"),
    [
        (60.0, "it was sent 3 times"),
        (4.0, "cxcall waits at most 4 s by itself (`CXCALL_MAX_WAIT`)"),
    ],
)
def test_refusal_for_a_rate_limit_says_why_it_ended_and_when_to_run_again(
    tmp_path: Path, most: float, limit: str
) -> None:
    row = ROWS["429 always"]
    hooks = SendHooks(on_wait=lambda *_: None, sleep=lambda _: None)
    with FaultServer(row.faults) as server, Ledger.open(tmp_path / "state") as ledger:
        plan = plan_to(server.base_url)
        settings = plan.settings.with_values(max_wait=Setting(f"{most}", "--x", Layer.FLAGS))
        checked = plan.checked._replace(settings=settings)
        delivery = deliver(plan._replace(checked=checked), ledger, Tokens(), hooks)
    assert delivery.findings[0].fix == f"{limit}; run it again in 5 s"
