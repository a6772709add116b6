"""A file with many requests is explained like each request alone: caches never change a result."""

from __future__ import annotations

import json
import sys
from random import Random
from typing import Any
from uuid import UUID

import pytest

from cxcall import explain
from helpers.cases import each_case
from helpers.command import Cxcall
from helpers.echo_encodings import ENCODINGS
from helpers.planted_faults import OPERATIONS, correct_body, plant

ENTRIES = 12
ID = "12345678-1234-1234-1234-123456789012"
HOSTS = ("api.mypurecloud.com", "api.mypurecloud.ie", "api-na1.niceincontact.com", "example.com")
TOKENS = ("", "short1", "<token>", "q8Zr5TnW2kLx7VbC3mYd", "cAnArY-1/aB+cD_eF~gH=jKlMnOpQrStUvWxYz")
MESSAGES = (
    "Bad Request",
    "Invalid contactId",
    "contact is not callable",
    "token expired",
    "",
    "Value [zebra] is not a valid property for object [X]",
    "call failed to +12025550123",
    "You are missing the following permission(s): outbound:campaign:edit",
    "diagnostic settings",
)
CODES = ("bad.request", "not.found", "missing.permissions", "invalid.value", "")


def make_entry(random: Random, number: int) -> dict[str, Any]:
    """Return a call with faults of any kind in its path, headers, body, and response."""

    def uuid() -> str:
        return str(UUID(int=random.getrandbits(128), version=4))

    operation, token = random.choice(OPERATIONS), random.choice(TOKENS) or f"a-token-of-{number}"
    body = (
        plant(operation, random).body if random.random() < 0.7 else correct_body(operation, random)
    )
    if isinstance(body, dict) and random.random() < 0.3:
        body = {**body, "contactId": uuid(), "note": f"+120255501{number % 100:02}"}
    path = "/".join(uuid() if part[:1] == "{" else part for part in operation.path.split("/"))
    cut = random.randrange(len(path)) if random.random() < 0.3 else len(path)
    echo = ENCODINGS[random.choice([*ENCODINGS])](token).decode("utf-8", "replace")
    message = random.choice(MESSAGES) + (f" {echo}" if random.random() < 0.3 else "")
    answer = {"message": message, "code": random.choice(CODES), "contextId": uuid()}
    text = json.dumps(body)
    return {
        "request": {
            "method": operation.method,
            "url": f"https://{random.choice(HOSTS)}{path[:cut]}{path[cut + 1 :]}",
            "headers": [
                {"name": "Authorization", "value": f"Bearer {token}"},
                {
                    "name": "Content-Type",
                    "value": random.choice(["application/json", "text/plain"]),
                },
            ],
            "postData": {"text": text[: -1 if random.random() < 0.1 else len(text)]},
        },
        "response": {
            "status": random.choice([400, 400, 400, 401, 403, 404, 409, 429, 500, 200]),
            "headers": [{"name": "ININ-Correlation-Id", "value": random.choice([uuid(), token])}],
            "content": {"text": json.dumps(answer)},
        },
    }


def explain_all(entries: list[dict[str, Any]]) -> list[Any]:
    """Return what `explain` says about each entry of a HAR file."""
    found = explain(json.dumps({"log": {"entries": entries}}))
    return [(each.findings, each.ticket, {**each.as_dict(), "origin": ""}) for each in found]


def forget() -> None:
    """Clear each bounded cache of the package, as in a new process; constant caches stay."""
    for module in [sys.modules[name] for name in sys.modules if name.startswith("cxcall.")]:
        for member in vars(module).values():
            parameters = getattr(member, "cache_parameters", None)
            if parameters is not None and parameters()["maxsize"] is not None:
                member.cache_clear()


def a_refused_call(number: int, *, name: str = "phoneNumber") -> dict[str, Any]:
    """Return an entry with IDs, a number, and a time of its own."""
    contact = str(UUID(int=Random(number).getrandbits(128), version=4))
    answer = {"message": f"Invalid contact {contact}", "code": "bad.request", "contextId": contact}
    return {
        "request": {
            "method": "POST",
            "url": "https://api.mypurecloud.com/api/v2/conversations/calls",
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "postData": {"text": json.dumps({name: f"+1212{2000000 + number}"})},
        },
        "response": {"status": 400, "content": {"text": json.dumps(answer)}},
    }


