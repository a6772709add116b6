"""`--resume` sends nothing if a guard of the batch was forgotten: a list, a limit, or hours that the first run had."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import posting
from helpers.campaign_loads import LIST_ID, Dialer, load
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helpers.command import Cxcall

WORDS = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
LISTED = "+12025550102"
ALL_DAY, HALF_DAY = "00:00-23:59:59", "00:00-23:59:58"
HOURS = {"CXCALL_HOURS": ALL_DAY, "CXCALL_HOURS_POLICY": "enforce"}


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    with Platform() as running:
        cxcall.environment |= running.environment
        yield running


def write_files(cxcall: Cxcall) -> dict[str, str]:
    """Write three rows, of which the second one is on the list; return the variable that names the list."""
    lines = [f"12345678-1234-4234-8234-{row:012},+1202555010{row}" for row in (1, 2, 3)]
    cxcall.file("calls.csv", "\n".join(["contact-id,phone-number", *lines]) + "\n")
    cxcall.file("dnc.txt", f"{LISTED}\n")
    return {"CXCALL_DO_NOT_CALL": str(cxcall.folder / "dnc.txt")}


def run(
    cxcall: Cxcall,
    *words: str,
    env: Mapping[str, str] | None = None,
    code: int = 0,
    confirm: int | None = None,
) -> str:
    """Run the batch, and return its diagnostics."""
    more = () if confirm is None else ("--confirm", str(confirm))
    return cxcall("batch", "calls.csv", *WORDS, *more, *words, env=dict(env or {}), code=code).err


def hints(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the flags and the variables that a hint asks for."""
    (line,) = re.findall(r"^hint: (.*)$", text, re.MULTILINE)
    flags = [word for each in re.findall(r"add `(.+?)`", line) for word in shlex.split(each)]
    return flags, dict(re.findall(r"set `(\w+)` to `(.+?)`", line))


@pytest.mark.slow
@pytest.mark.parametrize("is_variable", [False, True])
def test_list_of_a_finished_batch_is_not_forgotten(
    cxcall: Cxcall, platform: Platform, *, is_variable: bool
) -> None:
    variable = write_files(cxcall)
    flags = [] if is_variable else ["--do-not-call", "dnc.txt"]
    run(cxcall, *flags, env=variable if is_variable else {}, confirm=2)
    more = ["--dry-run"] if is_variable else []
    refused = run(cxcall, "--resume", *more, confirm=1, code=2)
    assert "was run with a guard that is missing or weaker now: `do_not_call`" in refused
    given, variables = hints(refused)
    path = variable["CXCALL_DO_NOT_CALL"]
    assert (given, variables) == (([], variable) if is_variable else (["--do-not-call", path], {}))
    run(cxcall, "--resume", *given, env=variables)
    cxcall.file("dnc.txt", "+12025550199\n")  # the person has asked for a call
    run(cxcall, "--resume", *given, env=variables, confirm=1)
    assert platform.rung == 3


@pytest.mark.slow
def test_none_of_several_lists_is_forgotten(cxcall: Cxcall, platform: Platform) -> None:
    """Each list applies, also one before the subcommand, and a resumed batch needs as many as it had."""
    write_files(cxcall)
    cxcall.file("more.txt", "+12025550103\n")
    first, second = ("--do-not-call", "dnc.txt"), ("--do-not-call", "more.txt")
    run(cxcall, *first, *second, confirm=1)
    cxcall.file("dnc.txt", "+12025550199\n")
    refused = run(cxcall, "--resume", *second, confirm=1, code=2)
    assert hints(refused)[0] == ["--do-not-call", str(cxcall.folder / "dnc.txt")]
    run(cxcall, "--resume", *second, "--do-not-call", "./more.txt", confirm=1, code=2)
    words = ("batch", "calls.csv", *WORDS, "--resume", *second, "--confirm", "1")
    cxcall(*first, *words, code=0)
    assert platform.rung == 2


CHANGES: dict[str, tuple[Sequence[str], Mapping[str, str], Sequence[str], Mapping[str, str]]] = {
    "max_attempts": (["--max-attempts", "1/day"], {}, [], {"CXCALL_MAX_ATTEMPTS": "2/day"}),
    "hours": (["--hours", HALF_DAY], HOURS, [], HOURS),
    "hours`, `hours_policy": ([], HOURS, [], {}),
    "duplicate_window": ([], {"CXCALL_DUPLICATE_WINDOW": "901"}, [], {}),
}


