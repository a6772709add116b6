"""Print the progress of a batch, the result of each row, the totals, and the command that continues it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from cxcall.batch.report.reject_file import unused_reject_file
from cxcall.batch.row_result import UNREAD_FIX
from cxcall.batch.statistics import OUTCOMES_IN_ORDER
from cxcall.documents.paths import unused_name
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.hinted_commands import command, resolve_fix
from cxcall.ledger.row_ranges import describe_ranges
from cxcall.output.count_phrases import count_phrase, format_counts
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Table
from cxcall.output.terminal_text import escape_cell
from cxcall.phone.number_masking import mask_cell
from cxcall.phone.number_property_names import is_number_name
from cxcall.runtime.secrets.likely_secrets import is_likely_secret, mask_likely_secrets
from cxcall.settings.stricter_guards import guard_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxcall.batch.input.rows import RowFile
    from cxcall.batch.rate_limiter import Rate
    from cxcall.batch.report.reject_file import RejectFile
    from cxcall.batch.row_result import RowResult
    from cxcall.batch.statistics import BatchStatistics, Latencies
    from cxcall.output.screen import Screen
    from cxcall.settings.stricter_guards import Guard


_REJECTS = "--rejects"
_FEWEST_FOR_RATE = 10
_MAX_REASONS = 20
_BAR_WIDTH = 40
_OTHER_COLUMNS = 22
"""The width of the columns of the table of outcomes that are beside the reason."""
_SECONDS_BETWEEN_LINES = 10.0


def total_lines(
    statistics: BatchStatistics, speed: str = "", *, has_table: bool = False
) -> list[str]:
    """Return the totals as lines: outcomes and reasons, unless a table has them, speed, latencies, unknown rows."""
    latencies = statistics.latencies
    bars = ["latency:", *_bar_lines(latencies.bars("<="))] if latencies.has_histogram else []
    head = [] if has_table else [_head_line(statistics)]
    reasons = [] if has_table else _reason_lines(statistics)
    return [*head, *filter(None, [speed]), *reasons, *bars, *_unknown_lines(statistics)]


def outcome_table(statistics: BatchStatistics, columns: int) -> Table:
    """Return the number of rows by outcome and reason, for a terminal; `unknown` comes first, `accepted` last.

    A long reason is cut: the line of its first row has all of it.
    """
    rows, room = [], max(columns - _OTHER_COLUMNS, _OTHER_COLUMNS)
    for outcome, count in ((each, statistics.outcomes[each]) for each in OUTCOMES_IN_ORDER):
        reasons = [
            (number, f"{code}: {message}")
            for number, code, message, of in statistics.reasons
            if of is outcome
        ][:_MAX_REASONS]
        if outcome is Outcome.SKIPPED:
            reasons = [(number, str(reason)) for reason, number in statistics.skipped.most_common()]
        others = count - sum(number for number, _ in reasons)
        reasons += [(others, "other reasons" if reasons else "")] if others else []
        rows += [
            (
                str(outcome),
                f"{number:,}",
                text if len(text) <= room else f"{text[: room - 1]}\u2026",
            )
            for number, text in reasons
        ]
    return Table(("OUTCOME", "ROWS", "REASON"), rows)


def describe_outcomes(statistics: BatchStatistics) -> str:
    """Return the number of rows with each outcome; `unknown` comes first, `accepted` last."""
    counts = statistics.outcomes
    return format_counts((each, counts[each]) for each in OUTCOMES_IN_ORDER if counts[each])


def describe_progress(statistics: BatchStatistics, seconds: float, permitted: Rate) -> str:
    """Return the number of rows with each outcome, and from the second request on the achieved rate."""
    latencies = statistics.latencies
    rate = _achieved_rate(latencies, seconds, permitted) if latencies.total() > 1 else ""
    return ", ".join(filter(None, (describe_outcomes(statistics), rate)))


def describe_speed(latencies: Latencies, seconds: float, permitted: Rate) -> str:
    """Return the elapsed time, the latencies, and unless there are only a few requests the achieved rate."""
    p50, p95 = latencies.percentile(0.5), latencies.percentile(0.95)
    if p50 is None or p95 is None or not seconds:
        return ""
    rate = ""
    if latencies.total() >= _FEWEST_FOR_RATE:
        rate = f", {_achieved_rate(latencies, seconds, permitted)} of {permitted} permitted"
    return f"elapsed: {seconds:,.1f} s{rate}; latency: p50 {p50:g} ms, p95 {p95:g} ms"


def _achieved_rate(latencies: Latencies, seconds: float, permitted: Rate) -> str:
    """Return the rate of the requests after the first one, which does not wait."""
    achieved = (latencies.total() - 1) / seconds * permitted.seconds
    return f"{achieved:,.1f}/{permitted.unit}"


def _head_line(statistics: BatchStatistics) -> str:
    resumed = statistics.resumed
    earlier = f" ({resumed} from an earlier run)" if resumed else ""
    if not statistics.total:
        return "no row was sent"
    return f"{count_phrase(statistics.total, 'row')}{earlier}: {describe_outcomes(statistics)}"


def _reason_lines(statistics: BatchStatistics) -> list[str]:
    """Return a line for all skipped rows, and a line for each reason of the others."""
    lines = []
    if skipped := statistics.skipped:
        lines.append(f"skipped: {format_counts(skipped.most_common())}")
    lines += [
        f"  {count} x {code}: {message}"
        for count, code, message, _ in statistics.reasons[:_MAX_REASONS]
    ]
    if (more := len(statistics.reasons) - _MAX_REASONS) > 0:
        lines.append(f"  and {count_phrase(more, 'more reason')}")
    return lines


def _bar_lines(bars: Sequence[tuple[str, int]]) -> list[str]:
    longest = max(count for _, count in bars)
    return [
        f"  {f'{name} ms':>11}  {'#' * -(-count * _BAR_WIDTH // longest):<{_BAR_WIDTH}} {count}"
        for name, count in bars
    ]


def _unknown_lines(statistics: BatchStatistics) -> list[str]:
    """Return lines with the next step for unknown rows, and the first of these rows; no lines if there are none."""
    listed = [(row, delivery) for row, delivery in statistics.unknown if delivery]
    listed.sort(key=lambda each: int(each[0].replace(",", "-").partition("-")[0]))
    others = [row for row, delivery in statistics.unknown if not delivery]
    more = statistics.unlisted
    lines = [f"unknown: {describe_ranges(row)}: {UNREAD_FIX}" for row in others]
    if not (listed or more):
        return lines
    first = listed[0][1] if listed else "DELIVERY_ID"
    same = ", and the same for each of the others" if len(listed) + more > 1 else ""
    question, *others = sorted(filter(None, statistics.questions)) or [""]
    fix = resolve_fix(
        first, is_load=statistics.is_load, question="it was processed" if others else question
    )
    lines.append(f"unknown: {fix}{same}:")
    if sent := statistics.may_be_in_flight:
        lines.append(
            f"  another process may still be sending {sent} of them: if so, wait until it ends"
        )
    lines += [f"  {describe_ranges(row)}: delivery {delivery}" for row, delivery in listed]
    return (
        [*lines, f"  and {count_phrase(more, 'more row')}: `cxcall history list --unresolved`"]
        if more
        else lines
    )


_MAX_SKIPS_SHOWN = 20
"""How many skipped rows a terminal shows: the summary counts them all."""


class RowPrinter:
    """Prints results on stdout: all for programs, but on a terminal only rows that were not accepted."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._skips_shown = screen, 0
        self.is_broken = False
        """Whether a result could not be printed."""

    def print_or_stop(self, result: RowResult, batch: str, stop: Callable[[str], None]) -> None:
        """Print the result of a row; if that fails, call `stop` with the reason, and stop printing."""
        if self.is_broken:
            return
        try:
            self.print(result, batch)
        except OSError as error:
            self.is_broken = True
            stop(unwritable_reason(error))

    def print(self, result: RowResult, batch: str) -> None:
        """Print the result of a row; raises OSError if that fails."""
        screen, report = self._screen, result.report
        if screen.options.output != "text":
            screen.print_json(result.as_dict(batch))
        elif screen.options.quiet:
            if report.delivery and report.delivery.engagement_id:
                screen.print_line(escape_cell(report.delivery.engagement_id))
        elif not screen.is_terminal:
            screen.print_line("\t".join(map(escape_cell, result.cells())))
        elif report.outcome is not Outcome.ACCEPTED and not (
            result.skip and self._skips_shown > _MAX_SKIPS_SHOWN
        ):
            self._skips_shown += result.skip is not None
            screen.print_text(format_one_line(str(result)), indent="  ")
        screen.stdout.flush()

    @property
    def shows_few_rows(self) -> bool:
        """Whether only rows that were not accepted are printed."""
        options = self._screen.options
        return self._screen.is_terminal and options.output == "text" and not options.quiet


