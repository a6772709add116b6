"""Sources are read as curl and Python interpret them; nothing in them is run, opened, or fetched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from cxcall.explaining.explanation import explain_request
from cxcall.explaining.readers.format_detection import open_source, read_exchanges
from cxcall.findings.errors import CxcallError
from helpers.cases import each_case
from helpers.curl_commands import CURLS
from helpers.har import har
from helpers.pasted_texts import TEXTS, URL
from helpers.recorder import Recorder
from helpers.work import time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator


MUTATIONS = int(os.environ.get("CXCALL_MUTATIONS", "128"))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as running:
        yield running


SNIPPETS = [
    'import requests\nr = requests.post("{url}/a", json={{"a": [1, None, "x"]}}, headers={{"X-Mine": "1"}})',
    'import json, requests\nBASE = "{url}"\nhead = dict(Authorization="Bearer t")\nhead["X-Mine"] = "2"\nrequests.request("PUT", BASE + "/a", headers=head, data=json.dumps({{"k": True}}))',
    'import requests\nwith requests.Session() as session:\n    n = 7\n    session.patch(f"{url}/a/{{n}}", data={{"x": "1", "y": "2"}})',
    'import requests\nrequests.get("{url}/a", params={{"q": "1"}}, auth=("u", "p"))',
]


@pytest.mark.slow
def test_python_call_is_read_as_requests_sends_it(recorder: Recorder) -> None:
    programs = [template.format(url=recorder.url) for template in SNIPPETS]
    subprocess.run([sys.executable, "-c", "\n".join(programs)], check=True, timeout=30)
    for program, sent in zip(programs, recorder.got, strict=True):
        check_python(program, sent)


def check_python(program: str, sent: tuple[str, str, dict[str, str], bytes]) -> None:
    """Check that a program, its Markdown, and its prompts are read as the request that it sent."""
    method, target, headers, body = sent
    prompt = "".join(f">>> {line}\n" for line in program.splitlines() if not line.startswith(" "))
    for text in (
        program,
        f"```python\n{program}\n```",
        *([prompt] if "    " not in program else []),
    ):
        (found,) = read_exchanges(text, "x")
        assert (found.method, found.path) == (method, target.partition("?")[0])
        assert bool(found.query) == ("?" in target)
        if body[:1] == b"{":
            assert json.loads(found.body or "") == json.loads(body)
        else:
            assert (found.body or "") == body.decode()
        for name in ("content-type", "authorization", "x-mine"):
            shown = found.headers.get(name) if found.headers else None
            assert shown == headers.get(name) or (name == "content-type" and shown is None)


def test_unknown_value_in_a_snippet_is_shown_by_name() -> None:
    (found,) = read_exchanges(
        'requests.post(f"https://{host}/api/v2/outbound/campaigns/{cid}/start", headers=h)', "x"
    )
    assert (found.host, found.path) == ("{host}", "/api/v2/outbound/campaigns/{cid}/start")
    (found,) = read_exchanges(
        'url = os.environ["BASE"] + "/api/v2/conversations/calls"\nrequests.post(url, json=body)',
        "x",
    )
    assert (found.host, found.path) == ("", "/api/v2/conversations/calls")


@pytest.mark.parametrize("quote", ["'''", '"""'])
def test_literal_with_three_quotation_marks_ends_at_them(quote: str) -> None:
    shown = f'{{"reasonCode": "It{quote[0]}s {quote[:2]} for \\{quote} you"}}'
    text = f'var data = {quote}{shown}{quote};\ndio.post("{URL}", data: data);'
    (found,) = read_exchanges(text, "snippet")
    assert found.body == shown.replace("\\", "")


VERBOSE = """*   Trying 127.0.0.1:80...
> POST /api/v2/conversations/calls HTTP/1.1
> Host: api.mypurecloud.com
> Content-Type: application/json
>
} [21 bytes data]
< HTTP/1.1 100 Continue
<
< HTTP/1.1 400 Bad Request
< Content-Type: application/json
<
{ [30 bytes data]
{"code":"not.a.user",
 "status":400}
"""
RAW = 'PUT /api/v2/x HTTP/1.1\nHost: h\n\n{"a":1}\n\nHTTP/1.1 404 Not Found\nContent-Type: text/plain\n\nno\n'


