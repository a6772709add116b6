"""`explain` ends with 2 for input that it cannot read, and with 3 for errors, whoever reads its output."""

from __future__ import annotations

import gzip
import subprocess
from typing import TYPE_CHECKING

import pytest

from cxcall import explain
from cxcall.findings.errors import UsageError
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

WRONG = """curl https://api.mypurecloud.ie/api/v2/conversations/calls -H 'Authorization: Bearer abc' \\
  --json '{"phoneNumbr": "+12025550123"}'
"""


@each_case(
    "content, problem",
    [(gzip.compress(b"x"), "is not a text file"), ("Ü".encode("latin-1"), "is not UTF-8")],
)
def test_input_that_is_not_text_is_a_usage_error(
    cxcall: Cxcall, content: bytes, problem: str
) -> None:
    name = cxcall.file("request", content)
    ran = cxcall("explain", name, code=2)
    assert f"error[usage]: `{name}` {problem}" in ran.err
    with pytest.raises(UsageError, match=problem):
        explain(cxcall.folder / name)


@pytest.mark.slow
@each_case(
    "text, message",
    [
        ("HTTP/1.1 400 Bad Request\n\n", "the text shows only a response, and no request that could be corrected"),
        ('{"message": "no", "code": "bad.request", "status": 400}', "the text shows only a response, and no request that could be corrected"),
        ("POST https://api.mypurecloud.com/api/v2/conversations/callbacks -> 202", "nothing to correct: the API accepted the request with HTTP 202"),
        ("GET https://api.example.com/x", "no operation whose schema is known is similar to this request"),
    ],
)  # fmt: skip
def test_reason_why_there_is_no_correction_is_said(cxcall: Cxcall, text: str, message: str) -> None:
    ran = cxcall("explain", cxcall.file("pasted.txt", text), "--fix", code=2)
    assert message in ran.err


@pytest.mark.slow
@each_case("arguments, code", [("", 3), ("--fix", 0), ("-o jsonl", 3)])
def test_closed_pipe_does_not_hide_errors(cxcall: Cxcall, arguments: str, code: int) -> None:
    cxcall.file("wrong.txt", WRONG * 20)
    done = subprocess.run(
        ["bash", "-c", f"cxcall explain wrong.txt {arguments} | true; echo ${{PIPESTATUS[0]}}"],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{code}\n", "")


@each_case("options", [(), ("--fix",), ("--fix", "-o", "json")])
def test_text_without_a_request_is_a_usage_error(cxcall: Cxcall, options: tuple[str, ...]) -> None:
    assert "cannot parse `-` as an HTTP request" in str(
        cxcall("explain", "-", *options, stdin="hello\n", code=2)
    )


def test_request_that_may_have_placed_a_call_is_not_written_again(cxcall: Cxcall) -> None:
    timeout = "curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received\n"
    sent = WRONG.replace(".ie", ".com").replace("phoneNumbr", "phoneNumber")
    ran = cxcall("explain", "-", "--fix", stdin=sent + timeout, code=3)
    assert ran.out == ""
    assert "0 bytes received; check in the platform whether the call was placed" in ran.err
    other = cxcall("explain", "-", "--fix", stdin=WRONG + timeout, code=3)
    assert other.out.startswith("cxcall send place-call")
    assert "error[outcome-unknown]" in other.err


def test_accepted_request_beside_a_failed_one_is_left_as_it_is(cxcall: Cxcall) -> None:
    accepted = "POST https://api.mypurecloud.ie/api/v2/conversations/callbacks -> 202\n"
    failed = "GET https://api.mypurecloud.ie/api/v2/outbound/campaign -> 404\n"
    ran = cxcall("explain", "-", "--fix", stdin=accepted + failed, code=0)
    assert ran.out.count("cxcall send") == 1
    assert ran.err == ""
