"""`cxcall explain` on sources as people paste them."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, CXCALL
from helpers.har import har
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

TOKEN = "a-token-that-nobody-may-see"
FAILED_EXECUTE = f"""$ curl -X POST https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions \\
  -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\
  -d '{{"contactId": "12345", "contactSpec": {{"address": "+1234567890", "type": "voice"}}}}'

HTTP/1.1 400 Bad Request
"""
FINDINGS = [
    "operation-mismatch",
    "id-format",
    "property-unknown",
    "property-unknown",
    "property-missing",
]
UNKNOWN_PATH = f"curl -X POST https://api.mypurecloud.com/api/v2/outbound/calls -H 'Authorization: Bearer {TOKEN}' "


def attempts(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["data"]["attempts"]
    return found


def test_bare_400_of_execute_is_explained(cxcall: Cxcall) -> None:
    ran = cxcall("explain", "-", stdin=FAILED_EXECUTE, code=3)
    first, _, cause = ran.out.splitlines()[:3]
    assert (
        first
        == f"curl command: POST api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions -> HTTP 400"
    )
    assert cause.startswith(
        "error[operation-mismatch]: `/contactSpec` does not have the structure of"
    )
    advice = ran.out.split("\n\n")[1]
    assert "POST /api/v2/engagements/outbound/personal-connections" in advice
    assert "`contactId` and `reasonCode`" in advice
    assert "5 errors" in ran.out
    assert TOKEN not in ran.out + ran.err
    assert "+1234567890" not in ran.out
    ran = cxcall("explain", "-", "-o", "json", stdin=FAILED_EXECUTE, code=3)
    assert ran.codes[:5] == FINDINGS
    assert TOKEN not in ran.out


@pytest.mark.slow
def test_corrected_request_is_valid(cxcall: Cxcall) -> None:
    ran = cxcall("explain", "-", "--fix", "--as", "json", stdin=FAILED_EXECUTE, code=3)
    corrected = json.loads(ran.out)
    assert corrected["contactSpec"]["contactData"] == {"phoneNumber": "+1234567890"}
    text = (
        UNKNOWN_PATH
        + """-H 'Content-Type: application/json' -d '{"phone_number": "+12025550123", "x": 1}'"""
    )
    ran = cxcall("explain", "-", "--fix", "--as", "json", stdin=text, code=3)
    assert json.loads(ran.out) == {"phoneNumber": "+12025550123"}
    assert ran.err == (
        "left out: /x\nnot complete: /x may change what the request does, whom it calls, or when\n"
    )
    cxcall("validate", "-", "--operation", "place-call", stdin=ran.out, code=0)
    ran = cxcall(
        "explain", "-", "--fix", "--as", "curl", stdin=text.replace(', "x": 1', ""), code=0
    )
    assert "https://api.mypurecloud.com/api/v2/conversations/calls" in ran.out
    assert "$CXCALL_ACCESS_TOKEN" in ran.out
    assert TOKEN not in ran.out


@pytest.mark.slow
def test_request_that_was_refused_as_it_is_has_no_correction(cxcall: Cxcall) -> None:
    url = f"https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}"
    text = f"POST {url}/start\n409 The campaign is already running\n\nPOST {url}/executions\n404 Not Found\n"
    ran = cxcall("explain", "--fix", "-", stdin=text, code=3)
    assert "cxcall send add-contacts" in ran.out
    assert "start-campaign" not in ran.out
    assert CAMPAIGN not in ran.out
    assert "no correction of line 1: POST" in ran.err


@pytest.mark.slow
def test_no_problem_is_found_only_in_what_was_understood(cxcall: Cxcall) -> None:
    text = f"GET https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}\nwhatever went wrong here"
    ran = cxcall("explain", "-", stdin=text, code=0)
    assert "no cause found in what was read; line 2 not understood" in ran.out
    assert "why: line 2 was not understood; no response was found in the rest" in ran.out
    ran = cxcall("explain", "-", stdin=f"{text}\nHTTP/1.1 200 OK\n\n", code=0)
    assert "no problem found in what was read; line 2 not understood" in ran.out


@pytest.mark.slow
def test_equal_reasons_are_one_block(cxcall: Cxcall) -> None:
    url = "https://api.mypurecloud.com/api/v2/outbound/campaigns"
    text = f'POST {url}\nContent-Type: application/json\n\n{{"name": "Spring"}}'
    ran = cxcall("explain", "-", stdin=text, code=3)
    assert ran.out.count("is missing from the body") == 1
    assert "; also `callerName`, " in ran.out
    assert cxcall("explain", "-", "--all", stdin=text).out.count("is missing from the body") > 1


@pytest.mark.slow
def test_corrected_request_runs_in_a_shell(cxcall: Cxcall) -> None:
    text = (
        "curl -X POST https://api.euw2.pure.cloud/api/v2/conversations/calls/user/it%27s "
        """-H 'Content-Type: application/json' -d '{"phone_number": "+12025550123"}'"""
    )
    printed = cxcall("explain", "-", "--fix", stdin=text, code=0).out
    result = subprocess.run(
        ["bash", "-c", printed],
        env={**cxcall.environment, "PATH": f"{CXCALL.parent}:{cxcall.environment['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.startswith(
        "POST https://api.euw2.pure.cloud/api/v2/conversations/calls/user/it%27s\n"
    )
    assert '"phoneNumber": "+12025550123"' in result.stdout


@pytest.mark.slow
def test_missing_values_are_placeholders(cxcall: Cxcall) -> None:
    text = "curl -X POST https://api.mypurecloud.com/api/v2/outbound/campaigns/1/executions --json '{}'"
    ran = cxcall("explain", "-", "--fix", "--as", "json", stdin=text, code=3)
    assert "<contactId: UUID>" in ran.out
    assert "to be filled in:" in ran.err


@pytest.mark.slow
def test_ten_findings_are_shown_without_all(cxcall: Cxcall) -> None:
    body = json.dumps({f"wrong{number}": 1 for number in range(20)})
    text = UNKNOWN_PATH + f"-H 'Content-Type: application/json' -d '{body}'"
    assert "more findings: add `--all`" in cxcall("explain", "-", stdin=text, code=3).out
    assert cxcall("explain", "-", "--all", stdin=text, code=3).out.count("property-unknown") == 20


@pytest.mark.slow
def test_each_har_entry_is_explained_separately(cxcall: Cxcall) -> None:
    session = har(2)
    page = json.loads(json.dumps(session["log"]["entries"][0]))
    page["request"]["url"] = "https://example.com/logo.png"
    session["log"]["entries"].insert(1, page)
    file = cxcall.file("session.har", session)
    ran = cxcall("explain", file, code=3)
    assert [line for line in ran.out.splitlines() if line.startswith("entry")] == [
        f"entry {number} of 3: POST api.mypurecloud.com/api/v2/conversations/calls -> HTTP 400"
        for number in (1, 3)
    ]
    assert "skipped 1 entry of other hosts" in ran.err
    lines = cxcall("explain", file, "--entry", "3", "-o", "jsonl", code=3).out.splitlines()
    assert [json.loads(line)["root"] for line in lines] == ["token-user-context"]
    empty = cxcall.file("empty.har", {"log": {"entries": []}})
    assert f"`{empty}` is a HAR file without entries" in cxcall("explain", empty, code=2).err


@pytest.mark.parametrize(
    ("words", "error"),
    [("- --fix", "`-` is not one"), ("--last", "--entry"), ("id-format", "does not exist")],
)
def test_entry_of_anything_but_a_har_file_is_refused(
    cxcall: Cxcall, words: str, error: str
) -> None:
    text = "curl -X POST https://api.mypurecloud.com/api/v2/conversations/callbacks -d '{}'"
    assert error in cxcall("explain", *words.split(), "--entry", "2", stdin=text, code=2).err


@pytest.mark.slow
def test_last_refused_delivery_is_explained_from_the_ledger(live: Cxcall) -> None:
    assert "no delivery that was refused" in live("explain", "--last", code=2).err
    live("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550140", code=5)
    ran = live("explain", "--last", code=3)
    assert "/executions -> HTTP 4" in ran.out.splitlines()[0]
    assert "path-unpublished" in ran.out
    assert "keeps neither request bodies" in ran.out
    assert "the API says: The request could not be understood" in ran.out
    shown = live("history", "show", ran.out.split(":")[0].removeprefix("delivery ")).out
    assert shown.count("bad.request") == 1
    assert "  the API says  The request could not be understood" in shown


ONE = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes", "--again")
ENDS = {
    400: ("refused", "the API says: no skill here"),
    307: ("refused", "responded with HTTP 307, a redirect\n"),
    429: ("undelivered", "error[rate-limited]"),
    500: ("unknown", "error[outcome-unknown]"),
}


@pytest.mark.slow
@pytest.mark.parametrize("status", ENDS)
def test_last_delivery_that_was_not_accepted_is_explained(cxcall: Cxcall, status: int) -> None:
    outcome, said = ENDS[status]
    body = {"message": "no skill here", "code": "no.skill"}
    answers = [Reply(403, {"message": "older", "code": "older"}, rings=False)]
    with Platform(lambda _body, _count: answers[-1]) as platform:
        cxcall.environment |= platform.environment
        cxcall(*ONE)
        answers.append(Reply(status, body, {"Retry-After": "999"}, rings=False))
        failed = cxcall(*ONE, "-o", "json").envelope
        answers.append(Reply())
        cxcall(*ONE, code=0)
    ran = cxcall("explain", "--last", code=3)
    assert ran.out.startswith(f"delivery {failed['deliveryId']}: POST ")
    assert re.search(rf"^  outcome  {outcome}$", ran.out, re.MULTILINE)
    assert said in ran.out
    found = cxcall("explain", "--last", "-o", "json", code=3).envelope
    assert (found["outcome"], found["data"]["id"]) == ("invalid", failed["deliveryId"])
    is_unknown = outcome == "unknown"
    assert ("do not run it again" in ran.out) == is_unknown
    if is_unknown:
        assert "send the request again" not in ran.out
        cxcall("history", "resolve", failed["deliveryId"], "--not-placed", code=0)
        assert "older" in cxcall("explain", "--last").out


@pytest.mark.parametrize("text", ["", "good morning", '{"a": 1}', "[1, 2]", "{oops", '{"log": {}}'])
def test_text_without_a_request_is_a_usage_error(cxcall: Cxcall, text: str) -> None:
    ran = cxcall("explain", "-", "-o", "json", stdin=text, code=2)
    assert ran.codes == ["usage"]


@pytest.mark.slow
def test_send_and_explain_report_the_same_codes(live: Cxcall) -> None:
    sent = live(
        "execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550140", "-o", "json"
    )
    explained = live("explain", "-", "-o", "json", stdin=sent.out)
    codes = {each["code"] for each in sent.envelope["findings"] if each["severity"] == "error"}
    assert codes <= {each["code"] for each in explained.envelope["findings"]}


POSTED = (
    f'requests.post("https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions", '
)
CURLED = (
    f"curl https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions "
    "-H 'Content-Type: application/json' "
)
SENT = "headers={'Content-Type': 'application/json'})"


@each_case(
    "text, named",
    [
        (f"{POSTED}json=payload, headers=headers)", "the value of `payload` is not in the snippet"),
        (f"{POSTED}data=json.dumps(payload), {SENT}", "the value of `payload` is"),
        (f"{POSTED}data=payload, headers=headers)", "the value of `payload` is"),
        (f"{POSTED}json=build())", "the value of `build` is"),
        (f"{POSTED}json=[x for x in y])", "the body is"),
        (f"{POSTED}json={{**base, 'contactId': cid}})", "the values of `base` and `cid` are"),
        (f"{POSTED}json={{'contactId': cid, 'contactSpec': spec}})", "`cid` and `spec` are"),
        (f"p = {{'contactId': 1}}\np.update(more)\n{POSTED}json=p)", "the value of `more` is"),
        (
            f'{POSTED}data=f\'{{{{"contactId": "{{cid}}", "contactSpec": {{spec}}}}}}\', {SENT}',
            "`cid` and `spec` are",
        ),
        (
            f"{POSTED}json={{'contactId': cid, 'contactSpec': spec}}, headers={{'Content-Type': kind, 'Authorization': auth}})",
            "`cid`, `spec`, `kind`, and `auth` are",
        ),
        (f'{CURLED} -d "$BODY"', "the value of `$BODY` is not in the command"),
        (f'{CURLED} -d "$(cat body.json)"', "the value of `$(cat body.json)` is"),
        (
            f'{CURLED} -d "{{\\"contactId\\": \\"$ID\\", \\"contactSpec\\": $SPEC}}"',
            "`$ID` and `$SPEC` are",
        ),
        (
            f'{CURLED} -d \'{{"contactId": "\'"$ID"\'", "contactSpec": \'$SPEC\'}}\'',
            "`$ID` and `$SPEC` are",
        ),
    ],
    quick=2,
)
def test_hidden_value_is_not_checked(text: str, named: str) -> None:
    [found] = explain(text)
    assert [each.code for each in found.findings] == ["path-unpublished", "not-provable"]
    assert Severity.ERROR not in [each.severity for each in found.findings]
    assert named in found.findings[1].message


@pytest.mark.slow
def test_visible_values_are_checked_beside_hidden_ones(cxcall: Cxcall) -> None:
    text = f"{POSTED}json={{'contactld': cid, 'contactSpec': {{'contactId': f'{{cid}}', 'contactData': d}}}})"
    ran = cxcall("explain", "-", "-o", "json", stdin=text, code=3)
    envelope = (each for each in ran.envelope["findings"] if each["severity"] != "note")
    assert {(each["code"], each["where"]) for each in envelope} == {
        ("property-unknown", "/contactld"),
        ("path-unpublished", "path"),
    }
    ran = cxcall("explain", "-", "-o", "json", stdin=f"{POSTED}data=payload)", code=3)
    assert ran.codes == ["header-missing", "path-unpublished"]
    ran = cxcall(
        "explain", "-", "-o", "json", stdin=f"{POSTED}json=json.dumps({{'a': b}}))", code=3
    )
    assert "encoded twice" in ran.envelope["findings"][0]["message"]
    never_expanded = f'{CURLED} -d \'{{"contactId": "$ID", "contactSpec": "$SPEC"}}\''
    ran = cxcall("explain", "-", "-o", "json", stdin=never_expanded, code=3)
    assert ran.codes[0] == "placeholder"


@pytest.mark.parametrize("data", ["payload", "{**base, 'grant_type': 'client_credentials'}"])
def test_token_request_with_hidden_values_is_not_an_error(cxcall: Cxcall, data: str) -> None:
    text = f"requests.post('https://login.mypurecloud.com/oauth/token', data={data})"
    ran = cxcall("explain", "-", "-o", "json", stdin=text, code=0)
    assert ran.codes == ["not-provable"]
    assert "is not in the snippet" in ran.envelope["findings"][0]["message"]


@pytest.mark.slow
def test_file_wins_over_a_code_of_the_same_name(cxcall: Cxcall) -> None:
    (cxcall.folder / "not.a.user").write_text(FAILED_EXECUTE)
    assert "executions" in cxcall("explain", "not.a.user", code=3).out


def test_empty_stdin_is_named(cxcall: Cxcall) -> None:
    for words in (("explain",), ("explain", "-", "--fix")):
        assert "error[usage]: stdin is empty\n" in cxcall(*words, stdin=" \n", code=2).err
    assert "`empty.txt` is empty" in cxcall("explain", cxcall.file("empty.txt", ""), code=2).err


def test_object_that_may_be_a_body_is_not_called_free_of_problems(cxcall: Cxcall) -> None:
    body = {"contactId": 12, "phone_number": "+1202555", "x": 1}
    ran = cxcall("explain", cxcall.file("payload.json", body), code=0)
    assert "no problem found" not in ran.out
    assert "cannot explain this text" in ran.out
    assert "`cxcall validate FILE`" in ran.out
