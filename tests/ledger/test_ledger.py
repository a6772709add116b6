"""The ledger keeps every delivery that may have placed a call: after kills, in races, on a full disk."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.duplicates import AlreadySentError, InFlightError
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.record_fields import record_fields
from cxcall.ledger.records import MAX_NOTE_LENGTH, Intent, Record, UnsentRow
from cxcall.ledger.request_digest import intent_digest
from cxcall.ledger.schema import SCHEMA_VERSION, UPGRADES
from cxcall.ledger.sqlite import sqlite_database as database
from helpers.command import Cxcall, Running
from helpers.ledger_process import ENDS, intent, open_ledger
from helpers.work import examples

PROCESS = Path(__file__).parents[1] / "helpers" / "ledger_process.py"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = 900.0
DAY = 86400
KILLS = int(os.environ.get("CXCALL_LEDGER_KILLS", "4"))
"""How often two recording processes are killed."""


class Clock:
    """A clock that the test controls."""

    def __init__(self) -> None:
        self.time, self.uptime = START, 100.0

    def __call__(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Move forward, or set the clock back; the time since the machine started only grows."""
        self.time += timedelta(seconds=seconds)
        self.uptime += max(seconds, 0.0)

    def boot_time(self) -> BootTime:
        """Return the time since the machine started."""
        return BootTime("boot", self.uptime)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def file_book(folder: Path, clock: Clock) -> Iterator[Ledger]:
    """Return an empty ledger in a file."""
    with Ledger.open(folder, now=clock, boot_clock=clock.boot_time) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
def book(request: pytest.FixtureRequest, folder: Path, clock: Clock) -> Iterator[Ledger]:
    """Return an empty ledger in a file, and one in a database that machines share."""
    if request.param == "sqlite":
        opened = Ledger.open(folder, now=clock, boot_clock=clock.boot_time)
    else:
        url = request.getfixturevalue("postgres_url")
        opened = Ledger.open_shared(url, now=clock, boot_clock=clock.boot_time)
    with opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the place of a new ledger: a folder, or a database."""
    return str(folder if request.param == "sqlite" else request.getfixturevalue("postgres_url"))


def start_process(*args: object) -> Running:
    """Start a process that uses the ledger: by a fork of one that has loaded it, if there is one."""
    command, pipe = [str(PROCESS), *map(str, args)], subprocess.PIPE
    if Cxcall.forks is not None:
        return Cxcall.forks.start(command, str(Path.cwd()), dict(os.environ), given=pipe)
    return subprocess.Popen(
        [sys.executable, *command], text=True, stdin=pipe, stdout=pipe, stderr=pipe
    )


def read_words(process: Running) -> list[list[str]]:
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return [line.split(" ", 2) for line in out.splitlines()]


def race(place: Path | str, *names: list[str]) -> list[list[list[str]]]:
    """Start one process for each list of names; let them begin together; return the words of each."""
    processes = [start_process("begin", place, *given) for given in names]
    let_begin(processes, is_ready=False)
    return [read_words(process) for process in processes]


def race_in_turns(
    place: Path | str, count: int, names: list[str]
) -> tuple[list[list[list[str]]], list[list[list[str]]]]:
    """Let `count` processes begin the same name together, one name after another, and then ten own names.

    Return the words of each turn, and those of each process after the turns.
    """
    processes = [start_process("begin_in_turns", place, number, *names) for number in range(count)]
    turns = []
    for number in range(len(names)):
        let_begin(processes, is_ready=number > 0)
        turns.append([process.stdout.readline().split(" ", 2) for process in processes])  # type: ignore[union-attr]
    let_begin(processes, is_ready=False)
    return turns, [read_words(process) for process in processes]


def let_begin(processes: list[Running], *, is_ready: bool) -> None:
    """Start all processes when all are ready."""
    for process in processes:
        assert process.stdout
        assert is_ready or process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


@contextmanager
def connect(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / database.FILE_NAME, isolation_level=None)) as connection:
        yield connection


def is_intact(folder: Path) -> bool:
    with connect(folder) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def message_of(stopped: pytest.ExceptionInfo[Any]) -> str:
    """Return the message of a LedgerError, after checking its form."""
    finding = stopped.value.findings[0]
    assert stopped.value.exit_code is ExitCode.USAGE
    assert (finding.code, bool(finding.fix), bool(finding.why)) == ("ledger", True, True)
    assert not finding.message.endswith(".")
    return str(finding.message)


# --- what is recorded


def test_delivery_is_recorded_from_intent_to_outcome(book: Ledger, clock: Clock) -> None:
    asked = intent("a")._replace(numbers=("+*******0100",))
    delivery = book.begin(asked, WINDOW)
    assert book.get(delivery).outcome is Outcome.UNKNOWN
    clock.advance(1.5)
    book.record_outcome(
        delivery, Outcome.ACCEPTED, status=201, engagement_id="e", correlation_id="c", note="n"
    )
    assert book.get(delivery) == Record(
        id=delivery, at=START, ended_at=START + timedelta(seconds=1.5), profile="default",
        operation="execute", provenance="community", method="POST", target="https://api.example.com/x",
        numbers=("+*******0100",), digest=asked.digest, attempts=1, outcome=Outcome.ACCEPTED, status=201,
        engagement_id="e", correlation_id="c", resolution="", again=False, note="n",
            batch="", row=None,
    )  # fmt: skip


def test_unprocessed_attempt_leaves_the_delivery_undelivered(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_not_processed(delivery, 1, "HTTP 429")
    assert book.get(delivery).outcome is Outcome.UNDELIVERED
    assert book.get(delivery).note == "HTTP 429"
    book.record_attempt(delivery, 2)
    assert (book.get(delivery).outcome, book.get(delivery).attempts) == (Outcome.UNKNOWN, 2)
    book.record_outcome(delivery, Outcome.REFUSED)
    assert (book.get(delivery).outcome, book.get(delivery).attempts) == (Outcome.REFUSED, 2)


def test_record_converts_to_json(book: Ledger) -> None:
    delivery = book.begin(intent("a", again=True), WINDOW)
    shown = json.loads(json.dumps(record_fields(book.get(delivery))))
    assert (shown["id"], shown["at"], shown["endedAt"]) == (delivery, START.isoformat(), None)
    assert (shown["outcome"], shown["again"], shown["numbers"]) == ("unknown", True, [])
    book.record_outcome(delivery, Outcome.ACCEPTED)
    assert record_fields(book.get(delivery))["endedAt"] == START.isoformat()


def test_database_rejects_updates_and_deletes(file_book: Ledger, folder: Path) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), Outcome.UNKNOWN)
    with connect(folder) as connection:
        for table, column in (("delivery", "digest"), ("event", "outcome")):
            for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(change)


def test_acknowledged_record_is_synchronized_to_disk(file_book: Ledger, folder: Path) -> None:
    assert file_book.begin(intent("a"), WINDOW)
    mode = file_book.database.run("PRAGMA synchronous").fetchone()[0]
    assert mode == 2
    with connect(folder) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_each_new_record_is_synchronized_to_disk_again(file_book: Ledger) -> None:
    def mode() -> int:
        found: int = file_book.database.run("PRAGMA synchronous").fetchone()[0]
        return found

    for name in ("a", "b"):
        delivery = file_book.begin(intent(name), WINDOW)
        assert mode() == 2
        file_book.record_not_processed(delivery, 1, "HTTP 429")
        assert mode() == 1  # it becomes durable with the next record, before the next attempt
        file_book.record_attempt(delivery, 2)
        assert mode() == 2
        file_book.record_outcome(delivery, Outcome.ACCEPTED)
        assert mode() == 1


def test_folder_and_files_are_private(file_book: Ledger, folder: Path) -> None:
    file_book.begin(intent("a"), WINDOW)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert {database.FILE_NAME, f"{database.FILE_NAME}-wal"} <= set(modes)


def test_permissions_of_a_readable_file_are_restricted(folder: Path) -> None:
    Ledger.open(folder).__exit__()
    (folder / database.FILE_NAME).chmod(0o644)
    Ledger.open(folder).__exit__()
    assert stat.S_IMODE((folder / database.FILE_NAME).stat().st_mode) == 0o600


def test_file_never_holds_a_phone_number(file_book: Ledger, folder: Path) -> None:
    number, body = "+12025550123", {"phone": "+12025550123", "secret": "s3cret-token"}
    digest = intent_digest("POST", f"https://h/{number}", body)
    careless = Intent(
        "p", "o", "x", "POST", f"https://h/{number}/x", digest, (number, "(202) 555-0123")
    )
    delivery = file_book.begin(careless, WINDOW)
    file_book.record_not_processed(delivery, 1, f"{number} is busy")
    file_book.record_attempt(delivery, 2)
    file_book.record_outcome(delivery, Outcome.REFUSED, note=f"{number} again")
    assert file_book.get(delivery).numbers == ("+*******0123", "(***) ***-0123")
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    assert delivery.encode() in written
    for secret in (b"2025550123", b"555-0123", b"s3cret"):
        assert secret not in written


def test_unencodable_text_does_not_prevent_the_record(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(
        delivery, Outcome.ACCEPTED, engagement_id="\ud800e", note="\udc80" + "x" * 9999
    )
    record = book.get(delivery)
    assert (record.outcome, record.engagement_id) == (Outcome.ACCEPTED, "?e")
    assert len(record.note) == MAX_NOTE_LENGTH


# --- the digest

UUID = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(UUID),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


def backwards(value: Any) -> Any:
    """Return the same JSON with every object's members in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def digest_of(body: Any) -> str:
    return intent_digest("POST", "https://h/x", body)


