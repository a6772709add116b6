"""The vendor's own SDK as a client of the sandbox, and as a source of bodies for the check."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cxcall import check
from cxcall.contracts import contract
from cxcall.contracts.operation import Operation
from cxcall.sandbox.server import start_sandbox
from helpers.shipped_operations import detailed_operations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("PureCloudPlatformClientV2") is None, reason="the vendor's SDK is not installed"
    ),
]
PROGRAM = Path(__file__).parents[1] / "helpers" / "vendor_client.py"
GENESYS = next(
    entry for entry in contract.load_shipped_contracts() if entry.name == "genesys-cloud"
)


# Properties that exclude one another (docs/platforms/genesys-cloud.md#operations-that-cxcall-uses): send only one.
INSTEAD = {
    "callQueueId": "phoneNumber",
    "callUserId": "phoneNumber",
    "edgeGroup": "site",
    "participants": "phoneNumber",
    "routingData": "queueId",
}
# No model of the SDK is the whole body: one is written back from a read, the other is a list of text.
OWN = ("Conversation", "Uuid", "PhoneNumber", "")


# The first value that the SDK lists, `on`, is only for an update: a new campaign is off (docs/platforms/genesys-cloud.md).
FIRST_VALUE_IS_REFUSED = ("create-campaign", "campaignStatus")


def model_of(operation: Operation) -> str:
    """Return the name of the SDK's model for a body: the contract's schemas have the same names."""
    media = operation.declared["requestBody"]["content"]["application/json"]["schema"]
    reference = media.get("$ref") or media.get("items", {}).get("$ref") or ""
    return str(reference).rpartition("/")[2]


BODIED = [
    entry
    for entry in detailed_operations()
    if entry.contract is GENESYS and entry.takes_body and model_of(entry) not in OWN
]


class Vendor(NamedTuple):
    """The reads and bodies of the SDK, and the operations that placed a call in the sandbox."""

    read: dict[str, Any]
    rings: list[str]


@pytest.fixture(scope="module")
def vendor() -> Vendor:
    """Run the client once in its own process, because it takes seconds to load and has warnings."""
    models = sorted({model_of(entry) for entry in BODIED})
    with start_sandbox(contract.load_shipped_contracts()) as sandbox:
        given = (sandbox.base_url, sandbox.client_id, sandbox.client_secret, *models)
        result = subprocess.run(
            [sys.executable, "-W", "ignore", str(PROGRAM), *given],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr[-2000:]
        return Vendor(json.loads(result.stdout), [entry.operation for entry in sandbox.rings])


def test_vendor_sdk_places_and_ends_a_call(vendor: Vendor) -> None:
    read = vendor.read["calls"]
    assert read["conversation"] == [read["call"], "alerting"]
    assert read["campaign"] == ["00000001-1234-1234-1234-123456789012", "progressive", "on"]
    assert read["grant"] == "CLIENT-CREDENTIALS"
    assert all((read["callback"], read["contacts"]))
    # The refused request comes after these, and places no call.
    assert vendor.rings == [
        "place-call-for-user",
        "create-callback",
        "add-contacts",
        "start-campaign",
    ]


def test_vendor_sdk_parses_an_error(vendor: Vendor) -> None:
    status, code, has_context = vendor.read["refused"]["body"]
    assert (status, has_context) == (400, True)
    assert code == "constraint.validation"


@pytest.mark.parametrize("operation", BODIED, ids=lambda entry: entry.name)
def test_vendor_sdk_models_make_valid_bodies(operation: Operation, vendor: Vendor) -> None:
    made = vendor.read["bodies"][model_of(operation)]
    assert made, "the SDK has no model of that name"
    is_list = isinstance(operation.example, list)
    example = operation.example[0] if is_list else operation.example
    wrong = {}
    for name, value in made.items():
        kept = {key: entry for key, entry in example.items() if key != INSTEAD.get(name)}
        body = {**kept, name: value}
        verdict = check([body] if is_list else body, operation.name)
        if not verdict.valid and (operation.name, name) != FIRST_VALUE_IS_REFUSED:
            wrong[name] = [finding.message for finding in verdict.findings]
    assert not wrong
