"""`explain --fix`: the corrected request can be pasted into a shell, and is valid or lists the values to fill in."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from random import Random
from typing import Any

import jsonschema
import mslex
import pytest

from cxcall import explain
from cxcall.contracts.contract import load_catalog, load_operation
from cxcall.contracts.operation import Operation
from cxcall.contracts.parameters import unique_flags
from cxcall.contracts.sample_values import sample_value
from cxcall.documents.json_pointer import join_pointer
from cxcall.explaining.correction.corrected_request import (
    CorrectedRequest,
    correct_request,
    find_correction,
)
from cxcall.payloads.schema_check import check_parameters, has_errors, is_valid_text
from helpers.cases import each_case
from helpers.command import CONTACT, Cxcall
from helpers.corrected_requests import CALLBACK, QUEUE, callback, corrected
from helpers.planted_faults import OPERATIONS, plant
from helpers.shipped_operations import detailed_operations
from helpers.work import examples

# In place of cxcall: print the number of arguments, the arguments, and stdin, each with a NUL at its end.
PRINT_ARGUMENTS = r"""cxcall() {
  printf '%s\0' "$#" "$@"
  case "$*" in *"--file -"*) cat ;; esac
  printf '\0'
}
"""
TEXTS = [
    "it's",
    'a "b" c',
    "100 % %PATH%",
    "$HOME `x` $(y)",
    "a\\",
    '\\"',
    "JSON",
    "'@",
    "é \u2018x\u2019 ☎",
    "a\u202eb",
    "&|<>^!",
    "-x",
    "\x1b[0m",
    "a\nb",
    "tab\t",
]


@dataclass
class Received:
    """The input of `cxcall`: its arguments, and its stdin."""

    words: list[str]
    body: str


def run_in_bash(commands: list[str]) -> list[Received]:
    """Return the input of `cxcall` from each command; one bash runs all of them."""
    script = PRINT_ARGUMENTS + "\n".join(commands)
    result = subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True)
    assert result.stderr == b""
    parts, received = result.stdout.decode().split("\0"), list[Received]()
    while parts[:1] != [""]:
        count = int(parts[0])
        received.append(Received(parts[1 : count + 1], parts[count + 1]))
        parts = parts[count + 2 :]
    return received


def run_in_cmd(command: str) -> Received:
    """Return the input of `cxcall` in cmd.exe, by an independent implementation of its rules."""
    echoed, _, rest = command.rpartition("| cxcall")
    quoted, body = False, echoed.removeprefix("echo ")
    for character in body:
        quoted ^= character == '"'
        assert character not in "%!\n\r"
        assert quoted or character not in "&|<>^()"
    return Received(mslex.split(f"cxcall{rest}")[1:], body)


def run_in_powershell(command: str) -> Received:
    """Return the input of `cxcall` in PowerShell, by its rules of quoted strings."""
    found = re.fullmatch(r"(?:@'\n(?P<body>.*)\n'@ \| )?(?P<words>cxcall .*)", command, re.DOTALL)
    assert found is not None
    body = found["body"] or ""
    assert "\n'@" not in body
    assert body.isascii()
    words = re.findall(
        r" (?:'((?:[^'\u2018-\u201b]|(['\u2018-\u201b])\2)*)'|([^' ]+))", found["words"]
    )
    assert sum(len(re.sub(r"\s", "", plain)) for *_, plain in words) > 0
    return Received(
        [re.sub("(['\u2018-\u201b])\\1", r"\1", quoted) or plain for quoted, _, plain in words],
        body,
    )


def assert_received(request: CorrectedRequest, received: Received) -> None:
    """Check that a command has the operation, parameters, and body of the request."""
    send, name, *words = received.words
    flags = {
        flag.parameter: f"--{flag.name}" for flag in unique_flags(request.operation.parameters)
    }
    assert (send, name) == ("send", request.operation.name)
    assert words[-1] == "--dry-run"
    for parameter, value in request.values.items():
        pair = [flags.get(parameter, ""), value]
        assert (
            pair in (words[at : at + 2] for at in range(len(words)))
            or f"{parameter}={value}" in words
        )
    if request.operation.takes_body and "body.json" not in words:
        assert json.loads(received.body) == request.body


def assert_valid_or_open(request: CorrectedRequest) -> None:
    """Check that the request is valid, or that each invalid place is listed."""
    validator = jsonschema.Draft202012Validator(
        request.operation.body_schema,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    wrong = set()
    if request.operation.takes_body and (request.body or request.operation.needs_body):
        for error in validator.iter_errors(request.body):
            wrong.add("".join(join_pointer("", token) for token in error.absolute_path))
    pointers = [place for place in request.missing if place[:1] in ("", "/")]
    for place in wrong:
        assert any(
            f"{open_place}/".startswith(f"{place}/") or f"{place}/".startswith(f"{open_place}/")
            for open_place in pointers
        ), (request.operation.name, place, request)
    for name, value in request.values.items():
        finding = check_parameters(request.operation, {name: value})
        assert name in request.missing or not has_errors(finding), (name, value)


def exchange_of(operation: Operation, random: Random) -> dict[str, Any]:
    """Return a correct request for an operation, with one to three faults in it."""
    values = {}
    for parameter in operation.parameters:
        if parameter.location == "path" or parameter.required or random.random() < 0.3:
            value = sample_value(operation.contract, parameter.schema)
            if isinstance(value, list):
                value = ",".join(map(str, value)) or "a"
            values[parameter.name] = (
                QUEUE if is_valid_text(parameter.schema, [QUEUE]) else str(value)
            )
            if random.random() < 0.2:
                values[parameter.name] = random.choice(["12345", "<id>", "x y", *TEXTS[:6]])
    try:
        url = operation.url(operation.contract.base_url(), values)
    except Exception:  # noqa: BLE001 - a value that changes the route; the request is not one
        return {}
    exchange: dict[str, Any] = {"method": operation.method, "url": url}
    if operation in OPERATIONS:
        body = plant(operation, random).body
        if isinstance(body, dict) and random.random() < 0.5:
            texts = [
                name
                for name in body
                if isinstance(body[name], str) and not operation.schema_at(f"/{name}").get("format")
            ]
            for name in texts[:1]:
                body[name] = random.choice(TEXTS)
        exchange["body"] = random.choice([body, body, body, None, [body]])
    return exchange


def corrected_requests(count: int, seed: int) -> list[CorrectedRequest]:
    """Return corrections of so many mutated requests, of each operation in turn."""
    random, found = Random(seed), list[CorrectedRequest]()
    operations = [each for each in detailed_operations() if not each.is_for_login]
    for number in range(3 * count):
        operation = operations[number % len(operations)]
        exchange = exchange_of(operation, random)
        if exchange and len(found) < count:
            (explanation,) = explain(exchange)
            if corrected := find_correction(explanation):
                found.append(corrected)
    assert len(found) == count
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_corrected_request_can_be_pasted_and_is_valid_or_says_what_is_open() -> None:
    requests = corrected_requests(examples(600), seed=2)
    for request in requests:
        assert_valid_or_open(request)
        assert_received(request, run_in_cmd(request.as_text("cmd")))
        assert_received(request, run_in_powershell(request.as_text("powershell")))
    received = run_in_bash([request.as_text("send") for request in requests])
    for request, each in zip(requests, received, strict=True):
        assert_received(request, each)


def test_arrays_and_objects_keep_their_structure() -> None:
    request = callback(CALLBACK)
    assert (request.body, request.missing) == (CALLBACK, ())
    for form in ("send", "curl", "cmd", "powershell", "json"):
        assert re.search(
            r'"callbackNumbers": \[\s*"\+12025550123",\s*"\+12025550124"\s*\]',
            request.as_text(form),
        )


def test_wrong_values_are_placeholders_and_not_repeated() -> None:
    request = corrected(
        {
            "method": "POST",
            "host": "api.mypurecloud.com",
            "path": "/api/v2/outbound/campaigns/12345/executions",
            "body": {"contactId": "12345", "contactSpec": {"contactId": QUEUE}},
        }
    )
    assert request.values == {"campaignId": "<campaignId: UUID>"}
    assert request.body["contactId"] == "<contactId: UUID>"
    assert "12345" not in request.as_text("curl")
    assert request.missing == ("campaignId", "/contactId", "/contactSpec/contactData/phoneNumber")


def test_query_and_path_values_are_carried_over() -> None:
    operation = next(each for each in load_catalog() if each.name == "add-contacts")
    names = [each.name for each in operation.parameters if each.location == "query"]
    url = f"https://api.mypurecloud.com/api/v2/outbound/contactlists/{QUEUE}/contacts?{names[0]}=true&zebra=1"
    request = corrected({"method": "POST", "url": url, "body": operation.example})
    assert request.values == {"contactListId": QUEUE, names[0]: "true"}
    assert request.left_out == ("query:zebra",)
    assert request.url == url.removesuffix("&zebra=1")


@pytest.mark.parametrize(
    "words", ["contactlists contacts", "contactlist contacts", "contactlists contact"]
)
def test_each_path_value_is_carried_over(words: str) -> None:
    lists, contacts = words.split()
    path = f"/api/v2/outbound/{lists}/{QUEUE}/{contacts}/{CONTACT}"
    request = corrected({"method": "GET", "host": "api.mypurecloud.com", "path": path})
    assert request.operation.name == "get-contact"
    assert request.values == {"contactListId": QUEUE, "contactId": CONTACT}


def test_path_value_after_a_base_path_is_carried_over() -> None:
    operation = load_operation("cxone-dial-phone")
    url = operation.url("https://api-na1.niceincontact.com", {"sessionId": "YXBpOjEyMzQ1Njc4OTA="})
    request = corrected({"method": "POST", "url": url, "body": operation.example})
    assert (request.values, request.missing, request.url) == (
        {"sessionId": "YXBpOjEyMzQ1Njc4OTA="},
        (),
        url,
    )


def test_body_of_another_operation_goes_to_that_operation() -> None:
    request = callback({**CALLBACK}, path="/api/v2/conversations/calls")
    assert (request.operation.name, request.body, request.missing) == (
        "create-callback",
        CALLBACK,
        (),
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("skill=4711&phoneNumber=%2B12025550123", {"skill": "4711", "phoneNumber": "+12025550123"}),
        (
            '{"skill": 4711, // the queue\n "phoneNumber": "+12025550123",}',
            {"skill": "4711", "phoneNumber": "+12025550123"},
        ),
        (
            '{"skill": 4711, "phoneNumber": "+12025550123", "firstNa',
            {"skill": "4711", "phoneNumber": "+12025550123"},
        ),
    ],
)
def test_values_of_a_body_with_defects_are_kept(body: str, expected: dict[str, str]) -> None:
    path = "/inContactAPI/services/v30.0/queuecallback"
    exchange = {"method": "POST", "host": "api-na1.niceincontact.com", "path": path, "body": body}
    (found,) = explain(exchange)
    assert "property-missing" not in {each.code for each in found.findings}
    assert correct_request(found).values == expected


def test_corrected_request_has_no_finding_on_its_own_placeholders() -> None:
    exchange = {
        "method": "POST",
        "host": "api.mypurecloud.com",
        "path": "/api/v2/outbound/contactlists/x/contacts?priority=yes",
    }
    (found,) = explain({**exchange, "body": [{"contactListId": 4, "data": {"phone": 1}}]})
    corrected = correct_request(found)
    assert {"contactListId", "priority"} <= set(corrected.missing)
    assert corrected.findings == ()


def test_bodies_of_several_requests_are_json_lines(cxcall: Cxcall) -> None:
    url = "https://api.mypurecloud.com/api/v2/conversations/callbacks"
    one = f"curl -X POST {url} -H 'Content-Type: application/json' -d '{json.dumps(CALLBACK)}'\n"
    read = "curl https://api.mypurecloud.com/api/v2/outbound/campaigns\n"
    ran = cxcall("explain", "-", "--fix", "--as", "json", stdin=one + read + one)
    assert [json.loads(line) for line in ran.out.splitlines()] == [CALLBACK, CALLBACK]


@each_case("status", [400, 404, 405, None], quick=2)
def test_misspelled_path_is_corrected_whatever_the_status(status: int | None) -> None:
    path = "/api/v2/engagements/outbound/personal-connection"
    exchange = {
        "method": "POST",
        "url": f"https://api.mypurecloud.com{path}",
        "body": {"contactID": CONTACT, "reasonCode": "follow_up"},
        "status": status,
        "response": {"message": "not found", "code": "not.found"} if status else None,
    }
    found = corrected(exchange)
    assert (found.operation.name, found.left_out, found.missing) == ("personal-connection", (), ())
    assert found.body == {"contactId": CONTACT, "reasonCode": "follow_up"}
    exchange["url"] = f"{exchange['url']}s"  # the path that users report
    is_unknown = status in (404, 405)
    assert corrected(exchange).operation.name == (
        "place-call" if is_unknown else "personal-connection"
    )
