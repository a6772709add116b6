"""The response to a load confirms its contacts; rows without confirmation are unknown."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from helpers.campaign_loads import LIST_ID, Dialer, lines, load, rows
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import psycopg

    from helpers.command import Cxcall
    from helpers.postgres import PostgresServer


OTHER_NUMBER = "+12025550198"
NOTE_UNKNOWN_ROWS = (
    "CREATE TABLE public.noted (count bigint)",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.noted SELECT count(*) FROM cxcall.unsent WHERE row = 3 AND reason = 'outcome-unknown';
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER note BEFORE INSERT ON cxcall.event FOR EACH ROW WHEN (NEW.outcome = 'accepted')
        EXECUTE FUNCTION note()""",
)
"""Statements that make PostgreSQL note how often row 3 is unknown when an accepted request is recorded."""


@pytest.mark.slow
def test_contacts_that_the_response_does_not_have_are_named_and_unknown(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file(
        "leads.csv", rows(4) + "+13035559999,Lost\n" + rows(2, 100).partition("\n")[2]
    )
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        ran = load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9)
        results, totals = lines(ran)
        assert [(each["data"].get("rows"), each["outcome"]) for each in results] == [
            ("1-4,6-7", "accepted"),
            ("5", "unknown"),
        ]
        assert "does not list the contacts of row 5" in results[1]["findings"][0]["message"]
        assert totals["data"]["outcomes"] == {"accepted": 6, "unknown": 1}
        assert "unknown: row 5: check which of them are in the list" in ran.err
        resumed = load(cxcall, file, LIST_ID, "--yes", "--resume", "-o", "jsonl", code=9)
        assert sorted(dialer.loaded) == sorted(set(dialer.loaded))
    results, totals = lines(resumed)
    assert [(each["data"].get("rows"), each["outcome"]) for each in results] == [
        ("1-4,6-7", "accepted"),
        ("5", "unknown"),
    ]
    assert totals["data"]["outcomes"] == {"accepted": 6, "unknown": 1}
    assert totals["data"]["unknown"] == [{"row": 5, "deliveryId": None}]
    report = cxcall("batch", "report", "--format", "jsonl", code=0)
    outcomes = {each["row"]: each["outcome"] for each in map(json.loads, report.out.splitlines())}
    assert outcomes == {row: "unknown" if row == 5 else "accepted" for row in range(1, 8)}
    check_history_says_that_a_row_is_unknown(cxcall)


def check_history_says_that_a_row_is_unknown(cxcall: Cxcall) -> None:
    """Check that the only request was accepted, and that one of its rows is not certain."""
    (line,) = cxcall("history", "list", "-o", "jsonl", code=0).out.splitlines()
    delivery = json.loads(line)
    assert (delivery["outcome"], delivery["unknownRows"]) == ("accepted", 1)
    assert "accepted, 1 row unknown" in cxcall("history", "list", code=0).out
    shown = cxcall("history", "show", delivery["id"], code=0).out
    assert "1 of 7 rows are unknown: the response does not list them" in shown
    (exported,) = csv.DictReader(cxcall("history", "export", "--format", "csv").out.splitlines())
    assert exported["unknownRows"] == "1"


@contextmanager
def changed_ledger(
    cxcall: Cxcall, url: str, statements: Iterable[str]
) -> Iterator[psycopg.Connection]:
    """Give the command a ledger in PostgreSQL, change its tables, and return a connection to it."""
    import psycopg

    cxcall.environment["CXCALL_LEDGER"] = url
    cxcall("history", "list", code=0)  # it creates the tables
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection


@pytest.mark.slow
def test_unknown_row_is_recorded_before_its_request_is_accepted(
    cxcall: Cxcall, postgres_url: str
) -> None:
    """A process that is killed in between leaves no row that counts as accepted."""
    dialer = Dialer()
    with changed_ledger(cxcall, postgres_url, NOTE_UNKNOWN_ROWS) as connection:
        file = cxcall.file("leads.csv", rows(2) + "+13035559999,Lost\n")
        with Platform(dialer.answer, reads=dialer.read) as platform:
            cxcall.environment |= platform.environment
            load(cxcall, file, LIST_ID, "--yes", code=9)
        assert connection.execute(b"SELECT count FROM public.noted").fetchall() == [(1,)]
        unsent = b"SELECT count(*) FROM cxcall.unsent WHERE row = 3"
        assert connection.execute(unsent).fetchall() == [(2,)]  # the row, and its person


