"""`cxcall validate` on long files, as a user sees it: many processes, pipes, and a progress bar."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from helpers.command import CONTACT, CXCALL, screen, terminal
from helpers.payload_lines import EVERY_KIND, GOOD, KINDS, WIDE, begin, in_line, lines

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

FORMATS = ["text", "sarif"]


def slow_lines() -> str:
    """Return more than a MiB of lines, which take longer than the time after which progress is shown."""
    return lines(3000, [4, 0], " " * 400)


@pytest.mark.parametrize("form", FORMATS)
def test_output_does_not_depend_on_number_of_processes(cxcall: Cxcall, form: str) -> None:
    name = cxcall.file("many.jsonl", lines(112, [*EVERY_KIND, *[0] * 40], WIDE))
    alone = cxcall("validate", name, "--jobs", "1", "-o", form, code=3)
    as_many_as_cores = ((),) if form == "text" else ()
    for jobs in (("--jobs", "3"), *as_many_as_cores):
        shared = cxcall("validate", name, *jobs, "-o", form, code=3)
        assert (shared.out, shared.err) == (alone.out, alone.err)


def test_lines_are_reported_in_order_and_as_in_a_file_of_one_line(cxcall: Cxcall) -> None:
    name = cxcall.file("many.jsonl", lines(80, end=WIDE))
    output = [
        json.loads(line)
        for line in cxcall("validate", name, "--jobs", "3", "-o", "jsonl", code=3).out.splitlines()
    ]
    kinds = [EVERY_KIND[at % len(EVERY_KIND)] for at in range(80)]
    files = [cxcall.file(f"{kind}.jsonl", text) for kind, text in enumerate(KINDS[:-1])]
    alone = list(map(json.loads, cxcall("validate", *files, "-o", "jsonl").out.splitlines()))
    assert output == [
        in_line(alone[kind], name, number) for number, kind in enumerate(kinds, 1) if KINDS[kind]
    ]


def test_first_hundred_findings_are_shown_and_all_are_counted(
    cxcall: Cxcall,
) -> None:
    name = cxcall.file("many.jsonl", lines(800))
    ran = cxcall("validate", name, code=3)
    assert ran.err == "", "progress is shown on a terminal only"
    assert ran.out.count("warning[phone-unlikely]: ") + ran.out.count("error[id-format]: ") < 100
    assert "      50  warning[phone-unlikely]" in ran.out
    assert "      50  error[id-format]" in ran.out
    assert "the first 100 findings are shown; add `--all` to show all" in ran.out
    assert "750 payloads, 650 valid" in ran.out
    every = cxcall("validate", name, "--all", code=3)
    assert every.out.count("error[id-format]: ") == 50
    assert "`--all`" not in every.out
    counts = cxcall("validate", name, "-o", "json", code=3).envelope["data"]["counts"]
    assert (counts["payloads"], counts["invalid"], counts["codes"]["id-format"]) == (750, 100, 50)


def test_csv_table_is_checked_by_several_processes(cxcall: Cxcall) -> None:
    rows = [f"{CONTACT if number % 9 else 'wrong'},row {number}\n" for number in range(700)]
    name = cxcall.file("many.csv", "/contactId,/reasonCode\n" + "".join(rows))
    out = cxcall(
        "validate",
        name,
        "--operation",
        "personal-connection",
        "--jobs",
        "3",
        "-o",
        "jsonl",
        code=3,
    ).out
    results = [json.loads(line) for line in out.splitlines()]
    assert [entry["line"] for entry in results] == [*range(2, 702)]
    assert [entry["line"] - 2 for entry in results if not entry["valid"]] == [*range(0, 700, 9)]


def test_records_before_one_that_cannot_be_read_are_reported(cxcall: Cxcall) -> None:
    rows = [f"{CONTACT},{'.' * 200}row {number}{' ' * (number == 600)}\n" for number in range(700)]
    text = "/contactId,/reasonCode\n" + "".join(rows)
    cxcall.folder.joinpath("bad.csv").write_bytes(text.encode().replace(b"row 600 ", b"row \xff"))
    arguments = ("validate", "bad.csv", "--operation", "personal-connection", "-o", "jsonl")
    alone, shared = (cxcall(*arguments, "--jobs", jobs, code=3).out for jobs in ("1", "3"))
    assert alone == shared
    assert alone.count('"valid": true') > 500
    assert "is not UTF-8: it contains byte 0xff" in alone


def test_line_of_a_pipe_is_reported_when_it_arrives(cxcall: Cxcall) -> None:
    with begin(cxcall, "validate", "-", "-o", "jsonl") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{KINDS[0]}\n".encode())
        process.stdin.flush()
        for number, valid in enumerate([True, False, True, True, False, True], 1):
            if number > 1:
                process.stdin.write(f"{KINDS[0 if valid else 4]}\n".encode())
            if number == 1:
                continue  # a second document shows that there are many
            process.stdin.flush()
            for expected in (1, 2) if number == 2 else (number,):
                assert json.loads(process.stdout.readline())["line"] == expected
        process.stdin.close()
        assert process.wait(30) == 3


def test_document_that_arrives_in_pieces_is_one_payload(cxcall: Cxcall) -> None:
    with begin(cxcall, "validate", "-", "-o", "jsonl") as process:
        assert process.stdin is not None
        for piece in json.dumps(GOOD, indent=1).splitlines(keepends=True):
            process.stdin.write(piece.encode())
            process.stdin.flush()
        out, _ = process.communicate(timeout=30)
    assert [json.loads(line)["valid"] for line in out.splitlines()] == [True]


def test_file_and_pipe_give_the_same_report(cxcall: Cxcall) -> None:
    text = lines(64, end=WIDE)
    of_file = cxcall("validate", cxcall.file("a.jsonl", text), "-o", "json", code=3).out
    for jobs in ("1", "3"):
        of_pipe = cxcall("validate", "-", "--jobs", jobs, "-o", "json", stdin=text, code=3).out
        assert of_pipe == of_file.replace("a.jsonl", "-")


def peak(cxcall: Cxcall, *arguments: str) -> int:
    """Run a command; returns the peak memory of it or of one of its processes, in KiB."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(CXCALL), *arguments],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(result.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_does_not_grow_with_the_lines(cxcall: Cxcall) -> None:
    name, longer = (
        cxcall.file("a.jsonl", lines(200, end=WIDE)),
        cxcall.file("b.jsonl", lines(1000, end=WIDE)),
    )
    few = peak(cxcall, "validate", name, "--jobs", "2", "-o", "jsonl")
    assert peak(cxcall, "validate", longer, "--jobs", "2", "-o", "jsonl") < 1.08 * few