def test_http_messages_are_read_from_text() -> None:
    (found,) = read_exchanges(VERBOSE, "x")
    assert (found.method, found.host, found.path) == (
        "POST",
        "api.mypurecloud.com",
        "/api/v2/conversations/calls",
    )
    assert found.response is not None
    assert found.response.json() == {"code": "not.a.user", "status": 400}
    (found,) = read_exchanges(RAW, "x")
    assert (found.method, found.body) == ("PUT", '{"a":1}')
    assert found.response is not None
    assert (found.response.status, found.response.text) == (404, "no")
    (found,) = read_exchanges("HTTP/2 429\nRetry-After: 3\n\n", "x")
    assert found.method == ""
    assert found.response is not None
    assert found.response.status == 429


def test_har_file_is_read_whole_or_by_entry() -> None:
    found = list(read_exchanges(json.dumps(har(3)), "x"))
    assert [each.origin for each in found] == ["entry 1 of 3", "entry 2 of 3", "entry 3 of 3"]
    assert found[0].response is not None
    assert found[0].response.json() == {"code": "not.a.user"}
    source = open_source(json.dumps(har(3)), "x")
    (one,) = source.read(2)
    assert one.origin == "entry 2 of 3"
    with pytest.raises(CxcallError, match="no entry 9"):
        list(source.read(9))


def test_base64_body_of_a_har_request_is_decoded() -> None:
    session = har(1)
    body = {"text": "eyJhIjogMX0=", "encoding": "base64"}
    session["log"]["entries"][0]["request"]["postData"].update(body)
    (found,) = read_exchanges(json.dumps(session), "x")
    assert found.body == '{"a": 1}'


def test_json_output_of_cxcall_is_an_exchange() -> None:
    envelope = {
        "request": {
            "method": "POST",
            "url": "https://h/p",
            "headers": {"A": "b"},
            "body": {"x": 1},
        },
        "response": {"status": 404, "reason": "Not Found", "headers": {"C": "d"}, "body": None},
    }
    (found,) = read_exchanges(json.dumps(envelope), "x")
    assert (found.method, found.host, found.path, found.scheme) == ("POST", "h", "/p", "https")
    assert found.response is not None
    assert found.response.status == 404


SEEDS = [
    *(template.format(url="https://api.mypurecloud.com") for template in (*CURLS, *SNIPPETS)),
    VERBOSE,
    RAW,
    json.dumps(har(2)),
    *(each.text for each in TEXTS.values()),
    '{"method": "POST", "host": "h", "path": "/api/v2/x", "headers": {"A": "b"}, "body": {"a": [1]}, "status": 400, "response": {"code": "x"}}',
]
BITS = [
    "'",
    '"',
    "\\",
    "$'",
    "`",
    "{",
    "}",
    "[",
    "\x00",
    "\ud800",
    "é",
    "\n",
    "curl ",
    "@",
    "-d",
    "((((",
    "9" * 400,
    "/..",
    "%zz",
    "::",
    "//[",
    "\u202e",
]


def mutated(random: Random) -> str:
    text = random.choice(SEEDS)
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(text) + 1)
        kind = random.randrange(3)
        cut = at + random.randrange(12)
        text = text[:at] + (random.choice(BITS) if kind else "") + text[cut if kind == 2 else at :]
        text = text[:at] + text[at + random.randrange(3) :] if not kind else text
    return text


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@each_case(
    "place",
    ["curl {}", f"curl -X POST {URL}{{}}", f"curl {URL} -d '{{}}'", f"curl {URL}\n{{}}", f"POST {URL}{{}}", "GET https://{}/x",
     f"{{}} POST {URL}", f"POST {URL}\n\n{{}}", "requests.post({})", f"fetch('{URL}', {{{{body: {{}}}}}})", "400 Bad Request\n{}", "{}"],
)  # fmt: skip
def test_long_run_is_read_or_refused(place: str) -> None:
    for unit in ("{", " ", "\n", "/", "1", "'", '\\"', "a.", "${", "[{"):
        with time_limit(15), suppress(CxcallError):
            for request in read_exchanges(place.format((unit * 1_000)[:1_000]), "x"):
                explain_request(request)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8))]
)
def test_mutated_input_is_read_or_refused(seed: int) -> None:
    for number in range(seed, MUTATIONS, 8):
        text = mutated(Random(number))
        try:
            with time_limit():
                for request in read_exchanges(text, "x"):
                    explain_request(request)
        except CxcallError:
            pass
        except Exception as fault:
            raise AssertionError(f"mutation {number}: {text!r}") from fault


def test_line_separator_in_a_value_ends_no_line_of_a_log() -> None:
    exchange = {"method": "POST", "url": URL, "status": 400, "body": {"reasonCode": "A\u2028da"}}
    lines = [json.dumps(exchange, ensure_ascii=False)] * 2
    found = read_exchanges("\n".join(lines), "log.jsonl")
    assert [json.loads(each.body or "") for each in found] == [exchange["body"]] * 2
