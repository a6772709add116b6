"""Run preflight checks before a call, with read-only requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cxcall.contracts.parameters import required_parameters
from cxcall.credentials import request_credentials, token_provider
from cxcall.credentials.access_token import Token
from cxcall.credentials.status import document_rows
from cxcall.findings.errors import CxcallError
from cxcall.findings.finding import Severity
from cxcall.findings.hinted_commands import command
from cxcall.payloads.schema_check import has_errors
from cxcall.phone import number_masking
from cxcall.phone.calling_hours import local_times
from cxcall.platform_reads.check_results import CheckResult
from cxcall.platform_reads.object_lookups import look_up
from cxcall.sending import call_guards
from cxcall.sending.call_guards import parse_hours
from cxcall.sending.call_times import find_call_times
from cxcall.sending.checked_request import build_request, stop_on_missing_parameter
from cxcall.sending.configured_ledger import check_ledger
from cxcall.sending.numbers_in_request import dialed_numbers
from cxcall.transport import failure_descriptions, requested_waits
from cxcall.transport.exchange import exchange
from cxcall.transport.http_messages import HttpRequest
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.platform_reads.check_results import PreflightInput
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.call_times import CallTime
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import Exchange

_MAX_CLOCK_SKEW = 60.0
_NOT_REACHED = "not checked: the host was not reached"
_LOW_BUDGET = 10
"""Fewer remaining requests than this are reported as a failure."""


def run_checks(preflight: PreflightInput) -> Iterator[CheckResult]:
    """Yield the result of every check when it is known: settings, ledger, request, host, credentials, lookups."""
    yield from _check_settings(preflight.settings)
    yield from _check_ledger()
    if preflight.operation is not None:
        yield from _check_request(preflight, preflight.operation)
    if any(each.severity is Severity.ERROR for each in preflight.settings.conflicts):
        yield CheckResult.unknown("host", "not checked: correct the settings first")
        return
    probe = _probe_host(preflight)
    yield from _check_host(preflight.settings, probe)
    if probe.response is None:
        for check in ("clock", "credentials", "token", "rate"):
            yield CheckResult.unknown(check, _NOT_REACHED)
        return
    yield from _check_credentials(preflight)


def _check_credentials(preflight: PreflightInput) -> Iterator[CheckResult]:
    """Get the credentials of the operation, or else a token, and look up objects if it is a token."""
    settings, operation = preflight.settings, preflight.operation
    try:
        found = (
            request_credentials.get_credentials(settings, operation)
            if operation
            else token_provider.get_token(settings)
        )
    except CxcallError as error:
        if operation is None and (document_rows(settings) or not preflight.reads):
            says = "not checked: they are for operations of your own document"
            yield CheckResult.unknown("credentials", says, "name one: `--for OPERATION`")
            return
        yield from (CheckResult.of_finding("credentials", finding) for finding in error.findings)
        return
    if isinstance(found, Token):
        yield CheckResult.passed("credentials", f"got a token: {found.source or found.kind}")
        last = yield from look_up(preflight, found)
        if last is not None:
            yield _check_rate_budget(last)
    else:
        says = f"they are set (from {found.source})" if found else "the operation needs none"
        yield CheckResult.passed("credentials", says)


def _check_settings(settings: Settings) -> Iterator[CheckResult]:
    for finding in settings.conflicts:
        yield CheckResult.of_finding("settings", finding)
    if not settings.conflicts:
        profile, url = settings.profile, settings.base_url
        yield CheckResult.passed("settings", f"profile `{profile}`, {url}; no conflicts")


def _check_ledger() -> Iterator[CheckResult]:
    """Check that deliveries can be recorded, because a request that cannot be recorded is not sent."""
    try:
        place = check_ledger()
    except CxcallError as error:
        yield from (CheckResult.of_finding("ledger", finding) for finding in error.findings)
    else:
        yield CheckResult.passed("ledger", f"deliveries can be recorded in {place}")


def _probe_host(preflight: PreflightInput) -> Exchange:
    """Send a read without a token: any response shows that the host is reachable."""
    settings = preflight.settings
    first = next((each for each in preflight.reads if not required_parameters(each)), None)
    url = first.url(settings.base_url, {}) if first else settings.base_url
    request = HttpRequest("GET", url, {"Accept": "application/json"}, None)
    return exchange(request, timeout=settings.timeout)


def _check_host(settings: Settings, probe: Exchange) -> Iterator[CheckResult]:
    host = host_of(settings.base_url)
    if probe.response is None:
        yield from _check_unreachable(host, probe)
        return
    elapsed = probe.timings.get("total", 0.0)
    yield CheckResult.passed("host", f"`{host}` responded in {elapsed:.0f} ms")
    if settings.base_url.startswith("https:"):
        yield CheckResult.passed("TLS", "the certificate is trusted and valid for the host")
    else:
        yield CheckResult.unknown("TLS", "not checked: the address is `http://`")
    yield _check_clock(probe.response.headers.get("Date", ""))


def _check_unreachable(host: str, probe: Exchange) -> Iterator[CheckResult]:
    other = (
        "does not respond",
        "check the region or `base_url`: `cxcall config show`; and the network",
    )
    problem, fix = failure_descriptions.explain_unreachable(probe, "base_url") or other
    says = f"`{host}` {problem}: {probe.detail}"
    if probe.failure not in failure_descriptions.TLS_FAILURES:
        yield CheckResult.failed("host", says, fix)
        yield CheckResult.unknown("TLS", _NOT_REACHED)
        return
    if probe.failure != "ca-file":
        yield CheckResult.passed("host", f"`{host}` accepts connections")
    yield CheckResult.failed("TLS", says, fix)


def _check_clock(date: str) -> CheckResult:
    """Compare this machine's clock with the `Date` header of a response."""
    then = requested_waits.http_date(date)
    if then is None:
        return CheckResult.unknown("clock", "the response has no valid `Date` header")
    skew = (datetime.now(UTC) - then).total_seconds()
    if abs(skew) <= _MAX_CLOCK_SKEW:
        return CheckResult.passed("clock", "the clocks of this machine and the host agree")
    says = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the host"
    return CheckResult.failed(
        "clock", says, "set the clock: the expiry of tokens and calling hours depend on it"
    )


