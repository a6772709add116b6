"""`explain --fix` keeps what is valid, and converts what only has another form."""

from __future__ import annotations

import json

import pytest

from cxcall import explain
from cxcall.contracts.contract import load_operation
from cxcall.explaining.correction.corrected_request import correct_request, find_correction
from helpers.cases import each_case
from helpers.command import CONTACT, Cxcall
from helpers.corrected_requests import CALLBACK, QUEUE, callback, corrected
from helpers.work import count_calls

GENESYS = "https://api.mypurecloud.com/api/v2"
CXONE = "https://api-na1.niceincontact.com/inContactAPI/services/v34.0"


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


def test_value_that_the_api_allows_wins_over_those_of_the_schema() -> None:
    message = "Value [hangup] not valid for field type [state]. Allowed values are: disconnected"
    (found,) = explain(
        json.dumps(
            {
                "method": "PATCH",
                "url": f"{GENESYS}/conversations/calls/{QUEUE}/participants/{QUEUE}",
                "body": {"state": "hangup"},
                "response": {"status": 400, "body": {"message": message, "code": "invalid.value"}},
            }
        )
    )
    assert found.findings[0].fix == "use `disconnected`"
    fixed = correct_request(found)
    assert fixed.body == {"state": "disconnected"}


def test_number_with_separators_is_written_in_e164() -> None:
    found = callback({"callbackNumbers": ["+1 (212) 456-0123"], "queueId": QUEUE})
    assert found.body["callbackNumbers"] == ["+12124560123"]
    assert found.missing == ()


def test_variable_in_a_body_is_to_be_filled_in_in_the_query_and_a_null_is_no_value() -> None:
    body = '{"phoneNumber": phone, "skill": 7, "firstName": None}'
    code = f'requests.post("{CXONE}/queuecallback", json={body})\n# 400'
    (found,) = explain(code)
    fixed = correct_request(found)
    assert fixed.values["phoneNumber"] == "<phoneNumber: +E.164 number>"
    assert "phoneNumber" in fixed.missing
    assert "null" not in fixed.values.values()
    # The path says what the request is for, although its prefix is not right.
    (near,) = explain(code.replace("/inContactAPI/services", "/services"))
    assert [each.fix for each in near.findings if each.where == "/skill"] == [
        "send it as `?skill=...`"
    ]


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


@pytest.mark.slow
@pytest.mark.parametrize("path", ["campaigns/77/start", "teams/55/start"])
def test_id_of_another_kind_of_object_is_not_carried_over(path: str) -> None:
    found = corrected({"method": "POST", "url": f"{CXONE}/{path}", "status": 404})
    assert (found.operation.name, found.missing) == ("cxone-start-skill", ("skillId",))


@pytest.mark.slow
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


@each_case(
    "extra, lost",
    [
        ({}, ()),
        ({"scriptId": None, "zebra": {}}, ()),
        ({"queue_id": QUEUE}, ()),
        ({"queue": {"id": QUEUE}}, ()),
        ({"queue_id": "other"}, ("/queue_id",)),
        ({"zebra": 1}, ("/zebra",)),
        ({"contactId": QUEUE}, ("/contactId",)),
        ({"contact": {"id": QUEUE}}, ("/contact",)),
        ({"callbackTime": "2027-01-10T15:00:00Z"}, ("/callbackTime",)),
        ({"doNotCall": True}, ("/doNotCall",)),
        ({"delay": 3600}, ("/delay",)),
    ],
)
@pytest.mark.slow
def test_correction_that_leaves_out_what_may_have_an_effect_is_not_complete(
    extra: dict[str, object], lost: tuple[str, ...]
) -> None:
    found = callback({**CALLBACK, **extra})
    assert (found.lost, found.missing, found.is_complete) == (lost, (), not lost)


def test_parameter_or_name_that_the_api_may_ignore_is_not_a_complete_correction() -> None:
    url = f"{CXONE}/queuecallback?phoneNumber=2025550123&skill=40812&delay=3600"
    found = corrected({"method": "POST", "url": url, "status": 400})
    assert (found.lost, found.is_complete) == (("query:delay",), False)
    body = {**load_operation("cxone-upload-call-list").example, "dontStartSkill": True}
    url = f"{CXONE}/lists/call-lists/7/upload"
    found = corrected({"method": "POST", "url": url, "body": body, "status": 400})
    assert (found.body, found.lost) == (body, ("/dontStartSkill",))