class ProgressLines:
    """Prints a line at intervals if no progress bar is shown: in a log, or on a terminal that cannot draw one."""

    def __init__(self, screen: Screen, total: int, tell: Callable[[str], None]) -> None:
        self._is_quiet = screen.options.quiet or screen.shows_bar
        self._total, self._tell = total, tell
        self._next, self._shown = _SECONDS_BETWEEN_LINES, 0

    def update(self, done: int, text: str, seconds: float) -> None:
        """Print the progress, unless a line was printed less than 10 seconds ago, or the summary follows at once."""
        if seconds >= self._next and self._shown < done < self._total and not self._is_quiet:
            self._next, self._shown = seconds + _SECONDS_BETWEEN_LINES, done
            self._tell(f"{done:,} of {self._total:,} row{'' if self._total == 1 else 's'}: {text}")


def unwritable_reason(error: OSError) -> str:
    """Return the reason to stop a run whose results cannot be written; requests in flight are finished."""
    return f"the results cannot be written: {error.strerror or 'the pipe is closed'}"


def describe_rejects(rejects: RejectFile, rows: RowFile, batch: str) -> str:
    """Return where the rows to correct are, or the command that writes them: `--resume` does not send them."""
    count = count_phrase(rejects.count, "row")
    if rejects.path:
        return f"{count} to correct and send again: `{rejects.path}`"
    flags = {
        "--encoding": rows.format.encoding,
        "--sheet": rows.format.sheet,
        "--input": "" if rows.file else "FILE",
    }
    words = [word for name, value in flags.items() if value for word in (name, value)]
    written = command(
        "cxcall", "batch", "report", batch, _REJECTS, unused_reject_file(rows), *words
    )
    return f"{count} to correct and send again, which `--resume` does not send; to write a file of them: {written}"


