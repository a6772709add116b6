"""Send reads with one token, and explain a failed read: which object does not exist, and what to do."""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from cxcall.documents.json_pointer import find_value
from cxcall.documents.json_text import as_cell
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.payloads.payload import Payload
from cxcall.phone.number_masking import mask_text
from cxcall.responses.message_in_body import shorten
from cxcall.sending.checked_request import build_request, stop_on_errors, token_source
from cxcall.sending.request_sender import send_read
from cxcall.sending.send_plan import DEFAULT_HOOKS, Plan, SendHooks
from cxcall.transport.requested_waits import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.sending.request_sender import Tokens
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import HttpRequest

_T = TypeVar("_T")
_PARAMETER = re.compile(r"([^/{}]*)/\{([^}]+)\}")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_REPEAT = re.compile(r"\b(?:(?:run|send) it|try) again\b")
_FIX = (
    "check the ID, and that the host is the right region's: `cxcall config show`; an object that the token's"
    " roles and divisions do not cover is also reported as not found"
)


class ReadError(CxcallError):
    """A read was refused, or its response lacks the required value; `delivery` is its result."""

    exit_code = ExitCode.REFUSED

    def __init__(self, delivery: Delivery, *findings: Finding) -> None:
        super().__init__(*(findings or delivery.findings))
        self.delivery = delivery
        if delivery.outcome is not Outcome.ACCEPTED:
            self.exit_code, self.outcome = delivery.exit_code, delivery.outcome

    @property
    def is_forbidden(self) -> bool:
        """Whether the token has no right to read it, although it may have the rights for other operations."""
        response = self.delivery.response
        status = response.status if response else 0
        return self.exit_code is ExitCode.REFUSED and status == HTTPStatus.FORBIDDEN


class Reader:
    """Sends reads with one common token; the first read gets it, unless `tokens` are passed.

    `on_outage` gets a message when a read begins to be repeated after `keep_reading`.
    """

    on_outage: Callable[[str], None] = staticmethod(lambda _message: None)

    def __init__(
        self, settings: Settings, tokens: Tokens | None, hooks: SendHooks = DEFAULT_HOOKS
    ) -> None:
        self.settings, self._tokens, self._hooks = settings, tokens, hooks
        self._has_tokens = tokens is not None
        self._patience, self._waits, self._waited_before = 0.0, False, False

    def keep_reading(self, seconds: float) -> None:
        """Repeat the reads of the next state after temporary failures: for `seconds` of waits, at most `max_wait`."""
        self._waited_before, self._waits = self._waits, False
        self._patience = max(min(seconds, self.settings.max_wait), 0.0)

    def check(
        self, operation: Operation, values: Mapping[str, str], body: Any = None
    ) -> CheckedRequest:
        """Return the request of a read; raises CheckError for an invalid ID."""
        checked = build_request(operation, values, Payload(body), self.settings)
        stop_on_errors(checked, strict=False, force=False)
        return checked

    def send(self, checked: CheckedRequest, request: HttpRequest | None = None) -> Delivery:
        """Send a read, or another page of it."""
        if not self._has_tokens:
            self._tokens, self._has_tokens = (
                token_source(checked.settings, checked.operation, force=False),
                True,
            )
        sent = checked._replace(request=request or checked.request)
        if not self._patience:
            return send_read(Plan(sent), self._tokens, self._hooks)
        hooks = self._hooks._replace(on_wait=self._tell_outage)
        return send_read(Plan(sent), self._tokens and self._find_token, hooks, self._patience)

    def _tell_outage(self, seconds: float, reason: str) -> None:
        """Count a wait, and tell the first one of an outage, which ends with a state that was read without a wait."""
        if not (self._waits or self._waited_before):
            self.on_outage(f"{reason}; trying again for up to {self._patience:.0f} s")
        self._waits, self._patience = True, max(self._patience - seconds, 0.0)

    def _find_token(self, refused: Credentials | None) -> Credentials | None:
        """Return the token, and try again while a new one cannot be requested."""
        assert self._tokens  # noqa: S101 - it is called only with tokens
        return self._repeat(
            partial(self._tokens, refused),
            lambda error: error.exit_code is ExitCode.UNDELIVERED,
        )

    def repeat(self, read: Callable[[], _T]) -> _T:
        """Return what `read` returns; after `keep_reading`, a malformed response is a temporary failure, too."""
        return self._repeat(read, lambda error: isinstance(error, MalformedResponseError))

    def _repeat(self, call: Callable[[], _T], is_temporary: Callable[[CxcallError], bool]) -> _T:
        attempt = 1
        while True:
            try:
                return call()
            except CxcallError as error:
                wait = backoff(attempt)
                if not is_temporary(error) or wait > self._patience:
                    raise
                self._tell_outage(wait, str(error))
            self._hooks.sleep(wait)
            attempt += 1

    def read(
        self, operation: Operation, values: Mapping[str, str], body: Any = None, part: str = ""
    ) -> Delivery:
        """Return the result of a read with findings that name a missing object; `part` is as in `describe_missing`.

        Raises MalformedResponseError if the response is that of another object.
        """
        delivery = self.send(self.check(operation, values, body))
        if other := describe_other_object(operation, values, delivery):
            raise MalformedResponseError(other)
        return delivery._replace(findings=name_missing(delivery.findings, operation, values, part))

    def wait(self, seconds: float, reason: str) -> None:
        """Wait for the next rate-limit window."""
        self._hooks.on_wait(seconds, reason)
        self._hooks.sleep(seconds)


