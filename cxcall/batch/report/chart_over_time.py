"""The chart of the results of a batch over time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from cxcall.batch.report.charts import Column, column_chart, data_table, legend
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cxcall.batch.report.report_counts import Summary

_MOST_BARS = 48
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
"""Seconds of one bar."""


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
