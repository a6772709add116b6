"""Which operations of a user's document read by their words, and which requests select a function that may call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.acting_words import is_selector, selects_action, verbs_of_functions
from cxcall.contracts.contract import load_shipped_contracts, load_user_contract
from helpers.calling_api import wrap
from helpers.cases import each_case
from helpers.own_operation import parameter, risk
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

# Each line has a route and, after bars: its summary, its name, and its parameters.
MAY_CALL = """
    GET /click-to-call | | x
    GET /clickToDial | | x
    GET /click2call/now
    GET /c2c
    GET /makeCall
    GET /makecall | Place a call | makeCall
    GET /makecall/{id} | Returns the ID of the call
    GET /autodial | Returns the ID of the call
    GET /agent/preview_dial | | previewDial
    GET /originate/{id} | Returns an ID
    GET /x | | dialNumber
    GET /x | | getClickToDial
    GET /x | Calls the person
    GET /x | Redials the lead
    GET /call | | | to
    GET /call/{to} | | getCall | to
    GET /calls/new | | | to
    GET /contact/{phone} | | getContact | phone
    GET /calls | | | phoneNumber
    GET /call/status
    GET /call-centers
    GET /current-call
    GET /contacts | | | phone
    GET /numbers/{number}/validate | | numberValidate
    GET /run/status | Run status | runStatus
    GET /alert | | | phone
    GET /contacts | | callCenter | phone
    GET /leads | | callAttempt | phone
    GET /call-center | | | phone
    GET /tts | Text to speech call | | phone
    GET /v1/request/callback | | | to
    GET /v1/outbound/connect | | | to
    GET /v1/link | Connect a number with an agent | | to
    GET /my/{id} | | startCampaign
    GET /my/{id} | Resumes a campaign
    GET /campaigns/{id} | | startCampaign
    GET /campaigns/{id}/start | | Campaigns_start
    GET /campaigns/{id}/resume
    GET /campaign/run | | | id
    GET /campaignStart.php
    GET /webhooks/trigger/{id}
    GET /webhooks/trigger/{id}.json
    GET /hooks/{id}/fire
    GET /queue/add
    GET /search | Run a search
    GET /x | Fetch the next lead and dial it.
    GET /x | Fetch the next lead and connect it
    GET /x | Fetches the next lead and connects it
    GET /x | Find a lead, then notify it
    GET /x | Get the lead, transfer it into the dialer
    GET /x | Check the lead, then call the customer
    GET /x | Search a contact and call
    GET /x/{id} | View a lead and start the call
    GET /lookup | | lookupAndDial
    GET /agc/api.php?function=external_dial
    GET /api.php?do=dial | Get the result
    GET /api.php | | | func
    GET /rawman | | | action
    GET /v1/start-campaign
    GET /v1/startCampaign/{id} | Campaign
    GET /v1/make-calls | | | phone
    GET /v1/placecalls | | | phone
    GET /v1/request-calls | | | phone
    GET /v1/start-calls
    GET /v1/trigger-flow | | | phone
    GET /api/resumeDialer | Job
    GET /api/callPerson/{id}
    GET /api/callPatient
    GET /api/call-recording-start
    GET /outbound/launchCampaign | | op1
    GET /agc/callcustomer
    GET /agc/ringme
    GET /agc/ring-out/{id}
    GET /agc/send_otp
    GET /clicktocall/lead
    GET /lookup-and-dial
    GET /start/campaign
    GET /x | Call back
    GET /x | Ring out
    GET /x | Trigger flow
    GET /x | | triggerFlow
    GET /api.php?function=request_calls
    POST /numbers/check | Check a number by ringing it
    POST /text/read | Read a text to a person
    POST /leads/return | Returns a lead to the hopper
    POST /dialer/poll | Fetch the next lead to be dialed
    POST /leads/get | Get in touch with a lead
    POST /leads/search | Get hold of a lead
    POST /validate-and-start | Validate a job
    POST /x | Get in touch with a lead
    POST /x | Validate a job | startJob
    POST /x/search | Validate | validateAndStartJob
    POST /search | Get a call through
    POST /search | Query leads and start the campaign
    POST /x/{id}/start | Validate a job
    POST /dialer/next | Fetch the next lead
    POST /exports | Export a lead to the dialer
    POST /Accounts/{a}/Calls.json | Fetch a thing | fetchThing
    POST /v1/users | Find a person | | phoneNumber
    POST /api.php?function=external_dial | Get the result
    POST /contact-lists | Create a contact list
    POST /contact-lists/{id}/contacts | Add contacts
    POST /leads | Create a lead
    PUT /queues/{id} | Update a queue
    PUT /v1/calls/users/{id}
    PUT /search | Search users
    DELETE /bells/{id}
