"""`cxcall send`: operations, parameters as flags, records, and responses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import Headers, ImmutableMultiDict

from cxcall import Client
from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import has_value, value_at
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, Cxcall
from helpers.fault_server import IDS, FaultServer, answer
from helpers.platform_server import Platform, Reply
from helpers.shipped_operations import detailed_document, detailed_operations
from helpers.work import stride

if TYPE_CHECKING:
    from openapi_core import OpenAPI


SENDABLE = [entry for entry in detailed_operations() if not entry.is_for_login]
USER = "00000004-1234-1234-1234-123456789012"
NUMBER = "+12025550100"


class Sent:
    """A request of a dry run, in the form that openapi-core requires."""

    def __init__(self, shown: dict[str, object], operation: Operation) -> None:
        parts = urlsplit(str(shown["url"]))
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        base = urlsplit(operation.server or operation.contract.base_url()).path
        self.path = parts.path.removeprefix(base)
        self.method = str(shown["method"]).lower()
        headers = dict(shown["headers"])  # type: ignore[call-overload]
        self.content_type = headers.get("Content-Type", "")
        self.body = None if shown["body"] is None else json.dumps(shown["body"]).encode()
        from openapi_core.datatypes import RequestParameters

        self.parameters = RequestParameters(
            query=ImmutableMultiDict(
                [
                    (name, value)
                    for name, _, value in (pair.partition("=") for pair in parts.query.split("&"))
                    if name
                ]
            ),
            header=Headers(headers),
        )


def required_values(operation: Operation) -> dict[str, str]:
    """Return the required parameters of a valid request, by the operation's own example."""
    values = {}
    shown = operation.example[0] if isinstance(operation.example, list) else operation.example
    for parameter in operation.parameters:
        kinds = parameter.schema.get("type", "string")
        value = "1" if "integer" in kinds else USER
        if parameter.schema.get("format") == "phone":
            value = NUMBER
        value = shown.get(parameter.name, value) if isinstance(shown, dict) else value
        allowed = parameter.schema.get("enum")
        if parameter.required:
            values[parameter.name] = str(allowed[0] if allowed else value)
    return values


def samples(operation: Operation) -> list[str]:
    """Return the flags of a valid request."""
    pairs = required_values(operation).items()
    return [word for name, value in pairs for word in ("--param", f"{name}={value}")]


@cache
def independent_api(name: str) -> OpenAPI:
    """Return a contract as an independent library reads it."""
    from openapi_core import Config, OpenAPI

    document = {**detailed_document(name), "servers": [{"url": "/"}]}
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for item in paths.values():
        for method, declared in item.items():
            if isinstance(declared, dict):
                item[method] = {
                    k: v for k, v in declared.items() if k not in ("security", "servers")
                }
    document = {key: value for key, value in document.items() if key != "security"}
    # The validity of the contract itself is a separate test, which takes seconds.
    unchecked = Config(spec_validator_cls=None)  # type: ignore[arg-type] # documented, not declared
    return OpenAPI.from_dict({**document, "paths": paths}, config=unchecked)


def assert_valid(operation: Operation, shown: dict[str, object]) -> None:
    """Check with the independent library, which does not convert parameters with several types."""
    if not any(isinstance(each.schema.get("type"), list) for each in operation.parameters):
        independent_api(operation.contract.name).validate_request(Sent(shown, operation))


@pytest.fixture
def clients(cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Client]]:
    """Return a client with its own sandbox for each platform."""
    for name, value in cxcall.environment.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        yield {
            platform: stack.enter_context(Client(platform=platform, sandbox=True))
            for platform in {operation.platform for operation in SENDABLE}
        }


@pytest.mark.slow
@each_case("operation", SENDABLE[:: stride()], ids=lambda entry: entry.name)
def test_every_operation_can_be_sent_to_the_sandbox(
    operation: Operation, clients: dict[str, Client]
) -> None:
    body = operation.example if operation.needs_body else None
    delivery = clients[operation.platform].send(
        operation.name, body, required_values(operation), yes=True, again=True, force=True
    )
    assert delivery.outcome == "accepted"
    assert bool(delivery.id) == (not operation.is_read)
    assert delivery.exchange
    assert delivery.exchange.response
    answered = delivery.exchange.response.json()
    places = [place.removeprefix("body:") for place in operation.engagement_id]
    results = [
        value_at(answered, place)
        for place in places
        if place[0] == "/" and has_value(answered, place)
    ]
    assert not results or delivery.engagement_id == str(results[0])
    sent = delivery.exchange.request
    sent_body = json.loads(sent.body) if sent.body else None
    shown = {"method": sent.method, "url": sent.url, "headers": sent.headers, "body": sent_body}
    assert_valid(operation, shown)


