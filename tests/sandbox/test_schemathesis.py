"""The sandbox follows the shipped contracts: schemathesis searches for violations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cxcall.contracts import contract
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.shipped_operations import detailed_document

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COVERED_OPERATIONS = int(os.environ.get("CXCALL_COVERED_OPERATIONS", "1"))
"""The number of paths of a published contract whose limit values are all tried; a release tries 1,000."""
FUZZED_OPERATIONS = 2 * COVERED_OPERATIONS
"""The number of paths of a published contract with examples and random values."""
# What schemathesis can check of these contracts; the rest needs links between operations.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "positive_data_acceptance,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)

DEPENDS_ON_LIST = "/api/v2/outbound/contactlists/{contactListId}/contacts"
"""A list that an earlier request created may lack the columns of a contact; no schema shows this refusal."""


def as_bearer(declared: Any) -> dict[str, Any]:
    """Declare the OAuth scheme as a bearer token, because schemathesis checks only such authorization."""
    document: dict[str, Any] = deepcopy(dict(declared))
    schemes = document["components"]["securitySchemes"]
    document["components"]["securitySchemes"] = {
        name: {"type": "http", "scheme": "bearer"} for name in schemes
    }
    document["security"] = [{name: [] for name in schemes}]
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = document["security"] if operation.get("security", True) else []
            operation.pop("servers", None)
    return document


def is_small(shipped: contract.Contract, item: dict[str, Any]) -> bool:
    """Return whether all bodies of a path have so few schemas that covering them does not take minutes."""
    operations = (shipped.find_by_name(each["operationId"])[0] for each in item.values())
    return all(
        len(each.body_schema.get("components", {}).get("schemas", ())) < 50 for each in operations
    )


def keep_some_paths(shipped: contract.Contract, declared: dict[str, Any], run: Run) -> None:
    """Keep the number of paths of a run, evenly spread; limit values are only tried for small bodies."""
    paths = [
        each
        for each in declared["paths"].items()
        if each[0] != DEPENDS_ON_LIST and (run.phases != "coverage" or is_small(shipped, each[1]))
    ]
    declared["paths"] = dict(paths[:: max(1, len(paths) // run.paths)][: run.paths])


class Run(NamedTuple):
    """One run of schemathesis against a document."""

    name: str
    phases: str
    examples: int
    paths: int = 0
    """The number of paths of the document; 0 means all."""


RUNS = (
    Run("community", "examples,coverage,fuzzing", 2),
    Run("genesys-cloud", "examples,fuzzing", 2, FUZZED_OPERATIONS),
    Run("nice-cxone", "examples,fuzzing", 2, FUZZED_OPERATIONS),
    Run("genesys-cloud", "coverage", 1, COVERED_OPERATIONS),
    Run("nice-cxone", "coverage", 1, COVERED_OPERATIONS),
)
RUN_EACH = """
import json, sys
from click.testing import CliRunner
from schemathesis.cli import schemathesis

for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(schemathesis, arguments)
    print(json.dumps([done.exit_code, done.output]), flush=True)
"""
"""One process for all runs: loading schemathesis takes a second."""


def options(run: Run, sandbox: Sandbox, document: Path) -> list[str]:
    """Write the document of a run, and return the command line of schemathesis."""
    declared = as_bearer(detailed_document(run.name))
    if run.paths:
        keep_some_paths(shipped_contract(run.name), declared, run)
    document.write_text(json.dumps(declared))
    return [
        *("run", str(document), "--url", sandbox.base_url),
        *("--header", f"Authorization: Bearer {sandbox.new_user_token()}"),
        *("--checks", CHECKS, "--max-examples", str(run.examples), "--phases", run.phases),
        *("--seed", "1", "--workers", "1", "--generation-database", "none"),
        *("--request-timeout", "10", "--continue-on-failure", "--no-color"),
    ]


def shipped_contract(name: str) -> contract.Contract:
    return next(each for each in contract.load_shipped_contracts() if each.name == name)


@pytest.mark.usefixtures("untraced")
def test_schemathesis_finds_no_fault(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    # The tables of characters that Hypothesis made for this checkout, but no examples of an earlier run.
    tables = {"HYPOTHESIS_STORAGE_DIRECTORY": str(pytestconfig.rootpath / ".hypothesis")}
    with ExitStack() as stack:
        sandboxes = [
            stack.enter_context(start_sandbox([shipped_contract(run.name)])) for run in RUNS
        ]
        arguments = [
            options(run, sandbox, tmp_path / f"{number}.json")
            for number, (run, sandbox) in enumerate(zip(RUNS, sandboxes, strict=True))
        ]
        result = subprocess.run(
            [sys.executable, "-c", RUN_EACH, json.dumps(arguments)],
            cwd=tmp_path,
            env={**os.environ, **tables},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        statuses = [Counter(each.status for each in sandbox.received) for sandbox in sandboxes]
    ends = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(ends) == len(RUNS), result.stdout + result.stderr
    for run, (code, output), counts in zip(RUNS, ends, statuses, strict=True):
        assert code == 0, (run, output)
        assert "No issues found" in output, run
        assert sum(counts[success] for success in (200, 201, 202)) > 0, (run, counts)
        for expected in (400, 401, *((405, 415) if "coverage" in run.phases else ())):
            assert counts[expected] > 0, (run, counts)