"""
READS = """
    GET /bells
    GET /calls | Get calls to a queue | getCalls
    GET /calls | | listCalls
    GET /calls/{id} | Get a call | getCall
    GET /calls/{id}
    GET /call-logs
    GET /ring-out/{id} | Get the status of a call | readRingOutCallStatus
    GET /calls/{id}/status
    GET /x | Queues
    GET /x | Alerts
    GET /x | Contact
    GET /x | Releases
    GET /v1/release-notes | Release notes
    GET /x | Get queues and add-ons
    GET /x | Get status and set points
    GET /callbacks | List scheduled callbacks
    GET /campaigns/{id}/status
    GET /contact | | getContactOfNumber | phone
    GET /dnc | | isOnDnc | phone
    GET /v1/lookups/{phoneNumber} | Look a number up | | phoneNumber
    GET /dialplans | Get the dial plans | getDialPlans
    GET /ring-groups | | getRingGroups
    GET /pause-codes | | pauseCodes
    GET /dial/{id}/recording
    GET /dials/{id}
    GET /dial/{id} | Get a dial
    GET /dial/{id} | | fetchDial
    GET /runs/{id}/trigger | Get the trigger of a run
    GET /runs/{id}/trigger | Shows the trigger of a run
    GET /triggers | Triggers of a flow
    GET /processes | Process list
    GET /next | Get the next number to dial
    GET /x | List jobs, runs and triggers
    GET /x | Search leads in the dialer
    GET /states | Read the station, phone and contact
    GET /audits | List audits | | action
    GET /board | | | task
    POST /search | Search users
    POST /leads/search-all | Searches leads
    POST /numbers/lookup | Lookup of numbers
    POST /outbound/leads/search | Search
    POST /api/v2/analytics/conversations/details/query
"""
CALLING = """
    call Call CALL callback call_back ring call_number call-lead callCustomer callcustomer outboundCall outboundcall
    phone_call newCall transfer_call make_call schedule_callback external_dial dial originate c2c
""".split()
STARTING = "start list,START campaign_start campaignStart resume connect enable create add_lead insert".split()
HARMLESS = """
    update delete stop call_log callStatus call_id list_calls get_call calls callbacks ring_group startsWith view
