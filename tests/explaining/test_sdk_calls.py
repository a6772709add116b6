"""The arguments of an SDK's method are read as the path, the query, and the body of its operation."""

from __future__ import annotations

import json

from cxcall import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case

LIST = "12345678-1234-1234-1234-123456789012"
CONTACTS = f"/api/v2/outbound/contactlists/{LIST}/contacts"
CAMPAIGNS = "/api/v2/outbound/campaigns"
CALLED = [{"data": {"Phone": "+12025550123"}}]
PYTHON_BODY = json.dumps(CALLED)


@each_case(
    "call, path, query, body",
    [
        ("api.get_outbound_campaigns(page_size=500, sort_order='a')", CAMPAIGNS, {"pageSize": "500", "sortOrder": "a"}, None),
        ("api.getOutboundCampaigns({ pageSize: 500 }).then(show)", CAMPAIGNS, {"pageSize": "500"}, None),
        ("let opts = { 'pageSize': 500 };\napi.getOutboundCampaigns(opts)", CAMPAIGNS, {"pageSize": "500"}, None),
        ("api.GetOutboundCampaigns(pageSize: 500, pageNumber: page);", CAMPAIGNS, {"pageSize": "500", "pageNumber": "{page}"}, None),
        (f"api.get_outbound_campaign(campaign_id='{LIST}')", f"{CAMPAIGNS}/{LIST}", {}, None),
        (f"api.get_outbound_campaign('{LIST}')", f"{CAMPAIGNS}/{LIST}", {}, None),
        ("body = CallbackRequest(data={'a': 'b'})\napi.post_conversations_callbacks(body)", "/api/v2/conversations/callbacks", {}, {"data": {"a": "b"}}),
        ("api.get_users(expand=['presence', 'groups'], callback=show)", "/api/v2/users", {"expand": "groups"}, None),
        (f"api.post_outbound_contactlist_contacts(body={PYTHON_BODY}, priority=True, contact_list_id='{LIST}')", CONTACTS, {"priority": "true"}, CALLED),
        (f"api.postOutboundContactlistContacts('{LIST}', {PYTHON_BODY}, {{ priority: true }})", CONTACTS, {"priority": "true"}, CALLED),
    ],
    quick=5,
)  # fmt: skip
def test_named_arguments_and_options_are_read(
    call: str, path: str, query: dict[str, str], body: object
) -> None:
    (request,) = read_exchanges(call, "text")
    assert (request.path, dict(request.query)) == (path, query)
    assert json.loads(request.body or "null") == body
    assert "query" not in request.unknown


@each_case(
    "code, expected",
    [
        ("body.queue_id = 'Sales'\nbody.callback_numbers = ['+12025550142']\napi.post_conversations_callbacks(body)\n# 400", {("id-format", "/queueId")}),
        (f"c.campaign_status = 'of'\napi.put_outbound_campaign('{LIST}', c)\n# 400", {("value-not-allowed", "/campaignStatus")}),
        (f'c.setVersion(3);\napi.putOutboundCampaign("{LIST}", c);\n// 400', set()),
        (f'Campaign c = api.GetOutboundCampaign("{LIST}");\nc.Version = 3;\napi.PutOutboundCampaign("{LIST}", c);\n// 400', set()),
        ("const c = await api.getOutboundCampaign(id);\nc.version = 3;\nawait api.putOutboundCampaign(id, c);\n// 400", set()),
        ("body = Sdk.CreateCallbackCommand()\nbody.queue_id = 'Sales'\napi.post_conversations_callbacks(body)\n# 400", {("id-format", "/queueId"), ("property-missing", "/callbackNumbers")}),
        (f'api.postConversationsCallbacks(new CreateCallbackCommand().queueId("{LIST}").callbackUserName("Ada"));\n// 400', {("property-missing", "/callbackNumbers")}),
        ('api.postConversationsCallbacks(new CreateCallbackCommand().queueId("Sales").addCallbackNumbersItem("+12025550123"));\n// 400', {("id-format", "/queueId")}),
        ('val c = CreateCallbackCommand().queueId("Sales").also { println(it) }\napi.postConversationsCallbacks(c)\n// 400', {("id-format", "/queueId")}),
        (f"c['version'] = '3'\nrequests.put('https://api.mypurecloud.com{CAMPAIGNS}/{LIST}', json=c)\n# 400", {("type-mismatch", "/version")}),
        (f"c = {{**old, 'version': '3'}}\nrequests.put('https://api.mypurecloud.com{CAMPAIGNS}/{LIST}', json=c)\n# 400", {("type-mismatch", "/version")}),
        (f"c = {{'version': '3', **old}}\nrequests.put('https://api.mypurecloud.com{CAMPAIGNS}/{LIST}', json=c)\n# 400", set()),
    ],
)  # fmt: skip
def test_object_that_other_code_makes_lacks_nothing(
    code: str, expected: set[tuple[str, str]]
) -> None:
    *_, found = explain(code)
    assert {(x.code, x.where) for x in found.findings if x.severity != "note"} == expected


@each_case(
    "call",
    [
        "api.get_users(**options)",
        "api.getUsers({ ...options, pageSize: 5 })",
        "api.getUsers(200, 1)",
    ],
)
def test_query_is_unknown_if_an_argument_may_be_in_it(call: str) -> None:
    (request,) = read_exchanges(call, "text")
    assert (request.query, request.status) == ((), 0)
    assert "query" in request.unknown


def test_number_in_a_call_is_no_status_but_one_in_a_comment_below_it_is() -> None:
    built = "request = GetUsersRequest.builder().withPageSize(500).build();\napi.getUsers(request);"
    texts = {built: 0, f"{built}\n// 400": 400, "api.get_users(page_size=5)\n# 404": 404}
    stated = (
        "// 400 bad request",
        "// -> HTTP 400",
        "# 400 name is empty",
        "# we get 400 when it runs",
        "# status: 400, why?",
    )
    counted = (
        "// 400 users are in it",
        "// 400 idle agents",
        "# about 400 agents",
        "# returned 400 items",
        "# limit: 400",
        "# see #400",
    )
    texts |= {f"api.getUsers(); {each}": 400 for each in stated}
    texts |= {f"api.getUsers(); {each}": 0 for each in counted} | {
        "api.getUsers({'size': 500});": 0
    }
    for text, status in texts.items():
        *_, request = read_exchanges(text, "text")
        assert request.status == status, text


def test_map_with_the_query_alone_is_not_the_body() -> None:
    for call in (
        "get('/api/v2/users', ",
        "request('GET', '/api/v2/users', ",
        "delete('/api/v2/users', ",
    ):
        code = f"$client->{call}['query' => ['pageSize' => 500], 'http_errors' => false]);"
        (request,) = read_exchanges(code, "text")
        assert (request.query, request.body, request.status) == ((("pageSize", "500"),), None, 0), (
            call
        )
