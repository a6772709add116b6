"""The spelling of a value, and the order of the fields of a form, do not make a request another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import MULTIPART, URLENCODED
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.request_identity import Intent, older_digests
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request
from cxcall.sending.compared_content import older_bodies
from cxcall.sending.send_plan import Plan
from helpers.calling_api import wrap
from helpers.deliveries import plan_to
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

TO = {"to": "+12025550100"}
JSON = "application/json"
SPELLINGS: list[tuple[str, str, str]] = [
    (JSON, '{"n": 1}', '{"n": 1.0}'),
    (JSON, '{"n": 1}', '{"n": 1e0}'),
    (JSON, '{"n": 0}', '{"n": -0.0}'),
    (JSON, '{"deep": [{"n": 10}]}', '{"deep": [{"n": 1E1}]}'),
    (URLENCODED, '{"n": 1}', '{"n": 1.0}'),
    (MULTIPART, '{"n": 1}', '{"n": 1.0}'),
    (MULTIPART, '{"n": 1, "m": 2, "file": "x"}', '{"file": "x", "m": 2, "n": 1}'),
    (MULTIPART, '{"v": {"a": 1, "b": 2}}', '{"v": {"b": 2.0, "a": 1}}'),
    (URLENCODED, '{"v": {"a": 1, "b": 2}}', '{"v": {"b": 2.0, "a": 1}}'),
    (URLENCODED, '{"v": 1}', '{"v": "1"}'),
    (URLENCODED, '{"v": "+12025550101"}', '{"v": "+1 202 555 0101"}'),
    (JSON, '{"v": "call +12025550101 x5"}', '{"v": "call +1 (202) 555-0101 x5"}'),
]
OTHERS = [
    (JSON, '{"n": 1}', '{"n": 1.5}'),
    (JSON, '{"n": 1}', '{"n": "1.0"}'),
    (JSON, '{"n": 1}', '{"n": true}'),
    (MULTIPART, '{"n": 1, "m": 2}', '{"n": 2, "m": 1}'),
    (URLENCODED, '{"v": "1.0"}', '{"v": "1"}'),
    (URLENCODED, '{"v": ["a", "b"]}', '{"v": ["b", "a"]}'),
    (MULTIPART, '{"v": ["a", "b"]}', '{"v": ["b", "a"]}'),
    (JSON, '{"v": "+12025550101 x5"}', '{"v": "+12025550101 x6"}'),
    (JSON, '{"v": "+12025550101"}', '{"v": "12025550101"}'),
]


def plan_of(folder: Path, media_type: str, body: Any, values: dict[str, str]) -> Plan:
    number, text = {"type": "number"}, {"type": "string"}
    members = {
        "to": text,
        "n": number,
        "m": number,
        "v": text,
        "file": {**text, "format": "binary"},
    }
    content = {media_type: {"schema": {"type": "object", "properties": members}}}
    declared: dict[str, Any] = {"operationId": "dial", "security": [], "responses": {}}
    declared["requestBody"] = {"content": content}
    declared["parameters"] = [
        {"name": name, "in": "query", "schema": schema} for name, schema in members.items()
    ]
    document = folder / "own.json"
    document.write_text(json.dumps(wrap("3.1.0", {"/dial": {"post": declared}})), "utf-8")
    settings = plan_to("https://own.example").settings
    return Plan(
        build_request(load_operation("dial", str(document)), values, Payload(body), settings)
    )


def intents(folder: Path, media_type: str, *bodies: str) -> list[Intent]:
    return [plan_of(folder, media_type, json.loads(each) | TO, {}).intent() for each in bodies]


@pytest.mark.parametrize(("media_type", "one", "other"), SPELLINGS)
def test_other_spelling_is_the_same_request(
    tmp_path: Path, media_type: str, one: str, other: str
) -> None:
    first, second = intents(tmp_path, media_type, one, other)
    with Ledger.open(tmp_path / "state") as ledger:
        ledger.record_outcome(ledger.begin(first, 900), Outcome.ACCEPTED)
        with pytest.raises(AlreadySentError):
            ledger.begin(second, 900)


@pytest.mark.parametrize(("media_type", "one", "other"), OTHERS)
def test_other_value_is_another_request(
    tmp_path: Path, media_type: str, one: str, other: str
) -> None:
    first, second = intents(tmp_path, media_type, one, other)
    assert first.digest != second.digest


def test_a_number_in_the_query_is_compared_by_its_schema(tmp_path: Path) -> None:
    def digest(**values: str) -> str:
        return plan_of(tmp_path, JSON, TO, values).intent().digest

    assert digest(n="1") == digest(n="1.0") == digest(n="1e0")
    assert (
        len({digest(v="1"), digest(v="1.0"), digest(v="1e0"), digest(n="1"), digest(n="2.5")}) == 5
    )


def older_digest_of(url: str, body: Any) -> str:
    return next(older_digests((), "POST", url, body))


@pytest.mark.parametrize("media_type", [JSON, URLENCODED, MULTIPART])
def test_an_older_record_still_stops_its_request(tmp_path: Path, media_type: str) -> None:
    plan = plan_of(tmp_path, media_type, {"n": 1.0, **TO}, {"m": "2.0"})
    content = plan.request.body.decode() if plan.request.body else ""
    sent_before = next(iter(older_bodies(plan.checked)))
    assert sent_before in (plan.checked.body, content, sorted(content.split("&")))
    older = older_digest_of(plan.request.url, sent_before)
    intent = plan.intent()
    assert older != intent.digest
    with Ledger.open(tmp_path / "state") as ledger:
        sent = ledger.begin(intent._replace(digest=older), 900)
        ledger.record_outcome(sent, Outcome.ACCEPTED)
        with pytest.raises(AlreadySentError):
            ledger.begin(intent, 900)


def record_as_before(cxcall: Cxcall, url: str, body: Any) -> None:
    """Record an accepted request as cxcall did when it sent the numbers of a file as they are written."""
    with Ledger.open(cxcall.folder / "state") as ledger:
        named = "default", "dial", "own", "POST", url, older_digest_of(url, body)
        ledger.record_outcome(ledger.begin(Intent(*named), 900), Outcome.ACCEPTED)


@pytest.mark.parametrize("media_type", [JSON, URLENCODED])
def test_an_integer_of_a_file_is_found_in_an_older_record(cxcall: Cxcall, media_type: str) -> None:
    text, integer = {"type": "string"}, {"type": "integer"}
    properties = {"to": text, "a": integer, "b": integer, "c": {"type": "number"}}
    declared: dict[str, Any] = {"operationId": "dial", "security": [], "responses": {}}
    schema = {"type": "object", "properties": properties}
    declared["requestBody"] = {"content": {media_type: {"schema": schema}}}
    own = cxcall.file("own.json", wrap("3.1.0", {"/dial": {"post": declared}}))
    people = [f"+1202555010{digit}" for digit in range(4)]
    sent = [(1.0, 2, 3.0), (1000.0, 2, 3), (1.0, 2.0, 3.0), (1, 2, 3)]
    given = ["1.0,2,3.0", "1e3,2,3", "1,2,3", "1.0,2e0,3.0"]
    rows = [f"{to},{numbers}" for to, numbers in zip(people, given, strict=True)]
    table = cxcall.file("calls.csv", "\n".join(("/to,/a,/b,/c", *rows)))
    words = ("batch", table, "--operation", "dial", "--contract", own)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        url = f"{platform.environment['CXCALL_BASE_URL']}/dial"
        for to, numbers in zip(people, sent, strict=True):
            body: Any = {"to": to, **dict(zip("abc", numbers, strict=True))}
            if media_type == URLENCODED:
                body = sorted(urlencode(body).split("&"))
            record_as_before(cxcall, url, body)
        ran = cxcall(*words, "--confirm", "4")
    assert platform.rung == 0, ran.err
    assert "4 x already-sent" in ran.err