@pytest.mark.slow
@each_case("operation", SENDABLE[::60], ids=lambda entry: entry.name)
def test_command_shows_and_sends_an_operation(operation: Operation, cxcall: Cxcall) -> None:
    words = ["send", operation.name, *samples(operation), "-o", "json"]
    if operation.needs_body:
        words += ["--file", cxcall.file("body.json", operation.example)]
    env = {"CXCALL_PLATFORM": operation.platform}
    shown = cxcall(*words, "--dry-run", code=0, env=env).envelope["request"]
    assert shown["body"] == (operation.example if operation.needs_body else None)
    sent = cxcall(*words, "--sandbox", "--force", code=0, env=env).envelope
    assert (sent["outcome"], sent["command"]) == ("accepted", f"send {operation.name}")
    assert bool(sent["deliveryId"]) == (not operation.is_read)


def test_help_of_an_operation_lists_its_parameters_as_flags(cxcall: Cxcall) -> None:
    text = cxcall("send", "list-campaigns", "--help", code=0).out
    assert "GET /api/v2/outbound/campaigns" in text
    assert "--page-size SIZE" in text
    assert "--contact-list-id ID" in text
    every = cxcall("send", "--help", code=0, env={"COLUMNS": "80"}).out
    assert not [line for line in every.splitlines() if line.endswith("-")]
    assert "genesys-cloud (published):" in every
    assert "nice-cxone (published):" in every
    assert "cxone-get-token" not in every


@pytest.mark.slow
def test_parameter_whose_flag_is_taken_is_set_by_param(cxcall: Cxcall) -> None:
    words = ("send", "cxone-stop-skill", "--skill-id", "7", "-n", "-o", "json")
    shown = cxcall(*words, "--param", "force=true", code=0).envelope["request"]["url"]
    assert shown.endswith("/skills/7/stop?force=true")
    assert cxcall(*words, "--param", "farce=true", code=2).codes == ["usage"]


def test_parameter_without_a_value_is_refused(cxcall: Cxcall) -> None:
    err = cxcall("send", "execute", "--param", "campaignId=", "--dry-run", code=2).err
    assert "parameter `campaignId` has no value" in err


def test_only_a_curl_command_that_may_place_a_real_call_asks_first(cxcall: Cxcall) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--curl")
    for more, asks in ((("--base-url", "https://api.example.com"), True), (("--sandbox",), False)):
        assert ("read -r answer" in cxcall(*words, *more, code=0).out) is asks
    in_json = cxcall(*words, "-o", "json", code=0).envelope["data"]["curl"]
    assert in_json == cxcall(*words, code=0).out.strip()


def test_missing_parameter_is_named(cxcall: Cxcall) -> None:
    ran = cxcall("send", "start-campaign", "-n", "-o", "json", code=2)
    finding = ran.envelope["findings"][0]
    assert "`--campaign-id` is missing" in finding["message"]
    ran = cxcall("send", "create-campaign", "-n", "-o", "json", code=2)
    assert "operations create-campaign --skeleton" in ran.envelope["findings"][0]["fix"]


@pytest.mark.slow
def test_missing_parameters_are_named_together_with_the_other_errors(cxcall: Cxcall) -> None:
    def parameter(name: str, place: str, kind: str) -> dict[str, object]:
        return {"name": name, "in": place, "required": True, "schema": {"type": kind}}

    schema = {"type": "object", "properties": {"to": {"type": "string"}}}
    dial = {
        "operationId": "dial",
        "parameters": [
            parameter("line", "path", "integer"),
            parameter("X-Tenant", "header", "string"),
            parameter("days", "query", "integer"),
        ],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }
    info, paths = {"title": "t", "version": "1"}, {"/lines/{line}": {"post": dial}}
    cxcall.file("own.json", {"openapi": "3.1.0", "info": info, "paths": paths})
    own = ("--contract", "own.json", "--base-url", "https://api.example.com", "--dry-run")
    ran = cxcall("send", "dial", "--line", "x", "--set", "/to=5", *own, "-o", "json", code=2)
    places = ["--x-tenant", "--days", "path", "/to"]
    assert [each["where"] for each in ran.envelope["findings"]] == places
    rows = cxcall.file("rows.csv", "line,note\nx,\n")
    err = cxcall("batch", rows, "--operation", "dial", "--map", "/to=note", *own, code=3).err
    messages = re.findall(r"error\[[\w-]+\]: (?:row 1: )?(.*)", err)
    assert messages == [
        "`X-Tenant` is missing from the header",
        "`days` is missing from the query",
        "`line` in the path must be an integer; got `x`",
    ]


