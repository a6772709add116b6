"""Check JSON Lines of any length: split a file into blocks of whole lines, and check the lines of a block."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cxcall.documents.json_document import WHITE_SPACE, DocumentError, parse
from cxcall.documents.text_files import encoding_error, read_line, refuse_utf16
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Excerpt
from cxcall.named_tuple import NamedTuple
from cxcall.validation.payload_check import (
    PayloadChecker,
    PayloadVerdict,
    VerdictRun,
    unreadable_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from cxcall.contracts.operation import Operation
    from cxcall.validation.screening import Screen

BLOCK_SIZE = 1 << 19
_BLANK = WHITE_SPACE.encode()
FEW_LINES = 50
"""A file of fewer lines is checked in full: building a screen takes longer."""


class LineBlock(NamedTuple):
    """Whole lines of a file: where they are in it or, if it can be read only once, the lines themselves."""

    first_line: int
    offset: int
    size: int
    content: bytes | None

    def read(self, path: str) -> bytes:
        """Return the lines."""
        if self.content is not None:
            return self.content
        with open(path, "rb") as file:  # noqa: PTH123 - a path as given
            file.seek(self.offset)
            return file.read(self.size)


def split_blocks(
    file: BufferedReader, name: str, start: bytes = b"", *, rereadable: bool
) -> Iterator[LineBlock]:
    """Yield blocks of whole lines as they arrive; `start` is what was already read of the file.

    Raises DocumentError if the file is UTF-16 or UTF-32.
    """
    line, offset = 1, 0
    while content := start or read_whole_lines(file, name, at_once=not rereadable):
        start = b""
        if not offset:
            refuse_utf16(name, content[:4])
        yield LineBlock(line, offset, len(content), None if rereadable else content)
        line += content.count(b"\n")
        offset += len(content)


def read_whole_lines(file: BufferedReader, name: str, *, at_once: bool) -> bytes:
    """Read as many whole lines as make a block; with `at_once`, no more than a pipe already holds."""
    content = file.read1(BLOCK_SIZE) if at_once else file.read(BLOCK_SIZE)
    return content if content[-1:] in (b"\n", b"") else content + read_line(file, name)


class JsonLinesChecker:
    """Check the lines of one file. Lines in which nothing can be found are accepted by a screen."""

    def __init__(self, name: str, checker: PayloadChecker) -> None:
        self.name, self.checker = name, checker
        self._screen: Screen | None = None

    def __call__(self, block: LineBlock) -> list[PayloadVerdict | VerdictRun]:
        """Return the verdicts on the lines of a block, in order; blank lines have none."""
        return list(self._verdicts(block.read(self.name), block.first_line))

    def _verdicts(self, text: bytes, first_line: int) -> Iterator[PayloadVerdict | VerdictRun]:
        lines = text.split(b"\n")
        accept = self._acceptance(first_line + len(lines))
        start = 0
        for operations, group in groupby(map(accept, lines)):
            end = start + len(list(group))
            if operations:
                yield self._valid(first_line + start, end - start, operations)
            else:
                for index in range(start, end):
                    if verdict := self._check(lines[index], first_line + index):
                        yield verdict
            start = end

    def _acceptance(self, last_line: int) -> Screen:
        """Return the function that accepts lines; in a short file, it accepts none."""
        if last_line < FEW_LINES:
            return lambda _: ()
        if self._screen is None:
            from cxcall.validation.screening import build_screen

            self._screen = build_screen(self.checker.known, self.checker.named)
        return self._screen

    def _valid(self, line: int, count: int, operations: tuple[Operation, ...]) -> VerdictRun:
        names = tuple(operation.name for operation in operations)
        first = PayloadVerdict(
            self.name, line, names, valid=True, findings=(), exit_code=ExitCode.OK,
            assigned=self.checker.assigned,
        )  # fmt: skip
        return VerdictRun(first, count)

    def _check(self, raw: bytes, line: int) -> PayloadVerdict | None:
        """Check one line in full; returns None if it is blank."""
        if not raw.strip(_BLANK):
            return None
        raw = raw.rstrip(b"\r\n")
        try:
            document = parse(_decode(raw, self.name, line), self.name, line)
        except DocumentError as error:
            return unreadable_verdict(self.name, error, line)
        return self.checker.document(document, line)


def _decode(raw: bytes, name: str, line: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        reason = f"byte 0x{raw[error.start]:02x} stands in line {line}"
        (finding,) = encoding_error(name, reason, "LATIN1").findings
        column = len(raw[: error.start].decode()) + 1
        place = Excerpt(name, line, column, raw.decode("utf-8", "replace"))
        raise DocumentError(finding._replace(excerpt=place)) from None
