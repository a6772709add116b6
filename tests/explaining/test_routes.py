"""The intended operation of a request is found despite errors in its path."""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from cxcall import explain
from cxcall.contracts.operation import URLENCODED
from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
    PublishedOperation,
    load_published_operations,
)
from helpers.cases import each_case
from helpers.routes import ACD, HOSTS, QUEUE, problems
from helpers.work import count_calls, examples, stride

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.contracts.parameters import Parameter
    from helpers.command import Cxcall


ISSUER = "cxone.niceincontact.com"
RISK = {"GET": 0, "HEAD": 0, "POST": 1, "PUT": 1, "PATCH": 1, "DELETE": 2}
MUTATIONS = ("drop", "double", "swap", "replace", "singular")


def values_by_name(platform: str, name: str) -> str:
    """Return a plausible value for a parameter of a path."""
    folded = name.lower()
    if platform == CXONE:
        return {"sessionid": "QWdlbnRTZXNzaW9uLTE=", "activitycodename": "Lunch"}.get(
            folded, "4711"
        )
    if folded.endswith(("id", "ids")):
        return QUEUE
    if "version" in folded:
        return "3"
    words = {
        "languagecode": "en-us",
        "filename": "report.csv",
        "domainname": "example.com",
        "mediatype": "voice",
    }
    return words.get(folded, "calls")


def fill(platform: str, path: str) -> str:
    return re.sub(r"\{([^/}]*)\}", lambda match: values_by_name(platform, match[1]), path)


def published(platform: str) -> list[PublishedOperation]:
    known: dict[tuple[str, str], PublishedOperation] = {}
    for each in load_published_operations(platform).operations:
        operation = each.load()
        if operation is None or operation.provenance == "published":
            known.setdefault((each.method, each.path), each)
    return list(known.values())


def query_value(parameter: Parameter) -> Any:
    schema = parameter.schema
    sample = {"integer": schema.get("maximum", 4711), "boolean": "true", "number": "1"}
    known = schema.get("enum") or schema.get("examples") or [schema.get("example")]
    if known[0] == 0:
        return 0
    formats = {"uuid": QUEUE, "date": "2026-12-01", "date-time": "2026-12-01T09:00:00Z"}
    is_time = parameter.name.endswith(("Date", "Since")) and not schema.get("format")
    return (
        known[0]
        or formats.get("date-time" if is_time else schema.get("format", ""))
        or sample.get(str(schema.get("type")), "Ada")
    )


def correct_request(platform: str, published: PublishedOperation) -> dict[str, Any]:
    operation = published.load()
    path, host = fill(platform, published.path), HOSTS[platform]
    if path.startswith(("/auth/", "/.well-known/")):
        host = ISSUER
    elif path.startswith(("/authentication/", "/public/")):
        host = "na1.nice-incontact.com"
    elif path.startswith("/uploads/"):
        host = "apps.mypurecloud.com"
    exchange: dict[str, Any] = {"method": published.method, "host": host, "path": path}
    if operation is not None:
        if operation.token_kinds:  # without a success, the kind of the token may be wrong
            exchange["status"] = 200
        required = [
            each for each in operation.parameters if each.location == "query" and each.required
        ]
        query = "&".join(f"{each.name}={query_value(each)}" for each in required)
        exchange["path"] += f"?{query}" if query else ""
        if operation.media_type == URLENCODED:
            exchange["body"] = urlencode(operation.example)
        elif operation.example is not None:
            exchange["body"] = json.loads(
                re.sub(
                    r"0000000\d-1234-1234-1234-123456789012",
                    QUEUE,
                    json.dumps(operation.example).replace(': ""', ': "4711"'),
                )
            )
    return exchange


@pytest.mark.slow
@pytest.mark.parametrize(("platform", "count"), [(GENESYS, 3398), (CXONE, 590)])
def test_correct_request_to_each_published_operation_has_no_finding(
    platform: str, count: int
) -> None:
    operations = published(platform)
    assert len(operations) >= count
    wrong = {}
    for number, each in enumerate(operations):
        operation = each.load()
        if number % stride() ** 2 and (operation is None or operation.is_generated):
            continue  # a release tries each one
        (found,) = explain(correct_request(platform, each))
        if problems(found):
            wrong[str(each)] = problems(found)
    assert not wrong


