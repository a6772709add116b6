"""Generated code is read: method, host, path, and the planted fault."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from cxcall.explaining.explanation import explain_request
from cxcall.explaining.readers.format_detection import read_exchanges
from cxcall.findings.errors import CxcallError
from helpers.generated_requests import REQUESTS
from helpers.work import EXAMPLES

if TYPE_CHECKING:
    from helpers.command import Cxcall

MODULES = os.environ.get("CXCALL_NODE_MODULES", "")
MIN_SHARE = 0.97
MAX_MISSES = 1
"""How many requests of a generator may not be read, or a tenth of them."""
READ_IN_PART = re.compile(r"agent prompt|ocaml|objc|objective-c|clojure")
"""Generators of which more may not be read: of sentences, and of code that is not evaluated."""
BODY_ALONE = "httpsnippet json native"
"""A generator that writes neither the method nor the URL."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not MODULES or shutil.which("node") is None,
        reason="CXCALL_NODE_MODULES does not name the folder of the code generators, or there is no Node.js",
    ),
]


@pytest.fixture(scope="module")
def snippets() -> list[dict[str, Any]]:
    script = Path(__file__).with_name("generate_code.cjs")
    result = subprocess.run(
        ["node", script, MODULES],
        input=json.dumps([request for _, request in REQUESTS]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    made: list[dict[str, Any]] = json.loads(result.stdout)
    written = [each for each in made if each["generator"] != BODY_ALONE]
    # Each request from an eighth of the generators, and each generator.
    step = 1 if EXAMPLES >= 1 else 8
    numbers = {
        name: place
        for place, name in enumerate(dict.fromkeys(each["generator"] for each in written))
    }
    return [each for each in written if (numbers[each["generator"]] + each["request"]) % step == 0]


def missed(snippet: dict[str, Any]) -> str:
    """Return the parts of a snippet that were not read; empty if all were."""
    (codes, place), request = REQUESTS[snippet["request"]]
    try:
        found = list(read_exchanges(snippet["text"], "snippet"))
    except CxcallError:
        return "not read"
    url = urlsplit(request["url"])
    last = found[-1]
    if (last.method, last.host, unquote(last.path)) != (request["method"], url.netloc, url.path):
        return f"{last.method} {last.host} {last.path}"
    findings = {(each.code, each.where) for each in explain_request(last).findings}
    return "" if any((code, place) in findings for code in codes.split("|")) else f"no {codes}"


def test_method_host_path_and_fault_are_found(snippets: list[dict[str, Any]]) -> None:
    assert not [each["error"] for each in snippets if "error" in each]
    assert len({each["generator"] for each in snippets}) > 100
    snippets = [each for each in snippets if not READ_IN_PART.search(each["generator"])]
    misses = [(each["generator"], problem) for each in snippets if (problem := missed(each))]
    share = 1 - len(misses) / len(snippets)
    assert share >= MIN_SHARE, f"{share:.1%}: {Counter(misses).most_common(40)}"
    requests = Counter(each["generator"] for each in snippets)
    counts = Counter(generator for generator, _ in misses)
    unread = [each for each in counts if counts[each] > max(MAX_MISSES, requests[each] // 10)]
    assert not unread, [each for each in misses if each[0] in unread]


def test_installed_command_reads_generated_code(
    cxcall: Cxcall, snippets: list[dict[str, Any]]
) -> None:
    for snippet in snippets[:72:6]:
        ran = cxcall("explain", "-", "-o", "json", stdin=snippet["text"])
        assert ran.envelope["data"]["attempts"]
