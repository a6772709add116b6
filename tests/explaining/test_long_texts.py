"""Long texts that a person may paste by mistake, such as a minified file, are read in linear time."""

from __future__ import annotations

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.explaining.correction.json_repair import parse_repaired
from cxcall.explaining.explanation import explain
from cxcall.explaining.finding_order import rank_findings
from cxcall.explaining.readers.code.code_reader import read_code
from cxcall.explaining.readers.json_values.json_search import find_body
from cxcall.explaining.readers.json_values.objects_in_text import read_objects
from cxcall.explaining.readers.line_numbers import without_line_numbers
from cxcall.explaining.readers.messages.responses_in_text import read_noted_status
from cxcall.explaining.readers.paste_cleanup import clean_text, restore_urls
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.message_in_body import SOURCE
from cxcall.responses.refusals.place_in_request import find_listed_errors
from cxcall.responses.refusals.property_places import PropertyPlaces
from helpers.cases import each_case
from helpers.exchanges import CALLBACK, CALLBACKS, ID, exchange

pytestmark = pytest.mark.slow

SIZE = 1 << 15

# In each of these tests, quadratic time would take minutes, and the time limit of the test run would stop it.


@each_case(
    "unit",
    [
        "aaaa=",
        "f(a=",
        "&a=b\n",
        "a=b&\n",
        "a=\n&a=b\n",
        "x: [Error: a",
        "> {% a\n",
        "https://a.safelinks.protection.outlook.com/",
    ],
)
def test_long_text_is_cleaned_in_linear_time(unit: str) -> None:
    assert clean_text(unit * (SIZE // len(unit)))


def test_many_links_of_mails_are_read_in_linear_time() -> None:
    text = "https://a.safelinks.protection.outlook.com/" * SIZE
    assert restore_urls(text) == text


def test_many_lines_of_a_log_are_read_in_linear_time() -> None:
    text = "12:00 a line of a log that is as long as most lines are\n" * SIZE
    assert without_line_numbers(text) == text


def test_repeated_status_is_read_in_linear_time() -> None:
    line = "[10:43] HTTP 400 again and again\n"
    assert explain(f"POST {CALLBACKS}\n{line * (SIZE // 6)}")


@pytest.mark.parametrize("unit", ["    \n", "irm a "])
def test_long_text_without_a_request_is_refused_in_linear_time(unit: str) -> None:
    with pytest.raises(UsageError, match="cannot parse"):
        explain(f"text {unit * (SIZE // len(unit))} text")


def test_status_in_a_long_comment_is_found_in_linear_time() -> None:
    assert read_noted_status("# code 400 " * (SIZE // 8))


def test_many_brackets_and_separators_are_read_in_linear_time() -> None:
    number = f"+1202555{' ,;' * (SIZE // 4)}"
    assert explain(f'POST {CALLBACKS}\n{{"callbackNumbers": ["{number}"]}}')
    assert find_body(f"{'[POST `' * (SIZE // 4)}](http", is_request=False) is None


def test_many_objects_in_a_text_are_read_in_linear_time() -> None:
    assert not list(read_objects("x {} " * (SIZE // 8)))


def test_json_whose_quotes_are_all_escaped_is_explained_in_linear_time() -> None:
    unit = '\\"a\\":\\"b\\",'
    document, findings = parse_repaired(f"{{{unit * (SIZE // len(unit))}}}")
    assert document is None
    assert [each.code for each in findings] == ["body-malformed"]


def test_many_requests_in_code_are_read_in_linear_time() -> None:
    call = f'requests.post("https://api.mypurecloud.de{CALLBACKS}", json={{"a": 1}})\n'
    assert len(list(read_code(call * 250 + "# a comment\n" * (SIZE // 4)))) == 250


def test_digits_before_a_letter_are_read_in_linear_time() -> None:
    call = f"axios.post('https://api.mypurecloud.de{CALLBACKS}', {{a: 1}})\n"
    assert len(list(read_code(f"{call}{'0' * SIZE}R"))) == 1


def test_many_wrong_values_are_ranked_in_linear_time() -> None:
    response = {"message": "contactId is wrong"}
    (found,) = explain(exchange("POST", CALLBACKS, CALLBACK, response=response))
    wrong = [
        Finding.warning("id-format", f"/{each}/id", f"wrong {each}") for each in range(SIZE // 16)
    ]
    refused = [each._replace(severity=Severity.ERROR, source=SOURCE) for each in wrong]
    ranked = rank_findings([*wrong, *refused, *found.findings], found.request)
    assert len(ranked) > len(wrong)


def test_many_errors_of_a_response_are_placed_in_linear_time() -> None:
    operation = load_operation("add-contacts")
    body = [{"contactListId": ID, "data": {}} for _ in range(SIZE // 32)]
    errors = [{"field": f"field{number}", "message": "is wrong"} for number in range(len(body))]
    errors.append({"field": "callable", "message": "is wrong"})
    found = find_listed_errors(PropertyPlaces(operation, body), {"errors": errors})
    assert [each.where for each in found] == ["/0/callable"]
