"""Commands of corrected requests: for curl and each shell, without secrets, with a question before a call."""

from __future__ import annotations

import json
import subprocess
from random import Random
from urllib.parse import unquote

import pytest

from cxcall import explain
from cxcall.contracts.contract import load_operation
from helpers.command import CXCALL, Cxcall
from helpers.corrected_requests import CALLBACK, QUEUE, callback, corrected
from helpers.har import har
from helpers.planted_faults import OPERATIONS, correct_body


def test_curl_command_asks_before_it_can_place_a_call(cxcall: Cxcall) -> None:
    script = callback(CALLBACK).as_text("curl")
    fake = "curl() { echo sent >&2; }\n"
    for answer, message in (("", ""), ("y\n", ""), ("yes\n", "sent\n")):
        file = cxcall.file("script.sh", fake + script)
        result = subprocess.run(
            ["bash", str(cxcall.folder / file)],
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stderr == message
    assert explain(script)[0].request.method == "POST"
    read = load_operation("get-conversation")
    request = corrected(
        {"method": "GET", "url": read.url(read.contract.base_url(), {"conversationId": QUEUE})}
    )
    assert request.as_text("curl").startswith("curl ")


def test_configuration_of_curl_is_read_as_its_options() -> None:
    host = "https://api.mypurecloud.com"
    shown = explain(callback(CALLBACK).as_text("curl"))[0].request
    assert shown.headers
    assert shown.headers["Authorization"].startswith("Bearer ")
    text = f"""curl -K - <<'END'
# comment
--url = "{host}/api/v2/outbound/campaigns"
header: "X-Note: a \\"b\\""
-H "Authorization: Basic YTpi"
request=PUT

END"""
    found = explain(text)[0].request
    assert (found.method, found.host) == ("PUT", "api.mypurecloud.com")
    assert found.headers
    assert found.headers["X-Note"] == 'a "b"'
    assert found.headers["Authorization"].startswith("Basic ")


@pytest.mark.slow
def test_secret_of_the_request_is_a_placeholder(cxcall: Cxcall) -> None:
    secret = "S3cr3t-of-nobody-0123456789abcdef"
    body = {**CALLBACK, "data": {"password": secret, "note": "x"}}
    text = json.dumps(
        {
            "method": "POST",
            "url": "https://api.mypurecloud.com/api/v2/conversations/callbacks",
            "headers": {"Authorization": f"Bearer {secret}"},
            "body": body,
        }
    )
    for form in ("send", "curl", "cmd", "powershell", "json"):
        ran = cxcall("explain", "-", "--fix", "--as", form, stdin=text, code=3)
        assert secret not in ran.out + ran.err
        assert "****" not in ran.out
    assert "to be filled in: /data/password" in ran.err


@pytest.mark.slow
def test_fix_is_advertised_only_where_it_prints_a_request(cxcall: Cxcall) -> None:
    for path in (
        "/api/v2/outbound/calls",
        "/api/v2/nothing/near/this",
        "/oauth/token",
    ):
        text = json.dumps(
            {"method": "POST", "url": f"https://api.mypurecloud.com{path}", "body": {}}
        )
        is_advertised = "--fix" in cxcall("explain", "-", stdin=text).out
        ran = cxcall("explain", "-", "--fix", stdin=text)
        assert (ran.code != 2) or not is_advertised, path


def test_request_without_a_correction_does_not_hide_the_others(cxcall: Cxcall) -> None:
    session = har(2)
    login = json.loads(json.dumps(session["log"]["entries"][0]))
    login["request"]["url"] = "https://login.mypurecloud.com/oauth/token"
    session["log"]["entries"].insert(0, login)
    file = cxcall.file("session.har", session)
    ran = cxcall("explain", file, "--fix", code=3)
    assert ran.out.count("cxcall send place-call") == 2
    assert "a token request contains secrets" in ran.err
    cxcall("explain", file, "--fix", "--entry", "1", code=2)


@pytest.mark.slow
def test_operation_of_an_own_document_is_found_by_the_pasted_command(cxcall: Cxcall) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["queueId"],
        "properties": {"queueId": {"type": "string"}},
    }
    operation = {
        "operationId": "add-route",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "R", "version": "1"},
        "servers": [{"url": "https://api.example.org"}],
        "paths": {"/routes": {"post": operation}},
    }
    cxcall.file("own api.json", document)
    text = json.dumps(
        {"method": "POST", "url": "https://api.example.org/routes", "body": {"queue_id": "7"}}
    )
    ran = cxcall("explain", "-", "--fix", "--contract", "own api.json", stdin=text, code=0)
    result = subprocess.run(
        ["bash", "-c", ran.out],
        capture_output=True,
        text=True,
        check=False,
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": f"{CXCALL.parent}:{cxcall.environment['PATH']}"},
    )
    assert result.returncode == 0, result
    assert '"queueId": "7"' in result.stdout


@pytest.mark.slow
def test_body_that_is_too_long_for_cmd_is_read_from_a_file(cxcall: Cxcall) -> None:
    body = {**CALLBACK, "callbackNumbers": [f"+1202555{number:04}" for number in range(700)]}
    text = json.dumps(
        {
            "method": "POST",
            "url": "https://api.mypurecloud.com/api/v2/conversations/callbacks",
            "body": body,
        }
    )
    ran = cxcall("explain", "-", "--fix", "--as", "cmd", stdin=text)
    assert (
        ran.out
        == "cxcall send create-callback --base-url https://api.mypurecloud.com --file body.json --dry-run\n"
    )
    assert "save the output of `--as json` as body.json" in ran.err


@pytest.mark.slow
def test_each_form_of_the_installed_command_is_valid(cxcall: Cxcall) -> None:
    random, forms = Random(9), ("send", "json")
    for operation in random.sample(OPERATIONS, 4):
        if operation.is_for_login:
            continue
        url = operation.url(
            operation.contract.base_url(),
            {each.name: QUEUE for each in operation.parameters if each.location == "path"},
        )
        text = json.dumps(
            {"method": operation.method, "url": url, "body": correct_body(operation, random)}
        )
        for form in forms:
            ran = cxcall("explain", "-", "--fix", "--as", form, stdin=text)
            if form == "json" and "to be filled in" not in ran.err:
                cxcall("validate", "-", "--operation", operation.name, stdin=ran.out, code=0)
            elif form == "send" and "to be filled in" not in ran.err:
                result = subprocess.run(
                    ["bash", "-c", ran.out],
                    capture_output=True,
                    text=True,
                    check=False,
                    env={**cxcall.environment, "PATH": cxcall.path_of_shells()},
                )
                assert result.returncode == 0, result
                assert unquote(result.stdout).startswith(f"{operation.method} ")
