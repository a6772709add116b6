"""Compare what two versions of cxcall decide about the same generated inputs.

    python tools/compare_verdicts.py OLD NEW [--cases 500] [--seed 1] [KIND ...]

OLD and NEW are the Pythons of environments with cxcall, such as `.venv/bin/python`; `just compare REVISION` makes the
environment of an earlier revision. It is for changes that should change no verdict, such as a simplification, and for
those that should change only some: each differing verdict is printed with its input. It uses only the public interface,
so that both versions may be years apart. The kinds:

    risk       whether an operation of an own document may place a call
    responses  what a response to a call proves, and how often the request was sent
    people     whether a do-not-call list, or the limit of attempts, recognizes a number in a body
    bodies     the findings of `check` for bodies of shipped operations with faults
    requests   the findings of `explain` for the same bodies, in pasted requests

Exit code 1 if any verdict differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

Case = dict[str, Any]
NUMBER = "+12025550123"
LISTED = "+14155550199\n+4930555019\n"
_PEOPLE = (
    ("1", "415", "5550199"),
    ("1", "415", "5550199"),
    ("1", "212", "5550199"),
    ("1", "415", "5550111"),
    ("49", "30", "555019"),
    ("49", "40", "555019"),
    ("45", "32", "123456"),
    ("55", "11", "912345678"),
)
"""Country codes, area codes, and local numbers; the first and the fifth are on the list."""
_OTHERS: tuple[Case, ...] = (
    {"agent": {"countryCode": "1", "areaCode": "212", "lineNumber": "5550100"}},
    {"agent": {"line": "4021"}, "queue": "77"},
    {"office": {"areaCode": "212"}},
    {"office": {"areaCode": "415", "phone": "+12125550100"}},
    {"from": {"phoneNumber": "+12125550123"}},
    {"country": "US", "variables": {"code": "30"}},
)
"""What a body may have beside a person: the numbers and codes of others."""
ID = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
METHODS = ("GET", "GET", "GET", "POST", "PUT", "DELETE")
VERBS = (
    "call dial start stop launch get list check create run trigger add cancel pause test find "
    "update sync export import notify send assign close open read verify"
).split()
NOUNS = (
    "calls dialer campaign contacts callbacks agents queue list users reports lines numbers batch "
    "job recording tags notes skills teams orders items files tickets schedule settings"
).split()
STATUSES = (200, 201, 202, 207, 400, 401, 403, 404, 409, 409, 422, 429, 429, 500, 502, 503, 503)
NAMES = "id callId call_id callUrl call calls engagementId status state success error errors message code data result limit count reference".split()
HEADERS = ("Location", "X-Call-Id", "X-Engagement-Id", "X-Request-Id", "Retry-After")
ROUTES = {
    "execute": f"/api/v2/outbound/campaigns/{ID}/executions",
    "personal-connection": "/api/v2/engagements/outbound/personal-connections",
    "place-call": "/api/v2/conversations/calls",
    "create-callback": "/api/v2/conversations/callbacks",
}


def make_risk(random: Random) -> Case:
    """Return a route and a method of an own document."""
    words = [random.choice((*VERBS, *NOUNS)) for _ in range(random.randint(1, 3))]
    joined = random.choice(
        ("-".join(words), "_".join(words), words[0] + "".join(map(str.title, words[1:])))
    )
    path = "/".join(random.sample([joined, random.choice(NOUNS), "{id}"], random.randint(1, 3)))
    declared: Case = {}
    if random.random() < 0.5:
        declared["operationId"] = random.choice(VERBS) + random.choice(NOUNS).title()
    if random.random() < 0.4:
        name = random.choice(("phone", "to", "number", "action", "query", "callerId"))
        declared["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}}]
    if random.random() < 0.3:
        declared["summary"] = f"{random.choice(VERBS)} a {random.choice(NOUNS)}"
    return {"path": f"/{path}", "method": random.choice(METHODS).lower(), "declared": declared}


def make_response(random: Random) -> Case:
    """Return a status, headers, and a body."""
    headers = {name: _value(random) for name in HEADERS if random.random() < 0.12}
    if "Retry-After" in headers:
        headers["Retry-After"] = "0"
    return {"status": random.choice(STATUSES), "headers": headers, "body": _json(random, 3)}


def _json(random: Random, depth: int) -> Any:
    kind = random.random()
    if depth and kind < 0.55:
        return {random.choice(NAMES): _json(random, depth - 1) for _ in range(random.randint(1, 3))}
    if depth and kind < 0.65:
        return [_json(random, depth - 1) for _ in range(random.randint(0, 2))]
    return random.choice((_value(random), _value(random), 0, 3, True, False, None))


def _value(random: Random) -> str:
    return random.choice(
        ("C-77", ID, "abc", "77", "queued", "in-progress", "accepted", "failed", "", "calls/77", "A call was placed",
         "call limit exceeded", "rate limit exceeded", "duplicate request", "required", "NO_ERROR", "not found"),
    )  # fmt: skip


def make_people(random: Random) -> Case:
    """Return a body with the listed number in some spelling, or one like it, whole or in parts."""
    country, area, local = random.choice(_PEOPLE)
    split = f"{local[:3]}-{local[3:]}"
    whole = random.choice(
        (
            f"+{country}{area}{local}",
            f"{area}-{split}",
            f"({area}) {split}",
            f"tel:+{country}-{area}-{split}",
            f"00{country}{area}{local}",
        )
    )
    parts = {
        random.choice(("areaCode", "area", "npa", "prefix")): random.choice(
            (area, f"({area})", int(area), f"0{area}")
        )
    }
    parts[random.choice(("number", "phoneNumber", "localNumber", "line"))] = random.choice(
        (local, split, int(local))
    )
    if random.random() < 0.5:
        parts[random.choice(("countryCode", "country"))] = random.choice(
            (country, f"+{country}", int(country), "US")
        )
    if random.random() < 0.3:
        parts[random.choice(("extension", "zip", "id", "caller"))] = random.choice(
            ("415", "12", "94103")
        )
    names = list(parts)
    random.shuffle(names)
    body: Any = {name: parts[name] for name in names} if random.random() < 0.7 else {"phone": whole}
    for _ in range(random.randint(0, 2)):
        body = random.choice(({"contact": body}, {"contacts": [body]}, {"name": "Ada", "to": body}))
    if random.random() < 0.3:
        body = {**body, **random.choice(_OTHERS)}
    return {"body": body}


def make_body(random: Random) -> Case:
    """Return a body for a shipped operation with up to two faults."""
    name = random.choice([*ROUTES])
    bodies: dict[str, Case] = {
        "execute": {
            "contactId": ID,
            "contactSpec": {"contactId": ID, "contactData": {"phone": NUMBER}},
        },
        "personal-connection": {"contactId": ID, "reasonCode": "follow_up"},
        "place-call": {"phoneNumber": NUMBER, "callFromQueueId": ID},
        "create-callback": {"callbackNumbers": [NUMBER], "queueId": ID, "callbackUserName": "Ada"},
    }
    body = bodies[name]
    for _ in range(random.randint(0, 2)):
        key = random.choice(list(body))
        fault = random.randrange(6)
        if fault == 0:
            del body[key]
        elif fault == 1:
            body[random.choice((key.lower(), f"{key}s", key.title(), f" {key}"))] = body.pop(key)
        elif fault == 2:
            body[key] = random.choice(
                ("", "<id>", "{{contactId}}", 7, None, [], {}, "12345", "0049 30 123456", True)
            )
        elif fault == 3:
            body[random.choice(NAMES)] = _value(random)
        elif fault == 4:
            body = {"data": body} if random.random() < 0.3 else body
        else:
            body[key] = [body[key]]
        if not body:
            break
    return {"operation": name, "body": body}


MAKERS: dict[str, Callable[[Random], Case]] = {
    "risk": make_risk,
    "responses": make_response,
    "people": make_people,
    "bodies": make_body,
    "requests": make_body,
}


class Platform:
    """Responds on loopback with what `response` holds, and counts the requests."""

    def __init__(self) -> None:
        self.response: Case = {}
        self.count = 0
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                platform.count += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                content = json.dumps(platform.response.get("body", {})).encode()
                self.send_response(platform.response.get("status", 201))
                headers = platform.response.get("headers", {})
                for name, value in {
                    **headers,
                    "Content-Type": "application/json",
                    "Content-Length": len(content),
                }.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def judge_risk(cases: list[Case], folder: Path) -> Iterator[Any]:
    """Yield whether each operation may place a call, as `cxcall operations` lists it."""
    paths: Case = {}
    for number, case in enumerate(cases):
        has_id = "{id}" in case["path"]
        path_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        item = {"parameters": [path_id] if has_id else [], case["method"]: case["declared"]}
        paths[f"/v{number}{case['path']}"] = item
    command = [str(Path(sys.executable).with_name("cxcall")), "operations", "--output", "json"]
    command += ["--contract", _document(folder, paths, "https://api.example.com")]
    result = subprocess.run(command, capture_output=True, check=True, timeout=120)
    listed = json.loads(result.stdout)["data"]["operations"]
    rings = {each["path"]: each["rings"] for each in listed}
    yield from (rings.get(path) for path in paths)


def _document(folder: Path, paths: Case, url: str) -> str:
    whole = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    operations = [
        each for item in paths.values() for each in item.values() if isinstance(each, dict)
    ]
    for number, operation in enumerate(operations):
        operation["operationId"] = f"{operation.get('operationId', 'x')}{number}"
        operation["responses"] = {"200": {"description": "-"}}
    file = folder / "own.json"
    file.write_text(json.dumps({**whole, "servers": [{"url": url}]}), "utf-8")
    return str(file)


def judge_responses(cases: list[Case], folder: Path) -> Iterator[Any]:
    """Yield the outcome of a call to which the platform responds so, and how often the request was sent."""
    with _calling(folder) as (platform, client, _):
        for number, case in enumerate(cases):
            platform.response, platform.count = case, 0
            delivery = client.send("place", {"phone": NUMBER, "n": number}, yes=True, again=True)
            yield [str(delivery.outcome), platform.count, delivery.engagement_id]


def judge_people(cases: list[Case], folder: Path) -> Iterator[Any]:
    """Yield whether a list stops a call to the person of a body, and a second call to each person."""
    names = folder / "list.txt"
    names.write_text(LISTED, "utf-8")
    for case in cases:
        body = case["body"]
        with _calling(folder, do_not_call=names) as (_, client, error):
            listed = _try(client, error, body)
        with _calling(folder, max_attempts="1/day") as (_, client, error):
            yield [listed, _try(client, error, body), _try(client, error, {"again": 1, "to": body})]


def _try(client: Any, error: type[Exception], body: Any) -> str:
    try:
        return str(client.send("place", body, yes=True, force=True).outcome)
    except error as stopped:
        return str(getattr(stopped, "code", type(stopped).__name__))


@contextmanager
def _calling(folder: Path, **guards: Any) -> Iterator[tuple[Platform, Any, type[Exception]]]:
    """Yield a platform on loopback, a client of it with a new ledger, and the errors of the client."""
    from cxcall import Client, CxcallError

    platform = Platform()
    schema = {"application/json": {"schema": {"type": "object"}}}
    place = {"operationId": "place", "x-cxcall-rings": True, "requestBody": {"content": schema}}
    document = folder / "calls.json"
    with tempfile.TemporaryDirectory(dir=folder) as state:
        os.environ["CXCALL_STATE_DIR"] = state
        paths = {"/place": {"post": {**place, "responses": {"200": {"description": "-"}}}}}
        info = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
        document.write_text(json.dumps(info), "utf-8")
        with Client(base_url=platform.url, contract=document, **guards) as client:
            yield platform, client, CxcallError
    platform.server.shutdown()


def judge_bodies(cases: list[Case], folder: Path) -> Iterator[Any]:  # noqa: ARG001
    """Yield the findings of each body."""
    from cxcall import check

    for case in cases:
        yield _findings(check(case["body"], case["operation"]).findings)


def judge_requests(cases: list[Case], folder: Path) -> Iterator[Any]:  # noqa: ARG001
    """Yield the findings of a pasted request with each body, in order."""
    from cxcall import explain

    for case in cases:
        body = json.dumps(case["body"], indent=2)
        head = f"POST https://api.mypurecloud.com{ROUTES[case['operation']]} HTTP/1.1"
        text = f"{head}\nAuthorization: Bearer {ID}\nContent-Type: application/json\n\n{body}\n"
        found = explain(f"{text}\nHTTP/1.1 400 Bad Request\n\n{{}}\n")
        yield [_findings(each.findings) for each in found]


def _findings(found: Any) -> list[str]:
    return [f"{each.severity} {each.code} {each.where}: {each.message}" for each in found]


JUDGES: dict[str, Callable[[list[Case], Path], Iterator[Any]]] = {
    "risk": judge_risk,
    "responses": judge_responses,
    "people": judge_people,
    "bodies": judge_bodies,
    "requests": judge_requests,
}


def judge(python: str, kind: str, cases: list[Case]) -> list[Any]:
    """Return the verdicts of the cxcall beside a Python, which runs this file for it."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "CXCALL_MAX_WAIT": "0.1"}
        result = subprocess.run(
            [Path(python).absolute(), Path(__file__).resolve(), "--judge", kind],
            input=json.dumps(cases),
            stdout=subprocess.PIPE,
            text=True,
            cwd=home,
            env=environment,
            check=True,
        )
    verdicts: list[Any] = json.loads(result.stdout)
    return verdicts


def compare(old: str, new: str, kind: str, count: int, seed: int) -> int:
    """Print each case of a kind with differing verdicts; returns their number."""
    random = Random(f"{seed} {kind}")
    cases = [MAKERS[kind](random) for _ in range(count)]
    pairs = zip(cases, judge(old, kind, cases), judge(new, kind, cases), strict=True)
    differing = [each for each in pairs if each[1] != each[2]]
    for case, before, after in differing:
        print(
            f"{kind}: {json.dumps(case)}\n  old: {json.dumps(before)}\n  new: {json.dumps(after)}"
        )
    print(f"{kind}: {len(differing)} of {count} verdicts differ", flush=True)
    return len(differing)


def main() -> None:
    """Compare, or be one of the two that are compared."""
    if sys.argv[1:2] == ["--judge"]:
        cases = json.load(sys.stdin)
        print(json.dumps([*JUDGES[sys.argv[2]](cases, Path.cwd())]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("kinds", nargs="*", choices=MAKERS, metavar="KIND")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    counts = [
        compare(given.old, given.new, kind, given.cases, given.seed)
        for kind in given.kinds or MAKERS
    ]
    sys.exit(any(counts))


if __name__ == "__main__":
    main()