@pytest.mark.parametrize("names", CHANGES)
@pytest.mark.slow
def test_forgotten_guard_stops_until_it_is_given_as_the_hint_says(
    cxcall: Cxcall, platform: Platform, names: str
) -> None:
    write_files(cxcall)
    words, env, later_words, later_env = CHANGES[names]
    run(cxcall, *words, env=env, confirm=3)
    refused = run(cxcall, "--resume", *later_words, env=later_env, code=2)
    assert f"missing or weaker now: `{names}`" in refused
    flags, variables = hints(refused)
    run(cxcall, "--resume", *later_words, *flags, env={**later_env, **variables})
    assert platform.rung == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "env", "later_words", "later_env"),
    [
        (
            ["--do-not-call", "dnc.txt", "--max-attempts", "1/day"],
            HOURS,
            ["--do-not-call", "other.txt", "--max-attempts", "2/day"],
            {"CXCALL_HOURS_POLICY": "warn"},
        ),
        (["--hours", ALL_DAY], {}, [], {}),  # such hours only warn
    ],
)
def test_guard_that_was_changed_in_its_place_is_accepted(
    cxcall: Cxcall,
    platform: Platform,
    words: list[str],
    env: dict[str, str],
    later_words: list[str],
    later_env: dict[str, str],
) -> None:
    write_files(cxcall)
    cxcall.file("other.txt", f"{LISTED}\n")
    count = 2 if "dnc.txt" in words else 3
    run(cxcall, *words, env=env, confirm=count)
    run(cxcall, "--resume", *later_words, env=later_env)
    assert platform.rung == count


@pytest.mark.slow
def test_guard_of_a_resumed_run_is_not_forgotten_by_the_next_one(
    cxcall: Cxcall, platform: Platform
) -> None:
    write_files(cxcall)
    profile = '[profiles.default]\nmax_attempts = "9/day"\n'
    cxcall.file("config/config.toml", profile)
    limited = Reply(429, {}, {"Retry-After": "900"})
    platform.answer = lambda _body, _count: Reply() if not platform.rung else limited
    run(cxcall, "--concurrency", "1", confirm=3, code=9)
    platform.answer = lambda _body, _count: Reply()
    run(cxcall, "--resume", "--do-not-call", "dnc.txt", confirm=1)
    assert "`do_not_call`" in run(cxcall, "--resume", code=2)
    cxcall.file("config/config.toml", profile.replace("9", "99"))  # changed in its place
    run(cxcall, "--resume", "--do-not-call", "dnc.txt")
    cxcall.file("config/config.toml", "")
    refused = run(cxcall, "--resume", "--do-not-call", "dnc.txt", code=2)
    assert hints(refused) == (["--max-attempts", "9/day"], {})
    assert platform.rung == 2


def test_command_to_continue_names_the_variables_that_set_guards(
    cxcall: Cxcall, platform: Platform
) -> None:
    variable = write_files(cxcall)
    hours = {"CXCALL_HOURS": "00:00-00:00:01", "CXCALL_HOURS_POLICY": "enforce"}
    ended = run(cxcall, env={**variable, **hours}, confirm=0, code=9)
    names = "`CXCALL_HOURS`, `CXCALL_HOURS_POLICY`, `CXCALL_DO_NOT_CALL`"
    assert f"run the same command with `--resume` and the same {names}: `cxcall batch " in ended
    assert platform.rung == 0


@pytest.mark.slow
def test_list_is_not_forgotten_for_the_rows_that_a_value_makes_calls(
    cxcall: Cxcall, platform: Platform
) -> None:
    """The operation places no call, but a row does by a value of its body, as declared, or of its query."""
    write_files(cxcall)
    action = {"name": "action", "in": "query", "schema": {"type": "string"}}
    texts = {name: {"type": "string"} for name in ("kind", "text")}
    calls: dict[str, dict[str, Any]] = {
        "list,dial": {"x-cxcall-rings-with": {"/kind": ["dial"]}},
        "dial,note": {},
    }
    for count, (call, marks) in enumerate(calls.items(), 1):
        marks |= {"x-cxcall-rings": False}
        document = posting("addNote", texts, "/notes", parameters=[action], **marks)
        rows = "\n".join(("action,/kind,/text", f"list,note,{count}", f"{call},{LISTED}", ""))
        words = ("--operation", "addNote", "--contract", cxcall.file("own.json", document))
        batch = ("batch", cxcall.file("rows.csv", rows), *words)
        cxcall(*batch, "--do-not-call", "dnc.txt", code=0)
        refused = cxcall(*batch, "--resume", "--confirm", "1", code=2)
        assert "missing or weaker now: `do_not_call`" in refused.err
        cxcall(*batch, "--resume", "--do-not-call", "dnc.txt", code=0)
        assert platform.rung == count


@pytest.mark.slow
def test_load_does_not_forget_its_list(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", f"Phone,Name\n{LISTED},Listed\n+12025550103,P1\n")
    cxcall.file("dnc.txt", f"{LISTED}\n")
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, file, LIST_ID, "--do-not-call", "dnc.txt", "--yes")
        refused = load(cxcall, file, LIST_ID, "--resume", "--yes", code=2)
    assert "`do_not_call`" in refused.err
    assert dialer.loaded == ["P1"]


def test_queue_does_not_forget_its_guards(shared: Cxcall, platform: Platform) -> None:
    shared.environment |= platform.environment
    write_files(shared)
    waits = ("--queue", "--hours", ALL_DAY, "--wait-for-hours")
    run(shared, *waits, "--do-not-call", "dnc.txt", confirm=2)
    shared("worker", "--until-empty", code=0)
    refused = run(shared, "--queue", "--resume", confirm=1, code=2)
    assert "missing or weaker now: `hours`, `hours_policy`, `do_not_call`" in refused
    flags, _ = hints(refused)
    run(shared, "--queue", "--resume", *flags)
    assert platform.rung == 2
