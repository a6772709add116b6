"""Building a body from a file, stdin, and flags, and their precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

GOOD = {
    "contactId": CONTACT,
    "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550100"}},
}


def dry(cxcall: Cxcall, *arguments: str) -> Any:
    """Return the body that would be sent."""
    return cxcall("execute", CAMPAIGN, *arguments, "-n", "-o", "json", code=0).envelope["request"][
        "body"
    ]


def test_flags_build_the_whole_body(cxcall: Cxcall) -> None:
    body = dry(
        cxcall,
        "--contact-id",
        CONTACT,
        "--phone-number",
        "+12025550100",
        "--data",
        "first=Ada",
        "--data",
        "a/b=x=y",
    )
    assert body == {
        **GOOD,
        "contactSpec": {
            "contactId": CONTACT,
            "contactData": {"phoneNumber": "+12025550100", "first": "Ada", "a/b": "x=y"},
        },
    }


@pytest.mark.slow
def test_set_takes_any_json_and_creates_missing_objects(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", GOOD)
    body = dry(
        cxcall,
        "-f",
        name,
        "--set",
        "/contactSpec/contactData/age=7",
        "--set",
        '/contactSpec/contactData/note="a b"',
    )
    assert body["contactSpec"]["contactData"] == {
        "phoneNumber": "+12025550100",
        "age": 7,
        "note": "a b",
    }
    assert (
        dry(
            cxcall,
            "--set",
            f'/contactId="{CONTACT}"',
            "--set",
            f'/contactSpec/contactId="{CONTACT}"',
            "--set",
            '/contactSpec/contactData/phoneNumber="+12025550100"',
        )
        == GOOD
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "contactId=1"), "is not of the form /pointer=JSON"),
        (("--set", "/contactId"), "is not of the form /pointer=JSON"),
        (("--set", "/contactId=abc"), "is not JSON"),
        (("--set", '/contactId/0="x"'), "no object or array to hold"),
        (("--set", '/contactSpec/contactData/phoneNumber/x/y="x"'), "no object or array to hold"),
        (("--set", f"{'/a' * 201}=1"), "over 200 levels deep"),
        (("--set", f"{'/a' * 500}=1"), "over 200 levels deep"),
        (("--set", f"{'/a' * 101}={'[' * 100}{']' * 100}"), "over 200 levels deep"),
        (("--data", "Ada"), "is not of the form KEY=VALUE"),
        (("--data", "phoneNumber=VALUE"), "placeholder"),
        (("-f", "missing.json"), "does not exist"),
        (("-f", "."), "is a directory"),
    ],
)
def test_unusable_set_file_or_data_is_a_usage_error(
    cxcall: Cxcall, arguments: tuple[str, ...], message: str
) -> None:
    file = () if "-f" in arguments else ("-f", cxcall.file("p.json", GOOD))
    ran = cxcall("execute", CAMPAIGN, *file, *arguments, "-n", "-o", "json", code=2)
    assert message in ran.envelope["findings"][0]["message"]
    assert ran.envelope["findings"][0]["fix"]


@pytest.mark.parametrize(
    ("arguments", "message", "fix"),
    [
        (
            ("--phone-number", "+12025550123", "--data", "phoneNumber=+12025550100"),
            "`--phone-number` and `--data phoneNumber` set the same value",
            "leave out one of them",
        ),
        (
            ("--data", "first=Ada", "--data", "first=Bob"),
            "`--data first` is given 2 times, but has one value",
            "give it once",
        ),
        (
            ("--set", "/contactId=1", "--set", "/contactId=2"),
            "`--set /contactId` is given 2 times, but has one value",
            "give it once",
        ),
        (
            ("--set", "/contactSpec/contactId=1", "--set", "/contactSpec={}"),
            "`--set /contactSpec/contactId` and `--set /contactSpec` set the same value",
            "leave out one of them",
        ),
        (
            ("-f", "ada.json", "--file", "bob.json"),
            "`--file` is given more than once, but a request has one body",
            "run the command once for each file, or use `cxcall batch`",
        ),
    ],
)
def test_two_options_that_set_one_value_are_refused(
    cxcall: Cxcall, arguments: tuple[str, ...], message: str, fix: str
) -> None:
    ran = cxcall("execute", CAMPAIGN, *arguments, "-n", "-o", "json", code=2)
    finding = ran.envelope["findings"][0]
    assert (finding["message"], finding["fix"]) == (message, fix)


def test_items_appended_by_set_are_different_values(cxcall: Cxcall) -> None:
    words = ("--set", "/a=[]", "--set", "/a/-=1", "--set", "/a/-=2", "-n", "--force", "-o", "json")
    body = cxcall("execute", CAMPAIGN, *words, code=0).envelope["request"]["body"]
    assert body["a"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("--data", "first"), "write `--data first=VALUE`"),
        (("--data", "=x"), "write `--data KEY=VALUE`"),
        (("--set", "contactId="), """write `--set '/contactId="..."'`"""),
        (("--set", "reasonCode=x"), "write `--set /POINTER=JSON`; its places: `cxcall operations execute`"),
    ],
)  # fmt: skip
def test_hint_on_a_single_value_has_no_value_of_a_sample(
    cxcall: Cxcall, arguments: tuple[str, ...], fix: str
) -> None:
    given = ("--phone-number", "+12025550123", *arguments)
    ran = cxcall("execute", CAMPAIGN, *given, "-n", "-o", "json", code=2)
    assert ran.envelope["findings"][0]["fix"] == fix


@pytest.mark.parametrize(
    "value", [f"{'/a' * 200}=1", f"{'/a' * 100}={'[' * 100}{']' * 100}"], ids=["pointer", "both"]
)
def test_deeply_nested_value_is_checked(cxcall: Cxcall, value: str) -> None:
    words = ("-f", cxcall.file("p.json", GOOD), "--set", value, "-n", "-o", "json")
    assert "property-unknown" in cxcall("execute", CAMPAIGN, *words, code=3).codes


def test_set_says_that_it_reads_no_file(cxcall: Cxcall) -> None:
    ran = cxcall("execute", CAMPAIGN, "--set", "/reasonCode=@x.txt", "-n", code=2)
    assert "`@` does not read a file: write its content as a JSON string" in ran.err


def test_malformed_file_exits_with_3(cxcall: Cxcall) -> None:
    ran = cxcall("execute", CAMPAIGN, "-f", cxcall.file("p.json", "{"), "-n", "-o", "json", code=3)
    assert ran.codes == ["body-malformed"]


def test_missing_body_names_the_flags_that_build_one(cxcall: Cxcall) -> None:
    ran = cxcall("execute", CAMPAIGN, "-o", "json", code=2)
    assert (
        ran.envelope["findings"][0]["fix"]
        == "give `--contact-id UUID --phone-number E164`, or `--file FILE`"
    )


def test_finding_names_the_flag_that_set_the_value(cxcall: Cxcall) -> None:
    ran = cxcall(
        "execute", CAMPAIGN, "--contact-id", "7", "--phone-number", "+15550199", "-n", code=3
    )
    assert "  --> --contact-id  /contactId" in ran.err
    assert "  --> --phone-number  /contactSpec/contactData/phoneNumber" in ran.err
    assert "+15550199" not in ran.err


def test_contact_in_the_path_is_taken_from_the_body(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": CONTACT, "reasonCode": "x"})
    send = ("personal-connection", "--route", "contact")
    assert (
        cxcall(*send, "-f", name, "-n", "-o", "json", code=0)
        .envelope["request"]["url"]
        .endswith(f"/contacts/{CONTACT}/personal-connections")
    )
    ran = cxcall(*send, "--reason-code", "x", "-n", "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert "`--contact-id` is missing" in finding["message"]


@pytest.mark.slow
def test_warnings_stop_a_request_only_with_strict(live: Cxcall) -> None:
    arguments = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+1234567890")
    assert live(*arguments, "--strict", "-o", "json", code=3).codes == ["phone-unlikely"]
    assert live(*arguments, "-o", "json", code=0).codes == ["phone-unlikely"]