@pytest.mark.slow
def test_unknown_operation_gets_a_suggestion(cxcall: Cxcall) -> None:
    ran = cxcall("send", "get-conversatoin", code=2)
    assert "the most similar name is `get-conversation`" in ran.err
    assert "cxcall send --help" in cxcall("send", code=2).err
    ran = cxcall("send", "callback", code=2)
    assert "called `create-callback` (POST /api/v2/conversations/callbacks) or `cxone-" in ran.err


def test_token_operation_is_not_sent(cxcall: Cxcall) -> None:
    ran = cxcall("send", "cxone-get-token", "--set", "/x=1", "-n", code=2)
    assert "cxcall auth login" in ran.err


@pytest.mark.slow
def test_operation_of_a_user_contract_can_be_sent(cxcall: Cxcall) -> None:
    own = {
        "openapi": "3.1.0",
        "info": {"title": "own", "version": "1"},
        "servers": [{"url": "https://api.example.com/base"}],
        "paths": {
            "/rings/{ringId}": {
                "post": {
                    "operationId": "ring",
                    "x-cxcall-rings": True,
                    "parameters": [
                        {
                            "name": "ringId",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                        },
                        {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {"200": {"description": "rung"}},
                }
            }
        },
    }
    file = cxcall.file("own.json", own)
    for words in (
        ("send", "ring", "--contract", file),
        ("send", f"--contract={file}", "ring"),
        ("--contract", file, "send", "ring"),
    ):
        ran = cxcall(*words, "--ring-id", "a b", "--x-tenant", "t", "-n", "-o", "json", code=0)
        request = ran.envelope["request"]
        assert request["url"] == "https://api.example.com/base/rings/a%20b"
        assert request["headers"]["X-Tenant"] == "t"
        assert request["body"] is None


@pytest.mark.slow
def test_read_needs_no_consent_and_is_not_recorded(live: Cxcall) -> None:
    read = ("send", "get-campaign", "--campaign-id", CAMPAIGN, "-o", "json")
    for _ in range(2):
        ran = live(*read, code=0)
        assert ran.envelope["deliveryId"] is None
    assert live("history", "list", "-o", "jsonl", code=0).out == ""


@pytest.mark.slow
def test_operation_without_calls_can_be_repeated_and_is_recorded(live: Cxcall) -> None:
    stop = ("send", "stop-campaign", "--campaign-id", CAMPAIGN, "-o", "json")
    for _ in range(2):
        live(*stop, code=0)
    lines = live("history", "list", "-o", "jsonl", code=0).out.splitlines()
    assert [json.loads(line)["operation"] for line in lines] == ["stop-campaign"] * 2


@pytest.mark.slow
def test_read_is_repeated_after_a_transient_failure(cxcall: Cxcall) -> None:
    def answer(_path: str, count: int) -> Reply:
        return Reply(500, {"message": "later"}) if count == 0 else Reply(200, {"errors": ["of it"]})

    read = ("send", "get-campaign", "--campaign-id", CAMPAIGN, "-o", "json")
    with Platform(reads=answer) as platform:
        ran = cxcall(*read, code=0, env={**platform.environment, "CXCALL_MAX_WAIT": "9"})
    assert ran.envelope["attempts"] == 2
    assert ran.envelope["response"]["body"] == {"errors": ["of it"]}


def test_read_without_a_response_is_undelivered(cxcall: Cxcall) -> None:
    read = ("send", "get-campaign", "--campaign-id", CAMPAIGN, "-o", "json")
    with Platform(reads=lambda _path, _count: Reply(500, {})) as platform:
        ran = cxcall(*read, code=6, env=platform.environment)
    assert ran.envelope["outcome"] == "undelivered"
    assert ran.codes == ["undelivered"]


def test_body_can_be_an_array(cxcall: Cxcall) -> None:
    ran = cxcall(
        "send",
        "add-contacts",
        "--contact-list-id",
        USER,
        "-n",
        "-o",
        "json",
        "--set",
        f'/0/contactListId="{USER}"',
        "--set",
        f'/0/data={{"phone":"{NUMBER}"}}',
        code=0,
    )
    assert ran.envelope["request"]["body"] == [{"contactListId": USER, "data": {"phone": NUMBER}}]


def test_deeply_nested_response_is_text_in_the_envelope(cxcall: Cxcall) -> None:
    deep = b'{"x":' + b"[" * 700 + b"]" * 700 + b"}"
    with FaultServer((answer(201, IDS, deep),)) as server:
        cxcall.environment |= {"CXCALL_BASE_URL": server.base_url, "CXCALL_ACCESS_TOKEN": "t"}
        words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
        ran = cxcall(*words, "-o", "json", code=0)
    assert ran.envelope["response"]["body"] == deep.decode()
    assert ran.envelope["engagementId"]