def describe_continuation(
    arguments: Sequence[str], guards: Sequence[Guard], rows: RowFile, wait: float
) -> str:
    """Return how to continue a batch, with the command if none of its words may be a secret or a phone number.

    `wait` is for how many seconds the API still asks to send nothing.
    A command that is pasted elsewhere lacks the variables that set its guards, and rows from standard input.
    """
    names = [f"`{each}`" for each in guard_variables(guards)]
    names += ["standard input"] * (not rows.file)
    also = f" and the same {', '.join(names)}" if names else ""
    until = datetime.now().astimezone() + timedelta(seconds=wait)
    when = "" if wait < 1 else f"wait until {until:%Y-%m-%d %H:%M:%S %Z}, then "
    said = f"to continue, {when}run the same command with `--resume`{also}"
    if any(map(_may_be_private, arguments)):
        return said
    return f"{said}: {command('cxcall', *_resume_words(arguments))}"


def _resume_words(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the words of the command; the number of calls must be confirmed again.

    The rows to correct go to another file, because the first run may have written its own.
    """
    words = iter(arguments)
    for word in words:
        if word == "--confirm":
            next(words, None)
        elif word == _REJECTS:
            yield from (word, *map(unused_name, islice(words, 1)))
        elif word.startswith(f"{_REJECTS}="):
            yield f"{_REJECTS}={unused_name(word.partition('=')[2])}"
        elif word == "--":  # the next words are not options
            yield from ("--resume", word, *words)
            return
        elif not word.startswith("--confirm=") and word not in ("--again", "--resume"):
            yield word
    yield "--resume"


def _may_be_private(word: str) -> bool:
    """Return whether a word may have a secret or a phone number, by its form, or by a name as in `/token=x`."""
    name, _, text = word.removeprefix("--set=").removeprefix("--param=").partition("=")
    text = (text or name).strip('"')
    is_number = mask_cell(name, text) != text and (not text.isdigit() or is_number_name(name))
    return is_number or is_likely_secret(name, text) or mask_likely_secrets(word) != word
