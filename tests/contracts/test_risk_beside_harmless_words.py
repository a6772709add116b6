"""Operations of a user's document that seem harmless by a word or a shipped route, and may still place a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.cases import each_case
from helpers.own_operation import DIALECTS, parameter, risk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize("dialect", DIALECTS)
@each_case(
    "method, path, declared, expected",
    [
        # a second verb, a destination, or a word of the path outweighs a first verb that reads, and a passive noun
        ("POST", "/x", {"summary": "Fetch the next lead and connect it to the agent"}, True),
        ("POST", "/x", {"summary": "Fetches the next lead and connects it"}, True),
        ("POST", "/x", {"summary": "Validate and start a job"}, True),
        ("POST", "/x", {"summary": "Find a lead, then notify it"}, True),
        ("POST", "/x", {"summary": "Get in touch with a lead"}, True),
        ("POST", "/x", {"summary": "Validate a job", "operationId": "startJob"}, True),
        ("POST", "/x", {"summary": "Validate", "operationId": "validateAndStartJob"}, True),
        ("POST", "/x/{id}/start", {"summary": "Validate a job"}, True),
        ("POST", "/dialer/next", {"summary": "Fetch the next lead"}, True),
        ("POST", "/exports", {"summary": "Export a lead to the dialer"}, True),
        ("POST", "/contact-lists", {"summary": "Create a list and start its campaign"}, True),
        ("POST", "/outbound/queue", {"summary": "Queue a lead"}, True),
        ("POST", "/queue", {"summary": "Add a lead"}, True),
        ("POST", "/outbound/queues", {}, True),
        ("PUT", "/queues/{id}", {"summary": "Put a lead into the queue"}, True),
        ("PUT", "/queues/{id}", {"summary": "Update a queue"}, False),
        ("POST", "/queues", {"summary": "Create a queue"}, False),
        ("POST", "/x", {"summary": "List jobs, runs and triggers"}, False),
        ("POST", "/x", {"summary": "Search by start and stop times"}, False),
        ("POST", "/x", {"summary": "Find the skill and queue of an agent"}, False),
        ("POST", "/x", {"summary": "Search leads in the dialer"}, False),
        ("POST", "/x", {"summary": "Validate a job", "operationId": "createValidation"}, False),
        ("POST", "/search/execute_read", {"summary": "Query files"}, False),
        ("POST", "/outbound/leads/bulk", {"summary": "Get leads of a list"}, False),
        ("POST", "/outbound/leads/search", {"summary": "Search"}, False),
        ("GET", "/x", {"summary": "Fetch the next lead and dial it."}, True),
        ("GET", "/x", {"summary": "Check the lead, then call the customer"}, True),
        ("GET", "/x", {"summary": "Search a contact and call"}, True),
        ("GET", "/x/{id}", {"summary": "View a lead and start the call"}, True),
        ("GET", "/lookup", {"operationId": "lookupAndDial"}, True),
        ("GET", "/agent/preview_dial", {"operationId": "previewDial"}, True),
        ("GET", "/makecall/{id}", {"summary": "Returns the ID of the call"}, True),
        (
            "GET",
            "/tts",
            {"summary": "Text to speech call", "parameters": [parameter("phone")]},
            True,
        ),
        ("GET", "/calls/new", {"parameters": [parameter("to")]}, True),
        ("GET", "/states", {"summary": "Read the station, phone and contact"}, False),
        # words of reads and changes that only look like verbs which call
        ("GET", "/cdr", {"parameters": [parameter("from"), parameter("to")]}, False),
        ("GET", "/contact/{phone}", {"operationId": "getContact"}, False),
        ("GET", "/dnc", {"operationId": "isOnDnc", "parameters": [parameter("phone")]}, False),
        ("GET", "/numbers/{number}/validate", {"operationId": "numberValidate"}, False),
        ("GET", "/processes", {"summary": "Process list"}, False),
        ("GET", "/runs/{id}", {"summary": "Run", "operationId": "run"}, False),
        ("GET", "/pause-codes", {"operationId": "pauseCodes"}, False),
        ("PUT", "/users/{id}", {"summary": "Create or update a user"}, False),
        ("POST", "/comments", {"summary": "Add a comment and send it"}, False),
        ("POST", "/search", {"summary": "Query users and set the page size"}, False),
        # a shipped route that places no call, on the host of another vendor
        ("POST", "/campaigns", {}, True),
        ("PUT", "/campaigns/{id}", {"summary": "Start or pause a campaign"}, True),
        ("GET", "/campaigns/{id}", {"operationId": "startCampaign"}, True),
        ("POST", "/campaigns", {"parameters": [parameter("phone")]}, True),
        ("POST", "/api/v2/outbound/campaigns/{id}/stop", {}, True),
        ("PUT", "/incontactAPI/services/v9.0/campaigns/{id}", {"summary": "Start it"}, False),
    ],
    quick=24,
)
def test_risk_beside_harmless_words(
    folder: Path, dialect: str, method: str, path: str, declared: dict[str, Any], *, expected: bool
) -> None:
    assert risk(folder, dialect, method, path, **declared) is expected


@pytest.mark.parametrize("dialect", DIALECTS)
@each_case(
    "host, path, expected",
    [
        ("api.mypurecloud.de", "/api/v2/outbound/campaigns/{id}/stop", False),
        ("api.apne9.pure.cloud", "/api/v2/outbound/campaigns/{id}/stop", False),
        ("api-na1.niceincontact.com", "/campaigns", False),
        ("api-b32.nice-incontact.com", "/inContactAPI/services/v30.0/campaigns", False),
        ("api.mypurecloud.com.example", "/api/v2/outbound/campaigns/{id}/stop", True),
        ("niceincontact.com.example", "/campaigns", True),
    ],
)
def test_shipped_route_decides_on_a_host_of_its_vendor(
    folder: Path, dialect: str, host: str, path: str, *, expected: bool
) -> None:
    assert risk(folder, dialect, "POST", path, host, summary="Start it") is expected
