"""Check JSON Lines of any length: split a file into blocks of whole lines, and check the lines of a block."""

from __future__ import annotations

from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import DocumentError, parse_json
from cxcall.documents.json_text import WHITE_SPACE
from cxcall.documents.text_files import encoding_error, open_bytes, read_line, refuse_other_encoding
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
    from cxcall.validation.quick_check import QuickCheck

BLOCK_SIZE = 1 << 17
"""Bytes that are read at once: as many as a processor keeps at hand while it works on them."""
FEW_LINES = 50
"""A shorter file is checked in full, because building a screen takes longer."""
_BLANK = WHITE_SPACE.encode()


class LineBlock(NamedTuple):
    """Whole lines of a file, and their place in it. `lines` is None if they must be read again."""

    first_line: int
    offset: int
    size: int
    lines: list[bytes] | None

    def read_lines(self, path: str) -> list[bytes]:
        """Return the lines, each with its end."""
        if self.lines is not None:
            return self.lines
        with open_bytes(path) as file:
            file.seek(self.offset)
            return BytesIO(file.read(self.size)).readlines()

    def without_lines(self) -> LineBlock:
        """Return the block for another process, which reads the lines faster than it receives them."""
        return self._replace(lines=None)


def split_blocks(
    file: BufferedReader, name: str, start: bytes, *, at_once: bool
) -> Iterator[LineBlock]:
    """Yield the lines of a file in blocks; `start` is the part that was already read.

    With `at_once`, lines in a pipe do not wait for a full block. Raises DocumentError if the
    file is UTF-16 or UTF-32, or not text.
    """
    line, offset = 1, 0
    while content := start or read_whole_lines(file, name, at_once=at_once):
        start = b""
        if not offset:
            refuse_other_encoding(name, content)
        lines = BytesIO(content).readlines()  # twice as fast as counting them
        yield LineBlock(line, offset, len(content), lines)
        line += len(lines)
        offset += len(content)


def read_whole_lines(file: BufferedReader, name: str, *, at_once: bool) -> bytes:
    """Read the whole lines of a block; with `at_once`, only the lines that a pipe already has."""
    content = file.read1(BLOCK_SIZE) if at_once else file.read(BLOCK_SIZE)
    return content if content[-1:] in (b"\n", b"") else content + read_line(file, name)


class JsonLinesChecker:
    """Check the lines of one file. A screen accepts lines that certainly have no findings."""

    def __init__(self, name: str, checker: PayloadChecker) -> None:
        self.name, self.checker = name, checker
        self._screen: QuickCheck | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a process that is not forked, which compiles its own screen."""
        return {**vars(self), "_screen": None}

    def __call__(self, block: LineBlock) -> list[PayloadVerdict | VerdictRun]:
        """Return the verdicts on the lines of a block, in order; blank lines have none."""
        return list(self._verdicts(block.read_lines(self.name), block.first_line))

    def _verdicts(
        self, lines: list[bytes], first_line: int
    ) -> Iterator[PayloadVerdict | VerdictRun]:
        start = 0
        for operations, group in groupby(self._accept(lines, first_line)):
            end = start + len(list(group))
            if operations:
                yield self._valid(first_line + start, end - start, operations)
            else:
                for index in range(start, end):
                    if verdict := self._check(lines[index], first_line + index):
                        yield verdict
            start = end

    def _accept(self, lines: list[bytes], first_line: int) -> list[tuple[Operation, ...]]:
        """Return the operations that each line is valid as; in a short file, no line is accepted."""
        named = self.checker.named
        if first_line + len(lines) < FEW_LINES or (named and not named.takes_body):
            return [()] * len(lines)
        if self._screen is None:
            from cxcall.validation.quick_check import QuickCheck

            self._screen = QuickCheck(self.checker.known, named)
        return self._screen.accept(lines)

    def _valid(self, line: int, count: int, operations: tuple[Operation, ...]) -> VerdictRun:
        names = tuple(operation.name for operation in operations)
        first = PayloadVerdict(
            self.name,
            line,
            names,
            valid=True,
            findings=(),
            exit_code=ExitCode.OK,
            assigned=self.checker.assigned,
        )
        return VerdictRun(first, count)

    def _check(self, raw: bytes, line: int) -> PayloadVerdict | None:
        """Check one line in full; returns None if it is blank."""
        if not raw.strip(_BLANK):
            return None
        raw = raw.rstrip(b"\r\n")
        try:
            document = parse_json(_decode(raw, self.name, line), self.name, line)
        except DocumentError as error:
            return unreadable_verdict(self.name, error, line)
        return self.checker.check_document(document, line)


def _decode(raw: bytes, name: str, line: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        reason = f"line {line} contains byte 0x{raw[error.start]:02x}"
        (finding,) = encoding_error(name, reason, raw[error.start :]).findings
        column = len(raw[: error.start].decode()) + 1
        place = Excerpt(name, line, column, raw.decode("utf-8", "replace"))
        raise DocumentError(finding._replace(excerpt=place)) from None
