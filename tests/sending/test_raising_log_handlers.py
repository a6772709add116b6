"""What a handler of the logger `cxcall.delivery` raises changes no result: neither its outcome nor its record."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, InterruptedDelivery, Outcome
from helpers.command import CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

OPERATION = "personal-connection"
BODY = {"contactId": CONTACT, "reasonCode": "r1"}


class Raising(logging.Handler):
    """A handler that raises an exception at a step."""

    step = ""
    error: type[BaseException] = RuntimeError

    def emit(self, record: logging.LogRecord) -> None:
        """Raise at the step."""
        if record.getMessage() == self.step:
            raise self.error("a fault of the handler")


@pytest.fixture
def handler() -> Iterator[Raising]:
    """Add the handler to the logger during a test."""
    logger, handler = logging.getLogger("cxcall.delivery"), Raising()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def platform(cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Run a platform that accepts everything, and set its address in this process."""
    with Platform(lambda _body, _count: Reply(201, {"id": "e-1"})) as platform:
        address = {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": "x"}
        for name, value in (cxcall.environment | address).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(cxcall.folder)
        yield platform


@pytest.mark.parametrize(
    ("step", "error"),
    [("attempt", RuntimeError), ("end", RuntimeError), ("end", KeyboardInterrupt)],
)
def test_accepted_request_is_recorded_as_accepted(
    platform: Platform, cxcall: Cxcall, handler: Raising, step: str, error: type[BaseException]
) -> None:
    handler.step, handler.error = step, error
    with Client() as client, pytest.raises(InterruptedDelivery) as interrupt:
        client.send(OPERATION, BODY, yes=True)
    delivery = interrupt.value.delivery
    assert (delivery.outcome, delivery.engagement_id) == (Outcome.ACCEPTED, "e-1")
    assert delivery.attempts == platform.rung == 1
    assert "accepted" in cxcall("history", "show", delivery.id, code=0).out


def test_nothing_is_sent_if_the_handler_raises_before(platform: Platform, handler: Raising) -> None:
    handler.step = "start"
    with Client() as client, pytest.raises(RuntimeError, match="a fault of the handler"):
        client.send(OPERATION, BODY, yes=True)
    assert platform.rung == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", ["attempt", "end"])
def test_rows_of_a_batch_are_accepted(platform: Platform, handler: Raising, step: str) -> None:
    handler.step = step
    rows: list[dict[str, Any]] = [{**BODY, "reasonCode": f"r{number}"} for number in range(3)]
    with Client() as client, client.batch(OPERATION, rows, confirm=3) as batch:
        assert [row.outcome for row in batch] == [Outcome.ACCEPTED] * 3
    assert (batch.stop_reason, platform.rung) == ("", 3)
