"""`--contract FILE`: a user's own OpenAPI document adds operations, and no code depends on the name of an operation."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from cxcall.contracts.json_schema import resolve_reference
from cxcall.findings.errors import UsageError
from helpers.command import CONTACT, Cxcall
from helpers.platform_server import Platform

SHIPPED: dict[str, Any] = json.loads(
    resources.files("cxcall").joinpath("contracts/community.json").read_text("utf-8")
)


def own(**changes: Any) -> dict[str, Any]:
    """Return a contract of one operation that no shipped one declares."""
    document = copy.deepcopy(SHIPPED)
    operation = {
        "operationId": "ring", "summary": "Ring a bell.", "x-cxcall-rings": False,
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["bell"], "additionalProperties": False, "properties": {"bell": {"enum": ["front", "back"]}}}}}},
        "responses": {"200": {"description": "It rang."}},
    }  # fmt: skip
    document["paths"] = {"/bells": {"post": {**operation, **changes}}}
    return document


@pytest.mark.slow
def test_its_operations_are_known_to_validate_and_operations(cxcall: Cxcall) -> None:
    contract = cxcall.file("own.json", own())
    assert "ring" in cxcall("operations", env={"CXCALL_CONTRACT": contract}, code=0).out
    assert "ring" in cxcall("operations", "--contract", contract, code=0).out.splitlines()
    assert (
        cxcall("validate", "--contract", contract, "-", stdin='{"bell": "front"}', code=0).out
        == "-: valid as ring\n"
    )
    ran = cxcall(
        "validate", "--contract", contract, "-", "-o", "json", stdin='{"bell": "frnot"}', code=3
    )
    assert [(found["code"], found["fix"]) for found in ran.envelope["findings"][:1]] == [
        ("value-not-allowed", "write `front`")
    ]


@pytest.mark.slow
def test_what_is_no_contract_is_refused(cxcall: Cxcall) -> None:
    for content, message in (
        ({"openapi": "2.9.0", "paths": {}}, "is not an OpenAPI 3.0"),
        ({"openapi": "3.0.0"}, "has null where an object is required"),
        ("[]", "is not an OpenAPI 3.0"),
        ("{", "never closed"),
    ):
        ran = cxcall("operations", "--contract", cxcall.file("own.json", content), "-o", "json")
        assert ran.code == 2
        assert message in ran.envelope["findings"][0]["message"]


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("https://example.com/schema.json", "bundle the document into one file"),
        ("#/components/schemas/Missing", "correct the name, or add what it refers to"),
    ],
)
def test_missing_reference_is_never_fetched(cxcall: Cxcall, reference: str, hint: str) -> None:
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    contract = cxcall.file("own.json", own(requestBody=body))
    ran = cxcall("validate", "--contract", contract, "-", "-o", "json", stdin="{}", code=2)
    (finding,) = ran.envelope["findings"]
    assert f"refers to `{reference}`, which is not in it" in finding["message"]
    assert hint in finding["fix"]
    with pytest.raises(UsageError, match="which is not in it") as caught:
        resolve_reference({"components": {}}, reference)
    assert hint in caught.value.findings[0].fix


@pytest.mark.slow
def test_a_skeleton_is_valid(cxcall: Cxcall) -> None:
    for name in ("execute", "personal-connection", "personal-connection-contact"):
        skeleton = cxcall("operations", name, "--skeleton", code=0).out
        assert cxcall(
            "validate", "--operation", name, "--strict", "-", stdin=skeleton, code=0
        ).out.startswith("-: valid")
    contract = cxcall.file("own.json", own())
    skeleton = cxcall("operations", "ring", "--skeleton", "--contract", contract, code=0).out
    cxcall("validate", "--operation", "ring", "--contract", contract, "-", stdin=skeleton, code=0)
    cxcall("operations", "--skeleton", code=2)


@pytest.mark.slow
def test_a_route_is_added_by_an_edit_of_the_contract_alone(cxcall: Cxcall) -> None:
    package = cxcall.folder / "edited" / "cxcall"
    shutil.copytree(Path(str(resources.files("cxcall"))), package)
    document = copy.deepcopy(SHIPPED)
    added = copy.deepcopy(
        document["paths"]["/api/v2/engagements/outbound/personal-connections"]["post"]
    )
    added |= {
        "operationId": "ring-back",
        "summary": "Ring a contact back.",
        "x-cxcall-command": {**added["x-cxcall-command"], "name": "ring-back"},
    }
    document["paths"]["/api/v2/ring-backs"] = {"post": added}
    (package / "contracts" / "community.json").write_text(json.dumps(document), "utf-8")

    def run(*arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "-m", "cxcall", *arguments],
            cwd=package.parent,
            env=cxcall.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return result.stdout

    assert "ring-back            Ring a contact back." in run("--help")
    sent = json.loads(
        run("ring-back", "--contact-id", CONTACT, "--reason-code", "x", "--sandbox", "-o", "json")
    )
    assert (sent["outcome"], sent["operation"]) == ("accepted", "ring-back")
    assert sent["request"]["url"].endswith("/api/v2/ring-backs")
    assert "ring-back" in run("operations")


@pytest.mark.slow
def test_what_needs_no_token_is_recorded_and_guarded_like_any_other(cxcall: Cxcall) -> None:
    ringing = own(security=[], **{"x-cxcall-rings": True})
    words = ("send", "ring", "--contract", cxcall.file("own.json", ringing), "--yes")
    body = ("--file", cxcall.file("bell.json", {"bell": "front"}))
    with Platform() as platform:
        cxcall.environment["CXCALL_BASE_URL"] = platform.environment["CXCALL_BASE_URL"]
        cxcall(*words, *body, code=0)
        assert "already-sent" in cxcall(*words, *body, code=7).err
    assert platform.rung == 1
    assert "accepted" in cxcall("history", "list", code=0).out


@pytest.mark.slow
def test_numbers_in_an_address_are_masked_where_a_log_would_keep_them(cxcall: Cxcall) -> None:
    document = own(**{"x-cxcall-rings": True})
    operation = document["paths"].pop("/bells")["post"]
    operation["parameters"] = [
        {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "from", "in": "query", "schema": {"type": "string"}},
    ]
    document["paths"] = {"/dial/{number}": {"post": operation}}
    words = ("send", "ring", "--contract", cxcall.file("own.json", document), "--yes")
    to = ("--number", "+12025550177", "--from", "2025550188", "--set", '/bell="front"')
    with Platform() as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*words, *to, "-v", code=0)
        assert "5550177" not in ran.out + ran.err
        assert "5550188" not in ran.out + ran.err
        assert "> POST http://" in ran.err
        ran = cxcall(*words, *to, "--again", "-o", "json", code=0)
    assert ran.envelope["request"]["url"].endswith("/dial/+*******0177?from=******0188")
    exact = cxcall(*words, *to, "-n", "-o", "json", code=0).envelope["request"]["url"]
    assert exact.endswith("/dial/%2B12025550177?from=2025550188")
