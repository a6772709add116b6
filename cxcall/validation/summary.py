"""Summarize a validation: count verdicts, and keep those that are shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.validation.payload_check import PayloadVerdict, VerdictRun

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding

FINDINGS_SHOWN = 100
"""The most findings and payloads that are kept of a run; the others are only counted."""


class ValidationSummary:
    """The summary of a run. Its size does not grow with the payloads, unless all are kept."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.total = 0
        self.valid = 0
        self.unread = 0
        """The number of files, folders, and patterns without a payload that could be read."""
        self.payloads: list[PayloadVerdict] = []
        self.found: list[PayloadVerdict] = []
        self.findings: list[Finding] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.operations: Counter[tuple[str, ...]] = Counter()
        self.exit_codes: set[ExitCode] = set()

    def add(self, entry: PayloadVerdict | VerdictRun) -> None:
        """Count a verdict, and keep it if there is room."""
        first, count = entry if isinstance(entry, VerdictRun) else (entry, 1)
        self.exit_codes.add(first.exit_code)
        self.unread += count * (not first.is_read)
        self.total += count * first.is_read
        self.valid += count * first.valid
        if first.valid:
            self.operations[first.operations] += count
        for finding in first.findings:
            self.counts[finding.code, str(finding.severity)] += 1
        room = count if self.most is None else self.most + 1 - len(self.payloads)
        if room > 0:
            every = entry.each() if isinstance(entry, VerdictRun) else [first]
            self.payloads += [each for each, _ in zip(every, range(room), strict=False)]
        if first.findings and (self.most is None or len(self.findings) < self.most):
            self.found.append(first)
            self.findings += first.findings

    @property
    def is_cut(self) -> bool:
        """Whether the body is larger than the part that is kept."""
        return self.shown is self.found or self.counts.total() > len(self.shown_findings)

    @property
    def shown(self) -> list[PayloadVerdict]:
        """The payloads to show: all of them or, of too many, those with the first findings."""
        has_room = self.most is None or self.total + self.unread <= self.most
        return self.payloads if has_room else self.found

    @property
    def shown_findings(self) -> list[Finding]:
        """The findings to show."""
        return self.findings if self.most is None else self.findings[: self.most]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the run. An unreadable file outweighs an invalid one, because it was not checked."""
        if ExitCode.USAGE in self.exit_codes:
            return ExitCode.USAGE
        return max(self.exit_codes, default=ExitCode.OK)

    @property
    def outcome(self) -> Outcome:
        """`valid`, `invalid`, or `error` if something could not be read."""
        outcomes = {ExitCode.OK: Outcome.VALID, ExitCode.INVALID: Outcome.INVALID}
        return outcomes.get(self.exit_code, Outcome.ERROR)

    @property
    def severities(self) -> Counter[str]:
        """The number of findings of each severity."""
        found: Counter[str] = Counter()
        for (_, severity), count in self.counts.items():
            found[severity] += count
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the verdicts and their counts as JSON members."""
        codes: Counter[str] = Counter()
        for (code, _), count in self.counts.items():
            codes[code] += count
        return {
            "payloads": [payload.as_dict() for payload in self.shown],
            "counts": {
                "payloads": self.total,
                "valid": self.valid,
                "invalid": self.total - self.valid,
                "codes": dict(codes),
            },
        }

    def summary(self) -> str:
        """Return the counts as text; empty if everything is shown."""
        if not self.is_cut:
            return ""
        operations = [" or ".join(names) for names in self.operations if names]
        named = f" as {operations[0]}" if len(operations) == 1 else ""
        by_weight = sorted(self.counts.items(), key=lambda item: (item[0][1], -item[1]))
        lines = [f"{count:>9,}  {severity}[{code}]" for (code, severity), count in by_weight]
        if self.counts.total() > len(self.shown_findings):
            lines.append(f"the first {self.most} findings are shown; add `--all` to show all")
        return "\n".join(
            [
                *lines,
                f"{self.total:,} payload{'' if self.total == 1 else 's'}, {self.valid:,} valid{named}",
            ]
        )
