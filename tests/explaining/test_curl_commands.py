"""A pasted curl command is read as curl sends it, with what its script shows of variables and files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.curl_commands import CURLS, SCRIPTS
from helpers.recorder import Recorder

PLATFORM = "https://api.mypurecloud.com/api/v2/conversations/calls"


def check_same(found: ObservedRequest, sent: tuple[str, str, dict[str, str], bytes]) -> None:
    method, target, headers, body = sent
    path, _, query = target.partition("?")
    assert (found.method, found.path) == (method, path)
    assert list(found.query) == parse_qsl(query, keep_blank_values=True)
    assert (found.body or "").rstrip("\n") == body.decode().rstrip("\n")
    for name in ("content-type", "authorization", "accept", "x-mine"):
        assert (found.headers.get(name) if found.headers else None) == headers.get(name), name


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl to compare with")
@each_case("template", [*CURLS, *SCRIPTS], quick=12)
@pytest.mark.slow
def test_curl_command_is_read_as_curl_sends_it(template: str, tmp_path: Path) -> None:
    with Recorder() as recorder:
        script = template.format(url=recorder.url)
        run = ["bash", "-c", script]
        subprocess.run(run, check=False, capture_output=True, timeout=20, cwd=tmp_path)
    (found,) = read_exchanges(f"$ {script}", "x")
    check_same(found, recorder.got[0])


def test_file_named_in_a_curl_command_is_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    (found,) = read_exchanges(
        f"curl -d @{secret} https://api.mypurecloud.com/api/v2/conversations/calls", "x"
    )
    assert found.body is None
    assert "not read" in found.findings[0].message


@each_case(
    "script, message",
    [
        (f"curl -T b.json {PLATFORM}", "the body is in the file `b.json`, which was not read"),
        (f"curl -d @- {PLATFORM} < b.json", "the body is in the file `b.json`, which was not read"),
        (f"jq -n . | curl -d @- {PLATFORM}", "the body comes from standard input, which was not read"),
        (f"echo begin\njq . | curl -d @- {PLATFORM}", "the body comes from standard input, which was not read"),
    ],
)  # fmt: skip
def test_body_that_a_script_does_not_show_is_unknown(script: str, message: str) -> None:
    (found,) = read_exchanges(script, "x")
    assert found.body is None
    assert [each.message for each in found.findings] == [message]


def test_text_of_an_unread_file_is_unknown() -> None:
    (found,) = read_exchanges(f"cat b.json | curl -d @- {PLATFORM}", "x")
    assert (found.body, found.unknown) == (None, {"": ("$(cat b.json)",)})
    (found,) = read_exchanges(f'curl --url-query n@q "{PLATFORM}?a=$A"', "x")
    assert (found.unknown) == {"query:a": ("$A",), "query:n": ("@q",)}


def test_sign_of_prose_ends_a_command_behind_a_url_or_a_quote() -> None:
    texts = {
        f"I run curl {PLATFORM} -d '{{}}'. Any ideas?": "{}",
        f"I run curl {PLATFORM} -d '{{}}', and get 400 Bad Request.": "{}",
        f"I run curl -d '{{}}' {PLATFORM}.\n": "{}",
        f"I run curl -d '{{}}' {PLATFORM}: it fails": "{}",
        f"curl {PLATFORM} -d '{{}}'.json": "{}.json",
        f"curl {PLATFORM} -d '{{}}'., -H 'X: 1'": "{}.,",
    }
    for text, body in texts.items():
        found = [(each.path, each.body) for each in read_exchanges(text, "x")]
        assert found == [("/api/v2/conversations/calls", body)], text


def test_variables_that_curl_expands_are_filled_in() -> None:
    command = "--variable id=7 --variable %TOKEN --expand-header 'X-Mine: {{TOKEN}}'"
    data = """--expand-data '{"id": "{{id}}", "name": "{{name:json}}"}'"""
    (found,) = read_exchanges(f"curl {PLATFORM} {command} {data}", "x")
    assert found.body == '{"id": "7", "name": "{name:json}"}'
    assert found.unknown == {"/name": ("name:json",), "header:X-Mine": ("TOKEN",)}
