"""Machines that share a ledger share the slots and the pauses of each rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.postgres import PostgresServer


def test_machines_share_the_slots_of_one_rate_limit(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as here, Ledger.open_shared(postgres_url) as there:
        paces = [
            here.shared_pace("client"),
            there.shared_pace("client"),
            there.shared_pace("other"),
        ]
        first, second, other = (pace for pace in paces if pace)
        waits = [pace.reserve(1000.0) for pace in (first, second, first, other)]
        assert [round(wait, -2) for wait in waits] == [0, 1000, 2000, 0]
        assert not second.is_paused()
        first.pause(5000.0)
        assert second.is_paused()
        assert not other.is_paused()
        assert round(second.reserve(1000.0), -2) == 5000
        for pace in (first, second, other):
            pace.close()


def test_ledger_of_one_machine_has_no_shared_slots(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        assert ledger.shared_pace("client") is None


@pytest.mark.slow
def test_pause_of_all_machines_is_not_read_from_a_lost_server(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        pace = ledger.shared_pace("client")
        assert pace is not None
        pace.pause(5000.0)
        postgres_server.stop()
        try:
            assert (
                not pace.is_paused()
            )  # a batch goes on to the next slot, which waits for the server
        finally:
            postgres_server.start()
        pace.pause(5000.0)  # the first one was not yet on the disk
        assert pace.is_paused()
        pace.close()
