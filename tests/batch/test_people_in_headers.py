"""A header makes a request another one, unless it is of the exchange itself; an older record does not depend on headers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request
from cxcall.sending.send_plan import Plan
from helpers.calling_api import posting, wrap
from helpers.deliveries import plan_to
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cxcall.ledger.request_identity import Intent
    from helpers.command import Cxcall

NUMBERS = [f"+1202555010{row}" for row in range(3)]
MARKED = {"type": "string", "x-cxcall-person": True}
WORDS = ("--operation", "dial", "--contract", "own.json")


@pytest.fixture(autouse=True)
def document(cxcall: Cxcall) -> Path:
    """Write a document whose operation has no body, and its person only in a header."""
    text = {"type": "string"}
    headers = {"X-To": text, "X-Agent-Number": text, "X-Person": MARKED, "X-Request-Id": text}
    declared: dict[str, Any] = {"operationId": "dial", "security": [], "responses": {}}
    declared["parameters"] = [
        {"name": name, "in": "header", "schema": schema} for name, schema in headers.items()
    ]
    return cxcall.folder / cxcall.file("own.json", wrap("3.1.0", {"/dial": {"post": declared}}))


def test_each_person_in_a_header_is_called_once(cxcall: Cxcall) -> None:
    people = [*NUMBERS, NUMBERS[0]]
    cxcall.file(
        "calls.csv",
        "\n".join(("X-To,X-Request-Id", *(f"{each},{row}" for row, each in enumerate(people)))),
    )
    cxcall.file("dnc.txt", NUMBERS[1])
    shown = cxcall("batch", "calls.csv", *WORDS, "--dry-run", code=0)
    assert f"/dial, X-To: {NUMBERS[2]}, X-Request-Id: 2 (no body)" in shown.out
    assert "1 duplicate" in shown.err
    assert (
        "the same call again; headers of the exchange itself, such as `X-Request-Id`" in shown.err
    )
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall("batch", "calls.csv", *WORDS, "--do-not-call", "dnc.txt", "--confirm", "2", code=0)
        assert platform.rung == 2
        again = ("send", "dial", *WORDS[2:], "--x-request-id", "9", "--yes", "--x-to")
        assert "already-sent" in cxcall(*again, NUMBERS[2], code=7).err
        cxcall(*again, NUMBERS[1], code=0)
    assert platform.rung == 3


def header_digest(folder: Path, name: str, value: str) -> str:
    """Return the digest of a request with one header."""
    parameter = {"name": name, "in": "header", "schema": {"type": "string"}}
    declared = {"operationId": "call", "parameters": [parameter], "responses": {}}
    path = folder / "one.json"
    path.write_text(json.dumps(wrap("3.1.0", {"/call": {"post": declared}})), "utf-8")
    settings = plan_to("https://own.example").settings
    operation = load_operation("call", str(path))
    return Plan(build_request(operation, {name: value}, Payload(None), settings)).intent().digest


@pytest.mark.parametrize(
    "name",
    "X-Transaction-Id MessageId X-RequestID X-Correlation-Token x-fapi-interaction-id opc-retry-token"
    " sentry-trace X-Correlator X-Timestamp-Ms X-Ts X-Time X-Attempt X-Retry-Count X-Csrf-Token"
    " X-Api-Secret Ocp-Apim-Subscription-Key X-Sdk-Version X-Hub-Signature-256 X_Session_Id".split(),
)
def test_a_header_of_the_exchange_does_not_make_another_request(tmp_path: Path, name: str) -> None:
    values = "a-1", "a-2", "1764540000", "2025550140"
    assert len({header_digest(tmp_path, name, each) for each in values}) == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [(name, ("a-1", "a-2")) for name in ("X-Contact-Id", "X-Lead-Id", "X-Contact-Uuid", "X-Agent")]
    + [(name, ("a-1", "a-2")) for name in ("X-Contacts", "X-Account", "X-Candidate", "X-List")]
    + [("X-Callback-Request-Id", (NUMBERS[0], NUMBERS[1])), ("X-To", (NUMBERS[0], NUMBERS[1]))],
)
def test_a_header_that_may_name_a_person_makes_another_request(
    tmp_path: Path, name: str, values: tuple[str, str]
) -> None:
    one, other = (header_digest(tmp_path, name, each) for each in values)
    assert one != other


def test_a_transaction_with_another_id_is_not_sent_again(cxcall: Cxcall) -> None:
    parameters = [{"name": "X-Transaction-Id", "in": "header", "schema": {"type": "string"}}]
    cxcall.file("own.json", posting("dial", {"to": {"type": "string"}}, parameters=parameters))
    cxcall.file("calls.csv", f"/to,X-Transaction-Id\n{NUMBERS[0]},tx-3\n{NUMBERS[0]},tx-4\n")
    send = ("send", "dial", *WORDS[2:], "--set", f'/to="{NUMBERS[1]}"', "--yes")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall(*send, "--x-transaction-id", "tx-1", code=0)
        cxcall(*send, "--x-transaction-id", "tx-2", code=7)
        cxcall("batch", "calls.csv", *WORDS, "--confirm", "1")
    assert platform.rung == 2


def intent(document: Path, batch: str = "", row: int = 0, **values: str) -> Intent:
    operation = load_operation("dial", str(document))
    settings = plan_to("https://own.example").settings
    checked = build_request(
        operation,
        {name.replace("_", "-"): each for name, each in values.items()},
        Payload(None),
        settings,
    )
    return Plan(checked, batch=batch, row=row).intent()


@pytest.mark.parametrize("name", ["X_To", "X_Person"])
def test_an_older_record_of_another_person_is_of_another_request(
    tmp_path: Path, document: Path, name: str
) -> None:
    same, other = (
        intent(document, "b", row, **{name: each}) for row, each in enumerate(NUMBERS[:2])
    )
    (older,) = {*same.older_digests(())}
    assert {older} == {*other.older_digests(())}
    with Ledger.open(tmp_path / "ledger", now=lambda: datetime.now(UTC)) as ledger:
        sent = ledger.begin(same._replace(digest=older), 900)
        ledger.record_outcome(sent, Outcome.ACCEPTED)
        assert ledger.find_row(["b"], other) is None
        found = ledger.find_row(["b"], same)
        assert found is not None
        assert found.id == sent
        with pytest.raises(AlreadySentError):
            ledger.begin(same._replace(batch=""), 900)
        called = ledger.begin(other, 900)
        ledger.record_not_processed(called, 1, "429")
        ledger.record_attempt(called, 2)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """Open an empty ledger, in a file or in PostgreSQL."""
    is_file = request.param == "sqlite"
    with (
        Ledger.open(tmp_path / "ledger")
        if is_file
        else Ledger.open_shared(request.getfixturevalue("postgres_url"))
    ) as opened:
        yield opened


def test_an_older_record_is_of_the_same_request_if_it_called_all_people_in_the_headers(
    ledger: Ledger, document: Path
) -> None:
    agent, customer, other = NUMBERS
    sent = intent(document, X_Agent_Number="202-555-0100", X_To=customer)
    older = next(iter(sent.older_digests(())))
    ledger.record_outcome(ledger.begin(sent._replace(digest=older), 900), Outcome.UNKNOWN)
    with pytest.raises(AlreadySentError):
        ledger.begin(intent(document, X_Agent_Number=agent, X_To=customer), 900)
    ledger.begin(intent(document, X_Agent_Number=agent, X_To=other), 900)


def test_a_new_record_is_never_compared_by_an_older_digest(ledger: Ledger, document: Path) -> None:
    requests = [intent(document), *(intent(document, X_To=to) for to in (NUMBERS[0], "4711"))]
    for each in requests:
        ledger.record_outcome(ledger.begin(each, 900), Outcome.UNKNOWN)


def test_a_number_in_a_header_is_the_same_in_any_spelling(cxcall: Cxcall) -> None:
    numbers = ("+12025550100", "+1 (202) 555-0100", "+1-202.555.0100")
    rows = [*(f"{each},," for each in numbers), *(f",{each}," for each in ("Ab-1", "aB-1", "Ab-1"))]
    rows += [f",{each}," for each in ("+12025550103", "+1 202 555 0103")]
    rows += [f"{NUMBERS[1]} ext {each},," for each in (5, 6, 5)]
    rows += [f"{each},," for each in ("030 1234567", "030 7654321", "030 1234567")]
    cxcall.file("calls.csv", "\n".join(("X-To,X-Person,X-Request-Id", *rows)))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for each, code in (("+12025550100", 0), ("+1 202 555 0100", 7)):
            cxcall("send", "dial", *WORDS[2:], "--x-to", each, "--yes", code=code)
        cxcall("batch", "calls.csv", *WORDS, "--confirm", "8")
    assert platform.rung == 8
