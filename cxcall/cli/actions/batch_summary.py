"""Show how far a batch has come, and its totals: as a table on a terminal, else as lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cxcall.batch.totals import OUTCOMES_BY_GRAVITY
from cxcall.findings.exit_codes import Outcome
from cxcall.output.report import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.totals import BatchStatistics
    from cxcall.output.screen import Screen

_SECONDS_BETWEEN_LINES = 10.0
_LONGEST_MESSAGE = 100


class ProgressLines:
    """Prints a line now and then, where no progress bar is shown: in a log, or on a terminal that cannot draw one."""

    def __init__(self, screen: Screen, total: int, tell: Callable[[str], None]) -> None:
        self._is_quiet = screen.options.quiet or screen.shows_bar
        self._total, self._tell = total, tell
        self._next = _SECONDS_BETWEEN_LINES

    def update(self, done: int, text: str, seconds: float) -> None:
        """Print the progress unless a line was printed less than 10 seconds ago."""
        if seconds >= self._next and not self._is_quiet:
            self._next = seconds + _SECONDS_BETWEEN_LINES
            self._tell(f"{done:,} of {self._total:,} row{'' if self._total == 1 else 's'}: {text}")


def print_totals(
    screen: Screen,
    statistics: BatchStatistics,
    speed: str,
    more: list[str],
    tell: Callable[[str], None],
) -> None:
    """Print the totals of a batch on stderr, and `more` lines, such as the command to resume it."""
    speeds = [speed] if speed else []
    if not (screen.stderr.isatty() and statistics.total):
        first, *others = statistics.lines()
        tell("\n".join([first, *speeds, *others, *more]))
        return
    tell("\n".join([statistics.head_line(), *speeds]))
    screen.print_table(outcome_table(statistics), screen.stderr)
    if rest := [*statistics.unknown_rows(), *more]:
        tell("\n".join(rest))


def outcome_table(statistics: BatchStatistics) -> Table:
    """Return the number of rows by outcome and reason, `unknown` first; a narrow terminal shows only codes."""
    wide: Counter[tuple[Outcome, str]] = Counter()
    narrow: Counter[tuple[Outcome, str]] = Counter()
    for outcome in OUTCOMES_BY_GRAVITY:
        left = statistics.outcomes[outcome]
        for count, code, message in _reasons_of(statistics, outcome):
            text = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
            wide[outcome, f"{code}: {text}" if text else code] += count
            narrow[outcome, code] += count
            left -= count
        if left > 0:
            wide[outcome, ""] = narrow[outcome, ""] = left
    return _new_table(wide)._replace(narrower=_new_table(narrow))


def _new_table(counts: Counter[tuple[Outcome, str]]) -> Table:
    width = max([len("ROWS"), *(len(f"{count:,}") for count in counts.values())])
    rows = [(outcome, f"{count:>{width},}", reason) for (outcome, reason), count in counts.items()]
    return Table(("OUTCOME", "ROWS".rjust(width), "REASON"), rows)


def _reasons_of(statistics: BatchStatistics, outcome: Outcome) -> list[tuple[int, str, str]]:
    if outcome is Outcome.SKIPPED:
        return [(count, str(reason), "") for reason, count in statistics.skipped.most_common()]
    return [
        (count, code, message)
        for (code, message, owner), count in statistics.reasons.most_common()
        if owner is outcome
    ]
