"""The HTML report loads nothing, is accessible, and sorts and filters in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cxcall.batch.report.html_report import render_html, time_spans
from cxcall.batch.report.report_counts import summarize
from cxcall.batch.report.report_rows import NOT_SENT, BatchReport, ReportRow
from cxcall.ledger.record_types import Batch
from helpers.chromium import Browser, needs_axe, needs_chromium

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


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
            **{"delivery": f"D{number}", **changes},
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
    bars = [attrs for tag, attrs in page.tags if tag == "svg"]
    numbers = [tag for tag, attrs in page.tags if tag == "dd" and attrs.get("class") == "number"]
    assert len(bars) == len(numbers) > 6
    assert all(attrs["aria-hidden"] for attrs in bars)  # each bar has its numbers beside it
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert [tag for tag, _ in page.tags].count("tr") >= 31
    assert any(
        tag == "div" and "hidden" in attrs and attrs.get("class") == "tools"
        for tag, attrs in page.tags
    )


def test_page_names_each_outcome_and_reason_with_its_share() -> None:
    report = report_of(20)._replace(missing=5)
    text = render_html(report, summarize(report), START)
    section = text[text.index("<h2>Outcomes and reasons</h2>") :].partition("</section>")[0]
    labels = re.findall(r"<dt>(.*?)</dt>", section)
    numbers = re.findall(r'<dd class="number">(.*?)</dd>', section)
    assert dict(zip(labels, numbers, strict=True)) == {
        "accepted": "18 (72.0 %)",
        "refused: bad.request": "2 (8.0 %)",
        NOT_SENT: "5 (20.0 %)",
    }


def test_summary_counts_over_time_and_by_latency() -> None:
    summary = summarize(report_of(1000)._replace(missing=5))
    assert summary.rows == 1005
    assert list(summary.outcomes.items()) == [("refused", 100), ("accepted", 900), (NOT_SENT, 5)]
    assert summary.reasons == [("refused", "bad.request", 100)]
    assert sum(counts.total() for _, counts in time_spans(summary)) == 1000
    assert len(time_spans(summary)) <= 24
    assert sum(count for _, count in summary.latencies.histogram()) == 1000
    assert (summary.latencies.percentile(0.5), round(summary.rate)) == (250, 10)
    load = summarize(report_of(1000, delivery="D1"))  # all rows in one request
    assert (load.rows, load.requests, load.latencies.total()) == (1000, 1, 1)
    assert load.span_text == "from the first request to the last result"
    empty = summarize(BatchReport(report_of(0).batch, [], 0))
    assert (empty.rows, time_spans(empty), empty.latencies.percentile(0.5)) == (0, [], None)
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
