"""`cxcall batch list` and `batch report`: the result of each row, in every format, without full numbers."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cxcall.batch.report.html import render_html
from cxcall.batch.report.recorded_rows import NOT_SENT, BatchReport, ReportRow
from cxcall.batch.report.report_counts import summarize
from cxcall.ledger.records import Batch
from cxcall.sandbox.server import Sandbox
from helpers.chromium import Browser, needs_axe, needs_chromium
from helpers.command import CAMPAIGN, Cxcall
from helpers.platform_server import Platform, Reply

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CONTACT = "12345678-1234-4234-8234-{:012}"
NUMBERS = {
    "+12025550140": "bad.request",
    "+12025550143": "not.authorized",
    "+12025550150": "internal.server.error",
}
COMMAND = (
    "--operation",
    "execute",
    "--param",
    f"campaignId={CAMPAIGN}",
    "--key",
    "Customer ID",
    "--ignore-extra-columns",
)


def export(cxcall: Cxcall) -> tuple[str, list[list[str]]]:
    """Write an export with 20 numbers, two of them refused, one unknown, one invalid, and a duplicate."""
    rows = [[f"C-{n}", CONTACT.format(n), f"+120255511{n:02}", "=1+1"] for n in range(20)]
    for place, number in zip((3, 7, 11), NUMBERS, strict=True):
        rows[place][2] = number
    rows[13][2] = "+1202"
    rows.append(["C-20", *rows[1][1:]])
    lines = [["Customer ID", "contact-id", "phone-number", "Note"], *rows]
    return cxcall.file("crm.csv", "\n".join(map(",".join, lines)) + "\n"), rows


@pytest.fixture
def sent(live: Cxcall) -> Cxcall:
    """Return the command after a batch of that export."""
    name, _ = export(live)
    live("batch", name, *COMMAND, "--confirm", "19", "--rate", "500/s", code=9)
    return live


@pytest.mark.slow
def test_report_has_every_row_with_its_reason_and_agrees_with_the_api(
    sent: Cxcall, sandbox: Sandbox
) -> None:
    _, rows = export(sent)
    results = [
        json.loads(line)
        for line in sent("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    ]
    assert [(each["row"], each["key"]) for each in results] == [
        (n + 1, row[0]) for n, row in enumerate(rows)
    ]
    assert Counter(each["outcome"] for each in results) == {
        "accepted": 16,
        "refused": 2,
        "unknown": 1,
        "skipped": 2,
    }
    reasons = {each["key"]: each["reason"] for each in results if each["outcome"] != "accepted"}
    assert reasons == {
        "C-3": "bad.request",
        "C-7": "not.authorized",
        "C-11": "internal.server.error",
        "C-13": "invalid-number",
        "C-20": "duplicate",
    }
    accepted = {entry.engagement_id for entry in sandbox.received if entry.accepted and entry.rings}
    assert {each["engagementId"] for each in results if each["outcome"] == "accepted"} == accepted
    assert all(each["latencyMs"] > 0 for each in results if each["deliveryId"])
    assert not any(number[1:] in json.dumps(results) for number in NUMBERS)


@pytest.mark.slow
def test_report_joins_the_columns_of_the_file_and_masks_numbers(sent: Cxcall) -> None:
    name, rows = export(sent)
    joined = list(
        csv.DictReader(
            sent("batch", "report", "--format", "csv", "--join", code=0).out.splitlines()
        )
    )
    assert [each["phone-number"][-4:] for each in joined][:3] == [row[2][-4:] for row in rows][:3]
    assert joined[0]["phone-number"] == "'+*******1100"
    assert joined[0]["Note"] == "'=1+1"  # so that no spreadsheet runs it
    full = sent("batch", "report", "--format", "csv", "--join", "--show-numbers", code=0).out
    assert [each["phone-number"] for each in csv.DictReader(full.splitlines())] == [
        row[2] for row in rows
    ]
    assert "add `--join`" in sent("batch", "report", "--show-numbers", code=2).err
    sent.file(name, "contact-id\n1\n")
    assert "is not the file" in sent("batch", "report", "--join", code=2).err


@pytest.mark.slow
def test_batches_are_listed_and_found_by_the_start_of_their_id(sent: Cxcall) -> None:
    (batch,) = sent("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert (batch["rows"], batch["unsent"], batch["state"]) == (21, 2, "finished")
    assert batch["outcomes"] == {"accepted": 16, "refused": 2, "unknown": 1}
    data = sent("batch", "report", batch["id"][:8].lower(), "-o", "json", code=0).envelope["data"]
    assert (data["batch"], data["rows"], data["outcomes"]["skipped"]) == (batch["id"], 21, 2)
    text = sent("batch", "report", code=0).out
    assert text.index("row 12 (C-11)") < text.index("row 4 (C-3)")  # the unknown one first
    assert "there is no batch" not in text
    assert "no batch starts with `ZZ`" in sent("batch", "report", "ZZ", code=2).err


@pytest.mark.slow
def test_rows_to_correct_are_written_again(sent: Cxcall) -> None:
    _, rows = export(sent)
    ran = sent("batch", "report", "--rejects", "again.csv", code=0)
    assert "3 rows to correct and send again" in ran.err
    written = list(csv.reader((sent.folder / "again.csv").read_text("utf-8").splitlines()))
    assert written[1:] == [rows[3], rows[7], rows[13]]  # not the unknown one
    assert "does not exist yet" in sent("batch", "report", "--rejects", "again.csv", code=2).err


@pytest.mark.slow
def test_unknown_row_is_not_one_to_correct_whatever_code_the_api_gives(live: Cxcall) -> None:
    name = live.file(
        "crm.csv", f"Customer ID,contact-id,phone-number\nC-1,{CONTACT.format(1)},+12025550101\n"
    )
    with Platform(lambda *_: Reply(504, {"code": "invalid-number"})) as platform:
        live.environment |= platform.environment
        live("batch", name, *COMMAND, "--confirm", "1", code=9)
    (row,) = live("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    assert (json.loads(row)["outcome"], json.loads(row)["reason"]) == ("unknown", "invalid-number")
    ran = live("batch", "report", "--rejects", "again.csv", code=0)
    assert not (live.folder / "again.csv").exists()
    assert "0 rows to correct and send again" in ran.err


@pytest.mark.slow
def test_history_shows_what_the_api_said(sent: Cxcall) -> None:
    listed = sent("history", "list", "--outcome", "refused", "-o", "json", code=0).envelope["data"]
    codes = {each["key"]: each["apiCode"] for each in listed["deliveries"]}
    assert len(codes) == 2
    assert codes["C-7"] == "not.authorized"
    record = listed["deliveries"][0]
    assert record["timingsMs"]["total"] > 0
    shown = sent("history", "show", record["id"], code=0).out
    assert re.search(r"^timingsMs: +connect [0-9.]+, .*total [0-9.]+$", shown, re.MULTILINE)
    exported = csv.DictReader(sent("history", "export", "--format", "csv", code=0).out.splitlines())
    assert all(json.loads(each["timingsMs"])["total"] > 0 for each in exported)


def test_report_of_an_empty_ledger_and_a_wrong_key(cxcall: Cxcall) -> None:
    assert cxcall("batch", "list", code=0).err == "no batch has been run yet\n"
    assert "there is no batch" in cxcall("batch", "report", code=2).err
    name, _ = export(cxcall)
    words = (
        "batch",
        name,
        "--operation",
        "execute",
        "--key",
        "Costumer ID",
        "--ignore-extra-columns",
        "--sandbox",
    )
    assert "the most similar column is `Customer ID`" in cxcall(*words, code=2).err


@pytest.mark.slow
def test_key_column_with_phone_numbers_is_masked_before_it_is_stored(cxcall: Cxcall) -> None:
    numbers = ["2025550126", "(202) 555-0128", "5550134", "2025550138"]
    contacts = map(CONTACT.format, (0, 1, 2, 0))  # the last row is a duplicate, and not sent
    rows = [f"{number},{contact},a" for number, contact in zip(numbers, contacts, strict=True)]
    name = cxcall.file("keys.csv", "\n".join(["Phone,contact-id,reason-code", *rows]))
    words = ("--operation", "personal-connection", "--key", "Phone", "--ignore-extra-columns")
    cxcall("batch", name, *words, "--sandbox", code=0)
    report = cxcall("batch", "report", "--format", "jsonl", code=0).out
    keys = [json.loads(line)["key"] for line in report.splitlines()]
    assert keys == ["******0126", "(***) ***-0128", "***0134", "******0138"]
    stored = b"".join(each.read_bytes() for each in cxcall.folder.rglob("ledger.sqlite3*"))
    assert b"******0126" in stored
    assert not any(number.encode() in stored for number in numbers)


@pytest.mark.slow
def test_resumed_batch_is_reported_as_one(cxcall: Cxcall) -> None:
    lines = [
        json.dumps(
            {
                "contactId": CONTACT.format(n),
                "contactSpec": {
                    "contactId": CONTACT.format(n),
                    "contactData": {"phoneNumber": f"+120255511{n:02}"},
                },
                "campaignId": CAMPAIGN,
            }
        )
        for n in range(6)
    ]
    lines[2] = lines[2].replace(
        "+12025551102", "+12025550142"
    )  # its token is refused, which stops the run
    name = cxcall.file("calls.jsonl", "\n".join(lines))
    words = (
        "batch",
        name,
        "--operation",
        "execute",
        "--key",
        "/contactSpec/contactData/phoneNumber",
        "--concurrency",
        "1",
        "--sandbox",
    )
    cxcall(*words, code=9)
    first = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert first["outcomes"] == {"refused": 1, "accepted": 2, NOT_SENT: 3}
    resumed = cxcall(*words, "--resume", "--max-failures", "9", code=9)
    assert "cxcall batch report" in resumed.err
    report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert report["batch"] == first["batch"]
    assert [each["row"] for each in report["results"]] == [1, 2, 3]
    assert all(re.fullmatch(r"\+\*{7}\d{4}", each["key"]) for each in report["results"])


class Page(HTMLParser):
    """The content of a page: its elements, and the texts of its styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element with its attributes."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        """Keep the text of styles and scripts."""
        if self._inside in ("style", "script"):
            self.blocks[self._inside] = self.blocks.get(self._inside, "") + data

    def handle_endtag(self, _tag: str) -> None:
        """Leave an element."""
        self._inside = ""


def report_of(count: int, **changes: Any) -> BatchReport:
    """Return a report of so many rows, one in ten of them refused."""
    batch = Batch(
        "01TEST",
        START,
        is_finished=True,
        profile="default",
        operation="execute",
        target="https://api.example.com",
        values_digest="",
        file="/f/<b>.csv",
        file_digest="d",
        rows=count,
        key="ID",
    )
    row = ReportRow(
        1, "C-1", "accepted", "", "", "+*******0100", 201, "E1", "X1", "D1", 1, START, START, 3.5
    )
    refused = row._replace(
        outcome="refused", reason="bad.request", message="<script>alert(1)</script>", status=400
    )
    rows = [
        (refused if number % 10 == 0 else row)._replace(
            row=number,
            key=f"C-{number}",
            at=START + timedelta(seconds=number / 10),
            latency=number % 700,
            **changes,
        )
        for number in range(1, count + 1)
    ]
    return BatchReport(batch, rows, 0)


def digest(text: str) -> str:
    """Return the hash of an inline block, in the form of a content security policy."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_page_loads_nothing_and_runs_only_its_own_script() -> None:
    report = report_of(30, columns={"Note": '"><img src=x onerror=alert(1)>', "=x": "\x1b[1m"})
    text = render_html(report, summarize(report), START)
    page = Page(text)
    (policy,) = (
        attrs["content"]
        for tag, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src {digest(page.blocks['style'])};" in policy
    assert f"script-src {digest(page.blocks['script'])};" in policy
    named = {name for _, attrs in page.tags for name in attrs}
    assert not named & {"src", "href", "style", "action", "srcset"}
    assert not {name for name in named if name.startswith("on")}
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "link", "object", "b>.csv"}
    assert "\x1b" not in text
    assert "http" not in page.blocks["style"] + page.blocks["script"]


