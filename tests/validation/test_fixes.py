"""`cxcall validate --fix` and `--diff`: safe edits change a file, and nothing else in it."""

from __future__ import annotations

import copy
import json
import subprocess
from random import Random
from typing import Any

import jsonpatch
import pytest

from cxcall.contracts.contract import load_catalog
from cxcall.validation.fixes import fix_files
from cxcall.validation.payload_files import Validation
from helpers.command import CONTACT, Cxcall
from helpers.planted_faults import OPERATIONS, plant

WRONG = f"""{{
\t"contact_id" : "{CONTACT}",   // REMOVED
\t"reasonCode":"x", "extra": [ 1,2 ]
}}
""".replace("   // REMOVED", "")
EXECUTE = {
    "contactId": CONTACT,
    "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+1 (202) 555-0123"}},
}
PERSONAL = ("--operation", "personal-connection")


def test_fix_renames_a_property_and_touches_nothing_else(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", WRONG)
    ran = cxcall("validate", name, *PERSONAL, "--fix", code=3)
    assert (cxcall.folder / name).read_text() == WRONG.replace("contact_id", "contactId")
    assert "property-unknown]: `extra`" in ran.out
    assert "contact_id" not in ran.out
    assert "p.json: 1 edit applied" in ran.err
    assert cxcall("validate", name, *PERSONAL, "--fix", code=3).err == ""
    shown = cxcall("validate", name, *PERSONAL, "--diff", code=3)
    assert "no certain correction: nothing would be changed" in shown.err


def test_fixed_file_is_valid_and_keeps_its_mode_and_link(cxcall: Cxcall) -> None:
    cxcall.file("real.json", EXECUTE)
    real, link = cxcall.folder / "real.json", cxcall.folder / "link.json"
    real.chmod(0o640)
    link.symlink_to("real.json")
    ran = cxcall("validate", "link.json", "--fix", "-o", "json", code=0)
    assert ran.envelope["data"]["changes"] == [{"file": "link.json", "edits": 1}]
    assert (
        json.loads(real.read_text())["contactSpec"]["contactData"]["phoneNumber"] == "+12025550123"
    )
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in cxcall.folder.glob("*.json")) == ["link.json", "real.json"]


def test_diff_can_be_applied_and_changes_nothing_itself(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", WRONG.rstrip("\n"))
    ran = cxcall("validate", name, *PERSONAL, "--diff", code=3)
    assert (cxcall.folder / name).read_text() == WRONG.rstrip("\n")
    assert ran.out.startswith("--- a/p.json\n+++ b/p.json\n@@ ")
    assert "p.json: 1 edit to apply with --fix" in ran.err
    assert "property-unknown]: `contact_id`" in ran.err
    subprocess.run(["git", "apply"], input=ran.out, text=True, cwd=cxcall.folder, check=True)
    assert (cxcall.folder / name).read_text() == WRONG.rstrip("\n").replace(
        "contact_id", "contactId"
    )


def test_diff_masks_the_secrets_beside_the_change(cxcall: Cxcall) -> None:
    body = {"contact_id": CONTACT, "reasonCode": "x", "password": "hunter2secret"}
    name = cxcall.file("p.json", json.dumps(body, indent=1))
    for words in ((), ("-o", "json")):
        ran = cxcall("validate", name, *PERSONAL, "--diff", *words, code=3)
        assert "contactId" in ran.out
        assert "hunter2" not in ran.out + ran.err


@pytest.mark.slow
def test_lines_are_fixed_where_they_are(cxcall: Cxcall) -> None:
    good = {"contactId": CONTACT, "reasonCode": "x"}
    bad = {"contact_id": CONTACT, "reasonCode": "x\u2028y"}
    lines = [json.dumps(good)] * 60 + [
        "",
        json.dumps(bad, ensure_ascii=False),
        "{oops",
        json.dumps(good),
    ]
    name = cxcall.file("p.jsonl", "\r\n".join(lines))
    ran = cxcall("validate", name, *PERSONAL, "--fix", "-o", "json", code=3)
    assert ran.codes == ["body-malformed"]
    lines[61] = lines[61].replace("contact_id", "contactId")
    assert (cxcall.folder / name).read_bytes() == "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv.csv", f"contact_id,reasonCode\n{CONTACT},x\n"),
        ("twice.json", f'{{"contact_id": "{CONTACT}", "reasonCode": "x", "reasonCode": "y"}}'),
        ("unsafe.json", {"contactId": CONTACT, "reasonCode": "x", "zebra": 1}),
        ("two.json", {"contactid": CONTACT, "contact_id": CONTACT[::-1], "reasonCode": "x"}),
        ("broken.json", "{oops"),
    ],
)
def test_file_that_cannot_be_fixed_safely_is_not_changed(
    cxcall: Cxcall, name: str, content: Any
) -> None:
    cxcall.file(name, content)
    before = (cxcall.folder / name).read_bytes()
    cxcall("validate", name, *PERSONAL, "--fix")
    assert (cxcall.folder / name).read_bytes() == before


@pytest.mark.slow
def test_payload_of_an_unknown_operation_is_changed_only_if_it_becomes_valid(
    cxcall: Cxcall,
) -> None:
    cxcall.file("guess.json", {"contact_id": CONTACT, "zebra": 1})
    cxcall.file("sure.json", {"contact_id": CONTACT, "reason_code": "x"})
    ran = cxcall("validate", "guess.json", "sure.json", "--fix", "-o", "json", code=3)
    assert ran.envelope["data"]["changes"] == [{"file": "sure.json", "edits": 2}]
    assert json.loads((cxcall.folder / "guess.json").read_text()) == {
        "contact_id": CONTACT,
        "zebra": 1,
    }


@pytest.mark.slow
def test_fix_and_diff_exclude_each_other_and_need_a_file(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", WRONG)
    assert (
        "cannot be combined with `--fix`" in cxcall("validate", name, "--fix", "--diff", code=2).err
    )
    assert "stdin cannot be changed" in cxcall("validate", "-", "--fix", stdin="{}", code=2).err


def test_edits_of_findings_with_a_phone_number_are_not_printed(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", EXECUTE)
    finding, _ = cxcall("validate", name, "-o", "json", code=3).envelope["findings"]
    assert (finding["code"], finding["edits"]) == ("phone-format", [])


@pytest.mark.slow
def test_fix_has_the_result_of_the_safe_edits_by_json_patch(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, count = Random(7), 0
    monkeypatch.chdir(cxcall.folder)
    for number in range(100):
        planted = plant(OPERATIONS[number % len(OPERATIONS)], random)
        validation = Validation(load_catalog(), planted.operation)
        name = cxcall.file("p.json", planted.body)
        expected = copy.deepcopy(planted.body)
        for verdict in validation.run([name]):
            edits = [
                edit.as_dict()
                for finding in verdict.findings  # type: ignore[union-attr]  # one document, one verdict
                for edit in finding.edits
                if {str(each.applicability) for each in finding.edits} == {"safe"}
            ]
            expected = jsonpatch.apply_patch(expected, edits)
        for fixed in fix_files(validation, [name]):
            assert json.loads(fixed.after) == expected
            count += 1
    assert count > 25
