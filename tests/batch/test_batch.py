"""`cxcall batch` sends every row once, whatever happens in the file, on the platform, or at the terminal."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import (
    FAST,
    PERSONAL,
    at,
    body,
    contact,
    lines,
    outcomes,
    recorded,
    write_lines,
)
from helpers.command import CXCALL
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall


# Guarantees


def test_identical_rows_that_waited_are_sent_once_despite_again(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.jsonl", (json.dumps(body(1)) + "\n") * 2)
    busy = iter([Reply(429, {"message": "busy"}, {"Retry-After": "0"})] * 2)
    with Platform(lambda _body, _count: next(busy, Reply())) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "1", "--again", code=0)
    assert platform.rung == 1


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert sorted(platform.dials.values()) == [1, 1]


@pytest.mark.slow
def test_resume_needs_the_same_values_and_a_batch_with_others_does_not_hide_an_unfinished_one(
    cxcall: Cxcall,
) -> None:
    file = write_lines(cxcall, 3)
    words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm")
    first, other = ("--set", '/reasonCode="A"'), ("--set", '/reasonCode="B"')
    refusal = Reply(403, {"code": "missing.permissions"})
    stops = {"contactId": contact(2), "reasonCode": "A"}
    with Platform(lambda sent, _count: refusal if sent == stops else Reply()) as platform:
        at(cxcall, platform)
        cxcall(*words, "3", *first, "--max-failures", "1", code=9)
        changed = cxcall(*words, "3", "--resume", code=2)
        assert "so its rows were different requests" in changed.err
        assert platform.rung == 1
        assert "was not finished" in cxcall(*words, "3", *other, code=7).err
        cxcall(*words, "3", *other, "--again", code=0)
        assert "was not finished" in cxcall(*words, "3", *first, code=7).err
        cxcall(*words, "1", *first, "--resume", code=9)
    assert platform.rung == 5
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
def test_finished_batch_is_stopped_as_duplicates(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    with Platform() as platform:
        at(cxcall, platform)
        first = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", code=0)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "2", "-o", "jsonl", code=9)
        assert outcomes(ran) == ["stopped", "stopped"]
        assert "2 rows, 2 valid, 2 stopped as duplicates" in ran.err
        assert "had the same rows" not in first.err
        assert platform.rung == 2
        window = {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        words = ("batch", file, *PERSONAL, *FAST, "--confirm", "2")
        assert "had the same rows" in cxcall(*words, env=window, code=0).err
        assert platform.rung == 4
        cxcall(*words, "--again", code=0)
        assert platform.rung == 6
        other = cxcall(*words, "--set", '/reasonCode="other"', env=window, code=0)
        assert "was sent from the same file with another `--map`, `--sheet`, `--set`" in other.err
        assert "had the same rows" not in other.err


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
def test_batch_stops_after_failures_in_a_row(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 10)
    arguments = (file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm")
    with Platform(lambda _body, _count: Reply(400, {"message": "no"})) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", *arguments, "10", "--max-failures", "4", "-o", "jsonl", code=9)
        assert outcomes(ran) == ["refused"] * 4
        assert lines(ran)[-1]["data"]["notSent"] == 6
        assert "4 requests in a row failed" in lines(ran)[-1]["data"]["stopped"]
        assert "was not finished" in cxcall("batch", *arguments, "10", code=7).err
        platform.answer = lambda _body, _count: Reply()
        last = cxcall("batch", *arguments, "6", "--resume", "-o", "jsonl", code=9)
    assert Counter(outcomes(last)) == {"refused": 4, "accepted": 6}


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