def test_page_is_accessible_without_a_script() -> None:
    page = Page(render_html(report_of(30), summarize(report_of(30)), START))
    assert ("html", {"lang": "en"}) in page.tags
    charts = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("class") == "chart"]
    assert len(charts) == 2
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in charts)
    assert [tag for tag, _ in page.tags].count("details") == 2  # each chart has its numbers
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("tr") >= 31
    assert any(
        tag == "div" and "hidden" in attrs and attrs.get("class") == "tools"
        for tag, attrs in page.tags
    )


def test_summary_counts_over_time_and_by_latency() -> None:
    summary = summarize(report_of(1000)._replace(missing=5))
    assert summary.rows == 1005
    assert list(summary.outcomes.items()) == [("refused", 100), ("accepted", 900), (NOT_SENT, 5)]
    assert summary.reasons == [("refused", "bad.request", 100)]
    assert sum(each.counts.total() for each in summary.bins) == 1000
    assert len(summary.bins) <= 48
    assert sum(count for _, count in summary.latencies.histogram()) == 1000
    assert (summary.latencies.percentile(0.5), round(summary.rate)) == (250, 10)
    empty = summarize(BatchReport(report_of(0).batch, [], 0))
    assert (empty.rows, empty.bins, empty.latencies.percentile(0.5)) == (0, [], None)
    assert "Batch report" in render_html(BatchReport(report_of(0).batch, [], 0), empty, START)


