"""A ledger that fails during a delivery: nothing is sent without a record."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from helpers import fault_server as fault
from helpers.deliveries import NUMBER, Tokens, changed_plan, limited, plan_to
from helpers.fault_server import Fault, FaultServer, refused

pytestmark = pytest.mark.usefixtures("_plain_environment")


def break_ledger(folder: Path) -> None:
    """Remove the ledger's files, so that later writes are lost."""
    for file in folder.glob("ledger.*"):
        file.unlink()


@pytest.mark.parametrize(
    ("fault_", "outcome"),
    [
        (fault.accept, Outcome.ACCEPTED),
        (fault.reset_after_body, Outcome.UNKNOWN),
        (refused(400), Outcome.REFUSED),
    ],
)
def test_ledger_failure_after_sending_does_not_hide_the_outcome(
    ledger: Ledger, tmp_path: Path, fault_: Fault, outcome: Outcome
) -> None:
    broken = fault.but(fault_, lambda _peer: break_ledger(tmp_path / "state"))
    with FaultServer((broken,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert delivery.outcome is outcome
    last = delivery.findings[-1]
    assert (last.severity, last.code) == (Severity.WARNING, "ledger")
    assert delivery.id in last.fix


def test_ledger_failure_between_attempts_prevents_the_retry(ledger: Ledger, tmp_path: Path) -> None:
    with FaultServer((limited("1"), fault.accept)) as server:
        delivery = deliver(
            plan_to(server.base_url),
            ledger,
            Tokens(),
            SendHooks(sleep=lambda _: break_ledger(tmp_path / "state")),
        )
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.UNDELIVERED)
    assert (server.whole, server.rung) == (1, 0)
    assert [found.code for found in delivery.findings] == ["rate-limited", "ledger", "ledger"]


def test_nothing_is_sent_when_the_ledger_cannot_be_written(ledger: Ledger, tmp_path: Path) -> None:
    break_ledger(tmp_path / "state")
    with FaultServer((fault.accept,)) as server, pytest.raises(LedgerError):
        deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.connections == 0


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from helpers.deliveries import Tokens, plan_to
from cxcall.sending.request_sender import deliver
from cxcall.ledger.ledger import Ledger
with Ledger.open(Path(sys.argv[2])) as ledger:
    deliver(plan_to(sys.argv[1]), ledger, Tokens())
"""


@pytest.mark.slow
def test_killed_process_leaves_the_delivery_unknown(ledger: Ledger, tmp_path: Path) -> None:
    arrived = threading.Event()
    silent = fault.but(fault.never_answer, lambda _peer: arrived.set())
    with FaultServer((silent, fault.accept)) as server:
        here = str(Path(__file__).parents[1])
        started = subprocess.Popen(
            [sys.executable, "-c", KILLED, server.base_url, str(tmp_path / "state"), here]
        )
        try:
            assert arrived.wait(30)
        finally:
            started.kill()
            started.wait(30)
        record = ledger.last()
        assert record is not None
        assert record.outcome is Outcome.UNKNOWN
        with pytest.raises(AlreadySentError):
            deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.rung == 1


def test_ledger_keeps_neither_numbers_nor_the_query(ledger: Ledger) -> None:
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        url = f"{server.base_url}/numbers/{NUMBER.replace('+', '%2B')}?key=secret"
        delivery = deliver(
            changed_plan(plan, request=plan.request._replace(url=url)), ledger, Tokens()
        )
    record = ledger.get(delivery.id)
    assert "2025550100" not in record.target
    assert "secret" not in record.target
    assert record.numbers == ("+*******0100",)
