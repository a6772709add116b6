"""`explain --fix` keeps what is valid, and converts what only has another form."""

from __future__ import annotations

from cxcall.contracts.contract import load_operation
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.corrected_requests import QUEUE, callback, corrected


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
