"""`validate` in the formats of CI systems, parsed by independent readers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from junitparser import Error, Failure, JUnitXml

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Excerpt, Finding
from cxcall.output.formats import junit, payload_verdicts
from cxcall.output.formats import sarif as sarif_format
from cxcall.output.report import Report
from cxcall.validation.payload_check import PayloadVerdict
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
SPEC = {"contactId": CONTACT, "contactData": {"phoneNumber": "+1234567890"}}
DOUBTFUL = {"contactId": CONTACT, "contactSpec": SPEC}
HOSTILE = "100%, a:b\r\n::error::x\x1b[31m\uffff\u2028"
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def workflow_commands(ran: Ran) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands like the runner: lines, then properties, then escapes."""
    found = []
    for line in ran.out.split("\n"):
        if command := COMMAND.fullmatch(line):
            kind, properties, data = command.groups()
            pairs = dict(entry.split("=", 1) for entry in properties.split(","))
            found.append((kind, {name: plain(text) for name, text in pairs.items()}, plain(data)))
    return found


def plain(text: str) -> str:
    return re.sub("%(0D|0A|3A|2C|25)", lambda found: chr(int(found[1], 16)), text)


def sarif(ran: Ran) -> dict[str, Any]:
    """Read SARIF with an independent reader, which must know every property, and lose none."""
    from sarif_pydantic import Sarif

    document = json.loads(ran.out)
    again = Sarif.model_validate(document).model_dump_json(by_alias=True, exclude_unset=True)
    assert json.loads(again) == document
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted({result["ruleId"] for result in run["results"]})
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    assert run["invocations"][0]["exitCode"] == ran.code
    return dict(run)


def mixed(cxcall: Cxcall) -> list[str]:
    """Write one payload of each kind, and name a missing file."""
    many = "\n".join([json.dumps(GOOD), json.dumps({**GOOD, "contactId": "7"}), "{oops"])
    return [
        cxcall.file("good.json", GOOD),
        cxcall.file("sub/doubtful.json", DOUBTFUL),
        cxcall.file("many.jsonl", many),
        "missing.json",
    ]


def test_github_annotates_each_finding_at_its_line(cxcall: Cxcall) -> None:
    ran = cxcall("validate", *mixed(cxcall), "-o", "github", code=2)
    places = [
        (kind, text.get("file"), text.get("line"), text.get("col"), text["title"])
        for kind, text, _ in workflow_commands(ran)
    ]
    assert places == [
        (
            "warning",
            "sub/doubtful.json",
            "1",
            "155",
            "phone-unlikely  /contactSpec/contactData/phoneNumber",
        ),
        ("error", "many.jsonl", "2", "15", "id-format  /contactId"),
        ("notice", "many.jsonl", "2", "1", "operation-mismatch  body"),
        ("error", "many.jsonl", "3", "2", "body-malformed  body"),
        ("error", None, None, None, "usage  missing.json"),
    ]
    assert ran.out.splitlines()[-1] == "cxcall: 3 of 5 payloads valid; 3 errors, 1 warning"
    assert "hint: " in workflow_commands(ran)[0][2]
    assert ran.err == ""


def test_github_escapes_hostile_text(cxcall: Cxcall) -> None:
    name = cxcall.file("a:b,100%.json", {**GOOD, HOSTILE: 1})
    ran = cxcall("validate", name, "-o", "github", code=3)
    commands = [line for line in ran.out.splitlines() if line.startswith("::")]
    assert len(commands) == len(workflow_commands(ran)) == len(ran.out.splitlines()) - 1
    kind, text, message = workflow_commands(ran)[0]
    assert (kind, text["file"]) == ("error", name)
    assert "100%, a:b\r\n::error::x\\x1b[31m" in message
    assert "100%, a:b\r\n::error::x\\x1b[31m" in text["title"]


@pytest.mark.parametrize("form", ["junit", "jsonl"])
def test_hostile_name_starts_no_line_and_reorders_nothing(cxcall: Cxcall, form: str) -> None:
    name = cxcall.file("hostile.json", {**GOOD, f"{HOSTILE}\n::error::y\u202ex": 1})
    ran = cxcall("validate", name, "-o", form, code=3)
    lines = ran.out.split("\n")
    assert not any(line.lstrip().startswith("::") for line in lines)
    assert "\u202e" not in ran.out


