"""Nobody is called more often than `--max-attempts` allows, whatever request the call comes from."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_catalog
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.calls_to_people import TooManyCallsError
from cxcall.ledger.ledger import Ledger
from cxcall.payloads.payload import Payload
from cxcall.phone.call_limit import CallLimit
from cxcall.sending.numbers_in_request import DialedNumber
from cxcall.sending.people_in_request import find_people, find_possible_people, marked_ids
from helpers.calling_api import posting
from helpers.cases import each_case
from helpers.command import CAMPAIGN
from helpers.ledger_process import intent
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

NUMBER = "+12025550101"
EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def execute(cxcall: Cxcall, contact_id: str, number: str, *flags: str, code: int = 0) -> str:
    """Call a contact with the campaign's operation, and return what the command printed on stderr."""
    names = (CAMPAIGN, "--contact-id", contact_id, "--phone-number", number)
    return cxcall("execute", *names, "--yes", *flags, code=code).err


@each_case("text", ["0/day", "3", "3/month", "-1/day", "3 per day", "1.5/day", "9999999/day", ""])
def test_invalid_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a number of calls"):
        CallLimit.parse(text)


@each_case(
    "limit, other, expected",
    [
        ("2/day", "3/day", True),
        ("3/day", "3/day", True),
        ("4/day", "3/day", False),
        ("3/week", "3/day", True),
        ("1/hour", "3/day", False),
    ],
)
def test_limit_is_within_another_if_it_never_allows_more(
    limit: str, other: str, *, expected: bool
) -> None:
    assert CallLimit.parse(limit).is_within(CallLimit.parse(other)) is expected


def test_person_is_called_as_often_as_allowed_and_not_again(live: Cxcall, sandbox: Sandbox) -> None:
    execute(live, contact(1), NUMBER)
    execute(live, contact(2), NUMBER, "--max-attempts", "2/day")  # the first call also counts
    shown = execute(
        live, contact(3), NUMBER, "--max-attempts", "2/day", "--again", "--force", code=7
    )
    assert "max-attempts" in shown
    assert "called 2 times already, and the limit is 2/day" in shown
    assert NUMBER not in shown
    execute(live, contact(3), "+12025550102", "--max-attempts", "2/day")
    assert len(sandbox.rings) == 3


@pytest.mark.slow
def test_number_with_decimals_is_the_same_person(live: Cxcall, sandbox: Sandbox) -> None:
    words = ("callback", "--queue", contact(1), "--yes", "--max-attempts", "1/day", "--to")
    live(*words, NUMBER, code=0)
    live(*words, f"{NUMBER}.0", code=7)
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_contact_without_a_number_counts_by_its_id(live: Cxcall, sandbox: Sandbox) -> None:
    def connect(reason: str, code: int = 0) -> None:
        names = ("--contact-id", contact(1), "--reason-code", reason, "--max-attempts", "1/week")
        live("personal-connection", *names, "--yes", code=code)

    connect("follow_up")
    connect("renewal", code=7)
    assert len(sandbox.rings) == 1


def own_words(cxcall: Cxcall, schema: dict[str, Any], place: str) -> tuple[str, ...]:
    """Write a document whose operation has the ID of a lead in its path or its body; return the command that calls one."""
    properties = {"note": {"type": "string"}, **({"lead": schema} if place == "body" else {})}
    parameter = {"name": "lead", "in": "path", "required": True, "schema": schema}
    if place == "path":
        path, parameters = "/leads/{lead}/dial", [parameter]
    else:
        path, parameters = "/dial", []
    document = posting("dialLead", properties, path, parameters=parameters)
    cxcall.file("own.json", json.dumps(document))
    lead = ("--param", "lead=4711") if place == "path" else ("--set", "/lead=4711")
    limit = ("--max-attempts", "1/day", "--yes")
    return ("send", "dialLead", "--contract", "own.json", *lead, *limit)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["path", "body"])
def test_marked_id_of_an_own_operation_counts(cxcall: Cxcall, place: str) -> None:
    words = own_words(cxcall, {"type": "integer", "x-cxcall-person": True}, place)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        assert "number-unchecked" in cxcall(*words, "--set", '/note="a"', code=0).err
        assert "max-attempts" in cxcall(*words, "--set", '/note="b"', code=7).err
    assert platform.rung == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "post-conversation-participant-replace-contact-external",
        "post-conversations-call-participant-consult-contact-external",
    ],
)
def test_transfers_to_an_external_contact_count(cxcall: Cxcall, name: str) -> None:
    id_ = contact(1)
    ids = (f"--param={each}Id={id_}" for each in ("conversation", "participant"))
    body = {"contactId": id_, "phoneType": "CellPhone", "speakTo": "DESTINATION"}
    words = ("send", name, *ids, "--file", cxcall.file("body.json", body))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        more = ("--force", "--again", "--max-attempts", "1/day", "--yes")
        cxcall(*words, *more, code=0)
        assert "max-attempts" in cxcall(*words, *more, code=7).err
    assert platform.rung == 1


