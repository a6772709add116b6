"""The counts of the check of all rows of a batch, and the first findings on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxcall.batch.skip_reasons import SkipReason
from cxcall.findings.finding import Finding, Severity
from cxcall.output.count_phrases import count_phrase, format_counts

if TYPE_CHECKING:
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.contracts.operation import Operation

_MAX_FINDINGS = 100
_MAX_OF_A_KIND = 5
_MAX_NOTES = 100


@dataclass
class CheckStatistics:
    """The counts of the check of all rows; its size does not grow with their number."""

    rows: int = 0
    invalid: int = 0
    already_sent: int = 0
    numbers_written: int = 0
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    repeated_notes: int = 0
    call: Operation | None = None
    """The operation as one that can place a call, if a row to send may place one."""
    _notes: set[tuple[str, str]] = field(default_factory=set)
    _shown: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    _first_row: int = 0
    _in_all_rows: dict[tuple[str, ...], int] = field(default_factory=dict)
    """The positions in `findings` of those that every row had so far, such as a missing column, by their texts."""
    _joined: int = 0

    @property
    def valid(self) -> int:
        """The number of rows without errors that are not skipped."""
        return self.rows - self.invalid - self.skipped.total()

    @property
    def to_send(self) -> int:
        """The number of rows to send now."""
        return self.valid - self.already_sent

    @property
    def has_no_number(self) -> bool:
        """Whether no row is left to send because of invalid numbers, so that the wrong column may have been read."""
        return bool(self.skipped[SkipReason.INVALID_NUMBER]) and not (
            self.valid or self.skipped[SkipReason.OUTSIDE_HOURS]
        )

    def add(self, checked: CheckedRow) -> None:
        """Count one row, and keep its findings: all errors of invalid rows, and a few of each other kind."""
        self.rows += 1
        is_invalid = checked.request is None
        self.invalid += is_invalid
        self.already_sent += checked.earlier is not None
        self.numbers_written += checked.numbers_written
        if checked.skip:
            self.skipped[checked.skip] += 1
        elif checked.request and not checked.earlier and checked.request.operation.can_place_call:
            self.call = checked.request.operation
        self._first_row = self._first_row or checked.row.number
        in_all_rows: dict[tuple[str, ...], int] = {}
        for each in checked.findings:
            finding = _as_warning(each) if checked.skip else each
            if self._is_repeated_note(finding):
                self.repeated_notes += 1
                continue
            kind = finding.code, finding.severity
            self.counts[kind] += 1
            text = finding.severity, finding.code, finding.where, finding.message
            if text in self._in_all_rows:
                in_all_rows[text] = self._in_all_rows[text]
                self._join(in_all_rows[text], checked.row.number, finding.message)
                continue
            most = _MAX_FINDINGS if is_invalid else _MAX_OF_A_KIND
            if self._shown[kind] < most and len(self.findings) < _MAX_FINDINGS:
                self._shown[kind] += 1
                if self.rows == 1:
                    in_all_rows[text] = len(self.findings)
                message = f"row {checked.row.number}: {finding.message}"
                self.findings.append(finding._replace(message=message))
        self._in_all_rows = in_all_rows

    def _join(self, position: int, row: int, text: str) -> None:
        """Join the finding of a row with that of all rows before."""
        message = f"rows {self._first_row} to {row}: {text}"
        self.findings[position] = self.findings[position]._replace(message=message)
        self._joined += 1

    def _is_repeated_note(self, finding: Finding) -> bool:
        """Return whether a note repeats an earlier note for another row: many notes would hide the errors."""
        if finding.severity is not Severity.NOTE:
            return False
        key = finding.code, finding.message
        is_repeated = key in self._notes
        if len(self._notes) < _MAX_NOTES:
            self._notes.add(key)
        return is_repeated

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON data."""
        return {
            "rows": self.rows,
            "valid": self.valid,
            "invalid": self.invalid,
            "resumed": self.already_sent,
            "skipped": {str(reason): count for reason, count in self.skipped.items()},
            "numbersWritten": self.numbers_written,
        }

    def summary(self) -> str:
        """Return the counts as text: one line, and one for each kind of finding if not all are shown."""
        parts = [count_phrase(self.rows, "row"), f"{self.valid} valid"]
        if self.repeated_notes:
            parts.append(f"the same note for {count_phrase(self.repeated_notes, 'more row')}")
        parts += [f"{self.invalid} not valid"] if self.invalid else []
        if self.skipped:
            parts.append(
                f"{self.skipped.total()} skipped ({format_counts(self.skipped.most_common())})"
            )
        parts += [f"{self.already_sent} done by an earlier run"] if self.already_sent else []
        lines = [", ".join(parts)]
        if self.numbers_written:
            lines.append(f"{count_phrase(self.numbers_written, 'number')} written in E.164")
        if self.counts.total() - self._joined > len(self.findings):
            by_weight = sorted(self.counts.items(), key=lambda item: (item[0][1], -item[1]))
            lines += [f"{count:>9,}  {severity}[{code}]" for (code, severity), count in by_weight]
            lines.append("only the first findings of each kind are shown")
        return "\n".join(lines)


def _as_warning(finding: Finding) -> Finding:
    """Return an error on a skipped row as a warning, because the batch goes on."""
    is_error = finding.severity is Severity.ERROR
    return finding._replace(severity=Severity.WARNING) if is_error else finding