""".split()


@pytest.mark.usefixtures("folder")
@each_case(
    "line, expected",
    [
        (line.strip(), expected)
        for lines, expected in ((MAY_CALL, True), (READS, False))
        for line in lines.strip().splitlines()
    ],
    quick=40,
)
def test_risk_by_words(folder: Path, line: str, *, expected: bool) -> None:
    route, summary, name, names = [*map(str.strip, line.split("|")), "", "", ""][:4]
    method, path = route.split()
    declared: dict[str, Any] = {"summary": summary, "operationId": name}
    declared = {key: text for key, text in declared.items() if text}
    declared["parameters"] = [parameter(each) for each in names.split(",") if each]
    assert risk(folder, "3.1.0", method, path, **declared) is expected


@pytest.mark.slow
def test_shipped_reads_are_reads_by_their_words(folder: Path) -> None:
    """Under other paths, so that no shipped route decides."""
    for known in load_shipped_contracts():
        paths: dict[str, Any] = {}
        for each in known.operations:
            if each.method == "GET" and not each.path.endswith("/callback"):
                words = {"operationId": each.name, "summary": each.summary}
                other: dict[str, Any] = {"responses": {"200": {"description": "-"}}, **words}
                paths[f"/other/{len(paths)}{each.path}"] = {"get": other}
        file = folder / "own.json"
        file.write_text(json.dumps(wrap("3.1.0", paths)), "utf-8")
        for own in load_user_contract(str(file)).operations:
            assert not own.can_place_call, own.path


def test_function_is_recognized_by_its_words() -> None:
    read = verbs_of_functions("/leads", is_read=True)
    log = verbs_of_functions("/leads/{id}/audit-log", is_read=True)
    posted = verbs_of_functions("/users", is_read=False)
    every = [*CALLING, *STARTING, *HARMLESS]
    found = {each for each in every if selects_action("action", each, read)}
    assert found == {*CALLING, *STARTING}
    found = {each for each in every if selects_action("action", each, posted)}
    assert found == {*CALLING}
    in_log = {each for each in every if selects_action("action", each, log)}
    assert not in_log & {"call", "outboundCall", "create", "add_lead", *HARMLESS}
    assert in_log >= {"dial", "make_call", "start"}
    names = "action ACTION action[] apiAction function_name func do act task cmd operationName"
    others = "nextAction contact_method paymentMethod taskId opcode actor"
    assert [each for each in names.split() if not is_selector(each)] == []
    assert [each for each in others.split() if is_selector(each)] == []


@pytest.mark.usefixtures("folder")
def test_declared_functions_and_statements(folder: Path) -> None:
    def asks(method: str, path: str, summary: str = "", *parameters: Any, **stated: Any) -> bool:
        words = {"summary": summary, "parameters": [*parameters], **stated}
        return risk(folder, "3.1.0", method, path, **words)

    no_call: dict[str, Any] = {"x-cxcall-rings": False}
    assert asks("GET", "/calls", "List", parameter("action", default="start"))
    assert asks("GET", "/x", "", parameter("act", enum=["call"]))
    assert not asks("GET", "/audits", "List", parameter("action", enum=["create", "call"]))
    assert asks("POST", "/api.php?task=call", **no_call)
    assert not asks("POST", "/api.php?task=sync", **no_call)
    lists = "/call-lists /v1/call-lists/search /call-centers /dial-plans /callrecords".split()
    assert [each for each in lists if asks("POST", each, **no_call)] == []
    assert [each for each in lists if not asks("POST", each)] == []
    assert asks("POST", "/start-call-list", operationId="launchCallList", **no_call)
    assert not asks(
        "POST", "/call-lists", "Create a call list", operationId="addCallList", **no_call
    )
    calls = "/calls /call-lists/call /call-lists/dial /call-attempts /callbacks /call-flows".split()
    assert [each for each in calls if not asks("POST", each, **no_call)] == []
    assert asks("POST", "/call-lists", "", parameter("phone"), **no_call)
    assert asks("POST", "/call-lists", "Call each lead of a list", **no_call)
    assert not asks("GET", "/usage", "", parameter("to", format="date"))
    assert asks("GET", "/my", description="Launch a campaign.\nIt may call.")


@pytest.mark.slow
def test_request_that_selects_a_call_needs_consent_and_is_guarded(cxcall: Cxcall) -> None:
    answer: dict[str, Any] = {"responses": {"200": {"description": "-"}}}
    query = {"parameters": [parameter("do", enum=["view", "call"]), parameter("phone")]}
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    user = {"operationId": "addUser", "x-cxcall-rings": False, **body}
    paths = {
        "/leads": {"get": {"operationId": "listLeads", **query, **answer}},
        "/audits": {"get": {"operationId": "listAudits", **query, **answer}},
        "/users": {"post": {**user, **answer}},
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
