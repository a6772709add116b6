"""Write a report as one HTML file that loads nothing and allows only its own style and script."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cxcall.batch.report.report_rows import NOT_SENT
from cxcall.output.count_phrases import count_phrase
from cxcall.output.terminal_text import escape_controls
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.batch.report.report_counts import Summary
    from cxcall.batch.report.report_rows import BatchReport, ReportRow

_FOLDER = Path(__file__).parent
_MOST_REASONS = 20
_MOST_SPANS = 24
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
"""Seconds of one bar."""
_COLUMNS = (
    ("Row", "row", "number"),
    ("Key", "key", ""),
    ("Outcome", "outcome", ""),
    ("Reason", "reason", ""),
    ("Message", "message", ""),
    ("Number", "numbers", "id"),
    ("HTTP", "status", "number"),
    ("Engagement ID", "engagement_id", "id"),
    ("Delivery", "delivery", "id"),
    ("Ended (UTC)", "at", ""),
    ("ms", "latency", "number"),
)
"""The heading, the field, and the kind of each column; a column without values is left out."""


def render_html(report: BatchReport, summary: Summary, now: datetime | None = None) -> str:
    """Return the page; `now` is the time of its creation."""
    style, script = ((_FOLDER / name).read_text("utf-8") for name in ("report.css", "report.js"))
    created_at = now or datetime.now(UTC)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    name = PurePath(report.batch.file).name or "stdin or a program"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>Batch report: {_text(name)}</title>\n<style>{style}</style>\n</head>\n<body>",
            *_head(report, name),
            "<main>",
            *_cards(summary),
            *_alert(summary),
            '<div class="charts">',
            *_charts(summary),
            "</div>",
            *_table(report, summary),
            "</main>",
            (
                f"<footer><p>Made by cxcall {__version__} on {created_at:%Y-%m-%d at %H:%M} UTC from its ledger. "
                "An accepted request does not prove that a call was answered.</p></footer>"
            ),
            f"<script>{script}</script>\n</body>\n</html>",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _text(value: object) -> str:
    """Return a value as text of HTML, with control characters as escape sequences."""
    return escape(escape_controls(str(value)))


def _head(report: BatchReport, name: str) -> Iterator[str]:
    batch = report.batch
    state = "finished" if batch.is_finished else "not finished"
    facts = (
        f"{batch.operation}, profile {batch.profile}",
        batch.target,
        f"begun {batch.at:%Y-%m-%d %H:%M} UTC",
        state,
    )
    listed = "".join(f"<span>{_text(each)}</span>" for each in facts)
    yield f"<header><h1>Batch report: {_text(name)}</h1>"
    yield f'<p class="facts soft">{listed}<span>batch <code>{_text(batch.id)}</code></span></p></header>'


def _cards(summary: Summary) -> Iterator[str]:
    outcomes, total = summary.outcomes, summary.rows
    cards = [("", f"{total:,}", "rows")]
    for name, count in (("accepted", outcomes["accepted"]), *outcomes.items()):
        card = (f"o-{name}", f"{count:,}", f"{name}, {_percent(count, total)}")
        if card not in cards:
            cards.append(card)
    if summary.seconds:
        cards.append(("", _duration(summary.seconds), summary.span_text))
    if (p50 := summary.latencies.percentile(0.5)) is not None:
        p95 = summary.latencies.percentile(0.95) or 0.0
        cards.append(("", f"{p50:,.0f} ms", f"median latency, p95 {p95:,.0f} ms"))
    items = "".join(
        f'<li class="{style}"><b>{_text(value)}</b><small>{_text(label)}</small>'
        for style, value, label in cards
    )
    yield f'<ul class="cards">{items}</ul>'


def _percent(count: int, total: int) -> str:
    share = 100 * count / total if total else 0.0
    return f"{share:.0f} %" if share in (0, 100) else f"{share:.1f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{seconds:.0f} s" if seconds == round(seconds) else f"{seconds:.1f} s"


def _alert(summary: Summary) -> Iterator[str]:
    count = summary.outcomes["unknown"]
    if count:
        verb = "is" if count == 1 else "are"
        yield (
            f'<section class="alert" role="note"><h2>{count_phrase(count, "row")} {verb} unknown</h2>'
            "<p>The platform may have processed these rows. They are never sent again automatically. For each, find out whether "
            "it was processed: whether a call was placed, a campaign was started, or the contacts of a load are in the list; then record it: <code>cxcall history resolve DELIVERY --placed</code> or "
            "<code>--not-placed</code>.</p></section>"
        )


def _charts(summary: Summary) -> Iterator[str]:
    if summary.rows:
        yield f'<section class="wide"><h2>Outcomes and reasons</h2>{_reasons(summary)}</section>'
    if summary.results:
        spans = time_spans(summary)
        unit = _duration(_seconds_of_a_span(summary))
        longest = max(counts.total() for _, counts in spans)
        yield f"<section><h2>Results over time (UTC), per {_text(unit)}</h2>"
        yield _bars((_span_line(*each, summary) for each in spans), longest)
        yield "</section>"
    if summary.latencies.has_histogram:
        bars = summary.latencies.bars("≤")
        lines = ((f"{label} ms", {"latency": count}, f"{count:,}") for label, count in bars)
        yield "<section><h2>Requests by latency</h2>"
        yield _bars(lines, max(count for _, count in bars))
        yield "</section>"


def _reasons(summary: Summary) -> str:
    accepted = summary.outcomes["accepted"]
    entries = list(summary.reasons[:_MOST_REASONS])
    rest = sum(count for _, _, count in summary.reasons[_MOST_REASONS:])
    if missing := summary.outcomes[NOT_SENT]:
        entries.append((NOT_SENT, "", missing))
    entries = [("accepted", "", accepted)] * bool(accepted) + entries
    lines = (
        (
            f"{outcome}: {reason}" if reason else outcome,
            {f"o-{outcome}": count},
            f"{count:,} ({_percent(count, summary.rows)})",
        )
        for outcome, reason, count in entries
    )
    more = f'<p class="soft">and {rest:,} rows with other reasons</p>' if rest else ""
    return f"{_bars(lines, summary.rows)}{more}"


def _bars(lines: Iterable[tuple[str, Mapping[str, int], str]], whole: int) -> str:
    """Return a list of bars, each with its label, its parts by style as shares of `whole`, and its numbers as text."""
    items = []
    for label, parts, numbers in lines:
        left, drawn = 0.0, ""
        for style, count in parts.items():
            width = max(100 * count / whole, 0.5)
            drawn += f'<rect class="{style}" x="{left:.2f}%" width="{width:.2f}%" height="100%"/>'
            left += width
        items.append(
            f'<dt>{_text(label)}</dt><dd><svg class="bar" aria-hidden="true">'
            f'<rect class="track" width="100%" height="100%"/>{drawn}</svg></dd>'
            f'<dd class="number">{_text(numbers)}</dd>'
        )
    return f'<dl class="bars">{"".join(items)}</dl>'


def _seconds_of_a_span(summary: Summary) -> float:
    """Return the length of the spans that the time of the batch is divided into, 24 at most."""
    seconds = summary.seconds
    return next((each for each in _SPANS if seconds / each < _MOST_SPANS), seconds / _MOST_SPANS)


def time_spans(summary: Summary) -> list[tuple[datetime, Counter[str]]]:
    """Return the number of results by outcome in equal spans of time, each with its start."""
    began_at = summary.began_at
    if began_at is None or not summary.results:
        return []
    seconds = _seconds_of_a_span(summary)
    count = int(summary.seconds / seconds) + 1
    starts = (began_at + timedelta(seconds=seconds * index) for index in range(count))
    spans = [(start, Counter[str]()) for start in starts]
    for at, outcome in summary.results:
        index = min(int((at - began_at).total_seconds() / seconds), count - 1)
        spans[max(index, 0)][1][outcome] += 1
    return spans


def _span_line(
    start: datetime, counts: Counter[str], summary: Summary
) -> tuple[str, dict[str, int], str]:
    form = "%H:%M:%S" if _seconds_of_a_span(summary) < 60 else "%H:%M"  # noqa: PLR2004 - a minute
    if summary.seconds > 86400:  # noqa: PLR2004 - a day
        form = "%m-%d %H:%M"
    used = {name: counts[name] for name in summary.outcomes if counts[name]}
    numbers = ", ".join(f"{count:,} {name}" for name, count in used.items())
    parts = {f"o-{name}": count for name, count in used.items()}
    return start.strftime(form), parts, numbers or "none"


def _table(report: BatchReport, summary: Summary) -> Iterator[str]:
    rows = report.rows
    used = [each for each in _COLUMNS if any(_cell(row, each[1]) for row in rows)] or _COLUMNS[:3]
    joined = list(dict.fromkeys(name for row in rows for name in row.columns))
    yield '<section><h2 id="results">Results</h2>'
    yield from _tools(summary)
    yield '<div class="scroll" tabindex="0" role="region" aria-labelledby="results"><table class="results">'
    yield f"<caption>One line per row of the file{'' if report.missing == 0 else f'; {report.missing:,} rows have no result yet'}.</caption>"
    heads = [_heading(heading, field, kind) for heading, field, kind in used]
    heads += [_heading(name, "", "") for name in joined]
    yield f"<thead><tr>{''.join(heads)}</thead><tbody>"
    for row in rows:
        cells = [_cell_html(row, field, kind) for _, field, kind in used]
        cells += [f"<td class=joined>{_text(row.columns.get(name, ''))}" for name in joined]
        yield f'<tr class="{_text(row.outcome)}">{"".join(cells)}'
    yield "</tbody></table></div></section>"


def _heading(heading: str, field: str, kind: str) -> str:
    style = ' class="number"' if kind == "number" else ""
    return f'<th scope="col" data-name="{field}"{style}><button type="button">{_text(heading)}</button>'


def _cell(row: ReportRow, field: str) -> str:
    value = getattr(row, field)
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _cell_html(row: ReportRow, field: str, kind: str) -> str:
    style = kind or (field if field in ("outcome", "message") else "")
    return f"<td{f' class={style}' if style else ''}>{_text(_cell(row, field))}"


def _tools(summary: Summary) -> Iterator[str]:
    reasons = list(dict.fromkeys(reason for _, reason, _ in summary.reasons if reason))
    outcomes = [name for name in summary.outcomes if name != NOT_SENT]
    yield '<div class="tools" hidden><label>Find<br><input type="search" id="find" placeholder="ID, number, or text"></label>'
    yield f'<label>Outcome<br><select id="outcome">{_options(outcomes)}</select></label>'
    yield f'<label>Reason<br><select id="reason">{_options(reasons)}</select></label>'
    yield '<div class="pages"><span id="shown" role="status"></span><button type="button" id="back">Back</button>'
    yield '<button type="button" id="next">Next</button></div></div>'


def _options(values: Sequence[str]) -> str:
    options = "".join(f"<option>{_text(each)}</option>" for each in values)
    return f'<option value="">all</option>{options}'
