"""Values that would be dialed: placeholders are refused, other texts cause a warning, addresses are sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall, Stranger

CXONE = ("--platform", "nice-cxone", "--skill", "4711")
GENESYS = ("--platform", "genesys-cloud")
QUEUE = ("--queue", "12345678-1234-1234-1234-123456789012")
COMMANDS = (
    ("call", *GENESYS),
    ("call", *CXONE, "--session", "abc"),
    ("callback", *GENESYS, *QUEUE),
    ("callback", *CXONE),
)
PLACEHOLDERS = ("YOUR_NUMBER", "<NUMBER>", "{{number}}", "<phoneNumber: +E.164 number>")


def own_document(cxcall: Cxcall) -> str:
    """Write a document whose numbers only their names show."""
    body = {"type": "object", "properties": {"destinationNumber": {"type": "string"}}}
    post = {
        "operationId": "dial-out",
        "summary": "Place a call.",
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Done."}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": "https://dial.example.com"}],
        "paths": {"/dial-out": {"post": post}},
    }
    return cxcall.file("own.json", document)


@pytest.mark.slow
@each_case("command, number", zip(COMMANDS, PLACEHOLDERS, strict=True))
def test_placeholder_of_a_number_is_refused(
    cxcall: Cxcall, command: tuple[str, ...], number: str
) -> None:
    ran = cxcall(*command, "--to", number, "-n", "-o", "json", code=3)
    assert ran.codes == ["placeholder"]


@pytest.mark.slow
def test_placeholder_of_a_number_in_an_own_document_is_refused(cxcall: Cxcall) -> None:
    own = own_document(cxcall)
    call = ("send", "dial-out", "--contract", own, "-n", "-o", "json", "--set")
    ran = cxcall(*call, '/destinationNumber="YOUR_NUMBER"', code=3)
    assert "placeholder" in ran.codes
    cxcall(*call, '/destinationNumber="+12025550123"', code=0)


def test_placeholder_of_a_number_is_not_sent(cxcall: Cxcall, stranger: Stranger) -> None:
    cxcall.environment |= {"CXCALL_BASE_URL": stranger.base_url, "CXCALL_ACCESS_TOKEN": "t"}
    cxcall("call", *GENESYS, "--to", "YOUR_NUMBER", "--yes", code=3)
    assert stranger.taken == []


@pytest.mark.slow
@each_case(
    "number",
    (
        *("+12025550123", "2025550123", "4711", "+1 (202) 555-0123", "+12025550123 ext. 7"),
        *("sip:alice@example.com", "alice@localhost", "Sales%20Flow@localhost", "tel:+12025550123"),
    ),
    quick=3,
)
def test_every_address_that_the_platform_dials_is_accepted(cxcall: Cxcall, number: str) -> None:
    ran = cxcall("call", *GENESYS, "--to", number, "-n", "-o", "json", code=0)
    assert ran.codes == []


def test_address_like_a_placeholder_is_only_a_warning(cxcall: Cxcall) -> None:
    ran = cxcall("call", *GENESYS, "--to", "my-flow@localhost", "-n", "-o", "json", code=0)
    assert [(each["severity"], each["code"]) for each in ran.envelope["findings"]] == [
        ("warning", "placeholder")
    ]


@pytest.mark.parametrize(
    ("command", "code", "severity"),
    [*zip(COMMANDS, (0, 3, 0, 0), ("warning", "error", "warning", "warning"), strict=True)],
)
def test_text_that_is_not_a_number_has_a_finding(
    cxcall: Cxcall, command: tuple[str, ...], code: int, severity: str
) -> None:
    """Only `dial-phone` of NICE CXone documents that it refuses such a number."""
    ran = cxcall(*command, "--to", "not a number", "-n", "-o", "json", code=code)
    [found] = ran.envelope["findings"]
    assert (found["severity"], found["code"]) == (severity, "phone-format")
    assert "+12025550123" in found["fix"]


@pytest.mark.slow
@each_case(
    "number",
    (
        "+1\u00a0202\u00a0555\u00a00123",
        "+12025550123\u200b",
        "\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663",
    ),
)
def test_number_of_other_characters_than_ascii_has_a_warning(cxcall: Cxcall, number: str) -> None:
    for command in (("call", *GENESYS), ("callback", *CXONE)):
        ran = cxcall(*command, "--to", number, "-n", "-o", "json", code=0)
        [found] = ran.envelope["findings"]
        assert (found["severity"], found["code"]) == ("warning", "phone-format")
        assert "not ASCII" in found["message"]


@pytest.mark.slow
def test_number_with_decimals_has_a_warning_that_names_them(cxcall: Cxcall) -> None:
    own = ("send", "dial-out", "--contract", own_document(cxcall))
    in_body = (*own, "--set", '/destinationNumber="+12025550123.0"')
    in_query = ("callback", *CXONE, "--to", "12025550123.0")
    for command in (("call", *GENESYS, "--to", "12025550123.00"), in_query, in_body):
        ran = cxcall(*command, "-n", "-o", "json", code=0)
        [found] = ran.envelope["findings"]
        assert (found["severity"], found["code"]) == ("warning", "phone-format")
        assert "is a phone number with decimals: `.0" in found["message"]


@pytest.mark.slow
@each_case(
    "text", ("1.20256E+10", "1,20256E+10", "+1202555O124", "+1202555012\u2074", "1202555l124")
)
def test_number_that_lost_digits_is_not_called_as_another_one(cxcall: Cxcall, text: str) -> None:
    """The schema of the document declares no format; the name of the property says that it is dialed."""
    own = ("--contract", own_document(cxcall), "-n", "-o", "json")
    sent = cxcall("send", "dial-out", *own, "--set", f'/destinationNumber="{text}"', code=0)
    assert ("phone-format", "warning") in [
        (each["code"], each["severity"]) for each in sent.envelope["findings"]
    ]
    rows = json.dumps({"destinationNumber": text})
    ran = cxcall("batch", cxcall.file("calls.jsonl", rows), "--operation", "dial-out", *own, code=3)
    assert '"invalid-number": 1' in ran.out


def test_impossible_number_in_the_query_has_a_finding(cxcall: Cxcall) -> None:
    ran = cxcall("callback", *CXONE, "--to", "+1234567890", "-n", "-o", "json", code=0)
    assert ran.codes == ["phone-unlikely"]


def test_validate_judges_lines_as_one_payload(cxcall: Cxcall) -> None:
    bodies = [{"phoneNumber": each} for each in ("not a number", "YOUR_NUMBER", "+12025550123")]
    lines = cxcall.file("calls.jsonl", "".join(f"{json.dumps(each)}\n" for each in bodies))
    ran = cxcall("validate", lines, "--operation", "place-call", "-o", "json", code=3)
    assert ran.codes == ["phone-format", "placeholder"]
