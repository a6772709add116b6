"""One result of a check or an explanation."""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cxcall.findings.edit import Edit


class Severity(StrEnum):
    """The severity of a finding; `error`: the API would refuse the request, or the wrong person would be called."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Excerpt(NamedTuple):
    """A place in a text: 1-based line and column, the line itself, and the number of characters to underline.

    `start` is the number of characters of the line that are left out before `text`. `cell` is the name of
    the cell of a sheet, such as `B7`; its line and column are those of the row as CSV.
    """

    file: str
    line: int
    column: int
    text: str
    width: int = 1
    start: int = 0
    cell: str = ""

    @property
    def position(self) -> str:
        """The file with line and column, or with the cell of a sheet."""
        return f"{self.file}:{self.cell or f'{self.line}:{self.column}'}"

    def crop(self, margin: int) -> Excerpt:
        """Return this place with at most so many characters of a long line on both sides."""
        first = max(self.column - 1 - self.start - margin, 0)
        text = self.text[first : first + 2 * margin]
        return self._replace(text=text, start=self.start + first)

    def __repr__(self) -> str:
        # Tests print this into logs, and the line may contain a phone number.
        return f"{type(self).__name__}({self.file}:{self.line}:{self.column})"


class Finding(NamedTuple):
    """One result of a check or an explanation.

    `where` is a JSON pointer into the body, or `path`, `host`, `header:NAME`, `token`, `response`,
    or a setting; `origin` names the flag that the value came from, and `excerpt` the place in a file;
    `source` names who made the rule: a contract, a document of the platform, or the response.
    `edits` correct the body, all together or not at all; empty if no correction is known.
    `value` is the text that it is about, as it was sent; empty if there is none. `other_place` is the property that
    is not allowed beside the one at `where`, or `query` if that one belongs there; empty for all other findings.
    """

    severity: Severity
    code: str
    where: str
    message: str
    fix: str = ""
    why: str = ""
    source: str = ""
    origin: str = ""
    excerpt: Excerpt | None = None
    edits: tuple[Edit, ...] = ()
    value: str = ""
    other_place: str = ""

    @classmethod
    def error(
        cls, code: str, where: str, message: str, fix: str = "", why: str = "", **more: Any
    ) -> Self:
        """Return a finding of severity `error`; `more` are its other fields."""
        return cls(Severity.ERROR, code, where, message, fix, why, **more)

    @classmethod
    def warning(
        cls, code: str, where: str, message: str, fix: str = "", why: str = "", **more: Any
    ) -> Self:
        """Return a finding of severity `warning`."""
        return cls(Severity.WARNING, code, where, message, fix, why, **more)

    @classmethod
    def note(
        cls, code: str, where: str, message: str, fix: str = "", why: str = "", **more: Any
    ) -> Self:
        """Return a finding of severity `note`."""
        return cls(Severity.NOTE, code, where, message, fix, why, **more)

    def map_texts(self, function: Callable[[str], str]) -> Finding:
        """Return the finding with a function applied to each of its texts, such as one that masks."""
        excerpt = self.excerpt
        return Finding(
            self.severity,
            self.code,
            function(self.where),
            function(self.message),
            function(self.fix),
            function(self.why),
            self.source,
            function(self.origin),
            excerpt and excerpt._replace(text=function(excerpt.text)),
            tuple(edit.map_texts(function) for edit in self.edits),
            function(self.value),
            function(self.other_place),
        )

    def __repr__(self) -> str:
        # Like an excerpt, the value and its corrections may be a phone number.
        *shown, _edits, _value, _other_place = self
        return f"{type(self).__name__}({', '.join(map(repr, shown))})"


def printable(text: str) -> str:
    """Return a value without control characters, for a message on one line."""
    return text if text.isprintable() else ascii(text)[1:-1]


_of_run: dict[str, Finding] = {}
"""Findings about the run as a whole, such as an ignored setting: each is in the report once, for any command."""
_of_report: ContextVar[dict[str, Finding]] = ContextVar("notices")
"""Those of the report in progress, where a run has several."""


def _do_nothing(_notice: Finding) -> None:
    pass


on_notice: Callable[[Finding], None] = _do_nothing
"""Called with each new notice: a program that uses the Python API has no report of its run."""


def begin_report() -> None:
    """Begin a report of its own in this context, which has only the notices from now on: one call of a server."""
    _of_report.set({})


def add_notice(finding: Finding) -> None:
    """Add a finding to the report in progress, unless the command reports the same message itself."""
    is_new = finding.message not in _of_run
    for notices in (_of_run, _of_report.get(_of_run)):
        notices.setdefault(finding.message, finding)
    if is_new:
        on_notice(finding)


def with_notices(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a report with the notices that are not among them."""
    found = tuple(findings)
    messages = {finding.message for finding in found}
    notices = _of_report.get(_of_run).values()
    return (*found, *(each for each in notices if each.message not in messages))
