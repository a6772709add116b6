"""Look up the objects that a request names, with the read operations that contracts declare."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import DOCTOR
from cxcall.contracts.parameters import required_parameters
from cxcall.credentials import token_provider
from cxcall.credentials.access_token import SharedToken
from cxcall.documents.json_pointer import find_value
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.hinted_commands import command
from cxcall.payloads.payload import Payload
from cxcall.phone import number_masking
from cxcall.platform_reads.check_results import CheckResult
from cxcall.platform_reads.read_requests import (
    Reader,
    describe_missing,
    describe_other_object,
    name_missing,
    read_items,
    text_at,
)
from cxcall.sending.checked_request import build_request
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.credentials.access_token import Token
    from cxcall.platform_reads.check_results import PreflightInput
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

_MAX_VALUE_LENGTH = 120


def look_up(
    preflight: PreflightInput, token: Token
) -> Generator[CheckResult, None, Delivery | None]:
    """Yield the results of every read whose parameters are known; a read can provide parameters of others.

    Returns the last read; None if there was none, or if the token itself was refused.
    """
    operation = preflight.operation
    values = {**_values_by_name(preflight.payload.value), **preflight.values}
    parameters = {entry.name for entry in operation.parameters} if operation else set()
    relevant = {*values, *parameters}
    pending = sorted(preflight.reads, key=required_parameters)
    renew = partial(token_provider.get_token, preflight.settings)
    reader = Reader(preflight.settings, SharedToken(renew, token))
    last: Delivery | None = None
    absent: dict[str, str] = {}  # the reason why an object with this parameter was not found
    while ready := next(
        (entry for entry in pending if values.keys() >= {*required_parameters(entry)}), None
    ):
        pending.remove(ready)
        names = required_parameters(ready)
        if reason := next((absent[name] for name in names if name in absent), ""):
            check = str(ready.declared[DOCTOR]["check"])
            yield CheckResult.unknown(check, f"not checked: {reason}")
            continue
        known = {name: values[name] for name in names}
        # An ID in a wrong format is also sent: the platform's response is the result.
        last = reader.send(build_request(ready, known, Payload(None), preflight.settings))
        yield from _results_of_read(preflight, ready, last, values)
        if names and any(each.code == "not-found" for each in last.findings):
            absent[names[-1]] = describe_missing(ready, values)
        if last.outcome is not Outcome.ACCEPTED and not names:
            return None  # the token itself is refused, so nothing else can be read with it
        if not names and operation is not None:
            scopes = find_value(_body(last), ready.declared[DOCTOR].get("scopes", ""))
            yield from _check_rights(preflight.settings, operation, token, scopes)
    for entry in pending:
        missing = next(name for name in required_parameters(entry) if name not in values)
        if relevant & set(required_parameters(entry)):
            yield CheckResult.unknown(
                str(entry.declared[DOCTOR]["check"]),
                f"not checked: `{missing}` is not known",
                f"add {command('--param', f'{missing}=ID')}",
            )
    return last


def _body(delivery: Delivery) -> Any:
    return delivery.response.json() if delivery.response else None


def _results_of_read(
    preflight: PreflightInput, operation: Operation, delivery: Delivery, values: dict[str, str]
) -> Iterator[CheckResult]:
    """Yield the results of one read, and add the values that other reads need to `values`."""
    declared = operation.declared[DOCTOR]
    check = str(declared["check"])
    if delivery.outcome is not Outcome.ACCEPTED:
        findings = name_missing(delivery.findings, operation, values)
        yield from (CheckResult.of_finding(check, finding) for finding in findings)
        return
    body = _body(delivery)
    is_empty = delivery.response and delivery.response.status == HTTPStatus.NO_CONTENT
    may_be_empty = is_empty and "204" in operation.declared.get("responses", {})
    if not (isinstance(body, dict) or may_be_empty):
        says = f"`{host_of(preflight.settings.base_url)}` sent no JSON object, so it may not be the API"
        yield CheckResult.failed(check, says, "check `base_url`: `cxcall config show`")
        return
    if other := describe_other_object(operation, values, delivery):
        yield CheckResult.failed(check, other, "check `base_url`: `cxcall config show`")
        return
    for name, place in declared.get("values", {}).items():
        if text := text_at(body, place):
            values.setdefault(name, text)
    yield CheckResult.passed(check, _describe_success(operation, body, declared, values))
    for expected in declared["expect"]:
        of = str(expected.get("check", check))
        yield _check_expectation(of, expected, body, preflight.payload.value)


def _describe_success(
    operation: Operation, body: Any, declared: Mapping[str, Any], values: Mapping[str, str]
) -> str:
    title = text_at(body, declared.get("name", ""))
    which = ", ".join(f"{name} {values[name]}" for name in required_parameters(operation))
    if not which:
        return f"the API accepts the token{f' of `{title}`' if title else ''}"
    return f"it exists{f': `{title}`' if title else ''} ({which}; `{operation.name}`)"


def _check_expectation(
    check: str, expected: Mapping[str, Any], body: Any, sent: Any
) -> CheckResult:
    """Compare a response with one expectation of the contract (`x-cxcall-doctor`)."""
    says, fix = str(expected["says"]), str(expected.get("fix", ""))
    if "items" in expected:
        return _check_keys(check, expected, body, sent)
    value = find_value(body, expected["at"])
    if "open" in expected and value is not None:
        return CheckResult.unknown(check, f"{says}: unknown ({expected['open'].format(value)})")
    if ("in" in expected or "open" in expected) and value is None:
        return CheckResult.unknown(
            check, f"{says}: unknown (`{expected['at']}` is not in the response)"
        )
    if value in expected["in"] if "in" in expected else not value:
        return CheckResult.passed(check, says)
    shown = number_masking.mask_text(str(value))
    if len(shown) > _MAX_VALUE_LENGTH:
        shown = f"{shown[:_MAX_VALUE_LENGTH]}…"
    return CheckResult.failed(check, f"failed: {says}; `{expected['at']}` is `{shown}`", fix)


def _check_keys(check: str, expected: Mapping[str, Any], body: Any, sent: Any) -> CheckResult:
    """Check that objects of the request have one of the keys in a list of the response."""
    says = str(expected["says"])
    names = [text_at(item, expected["item"]) for item in read_items(body, expected["items"])]
    objects = [entry for key in expected["keys"] for entry in _objects(sent, key)]
    if not names or not objects:
        return CheckResult.unknown(check, f"{says}: unknown (no data to compare)")
    if all(set(names) & set(entry) for entry in objects):
        return CheckResult.passed(check, says)
    shown = ", ".join(f"`{name}`" for name in names)
    return CheckResult.failed(
        check, f"failed: {says}; the allowed names are {shown}", str(expected["fix"])
    )


def _check_rights(
    settings: Settings, operation: Operation, token: Token, scopes: Any
) -> Iterator[CheckResult]:
    """Yield the known facts about the token's rights; only an administrator can read a client's roles."""
    wrong = token_provider.check_token_kind(settings, token, operation)
    if wrong is not None:
        yield CheckResult.of_finding("grant", wrong)
    elif operation.token_kinds:
        yield CheckResult.passed("grant", f"`{operation.name}` accepts {token.kind} tokens")
    actual = [str(scope) for scope in scopes] if isinstance(scopes, list) else []
    alternatives = [" + ".join(sorted(each)) for each in operation.scopes if each]
    if alternatives and actual:
        missing = token_provider.check_scopes(token._replace(scopes=frozenset(actual)), operation)
        if missing is not None:
            yield CheckResult.unknown(
                "scope",
                f"{missing.message}; scopes restrict only a person's token, and only if the organization enforces them",
                missing.fix,
            )
        else:
            yield CheckResult.passed(
                "scope", f"it has {' or '.join(f'`{scope}`' for scope in alternatives)}"
            )
    if operation.permissions:
        needed = " or ".join(" + ".join(sorted(entry)) for entry in operation.permissions)
        yield CheckResult.unknown(
            "permission",
            f"`{needed}` is needed; a client cannot read its own roles",
            "ask an administrator; a 403 response names the missing permission",
        )


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _values_by_name(value: Any) -> dict[str, str]:
    """Return the strings and numbers of a body by their names; an outer member wins over an inner one."""
    found: dict[str, str] = {}
    for name, member in _members(value):
        if isinstance(member, dict | list):
            found = {**_values_by_name(member), **found}
        elif isinstance(member, str | int) and isinstance(name, str):
            found[name] = str(member)
    return found


def _objects(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Yield the objects under a name, at any depth."""
    for name, member in _members(value):
        if name == key and isinstance(member, dict):
            yield member
        yield from _objects(member, key)
