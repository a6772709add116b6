"""`cxcall batch`: reading of files, errors in them, and consent."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import FAST, PERSONAL, at, body, contact, lines, recorded, write_lines
from helpers.command import CAMPAIGN, CONTACT
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


def received(sandbox: Sandbox) -> list[Any]:
    """Return the bodies of placed calls, in the order of the contacts."""
    bodies = [json.loads(entry.body) for entry in sandbox.rings]
    return sorted(bodies, key=lambda sent: str(sent["contactId"]))


# Reading of files


@pytest.mark.slow
def test_quiet_batch_prints_only_engagement_ids(live: Cxcall) -> None:
    ran = live("batch", write_lines(live, 2), *PERSONAL, *FAST, "-q", code=0)
    assert len(ran.out.splitlines()) == 2
    assert ran.err == ""


@pytest.mark.slow
def test_each_json_line_is_sent_once_and_reported_in_order(live: Cxcall, sandbox: Sandbox) -> None:
    rows = [
        {
            "campaignId": CAMPAIGN,
            "contactId": contact(number),
            "contactSpec": {
                "contactId": contact(number),
                "contactData": {"phoneNumber": "+12025550100"},
            },
        }
        for number in range(12)
    ]
    file = live.file("calls.jsonl", "\n".join(map(json.dumps, rows)))
    ran = live("batch", file, "--operation", "execute", *FAST, "-o", "jsonl", code=0)
    *results, summary = lines(ran)
    assert [line["data"]["row"] for line in results] == list(range(1, 13))
    assert {line["outcome"] for line in results} == {"accepted"}
    assert summary["data"]["outcomes"] == {"accepted": 12}
    assert [sent["contactId"] for sent in received(sandbox)] == [row["contactId"] for row in rows]
    assert all(CAMPAIGN in entry.path for entry in sandbox.rings)
    assert "campaignId" not in received(sandbox)[0]
    assert {entry["engagementId"] for entry in recorded(live)} == {
        line["engagementId"] for line in results
    }


@pytest.mark.slow
def test_csv_columns_can_be_flags_parameters_or_pointers(live: Cxcall, sandbox: Sandbox) -> None:
    table = (
        "\ufeffcampaignId;--contact-id;phone-number;/contactSpec/contactData/firstName;data\n"
        f'{CAMPAIGN};{contact(1)};+12025550100;"Ada; of ""Lovelace""\nCounty";city=Rome\n'
        f"{CAMPAIGN};{contact(2)};+12025550100;;\n"
    )
    file = live.file("calls.csv", table)
    live("batch", file, "--operation", "execute", *FAST, code=0)
    first, second = received(sandbox)
    assert first["contactSpec"]["contactData"] == {
        "phoneNumber": "+12025550100",
        "firstName": 'Ada; of "Lovelace"\nCounty',
        "city": "Rome",
    }
    assert first["contactSpec"]["contactId"] == first["contactId"] == contact(1)
    assert second["contactSpec"]["contactData"] == {"phoneNumber": "+12025550100"}


@pytest.mark.slow
def test_rows_can_be_read_from_stdin(live: Cxcall, sandbox: Sandbox) -> None:
    rows = "".join(json.dumps(body(number)) + "\n" for number in range(5))
    live("batch", "-", *PERSONAL, *FAST, stdin=rows, code=0)
    assert len(sandbox.rings) == 5
    again = live("batch", "-", *PERSONAL, *FAST, "--resume", "-o", "jsonl", stdin=rows, code=0)
    assert lines(again)[-1]["data"]["resumed"] == 5
    assert len(sandbox.rings) == 5


# Errors in files


@pytest.mark.slow
def test_every_invalid_cell_is_reported_before_anything_is_sent(
    live: Cxcall, sandbox: Sandbox
) -> None:
    table = (
        "contact-id,reason-code\n"
        f"{contact(1)},follow_up\n"
        f"{contact(2)}0,follow_up\n"
        f'{contact(3)},"a\nb"\n'
        f"{contact(4)}\n"
        f"{contact(5)},\n"
    )
    ran = live("batch", live.file("calls.csv", table), *PERSONAL, "-o", "json", code=3)
    found = [(entry["code"], entry["line"], entry["column"]) for entry in ran.envelope["findings"]]
    assert found == [("id-format", 3, 1), ("body-malformed", 6, 1), ("property-missing", 7, 1)]
    assert sandbox.rings == []
    assert recorded(live) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "contact_id,reason-code\n1,2\n",
            "`contact_id` looks like `contact-id`: add `--map contact-id=contact_id`",
        ),
        ("contact-id,contact-id\n1,2\n", "two columns"),
        ("contact-id\n", "has no rows"),
        ("", "has no rows"),
        (b"contact-id,reason-code\n1,\xe9\n", "not UTF-8"),
    ],
)
def test_unusable_batch_file_is_rejected(
    cxcall: Cxcall, content: str | bytes, message: str
) -> None:
    file = cxcall.file("calls.csv", content)
    ran = cxcall("batch", file, *PERSONAL, "--dry-run" if content else "--curl")
    assert ran.code in (2, 3)
    assert message in ran.err


@pytest.mark.slow
def test_empty_pipe_and_the_host_of_a_sandbox_are_named(cxcall: Cxcall) -> None:
    ran = cxcall("batch", "-", *PERSONAL, "--sandbox", "--dry-run", stdin="", code=2)
    assert "error[usage]: standard input is empty" in ran.err
    ran = cxcall("batch", "-", *PERSONAL, "--sandbox", "--dry-run", stdin="other\nx\n", code=2)
    assert "stdin has a column that `personal-connection` does not have: `other`" in ran.err
    ran = cxcall("send", "place-call", "-f", "-", "--dry-run", stdin="", code=3)
    assert "the text is empty\n  --> stdin:1:1  body\n" in ran.err
    assert "cxcall operations place-call --skeleton" in ran.err
    file = cxcall.file("calls.csv", f"contact-id,reason-code\n{CONTACT},r\n")
    one = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r")
    for words in (("batch", file, *PERSONAL), one):
        ran = cxcall(*words, "--sandbox", "--dry-run", code=0)
        assert re.search(r"POST http://127\.0\.0\.1:[0-9]+/", ran.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.csv", *PERSONAL), "does not exist"),
        (
            ("calls.jsonl", "--operation", "personal-conection"),
            "the most similar name is `personal-connection`",
        ),
        (("calls.jsonl", *PERSONAL, "--rate", "fast"), "invalid rate `fast`"),
        (("calls.jsonl", *PERSONAL, "--max-failures", "0"), "invalid number of failures"),
        (("calls.jsonl", *PERSONAL, "--param", "campaignId=1"), "unknown parameter `campaignId`"),
        (("calls.jsonl", *PERSONAL, "--resume"), "no earlier batch"),
        (("calls.jsonl", *PERSONAL, "--resume", "--again"), "cannot be combined"),
    ],
)
def test_invalid_batch_options_are_rejected(
    live: Cxcall, arguments: tuple[str, ...], message: str
) -> None:
    write_lines(live, 2)
    assert message in live("batch", *arguments, code=2).err


# Consent


def test_real_calls_need_confirm(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 3)
    with Platform() as platform:
        at(cxcall, platform)
        assert "--confirm 3" in cxcall("batch", file, *PERSONAL, code=2).err
        assert (
            "3 requests would be sent"
            in cxcall("batch", file, *PERSONAL, "--confirm", "2", code=2).err
        )
        assert platform.rung == 0
        cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "3", code=0)
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 3


@pytest.mark.slow
def test_dry_run_prints_every_request(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 2)
    ran = cxcall("batch", file, *PERSONAL, "-n", code=0)
    assert contact(2) in ran.out.splitlines()[1]
    assert "dry run" in ran.err
    results = lines(cxcall("batch", file, *PERSONAL, "-n", "-o", "jsonl", code=0))
    assert [line["request"]["body"] for line in results[:-1]] == [body(1), body(2)]
    assert cxcall("batch", file, *PERSONAL, "--curl", code=0).out.count("curl --include") == 2


@pytest.mark.parametrize(
    ("flag", "more"),
    [(("--do-not-call", "nope.txt"), ("--confirm", "2")), (("--set", "nope"), ("--dry-run",))],
)
def test_flag_with_an_invalid_value_is_one_usage_error_and_not_one_of_each_row(
    cxcall: Cxcall, flag: tuple[str, str], more: tuple[str, ...]
) -> None:
    ran = cxcall("batch", write_lines(cxcall, 2), *PERSONAL, *flag, *more, "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert (finding["code"], finding["line"]) == ("usage", None)
    assert "`nope" in finding["message"]


def test_worker_does_not_start_with_a_missing_do_not_call_list(cxcall: Cxcall) -> None:
    ran = cxcall("worker", "--do-not-call", "nope.txt", "-o", "json", code=2)
    assert ran.envelope["findings"][0]["message"].endswith("`nope.txt` does not exist")


@pytest.mark.slow
def test_hint_for_a_header_with_a_line_break_can_be_pasted_into_a_shell(cxcall: Cxcall) -> None:
    cxcall.file("crm.csv", f'contact-id,"phone\n\'numb\x1fer"\n{CONTACT},+12025550101\n')
    words = ("batch", "crm.csv", "--operation", "execute", "--param", f"campaignId={CAMPAIGN}")
    hint = cxcall(*words, "--sandbox", "--dry-run", code=2).err
    proposed = re.search(r"add `--map (\$'phone-number=.*?')`", hint)
    assert proposed, hint
    printf = subprocess.run(
        ["bash", "-c", f"printf %s {proposed[1]}"], capture_output=True, check=True
    )
    mapped = printf.stdout.decode()
    assert mapped == "phone-number=phone\n'numb\x1fer"
    cxcall(*words, "--sandbox", "--dry-run", "--map", mapped, code=0)


def test_header_that_breaks_the_rules_of_csv_is_reported(cxcall: Cxcall) -> None:
    cxcall.file("crm.csv", f'contact-id,"phone"-number\n{CONTACT},+12025550101\n')
    words = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--sandbox")
    ran = cxcall("batch", "crm.csv", *words, "--dry-run", code=3)
    assert "the header is not valid CSV" in ran.err
    assert "--> crm.csv:1:1" in ran.err


@pytest.mark.slow
def test_wrong_header_is_reported_whatever_comes_after_it(cxcall: Cxcall) -> None:
    words = (
        "--operation",
        "execute",
        "--param",
        f"campaignId={CAMPAIGN}",
        "--sandbox",
        "--dry-run",
    )
    cxcall.file("crm.csv", 'wrong\n"a"b\n')
    assert "does not have: `wrong`" in cxcall("batch", "crm.csv", *words, code=2).err
    many = ",".join(f"c{number}" for number in range(100_000))
    cxcall.file("crm.csv", f"{many}\n1\n")
    assert "100,000 columns" in cxcall("batch", "crm.csv", *words, code=2).err
