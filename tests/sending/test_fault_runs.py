"""Seeded sequences of faults and interrupts with two senders: no request places a call twice.

CI runs a sample. The whole run takes some minutes on four cores:
`CXCALL_FAULT_RUNS=10000 python -m pytest -n auto tests/test_fault_runs.py`
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from helpers import fault_server as fault
from helpers.deliveries import ROWS, Tokens, plan_to
from helpers.fault_server import FaultServer

if TYPE_CHECKING:
    from pathlib import Path

RUNS = int(os.environ.get("CXCALL_FAULT_RUNS", "48"))
IN_ONE = 12
SLOW = {
    fault.never_answer,
    fault.byte_by_byte,
    fault.interim_alone,
    fault.endless_headers,
    fault.bomb,
    fault.big,
}
FAULTS = [each for row in ROWS.values() for each in row.faults if each not in SLOW]


class Sender:
    """The sending part of one process: its own connection to the shared ledger, and interrupts."""

    def __init__(self, folder: Path, base_url: str, random: Random) -> None:
        self.folder, self.base_url = folder, base_url
        self.waits_left = random.choice([0, 1, 99, 99])
        self.times = random.randrange(1, 4)

    def sleep(self, _seconds: float) -> None:
        """Return at once, or interrupt after some waits."""
        self.waits_left -= 1
        if self.waits_left < 0:
            raise KeyboardInterrupt

    def __call__(self) -> list[Delivery]:
        """Send the same request again and again."""
        deliveries = []
        with Ledger.open(self.folder) as ledger:
            for _ in range(self.times):
                with suppress(AlreadySentError):
                    plan = plan_to(self.base_url, timeout=10.0)
                    deliveries.append(deliver(plan, ledger, Tokens(), SendHooks(sleep=self.sleep)))
        return deliveries


def check_run(random: Random, folder: Path) -> None:
    faults = tuple(random.choices(FAULTS, k=random.randrange(1, 7)))
    with FaultServer((*faults, fault.accept)) as server:
        senders = [Sender(folder, server.base_url, random) for _ in range(random.randrange(1, 3))]
        with ThreadPoolExecutor(2) as threads:
            result = [
                each
                for results in threads.map(lambda sender: sender(), senders)
                for each in results
            ]
    assert server.rung <= 1
    outcomes = [delivery.outcome for delivery in result]
    assert outcomes.count(Outcome.ACCEPTED) <= 1
    if server.rung:
        assert {Outcome.ACCEPTED, Outcome.UNKNOWN} & set(outcomes)
    if Outcome.ACCEPTED in outcomes:
        assert server.rung == 1
    with Ledger.open(folder) as ledger:
        assert {record.id: record.outcome for record in ledger.records()} == {
            delivery.id: delivery.outcome for delivery in result
        }


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, RUNS // IN_ONE))]
)
def test_no_sequence_of_faults_places_a_call_twice(seed: int, tmp_path: Path) -> None:
    for number in range(seed * IN_ONE, (seed + 1) * IN_ONE):
        try:
            check_run(Random(number), tmp_path / str(number))
        except (AssertionError, CxcallError) as error:
            raise AssertionError(f"run {number}") from error
