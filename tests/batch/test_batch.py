"""`cxcall batch` sends every row once, whatever happens in the file, on the platform, or at the terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from random import Random
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.ledger import Ledger
from helpers.command import CAMPAIGN, CONTACT, CXCALL
from helpers.platform_server import Bucket, Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall, Ran, Running

PERSONAL = ("--operation", "personal-connection")
FAST = ("--rate", "500/s")
# A release is tested with 1,000 rows and 20 kills; CI uses fewer.
ROWS = int(os.environ.get("CXCALL_BATCH_ROWS", "120"))
KILLS = int(os.environ.get("CXCALL_BATCH_KILLS", "6"))


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def body(number: int) -> dict[str, str]:
    return {"contactId": contact(number), "reasonCode": f"row {number}"}


def write_lines(cxcall: Cxcall, count: int, name: str = "calls.jsonl") -> str:
    return cxcall.file(
        name, "".join(json.dumps(body(number)) + "\n" for number in range(1, count + 1))
    )


def lines(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def outcomes(ran: Ran) -> list[str]:
    """Return the outcome of every row; the last line is the summary."""
    return [line["outcome"] for line in lines(ran)[:-1]]


def recorded(cxcall: Cxcall, *arguments: str) -> list[dict[str, Any]]:
    return lines(cxcall("history", "list", "-o", "jsonl", "--limit", "100000", *arguments, code=0))


def received(sandbox: Sandbox) -> list[Any]:
    """Return the bodies of placed calls, in the order of the contacts."""
    bodies = [json.loads(entry.body) for entry in sandbox.rings]
    return sorted(bodies, key=lambda sent: str(sent["contactId"]))


def left_of(cxcall: Cxcall, count: int) -> str:
    """Return how many of the rows were not sent yet."""
    with Ledger.open(cxcall.folder / "state") as ledger:
        return str(count - sum(record.may_be_processed for record in ledger.records()))


def at(cxcall: Cxcall, platform: Platform) -> Cxcall:
    cxcall.environment |= platform.environment
    return cxcall


@contextmanager
def begin(cxcall: Cxcall, *arguments: str) -> Iterator[Running]:
    with cxcall.begin("batch", *arguments) as process:
        try:
            yield process
        finally:
            process.kill()


# Reading of files


def test_quiet_batch_prints_only_engagement_ids(live: Cxcall) -> None:
    ran = live("batch", write_lines(live, 2), *PERSONAL, *FAST, "-q", code=0)
    assert len(ran.out.splitlines()) == 2
    assert ran.err == ""


@pytest.mark.slow
def test_each_json_line_is_sent_once_and_reported_in_order(live: Cxcall, sandbox: Sandbox) -> None:
    rows = [
        {
            "campaignId": CAMPAIGN,
            "contactId": contact(number),
            "contactSpec": {
                "contactId": contact(number),
                "contactData": {"phoneNumber": "+12025550100"},
            },
        }
        for number in range(12)
    ]
    file = live.file("calls.jsonl", "\n".join(map(json.dumps, rows)))
    ran = live("batch", file, "--operation", "execute", *FAST, "-o", "jsonl", code=0)
    *results, summary = lines(ran)
    assert [line["data"]["row"] for line in results] == list(range(1, 13))
    assert {line["outcome"] for line in results} == {"accepted"}
    assert summary["data"]["outcomes"] == {"accepted": 12}
    assert [sent["contactId"] for sent in received(sandbox)] == [row["contactId"] for row in rows]
    assert all(CAMPAIGN in entry.path for entry in sandbox.rings)
    assert "campaignId" not in received(sandbox)[0]
    assert {entry["engagementId"] for entry in recorded(live)} == {
        line["engagementId"] for line in results
    }


@pytest.mark.slow
def test_csv_columns_can_be_flags_parameters_or_pointers(live: Cxcall, sandbox: Sandbox) -> None:
    table = (
        "\ufeffcampaignId;--contact-id;phone-number;/contactSpec/contactData/firstName;data\n"
        f'{CAMPAIGN};{contact(1)};+12025550100;"Ada; of ""Lovelace""\nCounty";city=Rome\n'
        f"{CAMPAIGN};{contact(2)};+12025550100;;\n"
    )
    file = live.file("calls.csv", table)
    live("batch", file, "--operation", "execute", *FAST, code=0)
    first, second = received(sandbox)
    assert first["contactSpec"]["contactData"] == {
        "phoneNumber": "+12025550100",
        "firstName": 'Ada; of "Lovelace"\nCounty',
        "city": "Rome",
    }
    assert first["contactSpec"]["contactId"] == first["contactId"] == contact(1)
    assert second["contactSpec"]["contactData"] == {"phoneNumber": "+12025550100"}


@pytest.mark.parametrize(
    "operation", ["execute", "personal-connection", "personal-connection-contact"]
)
def test_sample_csv_of_an_operation_can_be_sent(
    live: Cxcall, sandbox: Sandbox, operation: str
) -> None:
    sample = live("operations", operation, "--skeleton", "--csv", code=0).out
    live("batch", live.file("calls.csv", sample), "--operation", operation, code=0)
    assert len(sandbox.rings) == 1


def test_param_and_set_apply_to_every_row(live: Cxcall, sandbox: Sandbox) -> None:
    file = live.file(
        "calls.csv",
        f"contact-id,phone-number\n{contact(1)},+12025550100\n{contact(2)},+12025550100\n",
    )
    live(
        "batch",
        file,
        "--operation",
        "execute",
        "--param",
        f"campaignId={CAMPAIGN}",
        "--set",
        '/contactSpec/contactData/wave="2"',
        *FAST,
        code=0,
    )
    assert [sent["contactSpec"]["contactData"]["wave"] for sent in received(sandbox)] == ["2", "2"]


def test_rows_can_be_read_from_stdin(live: Cxcall, sandbox: Sandbox) -> None:
    rows = "".join(json.dumps(body(number)) + "\n" for number in range(5))
    live("batch", "-", *PERSONAL, *FAST, stdin=rows, code=0)
    assert len(sandbox.rings) == 5
    again = live("batch", "-", *PERSONAL, *FAST, "--resume", "-o", "jsonl", stdin=rows, code=0)
    assert lines(again)[-1]["data"]["resumed"] == 5
    assert len(sandbox.rings) == 5


# Errors in files


def test_every_invalid_cell_is_reported_before_anything_is_sent(
    live: Cxcall, sandbox: Sandbox
) -> None:
    table = (
        "contact-id,reason-code\n"
        f"{contact(1)},follow_up\n"
        f"{contact(2)}0,follow_up\n"
        f'{contact(3)},"a\nb"\n'
        f"{contact(4)}\n"
        f"{contact(5)},\n"
    )
    ran = live("batch", live.file("calls.csv", table), *PERSONAL, "-o", "json", code=3)
    found = [(entry["code"], entry["line"], entry["column"]) for entry in ran.envelope["findings"]]
    assert found == [("id-format", 3, 1), ("body-malformed", 6, 1), ("property-missing", 7, 1)]
    assert sandbox.rings == []
    assert recorded(live) == []


def test_skip_invalid_sends_the_valid_rows(live: Cxcall, sandbox: Sandbox) -> None:
    file = live.file(
        "calls.jsonl", f'{json.dumps(body(1))}\n{{"contactId": 1}}\n{{oops\n{json.dumps(body(4))}\n'
    )
    ran = live("batch", file, *PERSONAL, *FAST, "--skip-invalid", "-o", "jsonl", code=9)
    assert outcomes(ran) == ["accepted", "invalid", "invalid", "accepted"]
    assert lines(ran)[2]["findings"][0]["line"] == 3
    assert len(sandbox.rings) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "contact_id,reason-code\n1,2\n",
            "`contact_id` looks like `contact-id`: add `--map contact-id=contact_id`",
        ),
        ("contact-id,contact-id\n1,2\n", "two columns"),
        ("contact-id\n", "has no rows"),
        ("", "has no rows"),
        (b"contact-id,reason-code\n1,\xe9\n", "not UTF-8"),
    ],
)
def test_unusable_batch_file_is_rejected(
    cxcall: Cxcall, content: str | bytes, message: str
) -> None:
    file = cxcall.file("calls.csv", content)
    for how in ("--sandbox", "--dry-run", "--curl"):
        ran = cxcall("batch", file, *PERSONAL, how)
        assert ran.code in (2, 3)
        assert message in ran.err


@pytest.mark.slow
def test_dry_run_of_an_empty_file_is_rejected(cxcall: Cxcall) -> None:
    for name, content in (("c.csv", ""), ("c.csv", "contact-id\n"), ("c.jsonl", "\n\n")):
        file = cxcall.file(name, content)
        for how in ("--sandbox", "--dry-run"):
            ran = cxcall("batch", file, *PERSONAL, how, "-o", "json", code=2)
            assert ran.envelope["findings"][0]["message"] == f"`{file}` has no rows"


def test_empty_pipe_and_the_host_of_a_sandbox_are_named(cxcall: Cxcall) -> None:
    ran = cxcall("batch", "-", *PERSONAL, "--sandbox", "--dry-run", stdin="", code=2)
    assert "error[usage]: standard input is empty" in ran.err
    file = cxcall.file("calls.csv", f"contact-id,reason-code\n{CONTACT},r\n")
    one = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r")
    for words in (("batch", file, *PERSONAL), one):
        ran = cxcall(*words, "--sandbox", "--dry-run", code=0)
        assert re.search(r"POST http://127\.0\.0\.1:[0-9]+/", ran.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.csv", *PERSONAL), "does not exist"),
        (
            ("calls.jsonl", "--operation", "personal-conection"),
            "the most similar name is `personal-connection`",
        ),
        (("calls.jsonl", *PERSONAL, "--rate", "fast"), "invalid rate `fast`"),
        (("calls.jsonl", *PERSONAL, "--max-failures", "0"), "invalid number of failures"),
        (("calls.jsonl", *PERSONAL, "--param", "campaignId=1"), "unknown parameter `campaignId`"),
        (("calls.jsonl", *PERSONAL, "--resume"), "no earlier batch"),
        (("calls.jsonl", *PERSONAL, "--resume", "--again"), "cannot be combined"),
    ],
)
def test_invalid_batch_options_are_rejected(
    live: Cxcall, arguments: tuple[str, ...], message: str
) -> None:
    write_lines(live, 2)
    assert message in live("batch", *arguments, code=2).err


# Consent


def test_wrong_confirm_count_is_reported_in_the_right_number(live: Cxcall) -> None:
    file = write_lines(live, 1)
    output = live("batch", file, *PERSONAL, "--confirm", "5", code=2).err
    assert "`--confirm 5` does not match: 1 request would be sent" in output


def test_real_calls_need_confirm(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 3)
    with Platform() as platform:
        at(cxcall, platform)
        assert "--confirm 3" in cxcall("batch", file, *PERSONAL, code=2).err
        assert (
            "3 requests would be sent"
            in cxcall("batch", file, *PERSONAL, "--confirm", "2", code=2).err
        )
        assert platform.rung == 0
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "3", code=0)
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 3


def test_dry_run_prints_every_request(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    ran = cxcall("batch", file, *PERSONAL, "-n", code=0)
    assert contact(2) in ran.out.splitlines()[1]
    assert "dry run" in ran.err
    results = lines(cxcall("batch", file, *PERSONAL, "-n", "-o", "jsonl", code=0))
    assert [line["request"]["body"] for line in results[:-1]] == [body(1), body(2)]
    assert cxcall("batch", file, *PERSONAL, "--curl", code=0).out.count("curl --include") == 2


# Guarantees


def test_identical_rows_are_sent_once_and_reported_as_stopped_if_strict(cxcall: Cxcall) -> None:
    file = cxcall.file(
        "calls.jsonl", "".join(json.dumps(body(number)) + "\n" for number in (1, 2, 1, 1))
    )
    with Platform() as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch",
            file,
            *PERSONAL,
            *FAST,
            "--confirm",
            "4",
            "--again",
            "--strict",
            "-o",
            "jsonl",
            code=9,
        )
    assert Counter(outcomes(ran)) == {"accepted": 2, "stopped": 2}
    assert set(platform.dials.values()) == {1}


def test_identical_rows_that_waited_are_sent_once_despite_again(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.jsonl", (json.dumps(body(1)) + "\n") * 2)
    busy = iter([Reply(429, {"message": "busy"}, {"Retry-After": "0"})] * 2)
    with Platform(lambda _body, _count: next(busy, Reply())) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", "--again", "--strict", code=9)
    assert platform.rung == 1


def test_row_with_a_refused_token_is_sent_on_resume(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    cxcall.environment["CXCALL_ACCESS_TOKEN"] = "token-of-yesterday"
    refusal = Reply(401, {"code": "credentials.expired"}, rings=False)
    with Platform(lambda sent, _count: refusal if sent == body(1) else Reply()) as platform:
        cxcall.environment["CXCALL_BASE_URL"] = platform.environment["CXCALL_BASE_URL"]
        words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "2")
        cxcall(*words, code=9)
        platform.answer = lambda _body, _count: Reply()
        cxcall(*words, "--resume", code=0)
    assert sorted(platform.dials.values()) == [1, 1]


def test_rows_appended_during_the_run_are_not_sent(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(1):
            return Reply()
        with (cxcall.folder / file).open("a", encoding="utf-8") as rows:
            rows.write(json.dumps(body(3)) + "\n")
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "2", code=0)
        assert platform.rung == 2
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "1", "--resume", code=0)
    assert sorted(platform.dials.values()) == [1, 1, 1]


@pytest.mark.slow
def test_resume_needs_the_same_set_and_param_values(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 3)
    refusal = Reply(403, {"code": "missing.permissions"})
    words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--max-failures", "1")
    own = ("--set", '/reasonCode="A"', "--confirm")
    is_second = {"contactId": contact(2), "reasonCode": "A"}
    with Platform(lambda sent, _count: refusal if sent == is_second else Reply()) as platform:
        at(cxcall, platform)
        cxcall(*words, *own, "3", code=9)
        other = cxcall(*words, "--resume", "--confirm", "3", code=2)
        assert "had a different `--set`, `--param`, " in other.err
        assert platform.rung == 1
        cxcall(*words, *own, "1", "--resume", code=9)
    assert sorted(platform.dials.values()) == [1, 1]


@pytest.mark.slow
def test_later_batch_with_other_values_does_not_hide_an_unfinished_one(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm")
    first, other = ("--set", '/reasonCode="A"'), ("--set", '/reasonCode="B"')
    refusal = Reply(403, {"code": "missing.permissions"})
    stops = {"contactId": contact(2), "reasonCode": "A"}
    with Platform(lambda sent, _count: refusal if sent == stops else Reply()) as platform:
        at(cxcall, platform)
        cxcall(*words, "2", *first, "--max-failures", "1", code=9)
        cxcall(*words, "2", *other, "--again", code=0)
        assert "was not finished" in cxcall(*words, "2", *first, code=7).err
        platform.answer = lambda _body, _count: Reply()
        cxcall(*words, "0", *first, "--resume", code=9)
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
def test_signals_ignored_by_the_parent_stay_ignored(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 6)
    line = (
        f"trap '' INT TERM; exec {CXCALL} batch {file} {' '.join(PERSONAL)} --rate 20/s --confirm 6"
    )
    with Platform() as platform:
        at(cxcall, platform)
        with subprocess.Popen(
            ["bash", "-c", line],
            cwd=cxcall.folder,
            env=cxcall.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert platform.wait_for_rings(1)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert (process.returncode, platform.rung) == (0, 6)


@pytest.mark.slow
def test_row_left_in_flight_by_a_resumed_run_counts_once(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 1)
    came, hold = Event(), Event()

    def block(_body: Any, _count: int) -> Reply:
        came.set()
        hold.wait(60)
        return Reply()

    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, "--confirm", "1", code=9)
        platform.answer = block
        with begin(cxcall, file, *PERSONAL, "--resume", "--confirm", "1", "-o", "jsonl") as process:
            assert came.wait(30)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=30)  # the server still holds the request
        hold.set()
    *rows, summary = map(json.loads, out.splitlines())
    assert [row["outcome"] for row in rows] == ["unknown"]
    assert (summary["data"]["rows"], summary["data"]["notSent"]) == (1, 0)


def test_deleted_ledger_at_the_end_does_not_hide_results(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)

    def answer(sent: Any, _count: int) -> Reply:
        if sent == body(2):
            for kept in (cxcall.folder / "state").glob("ledger.sqlite3*"):
                kept.unlink()
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "2", code=0
        )
    assert "2 accepted" in ran.err
    assert "warning[ledger]" in ran.err
    assert platform.rung == 2


def test_finished_batch_is_stopped_as_duplicates(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    with Platform() as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", code=0)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", "-o", "jsonl", code=9)
        assert outcomes(ran) == ["stopped", "stopped"]
        assert platform.rung == 2
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", "--again", code=0)
        assert platform.rung == 4


@pytest.mark.slow
def test_unknown_row_is_reported_and_not_resent_on_resume(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 6)

    def answer(sent: Any, _count: int) -> Reply:
        return Reply(0) if sent == body(3) else Reply(500, {}) if sent == body(5) else Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "6", code=9)
        assert "row 3: delivery" in ran.err
        assert "row 5: delivery" in ran.err
        first = {entry["row"]: entry["id"] for entry in recorded(cxcall, "--outcome", "unknown")}
        assert first.keys() == {3, 5}
        again = cxcall(
            "batch", file, *PERSONAL, *FAST, "--resume", "--confirm", "0", "-o", "jsonl", code=9
        )
        assert outcomes(again).count("unknown") == 2
        cxcall("history", "resolve", first[5], "--not-placed", code=0)
        cxcall("history", "resolve", first[3], "--placed", code=0)
        platform.answer = lambda _body, _count: Reply()
        last = cxcall(
            "batch", file, *PERSONAL, *FAST, "--resume", "--confirm", "1", "-o", "jsonl", code=0
        )
    assert outcomes(last) == ["accepted"] * 6
    assert {json.loads(key)["reasonCode"]: count for key, count in platform.dials.items()} == {
        f"row {number}": 2 if number == 5 else 1 for number in range(1, 7)
    }


@pytest.mark.slow
def test_unfinished_batch_of_another_profile_is_not_repeated(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 6)
    config = cxcall.folder / "config"
    config.mkdir()
    (config / "config.toml").write_text("[profiles.other]\ntimeout = 20\n", "utf-8")
    cxcall.environment["CXCALL_CONFIG_DIR"] = str(config)
    refusal = Reply(403, {"message": "No", "code": "missing.permissions"})
    words = ("batch", file, *PERSONAL, *FAST, "--confirm")
    with Platform(lambda sent, _count: refusal if sent == body(4) else Reply()) as platform:
        at(cxcall, platform)
        stopped = cxcall(
            *words, "6", "-p", "other", "--max-failures", "1", "--concurrency", "1", code=9
        )
        assert "to continue, run the same command with `--resume`" in stopped.err
        resumed = cxcall(*words, "2", "--resume", code=2)
        assert "was for personal-connection, profile other, " in resumed.err
        assert "leave out" not in resumed.err
        anew = cxcall(*words, "6", code=7)
        assert "with profile `other`, was not finished" in anew.err
        assert platform.rung == 3
        cxcall(*words, "2", "-p", "other", "--resume", code=9)
    assert platform.rung == 5
    assert set(platform.dials.values()) == {1}


def test_refusals_are_counted_by_reason(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 5)
    refusal = Reply(403, {"message": "No", "code": "missing.permissions"})
    with Platform(lambda sent, _count: refusal if sent == body(2) else Reply()) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "5", code=9)
        assert "1 x permission-missing" in ran.err
        assert "latency: p50 " in ran.err
        assert "###" not in ran.err  # a histogram of five requests shows nothing
        again = cxcall(
            "batch", file, *PERSONAL, "--resume", "--confirm", "0", "-o", "jsonl", code=9
        )
    assert outcomes(again) == ["accepted", "refused", "accepted", "accepted", "accepted"]
    assert sum(platform.seen.values()) == 5


@pytest.mark.slow
def test_batch_stops_after_failures_in_a_row(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 40)
    arguments = (file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm")
    with Platform(lambda _body, _count: Reply(400, {"message": "no"})) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", *arguments, "40", "--max-failures", "4", "-o", "jsonl", code=9)
        assert outcomes(ran) == ["refused"] * 4
        assert lines(ran)[-1]["data"]["notSent"] == 36
        assert "4 requests in a row failed" in lines(ran)[-1]["data"]["stopped"]
        assert "was not finished" in cxcall("batch", *arguments, "40", code=7).err
        platform.answer = lambda _body, _count: Reply()
        last = cxcall("batch", *arguments, "36", "--resume", "-o", "jsonl", code=9)
    assert Counter(outcomes(last)) == {"refused": 4, "accepted": 36}


@pytest.mark.slow
def test_batch_stops_when_the_share_of_failures_is_too_high(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 100)
    odd = Reply(400, {"message": "no"})
    with Platform(
        lambda sent, _count: odd if int(sent["contactId"][-3:]) % 3 else Reply()
    ) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch",
            file,
            *PERSONAL,
            *FAST,
            "--concurrency",
            "1",
            "--confirm",
            "100",
            "--max-failures",
            "60%",
            "-o",
            "jsonl",
            code=9,
        )
    assert len(outcomes(ran)) == 20
    assert "over 60%" in lines(ran)[-1]["data"]["stopped"]


# Tokens and limits


@pytest.mark.slow
def test_expired_token_is_renewed_once_for_all_threads(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 60)
    with Platform(token_uses=40) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "60", "-o", "jsonl", code=0)
    assert platform.grants == 2
    assert outcomes(ran) == ["accepted"] * 60
    assert set(platform.dials.values()) == {1}


def test_token_that_is_never_accepted_stops_the_batch(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 60)
    with Platform(token_uses=0) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "60", code=9
        )
    assert "not sent: 59 rows" in ran.err
    assert (platform.rung, platform.grants) == (0, 2)


@pytest.mark.slow
def test_retry_after_of_one_row_delays_all_rows(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 100)
    is_refused = Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(5):
            return Reply()
        is_refused.set()
        return Reply(429, {}, {"Retry-After": "3000"})

    words = (file, *PERSONAL, *FAST, "--concurrency", "3", "--confirm", "100", "-o", "jsonl")
    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "3600"
        with begin(cxcall, *words) as process:
            assert is_refused.wait(30)
            assert not platform.wait_for_rings(99, timeout=1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
    *rows, summary = map(json.loads, out.splitlines())
    assert Counter(row["outcome"] for row in rows)["accepted"] == platform.rung < 99
    assert summary["data"]["stopped"] == "interrupted"
    assert platform.seen[json.dumps(body(5), sort_keys=True)] == 1


def test_retry_after_longer_than_max_wait_stops_the_batch(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 30)
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "3600"})) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "30", code=9
        )
    assert "requires a wait of 3600 s" in ran.err
    assert platform.rung == 0


@pytest.mark.slow
@pytest.mark.parametrize("burst", [1, 5])
def test_rate_is_kept_so_that_few_requests_are_refused(cxcall: Cxcall, burst: int) -> None:
    file = write_lines(cxcall, 45)
    with Platform(bucket=Bucket(20, burst)) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "30"
        ran = cxcall(
            "batch", file, *PERSONAL, "--rate", "15/s", "--confirm", "45", "-o", "jsonl", code=0
        )
    assert outcomes(ran) == ["accepted"] * 45
    assert set(platform.dials.values()) == {1}
    assert platform.limited <= 3


@pytest.mark.slow
def test_concurrency_limits_requests_in_flight(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 30)
    gate = Event()

    def answer(_sent: Any, _count: int) -> Reply:
        gate.wait(0.05)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--concurrency", "3", "--confirm", "30", code=0)
    assert platform.most_at_once <= 3


# Signals


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_waits_for_rows_in_flight(cxcall: Cxcall, number: int) -> None:
    file = write_lines(cxcall, 50)
    release = Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(1):
            release.wait(20)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        with begin(
            cxcall,
            file,
            *PERSONAL,
            "--rate",
            "50/s",
            "--concurrency",
            "4",
            "--confirm",
            "50",
            "-o",
            "jsonl",
        ) as process:
            assert platform.wait_for_rings(1)
            process.send_signal(number)
            release.set()
            out, err = process.communicate(timeout=30)
        assert process.returncode == 9, err
        results = [json.loads(line) for line in out.splitlines()]
        assert {line["outcome"] for line in results[:-1]} == {"accepted"}
        assert results[-1]["data"]["stopped"] == "interrupted"
        assert platform.rung == len(results) - 1 < 50
        left = str(results[-1]["data"]["notSent"])
        cxcall("batch", file, *PERSONAL, *FAST, "--resume", "--confirm", left, code=0)
    assert platform.rung == 50
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
def test_second_signal_exits_at_once_and_reports_unknown_rows(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 50)
    never, arrived, signals = Event(), Barrier(3), 1

    def answer(sent: Any, _count: int) -> Reply:
        if sent["reasonCode"] in ("row 4", "row 5"):
            arrived.wait(30)
            never.wait(30)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        with begin(
            cxcall, file, *PERSONAL, *FAST, "--concurrency", "2", "--confirm", "50", "-o", "jsonl"
        ) as process:
            arrived.wait(20)
            assert platform.wait_for_rings(3)
            process.send_signal(signal.SIGINT)
            for _ in range(30):  # a process that has not run yet may see two signals as one
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.3)
                    break
                process.send_signal(signal.SIGINT)
                signals += 1
            out, err = process.communicate(timeout=30)
        never.set()
        assert process.returncode == 9, err
    assert signals > 1
    results = [json.loads(line) for line in out.splitlines()]
    unknown = results[-1]["data"]["unknown"]
    assert {entry["row"] for entry in unknown} == {4, 5}
    assert {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")} == {4, 5}


@pytest.mark.slow
def test_repeatedly_killed_batch_finishes_without_duplicate_calls(cxcall: Cxcall) -> None:
    file, seed = write_lines(cxcall, ROWS), Random(6)
    arguments = (file, *PERSONAL, "--rate", "400/s", "--confirm")
    with Platform() as platform:
        at(cxcall, platform)
        for attempt in range(KILLS):
            more = ("--resume",) if attempt else ()
            with begin(cxcall, *arguments, left_of(cxcall, ROWS), *more) as process:
                count = platform.rung + seed.randrange(1, ROWS // KILLS)
                # Before the first row there is nothing to resume; later, fewer rows may be left than the test waits for.
                platform.wait_for_rings(count, timeout=2 if attempt else 60)
                process.kill()
                process.communicate(timeout=30)
        ran = cxcall("batch", *arguments, left_of(cxcall, ROWS), "--resume", "-o", "jsonl")
    results = outcomes(ran)
    assert len(results) == ROWS
    assert set(results) <= {"accepted", "unknown"}
    assert set(platform.dials.values()) == {1}
    named = {line["data"]["row"] for line in lines(ran)[:-1] if line["outcome"] == "unknown"}
    rung = {int(json.loads(key)["contactId"][-12:]) for key in platform.dials}
    assert rung | named == set(range(1, ROWS + 1))
    assert named == {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")}


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--again",)], ids=["anew", "again"])
def test_concurrent_runs_of_one_file_place_each_call_once(
    cxcall: Cxcall, more: tuple[str, ...]
) -> None:
    file = write_lines(cxcall, 60)
    with Platform() as platform, ExitStack() as stack:
        at(cxcall, platform)
        with begin(cxcall, file, *PERSONAL, *FAST, "--confirm", "60", *more) as first:
            assert platform.wait_for_rings(5)
            first.kill()
            first.communicate(timeout=20)
        left = left_of(cxcall, 60)
        words = (file, *PERSONAL, *FAST, "--confirm", left, "--resume")
        processes = [stack.enter_context(begin(cxcall, *words)) for _ in range(4)]
        results = [process.communicate(timeout=60) for process in processes]
        assert not any("Traceback" in err or "locked" in err for _, err in results), results
    assert set(platform.dials.values()) == {1}
    unknown = {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")}
    rung = {int(json.loads(key)["contactId"][-12:]) for key in platform.dials}
    assert rung | unknown == set(range(1, 61))


@pytest.mark.slow
def test_closed_stdout_stops_the_batch_without_losing_records(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 80)
    words = (file, *PERSONAL, "--rate", "100/s", "--confirm", "80", "-o", "jsonl")
    with Platform() as platform:
        at(cxcall, platform)
        with begin(cxcall, *words) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr is not None
            err = process.stderr.read()
            process.wait(30)
        assert "Traceback" not in err
        assert 0 < platform.rung < 80
        outcomes_now = Counter(entry["outcome"] for entry in recorded(cxcall))
        assert outcomes_now == {"accepted": platform.rung}
        left = str(80 - platform.rung)
        cxcall("batch", *words[:-3], left, "--resume", code=0)
    assert platform.rung == 80
    assert set(platform.dials.values()) == {1}