CHECK = """
const shown = () => document.getElementById("shown").textContent;
const visible = () => [...document.querySelectorAll(".results tbody tr")].filter((row) => !row.hidden);
const found = { first: shown(), rows: visible().length };
document.getElementById("next").click();
found.second = shown();
const outcome = document.getElementById("outcome");
outcome.value = "refused";
outcome.dispatchEvent(new Event("change"));
found.refused = shown();
document.querySelector("th[data-name=row] button").click();
document.querySelector("th[data-name=row] button").click();
found.last = visible()[0].cells[0].textContent;
found.sorted = document.querySelector("th[data-name=row]").getAttribute("aria-sort");
const find = document.getElementById("find");
find.value = "c-90 bad";
find.dispatchEvent(new Event("input"));
found.searched = shown();
dispatchEvent(new Event("beforeprint"));
found.printed = visible().length;
found.color = getComputedStyle(document.querySelector("svg .o-refused")).fill;
document.title = JSON.stringify(found);
"""


@pytest.mark.slow
@needs_chromium
def test_page_sorts_and_filters_in_a_browser_which_keeps_its_policy(tmp_path: Path) -> None:
    report = report_of(1200)
    text = render_html(report, summarize(report), START)
    allowed = text.replace("script-src ", f"script-src {digest(CHECK)} ")
    foreign = "<script>document.title = 'foreign'</script>"
    (tmp_path / "page.html").write_text(f"{allowed}<script>{CHECK}</script>{foreign}", "utf-8")
    browser = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/p",
        "--dump-dom",
    ]
    result = subprocess.run(
        [*browser, f"file://{tmp_path}/page.html"], capture_output=True, timeout=60, check=True
    )
    title = re.search(r"<title>(.*?)</title>", result.stdout.decode())
    assert title is not None
    found = json.loads(title[1].replace("&quot;", '"'))
    assert found == {
        "first": "1\u2013100 of 1,200 rows",
        "rows": 100,
        "second": "101\u2013200 of 1,200 rows",
        "refused": "1\u2013100 of 120 rows (of 1,200 in all)",
        "last": "1200",
        "sorted": "descending",
        "searched": "1\u20132 of 2 rows (of 1,200 in all)",
        "printed": 2,
        "color": found["color"],
    }
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", found["color"])
    assert found["color"] != "rgb(0, 0, 0)"  # the style is in effect


@pytest.mark.slow
@needs_chromium
@needs_axe
def test_page_is_accessible_in_both_schemes_and_at_400_pixels(tmp_path: Path) -> None:
    report = report_of(150)
    (tmp_path / "page.html").write_text(render_html(report, summarize(report), START), "utf-8")
    with Browser(tmp_path) as browser:
        browser.open(f"file://{tmp_path}/page.html")
        for width, scheme in ((1200, "light"), (400, "dark")):
            browser.show(width, scheme)
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
            assert browser.find_axe_violations() == []
        assert browser.complaints == []