def new_reader(settings: Settings) -> Reader:
    """Return a reader with its token; raises CredentialsError if there is none."""
    from cxcall.credentials.access_token import SharedToken
    from cxcall.credentials.token_provider import get_token

    return Reader(settings, SharedToken(partial(get_token, settings), get_token(settings)))


def body_of(delivery: Delivery) -> Any:
    """Return the body of the response of a read; raises ReadError if it was not accepted."""
    if delivery.outcome is not Outcome.ACCEPTED or delivery.response is None:
        raise ReadError(delivery)
    return delivery.response.json()


def describe_missing(operation: Operation, values: Mapping[str, str], part: str = "") -> str:
    """Return the object of the path that does not exist; empty for a path without parameters.

    The last parameter is the object; the one before it, if there is one, is the object that contains it. If a
    `part` of the object is read, such as its sentiment, it is not known whether the object exists.
    """
    named = [
        f"{_noun(segment, name)} `{mask_text(values[name])}`"
        for segment, name in _PARAMETER.findall(operation.path)
        if name in values
    ]
    if not named:
        return ""
    *outer, last = named
    if part:
        return f"no {part} of {last} was found"
    return f"{last} is not in {outer[-1]}" if outer else f"{last} does not exist"


def describe_other_object(
    operation: Operation, values: Mapping[str, str], delivery: Delivery
) -> str:
    """Return how a response shows another object than the one that was asked for; empty if it does not.

    Only for a path that ends with an ID: in the object it is `id`, or has the name of the parameter.
    """
    last = operation.path.rpartition("/")[2]
    if not last.startswith("{") or delivery.outcome is not Outcome.ACCEPTED:
        return ""
    name = last.strip("{}")
    body, asked = body_of(delivery), values.get(name, "")
    shown = {text: each for each in (name, "id") if (text := text_at(body, f"/{each}"))}
    if not shown or asked.casefold() in map(str.casefold, shown):
        return ""
    other, place = next(iter(shown.items()))
    return f"the response shows another object: its `{place}` is `{mask_text(shorten(other))}`, not `{mask_text(asked)}`"


def name_missing(
    findings: Iterable[Finding], operation: Operation, values: Mapping[str, str], part: str = ""
) -> tuple[Finding, ...]:
    """Return the findings on a failed read; a finding that an object does not exist names it."""
    missing = describe_missing(operation, values, part)
    return tuple(
        each._replace(message=f"{missing} (HTTP 404, `{operation.name}`)", fix=_FIX)
        if each.code == "not-found" and missing
        else each
        for each in findings
    )


def after_send(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on a read after a request was sent: only the read may be repeated, not the command."""
    return [each._replace(fix=_REPEAT.sub("read it again", each.fix)) for each in findings]


def _noun(segment: str, parameter: str) -> str:
    """Return what a parameter identifies: `contactListId` a contact list, `id` what its path segment names."""
    words = [word.lower() for word in _WORD.findall(parameter)]
    words = words[:-1] if words[-1:] == ["id"] else words
    return " ".join(words) or segment.rstrip("s")


def read_items(body: Any, pointer: str) -> list[Any]:
    """Return the array at a JSON pointer; empty if the platform returns none, or another value."""
    value = find_value(body, pointer)
    return value if isinstance(value, list) else []


class MalformedResponseError(CxcallError):
    """A response lacks a value that its contract declares, or has another one in its place."""

    exit_code = ExitCode.REFUSED

    def __init__(self, problem: str) -> None:
        fix = "try again, or check on the platform"
        super().__init__(
            Finding.error("not-provable", "response", problem, fix=fix, source="response")
        )


def require_items(body: Any, pointer: str) -> list[Any]:
    """Return the array at a JSON pointer, empty if missing; raises MalformedResponseError for another value."""
    value = find_value(body, pointer) or []
    if not isinstance(value, list):
        raise MalformedResponseError(f"the response has no list at `{pointer}`")
    return value


def object_at(body: Any, pointer: str) -> dict[str, Any]:
    """Return the object at a JSON pointer; empty if the platform returns none, or another value."""
    value = find_value(body, pointer)
    return value if isinstance(value, dict) else {}


def text_at(body: Any, pointer: str) -> str:
    """Return the value at a JSON pointer as text, or as JSON; empty if there is no value or no pointer."""
    return as_cell(find_value(body, pointer))
