"""The vendor's own SDK as a client of the sandbox, and as a source of bodies for the check."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall import check
from cxcall.contracts.operation import Operation
from helpers.vendor_results import BODIED, NEEDS_SDK, model_of, vendor_results

pytestmark = [pytest.mark.slow, NEEDS_SDK]
# Properties that exclude one another (docs/platforms/genesys-cloud.md#operations-that-cxcall-uses): send only one.
INSTEAD = {
    "callQueueId": "phoneNumber",
    "callUserId": "phoneNumber",
    "edgeGroup": "site",
    "participants": "phoneNumber",
    "routingData": "queueId",
}
# The first value that the SDK lists, `on`, is only for an update: a new campaign is off (docs/platforms/genesys-cloud.md).
FIRST_VALUE_IS_REFUSED = ("create-campaign", "campaignStatus")


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> dict[str, Any]:
    """Return what the SDK did."""
    return vendor_results(tmp_path_factory.getbasetemp().parent, testrun_uid)


def test_vendor_sdk_places_and_ends_a_call(vendor: dict[str, Any]) -> None:
    read = vendor["calls"]
    assert read["conversation"] == [read["call"], "alerting"]
    assert read["campaign"] == ["00000001-1234-1234-1234-123456789012", "progressive", "off"]
    assert read["grant"] == "CLIENT-CREDENTIALS"
    assert all((read["callback"], read["contacts"]))
    # The refused request places no call. The calls of the campaign are placed by the dialer of the sandbox.
    assert vendor["rings"] == ["place-call-for-user", "create-callback"]


def test_vendor_sdk_parses_an_error(vendor: dict[str, Any]) -> None:
    status, code, has_context = vendor["refused"]["body"]
    assert (status, has_context) == (400, True)
    assert code == "constraint.validation"


@pytest.mark.parametrize("operation", BODIED, ids=lambda entry: entry.name)
def test_vendor_sdk_models_make_valid_bodies(operation: Operation, vendor: dict[str, Any]) -> None:
    made = vendor["bodies"][model_of(operation)]
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
