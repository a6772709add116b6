"""What the vendor's Python SDK says and does, from one run for all processes of a test run: it takes seconds to load."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import genesys_contract
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.shipped_operations import detailed_operations, whole_document

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation

NEEDS_SDK = pytest.mark.skipif(
    find_spec("PureCloudPlatformClientV2") is None, reason="the vendor's SDK is not installed"
)
PROGRAM = Path(__file__).with_name("vendor_sdk.py")
GENESYS = next(each for each in load_shipped_contracts() if each.name == "genesys-cloud")
OPERATIONS = {f"{each.method} {each.path}": each for each in GENESYS.operations}
SCHEMAS: dict[str, Any] = whole_document("genesys-cloud")["components"]["schemas"]
REQUIRED = json.loads((genesys_contract.SOURCES / "required.json").read_text("utf-8"))
SENT = [route for route, each in OPERATIONS.items() if each.is_generated and each.takes_body]
PATHS = sorted({"/".join(each.path.split("/")[:4]) for each in GENESYS.operations})
# No model of the SDK is the whole body: one is written back from a read, the other is a list of text.
OWN = ("Conversation", "Uuid", "PhoneNumber", "")


def model_of(operation: Operation) -> str:
    """Return the name of the SDK's model for a body: the contract's schemas have the same names."""
    media = operation.declared["requestBody"]["content"]["application/json"]["schema"]
    reference = media.get("$ref") or media.get("items", {}).get("$ref") or ""
    return str(reference).rpartition("/")[2]


BODIED = [
    each
    for each in detailed_operations()
    if each.contract.name == GENESYS.name and each.takes_body and model_of(each) not in OWN
]


def vendor_results(folder: Path, run: str) -> dict[str, Any]:
    """Return what the SDK printed; the first process of a test run that asks runs it, and writes that into a folder of all."""
    kept = folder / f"vendor-sdk-{run}.json"
    with open(kept.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(run_sdk(folder)), "utf-8")
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found


def run_sdk(home: Path) -> dict[str, Any]:
    """Run the SDK against two sandboxes, in its own process, because it has warnings.

    It watches every folder in the home of the user for a file of settings: an empty one takes no time.
    Returns what it printed, and as `rings` the operations that placed a call in the first sandbox.
    """
    with (
        start_sandbox(load_shipped_contracts()) as called,
        start_sandbox(load_shipped_contracts()) as other,
    ):
        asked = {
            "servers": [access(called), access(other)],
            "bodies": sorted({model_of(each) for each in BODIED}),
            "models": list(SCHEMAS),
            "paths": PATHS,
            "required": REQUIRED,
            "routes": SENT,
        }
        result = subprocess.run(
            [sys.executable, "-W", "ignore", str(PROGRAM)],
            env={**os.environ, "HOME": str(home)},
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr[-2000:]
        return {**json.loads(result.stdout), "rings": [each.operation for each in called.rings]}


def access(sandbox: Sandbox) -> tuple[str, str, str]:
    """Return the address of a sandbox and its credentials."""
    return sandbox.base_url, sandbox.client_id, sandbox.client_secret
