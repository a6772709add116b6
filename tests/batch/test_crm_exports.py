"""A CRM export is read unchanged: its encoding, its columns, its national numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import phonenumbers
import pytest

from cxcall.batch.input.column_mapping import parse_column_map
from cxcall.batch.input.national_numbers import write_in_e164
from cxcall.batch.input.rows import RowFile, RowFormat, check_encoding
from cxcall.contracts import contract
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.payloads.payload import Payload
from helpers.cases import each_case
from helpers.command import CAMPAIGN, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
MAP = ("--map", "contact-id=Customer ID", "--map", "phone-number=Work Phone")
CONTACT = "12345678-1234-4234-8234-000000000001"
EXPORT = f"Customer ID;First Name;Work Phone;Address\n{CONTACT};Zoë;(202) 555-0101;12 Main St\n"


def contact_data(sandbox: Sandbox) -> list[Any]:
    return [json.loads(entry.body)["contactSpec"]["contactData"] for entry in sandbox.rings]


def read_export(path: Path, *maps: str, mapping: str | None = None, encoding: str = "") -> Any:
    """Return the body of the only row of an export, whose other columns are ignored."""
    columns = parse_column_map(maps, mapping, ignores_extra=True, key="", usual_headers={})
    read_in = check_encoding(encoding) if encoding else ""
    with RowFile(str(path), RowFormat(read_in, "", columns)) as file:
        (row,) = file.rows(EXECUTE_OPERATION)
    assert row.payload is not None, row.findings
    return row.payload.value


@each_case(
    "encoding, named",
    [
        *((each, "") for each in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
        *((each, each) for each in ("windows-1252", "utf-16-le")),
    ],
)
def test_encoding_is_that_of_the_start_of_the_file_or_the_named_one(
    tmp_path: Path, encoding: str, named: str
) -> None:
    path = tmp_path / "crm.csv"
    path.write_bytes(EXPORT.encode(encoding))
    maps = (*MAP[1::2], "/contactSpec/contactData/firstName=First Name")
    found = read_export(path, *maps, encoding=named)["contactSpec"]["contactData"]
    assert found == {"phoneNumber": "(202) 555-0101", "firstName": "Zoë"}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (f"\n{CONTACT},+12025550101,x\n", 3, "a value under an empty header"),
        (f"\n{CONTACT},+12025550101,\n,,\n ,\t,\n", 0, "1 row, 1 valid"),
        ("\n,,\n12,+12025550101,\n", 3, "row 2: `/contactId` must be a UUID"),
        (f"\n{CONTACT},+12025550101,\nTotal: 1\n", 3, "delete the line, or write a delimiter"),
    ],
)
def test_columns_without_a_header_and_blank_rows(
    cxcall: Cxcall, text: str, code: int, message: str
) -> None:
    file = cxcall.file("crm.csv", f"contact-id,phone-number,{text}")
    assert message in cxcall("batch", file, *EXECUTE, "-n", code=code).err


@pytest.mark.slow
def test_years_and_dates_may_be_headers(cxcall: Cxcall) -> None:
    columns = "2023-2024,1.1.2024 - 31.12.2024,202301-202312"
    words = ("crm.csv", "--operation", "execute", "-n", "--ignore-extra-columns")
    for name, more in (("contact-id", ()), ("ID", ("--map", "contact-id=ID"))):
        cxcall.file("crm.csv", f"{name},{columns}\n{CONTACT},,,\n")
        assert "1 row, 0 valid" in cxcall("batch", *words, *more, code=3).err, name


@pytest.mark.parametrize("first", [f"{CONTACT},Ada", "(202) 555-0101,Ada"])
def test_values_of_a_table_without_a_header_are_not_printed(cxcall: Cxcall, first: str) -> None:
    words = ("batch", cxcall.file("crm.csv", f"{first}\n"), *EXECUTE, *MAP, "-n")
    ran = cxcall(*words, "-o", "json", code=2)
    assert "`crm.csv` has no header" in ran.out
    assert not any(each in ran.out + ran.err for each in first.split(","))


@pytest.mark.parametrize(
    "text", ["contact-id,reason\0-code\na,b\n", "contact-id,reason-code\na,b\0\n"]
)
def test_nul_in_a_table_is_reported_at_its_line(cxcall: Cxcall, text: str) -> None:
    words = ("batch", cxcall.file("crm.csv", text), "--operation", "personal-connection", "-n")
    assert "this record has a NUL character" in cxcall(*words, code=3).err


@each_case(
    "encoding, named, code, message",
    [
        ("windows-1252", "", 3, "add `--encoding windows-1252`"),
        ("utf-16-le", "", 3, "add `--encoding UTF-16LE`"),
        ("windows-1252", "ascii", 2, "is not ascii: byte 0xeb"),
        ("utf-8", "rot13", 2, "unknown encoding `rot13`"),
        ("utf-8", "utf-99", 2, "unknown encoding `utf-99`"),
    ],
)
def test_encoding_is_never_guessed(
    tmp_path: Path, encoding: str, named: str, code: int, message: str
) -> None:
    path = tmp_path / "crm.csv"
    path.write_bytes(EXPORT.encode(encoding))
    with pytest.raises(CxcallError) as refused:
        read_export(path, *MAP[1::2], encoding=named)
    assert refused.value.exit_code == code
    (finding,) = refused.value.findings
    assert message in f"{finding.message}; {finding.fix}"


def test_unknown_columns_are_reported_together_with_proposals(cxcall: Cxcall) -> None:
    table = f"contact_id;Work Phone;Address;Notes\n{CONTACT};(202) 555-0101;12 Main St;\n"
    ran = cxcall(
        "batch", cxcall.file("crm.csv", table), *EXECUTE, "--sandbox", "-o", "json", code=2
    )
    (finding,) = ran.envelope["findings"]
    assert (
        "4 columns that `execute` does not have: `contact_id`, `Work Phone`" in finding["message"]
    )
    assert (
        "`contact_id` looks like `contact-id`: add `--map contact-id=contact_id`" in finding["fix"]
    )
    assert (
        "`Work Phone` looks like `phone-number`: add `--map 'phone-number=Work Phone'`"
        in finding["fix"]
    )
    assert "`Address` looks like" not in finding["fix"]
    assert (
        "to send `Address` in the body, add `--map /contactSpec/contactData/Address=Address`"
        in finding["fix"]
    )
    assert "Notes" not in finding["fix"]  # one example is enough
    assert "--ignore-extra-columns" in finding["fix"]


@pytest.mark.slow
def test_proposed_member_of_the_body_can_be_mapped(live: Cxcall, sandbox: Sandbox) -> None:
    file = live.file("crm.csv", f"contact-id,phone-number,firstName\n{CONTACT},+12025550101,Ada\n")
    words = ("batch", file, *EXECUTE, "--confirm", "1")
    proposed = "/contactSpec/contactData/firstName=firstName"
    for refused in ((), ("--map", "firstName=firstName")):
        assert f"`--map {proposed}`" in live(*words, *refused, code=2).err
    assert f"`--map {proposed}`" in live(*words, "--map", "data=firstName", code=3).err
    live(*words, "--map", proposed, code=0)
    assert contact_data(sandbox) == [{"phoneNumber": "+12025550101", "firstName": "Ada"}]


@pytest.mark.slow
def test_target_that_has_a_column_is_not_proposed_again(cxcall: Cxcall) -> None:
    table = f"contact-id;Work Phone;Home Phone\n{CONTACT};(202) 555-0101;(212) 555-0101\n"
    words = ("batch", cxcall.file("crm.csv", table), *EXECUTE, "--sandbox")
    assert "`Home Phone` looks like `phone-number`" in cxcall(*words, code=2).err
    ran = cxcall(*words, "--map", "phone-number=Work Phone", code=2)
    assert "`Home Phone`" in ran.err
    assert "looks like" not in ran.err


@each_case(
    "maps, mapping, message",
    [
        (["phone-number=WorkPhone"], None, "write `--map 'phone-number=Work Phone'`"),
        (["phone-number=Fax"], None, "its columns: `Customer ID`, `First Name`"),
        (["phone_number=Work Phone"], None, "write `--map 'phone-number=Work Phone'`"),
        (["fax=Work Phone"], None, "see `cxcall operations execute`"),
        (["Work Phone=phone-number"], None, "write `--map 'phone-number=Work Phone'`"),
        (["phone-number"], None, "is not of the form TARGET=HEADER"),
        (["phone-number="], None, "is not of the form TARGET=HEADER"),
        (["phone-number=A", "phone-number=B"], None, "has two columns: `A` and `B`"),
        ([], "bad.toml", "`phone-number` must be the header of a column"),
        ([], "none.toml", "cannot be read"),
        ([], "map.toml", 'write `"phone-number" = "Work Phone"`'),
    ],
)
def test_unusable_map_is_rejected(
    tmp_path: Path, maps: list[str], mapping: str | None, message: str
) -> None:
    (tmp_path / "bad.toml").write_text("phone-number = 3\n", "utf-8")
    (tmp_path / "map.toml").write_text('phone-number = "WorkPhone"\n', "utf-8")
    (tmp_path / "crm.csv").write_text(EXPORT, "utf-8")
    with pytest.raises(UsageError) as refused:
        read_export(tmp_path / "crm.csv", *maps, mapping=mapping and str(tmp_path / mapping))
    (finding,) = refused.value.findings
    assert message in f"{finding.message}; {finding.fix}"
    assert finding.where != "--map" or maps


@pytest.mark.slow
def test_unusable_mapping_file_and_country_are_rejected(cxcall: Cxcall) -> None:
    words = ("batch", cxcall.file("crm.csv", EXPORT), *EXECUTE, "--ignore-extra-columns")
    for flags, message in (
        (("--mapping", "none.toml"), "`none.toml` cannot be read"),
        ((*MAP, "--default-country", "USA"), "unknown country `USA`"),
    ):
        assert message in cxcall(*words, "--sandbox", *flags, code=2).err


@pytest.mark.slow
def test_flags_replace_entries_of_a_mapping_file(live: Cxcall, sandbox: Sandbox) -> None:
    live.file(
        "map.toml",
        'contact-id = "Customer ID"\nphone-number = "Home"\n"/contactSpec/contactData/firstName" = "First Name"\n',
    )
    words = ("batch", live.file("crm.csv", EXPORT), *EXECUTE, "--mapping", "map.toml")
    more = ("--map", "phone-number=Work Phone", "--ignore-extra-columns", "--default-country", "US")
    live(*words, *more, code=0)
    assert contact_data(sandbox) == [{"phoneNumber": "+12025550101", "firstName": "Zoë"}]


@pytest.mark.slow
def test_column_and_map_for_one_target_are_rejected(cxcall: Cxcall) -> None:
    table = f"contact-id,phone-number,Phone\n{CONTACT},+12025550101,+12025550102\n"
    words = ("batch", cxcall.file("crm.csv", table), *EXECUTE, "--sandbox")
    ran = cxcall(*words, "--map", "phone-number=Phone", code=2)
    assert "two columns `phone-number`" in ran.err


@pytest.mark.slow
def test_terminal_offers_to_ignore_columns_that_set_nothing(cxcall: Cxcall) -> None:
    file = cxcall.file("crm.csv", f"contact-id,phone-number,Notes\n{CONTACT},+12025550101,x\n")
    words = ("batch", file, *EXECUTE, "--sandbox")
    with terminal(cxcall, *words, columns=200) as child:
        child.expect_exact("a column that `execute` does not have: `Notes`")
        child.expect_exact("[y/N] ")
        child.sendline("y")
        child.expect(r"accepted\S* +1 ")
    with terminal(cxcall, *words, columns=200) as child:
        child.expect_exact("[y/N] ")
        child.sendline("n")
        child.expect_exact("error[usage]")


@pytest.mark.slow
def test_numbers_that_are_written_in_e164_are_counted(live: Cxcall) -> None:
    table = f"contact-id,phone-number\n{CONTACT},+12025550101\n{CONTACT[:-1]}2,202.555.0102\n"
    words = ("batch", live.file("crm.csv", table), *EXECUTE, "--default-country", "us")
    ran = live(*words, "-o", "jsonl", code=0)
    assert "1 number written in E.164" in ran.err
    assert json.loads(ran.out.splitlines()[-1])["data"]["numbersWritten"] == 1


@pytest.mark.parametrize("region", ["US", "GB", "DE", "IT"])
def test_national_number_of_every_form_becomes_e164(region: str) -> None:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    forms = phonenumbers.PhoneNumberFormat
    e164 = phonenumbers.format_number(number, forms.E164)
    for form in (forms.NATIONAL, forms.INTERNATIONAL, forms.E164):
        body = contact_body(phonenumbers.format_number(number, form))
        changed = write_in_e164(EXECUTE_OPERATION, {}, body, region)
        assert body.value["contactSpec"]["contactData"]["phoneNumber"] == e164
        assert changed == (form != forms.E164)


EXECUTE_OPERATION = contract.load_operation("execute")


def contact_body(number: str) -> Payload:
    return Payload({"contactSpec": {"contactData": {"phoneNumber": number}}})


@pytest.mark.parametrize(
    "text",
    [
        "555-0101",
        "+4930123456.0",
        "(202) 555-0101 x5",
        "202-555-0101 or 202-555-0102",
        "1-800-FLOWERS",
        "2.03E+09",
        "2025550101/2025550102",
        "+49 30 123456 / 7",
        "+1 202 555 01",
        "+999 202 555 0101",
        "",
        "call me",
    ],
)
def test_text_that_is_not_exactly_one_valid_number_is_not_changed(text: str) -> None:
    body = contact_body(text)
    assert write_in_e164(EXECUTE_OPERATION, {}, body, "US") == 0
    assert body.value["contactSpec"]["contactData"]["phoneNumber"] == text


def test_only_numbers_that_are_dialed_are_changed() -> None:
    body = contact_body("2025550101")
    body.value["contactSpec"]["contactData"] |= {"customerId": "2025550103", "note": "2025550104"}
    assert write_in_e164(EXECUTE_OPERATION, {}, body, "US") == 1
    data = body.value["contactSpec"]["contactData"]
    assert (data["customerId"], data["note"]) == ("2025550103", "2025550104")
