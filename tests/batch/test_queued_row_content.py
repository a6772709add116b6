"""A worker sends the confirmed request to the host and with the guards of its batch, or sends nothing."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxcall.batch.input.rows import Row
from cxcall.batch.queue import worker_batches
from cxcall.batch.queue.worker_batches import Destination, Destinations, rebuild_row, row_content
from cxcall.batch.rate_limiter import Rate, RateLimiter
from cxcall.batch.row_checks import CheckedRow
from cxcall.batch.skip_reasons import SkipReason
from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Excerpt
from cxcall.ledger.postgres.queued_rows import QueuedBatch, QueuedRow
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request
from cxcall.settings.settings import Settings, load_settings
from cxcall.settings.sources import Setting
from cxcall.settings.stricter_guards import guards_of, with_stricter_guards
from helpers.calling_api import document, wrap

NUMBER = "+493012345678"
VALUES = {"line": "1", "to": NUMBER, "X-Callee": NUMBER}
BODY = {"note": "hello", "whom": NUMBER}
HERE = "http://127.0.0.1:9"
ALWAYS, NEVER = "00:00-23:59:59", "00:00-00:00:01"


@pytest.fixture
def operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """Return an operation with parameters in path, query, and headers."""
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"CXCALL_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    Path("own.json").write_text(json.dumps(document("3.1.0")), "utf-8")
    return load_operation("callPerson", "own.json")


def settings_of(operation: Operation, **values: str) -> Settings:
    """Return the settings of a machine."""
    loaded = load_settings({"base_url": HERE, "contract": "own.json"}, operation.contract)
    changed = {"access_token": "a-token-of-this-test", **values}
    return loaded.with_values(**{name: Setting(text, "test") for name, text in changed.items()})


def queue_row(operation: Operation, **changes: Any) -> QueuedRow:
    """Return a row from the queue, with changed members of its content."""
    settings, payload = settings_of(operation), Payload(BODY)
    request = build_request(operation, VALUES, payload, settings)
    checked = CheckedRow(
        Row(1, Excerpt("rows.csv", 2, 1, ""), payload, VALUES), request, (), VALUES
    )
    content = json.loads(json.dumps(row_content(checked, request, "Ada")))
    return QueuedRow("B1", 1, {**content, **changes})


def test_worker_rebuilds_the_request_that_was_agreed_to(operation: Operation) -> None:
    checked = rebuild_row(queue_row(operation), operation, settings_of(operation), force=False)
    agreed = build_request(operation, VALUES, Payload(BODY), settings_of(operation))
    assert checked.request is not None
    assert checked.request.request == agreed.request
    assert checked.skip is None


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {**BODY, "whom": "+493012345679"}},
        {"body": None},
        {"values": {**VALUES, "line": "2"}},
        {"values": {**VALUES, "to": "+493012345679"}},
        {"values": {**VALUES, "X-Callee": "+493012345679"}},
    ],
    ids=["body", "no body", "path", "query", "header"],
)
def test_worker_does_not_send_another_request(
    operation: Operation, changes: dict[str, Any]
) -> None:
    row = queue_row(operation, **changes)
    checked = rebuild_row(row, operation, settings_of(operation), force=True)
    assert checked.request is None
    assert [each.code for each in checked.findings] == ["request-changed"]


def test_worker_with_another_host_does_not_send_the_request(operation: Operation) -> None:
    other = settings_of(operation, base_url="http://127.0.0.1:10")
    checked = rebuild_row(queue_row(operation), operation, other, force=True)
    assert checked.request is None
    assert [each.code for each in checked.findings] == ["request-changed"]


def test_worker_applies_its_own_do_not_call_list(operation: Operation) -> None:
    Path("dnc.txt").write_text(f"{NUMBER}\n", "utf-8")
    own = settings_of(operation, do_not_call="dnc.txt")
    checked = rebuild_row(queue_row(operation), operation, own, force=True)
    assert checked.skip is SkipReason.DO_NOT_CALL


@pytest.mark.slow
@pytest.mark.parametrize("risks", [(True, False), (False, True)])
def test_row_is_guarded_if_either_machine_knows_that_it_may_place_a_call(
    tmp_path: Path, operation: Operation, risks: tuple[bool, bool]
) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    found = []
    for each in risks:
        bell = {"operationId": "addBell", "requestBody": body, "x-cxcall-rings": each}
        declared = {**bell, "responses": {"200": {"description": "-"}}}
        file = tmp_path / f"{each}.json"
        file.write_text(json.dumps(wrap("3.1.0", {"/bells": {"post": declared}})), "utf-8")
        found.append(load_operation("addBell", str(file)))
    assert tuple(each.can_place_call for each in found) == risks
    Path("dnc.txt").write_text(f"{NUMBER}\n", "utf-8")
    own = settings_of(operation, do_not_call="dnc.txt")
    checked = rebuild_row(queue_row(found[0]), found[1], own, force=True)
    assert checked.skip is SkipReason.DO_NOT_CALL


def open_batch(
    operation: Operation, own: Settings, batch: QueuedBatch, rate: Rate | None = None
) -> tuple[list[Destination], list[str]]:
    """Return the batch that a worker opens, and its message on a batch that it refuses."""
    queue: Any = SimpleNamespace(open_batches=lambda: [batch])
    ledger: Any = SimpleNamespace(shared_pace=lambda _subject: None)
    refusals: list[str] = []
    found = Destinations(queue, ledger, lambda _batch: (operation, own), rate, refusals.append)
    found.open()
    return found.open(), refusals


def queued(guards: dict[str, str], **changes: Any) -> QueuedBatch:
    options = {
        "rate": "20/m",
        "force": False,
        "again": False,
        "waits_for_hours": False,
        "guards": guards,
    }
    return QueuedBatch("B1", "default", "callPerson", HERE, options)._replace(**changes)


def test_worker_opens_only_batches_for_its_profile_and_host(operation: Operation) -> None:
    own = settings_of(operation)
    guards = guards_of(own)
    assert len(open_batch(operation, own, queued(guards))[0]) == 1
    for changes in ({"target": "http://127.0.0.1:10"}, {"profile": "other"}):
        opened, refusals = open_batch(operation, own, queued(guards, **changes))
        assert opened == []
        assert len(refusals) == 1


@pytest.mark.parametrize(
    ("own_hours", "agreed_hours", "is_held"),
    [(ALWAYS, ALWAYS, False), (NEVER, ALWAYS, True), (ALWAYS, NEVER, True)],
)
def test_worker_applies_the_stricter_guards(
    operation: Operation, own_hours: str, agreed_hours: str, *, is_held: bool
) -> None:
    own = settings_of(operation, hours=own_hours, hours_policy="enforce")
    guards = {**guards_of(own), "hours": agreed_hours}
    [opened], _ = open_batch(operation, own, queued(guards))
    skip = opened.check(queue_row(operation)).skip
    assert (skip is SkipReason.OUTSIDE_HOURS) is is_held


def test_stricter_hours_keep_their_seconds(operation: Operation) -> None:
    own = settings_of(operation, hours="08:00:30-21:00", hours_policy="enforce")
    guards = {**guards_of(own), "hours": "08:00-21:00"}
    assert with_stricter_guards(own, guards, "batch B1").hours == "08:00:30-21:00"


@pytest.mark.parametrize(("rate", "slower"), [("10/m", "10/m"), ("30/m", "20/m"), ("", "20/m")])
def test_worker_keeps_the_slower_rate(
    operation: Operation, monkeypatch: pytest.MonkeyPatch, rate: str, slower: str
) -> None:
    rates: list[str] = []

    def new_limiter(_ledger: object, chosen: Rate, _settings: object) -> RateLimiter:
        rates.append(str(chosen))
        return RateLimiter(chosen, 60)

    monkeypatch.setattr(worker_batches, "open_rate_limiter", new_limiter)
    own = settings_of(operation)
    open_batch(operation, own, queued(guards_of(own)), Rate.parse(rate) if rate else None)
    assert rates == [slower]