@given(JSON)
def test_equal_json_has_an_equal_digest(body: Any) -> None:
    spaced = json.loads(json.dumps(backwards(body), indent=3))
    assert digest_of(spaced) == digest_of(body)


@given(JSON, JSON)
def test_different_json_has_a_different_digest(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest_of(one) == digest_of(other)) is same


def test_digest_ignores_only_the_case_of_uuids() -> None:
    given = ("POST", f"https://h/{UUID}", {"id": UUID, "name": "Ann"})
    upper = ("POST", f"https://h/{UUID.upper()}", {"id": UUID.upper(), "name": "Ann"})
    assert intent_digest(*given) == intent_digest(*upper)
    others = [
        ("PUT", *given[1:]),
        (given[0], "https://h/", given[2]),
        (*given[:2], {"id": UUID, "name": "ann"}),
    ]
    assert len({intent_digest(*given), *(intent_digest(*other) for other in others)}) == 4


# --- the guard


def test_unknown_delivery_stops_an_identical_request_at_any_age(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    clock.advance(400 * 86400)
    with pytest.raises(AlreadySentError) as stopped:
        book.begin(intent("a"), WINDOW)
    finding = stopped.value.findings[0]
    assert (stopped.value.exit_code, finding.code) == (ExitCode.STOPPED, "outcome-unknown")
    assert (
        f"sent 400 days ago, may have placed a call: the outcome of delivery `{delivery}` is unknown"
        in finding.message
    )
    assert f"`cxcall history resolve {delivery} --not-placed`" in finding.fix
    assert "--again" in finding.fix.partition("history resolve")[2]
    assert book.begin(intent("b"), WINDOW)


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(0, "less than a minute"), (60, "1 minute"), (899, "14 minutes"), (7300, "2 hours")],
)
def test_accepted_delivery_stops_an_identical_request_within_the_window(
    book: Ledger, clock: Clock, seconds: float, age: str
) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.ACCEPTED, engagement_id="e-1")
    clock.advance(seconds)
    with pytest.raises(AlreadySentError) as stopped:
        book.begin(intent("a"), seconds + 1)
    finding = stopped.value.findings[0]
    assert finding.code == "already-sent"
    assert f"was accepted {age} ago: delivery `{delivery}`" in finding.message
    assert "--again" in finding.fix
    assert "e-1" in finding.why
    clock.advance(2)
    assert book.begin(intent("a"), seconds + 1)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNDELIVERED])
