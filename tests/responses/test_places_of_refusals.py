"""The place in a request that its refusal is about: a property, a parameter, or a value that the response names."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Finding
from cxcall.responses.refusals.refusal_findings import explain_refusal
from cxcall.responses.refusals.refused_request import RefusedRequest
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

UPDATE = load_operation("update-campaign")
LIST = load_operation("list-campaigns")
DELETE = load_operation("delete-outbound-contactlist-contacts")
CAMPAIGN = {
    "name": "A",
    "campaignStatus": "ON",
    "callerName": "Company",
    "callerAddress": "+12025550123",
    "contactList": {"id": "list-7"},
    "timeZoneId": "x",
    "priority": 7,
    "phoneColumns": [],
}
TEMPLATE = "Value [{}] is not valid for field type [{}]."


def explain(
    operation: Operation | None, refusal: dict[str, Any], body: Any = None, status: int = 400
) -> tuple[Finding, ...]:
    content = json.dumps(refusal).encode()
    headers = Headers([("Content-Type", "application/json")])
    return explain_refusal(
        HttpResponse(status, "", headers, content), "", RefusedRequest(operation, body=body)
    )


def places(found: tuple[Finding, ...]) -> list[str]:
    return [f"{each.severity} {each.code} {each.where}{each.origin}" for each in found]


@each_case(
    "message, expected, advice",
    [
        (TEMPLATE.format("list-7", "GUID"), "id-format /contactList/id", "use the ID, not a name or a number of your own"),
        (TEMPLATE.format("list-8", "uuid"), "id-format response", "may be in the path, the query, or the body"),
        (TEMPLATE.format("A", "Integer"), "type-mismatch /name", "write a valid Integer there"),
        (TEMPLATE.format("7", "Mode") + " Allowable values are: a, b", "value-not-allowed /priority", "use one of: a, b"),
        (TEMPLATE.format("System.Object[]", "String"), "value-not-allowed response", "ConvertTo-Json"),
        (TEMPLATE.format("{{queue}}", "UUID"), "placeholder response", "fill in the variable"),
        ("Value [priority] is not a valid property for object [X]", "property-unknown /priority", "remove or rename it"),
        ("Value [nope] is not a valid property for object [X]", "property-unknown response", "remove or rename it"),
        (f"Value [{200 * 'y'}] is not a valid property for object [X]", "property-unknown response", "remove or rename it"),
    ],
)  # fmt: skip
def test_value_in_a_template_of_the_platform_is_found(
    message: str, expected: str, advice: str
) -> None:
    (found,) = explain(UPDATE, {"message": message}, CAMPAIGN)
    assert places((found,)) == [f"error {expected}"]
    assert advice in found.fix
    assert ("may be in the path" in found.fix) == (found.where == "response" and "id-f" in expected)
    assert len(found.message) < 200


@each_case(
    "message, expected",
    [
        ("contactList is not valid", ["error value-not-allowed /contactList"]),
        ("dncLists is required", ["error property-missing /dncLists"]),
        ("contactList is required", ["error property-missing /contactList"]),
        ("script is required", ["error property-missing /script"]),
        ("The call analysis language is required", ["error property-missing /callAnalysisLanguage"]),
        ("Edge group or rule sets are required", ["error property-missing response", "note property-missing /edgeGroup", "note property-missing /ruleSets"]),
        ("missing required field: script", ["error property-missing /script"]),
        ("priority is required", ["error property-missing response"]),
        ("'contactList' and 'dncLists' differ", ["error not-provable response", "note value-not-allowed /contactList", "note value-not-allowed /dncLists"]),
        ("'contactList' and 'noSuchName' differ", ["error not-provable response", "note value-not-allowed /contactList", "error property-unknown /noSuchName"]),
        ("'noSuchName' is not valid", ["error value-not-allowed response", "error property-unknown /noSuchName"]),
        ("the contact lists are invalid", ["error value-not-allowed /contactList"]),
        ("the caller name is invalid", ["error value-not-allowed /callerName"]),
        ("body.callerName: not acceptable", ["error not-provable response", "error value-not-allowed /callerName"]),
        ('"name" is invalid', ["error value-not-allowed /name"]),
        ("Bad Request: name is invalid", ["error value-not-allowed /name"]),
        ("Invalid priority", ["error value-not-allowed /priority"]),
        ("the priority of the queue is invalid", ["error value-not-allowed response"]),
        ("id is invalid", ["error value-not-allowed response"]),
        ("Value [dncLists] is not valid for callerName", ["error value-not-allowed /callerName"]),
        (
            "contact list, dnc lists, rule sets, and phone columns are invalid",
            ["error value-not-allowed response", *(f"note value-not-allowed /{name}" for name in ("contactList", "phoneColumns", "dncLists"))],
        ),
    ],
)  # fmt: skip
def test_property_that_a_message_names_is_found(message: str, expected: list[str]) -> None:
    assert places(explain(UPDATE, {"message": message}, CAMPAIGN)) == expected


def test_property_that_the_body_lacks_is_not_called_refused() -> None:
    _, has, lacks = explain(UPDATE, {"message": "'contactList' and 'dncLists' differ"}, CAMPAIGN)
    assert has.message.endswith("its value is refused")
    assert lacks.message.endswith("the body does not have it")
    _, unknown, _ = explain(UPDATE, {"message": "'contactList' and 'dncLists' differ"})
    assert unknown.message.endswith("its value is refused")


def test_place_of_a_name_that_several_objects_have_is_in_the_body() -> None:
    for name in ("division", "contactList"):
        (found,) = explain(UPDATE, {"message": "selfUri is not valid"}, {name: {"selfUri": "x"}})
        assert found.where == f"/{name}/selfUri"


def test_only_the_body_shows_the_properties_of_an_unknown_operation() -> None:
    found = explain(None, {"message": "bad 'contactList' or 'noSuchName'"}, CAMPAIGN)
    assert places(found) == ["error not-provable response", "error value-not-allowed /contactList"]


@each_case(
    "code, expected",
    [
        ("invalid.time.zone", "/timeZoneId"),
        ("invalid.contact.list", "/contactList"),
        ("invalid.contact.list.size", "/contactList"),
        ("invalid.ani.address", "/callerAddress"),
        ("invalid.caller.id", "/callerAddress"),
        ("invalid.name", "/name"),
        ("invalid.name.of.queue", "response"),
    ],
)
def test_property_that_a_code_names_in_words_is_found(code: str, expected: str) -> None:
    body = {"zone": {"name": "x"}, "ani": "x", **CAMPAIGN}
    (found,) = explain(UPDATE, {"message": "refused", "code": code}, body)
    assert (found.code, found.where) == ("value-not-allowed", expected)


@each_case(
    "refusal, status, expected",
    [
        ({"code": "invalid.update.bad.status.transition", "message": "Invalid transition from <COMPLETE> to <On>"}, 400, "state /campaignStatus"),
        ({"code": "conflict", "message": "It failed for `contactList`"}, 409, "state /contactList"),
        ({"code": "contactList", "message": "bad (contactList)"}, 400, "not-provable response"),
        ({"message": "Validation failed for object='campaignRequest'. Error count: 2"}, 400, "not-provable response"),
        ({"assignedSkills": ["A"], "invalidSkills": ["list-7"]}, 404, "not-found /contactList/id"),
        ({"assignedSkills": ["A"], "invalidSkills": []}, 404, "not-found response"),
        ({"invalidSkills": ["list-7"]}, 400, "not-found /contactList/id"),
        ({"message": "bad request", "details": [{"fieldName": "a.contactList"}]}, 422, "value-not-allowed /contactList"),
    ],
)  # fmt: skip
def test_state_or_value_that_a_refusal_lists_is_found(
    refusal: dict[str, Any], status: int, expected: str
) -> None:
    (found,) = explain(UPDATE, refusal, CAMPAIGN, status)
    assert places((found,)) == [f"error {expected}"]


def test_message_about_a_listed_field_says_its_name() -> None:
    listed = {"fieldName": "contactList", "errorCode": "e"}
    (found,) = explain(UPDATE, {"message": "bad request", "details": [listed]}, CAMPAIGN, 422)
    assert found.message == "the API names the field `contactList`, for `e`"
    text = "contactList for `x` is not valid"
    (found,) = explain(UPDATE, {"message": text, "details": "no more"}, CAMPAIGN, 422)
    assert found.message.startswith("the API says: contactList")


@each_case(
    "operation, refusal, expected",
    [
        (LIST, {"message": "Value [up] is not valid for parameter [sortOrder]."}, "value-not-allowed querysortOrder"),
        (LIST, {"message": "Value [up] is not valid for parameter [nope]."}, "value-not-allowed response"),
        (LIST, {"message": "the sort order is not valid"}, "value-not-allowed querysortOrder"),
        (LIST, {"message": "sort order and page size are not valid"}, "value-not-allowed response"),
        (LIST, {"message": "the name is not valid"}, "value-not-allowed response"),
        (load_operation("start-campaign"), {"message": "campaignId is not valid"}, "value-not-allowed response"),
        (DELETE, {"message": "None specified.", "code": "no.contacts.specified"}, "property-missing querycontactIds"),
        (DELETE, {"message": "It is missing.", "code": "contact.id.is.missing"}, "property-missing querycontactIds"),
    ],
)  # fmt: skip
def test_parameter_that_a_refusal_names_is_found(
    operation: Operation, refusal: dict[str, Any], expected: str
) -> None:
    (found,) = explain(operation, refusal)
    assert places((found,)) == [f"error {expected}"]
    assert "check the body" not in found.fix


def test_parameter_whose_name_is_in_the_body_is_that_property() -> None:
    (found,) = explain(LIST, {"message": "sortOrder is not valid"}, {"sortOrder": "up"})
    assert found.where == "response"
    (found,) = explain(LIST, {"message": "Conflict with sortOrder", "code": "conflict"}, None, 409)
    assert (found.code, found.where) == ("state", "response")


def test_name_that_an_object_with_any_names_has_is_found_there() -> None:
    body = [{"contactListId": "x", "data": {"Phone": "+12025550123", "mobile_number": "1"}}]
    for message, expected in (
        ("Contact columns [mobile_number] are not defined", "/0/data/mobile_number"),
        ("Contact columns [Phone] are not defined on the list", "/0/data/Phone"),
    ):
        refusal = {"message": message, "code": "invalid.contact.columns"}
        found = explain(load_operation("add-contacts"), refusal, body)
        assert places(found) == [f"error value-not-allowed {expected}"]