@pytest.mark.slow
def test_limit_that_counts_nobody_is_a_warning(cxcall: Cxcall) -> None:
    words = (*own_words(cxcall, {"type": "integer"}, "body"), "-n", "-o", "json")
    assert cxcall(*words, "--strict").code == 3
    (found,) = cxcall(*words, code=0).envelope["findings"]
    assert (found["severity"], found["code"]) == ("warning", "number-unchecked")
    assert "`--max-attempts 1/day` was not applied" in found["why"]
    assert "`x-cxcall-person: true`" in found["fix"]


@pytest.mark.slow
def test_refused_calls_do_not_count(live: Cxcall) -> None:
    refused = "+12025550140"
    first = execute(live, contact(1), refused, "--max-attempts", "1/day", code=5)
    assert "max-attempts" not in first
    assert execute(live, contact(2), refused, "--max-attempts", "1/day", code=5) != ""


@pytest.mark.slow
def test_limit_holds_for_rows_of_one_batch_and_across_batches(
    live: Cxcall, sandbox: Sandbox
) -> None:
    rows = [f"{contact(index)},{NUMBER}" for index in range(1, 5)] + [f"{contact(9)},+12025550109"]
    file = live.file("calls.csv", "\n".join(["contact-id,phone-number", *rows]) + "\n")
    ran = live("batch", file, *EXECUTE, "--max-attempts", "2/day", "-o", "jsonl", code=0)
    *results, summary = map(json.loads, ran.out.splitlines())
    assert summary["data"]["skipped"] == {"max-attempts": 2}
    assert sorted(row["outcome"] for row in results) == ["accepted"] * 3 + ["skipped"] * 2
    more = live.file(
        "more.csv",
        f"contact-id,phone-number\n{contact(7)},(202) 555-0101\n{contact(8)},+12025550108\n",
    )
    ran = live(
        "batch",
        more,
        *EXECUTE,
        "--default-country",
        "US",
        "--max-attempts",
        "2/day",
        "-o",
        "jsonl",
        code=0,
    )
    assert json.loads(ran.out.splitlines()[-1])["data"]["skipped"] == {"max-attempts": 1}
    assert len(sandbox.rings) == 4


@pytest.mark.slow
def test_processes_that_call_at_once_do_not_exceed_the_limit(
    live: Cxcall, sandbox: Sandbox
) -> None:
    def call(index: int) -> int:
        names = (CAMPAIGN, "--contact-id", contact(index), "--phone-number", NUMBER)
        return live("execute", *names, "--yes", "--max-attempts", "3/hour").code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(call, range(8)))
    assert sorted(codes) == [0] * 3 + [7] * 5
    assert len(sandbox.rings) == 3


def test_ledger_holds_no_number(live: Cxcall) -> None:
    execute(live, contact(1), NUMBER)
    file = live.folder / "state" / "ledger.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT digest FROM person").fetchall()
        dump = "\n".join(database.iterdump())
    assert len(rows) == 2  # the number, and the contact
    assert NUMBER[1:] not in dump


def is_possible(first: str, second: str) -> bool:
    """Return whether a call to the second number may be to the person in the record of the first one."""
    operation = load_catalog().find_operation("execute")
    known, new = ([DialedNumber(number, "")] for number in (first, second))
    (recorded,) = find_people(operation, known, (), "https://api.example.com")
    (possible,) = find_possible_people(operation, new, (), "https://api.example.com")
    return recorded in possible