def mistype(random: Random, word: str) -> str:
    """Return a word with one letter dropped, doubled, swapped, or replaced, or in the singular."""
    index = random.randrange(1, len(word) - 1)
    letter, following = word[index], word[index + 1]
    return {
        "drop": word[:index] + word[index + 1 :],
        "double": word[:index] + letter + word[index:],
        "swap": word[:index] + following + letter + word[index + 2 :],
        "replace": word[:index] + random.choice("abcdefghijklmnopqrstuvwxyz") + word[index + 1 :],
        "singular": word.removesuffix("s"),
    }[random.choice(MUTATIONS)]


def mistyped_paths(count: int, seed: int) -> list[tuple[str, PublishedOperation, str]]:
    """Return platform, operation, and its path with one mistyped word that is not another published path."""
    random = Random(seed)
    found: list[tuple[str, PublishedOperation, str]] = []
    known = {platform: published(platform) for platform in HOSTS}
    while len(found) < count:
        platform = random.choice(list(HOSTS))
        operation = random.choice(known[platform])
        start = operation.path.index("/", 1) if platform == CXONE else len("/api/v2")
        start = len(ACD) if operation.path.startswith(ACD) else start
        words = [
            each
            for each in re.finditer(r"(?<=/)[a-zA-Z-]{3,}(?=/|$)", operation.path)
            if each.start() > start
        ]
        if not words:
            continue
        word = random.choice(words)
        path = (
            operation.path[: word.start()] + mistype(random, word[0]) + operation.path[word.end() :]
        )
        path = fill(platform, path)
        match = load_published_operations(platform).match(path)
        is_another = match is not None and operation.method in match.methods and not match.words
        if path != fill(platform, operation.path) and not is_another:
            found.append((platform, operation, path))
    return found


def shape(operation: PublishedOperation) -> str:
    return re.sub(r"\{[^/]*\}", "{}", str(operation))


@pytest.mark.slow
def test_mistyped_path_names_the_right_operation() -> None:
    wrong, count = [], min(399, examples(500))
    for platform, operation, path in mistyped_paths(count, seed=18):
        exchange = {"method": operation.method, "host": HOSTS[platform], "path": path}
        (found,) = explain(exchange)
        nearest = found.route.nearest
        assert nearest is None or RISK[nearest.method] <= RISK[operation.method]
        if nearest is None or shape(nearest) != shape(operation):
            wrong.append(f"{operation.method} {path} -> {nearest} instead of {operation}")
    assert len(wrong) <= 0.02 * count, "\n".join(wrong)


@pytest.mark.slow
def test_path_that_is_longer_than_any_is_compared_with_none() -> None:
    path = "/api/v2/conversations" + "/a" * 2000
    exchange = {"method": "POST", "host": HOSTS[GENESYS], "path": path}
    explain({**exchange, "path": "/api/v2/conversations/a"})  # loads the published operations
    assert count_calls(lambda: explain(exchange)) < 50 * 2000, (
        "a comparison needs 700 for each segment"
    )


@pytest.mark.slow
@each_case(
    "method, path, nearest",
    [
        ("POST", "/api/v2/conversations/callbacs", "POST /api/v2/conversations/callbacks"),
        ("PUT", "/api/v2/conversations/calback", "GET /api/v2/conversations/callbacks"),
        ("DELETE", "/api/v2/conversations/callbak", None),
        ("POST", f"/api/v2/outbound/campaigns/{QUEUE}/execution", "POST /api/v2/outbound/campaigns/{campaignId}/executions"),
        ("POST", f"/api/v2/routing/queues/{QUEUE}", "PUT /api/v2/routing/queues/{queueId}"),
        ("POST", f"/api/v2/conversations/{QUEUE}", None),
        ("GET", "/api/v2/analytics/conversations/details/query", "POST /api/v2/analytics/conversations/details/query"),
        ("GET", "/api/v2/conversations/callbacks/bulk/disconnect", None),
        ("POST", "/api/v2/outbound/dial", None),
        ("DELETE", f"/api/vk/outbound/contactlists/{QUEUE}", "DELETE /api/v2/outbound/contactlists/{contactListId}"),
        ("", "/api/v2/outbound/contactlist", "GET /api/v2/outbound/contactlists"),
        ("POST", "/graphql", None),
        ("POST", f"{ACD}/agent-sessions/QUJD/interactions/4611/accept-contact", f"POST {ACD}/agent-sessions/{{sessionId}}/interactions/{{contactId}}/accept"),
        ("POST", f"{ACD}/lists/do-not-call", None),
        ("POST", f"/api/v2/outbound/campaigns/{QUEUE}/stat", None),
        ("POST", f"/api/v2/outbound/campaigns/{QUEUE}/strt", "POST /api/v2/outbound/campaigns/{campaignId}/start"),
        ("POST", f"/api/v2/outbound/campaigns/{QUEUE}/start/{QUEUE}", None),
        ("POST", "/api/v2/outbound/contacts", "POST /api/v2/outbound/contactlists/{contactListId}/contacts"),
        ("POST", "/api/v2/analytics/conversations/aggregates", "POST /api/v2/analytics/conversations/aggregates/query"),
        ("POST", "/api/v2/conversations/chat/messages", "POST /api/v2/conversations/chats/{conversationId}/communications/{communicationId}/messages"),
        ("POST", f"{ACD}/agents/12/skill", f"POST {ACD}/agents/{{agentId|userId}}/skills"),
    ],
)  # fmt: skip
def test_nearest_operation_never_changes_more_than_the_request(
    method: str, path: str, nearest: str | None
) -> None:
    host = HOSTS[CXONE if path.startswith(ACD) else GENESYS]
    (found,) = explain({"method": method, "host": host, "path": path})
    assert (str(found.route.nearest) if found.route.nearest else None) == nearest