REFUSE_UNKNOWN_ROWS = (
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
    "CREATE TRIGGER refuse BEFORE INSERT ON cxcall.unsent FOR EACH ROW EXECUTE FUNCTION refuse()",
)
"""Statements that make PostgreSQL refuse the record of a row that a response does not list."""


@pytest.mark.slow
def test_rows_stay_unknown_if_those_without_confirmation_cannot_be_recorded(
    cxcall: Cxcall, postgres_url: str
) -> None:
    dialer = Dialer()
    with changed_ledger(cxcall, postgres_url, REFUSE_UNKNOWN_ROWS) as connection:
        file = cxcall.file("leads.csv", rows(2) + "+13035559999,Lost\n")
        with Platform(dialer.answer, reads=dialer.read) as platform:
            cxcall.environment |= platform.environment
            (result,), totals = lines(load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9))
            assert totals["data"]["outcomes"] == {"unknown": 3}
            unrecorded, unlisted = (each["message"] for each in result["findings"])
            assert "the rows that the response does not list were not recorded" in unrecorded
            assert "does not list the contacts of row 3" in unlisted
            connection.execute(b"DROP TRIGGER refuse ON cxcall.unsent")
            resumed = load(cxcall, file, LIST_ID, "--yes", "--resume", "-o", "jsonl", code=9)
    assert lines(resumed)[1]["data"]["outcomes"] == {"unknown": 3}
    assert len(dialer.loaded) == 3