def test_delivery_without_a_call_stops_nothing(book: Ledger, outcome: Outcome) -> None:
    book.record_outcome(book.begin(intent("a"), WINDOW), outcome)
    assert book.begin(intent("a"), WINDOW)


def test_again_overrides_the_guard_and_is_recorded(book: Ledger) -> None:
    book.begin(intent("a"), WINDOW)
    assert book.get(book.begin(intent("a", again=True), WINDOW)).again


def test_unknown_delivery_is_reported_before_a_later_accepted_one(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(book.begin(intent("a", again=True), WINDOW), Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError, match=delivery) as stopped:
        book.begin(intent("a"), WINDOW)
    assert stopped.value.findings[0].code == "outcome-unknown"


def test_clock_set_back_keeps_the_guard(book: Ledger, clock: Clock) -> None:
    book.record_outcome(book.begin(intent("a"), WINDOW), Outcome.ACCEPTED)
    clock.advance(-7 * 86400)
    with pytest.raises(
        AlreadySentError, match=r"which is in the future \(was the clock set back\?\)"
    ):
        book.begin(intent("a"), WINDOW)


def test_retry_is_stopped_by_an_identical_request_sent_meanwhile(book: Ledger) -> None:
    waiting = book.begin(intent("a"), WINDOW)
    book.record_not_processed(waiting, 1, "HTTP 429")
    other = book.begin(intent("a"), WINDOW)
    with pytest.raises(AlreadySentError, match=other):
        book.record_attempt(waiting, 2)
    book.record_outcome(other, Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError, match=other):
        book.record_attempt(waiting, 2)
    assert book.get(waiting).outcome is Outcome.UNDELIVERED


def test_retry_is_not_stopped_by_a_delivery_from_before_it_began(
    book: Ledger, clock: Clock
) -> None:
    book.record_outcome(book.begin(intent("a"), WINDOW), Outcome.ACCEPTED)
    clock.advance(WINDOW + 1)
    waiting = book.begin(intent("a"), WINDOW)
    book.record_not_processed(waiting, 1, "HTTP 429")
    book.record_attempt(waiting, 2)
    book.record_outcome(waiting, Outcome.UNKNOWN)
    again = book.begin(intent("a", again=True), WINDOW)
    book.record_not_processed(again, 1, "HTTP 429")
    book.record_attempt(again, 2)
    assert book.get(again).outcome is Outcome.UNKNOWN


# --- resolving


def test_resolution_not_placed_allows_the_request(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.UNKNOWN, status=500, correlation_id="c", note="HTTP 500")
    record = book.resolve(delivery[:-1].lower(), placed=False)
    assert (record.outcome, record.resolution) == (Outcome.UNKNOWN, "not-placed")
    assert (record.status, record.correlation_id, record.note) == (500, "c", "HTTP 500")
    assert record.ended_at == START
    assert book.begin(intent("a"), WINDOW)


def test_resolution_placed_stops_the_request_within_the_window(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.UNKNOWN)
    book.resolve(delivery, placed=False)
    assert book.resolve(delivery, placed=True).resolution == "placed"
    with pytest.raises(AlreadySentError, match="was recorded as having placed a call"):
        book.begin(intent("a"), WINDOW)
    clock.advance(WINDOW + 1)
    assert book.begin(intent("a"), WINDOW)


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize("seconds", [0, DAY - 1, 1 - DAY])
def test_delivery_in_flight_is_not_resolved(
    book: Ledger, clock: Clock, seconds: float, *, placed: bool
) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    clock.advance(seconds)
    with pytest.raises(InFlightError) as refused:
        book.resolve(delivery, placed=placed)
    found = refused.value.findings[0]
    left = DAY - (clock.uptime - 100)
    assert f"until {clock() + timedelta(seconds=left):%Y-%m-%d %H:%M} UTC" in str(found.fix)
    assert refused.value.exit_code == 7
    assert book.get(delivery).resolution == ""
    book.record_outcome(delivery, Outcome.UNKNOWN)
    assert book.resolve(delivery, placed=placed)


@pytest.mark.parametrize("is_other_boot", [False, True])
def test_delivery_of_a_killed_process_can_be_resolved_after_a_day(
    book: Ledger, clock: Clock, *, is_other_boot: bool
) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    if is_other_boot:
        book.boot_clock = lambda: BootTime("other", 5.0)
        clock.advance(DAY - 1)
        with pytest.raises(InFlightError):
            book.resolve(delivery, placed=False)
    clock.advance(DAY + 1)
    assert book.resolve(delivery, placed=False).resolution == "not-placed"


def test_clock_that_is_set_forward_ends_no_delivery_in_flight(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    clock.time += timedelta(days=400)
    with pytest.raises(InFlightError):
        book.resolve(delivery, placed=False)


def test_outcome_after_a_resolution_replaces_it(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    clock.advance(DAY)
    book.resolve(delivery, placed=False)
    book.record_outcome(delivery, Outcome.ACCEPTED)
    assert (book.get(delivery).outcome, book.get(delivery).resolution) == (Outcome.ACCEPTED, "")
    with pytest.raises(AlreadySentError):
        book.begin(intent("a"), WINDOW)


def test_known_outcome_cannot_be_resolved(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.REFUSED)
    with pytest.raises(UsageError, match="is refused, not unknown"):
        book.resolve(delivery, placed=True)


# --- looking things up


def test_records_are_newest_first_and_filtered(book: Ledger, clock: Clock) -> None:
    made = []
    for number, outcome in enumerate(ENDS):
        clock.advance(10)
        asked = intent(str(number))._replace(operation=f"o{number % 2}")
        made.append(book.begin(asked, WINDOW))
        book.record_outcome(made[-1], outcome, engagement_id=f"e-{number}")
    clock.advance(10)
    made.append(book.begin(intent("killed"), WINDOW))
    book.resolve(made[3], placed=True)

    def found(**asked: Any) -> list[int]:
        return [made.index(record.id) for record in book.records(**asked)]

    assert found() == [4, 3, 2, 1, 0]
    assert found(limit=2) == [4, 3]
    assert found(since=START + timedelta(seconds=30)) == [4, 3, 2]
    assert found(operation="o1") == [3, 1]
    assert found(outcome="unknown") == [4, 3]
    assert found(outcome="placed") == found(outcome="rang") == [3]
    assert found(engagement_id="e-2") == [2]
    assert found(outcome="accepted", operation="o1") == []
    assert [book.last(), book.last("refused")] == [book.get(made[4]), book.get(made[1])]
    assert book.last("not-placed") is None


def test_ids_are_sixteen_characters_or_more_and_sort_by_time(book: Ledger, clock: Clock) -> None:
    made = []
    for number in range(50):
        clock.advance(0.001)
        made.append(book.begin(intent(str(number)), WINDOW))
    assert made == sorted(made)
    assert min(map(len, made)) >= 16


def test_delivery_is_found_only_by_the_start_of_its_id(book: Ledger) -> None:
    one = book.begin(intent("a"), WINDOW)
    assert book.get(f" {one[:17].lower()} ").id == one
    with pytest.raises(UsageError, match="several delivery IDs start with ``"):
        book.get("")
    book.begin(intent("b"), WINDOW)
    with pytest.raises(UsageError, match=f"several delivery IDs start with `{one[:6]}`"):
        book.get(one[:6])
    with pytest.raises(UsageError, match="no delivery ID starts with `ZZ`"):
        book.get("ZZ")


# --- many processes, and their ends


@pytest.mark.slow
def test_eight_processes_send_one_of_identical_requests_and_each_different_one(place: str) -> None:
    turns, words = race_in_turns(place, 8, [f"same {number}" for number in range(4)])
    for message in turns:
        assert sorted(word for word, *_ in message) == ["begun", *["stopped"] * 7]
        codes = {tuple(more) for word, *more in message if word == "stopped"}
        assert all(code == "7" for code, _ in codes), codes
    assert {word for lines in words for word, *_ in lines} == {"begun"}
    begun = [delivery for lines in words for _, delivery in lines]
    assert len(begun) == 80
    with open_ledger(place) as book:
        found = list(book.records())
    assert len(found) == 84
    in_turns = {
        delivery.rstrip() for message in turns for word, delivery, *_ in message if word == "begun"
    }
    assert {record.id for record in found} == in_turns | set(begun)
    assert {record.outcome for record in found} == {Outcome.ACCEPTED}


@pytest.mark.slow
def test_records_are_true_after_a_kill_at_any_instant(place: str) -> None:
    chance, acknowledged, planned = Random(7), {}, {}
    for turn in range(KILLS):
        running = [start_process("deliver", place, f"{turn}-{number}") for number in range(2)]
        for process in running:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
            process.kill()
            lines += process.stdout.readlines()
            read_words(process)
            for line in lines:
                delivery, outcome, plan = line.split()
                acknowledged[delivery], planned[delivery] = outcome, plan
        with open_ledger(place) as book:
            now = {record.id: record for record in book.records()}
        assert set(acknowledged) <= set(now), "acknowledged, and lost"
        unfinished = 0
        for delivery, record in now.items():
            if delivery not in acknowledged:
                assert record.outcome is Outcome.UNKNOWN
            elif record.outcome != acknowledged[delivery]:
                # At most one step after the acknowledged one, and this step was complete.
                assert record.outcome in ("unknown", "undelivered", planned[delivery])
            unfinished += delivery not in acknowledged or record.outcome != acknowledged[delivery]
        assert unfinished <= 2 * (turn + 1)
    assert len(acknowledged) > 2 * KILLS
    with open_ledger(place) as book:
        book.check(always=True)


@pytest.mark.slow
def test_kill_during_creation_is_repaired_by_the_next_process(tmp_path: Path) -> None:
    chance = Random(11)
    for turn in range(8):
        folder = tmp_path / str(turn)
        process = start_process("begin", folder, *map(str, range(1000)))
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.008))
        process.kill()
        begun = [delivery for word, delivery in read_words(process) if word == "begun"]
        with Ledger.open(folder) as book:
            assert set(begun) <= {record.id for record in book.records()}
            assert book.begin(intent("after"), WINDOW)


def test_closing_one_ledger_keeps_locks_of_another(folder: Path) -> None:
    with Ledger.open(folder) as book:
        first = book.begin(intent("a"), WINDOW)
        Ledger.open(folder).__exit__()
        # If this process lost its locks, the next one would assume that it is alone, and at its end
        # remove the log that this process still writes to.
        race(folder, ["b"])
        second = book.begin(intent("c"), WINDOW)
        [[word, *_]] = race(folder, ["c"])[0]
        assert word == "stopped"
        assert {first, second} <= {record.id for record in book.records()}
    assert is_intact(folder)


def test_interrupt_after_the_intent_is_recorded_as_undelivered(
    file_book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = database.SqliteDatabase.transaction
    signals = iter([KeyboardInterrupt])

    @contextmanager
    def cut(self: database.SqliteDatabase, *args: Any, **options: Any) -> Iterator[None]:
        with whole(self, *args, **options):
            yield
        for signal in signals:
            raise signal

    monkeypatch.setattr(database.SqliteDatabase, "transaction", cut)
    with pytest.raises(KeyboardInterrupt):
        file_book.begin(intent("a"), WINDOW)
    [record] = file_book.records()
    assert (record.outcome, record.note) == (
        Outcome.UNDELIVERED,
        "interrupted before anything was sent",
    )
    assert file_book.begin(intent("a"), WINDOW)


def test_interrupt_before_the_intent_records_nothing(folder: Path) -> None:
    times = iter([START, START])

    def interrupting() -> datetime:
        with suppress(StopIteration):
            return next(times)
        raise KeyboardInterrupt

    with Ledger.open(folder, now=interrupting) as book:
        with pytest.raises(KeyboardInterrupt):
            book.begin(intent("a"), WINDOW)
        assert list(book.records()) == []


# --- faults: each is reported before anything is sent, and no file is ever removed


def test_file_in_place_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LedgerError) as stopped:
            Ledger.open(folder)
        assert "is a file, or is inside a file" in message_of(stopped)
    assert (tmp_path / "file").read_text() == "x"


def test_folder_in_place_of_the_file_is_reported(folder: Path) -> None:
    (folder / database.FILE_NAME).mkdir(parents=True)
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "unable to open database file" in message_of(stopped)


@pytest.mark.parametrize("made_before", [False, True])
def test_unwritable_folder_is_reported(made_before: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "state"
        folder.mkdir()
        if made_before:
            Ledger.open(folder).__exit__()
            (folder / database.FILE_NAME).chmod(0o444)
        folder.chmod(0o555)
        [[word, code, rest]] = read_words(start_process("open_unprivileged", folder))
        folder.chmod(0o755)
    assert (word, code) == ("stopped", "2")
    assert rest.startswith("ledger the ledger `")
    assert "CXCALL_STATE_DIR" in rest


def test_full_disk_stops_the_next_delivery_and_loses_none(folder: Path) -> None:
    Ledger.open(folder).__exit__()
    lines = read_words(start_process("fill", folder, 400_000))
    *begun, (word, code, rest) = lines
    assert (word, code) == ("stopped", "2")
    assert "cannot be written" in rest
    assert "free disk space" in rest
    assert len(begun) > 2
    with Ledger.open(folder) as book:
        assert {delivery for _, delivery in begun} == {record.id for record in book.records()}
        assert book.begin(intent("room again"), WINDOW)
    assert is_intact(folder)


def test_file_that_is_not_a_database_is_reported(folder: Path) -> None:
    folder.mkdir()
    (folder / database.FILE_NAME).write_bytes(b"not a database at all\n" * 400)
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "is damaged or not a ledger" in message_of(stopped)
    assert (folder / database.FILE_NAME).read_bytes() == b"not a database at all\n" * 400


def test_damaged_file_is_reported(folder: Path) -> None:
    with Ledger.open(folder) as book:
        for number in range(50):
            book.begin(intent(str(number)), WINDOW)
    path = folder / database.FILE_NAME
    damaged = path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096)
    path.write_bytes(damaged)
    for use in (lambda book: book.begin(intent("x"), WINDOW), lambda book: list(book.records())):
        with pytest.raises(LedgerError) as stopped, Ledger.open(folder) as book:
            use(book)
        assert "is damaged" in message_of(stopped)
    assert path.read_bytes() == damaged


def test_newer_ledger_is_reported(folder: Path) -> None:
    Ledger.open(folder).__exit__()
    with connect(folder) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "written by a newer cxcall" in message_of(stopped)
    assert stopped.value.findings[0].fix == "upgrade cxcall"


def test_database_of_another_program_is_not_changed(folder: Path) -> None:
    folder.mkdir()
    with connect(folder) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "of another program" in message_of(stopped)
    with connect(folder) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("replaced", [False, True])
def test_ledger_deleted_while_in_use_is_reported(
    file_book: Ledger,
    folder: Path,
    replaced: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    folder.rename(folder.with_name("moved"))
    if replaced:
        Ledger.open(folder).__exit__()
    uses: tuple[Callable[[], object], ...] = (
        lambda: file_book.begin(intent("b"), WINDOW),
        lambda: file_book.record_outcome(delivery, Outcome.ACCEPTED),
    )
    for use in uses:
        with pytest.raises(LedgerError) as stopped:
            use()
        assert "deleted or replaced while in use" in message_of(stopped)


def test_outcome_of_an_unknown_id_is_an_error(book: Ledger) -> None:
    uses: tuple[Callable[[], object], ...] = (
        lambda: book.record_outcome("01NOTHING", Outcome.ACCEPTED),
        lambda: book.record_attempt("01NOTHING", 2),
        lambda: book.record_not_processed("01NOTHING", 1, "busy"),
    )
    for use in uses:
        with pytest.raises(LedgerError, match="has no delivery `01NOTHING`"):
            use()


def test_permanently_locked_ledger_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.open(folder).__exit__()
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.01)
    with Ledger.open(folder) as book, connect(folder) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError) as stopped:
            book.begin(intent("a"), WINDOW)
        assert "is locked by another process" in message_of(stopped)
        other.execute("ROLLBACK")
        assert book.begin(intent("a"), WINDOW)