@each_case(
    "method, path",
    [
        ("GET", "/api/v2/outbound/campaigns/all"),
        ("GET", f"{ACD}/contacts/completed"),
        ("HEAD", f"{ACD}/contacts/completed"),
        ("OPTIONS", f"{ACD}/contacts/completed"),
        ("POST", f"{ACD}/report-jobs/17"),
        ("GET", f"{ACD}/report-jobs/17"),
    ],
    quick=2,
)
def test_fixed_segment_wins_and_templates_may_have_the_same_shape(method: str, path: str) -> None:
    platform = CXONE if path.startswith(ACD) else GENESYS
    match = load_published_operations(platform).match(path)
    assert match is not None
    read = match.methods.get(method) or match.methods["GET"]
    assert re.sub(r"\{[^/]*\}", "17", read.path) == path
    (found,) = explain({"method": method, "host": HOSTS[platform], "path": path})
    assert problems(found) == []


@pytest.mark.slow
def test_installed_command_agrees_on_a_sample(cxcall: Cxcall) -> None:
    correct = [
        (each, correct_request(platform, each))
        for platform in HOSTS
        for each in published(platform)[::800]
    ]
    for _, exchange in correct:
        ran = cxcall("explain", "-", "-o", "json", stdin=json.dumps(exchange), code=0)
        assert {each["severity"] for each in ran.envelope["findings"]} <= {"note"}
    for platform, operation, path in mistyped_paths(4, seed=7):
        exchange = {"method": operation.method, "host": HOSTS[platform], "path": path}
        ran = cxcall("explain", "-", "-o", "json", stdin=json.dumps(exchange))
        assert ran.envelope["data"]["attempts"][0]["nearest"] == str(operation)


def test_own_operations_are_candidates(tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": "https://dialer.example.com/api/v2"}],
        "paths": {
            "/widgets/{widgetId}/spins": {
                "post": {"operationId": "spin", "responses": {"200": {"description": "."}}}
            }
        },
    }
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document))
    exchange = {"method": "POST", "host": "dialer.example.com"}
    (found,) = explain({**exchange, "path": "/api/v2/widgets/17/spin"}, contract=file)
    assert str(found.route.nearest) == "POST /api/v2/widgets/{widgetId}/spins"
    assert found.operation is not None
    assert found.operation.name == "spin"
    for path in ("/api/v2/widgets/17/spins", "/widgets/17/spins"):
        (found,) = explain({**exchange, "path": path}, contract=file)
        assert found.route.operation is not None
        assert found.route.operation.name == "spin"


@pytest.mark.parametrize(("status", "is_reported"), [(200, False), (404, True)])
def test_path_that_answered_is_not_called_unknown_where_not_all_are_known(
    status: int, *, is_reported: bool
) -> None:
    url = "https://api-na1.niceincontact.com/acd-skills/v1/skills/1"
    (found,) = explain({"method": "GET", "url": url, "status": status})
    assert ("path-unpublished" in {each.code for each in found.findings}) is is_reported


@pytest.mark.parametrize("path", ["", f"/{QUEUE}/participants"])
def test_refused_token_of_a_client_names_the_operation_for_another_user(path: str) -> None:
    template = path.replace(QUEUE, "{conversationId}")
    url = f"https://api.mypurecloud.com/api/v2/conversations/calls{path}"
    error = {"code": "not.a.user", "message": "This request requires a user context."}
    (found,) = explain({"method": "POST", "url": url, "status": 400, "response_body": error})
    assert f"`POST /api/v2/conversations/calls{template}/user/{{userId}}`" in found.findings[0].fix