def _check_request(preflight: PreflightInput, operation: Operation) -> Iterator[CheckResult]:
    """Check the request offline: its parameters, its body, its numbers, their local time."""
    try:
        given = operation, preflight.values, preflight.payload
        stop_on_missing_parameter(*given, lambda name: f"add {command('--param', f'{name}=VALUE')}")
        checked = build_request(*given, preflight.settings)
    except CxcallError as error:
        yield from (CheckResult.of_finding("request", finding) for finding in error.findings)
        return
    number_codes = ("phone-kind", *call_guards.GUARD_CODES, "phone-unlikely")
    findings = [entry for entry in checked.findings if entry.code not in number_codes]
    for finding in findings:
        if finding.severity is not Severity.NOTE:
            yield CheckResult.of_finding("request", _with_params(finding, operation))
    has_body = preflight.payload.value is not None or not operation.takes_body
    is_complete = has_body and not has_errors(findings, strict=True)
    if is_complete:
        yield CheckResult.passed("request", f"the request matches the schema of `{operation.name}`")
    elif not has_body:
        yield CheckResult.unknown(
            "request", "the body is not checked: none was given", "add it: `--file FILE`"
        )
    if operation.provenance == "community":
        yield CheckResult.unknown("provenance", operation.provenance_note)
    yield from _check_numbers(preflight, operation, checked.findings, is_complete=is_complete)


def _with_params(finding: Finding, operation: Operation) -> Finding:
    """Return a finding whose hint has `--param NAME=VALUE` in place of a flag of the operation's command."""
    fix = finding.fix
    for flag in operation.flags:
        param = f"--param {flag.name}={flag.metavar}"
        fix = fix.replace(f"`--{flag.name} {flag.metavar}`", f"`{param}`")
    return finding._replace(fix=fix)


def _check_numbers(
    preflight: PreflightInput,
    operation: Operation,
    findings: Sequence[Finding],
    *,
    is_complete: bool,
) -> Iterator[CheckResult]:
    numbers = dialed_numbers(operation, preflight.values, preflight.payload)
    if is_complete and operation.can_place_call and not numbers:
        yield CheckResult.unknown(
            "number", "the request has no phone number; the platform chooses the number"
        )
    times = find_call_times(operation, preflight.values, preflight.payload)
    for number, where, *_ in numbers:
        masked = number_masking.mask_number(number)
        here = [entry for entry in findings if entry.where == where]
        wrong = [entry for entry in here if entry.code.startswith("phone-")]
        yield from (CheckResult.of_finding("number", entry) for entry in wrong)
        if not wrong:
            yield CheckResult.passed("number", f"`{masked}` can be dialed; who answers is unknown")
        yield from (_check_hours(preflight.settings, number, each) for each in times)
        yield _check_do_not_call(preflight.settings, masked, here)


def _check_hours(settings: Settings, number: str, call_time: CallTime) -> CheckResult:
    masked = number_masking.mask_number(number)
    if call_time.moment is None:
        return CheckResult.unknown("hours", f"the scheduled time `{call_time.text}` has no offset")
    times = local_times(number, call_time.moment)
    hours = parse_hours(settings.hours)
    if not times:
        return CheckResult.unknown("hours", f"no time zone is known for `{masked}`")
    if unknown := [zone for zone, moment in times.items() if moment is None]:
        return CheckResult.unknown(
            "hours",
            f"this machine has no time zone data for `{unknown[0]}`, where `{masked}` may be",
        )
    shown = ", ".join(f"{moment:%H:%M} ({zone})" for zone, moment in list(times.items())[:2])
    more = f" and {len(times) - 2} zones more" if len(times) > 2 else ""  # noqa: PLR2004 - as shown
    then = f" at the scheduled time `{call_time.text}`" if call_time.is_scheduled else ""
    says = f"local time is {shown}{more} for `{masked}`{then}"
    if hours is None:
        return CheckResult.unknown("hours", says, "set the calling hours: `--hours 08:00-21:00`")
    if all(moment and moment in hours for moment in times.values()):
        return CheckResult.passed("hours", f"{says}: within {hours}")
    return CheckResult.failed("hours", f"{says}: outside {hours}", "call within those hours")


def _check_do_not_call(settings: Settings, masked: str, findings: Sequence[Finding]) -> CheckResult:
    for finding in findings:
        if finding.code == "do-not-call":
            return CheckResult.of_finding("do-not-call", finding)
    if files := settings.do_not_call_files:
        shown = " or ".join(f"`{each}`" for each in files)
        return CheckResult.passed("do-not-call", f"`{masked}` is not in {shown}")
    return CheckResult.unknown(
        "do-not-call", "no do-not-call list is set", "set one: `--do-not-call FILE`"
    )


def _check_rate_budget(last: Delivery) -> CheckResult:
    window = requested_waits.remaining_window(last.response.headers) if last.response else None
    if window is None:
        return CheckResult.unknown("rate", "the responses have no rate-limit headers")
    count, seconds = window
    says = f"{count} {'request is' if count == 1 else 'requests are'} left for {seconds:.0f} s"
    if count < _LOW_BUDGET:
        return CheckResult.failed("rate", says, f"wait {seconds:.0f} s")
    return CheckResult.passed("rate", says)