@pytest.mark.slow
@each_case(
    "method, url, body",
    [
        ("POST", f"{GENESYS}/outbound/campaigns/{QUEUE}/startCall", {"contactId": CONTACT}),
        ("POST", f"{GENESYS}/outbound/campaigns/{QUEUE}/contacts/start", {"contactId": CONTACT}),
        ("POST", f"{GENESYS}/outbound/campaigns/{QUEUE}/start", {"contactId": CONTACT}),
        ("POST", f"{CXONE}/skills/40812/start", {"contactId": "5"}),
        ("DELETE", f"{GENESYS}/outbound/dnclists/{QUEUE}/phonenumbers", ["+12025550123"]),
        ("DELETE", f"{GENESYS}/outbound/dnclists/{QUEUE}/phonenumbers?number=%2B12025550123", None),
        ("PATCH", f"{GENESYS}/outbound/campaigns/{QUEUE}/status", {"campaignStatus": "off"}),
    ],
)
def test_request_for_one_thing_is_not_corrected_to_one_for_all(
    method: str, url: str, body: object
) -> None:
    (found,) = explain({"method": method, "url": url, "body": body})
    assert find_correction(found) is None


@pytest.mark.slow
def test_request_without_a_place_for_its_body_has_no_correction(cxcall: Cxcall) -> None:
    url = f"{GENESYS}/outbound/campaigns/{QUEUE}/start"
    text = f'curl -X POST {url} -d \'{{"contactId": "{CONTACT}"}}\''
    ran = cxcall("explain", "-", "--fix", stdin=text, code=3)
    assert ran.out == ""
    assert "`start-campaign` has no place for /contactId" in ran.err


@pytest.mark.slow
def test_id_of_the_path_that_is_left_out_is_listed() -> None:
    found = callback(CALLBACK, f"/api/v2/conversations/calls/user/{CONTACT}")
    assert (found.operation.name, found.lost) == ("create-callback", (f"path:{CONTACT}",))
    found = callback(CALLBACK, f"/api/v2/conversations/callbacks/users/{CONTACT}")
    assert (found.operation.name, found.lost) == ("create-callback", (f"path:{CONTACT}",))


def test_body_with_the_name_of_a_path_below_goes_there() -> None:
    path = f"/api/v2/conversations/calls/{CONTACT}/participants/{QUEUE}"
    exchange = {"method": "PATCH", "host": "api.mypurecloud.com", "path": path, "status": 400}
    (found,) = explain({**exchange, "body": {"attributes": {"tier": "gold"}}})
    moved = correct_request(found)
    assert moved.url.endswith(f"{path}/attributes")
    assert moved.body == {"attributes": {"tier": "gold"}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body", "below"),
    [
        ("dnclists", ["+12025550142"], "POST /api/v2/outbound/dnclists/{dncListId}/phonenumbers"),
        ("contactlists", [{"data": {"phone": "+12025550142"}}], ""),
        ("dnclists", {"numbers": ["+12025550142"]}, ""),
    ],
)
def test_other_method_is_offered_only_for_a_body_that_it_may_take(
    path: str, body: object, below: str
) -> None:
    url = f"{GENESYS}/outbound/{path}/{QUEUE}"
    (found,) = explain({"method": "POST", "url": url, "status": 405, "body": body})
    assert found.root is not None
    assert below in found.root.fix
    assert "PUT" not in found.root.fix
    assert find_correction(found) is None


def test_other_method_is_offered_for_a_body_with_a_word_of_a_name() -> None:
    url = f"{GENESYS}/outbound/campaigns/{QUEUE}"
    (found,) = explain({"method": "POST", "url": url, "status": 405, "body": {"status": "on"}})
    assert found.root is not None
    assert found.root.fix == "send `PUT`"


def wrong_contacts(count: int) -> dict[str, object]:
    """Return a refused request that adds contacts, each with a misspelled and an unknown member."""
    contact = {"contactListId": QUEUE, "data": {"phone": "+12025550123"}, "callabel": True, "x": 1}
    url = f"{GENESYS}/outbound/contactlists/{QUEUE}/contacts"
    return {"method": "POST", "url": url, "status": 400, "body": [contact] * count}


@pytest.mark.slow
def test_long_list_is_corrected_in_linear_time() -> None:
    (few,), (many,) = explain(wrong_contacts(5)), explain(wrong_contacts(20))
    per_item = count_calls(lambda: correct_request(few)) / 5
    assert count_calls(lambda: correct_request(many)) / 20 < 1.5 * per_item