def test_new_ledger_appears_only_when_it_is_complete(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        books = list(threads.map(lambda _: Ledger.open(folder), range(8)))
    for number, book in enumerate(books):
        with book:
            assert book.begin(intent(str(number)), WINDOW)
    assert [path.name for path in folder.iterdir()] == [database.FILE_NAME]


def test_programming_error_is_not_reported_as_a_damaged_file(folder: Path) -> None:
    with Ledger.open(folder) as book:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        book.begin(intent("a"), WINDOW)


# --- the guard against a model


@dataclass
class ModelDelivery:
    """One delivery in the model."""

    digest: str
    at: datetime
    again: bool
    began: int
    outcome: str = "unknown"
    resolution: str = ""
    ended: datetime | None = None
    changed: int = 0
    attempts: int = 1
    uptime: float = 0.0

    def stops(self, clock: Clock, window: float) -> bool:
        """Return whether the guard must stop an identical request."""
        recent = (self.ended or self.at) >= clock() - timedelta(seconds=window)
        recent = recent or clock.uptime - self.uptime <= window
        return self.open or (self.rang and recent)

    @property
    def open(self) -> bool:
        """Whether a call may have been placed and was not resolved."""
        return self.outcome == "unknown" and not self.resolution

    @property
    def rang(self) -> bool:
        """Whether a call was certainly placed."""
        return self.outcome == "accepted" or self.resolution == "placed"


class GuardMachine(RuleBasedStateMachine):
    """In any order of events, the guard stops exactly the requests that the model stops."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.clock, self.steps = Clock(), 0
        self.known: dict[str, ModelDelivery] = {}
        self.book = self.open_ledger()

    def open_ledger(self) -> Ledger:
        """Open the ledger with the clocks of the model."""
        return Ledger.open(Path(self.place.name), now=self.clock, boot_clock=self.clock.boot_time)

    def teardown(self) -> None:
        """Close the file and remove it."""
        self.book.__exit__()
        self.place.cleanup()

    def pick(self, data: st.DataObject, *outcomes: str) -> str | None:
        """Draw a delivery with one of these outcomes."""
        fitting = [name for name, known in self.known.items() if known.outcome in outcomes]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    def change(self, delivery: str, **values: Any) -> None:
        """Record what an event changed, and its position in the order of events."""
        self.steps += 1
        self.known[delivery] = replace(self.known[delivery], changed=self.steps, **values)

    @rule(seconds=st.sampled_from([-4000, -1, 0.5, 60, 899, 901, 5000, DAY]))
    def pass_time(self, seconds: float) -> None:
        """Move the clock, also backward."""
        self.clock.advance(seconds)

    @rule(name=st.sampled_from("ab"), again=st.booleans(), window=st.sampled_from([1.0, 900.0]))
    def begin(self, name: str, again: bool, window: float) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Begin a delivery, which is stopped exactly if the model says so."""
        now = self.clock()
        asked = intent(name, again=again)
        equal = [known for known in self.known.values() if known.digest == asked.digest]
        if not again and any(known.stops(self.clock, window) for known in equal):
            with pytest.raises(AlreadySentError) as stopped:
                self.book.begin(asked, window)
            unknown = any(known.open for known in equal)
            code = "outcome-unknown" if unknown else "already-sent"
            assert stopped.value.findings[0].code == code
            return
        delivery = self.book.begin(asked, window)
        self.steps += 1
        self.known[delivery] = ModelDelivery(
            asked.digest, now, again, self.steps, changed=self.steps, uptime=self.clock.uptime
        )

    @rule(data=st.data())
    def not_processed(self, data: st.DataObject) -> None:
        """End an attempt that was not processed."""
        if delivery := self.pick(data, "unknown"):
            self.book.record_not_processed(delivery, self.known[delivery].attempts, "busy")
            self.change(delivery, outcome="undelivered", resolution="", ended=None)
            self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """Start the next attempt, which is stopped if an identical request was sent meanwhile."""
        delivery = self.pick(data, "undelivered")
        if not delivery:
            return
        mine = self.known[delivery]
        others = [
            known
            for name, known in self.known.items()
            if name != delivery and known.digest == mine.digest
        ]
        meanwhile = any(o.open or (o.rang and o.changed > mine.began) for o in others)
        if meanwhile and not mine.again:
            with pytest.raises(AlreadySentError):
                self.book.record_attempt(delivery, mine.attempts + 1)
            return
        self.book.record_attempt(delivery, mine.attempts + 1)
        self.change(delivery, outcome="unknown", ended=None, attempts=mine.attempts + 1)
        self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data(), outcome=st.sampled_from(ENDS))
    def end(self, data: st.DataObject, outcome: Outcome) -> None:
        """End a delivery."""
        if delivery := self.pick(data, "unknown"):
            self.book.record_outcome(delivery, outcome)
            mine = self.known[delivery]
            says_no_more = outcome in (Outcome.UNKNOWN, Outcome.UNDELIVERED)
            if says_no_more and mine.ended and not mine.resolution:
                return
            if outcome is Outcome.UNDELIVERED and mine.resolution == "placed":
                return
            self.change(delivery, outcome=str(outcome), resolution="", ended=self.clock())
            self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data(), rang=st.booleans())
    def resolve(self, data: st.DataObject, rang: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Let a person resolve a delivery."""
        if delivery := self.pick(data, "unknown"):
            mine = self.known[delivery]
            if mine.ended is None and self.clock.uptime - mine.uptime < DAY:
                with pytest.raises(InFlightError):
                    self.book.resolve(delivery, placed=rang)
                return
            self.book.resolve(delivery, placed=rang)
            self.change(delivery, resolution="placed" if rang else "not-placed")

    @rule()
    @precondition(lambda self: self.known)
    def open_anew(self) -> None:
        """Close the ledger and open it again."""
        self.book.__exit__()
        self.book = self.open_ledger()

    @invariant()
    def tells_the_truth(self) -> None:
        """Compare every record with the model."""
        found = {record.id: record for record in self.book.records()}
        assert set(found) == set(self.known)
        for delivery, known in self.known.items():
            record = found[delivery]
            assert (record.outcome, record.resolution) == (known.outcome, known.resolution)
            assert (record.attempts, record.at, record.ended_at) == (
                known.attempts,
                known.at,
                known.ended,
            )


TestGuard = GuardMachine.TestCase
TestGuard.settings = settings(max_examples=examples(30), stateful_step_count=30, deadline=None)


def test_ledger_of_the_first_release_is_upgraded_and_still_guards(tmp_path: Path) -> None:
    script = Path(__file__).with_name("ledger_version_1.sql").read_text("utf-8")
    with closing(sqlite3.connect(tmp_path / database.FILE_NAME)) as old:
        old.executescript(script)
    with ThreadPoolExecutor(8) as threads:
        books = list(threads.map(lambda _: Ledger.open(tmp_path), range(8)))
    for book in books:
        with book:
            record = book.get("01M83T4CM0")
            assert (record.batch, record.row, record.is_unresolved) == ("", None, True)
            with pytest.raises(AlreadySentError):
                book.begin(intent("x")._replace(digest=record.digest), 0)
            assert book.batches.begin("default", "execute", "x", "", "/f", "d")


def test_unfinished_batch_of_a_ledger_before_version_4_guards_its_rows_at_any_age(
    tmp_path: Path,
) -> None:
    script = Path(__file__).with_name("ledger_version_1.sql").read_text("utf-8")
    rows = "".join(
        f"INSERT INTO delivery VALUES({number},'ID{number}',1000.0,'p','execute','community','POST','https://x/','{name}','[]',0,'{batch}',1);"
        f"INSERT INTO event VALUES({number},{number},1000.0,'ended',1,'accepted',201,NULL,NULL,'',1000.0,'');"
        for number, (name, batch) in enumerate([("open", "B1"), ("ended", "B2"), ("single", "")], 2)
    )
    with closing(sqlite3.connect(tmp_path / database.FILE_NAME)) as old:
        old.executescript(script)
        for statement in (*UPGRADES[2], *UPGRADES[3]):
            old.execute(statement)
        old.executescript(
            f"{rows} INSERT INTO batch_end VALUES('B2',1000.0); PRAGMA user_version = 3"
        )
    with Ledger.open(tmp_path) as book:
        with pytest.raises(AlreadySentError, match="`B1`, which is not finished"):
            book.begin(intent("x")._replace(digest="open"), WINDOW)
        with pytest.raises(AlreadySentError, match="ID2"):
            book.begin(intent("x")._replace(digest="open", batch="B2"), WINDOW)
        assert book.begin(intent("x")._replace(digest="ended"), WINDOW)
        assert book.begin(intent("x")._replace(digest="single"), WINDOW)


def ledger_of_version_4(folder: Path, change: str = "") -> None:
    """Write the ledger of version 4: a batch that ended, with an accepted, a refused, and an unknown row."""
    script = Path(__file__).with_name("ledger_version_4.sql").read_text("utf-8")
    with closing(sqlite3.connect(folder / database.FILE_NAME)) as old:
        old.executescript(script)
        old.executescript(change)


def test_ledger_of_version_4_is_upgraded_with_all_its_records(tmp_path: Path) -> None:
    ledger_of_version_4(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        books = list(threads.map(lambda _: Ledger.open(tmp_path), range(4)))
    for book in books[1:]:
        book.__exit__()
    with books[0] as book:
        book.check(always=True)
        found = list(book.records())
        assert [each.outcome for each in found] == ["unknown", "refused", "accepted"]
        assert [(each.key, each.code, dict(each.timings)) for each in found] == [("", "", {})] * 3
        (batch,) = book.batches.all()
        assert (batch.is_finished, batch.rows, batch.key) == (True, None, "")
        for each in found:
            if each.outcome is not Outcome.REFUSED:
                with pytest.raises(AlreadySentError):
                    book.begin(intent("x")._replace(digest=each.digest, batch=batch.id), WINDOW)
        assert book.resolve(found[0].id, placed=True).note == "timed out"


def test_damaged_ledger_of_version_4_is_not_upgraded(tmp_path: Path) -> None:
    damage = "DROP TRIGGER event_UPDATE; UPDATE event SET outcome = 'refused' WHERE outcome = 'accepted';"
    ledger_of_version_4(tmp_path, damage)
    before = (tmp_path / database.FILE_NAME).read_bytes()
    with pytest.raises(LedgerError, match="does not match its checksum"):
        Ledger.open(tmp_path)
    assert (tmp_path / database.FILE_NAME).read_bytes() == before


def test_code_message_timings_and_key_are_kept_without_numbers(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        delivery = book.begin(intent("x")._replace(key="C-17", batch="B", row=1), WINDOW)
        book.record_outcome(
            delivery,
            Outcome.UNKNOWN,
            code="a.b",
            message="no +12025550100",
            timings={"total": 1.26},
        )
        record = book.get(delivery)
        assert (record.key, record.code, record.message) == ("C-17", "a.b", "no +*******0100")
        assert dict(record.timings) == {"total": 1.3}
        assert book.resolve(delivery, placed=False).message == record.message
        row = UnsentRow("B", 2, "C-18", Outcome.SKIPPED, "duplicate", "as +12025550100", START)
        book.batches.record_unsent([row, row._replace(row=3)])
        book.batches.record_unsent([row._replace(reason="do-not-call")])
        rows = book.batches.unsent_rows(["B", "C"])
        assert [(number, each.reason) for number, each in sorted(rows.items())] == [
            (2, "do-not-call"),
            (3, "duplicate"),
        ]
        assert rows[3].message == "as +*******0100"
        book.check(always=True)


def test_pruning_removes_the_unsent_rows_of_what_it_removes(tmp_path: Path) -> None:
    clock = Clock()
    with Ledger.open(tmp_path, now=clock, boot_clock=clock.boot_time) as book:
        batches = [book.batches.begin("p", "execute", "x", "", f"/{name}", name) for name in "abc"]
        for batch in batches:
            row = UnsentRow(batch, 2, "C", Outcome.SKIPPED, "duplicate", "", clock())
            book.batches.record_unsent([row])
        book.record_outcome(
            book.begin(intent("x")._replace(batch=batches[0], row=1), 0), Outcome.ACCEPTED
        )
        for batch in batches[:2]:
            book.batches.end(batch)
        clock.advance(1e6)
        assert book.prune(clock()) == 1
        assert [len(book.batches.unsent_rows([batch])) for batch in batches] == [0, 0, 1]
        book.check(always=True)


def test_call_that_rang_does_not_become_undelivered(book: Ledger, clock: Clock) -> None:
    rang, silent = (book.begin(intent(name), WINDOW) for name in ("a", "b"))
    clock.advance(DAY)
    book.resolve(rang, placed=True)
    book.resolve(silent, placed=False)
    for delivery in (rang, silent):
        book.record_outcome(delivery, Outcome.UNDELIVERED)
    assert book.get(rang).may_be_processed
    assert not book.get(silent).may_be_processed
    book.record_outcome(silent, Outcome.ACCEPTED)
    assert book.get(silent).may_be_processed


def test_end_that_says_more_of_a_call_replaces_one_that_says_less(book: Ledger) -> None:
    for first, later, last in (
        (Outcome.ACCEPTED, Outcome.UNDELIVERED, Outcome.ACCEPTED),
        (Outcome.REFUSED, Outcome.ACCEPTED, Outcome.REFUSED),
        (Outcome.UNKNOWN, Outcome.UNDELIVERED, Outcome.UNKNOWN),
        (Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.ACCEPTED),
        (Outcome.UNDELIVERED, Outcome.ACCEPTED, Outcome.ACCEPTED),
        (Outcome.UNDELIVERED, Outcome.UNKNOWN, Outcome.UNKNOWN),
        (Outcome.UNDELIVERED, Outcome.UNDELIVERED, Outcome.UNDELIVERED),
    ):
        delivery = book.begin(intent(f"{first} {later}"), WINDOW)
        book.record_outcome(delivery, first)
        book.record_outcome(delivery, later)
        assert book.get(delivery).outcome is last


def test_row_is_sent_once_within_a_batch_despite_again(tmp_path: Path) -> None:
    outcomes = {
        Outcome.ACCEPTED: True,
        Outcome.REFUSED: True,
        Outcome.UNKNOWN: True,
        Outcome.UNDELIVERED: False,
    }
    with Ledger.open(tmp_path) as book:
        for number, (outcome, is_stopped) in enumerate(outcomes.items(), 7):
            row = intent(f"x{number}")._replace(batch="B", row=number, again=True)
            first = book.begin(row, 0)
            book.record_outcome(first, outcome)
            found = book.find_row(["B"], row)
            assert found is not None
            assert (found.id, found.may_be_processed) == (first, is_stopped)
            if is_stopped:
                with pytest.raises(AlreadySentError, match=f"row {number}"):
                    book.begin(row, 0)
        assert book.begin(row, 0) != first
        assert book.begin(row._replace(batch="C"), 0)
        assert book.find_row(["D"], row) is None


@pytest.mark.parametrize("again", [False, True])
def test_processed_row_stops_its_identical_row(tmp_path: Path, *, again: bool) -> None:
    with Ledger.open(tmp_path) as book:
        row = intent("x")._replace(batch="B", row=1, again=again)
        first = book.begin(row, 900)
        book.record_not_processed(first, 1, "busy")
        twin = book.begin(row._replace(row=2), 900)
        book.record_not_processed(twin, 1, "busy")
        book.record_attempt(first, 2)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.record_attempt(twin, 2)
        book.record_outcome(first, Outcome.ACCEPTED)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.record_attempt(twin, 2)
        book.record_outcome(twin, Outcome.UNDELIVERED)
        found = book.find_row(["B"], row)
        assert found is not None
        assert (found.id, found.may_be_processed) == (first, True)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.begin(row._replace(row=3), 0)


def test_batches_are_found_by_content_or_path(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        whole = "default", "execute", "https://x", "given"
        first = book.batches.begin(*whole, "/a", "1")
        second = book.batches.begin("other", *whole[1:], "/b", "2")
        for file, digest, expected in (
            ("/a", "9", [first]),
            ("", "2", [second]),
            ("/a", "2", [second, first]),
            ("", "9", []),
        ):
            found = book.batches.of_file(file, digest)
            assert [each.id for each in found] == expected
            assert not any(each.is_finished for each in found)
        (found_first,) = book.batches.of_file("/a", "1")
        assert found_first[3:7] == whole
        book.batches.end(first)
        assert book.batches.of_file("/a", "1")[0].is_finished


def test_cancelled_wait_for_the_lock_records_nothing(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        with closing(sqlite3.connect(tmp_path / database.FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(KeyboardInterrupt):
                book.begin(intent("x"), 0, lambda: True)
            other.execute("ROLLBACK")
        assert list(book.records()) == []
        assert book.begin(intent("x"), 0, lambda: True)


def test_fence_that_stops_a_request_leaves_no_record_of_it(tmp_path: Path) -> None:
    calls: list[str] = []

    def stop(delivery: str) -> None:
        calls.append(delivery)
        raise LedgerError("not yours", "wait")

    with Ledger.open(tmp_path) as ledger:
        with pytest.raises(LedgerError, match="not yours"):
            ledger.begin(intent("row"), WINDOW, fence=stop)
        assert list(ledger.records()) == []
        sent = ledger.begin(intent("row"), WINDOW, fence=calls.append)
        ledger.record_not_processed(sent, 1, "busy")
        with pytest.raises(LedgerError, match="not yours"):
            ledger.record_attempt(sent, 2, fence=stop)
        assert ledger.get(sent).outcome is Outcome.UNDELIVERED
    assert calls[1:] == [sent, sent]
