"""Live checks before a call, by published reads alone: what would stand in its way, and what nobody can know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cxcall.credentials import tokens
from cxcall.findings.errors import CxcallError
from cxcall.findings.finding import Severity, command
from cxcall.payloads.checks import has_errors
from cxcall.phone import phone_numbers
from cxcall.phone.calling_hours import Hours
from cxcall.platform_reads.lookups import (
    DOCTOR,
    CheckResult,
    CheckStatus,
    PreflightInput,
    failed,
    look_up,
    passed,
    required_parameters,
)
from cxcall.sending import call_guards
from cxcall.sending.draft import build_request
from cxcall.transport.exchange import exchange, is_loopback
from cxcall.transport.messages import HttpRequest
from cxcall.transport.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.findings.finding import Finding
    from cxcall.settings.settings import Settings
    from cxcall.transport.messages import Exchange

_MAX_CLOCK_SKEW = 60.0


def examine(case: PreflightInput) -> Iterator[CheckResult]:
    """Yield every check as it is done, the nearest first: host, credentials, request, what it names."""
    yield from _check_settings(case.settings)
    if case.operation is not None:
        yield from _check_request(case, case.operation)
    reached = _probe_host(case)
    yield from _check_host(case.settings, reached)
    if reached.response is None:
        return
    try:
        token = tokens.get_token(case.settings)
    except CxcallError as error:
        yield from (failed("credentials", finding) for finding in error.findings)
        return
    yield CheckResult("credentials", CheckStatus.PASSED, f"there is a token: {token.source or token.kind}")  # fmt: skip
    yield from look_up(case, token)


def _check_settings(settings: Settings) -> Iterator[CheckResult]:
    for finding in settings.conflicts:
        yield failed("settings", finding)
    if not settings.conflicts:
        profile, url = settings.profile, settings.base_url
        yield passed("settings", f"profile `{profile}`, {url}; nothing contradicts")


def _probe_host(case: PreflightInput) -> Exchange:
    """Ask for the first read without a token: what answers, however it answers, is there."""
    readable = (
        entry for entry in case.known if DOCTOR in entry.declared and not required_parameters(entry)
    )
    first = next(readable, None)
    url = first.url(case.settings.base_url, {}) if first else case.settings.base_url
    request = HttpRequest("GET", url, {"Accept": "application/json"}, None)
    return exchange(request, timeout=case.settings.timeout)


def _check_host(settings: Settings, reached: Exchange) -> Iterator[CheckResult]:
    host = host_of(settings.base_url)
    if reached.response is None:
        fix = "check the region or `base_url`: `cxcall config show`; and the network"
        yield CheckResult(
            "host", CheckStatus.FAILED, f"`{host}` does not answer: {reached.detail}", fix
        )
        return
    elapsed = reached.timings.get("total", 0.0)
    yield passed("host", f"`{host}` answers, in {elapsed:.0f} ms")
    if is_loopback(settings.base_url):
        yield CheckResult("TLS", CheckStatus.UNKNOWN, "not looked at: loopback needs none")
    else:
        yield passed("TLS", "the certificate is trusted, and for that host")
    yield _check_clock(reached)


def _check_clock(reached: Exchange) -> CheckResult:
    from email.utils import parsedate_to_datetime

    told = reached.response.headers.get("Date", "") if reached.response else ""
    try:
        skew = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    except (ValueError, TypeError):
        return CheckResult("clock", CheckStatus.UNKNOWN, "the answer tells no time")
    if abs(skew) <= _MAX_CLOCK_SKEW:
        return passed("clock", "this machine's and the host's agree")
    says = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the host"
    return CheckResult("clock", CheckStatus.FAILED, says, "set it: tokens and hours go by it")


def _check_request(case: PreflightInput, operation: Operation) -> Iterator[CheckResult]:
    """Check the request itself, offline: its form, its numbers, its hours."""
    lacking = [
        entry for entry in operation.parameters if entry.required and entry.name not in case.values
    ]
    for entry in lacking:
        says = f"`{entry.name}` is missing: it is part of the {entry.location}"
        yield CheckResult(
            "request",
            CheckStatus.FAILED,
            says,
            f"name it: {command('--param', f'{entry.name}=VALUE')}",
        )
    if lacking:
        return
    try:
        checked = build_request(operation, case.values, case.payload, case.settings)
    except CxcallError as error:
        yield from (failed("request", finding) for finding in error.findings)
        return
    apart = ("phone-kind", *call_guards.GUARD_CODES, "phone-unlikely")
    found = [entry for entry in checked.findings if entry.code not in apart]
    yield from (failed("request", entry) for entry in found if entry.severity is not Severity.NOTE)
    if not has_errors(found, strict=True):
        yield passed("request", f"it is as `{operation.name}` wants it")
    if operation.provenance == "community":
        yield CheckResult("request", CheckStatus.UNKNOWN, operation.standing)
    yield from _check_numbers(case, operation, checked.findings)


def _check_numbers(
    case: PreflightInput, operation: Operation, found: Sequence[Finding]
) -> Iterator[CheckResult]:
    rung = list(call_guards.dialed_numbers(operation, case.values, case.payload))
    if operation.rings and not rung:
        yield CheckResult("number", CheckStatus.UNKNOWN, "the request names none: the platform takes the contact's")  # fmt: skip
    for number, where in rung:
        masked = phone_numbers.mask(number)
        wrong = [entry for entry in found if entry.where == where and entry.code.startswith("phone-")]  # fmt: skip
        yield from (failed("number", entry) for entry in wrong)
        if not wrong:
            yield passed("number", f"`{masked}` can be dialled; not who answers it")
        yield _check_hours(case.settings, number, masked)
        yield _check_do_not_call(case.settings, masked, where, found)


def _check_hours(settings: Settings, number: str, masked: str) -> CheckResult:
    times = call_guards.local_times(number)
    hours = Hours.parse(settings.hours) if settings.hours else None
    if not times:
        return CheckResult("hours", CheckStatus.UNKNOWN, f"no time zone is known for `{masked}`")
    shown = ", ".join(f"{moment:%H:%M} at {zone}" for zone, moment in list(times.items())[:2])
    more = f" and {len(times) - 2} zones more" if len(times) > 2 else ""  # noqa: PLR2004 - as shown
    says = f"it is {shown}{more}, where `{masked}` may be"
    if hours is None:
        return CheckResult("hours", CheckStatus.UNKNOWN, says, "say when people may be called: `--hours 08:00-21:00`")  # fmt: skip
    if all(moment in hours for moment in times.values()):
        return passed("hours", f"{says}: within {hours}")
    return CheckResult(
        "hours", CheckStatus.FAILED, f"{says}: outside of {hours}", "call within those hours there"
    )


def _check_do_not_call(
    settings: Settings, masked: str, where: str, found: Sequence[Finding]
) -> CheckResult:
    listed = [entry for entry in found if entry.code == "do-not-call" and entry.where == where]
    if listed:
        return failed("do-not-call", listed[0])
    if settings.do_not_call:
        return passed("do-not-call", f"`{masked}` is not in `{settings.do_not_call}`")
    return CheckResult(
        "do-not-call", CheckStatus.UNKNOWN, "no list is set", "name one: `--do-not-call FILE`"
    )
