"""Deliveries to a server that fails: the request, the tokens, and a table of faults and outcomes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cxcall.transport.connection  # noqa: F401 - a thread that loads it while a test ends would see other warnings as errors
from cxcall.contracts import contract
from cxcall.credentials.access_token import Token
from cxcall.credentials.request_credentials import Credentials
from cxcall.findings.exit_codes import Outcome
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import CheckedRequest, build_request
from cxcall.sending.send_plan import Plan
from cxcall.settings.settings import Settings
from cxcall.settings.sources import DEFAULTS, SETTING_NAMES, Setting
from cxcall.transport.http_messages import HttpRequest
from helpers import fault_server as fault
from helpers.fault_server import (
    ID,
    Fault,
    answer,
    message,
    raw,
    refused,
)

CAMPAIGN = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"


NUMBER = "+12025550100"


EXECUTE = next(
    entry
    for kit in contract.load_shipped_contracts()
    for entry in kit.operations
    if entry.name == "execute"
)


BODY = {"contactId": "c", "contactSpec": {"contactId": "c", "contactData": {"phoneNumber": NUMBER}}}


SECRET = "a-token-nobody-may-see"


def plan_to(base_url: str, *, timeout: float = 20.0, max_wait: float = 60.0, **more: str) -> Plan:
    """Return the plan of a call; `more` are other settings."""
    values = {name: Setting(DEFAULTS.get(name, ""), "default") for name in SETTING_NAMES}
    given = {"base_url": base_url, "timeout": str(timeout), "max_wait": str(max_wait), **more}
    settings = Settings(
        {**values, **{name: Setting(value, "test") for name, value in given.items()}}
    )
    url = EXECUTE.url(base_url, {"campaignId": CAMPAIGN})
    body = json.dumps(BODY).encode()
    request = HttpRequest("POST", url, {"Content-Type": "application/json"}, body)
    checked = CheckedRequest(EXECUTE, Payload(BODY), request, settings, (), (NUMBER,))
    return Plan(checked)


def changed_plan(plan: Plan, **fields: Any) -> Plan:
    """Return a plan with other values of its checked request."""
    return plan._replace(checked=plan.checked._replace(**fields))


class Tokens:
    """Returns a new token each time, and counts them."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.given: list[str] = []
        self._fails = fails

    def __call__(self, refused: Credentials | None) -> Token:
        """Return a token that is not the refused one."""
        if refused and self._fails:
            raise self._fails
        self.given.append(f"{SECRET}-{len(self.given)}")
        return Token(self.given[-1], "client-credentials", None, None, "test")


@dataclass(frozen=True)
class Row:
    """A fault, and its required result."""

    faults: tuple[Fault, ...]
    outcome: Outcome
    exit_code: int
    rung: int
    whole: int
    attempts: int = 1
    timeout: float = 20.0
    engagement: str | None = None


def accepted(*faults: Fault, attempts: int = 1, engagement: str | None = ID) -> Row:
    return Row(faults, Outcome.ACCEPTED, 0, 1, attempts, attempts, engagement=engagement)


def unknown(
    *faults: Fault,
    whole: int = 1,
    rung: int = 1,
    attempts: int = 1,
    timeout: float = 20.0,
    engagement: str | None = None,
) -> Row:
    return Row(faults, Outcome.UNKNOWN, 8, rung, whole, attempts, timeout, engagement)


def no(*faults: Fault, attempts: int = 1, code: int = 5) -> Row:
    return Row(faults, Outcome.REFUSED, code, 0, attempts, attempts)


def undelivered(*faults: Fault, attempts: int = 1) -> Row:
    return Row(faults, Outcome.UNDELIVERED, 6, 0, attempts, attempts)


def limited(value: str | None = None, status: int = 429, words: str = "") -> Fault:
    body = {"message": words, "code": "too.many.requests.retry.after", "status": status}
    return refused(status, {} if value is None else {"Retry-After": value}, body)


def soon() -> str:
    return datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


FAILED = {"success": False, "errorCount": 1}


