"""`from cxcall import check`: the same verdict as the command, typed, and fast to import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxcall as package
import man_page
from cxcall import CxcallError, Finding, Severity, Verdict, check
from cxcall.contracts.contract import load_catalog
from cxcall.documents.json_document import parse_json
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import match_and_check
from helpers.command import CONTACT, Cxcall

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
SPEC = {"contactId": CONTACT, "contactData": {"phoneNumber": "+1234567890"}}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner | st.text(), max_size=3)
        | st.dictionaries(
            st.text() | st.sampled_from(["contactId", "contactSpec", "reasonCode"]),
            inner | st.text(),
            max_size=3,
        )
    ),
    max_leaves=6,
)


def test_a_good_payload_is_valid_as_what_it_fits() -> None:
    verdict = check(GOOD)
    assert verdict == Verdict(("personal-connection", "personal-connection-contact"), ())
    assert verdict.valid


def test_a_payload_is_checked_as_the_operation_named() -> None:
    verdict = check(GOOD, "execute")
    assert not verdict.valid
    assert verdict.operations == ("execute",)
    assert verdict.findings[0].code == "operation-mismatch"
    assert all(isinstance(finding, Finding) for finding in verdict.findings)


def test_warnings_do_not_make_it_invalid() -> None:
    verdict = check({"contactId": CONTACT, "contactSpec": SPEC}, "execute")
    assert [finding.severity for finding in verdict.findings] == [Severity.WARNING]
    assert verdict.valid


def test_a_file_gives_places_and_the_command_says_the_same(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", '{\n  "contactId": "12345",\n  "contactId": "7"\n}')
    verdict = check(cxcall.folder / name)
    output = cxcall("validate", name, "-o", "json", code=3).envelope["findings"]
    assert [
        (found.code, found.where, found.message, found.excerpt and found.excerpt.line)
        for found in verdict.findings
    ] == [(each["code"], each["where"], each["message"], each["line"]) for each in output]
    assert "`contactId`" in verdict.findings[0].message


@pytest.mark.slow
@given(payload=ANY_JSON)
def test_any_value_gets_the_verdict_of_the_text_that_would_be_sent(payload: Any) -> None:
    body = parse_json(json.dumps(payload), "p.json")
    expected = match_and_check(load_catalog(), Payload(body.value), None)
    verdict = check(payload)
    assert verdict == expected


def test_what_json_makes_of_a_value_is_what_is_checked() -> None:
    class Reason(str):
        __slots__ = ()

    assert check({"contactId": CONTACT, "reasonCode": Reason("x")}).valid
    verdict = check({"contactId": CONTACT, "reasonCode": "\ud83d"})
    assert [(found.code, found.excerpt) for found in verdict.findings] == [("body-malformed", None)]
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    assert check(deep).findings[0].code == "body-malformed"


def test_what_is_no_payload_is_a_fault_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"pathlib\.Path"):
        check("payload.json")
    with pytest.raises(TypeError):
        check({"contactId": object()})
    with pytest.raises(ValueError, match="JSON"):
        check({"contactId": float("nan")})
    seven: Any = 7
    calls: tuple[Callable[[], object], ...] = (
        lambda: check(tmp_path / "missing.json"),
        lambda: check(GOOD, "exceute"),
        lambda: check(GOOD, seven),
        lambda: check(GOOD, contract=tmp_path / "missing.json"),
    )
    for wrong in calls:
        with pytest.raises(CxcallError) as raised:
            wrong()
        assert raised.value.findings[0].fix


def test_a_file_that_is_no_json_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(b'{"contactId": \xe9')
    verdict = check(path, "execute")
    assert (verdict.valid, verdict.operations) == (False, ("execute",))
    assert verdict.findings[0].code == "body-malformed"


def test_a_contract_of_ones_own(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}
    operation = {
        "operationId": "page",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "paths": {"/page": {"post": operation}}}))
    assert check({"to": "x"}, "page", contract=path).valid
    assert check({}, "page", contract=str(path)).findings[0].where == "/to"


def test_what_a_failed_assertion_prints_holds_no_whole_number(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"contactId": CONTACT, "contactSpec": SPEC}))
    printed = repr(check(path))
    assert "p.json:1:" in printed
    assert "+1234567890" not in printed


def test_the_package_shows_its_names_and_no_others() -> None:
    assert set(package.__all__) <= set(dir(package))
    raised = re.findall(r"\b[A-Z]\w+Error\b", str(package.Client.send.__doc__))
    for name in {*package.__all__, *raised}:
        assert getattr(package, name)


def in_a_process(program: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return result.stdout.strip()


def test_importing_the_package_imports_nothing_of_it() -> None:
    shown = "print(sorted(name for name in sys.modules if name.startswith('cxcall')))"
    assert in_a_process(f"import sys, cxcall; {shown}") == "['cxcall', 'cxcall.version']"


@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    [
        "cxcall.payloads.schema_check",
        "cxcall.validation.payload_files",
        "cxcall.cli.main",
    ],
)
def test_no_import_turns_check_into_a_module(first: str) -> None:
    assert in_a_process(f"import {first}; from cxcall import check; print(callable(check))") == (
        "True"
    )


def test_types_of_the_package_hold() -> None:
    """Mypy, which reads the tests, needs each `type: ignore` here and no other; the wheel has `py.typed`."""
    verdict: Verdict = check({"contactId": "1"}, "execute")
    findings: tuple[Finding, ...] = verdict.findings
    fixes: list[str] = [each.fix for each in findings if each.severity is Severity.ERROR]
    places: list[int] = [each.excerpt.line for each in findings if each.excerpt]
    valid: bool = verdict.valid
    assert (valid, bool(fixes), places) == (False, True, [])
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        package.chek({})  # type: ignore[attr-defined]
    _wrong = lambda: check({}, operation=7)  # type: ignore[arg-type]  # noqa: E731 - it is not called


@pytest.mark.slow
def test_the_wheel_ships_types_plugin_contracts_man_page_and_scripts_of_shells(
    tmp_path: Path,
) -> None:
    root = Path(package.__file__).parent.parent
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        capture_output=True,
        timeout=120,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = held.namelist()
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        assert "[pytest11]\ncxcall = cxcall.pytest_plugin" in held.read(points).decode()
        shared = {
            name.partition(".data/data/")[2]: held.read(name).decode()
            for name in names
            if ".data/data/" in name
        }
    kept = "py.typed", "output/formats/sarif.py", "contracts/community.json"
    for name in (*kept, "cli/completion_scripts/cxcall.ps1"):
        assert f"cxcall/{name}" in names
    assert shared.pop("share/man/man1/cxcall.1") == man_page.PAGE.read_text("utf-8")
    assert set(shared) == {
        "share/bash-completion/completions/cxcall",
        "share/zsh/site-functions/_cxcall",
        "share/fish/vendor_completions.d/cxcall.fish",
    }
