"""`cxcall validate`, as a user runs it: its report, its findings, and its warnings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from helpers.command import CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

ROOT = Path(__file__).parents[2]
GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
ASKED = """{
  "contactId": "12345",
  "contactSpec": {
    "address": "+1234567890",
    "type": "voice"
  }
}
"""


@pytest.mark.slow
def test_report_of_a_payload_with_a_placeholder_and_a_mismatch(cxcall: Cxcall) -> None:
    ran = cxcall("validate", cxcall.file("asked.json", ASKED), code=3)
    heads = [
        line for line in ran.out.splitlines() if line.startswith(("error[", "warning[", "note["))
    ]
    assert heads == [
        "error[operation-mismatch]: `/contactSpec` does not have the structure of `POST /api/v2/outbound/campaigns/{campaignId}/executions`: it has `address` and `type` in place of `contactId` and `contactData`",
        "error[id-format]: `/contactId` must be a UUID; got `12345`",
        "error[property-missing]: `contactId` is missing from `/contactSpec`",
        "error[property-unknown]: `address` is not a property of `/contactSpec`",
        "warning[phone-unlikely]: `+******7890` has the form of E.164 but cannot be dialed: country code 1 requires 10 digits after it; this number has 9",
        "error[property-unknown]: `type` is not a property of `/contactSpec`",
        "note[operation-mismatch]: this payload fits no operation; it was checked as `execute`, the nearest one",
    ]
    assert "  --> asked.json:4:5  /contactSpec/address" in ran.out
    assert ' 4 |     "address": "+******7890",\n   |     ^^^^^^^^^' in ran.out
    assert "hint: move `/contactSpec/address` to `/contactSpec/contactData/phoneNumber`" in ran.out
    assert ran.out.splitlines()[-1] == "5 errors, 1 warning"
    assert ran.err == ""


@pytest.mark.slow
def test_findings_in_the_envelope_have_their_places(cxcall: Cxcall) -> None:
    envelope = cxcall("validate", cxcall.file("asked.json", ASKED), "-o", "json", code=3).envelope
    places = [
        (found["line"], found["column"], found["where"]) for found in envelope["findings"][:-1]
    ]
    assert places == [
        (3, 3, "/contactSpec"),
        (2, 16, "/contactId"),
        (3, 3, "/contactSpec/contactId"),
        (4, 5, "/contactSpec/address"),
        (4, 16, "/contactSpec/address"),
        (5, 5, "/contactSpec/type"),
    ]
    assert envelope["outcome"] == "invalid"
    assert envelope["data"]["payloads"][0]["operations"] == ["execute"]


def test_valid_payload_names_its_operations(cxcall: Cxcall) -> None:
    ran = cxcall("validate", cxcall.file("good.json", GOOD), code=0)
    assert ran.out == "good.json: valid as personal-connection or personal-connection-contact\n"


def test_strict_treats_warnings_as_errors(cxcall: Cxcall) -> None:
    spec = {"contactId": CONTACT, "contactData": {"phoneNumber": "+1234567890"}}
    name = cxcall.file("example.json", {"contactId": CONTACT, "contactSpec": spec})
    assert "phone-unlikely" in cxcall("validate", name, code=0).out
    cxcall("validate", "--strict", name, code=3)


def test_the_route_named_and_the_route_it_fits(cxcall: Cxcall) -> None:
    ran = cxcall(
        "validate", "--operation", "execute", cxcall.file("good.json", GOOD), "-o", "json", code=3
    )
    first = ran.envelope["findings"][0]
    assert first["code"] == "operation-mismatch"
    assert first["message"] == "this payload is not for `execute`, it fits `personal-connection`"
    assert "`--operation personal-connection`" in first["fix"]


def test_json_lines_have_the_findings_of_each_payload(cxcall: Cxcall) -> None:
    wrong = cxcall.file("p.json", {"contactId": "12345", "reasonCode": "x"})
    records = [
        json.loads(line)
        for line in cxcall("validate", wrong, "no.json", "-o", "jsonl", code=2).out.splitlines()
    ]
    found = [[(each["code"], each["message"]) for each in entry["findings"]] for entry in records]
    assert found[0][0] == ("id-format", "`/contactId` must be a UUID; got `12345`")
    assert found[1] == [("usage", "`no.json` does not exist")]


@pytest.mark.slow
def test_text_that_is_not_json_is_not_corrected_to_a_json_string(cxcall: Cxcall) -> None:
    for text in ("hello", "§"):
        ran = cxcall("validate", cxcall.file("readme.txt", text), code=3)
        assert (
            "hint: write a JSON object, like `cxcall operations NAME --skeleton` prints" in ran.out
        )


@pytest.mark.slow
def test_closed_pipe_ends_the_command_quietly(cxcall: Cxcall) -> None:
    import subprocess

    from helpers.command import CXCALL

    cxcall.file(
        "many.jsonl", "\n".join(json.dumps({"contactId": str(number)}) for number in range(120))
    )
    result = subprocess.run(
        [
            "bash",
            "-o",
            "pipefail",
            "-c",
            f"{CXCALL} validate many.jsonl --all | head -1; echo ${{PIPESTATUS[0]}}",
        ],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.splitlines()[-1] == "3"
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == ""


def test_a_server_side_escape_in_a_payload_is_shown_not_obeyed(cxcall: Cxcall) -> None:
    ran = cxcall("validate", cxcall.file("p.json", '{"contactId": "\\u001b[31mred"}'), code=3)
    assert "\x1b" not in ran.out


@pytest.mark.slow
def test_color_always_and_never(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "12345"})
    assert "\x1b[1;31merror" in cxcall("--color", "always", "validate", name, code=3).out
    assert "\x1b" not in cxcall("validate", name, "--color", "never", code=3).out


@pytest.mark.slow
def test_the_pre_commit_hook_starts_what_is_installed(cxcall: Cxcall) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *command = hook["entry"].split()
    assert (hook["id"], hook["types"], program) == ("cxcall-validate", ["json"], "cxcall")
    good, bad = cxcall.file("good.json", GOOD), cxcall.file("p/bad.json", {"contactId": "1"})
    other = cxcall.file("package.json", {"name": "x", "version": "1.0.0"})
    cxcall(
        *command, *hook["args"], good, bad, other, code=0
    )  # these files are not known to be payloads
    cxcall.file(".cxcall.toml", '[operations]\n"p/*.json" = "personal-connection"\n')
    ran = cxcall(*command, *hook["args"], good, bad, other, "-o", "json", code=3)
    assert [entry["file"] for entry in ran.envelope["data"]["payloads"]] == [bad]
    cxcall(*command, good, code=0)
    cxcall(*command, good, bad, code=3)


def test_a_name_with_or_without_its_models_in_front_is_known(cxcall: Cxcall) -> None:
    body = {"status": "active", "campaignName": "A", "dialingMode": "preview"}
    asked = ("validate", "-", "--operation", "create-campaign", "-o", "json")
    envelope = cxcall(*asked, stdin=json.dumps(body), code=3).envelope
    found = [
        (each["code"], each["fix"])
        for each in envelope["findings"]
        if each["where"] in ("/status", "/campaignName")
    ]
    assert found == [
        ("property-unknown", "rename `status` to `campaignStatus`"),
        (
            "value-not-allowed",
            "use one of: off",
        ),
        ("property-unknown", "rename `campaignName` to `name`"),
    ]


def test_long_lists_of_properties_are_not_shown(cxcall: Cxcall) -> None:
    asked = ("validate", "-", "--operation", "create-campaign")
    ran = cxcall(*asked, stdin='{"shoe": 1}', code=3)
    assert "hint: see its 43 properties: `cxcall operations create-campaign`" in ran.out


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"name": "A", "columnNames": ["a"]}, ["/phoneColumns"]),
        ({"name": "A", "columnNames": ["a"], "emailColumns": []}, []),
        ({"columnNames": ["a"], "emailColumns": []}, ["/name"]),
    ],
)
def test_missing_once_required_property_is_a_warning(
    cxcall: Cxcall, body: object, missing: list[str]
) -> None:
    asked = ("validate", "-", "--operation", "create-contact-list", "-o", "json")
    findings = cxcall(*asked, stdin=json.dumps(body), code=0).envelope["findings"]
    assert [(each["severity"], each["code"], each["where"]) for each in findings] == [
        ("warning", "property-missing", place) for place in missing
    ]


def test_missing_property_that_the_vendor_requires_is_an_error(cxcall: Cxcall) -> None:
    asked = ("validate", "-", "--operation", "create-contact-list", "-o", "json")
    body = {"name": "A", "phoneColumns": [{"type": "cell"}]}
    findings = cxcall(*asked, stdin=json.dumps(body), code=3).envelope["findings"]
    assert [(each["severity"], each["code"], each["where"]) for each in findings] == [
        ("error", "property-missing", "/columnNames"),
        ("error", "property-missing", "/phoneColumns/0/columnName"),
    ]


@pytest.mark.slow
def test_property_without_effect_is_a_warning(cxcall: Cxcall) -> None:
    asked = ("validate", "-", "--operation", "place-call", "-o", "json")
    body: dict[str, object] = {"phoneNumber": "+12125552368", "priority": 5}
    (found,) = cxcall(*asked, stdin=json.dumps(body), code=0).envelope["findings"]
    assert (found["severity"], found["code"], found["where"]) == (
        "warning",
        "value-not-allowed",
        "/priority",
    )
    body = {"callQueueId": CONTACT, "priority": 5}
    assert cxcall(*asked, stdin=json.dumps(body), code=0).envelope["findings"] == []


@pytest.mark.slow
def test_property_name_cannot_forge_output_lines(cxcall: Cxcall) -> None:
    long = "x" * 100_000
    body = {"contactId": CONTACT, "a\nerror[forged]: no": 1, long: 1}
    name = cxcall.file("p\nerror[forged].json", body)
    words = ("validate", name, "--operation", "personal-connection")
    ran = cxcall(*words, code=3)
    assert len(ran.out + ran.err) < 5000
    assert not any(line.startswith("error[forged]") for line in (ran.out + ran.err).splitlines())
    assert f"`{'x' * 100}…`" in ran.out + ran.err
    assert long in cxcall(*words, "-o", "json", code=3).out


@pytest.mark.slow
def test_body_for_an_operation_that_has_none_is_an_error(cxcall: Cxcall) -> None:
    files = (
        cxcall.file("p.json", {"a": 1}),
        cxcall.file("p.jsonl", '{"a": 1}\n' * 500),
    )
    for file in files:
        ran = cxcall("validate", file, "--operation", "get-campaign", code=3)
        assert "`get-campaign` has no request body" in ran.out
    table = cxcall.file("p.csv", f"campaignId\n{CONTACT}\n")
    cxcall("validate", table, "--operation", "get-campaign", code=0)


@pytest.mark.slow
def test_rules_of_the_platform_are_checked_before_sending(cxcall: Cxcall) -> None:
    body = {"queueId": CONTACT, "callbackNumbers": ["+12025550100"], "countryCode": "Germany"}
    file = cxcall.file("p.jsonl", f"{json.dumps(body)}\n" * 300)
    ran = cxcall("validate", file, "--operation", "create-callback", code=0)
    assert "300 warnings" in ran.out + ran.err
    words = ("send", "get-outbound-contactlists", "--param", "pageSize=500", "--dry-run")
    assert "`pageSize` cannot be `500`" in cxcall(*words, code=0).err