def test_each_finding_on_a_record_has_its_place(cxcall: Cxcall) -> None:
    file = cxcall.file("t.csv", "/contactId,campaignId\n,x\n")
    words = ("validate", file, "--operation", "execute", "-o", "json")
    findings = cxcall(*words, code=3).envelope["findings"]
    assert [(each["code"], each["file"], each["line"], each["column"]) for each in findings] == [
        ("property-missing", "t.csv", 2, 1),
        ("property-missing", "t.csv", 2, 1),
        ("id-format", "t.csv", 2, 2),
    ]


def test_table_matches_the_operation_that_has_its_columns(cxcall: Cxcall) -> None:
    file = cxcall.file("some.csv", f"/contactId,/reasonCode\n{CONTACT},x\n")
    assert cxcall("validate", file, code=0).out == f"{file}:2: valid as personal-connection\n"
    file = cxcall.file("blank.csv", f"/contactId,/reasonCode,\n{CONTACT},x,\n{CONTACT},x,y\n")
    shown = cxcall("validate", file, code=3).out
    assert f"{file}:2: valid as personal-connection\n" in shown
    assert "a value under an empty header" in shown
    other = cxcall.file("other.csv", "volume,weight\n1,2\n")
    assert "no known operation fits the columns" in cxcall("validate", other, code=2).out


def test_progress_is_shown_on_a_terminal(cxcall: Cxcall) -> None:
    name = cxcall.file("many.jsonl", slow_lines())
    with terminal(cxcall, "validate", name, "--jobs", "1", columns=100) as child:
        child.expect(r"\d+/[12]\d{3}\S* KiB, [\d,]+ checked, [\d,]+ invalid")
        text = screen(child)
    assert child.exitstatus == 3
    assert "3,000 payloads, 1,500 valid" in text
    assert text.rstrip().endswith("1,500 errors")