@pytest.mark.slow
@each_case(
    "spellings",
    [
        (
            "+12025550111",
            "12025550111",
            "2025550111",
            "(202) 555-0111",
            "0012025550111",
            "+1 202-555-0111",
            "tel:+12025550111",
            "01112025550111",
        ),
        ("+442079460123", "02079460123", "2079460123", "0044 20 7946 0123", "442079460123"),
        ("+33612345678", "0612345678", "06 12 34 56 78", "612345678", "0033612345678"),
        ("+919876543210", "9876543210", "09876543210"),
        ("+390612345678", "0612345678", "00390612345678", "390612345678", "+39 612345678"),
        ("+242061234567", "242061234567", "061234567", "+24261234567"),
        (
            "+5491123456789",
            "+54 11 15 2345 6789",
            "011 15-2345-6789",
            "1123456789",
            "5491123456789",
        ),
        ("+525512345678", "+52 1 55 1234 5678", "5512345678", "5215512345678"),
        ("+12025550111", '="+12025550111"', "'+12025550111", "12025550111.0", '="12025550111"'),
        ("+4512345678", "12345678", "4512345678"),
        ("+441142345678", "0114 234 5678", "1142345678", "00441142345678"),
        ("+79123456789", "8 (912) 345-67-89", "9123456789"),
        ("+36301234567", "06 30 123 4567", "301234567"),
    ],
)
def test_spellings_of_a_number_are_one_person(spellings: tuple[str, ...]) -> None:
    pairs = product(spellings, repeat=2)
    assert [pair for pair in pairs if not is_possible(*pair)] == []


def test_numbers_of_two_countries_are_two_people() -> None:
    assert not is_possible("+442079460123", "+12079460123")
    assert not is_possible("+12079460123", "+442079460123")
    assert not is_possible("+74512345678", "+4512345678")
    assert not is_possible("+71312345678", "+81312345678")
    assert not is_possible("+5491123456789", "+5491123456780")
    assert not is_possible("+525512345678", "+5511512345678")


@pytest.mark.slow
def test_limit_counts_calls_to_another_spelling(live: Cxcall, sandbox: Sandbox) -> None:
    execute(live, contact(1), "+442079460123")
    national = ("02079460123", "--force", "--max-attempts", "1/day")
    assert "called once already" in execute(live, contact(2), *national, code=7)
    assert len(sandbox.rings) == 1


def test_one_call_to_each_of_two_people_is_within_a_limit_of_two(tmp_path: Path) -> None:
    limit = CallLimit(2, 3600)
    with Ledger.open(tmp_path) as ledger:
        for name in "ab":
            ledger.begin(intent(name)._replace(people=(f"number {name}",)), 900, limit=limit)
        assert ledger.people.find_finding([("number a",), ("number b",)], limit) is None
        assert ledger.people.find_finding([("number b", "number a")], limit)
        both = intent("c")._replace(people=("number a", "number b"))
        ledger.begin(both, 900, limit=limit)


def test_limit_counts_the_lower_case_ids_of_older_records(tmp_path: Path) -> None:
    limit = CallLimit(1, 3600)
    with Ledger.open(tmp_path) as ledger:
        for name in ("loopback id 003aabcde", "id 003AabcDF"):
            ledger.begin(intent(name)._replace(people=(name,)), 900, limit=limit)
        assert ledger.people.find_finding([("loopback id 003AabcDE",)], limit)
        assert ledger.people.find_finding([("id 003AabcDF",)], limit)
        assert ledger.people.find_finding([("id 003aabcdf",)], limit) is None


def test_limit_holds_after_the_clock_is_set_forward(tmp_path: Path) -> None:
    limit, start = CallLimit(1, 86_400), datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    clock, uptime = [start], [100.0]
    with Ledger.open(
        tmp_path, now=lambda: clock[0], boot_clock=lambda: BootTime("boot", uptime[0])
    ) as ledger:
        delivery = ledger.begin(intent("a")._replace(people=("number 1",)), 900, limit=limit)
        ledger.record_outcome(delivery, Outcome.ACCEPTED)
        clock[0] += timedelta(days=10)
        uptime[0] += 60
        with pytest.raises(TooManyCallsError, match="called once already") as stopped:
            ledger.begin(intent("b")._replace(people=("number 1",)), 900, limit=limit)
        allowed = (clock[0] + timedelta(seconds=86_340)).astimezone()
        assert f"{allowed:%Y-%m-%d %H:%M}" in str(stopped.value.findings[0].fix)
        assert ledger.prune(clock[0]) == 0
        uptime[0] += 86_400
        ledger.begin(intent("b")._replace(people=("number 1",)), 900, limit=limit)


def test_id_of_a_person_counts_in_every_spelling() -> None:
    operation = load_catalog().find_operation("personal-connection")
    texts = (
        f"{blank}{each}"
        for blank in ("", " ", "\t")
        for each in (CAMPAIGN.lower(), CAMPAIGN.upper())
    )
    spellings = {
        find_people(
            operation,
            (),
            marked_ids(operation, {}, Payload({"contactId": text})),
            "https://api.example.com",
        )
        for text in texts
    }
    assert spellings == {(f"id {CAMPAIGN.lower()}",)}
