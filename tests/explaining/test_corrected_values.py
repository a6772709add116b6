"""`explain --fix` keeps what is valid, and converts what only has another form."""

from __future__ import annotations

import pytest

from cxcall import explain
from cxcall.contracts.contract import load_operation
from cxcall.explaining.correction.corrected_request import correct_request, find_correction
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.corrected_requests import CALLBACK, QUEUE, callback, corrected

GENESYS = "https://api.mypurecloud.com/api/v2"
CXONE = "https://api-na1.niceincontact.com/inContactAPI/services/v34.0"


def test_members_outside_the_only_map_of_a_body_are_moved_into_it() -> None:
    found = corrected(
        {
            "method": "PATCH",
            "host": "api.mypurecloud.com",
            "path": f"/api/v2/conversations/{QUEUE}/participants/{QUEUE}/attributes",
            "body": {"crmId": "C-77", "x": "y"},
        }
    )
    assert found.body == {"attributes": {"crmId": "C-77", "x": "y"}}
    assert found.left_out == ()


def test_value_that_a_map_does_not_take_is_not_moved_into_it() -> None:
    findings = check_body(load_operation("set-attributes"), Payload({"crmId": ["C-77"]}))
    assert findings
    assert all("/attributes/" not in each.fix for each in findings)


def test_name_of_a_column_is_no_placeholder() -> None:
    found = corrected(
        {
            "method": "POST",
            "host": "api-na1.niceincontact.com",
            "path": "/incontactapi/services/v34.0/lists/call-lists",
            "status": 400,
            "body": {
                "listName": "Leads",
                "externalIdColumn": "id",
                "destinationMappings": [{"fieldName": "PhoneNumber", "fieldValue": "phone"}],
            },
        }
    )
    assert found.values["externalIdColumn"] == "id"


def test_body_of_which_nothing_is_left_is_to_be_filled_in() -> None:
    path = f"/api/v2/outbound/campaigns/{QUEUE}"
    request = {"method": "PATCH", "host": "api.mypurecloud.com", "path": path, "status": 400}
    found = corrected({**request, "body": {"campaignStatus": "on"}})
    assert (found.body, found.missing, found.left_out) == ({}, ("",), ("/campaignStatus",))


def test_number_with_separators_is_written_in_e164() -> None:
    found = callback({"callbackNumbers": ["+1 (212) 456-0123"], "queueId": QUEUE})
    assert found.body["callbackNumbers"] == ["+12124560123"]
    assert found.missing == ()


def test_contact_outside_its_list_or_map_is_kept_whole() -> None:
    path = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
    columns = {"Phone": "+12025550123", "Name": "Jo"}
    contact = {"contactListId": QUEUE, "data": columns}
    host = "api.mypurecloud.com"
    found = corrected({"method": "POST", "host": host, "path": path, "body": contact})
    assert (found.operation.name, found.body, found.missing) == ("add-contacts", [contact], ())
    found = corrected({"method": "PUT", "host": host, "path": f"{path}/7", "body": columns})
    assert (found.body, found.missing) == (contact, ())


def test_request_for_one_contact_is_not_corrected_to_one_that_starts_a_campaign() -> None:
    example = load_operation("execute").example
    url = f"{GENESYS}/outbound/campaigns/{QUEUE}/executions"
    (found,) = explain({"method": "POST", "url": url, "body": example, "status": 404})
    assert find_correction(found) is None


@pytest.mark.parametrize("path", ["campaigns/77/start", "teams/55/start"])
def test_id_of_another_kind_of_object_is_not_carried_over(path: str) -> None:
    found = corrected({"method": "POST", "url": f"{CXONE}/{path}", "status": 404})
    assert (found.operation.name, found.missing) == ("cxone-start-skill", ("skillId",))


@pytest.mark.parametrize(
    ("given", "expected", "missing"),
    [
        ({"contactList": QUEUE}, {"id": QUEUE}, ()),
        ({"contactList": "Leads"}, {"id": "<id>"}, ("/contactList/id",)),
        ({"contactList": 7}, {"id": "<id>"}, ("/contactList/id",)),
        ({}, {"id": "<id>"}, ("/contactList/id",)),
    ],
)
def test_object_in_place_of_its_id_has_the_id(
    given: dict[str, object], expected: object, missing: tuple[str, ...]
) -> None:
    body = {**load_operation("create-campaign").example, "dialingMode": "preview", **given}
    body = body if given else {name: body[name] for name in body if name != "contactList"}
    found = corrected({"method": "POST", "url": f"{GENESYS}/outbound/campaigns", "body": body})
    assert (found.body["contactList"], found.missing) == (expected, missing)
    assert found.is_complete is not bool(missing)


def test_body_that_is_not_shown_is_to_be_filled_in() -> None:
    text = f"POST {GENESYS}/outbound/contactlists/{QUEUE}/contacts -> 429 retry-after=38"
    (found,) = explain(text)
    assert correct_request(found).missing == ("", "/0/data")


def test_list_in_place_of_a_text_in_the_query_is_to_be_filled_in() -> None:
    body = {"scriptPath": "\\A\\B", "parameters": ["+442079460123", "Grace"], "skill": "4410021"}
    found = corrected({"method": "POST", "url": f"{CXONE}/scripts/start", "body": body})
    assert found.values["skillId"] == "4410021"
    assert (found.missing, found.left_out) == (("Parameters",), ())


@pytest.mark.parametrize(
    ("extra", "is_complete"),
    [
        ({}, True),
        ({"zebra": 1}, True),
        ({"queue_id": CALLBACK["queueId"]}, True),
        ({"queue_id": "other"}, False),
        ({"contactId": CALLBACK["queueId"]}, True),
        ({"scriptId": None}, True),
    ],
)
def test_correction_that_loses_another_value_of_a_part_is_not_complete(
    extra: dict[str, object], *, is_complete: bool
) -> None:
    found = callback({**CALLBACK, **extra})
    assert (found.is_complete, found.missing) == (is_complete, ())
