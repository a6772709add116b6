"""Recognize the format of a text, and read its requests and responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import BOM, DocumentError
from cxcall.documents.json_text import load_json
from cxcall.documents.text_files import read_text, split_lines
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.unresolved_variables import remove_marks
from cxcall.explaining.request_masking import find_json_secrets
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cxcall.explaining.readers.json_values.saved_requests import LeavesOut

FORMATS = "a curl command, a HAR file, a log line, code that sends a request, or a response"
_EXAMPLE = "`POST https://api.mypurecloud.com/api/v2/conversations/calls`"
_LONG = 1 << 20
_MESSAGE_NAMES = frozenset("message msg log event textPayload @message".split())


class Source(NamedTuple):
    """A text that contains requests: its JSON values with their secrets, or the text itself if it is not JSON.

    `is_joined`: the text is made of the messages in JSON values.
    """

    name: str
    values: list[Any] | None
    text: str
    secrets: frozenset[str] = frozenset()
    is_joined: bool = False

    def read(
        self, entry: int | None = None, is_left_out: LeavesOut | None = None
    ) -> Iterator[ObservedRequest]:
        """Yield the requests and responses, without the entries of a HAR file of which `is_left_out` says so.

        `entry` selects one entry of a HAR file; raises UsageError for it with any other text.
        """
        if entry is not None:
            self._check_entries()
        if self.values is None:
            from cxcall.explaining.readers.pasted_text import read_pasted_text

            return read_pasted_text(self.text, is_joined=self.is_joined)
        from cxcall.explaining.readers.json_values.json_documents import read_json

        requests = read_json(self.values, self.name, entry, is_left_out)
        return (
            replace(each, secrets=each.secrets | self.secrets if each.secrets else self.secrets)
            for each in requests
        )

    def _check_entries(self) -> None:
        from cxcall.explaining.readers.json_values.json_documents import is_har

        if self.values is None or not is_har(self.values):
            raise UsageError(
                f"`--entry` requires a HAR file; `{self.name}` is not one",
                where="--entry",
                fix="leave out `--entry`: all requests in the text are explained",
            )


def read_source_file(path: str) -> str:
    """Return the text of a file, or of stdin (`-`); raises UsageError if it cannot be read, or is not UTF-8."""
    try:
        return read_text(path)
    except DocumentError as error:  # no request was read, so this is no finding about one
        problem = error.findings[0]
        raise UsageError(problem.message, where=problem.where, fix=problem.fix) from None


def open_source(text: str, name: str) -> Source:
    """Return a text as a source of requests. Nothing in it is run, opened, or fetched."""
    if not text.isascii():  # no request can contain a lone surrogate
        text = remove_marks(text.encode("utf-8", "replace").decode())
    text = text.removeprefix(BOM)
    values = _json_values(text.strip())
    if values is not None and (messages := _messages(values, name)):
        return Source(name, None, messages, is_joined=True)
    if values is None:
        return Source(name, None, text)
    return Source(name, values, "", find_json_secrets(values))


def _messages(values: list[Any], name: str) -> str:
    """Return the messages of a log's records as a text, if the requests are in them; empty if not."""
    if not all(isinstance(each, dict) and _MESSAGE_NAMES & each.keys() for each in values):
        return ""
    from cxcall.explaining.readers.json_values.exchanges import message_of
    from cxcall.explaining.readers.json_values.json_documents import read_json

    if next(read_json(values, name), None) is not None:
        return ""
    messages = "\n".join(map(message_of, values))
    return messages if "://" in messages else ""


def read_exchanges(text: str, name: str) -> Iterator[ObservedRequest]:
    """Yield the requests and responses in a text; raises UsageError if it contains neither."""
    is_empty = True
    for request in open_source(text, name).read():
        is_empty = False
        yield request
    if is_empty:
        raise unknown_format(name)


def _json_values(text: str) -> list[Any] | None:
    """Return the JSON values of a text: one, or one per line; None if it is not JSON."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return [_load_long(text) if len(text) > _LONG else load_json(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [load_json(line) for line in split_lines(text) if line.strip()]
    except (ValueError, RecursionError):
        return None


def _load_long(text: str) -> Any:
    """Return the value of a long JSON text, three times as fast as `json`; raises ValueError and RecursionError."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return load_json(text)


def unknown_format(name: str) -> UsageError:
    """Return the error that a text contains neither a request nor a response."""
    return UsageError(
        f"cannot parse `{name}` as an HTTP request or response",
        where=name,
        fix=f"give {FORMATS}, for example {_EXAMPLE} with the body and the response below it; to check only a body, use `cxcall validate`",
        why="looked for commands (curl, wget, HTTPie), HTTP messages, URLs in code, request and status lines, and error bodies in JSON",
    )