@pytest.mark.slow
def test_list_with_too_many_items_keeps_them_all() -> None:
    (found,) = explain({**wrong_contacts(0), "body": [{"contactListId": QUEUE, "data": {}}] * 1001})
    fixed = correct_request(found)
    assert (len(fixed.body), fixed.is_complete) == (1001, False)


@pytest.mark.slow
def test_left_out_values_of_many_items_are_counted(cxcall: Cxcall) -> None:
    ran = cxcall("explain", "--fix", "-", stdin=json.dumps(wrong_contacts(30)), code=3)
    assert "left out: /0/x, /1/x, " in ran.err
    assert "/19/x, and 10 more\n" in ran.err


@pytest.mark.slow
def test_placeholder_has_only_the_values_that_the_rule_allows() -> None:
    url = f"{GENESYS}/conversations/calls/{QUEUE}"
    (found,) = explain({"method": "PATCH", "url": url, "status": 400, "body": {"state": "hold"}})
    assert correct_request(found).body == {"state": "<state: disconnected>"}


def test_parameter_that_the_response_names_is_moved_to_the_query() -> None:
    body = '{"phoneNumber": "8015550147", "skillId": 4, "scheduleDate": "2026-12-01T15:30:00Z"}'
    reason = '{"error_description": "The phoneNumber parameter is required."}'
    (found,) = explain(f"POST {CXONE}/scheduled-callbacks\n\n{body}\n\nHTTP/1.1 400\n{reason}\n")
    moved = find_correction(found)
    assert moved is not None
    assert moved.values["phoneNumber"] == "8015550147"


def test_version_that_the_api_calls_outdated_is_to_be_filled_in() -> None:
    url = f"{GENESYS}/outbound/sequences/{QUEUE}"
    body = {"name": "W", "version": 3, "campaigns": [{"id": CONTACT}], "status": "on"}
    body["currentCampaign"] = 0
    answer = {"code": "invalid.update.wrong.version", "message": "x"}
    (found,) = explain(
        {"method": "PUT", "url": url, "body": body, "status": 409, "response": answer}
    )
    assert correct_request(found).missing == ("/version",)


def test_parameter_that_the_api_refuses_is_to_be_filled_in() -> None:
    person = "firstName=Ana&lastName=Ruiz&phoneNumber=2125550147&skill=7&promiseDate=2026-12-01"
    text = f"POST {CXONE}/promise?{person}&promiseTime=10:00\n\nHTTP/1.1 400 promiseTime is not valid\n"
    (found,) = explain(text)
    corrected_request = find_correction(found)
    assert corrected_request is not None
    assert corrected_request.missing == ("promiseTime",)


def test_host_in_a_known_region_is_replaced_by_that_of_the_api() -> None:
    for path in ("/platform/api/v2/conversations/callbacks", "/api/v2/conversations/callbacks"):
        body = {"queueId": QUEUE, "callbackNumbers": ["+12025550123"]}
        source = {"method": "POST", "host": "apps.mypurecloud.de", "path": path, "status": 404}
        found = find_correction(explain({**source, "body": body})[0])
        assert found is not None
        assert (found.base_url, found.missing) == ("https://api.mypurecloud.de", ())
    for host, expected in {
        "apps.mypurecloud.de": "https://api.mypurecloud.de",
        "api.a.b": "https://<host>",
    }.items():
        source = {"method": "POST", "host": host, "path": "/api/v2/conversations/calls"}
        found = corrected({**source, "status": 404, "body": {"phoneNumber": "+12025550123"}})
        assert found.base_url == expected


def test_version_with_another_body_is_left_out() -> None:
    url = CXONE.replace("v34.0", "v31.0")
    text = f"POST {url}/campaigns\n\n{json.dumps({'name': 'Spring'})}\n\nHTTP/1.1 500 Internal Server Error\n"
    corrected_request = find_correction(explain(text)[0])
    assert corrected_request is not None
    assert corrected_request.url == f"{CXONE}/campaigns"


@pytest.mark.parametrize(
    "code",
    [
        "var s = new CampaignSequence(); s.setStatus(CampaignSequence.StatusEnum.OFF); api.postOutboundSequences(s);",
        "var s = new CampaignSequence { Status = CampaignSequence.StatusEnum.Off }; api.PostOutboundSequences(s);",
    ],
)
def test_constant_of_an_sdk_is_the_value_of_the_schema_with_its_name(code: str) -> None:
    (found,) = explain(code)
    assert correct_request(found).body["status"] == "off"
    (other,) = explain(code.replace("OFF", "EMPTY").replace("Off", "Empty"))
    assert "/status" in correct_request(other).missing