@pytest.mark.slow
def test_paths_are_relative_to_the_repository(cxcall: Cxcall) -> None:
    (cxcall.folder / ".git").mkdir()
    cxcall.file("sub/p.json", {"contactId": "1"})
    cxcall.folder /= "sub"
    ran = cxcall("validate", "p.json", "../sub/p.json", "-o", "github", code=3)
    assert {text["file"] for _, text, _ in workflow_commands(ran)} == {"sub/p.json"}
    result = sarif(cxcall("validate", "p.json", "-o", "sarif", code=3))["results"][0]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "sub/p.json", "uriBaseId": "%SRCROOT%"}
    assert ' file="sub/p.json"' in cxcall("validate", "p.json", "-o", "junit", code=3).out


def test_junit_has_a_case_for_each_payload(cxcall: Cxcall) -> None:
    ran = cxcall("validate", *mixed(cxcall), "-o", "junit", code=2)
    document = JUnitXml.fromstring(ran.out.encode())
    (suite,) = document
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 2, 1, 0)
    cases = {case.name: case for case in suite}
    assert list(cases) == [
        "good.json",
        "sub/doubtful.json",
        "many.jsonl:1",
        "many.jsonl:2",
        "many.jsonl:3",
        "missing.json",
    ]
    assert cases["good.json"].result == []
    assert cases["sub/doubtful.json"].result == []
    assert "warning[phone-unlikely]" in cases["sub/doubtful.json"].system_out
    (failure,) = cases["many.jsonl:2"].result
    assert isinstance(failure, Failure)
    assert failure.type == "id-format"
    assert "many.jsonl:2:15  /contactId" in failure.text
    assert "note[operation-mismatch]" in cases["many.jsonl:2"].system_out
    (error,) = cases["missing.json"].result
    assert isinstance(error, Error)
    assert "+1234567890" not in ran.out


def test_junit_counts_a_warning_as_failure_only_with_strict(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", DOUBTFUL)
    (suite,) = JUnitXml.fromstring(cxcall("validate", name, "-o", "junit", code=0).out.encode())
    assert suite.failures == 0
    ran = cxcall("validate", name, "-o", "junit", "--strict", code=3)
    (suite,) = JUnitXml.fromstring(ran.out.encode())
    (case,) = suite
    assert (suite.failures, case.result[0].type) == (1, "phone-unlikely")


@pytest.mark.slow
def test_junit_escapes_any_text_to_ascii(cxcall: Cxcall) -> None:
    name = cxcall.file("é.json", {**GOOD, HOSTILE + "é": 1})
    env = {"PYTHONIOENCODING": "latin-1"}
    ran = cxcall("validate", name, "-o", "junit", code=3, env=env)
    (suite,) = JUnitXml.fromstring(ran.out.encode("latin-1"))
    (case,) = suite
    assert case.name == "é.json"
    assert "\\x1b[31m\\uffff" in case.result[0].message


@pytest.mark.slow
def test_sarif_has_a_result_for_each_finding(cxcall: Cxcall) -> None:
    run = sarif(cxcall("validate", *mixed(cxcall), "-o", "sarif", code=2))
    results = run["results"]
    assert [(result["ruleId"], result["level"]) for result in results] == [
        ("phone-unlikely", "warning"),
        ("id-format", "error"),
        ("operation-mismatch", "note"),
        ("body-malformed", "error"),
        ("usage", "error"),
    ]
    (location,) = results[1]["locations"]
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "many.jsonl", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 2, "startColumn": 15, "endColumn": 18},
        },
        "logicalLocations": [{"fullyQualifiedName": "/contactId"}],
    }
    rules = run["tool"]["driver"]["rules"]
    assert rules[results[1]["ruleIndex"]]["helpUri"].endswith(
        "docs/reference/findings.md#id-format"
    )
    assert results[2]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    (missing,) = results[-1]["locations"]
    assert set(missing["physicalLocation"]) == {"artifactLocation"}
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["columnKind"] == "unicodeCodePoints"
    ran = cxcall("validate", "sub/doubtful.json", "-o", "sarif", code=0)
    assert sarif(ran)["invocations"][0]["executionSuccessful"] is True
    assert "+1234567890" not in ran.out


@pytest.mark.slow
def test_sarif_has_fixes_that_correct_the_file(cxcall: Cxcall) -> None:
    text = (
        '{\n  "contact_id": "12345678-1234-1234-1234-123456789012",\n  "reasonCode": 7, "x": 1\n}\n'
    )
    name = cxcall.file("p.json", text)
    words = ("validate", name, "--operation", "personal-connection", "-o", "sarif")
    results = sarif(cxcall(*words, code=3))["results"]
    assert [("fixes" in each, each["ruleId"]) for each in results] == [
        (True, "property-unknown"),
        (True, "type-mismatch"),
        (False, "property-unknown"),
    ]
    lines = text.split("\n")
    for result in reversed(results[:2]):
        (change,) = result["fixes"][0]["artifactChanges"]
        assert change["artifactLocation"] == {"uri": "p.json", "uriBaseId": "%SRCROOT%"}
        (replacement,) = change["replacements"]
        region, row = replacement["deletedRegion"], replacement["deletedRegion"]["startLine"] - 1
        assert region["endLine"] == row + 1
        start, end = region["startColumn"] - 1, region["endColumn"] - 1
        lines[row] = lines[row][:start] + replacement["insertedContent"]["text"] + lines[row][end:]
    assert json.loads("\n".join(lines)) == {
        "contactId": "12345678-1234-1234-1234-123456789012",
        "reasonCode": "7",
        "x": 1,
    }


