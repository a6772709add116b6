"""Ask a person before a call is placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.phone import phone_numbers
from cxcall.transport.exchange import is_loopback
from cxcall.transport.messages import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.contract import Operation
    from cxcall.sending.draft import CheckedRequest
    from cxcall.settings.settings import Settings


def ask_consent(found: CheckedRequest, *, yes: bool, ask: Callable[[str], bool] | None) -> None:
    """Make sure that a person, or `--yes`, agreed before a phone may ring.

    `ask` is None where nobody can answer. Raises StoppedError on a no, UsageError when nobody can
    be asked. A sandbox on loopback rings nobody, and is not asked about.
    """
    if yes or not found.operation.rings or is_sandbox(found.settings):
        return
    numbers = ", ".join(phone_numbers.numbers_in(found.payload.value)) or "the contact of the body"
    target = f"{found.operation.name} to {numbers}, profile {found.settings.profile}, {found.settings.base_url}"
    if ask is None:
        raise UsageError(
            "`--yes` is required where nobody can be asked: a real phone may ring",
            where="--yes",
            why=target,
            fix="look first with `--dry-run`, then add `--yes`; for trying things, `--sandbox`",
        )
    if not ask(f"This may ring a real phone: {target}. Send?"):
        raise StoppedError(
            Finding(Severity.NOTE, "declined", "--yes", "answered no; nothing was sent")
        )


def ask_count(
    operation: Operation,
    settings: Settings,
    count: int,
    *,
    confirmed: int | None,
    ask: Callable[[str], str] | None,
) -> None:
    """Make sure that a person, or `--confirm`, agreed to so many calls before the first.

    `ask` is None where nobody can answer. Raises StoppedError on another number, UsageError when
    nobody can be asked or `--confirm` counts otherwise. A sandbox is not asked about.
    """
    target = f"{operation.name}, profile {settings.profile}, {settings.base_url}"
    if confirmed is not None and confirmed != count:
        raise UsageError(
            f"`--confirm {confirmed}`, and {count} request{'' if count == 1 else 's'} would be sent",
            where="--confirm",
            why=target,
            fix=f"look with `--dry-run`; if that is right, `--confirm {count}`",
        )
    if confirmed is not None or not operation.rings or settings.is_embedded or is_sandbox(settings):
        return
    if ask is None:
        raise UsageError(
            f"`--confirm {count}` is required where nobody can be asked: real phones may ring",
            where="--confirm",
            why=target,
            fix=f"look first with `--dry-run`, then add `--confirm {count}`; for trying things, `--sandbox`",
        )
    phones = "a real phone" if count == 1 else f"{count} real phones"
    question = f"This may ring {phones}: {target}. Type the number of calls to go on"
    if ask(question).strip() != str(count):
        raise StoppedError(
            Finding(Severity.NOTE, "declined", "--confirm", f"not {count}; nothing was sent")
        )


def is_sandbox(settings: Settings) -> bool:
    """Ask a loopback server whether it is our sandbox: another one may be a tunnel to a real API."""
    if not is_loopback(settings.base_url):
        return False
    from cxcall.transport.exchange import exchange

    probe = exchange(HttpRequest("GET", f"{settings.base_url}/sandbox", {}, None), timeout=2.0)
    answer = probe.response.json() if probe.response is not None else None
    return isinstance(answer, dict) and answer.get("sandbox") is True