def a_page(url: str) -> dict[str, Any]:
    """Return an entry of a page that a browser loads without a token."""
    return {
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {"status": 200, "content": {"text": "{}"}},
    }


@pytest.mark.slow
def test_cause_of_many_entries_is_shown_once(cxcall: Cxcall) -> None:
    entries = [a_refused_call(number) for number in range(15)]
    entries[3] = a_refused_call(3, name="phone_number")
    ran = cxcall("explain", cxcall.file("a.har", {"log": {"entries": entries}}), code=3)
    assert ran.out.count("the API says: Invalid contact") == 2
    assert ran.out.count("rename `phone_number` to `phoneNumber`") == 1
    assert ran.out.count("correlation ID: ") == 12
    headings = [line for line in ran.out.splitlines() if line.startswith("entry")]
    assert [int(line.split()[1]) for line in headings] == list(range(1, 13))
    assert "the same cause as entry 1 in 3 more entries: 13-15\n" in ran.out
    every = cxcall("explain", cxcall.file("a.har", {"log": {"entries": entries}}), "--all", code=3)
    assert every.out.count("the API says: Invalid contact") == 15


@pytest.mark.slow
def test_entry_with_another_cause_is_not_counted_with_the_others(cxcall: Cxcall) -> None:
    entries = [a_refused_call(number) for number in range(60)]
    body = {
        "phoneNumber": "+12125550100",
        "callFromQueueId": "00000000-0000-0000-0000-000000000000",
    }
    entries[30]["request"]["postData"]["text"] = json.dumps(body)
    entries[40]["request"]["postData"]["text"] = '{"phoneNumber": "+1212200"}'
    ran = cxcall("explain", cxcall.file("a.har", {"log": {"entries": entries}}), code=3)
    assert "in 47 more entries: 12-30, 32-40, 42-60\n" in ran.out
    assert ran.out.count("looks like a placeholder") == 1
    assert ran.out.count("cannot be dialed") == 1


def test_successful_entries_are_counted_unless_one_reports_a_failure(cxcall: Cxcall) -> None:
    entries = [a_page("https://api.mypurecloud.com/api/v2/users") for _ in range(30)]
    for number, entry in enumerate(entries):
        entry["response"]["content"]["text"] = json.dumps({"entities": [], "total": number})
    entries[24]["response"]["content"]["text"] = '{"state": "failed", "errorCode": "dialer.error"}'
    ran = cxcall("explain", cxcall.file("a.har", {"log": {"entries": entries}}), code=3)
    assert ran.out.startswith("entry 25 of 30: ")
    assert ran.out.count("hidden-failure") == 1
    assert ran.out.count("no problem found") == 1
    assert "no problem found in 29 entries: 1-24, 26-30\n" in ran.out


def a_log(*, before: str = "") -> str:
    """Return a log with a request in each line: a successful one, and others with one cause."""
    url = "https://api.mypurecloud.com/api/v2/conversations"
    lines = [f"{before}GET {url}/callbacks 200", "", *[f"{before}GET {url} 404"] * 15]
    return "\n".join(lines)


def test_requests_of_a_log_are_named_by_their_lines_and_grouped(cxcall: Cxcall) -> None:
    text = a_log(before="2026-11-22 11:00:00,123 INFO ")
    ran = cxcall("explain", "-", stdin=text, code=3)
    assert ran.out.startswith("line 3: GET api.mypurecloud.com/api/v2/conversations -> HTTP 404\n")
    assert "the same cause as line 3 in 4 more lines: 14-17\n" in ran.out
    assert "no problem found in 1 line: 1\n" in ran.out
    assert {each.ticket["time"] for each in explain(text)} == {"2026-11-22 11:00:00,123"}


def test_lines_that_were_not_understood_are_named_beside_successful_requests(
    cxcall: Cxcall,
) -> None:
    call = "POST https://api.mypurecloud.ie/api/v2/conversations/callbacks"
    ran = cxcall("explain", "-", stdin=f"{call} 200\nlorem ipsum dolor what is this\n{call} 201\n")
    found = "no problem found in what was read in 2 lines: 1, 3; line 2 not understood"
    assert ran.out == f"{found}\n\n"


