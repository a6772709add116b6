"""Call guards: kinds of numbers, the do-not-call list, calling hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import load_operation
from cxcall.findings.errors import UsageError
from cxcall.payloads.payload import Payload
from cxcall.phone.calling_hours import Hours, time_zones
from cxcall.sandbox.server import Sandbox
from cxcall.sending import numbers_in_request
from cxcall.sending.call_guards import check_kind
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, Cxcall

if TYPE_CHECKING:
    from collections.abc import Sequence

BERLIN = "+4930123456"
USER = "00000004-1234-1234-1234-123456789012"


def hours_at(zone: str, *, inside: bool) -> str:
    """Return hours that include, or exclude, the current local time of `zone`."""
    now = datetime.now(UTC).astimezone(ZoneInfo(zone))
    begin, end = (-3, 3) if inside else (4, 8)
    return "-".join(f"{now + timedelta(hours=hour):%H:%M}" for hour in (begin, end))


def call(number: str) -> tuple[str, ...]:
    return ("call", "--to", number, "--as", USER, "-n", "-o", "json")


@each_case("number", ["911", "+1911"])
def test_emergency_number_is_stopped_without_force(number: str, cxcall: Cxcall) -> None:
    ran = cxcall(*call(number), code=3)
    assert ran.codes == ["phone-kind"]
    if number == "911":
        cxcall(*call(number), "--force", code=0)


def test_number_with_decimals_is_checked_without_them(cxcall: Cxcall) -> None:
    assert "phone-kind" in cxcall(*call("+19005550123.0"), code=3).codes


def test_time_zone_of_a_number_with_decimals_is_known() -> None:
    assert time_zones("+12025550123.0") == time_zones("+12025550123") != {}


@pytest.mark.slow
def test_emergency_number_of_few_countries_names_them() -> None:
    (rare,), (usual,) = check_kind("123"), check_kind("112")
    assert "is an emergency number in BA, CO, EG, GT, and ME" in rare.message
    assert usual.message == "`112` is an emergency number"
    assert list(check_kind("911 Jane"))
    assert list(check_kind("112 (Notruf)"))


def test_letters_of_a_premium_rate_number_are_read() -> None:
    (found,) = check_kind("1-900-JKL-0123")
    assert "premium-rate" in found.message


@pytest.mark.parametrize(
    "number",
    ["+19005551234", "011 44 909 8790123"],
)
def test_premium_rate_number_is_stopped_without_force(number: str, cxcall: Cxcall) -> None:
    ran = cxcall(*call(number), code=3)
    assert ran.codes == ["phone-kind"]
    assert number not in ran.out
    assert ran.envelope["findings"][0]["where"] == "/phoneNumber"


@pytest.mark.slow
@pytest.mark.parametrize("number", ["7001", "29005551234", "sip:ada@example.com"])
def test_extension_or_sip_address_has_no_finding(number: str, cxcall: Cxcall) -> None:
    assert cxcall(*call(number), code=0).codes == []


@pytest.mark.slow
def test_call_outside_calling_hours_gets_a_warning(cxcall: Cxcall) -> None:
    ran = cxcall(*call(BERLIN), "--hours", hours_at("Europe/Berlin", inside=False), code=0)
    finding = ran.envelope["findings"][0]
    assert (finding["severity"], finding["code"]) == ("warning", "outside-hours")
    assert "(Europe/Berlin)" in finding["message"]
    within = hours_at("Europe/Berlin", inside=True)
    assert cxcall(*call(BERLIN), "--hours", within, code=0).codes == []


@pytest.mark.slow
def test_profile_can_enforce_calling_hours(live: Cxcall, sandbox: Sandbox) -> None:
    outside = hours_at("Europe/Berlin", inside=False)
    live.file(
        "config/config.toml", f'[profiles.eu]\nhours = "{outside}"\nhours_policy = "enforce"\n'
    )
    live.environment["CXCALL_PROFILE"] = "eu"
    words = ("call", "--to", BERLIN, "--as", USER, "--force", "-o", "json")
    assert live(*words, code=7).codes == ["outside-hours"]
    assert not sandbox.rings
    live(*words, "--hours", hours_at("Europe/Berlin", inside=True), code=0)
    assert len(sandbox.rings) == 1


def test_every_possible_time_zone_of_a_number_is_checked(cxcall: Cxcall) -> None:
    assert {"America/New_York", "Pacific/Honolulu"} < set(time_zones("+18005551234"))
    # Three hours around the time of New York are over in Honolulu, five or six hours behind.
    hours = hours_at("America/New_York", inside=True)
    ran = cxcall(*call("+18005551234"), "--hours", hours, code=0)
    assert "outside-hours" in ran.codes


@pytest.mark.slow
def test_unknown_time_zone_is_reported(cxcall: Cxcall) -> None:
    ran = cxcall(*call("7001"), "--hours", "00:00-23:59:59", code=0)
    found = ran.envelope["findings"][0]
    assert "the time zone of" in found["message"]
    assert "send this call alone without `--hours`" in found["fix"]


@each_case(
    "text",
    ["", "8-21", "25:00-26:00", "08:00-21:00-22:00", "08:00Z-21:00Z", "00:00-24:00"],
)
def test_invalid_hours_are_rejected(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Hours.parse(text)
    assert "08:00-21:00" in refused.value.findings[0].fix


def test_hours_that_begin_and_end_at_the_same_time_are_rejected() -> None:
    with pytest.raises(UsageError, match="they begin and end at the same time") as refused:
        Hours.parse("08:00-08:00")  # no row would ever be called
    assert "`00:00-23:59:59` for the whole day" in refused.value.findings[0].fix
    assert time(23, 59, 59) in Hours.parse("00:00-23:59:59")


@pytest.mark.slow
@given(st.times(), st.times(), st.times())
def test_time_is_either_inside_the_hours_or_outside(begin: time, end: time, moment: time) -> None:
    inside = moment in Hours(begin, end)
    if moment in (begin, end):
        assert inside
    else:
        assert inside != (moment in Hours(end, begin)) or begin == end


DO_NOT_CALL = """phone;asked
# who asked not to be called
+49 30 123456;2026-01-01
"(202) 555-0123"
0044 20 7946 0000
"""


@pytest.mark.parametrize("number", ["+12025550123", "+442079460000"])
def test_number_on_the_do_not_call_list_is_stopped_in_any_notation(
    number: str, live: Cxcall, sandbox: Sandbox
) -> None:
    listed = live.file("dnc.txt", DO_NOT_CALL)
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", number)
    ran = live(*words, "--do-not-call", listed, "--force", "--again", "-o", "json", code=7)
    assert ran.codes == ["do-not-call"]
    assert number not in ran.out
    assert not sandbox.rings
    live(*words, "--do-not-call", live.file("other.txt", "+12025550199\n"), code=0)


@pytest.mark.slow
def test_do_not_call_list_without_numbers_is_rejected(cxcall: Cxcall) -> None:
    listed = cxcall.file("dnc.txt", "+12025550123\nAda Lovelace\n")
    ran = cxcall(*call("+12025550124"), "--do-not-call", listed, code=2)
    assert "line 2" in ran.envelope["findings"][0]["message"]
    assert cxcall(*call("+12025550124"), "--do-not-call", "none.txt", code=2).codes == ["usage"]


@pytest.mark.slow
@each_case(
    "line",
    [
        "2025550124 2025550125",
        "+1202555012*",
        "20255501.24e2",
        "2025550124/2025550125",
        "+1202555o124",
        "12",
    ],
    quick=2,
)
def test_do_not_call_line_that_is_not_exactly_one_number_is_rejected(
    line: str, cxcall: Cxcall
) -> None:
    # On the first line, a short number may belong to a heading.
    before = "phone\n" if line == "12" or "/" in line else ""
    listed = cxcall.file("dnc.txt", f"{before}{line}\n+12025550123\n")
    ran = cxcall(*call("+12025550177"), "--do-not-call", listed, code=2)
    message = ran.envelope["findings"][0]["message"]
    assert f"line {1 + bool(before)} of `{listed}`" in message


@pytest.mark.parametrize(
    "line",
    [
        "1 202/555/0123",
        "tel:+12025550123",
        "\uff12\uff10\uff12-555-0123",
        "+12025550199, 2025550123",
        "2025550123;2026-01-01;4711",
        "'2025550123' # asked",
    ],
)
def test_do_not_call_line_protects_each_of_its_numbers(line: str, cxcall: Cxcall) -> None:
    listed = cxcall.file("dnc.txt", f"Phone 1;asked\n{line}\n")
    assert cxcall(*call("+12025550123"), "--do-not-call", listed, code=7).codes == ["do-not-call"]


def test_trunk_zero_in_parentheses_is_not_dialed_from_abroad(cxcall: Cxcall) -> None:
    listed = cxcall.file("dnc.txt", "+44 (0)20 7946 0000\n")
    ran = cxcall(*call("+442079460000"), "--do-not-call", listed, code=7)
    assert ran.codes == ["do-not-call"]


@pytest.mark.slow
def test_strict_batch_row_on_the_do_not_call_list_is_stopped_despite_force(
    live: Cxcall, sandbox: Sandbox
) -> None:
    rows = "contact-id,phone-number\n" + "".join(
        f"{CONTACT[:-1]}{digit},+1202555016{digit}\n" for digit in range(3)
    )
    batch = ("batch", live.file("rows.csv", rows), "--operation", "execute", "-o", "jsonl")
    words = (
        *batch,
        "--param",
        f"campaignId={CAMPAIGN}",
        "--do-not-call",
        live.file("d", "+12025550161"),
    )
    ran = live(*words, "--force", "--strict", code=3)
    assert "do-not-call" in ran.out
    assert not sandbox.rings
    live(*words, "--force", "--strict", "--skip-invalid", code=9)
    assert sorted(entry.numbers[0][-4:] for entry in sandbox.rings) == ["0160", "0162"]


def test_numbers_in_contact_columns_are_checked() -> None:
    operation = load_operation("add-contacts")
    body = Payload(
        [{"contactListId": USER, "data": {"Home": "+12025550123", "Name": "+Ada", "Age": 7}}]
    )
    found = numbers_in_request.dialed_numbers(operation, {}, body)
    assert found == [numbers_in_request.DialedNumber("+12025550123", "/0/data/Home")]


def test_operation_that_places_no_call_is_not_guarded(cxcall: Cxcall) -> None:
    words = ("send", "add-dnc-numbers", "--dnc-list-id", USER, "-n", "-o", "json")
    numbers = cxcall.file("numbers.json", json.dumps(["+19005551234"]))
    assert cxcall(*words, "--file", numbers, code=0).codes == []


@pytest.mark.parametrize(
    ("arguments", "environment", "where"),
    [
        (["config", "show"], {}, "config/config.toml:2"),
        (["config", "show"], {"CXCALL_HOURS": "9-5"}, "CXCALL_HOURS"),
        ([*call(BERLIN)[:-2], "--hours", "9-5"], {}, "--hours"),
    ],
)
def test_invalid_hours_are_reported_with_their_source(
    cxcall: Cxcall, arguments: Sequence[str], environment: dict[str, str], where: str
) -> None:
    cxcall.file("config/config.toml", '[profiles.default]\nhours = "always"\n')
    ran = cxcall(*arguments, env=environment, code=2)
    (finding,) = (line for line in ran.err.splitlines() if line.startswith("  --> "))
    assert finding.endswith(where), ran
    assert "--hours" not in ran.err or where == "--hours"


@pytest.mark.slow
@pytest.mark.parametrize("source", [".env", "profile"])
def test_sandbox_applies_the_do_not_call_list_of_every_source(source: str, cxcall: Cxcall) -> None:
    cxcall.file("dnc.txt", f"{BERLIN}\n")
    list_path = str(cxcall.folder / "dnc.txt")
    if source == ".env":
        cxcall.file(".env", f"CXCALL_DO_NOT_CALL={list_path}\n")
    else:
        cxcall.file("config/config.toml", f'[profiles.eu]\ndo_not_call = "{list_path}"\n')
    words = (
        "call",
        "--as",
        USER,
        "--queue",
        USER,
        "--sandbox",
        "-o",
        "json",
        *(("-p", "eu") if source == "profile" else ()),
    )
    other = ("--do-not-call", cxcall.file("other.txt", "+12025550199\n"))
    [found] = cxcall(*words, *other, "--to", BERLIN, code=7).envelope["findings"]
    assert (found["code"], f"`{list_path}`" in found["fix"]) == ("do-not-call", True)
    cxcall(*words, "--to", "+4930123457", code=0)


@pytest.mark.slow
def test_sandbox_applies_calling_hours_and_uses_no_host_or_secret_of_the_profile(
    cxcall: Cxcall,
) -> None:
    outside = hours_at("Europe/Berlin", inside=False)
    cxcall.file(
        "config/config.toml",
        '[profiles.eu]\nbase_url = "http://127.0.0.1:1"\nclient_id = "id"\nclient_secret = "canary-secret"\n'
        f'hours = "{outside}"\nhours_policy = "enforce"\n',
    )
    (cxcall.folder / "config" / "config.toml").chmod(0o600)
    words = ("call", "--as", USER, "--queue", USER, "--sandbox", "-o", "json", "--to")
    cxcall(*words, BERLIN, code=0)
    assert cxcall(*words, BERLIN, "-p", "eu", code=7).codes == ["outside-hours"]
    within = hours_at("Europe/Berlin", inside=True)
    ran = cxcall(*words, BERLIN, "-p", "eu", "--hours", within, code=0)
    assert ran.envelope["outcome"] == "accepted"
    assert "127.0.0.1:1/" not in ran.out


@pytest.mark.slow
def test_name_of_an_id_is_not_an_id_where_any_text_is_allowed(cxcall: Cxcall) -> None:
    words = ("call", "--to", BERLIN, "-n", "-o", "json")
    (found,) = cxcall(*words, "--as", "USER_ID", code=3).envelope["findings"]
    assert (found["severity"], found["code"], found["where"]) == ("error", "placeholder", "path")
    findings = cxcall(*words, "--queue", "QUEUE_ID", code=0).envelope["findings"]
    assert ("placeholder", "/callFromQueueId") in {
        (each["code"], each["where"]) for each in findings
    }
