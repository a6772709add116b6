"""Requests of a user's document whose values select a function that calls, and those whose values only filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.selected_functions import (
    has_data,
    is_selector,
    selects_action,
    verbs_of_calls,
)
from helpers.calling_api import wrap
from helpers.cases import each_case
from helpers.own_operation import parameter, risk
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

CALLING = """
    call Call CALL callback call_back ring call_number call-lead callCustomer callcustomer outboundCall outboundcall
    phone_call newCall transfer_call make_call schedule_callback external_dial dial originate
""".split()
STARTING = "start list,START campaign_start campaignStart resume connect enable".split()
CREATING = "create add_lead insert".split()
HARMLESS = """
    update delete stop end_call hangup_call missed_call inboundCall call_log callStatus call_ended call_center call_id
    list_calls get_call calls callbacks do_not_call ring_group startsWith view
""".split()


def test_function_that_calls_is_recognized_by_its_words() -> None:
    read = verbs_of_calls("/leads", {"summary": "List leads"}, is_read=True)
    log = verbs_of_calls("/leads/{id}/audit-log", {}, is_read=True)
    posted = verbs_of_calls("/users", {}, is_read=False)
    every = [*CALLING, *STARTING, *CREATING, *HARMLESS]
    found = {each for each in every if selects_action("action", each, read)}
    assert found == {*CALLING, *STARTING, *CREATING}
    found = {each for each in every if selects_action("action", each, posted)}
    assert found == {*CALLING}
    in_log = {each for each in every if selects_action("action", each, log)}
    assert not in_log & {"call", "outboundCall", *CREATING, *HARMLESS}
    assert in_log >= {"dial", "make_call", "start"}


def test_data_that_mentions_a_call_selects_no_function() -> None:
    in_note: dict[str, Any] = {"is_data": has_data("/notes", {}), "is_declared": False}
    functions = ("call", "phone_call", "Call the customer back", "make_call")
    for name, expected in {"task": 3, "method": 3, "action": 0}.items():
        found = [each for each in functions if selects_action(name, each, **in_note)]
        assert found == [each for each in functions[expected:] if " the " not in each], name
    assert selects_action("task", "Call the customer back")
    for path, summary in (("/x", "List x"), ("/x/search", ""), ("/tags/{id}", "Change a tag")):
        assert has_data(path, {"summary": summary}), path
    assert not has_data("/agent", {"summary": "Get the agent"})


def test_parameter_that_selects_a_function_is_recognized_by_its_name() -> None:
    names = (
        "action ACTION action[] apiAction function_name func do act task cmd operationName".split()
    )
    others = "nextAction contact_method paymentMethod taskId opcode actor".split()
    assert [each for each in names if not is_selector(each)] == []
    assert [each for each in others if is_selector(each)] == []


@pytest.mark.usefixtures("folder")
@each_case(
    "method, path, declared, expected",
    [
        ("GET", "/api.php?do=dial", {}, True),
        ("GET", "/api.php", {"parameters": [parameter("func")]}, True),
        ("GET", "/x", {"parameters": [parameter("act", enum=["call"])]}, True),
        ("POST", "/api.php?function=external_dial", {"summary": "Get the result"}, True),
        ("POST", "/api.php?task=call", {"x-cxcall-rings": False}, True),
        ("POST", "/api.php?task=sync", {"x-cxcall-rings": False}, False),
        # an ID of a task, and filters of a log
        ("GET", "/board", {"parameters": [parameter("task")]}, False),
        ("GET", "/audits", {"parameters": [parameter("action", enum=["create", "call"])]}, False),
    ],
)
def test_risk_of_functions_that_a_document_can_select(
    folder: Path, method: str, path: str, declared: dict[str, Any], *, expected: bool
) -> None:
    assert risk(folder, "3.1.0", method, path, **declared) is expected


@pytest.mark.slow
def test_request_that_selects_a_call_needs_consent_and_is_guarded(cxcall: Cxcall) -> None:
    answer: dict[str, Any] = {"responses": {"200": {"description": "-"}}}
    query = {"parameters": [parameter("do", enum=["view", "call"]), parameter("phone")]}
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    paths = {
        "/leads": {"get": {"operationId": "listLeads", **query, **answer}},
        "/audits": {"get": {"operationId": "listAudits", **query, **answer}},
        "/users": {"post": {"operationId": "addUser", **body, **answer}},
    }
    contract = cxcall.file("own.json", wrap("3.1.0", paths))
    listed = cxcall.file("list.txt", "+12025550123\n")
    shown = cxcall("operations", "listLeads", "--contract", contract, code=0).out
    assert "can place a call  if `do` is `call`" in shown
    leads = ("send", "listLeads", "--contract", contract, "--phone", "+12025550123")
    users = ("send", "addUser", "--contract", contract, "--set", '/note="x"')
    with Platform(reads=lambda _path, _count: Reply(200, [])) as platform:
        cxcall.environment |= platform.environment
        assert "`--yes` is required" in cxcall(*leads, "--do", "call", code=2).err
        cxcall(*leads, "--do", "call", "--do-not-call", listed, "--yes", code=7)
        asked = cxcall(*users, "--set", '/function="external_dial"', code=2)
        assert "`--yes` is required" in asked.err
        rows = cxcall.file("rows.csv", "note,function\nx,view\nx,external_dial\n")
        missing = ("--do-not-call", "missing.txt", "--confirm", "1")
        cxcall("batch", rows, "--operation", "addUser", "--contract", contract, *missing, code=2)
        assert not {path for path in platform.seen if "leads" in path or "users" in path}
        cxcall(*leads, "--do", "view", "--do-not-call", listed, code=0)
        cxcall(*users, "--set", '/function="view"', code=0)
        audits = ("send", "listAudits", "--contract", contract, "--do", "call")
        cxcall(*audits, code=0)
