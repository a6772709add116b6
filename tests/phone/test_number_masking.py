"""Phone numbers in text are masked, and nothing else is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.phone.number_masking import (
    mask_cell,
    mask_text,
    mask_url,
    mask_value,
)
from cxcall.phone.numbers_in_text import numbers_in
from cxcall.phone.response_masking import mask_written_numbers, response_masker
from helpers.cases import each_case

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - no zone is meant


@each_case(
    "text",
    [
        "2024-11-02",
        "/2010-04-01/Accounts",
        "2024-11-02T10:00:00.123456Z",
        "2024-11-02 10:00:00+01:00",
        "12 2024-11-02 10:00 +0100 2024-11-03",
        "2024.11.02, 02.11.2024, 11-02-2024",
        "2026-01-01..2026-12-31, 2026-01-01--2026-02-01",
        "20241102, 20241102103000",
        "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11",
        "12345678-1234-1234-1234-123456789012",
        "192.168.100.200:8080",
        "10.42.4.66/api/x, connect ETIMEDOUT 52.51.10.20:443",
        "correlation ID: 66778899-aabb-4ccd-8eef-001122334455",
        "01M8C4Y07WRNW650AV",
        "v2.0.1234, 12345.6",
        "contact 1234567 of list 87654321",
        "skillId=4567890123, contact_id: 2025550123, IDs 4567890123",
        '{"contactId": "2025550123", "id":"4930123456789"}',
        "1764171393, 1764171393123, 12345678901234567",
        "/contacts/2025550123/skills/4567890123?agentId=2025550123",
        "`jobId` `2025550123`",
    ],
)
def test_date_or_id_is_not_masked(text: str) -> None:
    assert mask_text(text) == text
    assert mask_written_numbers(text) == text
    assert mask_url(f"https://host/{text}") == f"https://host/{text}"
    assert numbers_in(text) == []


@each_case(
    "text",
    [
        "http://127.0.0.1:36057/api/v2/engagements",
        "see http://10.20.30.40:8080/api, or https://10.20.30.41",
        "http://10.20.30.40:8080/2026",
    ],
)
def test_address_in_a_url_is_not_masked(text: str) -> None:
    assert mask_text(text) == text
    assert numbers_in(text) == []


@each_case(
    "text, expected",
    [
        ("+12025550123", "+*******0123"),
        ("http://10.20.30.40/2025550123", "http://10.20.30.40/******0123"),
        ("http://10.20.30.40:8080/x 2025550123", "http://10.20.30.40:8080/x ******0123"),
        ("http://10.20.30.40.2025550123", "http://**.**.**.**.******0123"),
        ("call +1 (202) 555-0123 now", "call +* (***) ***-0123 now"),
        ("202-555-0123", "***-***-0123"),
        ("phone 5550123", "phone ***0123"),
        ("to=5550123, mobile: 91234567", "to=***0123, mobile: ****4567"),
        ('{"phoneNumber": "912345678"}', '{"phoneNumber": "*****5678"}'),
        ('{"phoneNumbers": ["912345678"]}', '{"phoneNumbers": ["*****5678"]}'),
        (
            '{"phoneNumbers": ["+49", "30", "901829995"]}',
            '{"phoneNumbers": ["+49", "30", "*****9995"]}',
        ),
        ("2025550123, 4930123456, 13812345678", "******0123, ******3456, *******5678"),
        ("/calls/2025550123 /numbers/5550123", "/calls/******0123 /numbers/***0123"),
        ("paid 2025550123, grid 2025550123", "paid ******0123, grid ******0123"),
        ("id +12025550123", "id +*******0123"),
        ("id 202-555-0123", "id ***-***-0123"),
        ("tel:12025550123", "tel:*******0123"),
        ("2024-11-02 +12025550123", "2024-11-02 +*******0123"),
        ("2024-11-02 2025550123", "2024-11-02 ******0123"),
        ("2024-13-02", "****-13-02"),
        ("2024-11-02-55", "****-**-02-55"),
        ("+20241102", "+****1102"),
        ("20.25.55.01.23", "**.**.**.01.23"),
        ("12.34.56.78 or 12.34.56.78/79", "**.**.56.78 or **.**.56.78/79"),
        ("To=%2B12025550123&From=2025550124", "To=%2B*******0123&From=******0124"),
        ("n=0049%2030%20901820&m=202+555+0123", "n=****%20**%20**1820&m=***+***+0123"),
        ("n=%31%32%30%32%35%35%35%30%31%32%33", "n=*********************%30%31%32%33"),
        ("%252B12025550123 \\u002B12025550123", "%252B*******0123 \\u002B*******0123"),
        ("n=%D9%A2%D9%A0%D9%A25550123", "n=" + "*" * 21 + "0123"),
        ("%EF%BC%8B12025550123", "%EF%BC%8B*******0123"),
        ("(202) [555] 0123, +44 (20) [7183] 8750", "(***) [***] 0123, +** (**) [****] 8750"),
        ("[202] 555-0123; {202} 555 0123", "[***] ***-0123; {***} *** 0123"),
        ("[202] [555] [0123]; (202) [555] [0123]", "[***] [***] [0123]; (***) [***] [0123]"),
        ("at=2026-12-01T10%3A00%3A00Z", "at=2026-12-01T10%3A00%3A00Z"),
    ],
)
def test_phone_number_is_masked(text: str, expected: str) -> None:
    assert mask_text(text) == expected


@each_case(
    "column, cell, masked",
    [
        ("Phone 1", "5550126", "***0126"),
        ("/person/phoneNumber", "202555012", "*****5012"),
        ("Customer", "2025550126", "******0126"),
        ("Note", "call (202) 555-0126", "call (***) ***-0126"),
        ("Customer ID", "2025550126", "2025550126"),
        ("Customer Number", "100455", "100455"),
        ("Name", "C-0017", "C-0017"),
    ],
)
def test_cell_is_masked_by_its_column_and_form(column: str, cell: str, masked: str) -> None:
    assert mask_cell(column, cell) == masked


def test_name_of_a_member_says_whether_it_is_an_id() -> None:
    value = {"contactId": "2025550123", "to": "5550123", "x": ["2025550123"], "list": "1234567"}
    masked = {**value, "to": "***0123", "x": ["******0123"]}
    assert mask_value(value) == masked
    assert numbers_in(["id 2025550123", "call 5550123"]) == ["***0123"]


@given(
    moment=MOMENTS,
    form=st.sampled_from(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d"]),
)
def test_no_date_is_masked(moment: datetime, form: str) -> None:
    text = f"from {moment.strftime(form)} to {moment.isoformat()}Z"
    assert mask_text(text) == text
    assert mask_written_numbers(text) == text


@given(value=st.uuids())
def test_no_uuid_is_masked(value: UUID) -> None:
    assert mask_text(f"id {value}.") == f"id {value}."


@pytest.mark.slow
@given(
    number=st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
    text=st.text("ab ,;:/\n", max_size=20),
)
def test_every_international_number_is_masked(number: str, text: str) -> None:
    for masked in (mask_text(f"{text} {number}"), mask_written_numbers(f"{text} {number}")):
        assert number[:-4] not in masked
        assert masked.endswith(number[-4:])


@given(st.text(st.sampled_from("0123456789 ().-/a"), max_size=40))
def test_numbers_are_masked_whatever_else_is_in_the_text(text: str) -> None:
    """A sign of an escape makes the search examine every text with seven digits."""
    assert mask_text(text) == mask_text(f"{text} &")[:-2]


def test_echoed_number_is_masked_in_escapes() -> None:
    sent = '{"phoneNumber": "+12025550154"}'
    for text in (
        "a%2B12025550154",
        "=2B12025550154",
        "&#43;12025550154",
        "+12025550154x99",
        "%252B12025550154",
        "Bad +12025550154",
        "q=%2B12025550187",
    ):
        masked = response_masker(sent)(text)
        assert "555" not in masked, text
        assert masked.rpartition("*")[0]
    kept = "/x/2027-01-01T00:00:00Z?id=12345678901&t=%2F7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
    assert response_masker(sent)(kept) == kept


def test_number_is_masked_in_unusual_spellings() -> None:
    for number in (
        "+12025550123x99",
        "+12025550123abc",
        "+1_202_555_0123",
        "+1/202/5550123",
        "ctx-+49/171/234567",
        "+1 202 555/0123",
        "+1\u2215202\u22155550123",
        "+1.202.555.0123x12",
        "+1.202.555.0123abc",
        "12025550123x77777777",
        "+1202555\x000123",
        "1 (202) 555-0123 ext. 5",
        "1.2025550123E+10",
        "1,2025550123e10",
        "1/202/555/0123",
        "0049/17/23456",
        "+1/202/555/0123",
        "+1:202:555:0123",
        "=2B12025550123",
        "+\u00b9\u00b2\u2070\u00b2\u2075\u2075\u2075\u2070\u00b9\u00b2\u00b3",
        "".join(f"{digit}\ufe0f\u20e3" for digit in "12025550123"),
    ):
        assert mask_text(f"no: {number}").count("*") == 7, number
    for kept in (
        "12:00:00 +1000] 200 12",
        "2026-11-27T12:00:00+10:00",
        "a_1_202_555_0123",
        "+10:00:00",
        "10:00:00:1234",
        "+1,202,555",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[12345] [6789]",
        "10:11:12 [1234] [5678]",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
        "%E2%82%AC 12%2034",
        "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11",
        "1.2.3.4:5060",
        "\u00b9\u00b2 words",
        "1.764171393E9 1.764171393123E12 3.14159265E0 1.5E10",
        "1000000x2000000, 0x12025550123, v1.2025550123a",
        "/202/555/0123/x, a/202/555/0123, 12/345/6789012, 02/11/2024",
    ):
        assert mask_text(kept) == kept, kept


def test_id_after_a_number_is_not_masked() -> None:
    assert mask_text("/calls/+12025550123/12345678") == "/calls/+*******0123/12345678"


@each_case(
    "number",
    [
        "(317) 555-9999", "317-555-9999", "1-317-555-9999", "1 (317) 555.9999", "317.555.9999", "1 317 555 9999",
        "0171/2345678", "030 12345678", "020 7183 8750", "01 23 45 67 89", "02 1234 5678",
        "0044 20 7183 8750", "(0171) 2345678", "(11) 98765-4321", "+1/202/5550123", "+49 (0)171 2345678",
    ],
)  # fmt: skip
def test_number_of_someone_else_is_masked_in_a_response(number: str) -> None:
    text = f"agent at {number} is busy"
    masked = response_masker("+12025550154")(text)
    digits = [char for char in number if char.isdigit()]
    assert masked.count("*") == len(digits) - 4
    assert mask_value({"note": text}, response_masker("")) == {"note": masked}


@each_case(
    "text",
    [
        "01-02-2024 10:30, 02/11/2024 10:30, 02.11.2024 10:30:05.123456", "04-01-53 03-09, 03-07-47-10-32-08, 04.50.03.083425",
        "3175558888, 1764171393123, 2024-000123-4567, 112-1234567-1234567, 001-002-003", "050228-073733 12:30:05.123456789",
        "(200) 1764171393, (404) 2026-11-27, (2026) 1127 1128, page (1) 20261127", "512 256 1024, 05 20261127, 1.02.345.6789",
        "0123-456789, 01-1234-5678, 012.345678, 02-03-04-05-06",
        "00000172-2025-5501-8555-017220255501 200.255.255.10:8080 v2.0.1234",
    ],
)  # fmt: skip
def test_date_or_id_in_a_response_is_not_masked(text: str) -> None:
    assert mask_written_numbers(text) == text


@pytest.mark.slow
def test_text_of_signs_that_numbers_contain_takes_no_longer_than_another() -> None:
    """Each bracket was tried in thousands of ways: this text took minutes."""
    mask = response_masker('{"phoneNumber": "+12025550154"}')
    text = "(" * 300_000
    assert mask(text) == text
    assert "5550154" not in mask("(1) (202) 555-0154")
