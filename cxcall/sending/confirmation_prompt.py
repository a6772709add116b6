"""Ask a person before calls are placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding, printable
from cxcall.findings.text_lists import list_first
from cxcall.phone.number_masking import mask_text
from cxcall.transport.http_messages import HttpRequest
from cxcall.transport.origins import is_loopback_url, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.settings.settings import Settings

_SHOWN_NUMBERS = 10


def ask_consent(checked: CheckedRequest, *, ask: Callable[[str], bool] | None) -> None:
    """Ask a person before a call may be placed.

    `ask` is None without a terminal. Raises StoppedError when the answer is no, UsageError when
    nobody can be asked. A sandbox places no real calls, so it needs no consent.
    """
    # A terminal is not a log, and the person who confirms compares every digit.
    calls = "a real call" if checked.names_person else "real calls"
    question = f"This may place {calls}: {_describe(checked, checked.dialed_numbers)}. Send?"
    why = mask_text(_describe(checked, checked.numbers))
    ask_yes(checked.operation, checked.settings, calls, question, why, yes=False, ask=ask)


def ask_yes(
    operation: Operation,
    settings: Settings,
    calls: str,
    question: str,
    why: str,
    *,
    yes: bool,
    ask: Callable[[str], bool] | None,
) -> None:
    """Check that `--yes` was set, or ask a person, before `calls` may be placed; raises as `ask_consent`.

    `question` is for a terminal, `why` for an error. Raises CredentialsError if no credentials are set.
    """
    if yes or not needs_consent(operation, settings):
        return
    from cxcall.credentials.request_credentials import stop_without_credentials  # not for `--yes`

    stop_without_credentials(settings, operation)
    if ask is None:
        raise _no_terminal_error("--yes", calls, why)
    if not ask(question):
        raise StoppedError(Finding.note("declined", "", "declined; nothing was sent"))


def _no_terminal_error(option: str, calls: str, why: str) -> UsageError:
    """Return the error for a question that nobody can be asked; the option is the answer."""
    return UsageError(
        f"`{option}` is required without a terminal, or with `--no-input`: {calls} may be placed",
        where=option.partition(" ")[0],
        why=why,
        fix=f"check with `--dry-run`, then add `{option}`; to try it without real calls, add `--sandbox`",
    )


def _describe(checked: CheckedRequest, numbers: Sequence[str]) -> str:
    """Return the operation, its parameters, the numbers, and the destination."""
    from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets

    operation, settings = checked.operation, checked.settings
    # Of a contact whose number only the platform knows, its ID; a request may name nobody.
    contacts = (f"contact `{printable(each)}`" for each in checked.marked_ids)
    shown = list_first(numbers, _SHOWN_NUMBERS) or ", ".join(contacts)
    request = f"{operation.method} {target_of(checked.request.shown_url)}"
    # Without a terminal, the text is part of an error, which a CI log keeps.
    what = ", ".join([mask_likely_secrets(request), *checked.parameter_headers])
    to = f" to {shown}" if shown else ""
    return f"{operation.name}{to}, {what}, profile {settings.profile}, {settings.base_url}"


def ask_count(
    operation: Operation,
    settings: Settings,
    count: int,
    *,
    confirmed: int | None,
    stopped: int = 0,
    names_people: bool = True,
    ask: Callable[[str], str] | None,
    is_resumed: bool,
    needs_credentials: bool = True,
    noun: str = "request",
    verb: str = "sent",
) -> None:
    """Compare the number of calls with `--confirm`, or ask a person, before the first call is placed.

    `noun` and `verb` say what is counted; the ledger stops `stopped` more. A request that names no people, such as the
    start of a campaign, may place many calls. `ask` is None without a terminal.
    Raises CredentialsError if no credentials are set, unless others send the requests; StoppedError when the
    answer is another number; UsageError when `--confirm` is another number (`is_confirmed`) or nobody can be
    asked. A sandbox needs no consent, nor does a resumed batch without rows left, because a script may repeat
    its command.
    """
    target = f"{operation.name}, profile {settings.profile}, {settings.base_url}"
    if is_resumed and not count:
        return
    if confirmed is not None and not is_confirmed(confirmed, count, stopped):
        raise UsageError(
            f"`--confirm {confirmed}` does not match: {count} {noun}{'' if count == 1 else 's'} would be {verb}",
            where="--confirm",
            why=target,
            fix=f"check with `--dry-run`; if the number is right, add `--confirm {count}`",
        )
    if confirmed is not None or not count or not needs_consent(operation, settings):
        return
    if needs_credentials:
        from cxcall.credentials.request_credentials import stop_without_credentials

        stop_without_credentials(settings, operation)
    if ask is None:
        raise _no_terminal_error(f"--confirm {count}", "real calls", target)
    calls, counted = "a real call" if count == 1 else f"{count} real calls", "calls"
    if not names_people:
        calls, counted = "real calls", f"{noun}s"
        target = f"{count} {noun if count == 1 else counted}, {target}"
    question = f"This may place {calls}: {target}. Type the number of {counted} to continue"
    if ask(question).strip() != str(count):
        raise StoppedError(Finding.note("declined", "", f"not {count}; nothing was sent"))


def is_confirmed(number: int, count: int, stopped: int) -> bool:
    """Return whether a person who confirmed a number of requests agreed to `count`, while the ledger stops `stopped` more.

    A script may repeat its command, or confirm the rows of its file: this number of calls is not exceeded.
    """
    return number in (count, count + stopped)


def needs_consent(operation: Operation, settings: Settings) -> bool:
    """Return whether a request may place a real call, so that a person must agree."""
    return operation.can_place_call and not (settings.is_embedded or is_sandbox(settings))


def is_sandbox(settings: Settings) -> bool:
    """Return whether a loopback server is cxcall's sandbox, by its own response: it could be a tunnel to a real API."""
    if not is_loopback_url(settings.base_url):
        return False
    from cxcall.transport.exchange import exchange

    probe = exchange(HttpRequest("GET", f"{settings.base_url}/sandbox", {}, None), timeout=2.0)
    body = probe.response.json() if probe.response is not None else None
    return isinstance(body, dict) and body.get("sandbox") is True