@pytest.mark.slow
def test_sarif_encodes_any_file_name_as_uri(cxcall: Cxcall) -> None:
    name = cxcall.file("a:b c/100%#é?.json", {"contactId": "1"})
    results = sarif(cxcall("validate", name, "-o", "sarif", code=3))["results"]
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w/.%-]+", uri)
    assert unquote(uri) == name
    other = cxcall.folder / "other"
    other.mkdir()
    cxcall.folder = other
    results = sarif(cxcall("validate", f"../{name}", "-o", "sarif", code=3))["results"]
    artifact = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"].startswith("file:///")
    assert "uriBaseId" not in artifact


@pytest.mark.slow
def test_stdin_has_no_file_and_a_name_in_sarif(cxcall: Cxcall) -> None:
    given = json.dumps({"contactId": "1"})
    text = workflow_commands(cxcall("validate", "-", "-o", "github", stdin=given, code=3))[0][1]
    assert set(text) == {"title"}
    assert "  -:1:" in text["title"]
    result = sarif(cxcall("validate", "-", "-o", "sarif", stdin=given, code=3))["results"][0]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "stdin"},
        "region": {"startLine": 1, "startColumn": 1, "endColumn": 19},
    }
    (unread,) = sarif(cxcall("validate", "-", "-o", "sarif", stdin="{", code=3))["results"]
    assert unread["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "stdin"}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--nope",), ("--operation", "nope", "x.json"), ()])
def test_usage_error_is_printed_in_the_requested_format(
    cxcall: Cxcall, arguments: tuple[str, ...]
) -> None:
    ran = cxcall("-o", "github", "validate", *arguments, code=2)
    assert workflow_commands(ran)[0][0] == "error"
    ran = cxcall("validate", "-o", "sarif", *arguments, code=2)
    (invocation,) = sarif(ran)["invocations"]
    assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "usage"}
    assert all(result["locations"] for result in sarif(ran)["results"])
    (suite,) = JUnitXml.fromstring(cxcall("validate", "-ojunit", *arguments).out.encode())
    (case,) = suite
    assert (suite.errors, case.name) == (1, "command line")


@pytest.mark.parametrize("output", ["github", "junit", "sarif"])
@pytest.mark.parametrize(
    "command",
    [("execute", CAMPAIGN, "--contact-id", CONTACT), ("history", "list"), ("config", "path")],
)
def test_other_commands_reject_ci_formats(
    cxcall: Cxcall, command: tuple[str, ...], output: str
) -> None:
    for line in ((*command, "-o", output), ("-o", output, *command)):
        ran = cxcall(*line, code=2)
        assert ran.out == ""
        assert f"`{output}` is not one of `text`, `json`, `jsonl`" in ran.err


@pytest.mark.slow
def test_valid_payloads_give_a_complete_document(cxcall: Cxcall) -> None:
    name = cxcall.file("good.json", GOOD)
    assert cxcall("validate", name, "-o", "github", code=0).out == "cxcall: 1 of 1 payload valid\n"
    run = sarif(cxcall("validate", name, "-o", "sarif", code=0))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


class Unread(str):
    """A line that no format may look at, because a file of one line is quoted in each finding."""

    __slots__ = ()

    def isprintable(self) -> bool:
        """Fail."""
        raise AssertionError


def test_formats_look_for_the_repository_once_and_at_no_quoted_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched = []

    def find_root(folder: Path) -> list[Path]:
        searched.append(folder)
        return [folder]

    monkeypatch.setattr(payload_verdicts, "folders_to_root", find_root)
    place = Excerpt("once.json", 1, 1, Unread("{}"))
    finding = Finding.error("id-format", "/contactId", "wrong", excerpt=place)
    verdict = PayloadVerdict(
        "once.json", 1, (), valid=False, findings=(finding,), exit_code=ExitCode.INVALID
    )
    report = Report("validate", Outcome.INVALID, ExitCode.INVALID, payloads=[verdict] * 100)
    for form in (junit, sarif_format):
        assert form.render(report).count("wrong") >= 100
    assert len(searched) == 1
