"""The sandbox keeps every promise of the shipped contracts: schemathesis looks for one that it breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cxcall.contracts import contract
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.shipped_operations import detailed_document

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COVERED_OPERATIONS = int(os.environ.get("CXCALL_COVERED_OPERATIONS", "5"))
"""For how many operations of a published contract each value at a limit is tried; a release tries 1,000."""
# What schemathesis can check of these contracts; the rest needs links between operations.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "positive_data_acceptance,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)


def as_bearer(declared: Any) -> dict[str, Any]:
    """Tell the OAuth scheme as the bearer token that it comes to: of these alone auth is judged."""
    told: dict[str, Any] = deepcopy(dict(declared))
    schemes = told["components"]["securitySchemes"]
    told["components"]["securitySchemes"] = {
        name: {"type": "http", "scheme": "bearer"} for name in schemes
    }
    told["security"] = [{name: [] for name in schemes}]
    for item in told["paths"].values():
        for operation in item.values():
            operation["security"] = told["security"] if operation.get("security", True) else []
            operation.pop("servers", None)
    return told


def get_token(sandbox: Sandbox) -> str:
    answer = requests.post(
        f"{sandbox.base_url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(sandbox.client_id, sandbox.client_secret),
        timeout=10,
    )
    token: str = answer.json()["access_token"]
    return token


def is_small(shipped: contract.Contract, item: dict[str, Any]) -> bool:
    """Tell whether no body of a path has so many schemas that covering all of them takes minutes."""
    operations = (shipped.find_by_name(each["operationId"])[0] for each in item.values())
    return all(
        len(each.body_schema.get("components", {}).get("schemas", ())) < 50 for each in operations
    )


def keep_some_paths(shipped: contract.Contract, declared: dict[str, Any], count: int) -> None:
    """Keep `count` paths of a document, evenly spread."""
    paths = [each for each in declared["paths"].items() if is_small(shipped, each[1])]
    declared["paths"] = dict(paths[:: max(1, len(paths) // count)][:count])


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    ("name", "phases", "examples", "count"),
    [
        ("community", "examples,coverage,fuzzing", 10, 0),
        ("genesys-cloud", "examples,fuzzing", 2, 0),
        ("nice-cxone", "examples,fuzzing", 2, 0),
        ("genesys-cloud", "coverage", 1, COVERED_OPERATIONS),
        ("nice-cxone", "coverage", 1, COVERED_OPERATIONS),
    ],
)
def test_schemathesis_finds_no_fault(
    tmp_path: Path, name: str, phases: str, examples: int, count: int
) -> None:
    shipped = next(each for each in contract.load_shipped_contracts() if each.name == name)
    document = tmp_path / "openapi.json"
    declared = as_bearer(detailed_document(name))
    if count:
        keep_some_paths(shipped, declared, count)
    document.write_text(json.dumps(declared))
    with start_sandbox([shipped]) as sandbox:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(document)),
            *("--url", sandbox.base_url, "--header", f"Authorization: Bearer {get_token(sandbox)}"),
            *("--checks", CHECKS, "--max-examples", str(examples), "--phases", phases),
            *("--seed", "1", "--workers", "1"),
            *("--request-timeout", "10", "--continue-on-failure", "--no-color"),
        ]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        statuses = Counter(received.status for received in sandbox.received)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
    success = 201 if name == "community" else 200
    for expected in (success, 400, 401, *((405, 415) if "coverage" in phases else ())):
        assert statuses[expected] > 0, statuses