@pytest.mark.parametrize(
    ("before", "time"),
    [
        ("2026-11-20 08:11:02 ERROR since=2020-01-01 00:00:00 ", "2026-11-20 08:11:02"),
        ("10:00 deadline=2020-01-01 00:00:00 2026-11-20 08:11:03 ", "2026-11-20 08:11:03"),
        ('10.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "', "20/Nov/2026:10:00:00 +0000"),
    ],
)
def test_time_of_a_single_line_of_a_log_is_that_of_the_request(before: str, time: str) -> None:
    (found,) = explain(f"{before}POST https://api.mypurecloud.com/api/v2/conversations/calls 400")
    assert found.ticket["time"] == time


def test_requests_are_numbered_if_their_lines_are_not_certain(cxcall: Cxcall) -> None:
    records = "\n".join(json.dumps({"message": f"at 9\n{line}"}) for line in a_log().splitlines())
    ran = cxcall("explain", "-", stdin=records, code=3)
    assert ran.out.startswith("request 2: GET api.mypurecloud.com/api/v2/conversations")
    assert "the same cause as request 2 in 4 more requests: 13-16\n" in ran.out


@pytest.mark.slow
def test_pages_of_a_platform_are_skipped(cxcall: Cxcall) -> None:
    site = "https://apps.mypurecloud.com/directory"
    entries = [a_page(f"{site}/app.js"), a_page("https://example.com/logo.png"), a_refused_call(1)]
    file = cxcall.file("a.har", {"log": {"entries": entries}})
    ran = cxcall("explain", file, code=3)
    assert "apps." not in ran.out
    skipped = "skipped 2 entries of other hosts, or for pages; to explain one: `--entry 1`"
    assert skipped in " ".join(ran.err.split())
    assert "apps.mypurecloud.com" in cxcall("explain", file, "--entry", "1", code=3).out


def a_read(text: str = '{"entities": []}') -> dict[str, Any]:
    entry = a_page("https://api.mypurecloud.com/api/v2/users")
    entry["response"]["content"]["text"] = text
    return entry


@pytest.mark.slow
def test_only_the_first_500_failed_requests_are_explained_unless_all_are_asked_for(
    cxcall: Cxcall,
) -> None:
    target = {"method": "GET", "url": "https://api.mypurecloud.com/api/v2/users"}
    # A request without a response has not failed.
    file = cxcall.file("a.json", [*([{**target, "status": 400}] * 502), *([target] * 3)])
    ran = cxcall("explain", file, "-o", "json")
    assert len(ran.envelope["data"]["attempts"]) == 503
    assert ran.envelope["data"]["notExplained"] == {"failed": 2, "other": 0}
    assert "not explained: 2 failed requests after the first 500" in ran.err
    every = cxcall("explain", file, "--all", "-o", "json")
    assert len(every.envelope["data"]["attempts"]) == 505
    assert "notExplained" not in every.envelope["data"]


@pytest.mark.slow
def test_failed_request_after_many_successful_ones_is_explained(cxcall: Cxcall) -> None:
    failed = [a_refused_call(1), a_read('{"state": "failed", "errorCode": "dialer.error"}')]
    entries = [*(a_read() for _ in range(510)), *failed, a_read()]
    file = cxcall.file("a.har", {"log": {"entries": entries}})
    ran = cxcall("explain", file, "-o", "json", code=3)
    origins = [each["origin"] for each in ran.envelope["data"]["attempts"][-2:]]
    assert origins == ["entry 511 of 513", "entry 512 of 513"]
    assert {"value-not-allowed", "hidden-failure"} <= set(ran.codes)
    assert ran.envelope["data"]["notExplained"] == {"failed": 0, "other": 11}


@pytest.mark.slow
def test_each_request_of_a_file_is_explained_as_alone() -> None:
    random = Random(7)
    entries = [make_entry(random, number) for number in range(ENTRIES)]
    together = explain_all(entries + entries[::-1])
    assert together[:ENTRIES] == together[: ENTRIES - 1 : -1]
    for entry, expected in zip(entries, together, strict=False):
        forget()
        assert explain_all([entry]) == [expected]


@each_case(
    "text",
    [
        f"I GET /api/v2/outbound/contactlists/{ID} and add a column.\n\nPUT /api/v2/outbound/contactlists/{ID}\n400 Bad Request",
        f'c = api.get_outbound_contactlist("{ID}")\napi.put_outbound_contactlist("{ID}", c)\n\nApiException: (400)\nReason: Bad Request',
    ],
)
def test_read_that_shows_nothing_else_is_after_the_request_that_was_refused(text: str) -> None:
    shown = [(each.request.method, each.request.status) for each in explain(text)]
    assert shown == [("PUT", 400), ("GET", 0)]