@pytest.mark.slow
def test_outage_of_the_ledger_loses_no_response_that_does_not_list_every_contact(
    cxcall: Cxcall, postgres_url: str, postgres_server: PostgresServer
) -> None:
    """The database accepts no connection when the response arrives, and accepts them again a second later."""
    import psycopg

    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    dialer = Dialer()
    name = urlsplit(postgres_url).path[1:]
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

    def run(statement: str) -> None:
        with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def answer(body: Any, count: int) -> Reply:
        run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        run(end)
        Timer(1, run, [f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true']).start()
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", rows(2) + "+13035559999,Lost\n")
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        ran = load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9)
    assert lines(ran)[1]["data"]["outcomes"] == {"accepted": 2, "unknown": 1}
    assert listed(cxcall)[0]["outcomes"] == {"accepted": 2, "unknown": 1}


@pytest.mark.slow
def test_unknown_rows_of_a_load_are_not_loaded_by_another_until_resolved(cxcall: Cxcall) -> None:
    with Platform(lambda _body, _count: Reply(200, {}), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = load(
            cxcall, cxcall.file("leads.csv", rows(2)), LIST_ID, "--yes", "-o", "jsonl", code=9
        )
        assert lines(ran)[1]["data"]["outcomes"] == {"unknown": 2}
        other = cxcall.file("other.csv", rows(2) + "+13035550101,Ana\n")
        platform.answer = Dialer().answer
        ran = load(cxcall, other, LIST_ID, "--yes", "-o", "jsonl", code=9)
        assert lines(ran)[1]["data"]["outcomes"] == {"accepted": 1, "unknown": 2}
        unresolved = cxcall("history", "list", "--unresolved", "-o", "jsonl", code=0)
        (delivery,) = map(json.loads, unresolved.out.splitlines())
        assert delivery["outcome"] == "unknown"
        assert listed(cxcall)[1]["outcomes"] == {"unknown": 2}
        cxcall("history", "resolve", delivery["id"], "--placed", code=0)
        load(cxcall, "leads.csv", LIST_ID, "--yes", "--resume", code=0)
        load(cxcall, other, LIST_ID, "--yes", "--resume", code=0)
        assert platform.rung == 2


@pytest.mark.slow
def test_lost_response_to_a_load_asks_whether_its_contacts_are_in_the_list(cxcall: Cxcall) -> None:
    """No call was placed yet, so `--not-placed` would add and call the contacts twice."""
    file = cxcall.file("leads.csv", rows(2))
    with Platform(lambda *_: Reply(0), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        shown = [
            load(cxcall, file, LIST_ID, "--yes", code=9).err,
            load(cxcall, file, LIST_ID, "--yes", "--resume", code=9).err,
            load(cxcall, file, LIST_ID, "--yes", code=7).err,
            cxcall("explain", "--last", code=3).out,
        ]
    for text in (" ".join(each.split()) for each in shown):
        assert "find out whether its contacts are in the list, then `cxcall history res" in text
        assert "if any of them is" in text
        assert "call was placed" not in text
        assert "a call may" not in text


def listed(cxcall: Cxcall) -> list[Any]:
    """Return the batches that `batch list` prints, newest first."""
    batches = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    return [*batches]


@pytest.mark.slow
def test_unconfirmed_contact_is_unknown_in_every_view_and_in_another_file(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(2) + "+13035559999,Lost\n")
    prune = ("history", "prune", "--older-than", "0s", "--yes")
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, file, LIST_ID, "--yes", code=9)
        cxcall(*prune, code=0)
        assert [each["outcomes"] for each in listed(cxcall)] == [{"accepted": 2, "unknown": 1}]
        assert [each["unsent"] for each in listed(cxcall)] == [0]
        other = cxcall.file("other.csv", "Phone,Name\n3035559999,Lost\n+13035550001,P1\n")
        ran = load(cxcall, other, LIST_ID, "--yes", "-o", "jsonl", code=9)
        results, totals = lines(ran)
        assert {each["data"]["rows"]: each["outcome"] for each in results} == {
            "1": "unknown",
            "2": "accepted",
        }
        assert totals["data"]["outcomes"] == {"accepted": 1, "unknown": 1}
        assert dialer.loaded == ["P0", "P1", "Lost"]


@pytest.mark.slow
def test_one_of_two_contacts_with_the_same_cells_confirms_one_row(cxcall: Cxcall) -> None:
    contact = {"contactListId": LIST_ID, "data": {"Phone": "+13035550101", "Name": "Ana"}}
    contacts = ({**contact, "callable": each} for each in (True, False))
    file = cxcall.file("leads.jsonl", "".join(f"{json.dumps(each)}\n" for each in contacts))
    with Platform(lambda body, _: Reply(200, body[:1]), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = load(cxcall, file, LIST_ID, "--again", "--yes", "-o", "jsonl", code=9)
    assert platform.rung == 1
    assert lines(ran)[1]["data"]["outcomes"] == {"accepted": 1, "unknown": 1}


def shouted(contacts: list[Any]) -> list[Any]:
    """Return contacts as a platform that changes their names, and has no other member."""
    data = [{**each["data"], "Name": each["data"]["Name"].upper() + "!"} for each in contacts]
    return [{"id": str(place), "data": each} for place, each in enumerate(data)]


def spelled(contacts: list[Any]) -> list[Any]:
    """Return contacts as a platform that has only their numbers, in another spelling."""
    numbers = [each["data"]["Phone"] for each in contacts]
    return [{"id": each, "data": {"Phone": f"({each[2:5]}) {each[5:]}"}} for each in numbers]


def replaced(data: Any) -> Callable[[list[Any]], list[Any]]:
    """Return a platform that returns other data for the second contact."""
    return lambda sent: [{**sent[0], "id": "1"}, {"id": "2", "data": data}, *sent[2:]]


RESPONSES: list[tuple[Callable[[list[Any]], Any], str]] = [
    (lambda _: None, "???"),
    (lambda _: [], "???"),
    (lambda _: {"contacts": []}, "???"),
    (lambda _: ["x"], "???"),
    (lambda sent: [{**sent[0], "id": "1"}] * len(sent), "+??"),
    (shouted, "+++"),
    (spelled, "+++"),
    *(
        (replaced(data), "+?+")
        for data in (
            {},
            None,
            {"Name": "", "Phone": ""},
            "x",
            {"Name": "Zed", "Phone": OTHER_NUMBER},
        )
    ),
]
"""Responses to a request of three contacts, and which of its rows each confirms (`+`) or leaves unknown (`?`)."""


def test_row_is_confirmed_by_its_own_contact_alone(cxcall: Cxcall) -> None:
    """The requests of one load have three rows each, because `priority` differs from one to the next."""
    lines = rows(3 * len(RESPONSES)).splitlines()
    priority = ("true", "false")
    table = [f"{line},{priority[place // 3 % 2]}" for place, line in enumerate(lines[1:])]
    file = cxcall.file("leads.csv", "\n".join((f"{lines[0]},priority", *table, "")))

    def answer(sent: Any, _count: int) -> Reply:
        assert len(sent) == 3
        respond, _ = RESPONSES[int(sent[0]["data"]["Name"][1:]) // 3]
        return Reply(200, respond(sent))

    with Platform(answer, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, file, LIST_ID, "--yes", "--max-failures", "100%", code=9)
        assert platform.rung == len(RESPONSES)
    report = cxcall("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    outcomes = {each["row"]: each["outcome"] for each in map(json.loads, report)}
    signs = {"accepted": "+", "unknown": "?"}
    found = "".join(signs[outcomes[row]] for row in range(1, len(table) + 1))
    assert found == "".join(expected for _, expected in RESPONSES)
