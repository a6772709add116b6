"""Draw charts as SVG whose colors a style sheet sets, each with its numbers as a table."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cxcall.batch.report.report_counts import Summary


_WIDTH, _HEIGHT = 640, 230
_LEFT, _BOTTOM, _TOP = 54, 30, 14
_STEPS = (1, 2, 5)
_LONGEST_AXIS = 4
_MOST_BARS = 48
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
"""Seconds of one bar."""


class Column(NamedTuple):
    """One column of a chart: its label, and its parts as (class, count, name), the lowest first."""

    label: str
    parts: Sequence[tuple[str, int, str]]

    @property
    def total(self) -> int:
        """The height of the column."""
        return sum(count for _, count, _ in self.parts)

    @property
    def title(self) -> str:
        """The values of the column as text."""
        parts = ", ".join(f"{count:,} {name}" for _, count, name in self.parts if count)
        return f"{self.label}: {parts or 'none'}"


def column_chart(name: str, columns: Sequence[Column], *, labels: int) -> str:
    """Return a chart of stacked columns, with about `labels` labels below it."""
    top = _nice_top(max(column.total for column in columns))
    plot = _HEIGHT - _BOTTOM - _TOP
    step = (_WIDTH - _LEFT) / len(columns)
    width = max(min(step * 0.78, 72), 1)
    parts = [*_grid(top, plot)]
    every = -(-len(columns) // labels)
    for index, column in enumerate(columns):
        left, y = _LEFT + step * index + (step - width) / 2, float(_HEIGHT - _BOTTOM)
        parts.append(f"<g><title>{escape(column.title)}</title>")
        for style, count, _ in column.parts:
            height = count / top * plot
            y -= height
            if count:
                parts.append(
                    f'<rect class="{style}" x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
                )
        parts.append("</g>")
        if index % every == 0:
            middle = left + width / 2
            parts.append(
                f'<text x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(column.label)}</text>'
            )
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(parts)}</svg>"
    )


def _grid(top: int, plot: int) -> Iterator[str]:
    """Yield the lines of the chart with their values."""
    step = next(each for each in _nice_steps() if top / each <= _LONGEST_AXIS)
    for value in range(0, top + 1, step):
        y = _HEIGHT - _BOTTOM - value / top * plot
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'


def _nice_steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (step * power for step in _STEPS)
        power *= 10


def _nice_top(most: int) -> int:
    """Return the top of the axis: the next multiple of a round number."""
    step = next(each for each in _nice_steps() if most / each <= _LONGEST_AXIS)
    return max(-(-most // step) * step, 1)


def data_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the numbers of a chart as a table that the reader can open."""
    head = "".join(f'<th scope="col">{escape(each)}' for each in headings)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}'
        + "".join(f'<td class="number">{escape(each)}' for each in rest)
        for first, *rest in rows
    )
    return f"<details><summary>Numbers</summary><table><thead><tr>{head}<tbody>{lines}</table></details>"


def bar(style: str, share: float) -> str:
    """Return a horizontal bar for a share of a whole."""
    width = max(share * 100, 0.5)
    return (
        '<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="3"/>'
        f'<rect class="{style}" width="{width:.2f}%" height="100%" rx="3"/></svg>'
    )


def legend(outcomes: Sequence[str]) -> str:
    """Return the colors of outcomes with their names."""
    items = "".join(
        f'<li><svg aria-hidden="true"><rect class="o-{each}" width="10" height="10" rx="2"/></svg>{each}'
        for each in outcomes
    )
    return f'<ul class="legend">{items}</ul>'


def latency_chart(summary: Summary) -> str:
    """Return the histogram of latencies with its numbers."""
    counts = summary.latencies.bars("≤")
    columns = [Column(label, [("latency", count, "requests")]) for label, count in counts]
    chart = column_chart("Requests by latency in milliseconds", columns, labels=len(columns))
    rows = [(f"{label} ms", f"{count:,}") for label, count in counts]
    return chart + data_table(("latency", "requests"), rows)


class TimeBar(NamedTuple):
    """The number of rows with each outcome in a span of time that begins at `start`."""

    start: datetime
    counts: Counter[str]


def seconds_of_a_bar(summary: Summary) -> float:
    """Return the length of the spans that the time of the batch is divided into, 48 at most."""
    span = summary.seconds
    return next((each for each in _SPANS if span / each < _MOST_BARS), span / _MOST_BARS)


def time_bars(summary: Summary) -> list[TimeBar]:
    """Return the number of results by outcome in equal spans of time."""
    began_at = summary.began_at
    if began_at is None or not summary.results:
        return []
    seconds = seconds_of_a_bar(summary)
    count = int(summary.seconds / seconds) + 1
    bars = [
        TimeBar(began_at + timedelta(seconds=seconds * index), Counter()) for index in range(count)
    ]
    for at, outcome in summary.results:
        index = min(int((at - began_at).total_seconds() / seconds), count - 1)
        bars[max(index, 0)].counts[outcome] += 1
    return bars


def time_chart(summary: Summary) -> str:
    """Return the chart of results over time, with its legend and numbers."""
    bars = time_bars(summary)
    used = [name for name in summary.outcomes if any(each.counts[name] for each in bars)]
    form = "%H:%M:%S" if seconds_of_a_bar(summary) < 60 else "%H:%M"  # noqa: PLR2004 - a minute
    if summary.seconds > 86400:  # noqa: PLR2004 - a day
        form = "%m-%d %H:%M"
    columns = [_time_column(each, used, form) for each in bars]
    rows = [
        (each.start.strftime(form), *(f"{each.counts[name]:,}" for name in used)) for each in bars
    ]
    chart = column_chart("Results over time, in UTC", columns, labels=6)
    return chart + legend(used) + data_table(("UTC", *used), rows)


def _time_column(entry: TimeBar, used: Sequence[str], form: str) -> Column:
    parts = [(f"o-{name}", entry.counts[name], name) for name in reversed(used)]
    return Column(entry.start.strftime(form), parts)