ROWS: dict[str, Row] = {
    "201": accepted(fault.accept),
    "201 after 100": accepted(fault.interim),
    "201 in chunks": accepted(fault.chunked),
    "201 as gzip": accepted(fault.zipped),
    "201, 10 MB of blanks": accepted(fault.big),
    "201, a gzip bomb": accepted(fault.bomb),
    "201, not UTF-8": accepted(fault.no_utf8),
    "201 without an ID": accepted(answer(201, {}, {"state": "x"}), engagement=None),
    "201, the ID in the body": accepted(answer(201, {}, {"engagementId": "e1"}), engagement="e1"),
    "201, a number for an ID": accepted(answer(201, {}, {"id": 42}), engagement="42"),
    "201, the ID in Location": accepted(answer(201, {"Location": "/api/v2/things/a%2Db7"}), engagement="a-b7"),
    "201, a Location that is none": accepted(answer(201, {"Location": "http://[none"}), engagement=None),
    "201, nested deeper than can be walked": accepted(answer(201, fault.IDS, b'{"x":' + b"[" * 700 + b"]" * 700 + b"}")),
    "202, empty": accepted(answer(202), engagement=None),
    "204": accepted(raw(b"HTTP/1.1 204 No Content\r\n\r\n"), engagement=None),
    "200, text": accepted(answer(200, {"Content-Type": "text/plain"}, b"OK"), engagement=None),
    "200, no errors": accepted(answer(200, {}, {"id": ID, "errors": [], "errorCount": 0, "success": True})),
    "200, a web page": unknown(fault.page),
    "201, a length too short": unknown(fault.too_short),
    "200, JSON that is none": unknown(answer(200, {"Content-Type": "application/json"}, b"{oops")),
    "200, success false": no(answer(200, {}, FAILED, takes=False)),
    "201, an error": no(answer(201, {}, {"error": {"message": "no such contact"}}, takes=False)),
    "200, status failed": no(answer(200, {}, {"status": "FAILED"}, takes=False)),
    "200, status 400": no(answer(200, {}, {"status": 400, "message": "invalid"}, takes=False)),
    "200, all of a list failed": no(answer(200, {}, [FAILED, FAILED], takes=False)),
    "200, one of a list failed": unknown(answer(200, {}, [FAILED, {"success": True}])),
    "200, failed in part": unknown(answer(200, {}, {"errorCount": 1, "successCount": 1})),
    "201, failed and yet an ID": unknown(answer(201, fault.IDS, FAILED), engagement=ID),
    "103 and no more": unknown(raw(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
    "100 and no more": unknown(fault.interim_alone),
    "closed at once": unknown(fault.close_at_once, whole=0, rung=0),
    "reset before the body": unknown(fault.reset_before_body, whole=0, rung=0),
    "reset in the body": unknown(fault.reset_in_body, whole=0, rung=0),
    "reset after the body": unknown(fault.reset_after_body),
    "closed after the body": unknown(fault.close_after_body),
    "cut in the status line": unknown(fault.cut_in_status),
    "cut in the headers": unknown(fault.cut_in_headers, engagement=ID),
    "cut after the headers": unknown(fault.cut_after_headers, engagement=ID),
    "cut in the body": unknown(fault.cut_in_body, engagement=ID),
    "cut in a body without a length": unknown(fault.cut_unframed, engagement=ID),
    "cut in a chunk": unknown(fault.cut_in_chunk, engagement=ID),
    "a chunk without a length": unknown(fault.wrong_chunk, engagement=ID),
    "a length too long": unknown(fault.too_long, engagement=ID),
    "two lengths": unknown(fault.two_lengths, engagement=ID),
    "gzip that is none": unknown(fault.broken_gzip, engagement=ID),
    "half a gzip": unknown(fault.half_gzip, engagement=ID),
    "a status of 5,000 digits": unknown(raw(b"HTTP/1.1 " + b"9" * 5000 + b" x\r\n\r\n")),
    "no HTTP": unknown(fault.garbage),
    "endless headers": unknown(fault.endless_headers),
    "never answered": unknown(fault.never_answer, timeout=1.0),
    "byte by byte": unknown(fault.byte_by_byte, timeout=1.0),
    "a cut 400": unknown(raw(message(400, {"Content-Length": "99"}, b"{}"))),
    "a cut 429": unknown(raw(message(429, {"Content-Length": "99", "Retry-After": "0"}, b"{}"))),
    "300": unknown(answer(300)),
    "301": no(refused(301, {"Location": "/"})),
    "302": unknown(answer(302, {"Location": "/done/1"})),
    "303": unknown(answer(303, {"Location": "/done/1"})),
    "304": unknown(raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    "307 to itself": no(refused(307, {"Location": "/api/v2/outbound/campaigns"})),
    "307 to another host": no(refused(307, {"Location": "https://other.invalid/x?token=abc"})),
    "307 to nothing that is an address": no(refused(307, {"Location": "http://[none"})),
    "308 to itself": no(refused(308, {"Location": "/"})),
    "308 to another host": no(refused(308, {"Location": "//other.invalid/"})),
    "308 to nowhere": no(refused(308)),
    "400": no(refused(400, {}, {"message": "no", "code": "bad.request"})),
    "400, a web page": no(refused(400, {"Content-Type": "text/html"}, b"<html>no</html>")),
    "401 always": no(refused(401), attempts=2, code=4),
    "401 once": accepted(refused(401), fault.accept, attempts=2),
    "401, then 500": unknown(refused(401), answer(500), whole=2, attempts=2),
    "401, then reset": unknown(refused(401), fault.reset_after_body, whole=2, attempts=2),
    "401, then 429, then 201": accepted(refused(401), limited("1"), fault.accept, attempts=3),
    "401, 429, 429, 201": accepted(refused(401), limited("1"), limited("1"), fault.accept, attempts=4),
    "401, 429, 401": no(refused(401), limited("1"), refused(401), attempts=3, code=4),
    "403": no(refused(403)),
    "404": no(refused(404)),
    "405": no(refused(405)),
    "407": no(refused(407)),
    "408": unknown(answer(408)),
    "409": no(refused(409)),
    "413, before the body": Row((fault.answer_early,), Outcome.REFUSED, 5, 0, 0),
    "418": no(refused(418)),
    "425": no(refused(425)),
    "429 always": undelivered(limited("5"), attempts=3),
    "429 always, in words": undelivered(limited(None, words="Retry the request in [5] seconds"), attempts=3),
    "429 always, no wait named": undelivered(limited(), attempts=3),
    "429 always, a date": undelivered(limited(soon()), attempts=3),
    "429, a past date": undelivered(limited("Mon, 23 Nov 2020 10:00:00 GMT"), attempts=3),
    "429, garbage": undelivered(limited("soon"), attempts=3),
    "429, negative": undelivered(limited("-5"), attempts=3),
    "429, absurd": undelivered(limited("9" * 400)),
    "429, longer than allowed": undelivered(limited("61")),
    "429, longer in total": undelivered(limited("40"), attempts=2),
    "429 once": accepted(limited("5"), fault.accept, attempts=2),
    "429 twice": accepted(limited("5"), limited("5"), fault.accept, attempts=3),
    "429, then 500": unknown(limited("5"), answer(500), whole=2, attempts=2),
    "429, then 401, then 201": accepted(limited("5"), refused(401), fault.accept, attempts=3),
    "500": unknown(answer(500)),
    "501": unknown(answer(501)),
    "502, a web page": unknown(answer(502, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>")),
    "503": unknown(answer(503)),
    "503, garbage in Retry-After": unknown(answer(503, {"Retry-After": "later"})),
    "503, negative Retry-After": unknown(answer(503, {"Retry-After": "-1"})),
    "503, a wait in words only": unknown(answer(503, {}, {"message": "Retry in 5 seconds"})),
    "503 with Retry-After": undelivered(limited("5", 503), attempts=3),
    "503 with Retry-After once": accepted(limited("5", 503), fault.accept, attempts=2),
    "503 with an absurd Retry-After": undelivered(limited("99999999", 503)),
    "504": unknown(answer(504)),
    "599": unknown(answer(599)),
    "600": unknown(answer(600)),
    "999": unknown(answer(999)),
}  # fmt: skip


def request_with_parameters() -> CheckedRequest:
    """Return a request whose contact is only in a header parameter, beside secrets in parameters."""
    places = {"X-Contact-Id": "header", "note": "query", "api_key": "query", "X-Api-Key": "header"}
    places |= {"Cookie": "header"}
    parameters = [{"name": name, "in": place} for name, place in places.items()]
    operation = {"operationId": "dial", "parameters": parameters, "x-cxcall-rings": True}
    document = {"openapi": "3.1.0", "paths": {"/dial": {"post": operation}}}
    (dial,) = contract.Contract("own", document).operations
    values = {
        "X-Contact-Id": "CONTACT-1",
        "note": "now",
        "api_key": "QUERY-SECRET-7788",
        "X-Api-Key": "HEADER-SECRET-7788",
        "Cookie": "session=COOKIE-SECRET",
    }
    token = {"access_token": Setting("t", "test")}
    settings = plan_to("https://api.example.com").settings.with_values(**token)
    return build_request(dial, values, Payload(None), settings)
