"""What the platform tells of the things that a request names, by the reads that the contracts declare for it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.credentials import tokens
from cxcall.documents.json_pointer import has_value, value_at
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import command
from cxcall.payloads.payload import Payload
from cxcall.phone import phone_numbers
from cxcall.sending.dialer import Plan, read
from cxcall.sending.draft import build_request
from cxcall.transport import retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.credentials.store import Token
    from cxcall.findings.finding import Finding
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

DOCTOR = "x-cxcall-doctor"
_FEW_LEFT = 10


class CheckStatus(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CheckResult(NamedTuple):
    """One check: what it is about, how it went, what was seen, and what to do next."""

    check: str
    verdict: CheckStatus
    says: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for a program."""
        return {**self._asdict(), "verdict": str(self.verdict)}


class PreflightInput(NamedTuple):
    """What is looked at: settings, and the request that somebody means to send, if they said.

    `known` holds the operations of the settings' platform, `values` the request's parameters.
    """

    settings: Settings
    known: Sequence[Operation]
    operation: Operation | None
    values: Mapping[str, str]
    payload: Payload


def passed(check: str, says: str) -> CheckResult:
    """Return the line of a check that went well."""
    return CheckResult(check, CheckStatus.PASSED, says)


def failed(check: str, finding: Finding) -> CheckResult:
    """Return the line of a check that a finding says went wrong."""
    return CheckResult(check, CheckStatus.FAILED, finding.message, finding.fix)


def look_up(case: PreflightInput, token: Token) -> Iterator[CheckResult]:
    """Read what the platform publishes of the request's parts; what one names, the next is looked up by."""
    known = {**_values_by_name(case.payload.value), **case.values}
    asked = {entry.name for entry in case.operation.parameters} if case.operation else set()
    wanted = {*known, *asked}
    pending = sorted(
        (entry for entry in case.known if DOCTOR in entry.declared), key=required_parameters
    )
    last: Delivery | None = None
    while ready := next(
        (entry for entry in pending if known.keys() >= set(required_parameters(entry))), None
    ):
        pending.remove(ready)
        names = required_parameters(ready)
        last = _read(case, ready, {name: known[name] for name in names}, token)
        yield from _results_of_read(case, ready, last, known)
        if last.outcome is not Outcome.ACCEPTED and not names:
            return  # the token itself is refused: nothing else can be read with it
        if not names and case.operation is not None:
            place = ready.declared[DOCTOR].get("scopes", "")
            yield from _check_rights(case.settings, case.operation, token, _at(_body(last), place))
    for entry in pending:
        lacking = [name for name in required_parameters(entry) if name not in known]
        if wanted & set(required_parameters(entry)):
            yield CheckResult(
                str(entry.declared[DOCTOR]["check"]),
                CheckStatus.UNKNOWN,
                f"not looked at: `{lacking[0]}` is not known",
                f"name it: {command('--param', f'{lacking[0]}=ID')}",
            )
    yield _check_rate_budget(last)


def _body(delivery: Delivery) -> Any:
    response = delivery.exchange.response if delivery.exchange else None
    return response.json() if response else None


def required_parameters(operation: Operation) -> list[str]:
    """Return the names of the parameters that an operation cannot be sent without."""
    return [entry.name for entry in operation.parameters if entry.required]


def _results_of_read(
    case: PreflightInput, operation: Operation, delivery: Delivery, known: dict[str, str]
) -> Iterator[CheckResult]:
    """Yield what a read shows, and keep the values in it that lead on."""
    declared = operation.declared[DOCTOR]
    check = str(declared["check"])
    if delivery.outcome is not Outcome.ACCEPTED:
        yield from (failed(check, finding) for finding in delivery.findings)
        return
    body = _body(delivery)
    for name, place in declared.get("values", {}).items():
        if found := _text(body, place):
            known.setdefault(name, found)
    yield passed(check, _describe_success(operation, body, declared, known))
    for expected in declared["expect"]:
        yield _check_expectation(check, expected, body, case.payload.value)


def _read(
    case: PreflightInput, operation: Operation, values: Mapping[str, str], token: Token
) -> Delivery:
    checked = build_request(operation, values, Payload(None), case.settings)
    plan = Plan(operation, checked.request, None, case.settings)
    return read(plan, lambda fresh: tokens.get_token(case.settings, fresh=True) if fresh else token)


def _describe_success(
    operation: Operation, body: Any, declared: Mapping[str, Any], known: Mapping[str, str]
) -> str:
    named = _text(body, declared.get("name", ""))
    which = ", ".join(f"{name} {known[name]}" for name in required_parameters(operation))
    if not which:
        return f"the API takes the token{f': of `{named}`' if named else ''}"
    return f"it is there{f', `{named}`' if named else ''} ({which}; `{operation.name}`)"


def _check_expectation(
    check: str, expected: Mapping[str, Any], body: Any, sent: Any
) -> CheckResult:
    """Hold an answer to one expectation of the contract (`x-cxcall-doctor`)."""
    says, fix = str(expected["says"]), str(expected.get("fix", ""))
    if "items" in expected:
        return _check_keys(check, expected, body, sent)
    value = _at(body, expected["at"])
    if "open" in expected:
        return CheckResult(
            check, CheckStatus.UNKNOWN, f"{says}? It is `{value}`; {expected['open']}"
        )
    if "in" in expected and value is None:
        return CheckResult(
            check, CheckStatus.UNKNOWN, f"{says}? `{expected['at']}` is not in the answer"
        )
    if value in expected["in"] if "in" in expected else not value:
        return passed(check, says)
    return CheckResult(
        check, CheckStatus.FAILED, f"not so: {says}; `{expected['at']}` is `{_short(value)}`", fix
    )


def _check_keys(check: str, expected: Mapping[str, Any], body: Any, sent: Any) -> CheckResult:
    """Hold the names of a list's items to the keys of an object in the request."""
    items = _at(body, expected["items"]) or []
    names = [_text(item, expected["item"]) for item in items]
    objects = [entry for key in expected["keys"] for entry in _objects(sent, key)]
    if not names or not objects:
        return CheckResult(
            check, CheckStatus.UNKNOWN, f"{expected['says']}? the request shows no data"
        )
    if all(set(names) & set(entry) for entry in objects):
        return passed(check, str(expected["says"]))
    shown = ", ".join(f"`{name}`" for name in names)
    return CheckResult(check, CheckStatus.FAILED, f"not so: {expected['says']}; those are {shown}", str(expected["fix"]))  # fmt: skip


def _check_rights(
    settings: Settings, operation: Operation, token: Token, scopes: Any
) -> Iterator[CheckResult]:
    """Say what is known of what the token may do; a client's roles are readable by nobody but an administrator."""
    wrong = tokens.check_token_kind(settings, token, operation)
    if wrong is not None:
        yield failed("token", wrong)
    elif operation.token_kinds:
        yield passed("token", f"`{operation.name}` takes a token of its kind, {token.kind}")
    told = [str(scope) for scope in scopes] if isinstance(scopes, list) else []
    wanted = [" + ".join(sorted(scopes)) for scopes in operation.scopes if scopes]
    if wanted and told:
        lacking = tokens.check_scopes(token._replace(scopes=frozenset(told)), operation)
        if lacking is not None:
            yield CheckResult("scope", CheckStatus.UNKNOWN, f"{lacking.message}; scopes bind a person's token, and only where the organisation enforces them", lacking.fix)  # fmt: skip
        else:
            yield passed("scope", f"it has {' or '.join(f'`{scope}`' for scope in wanted)}")
    if operation.permissions:
        needed = " or ".join(" + ".join(sorted(entry)) for entry in operation.permissions)
        yield CheckResult("permission", CheckStatus.UNKNOWN, f"`{needed}` is needed; what roles grant a client is not told to it", "an administrator looks it up; a 403 names what lacks")  # fmt: skip


def _check_rate_budget(last: Delivery | None) -> CheckResult:
    response = last.exchange.response if last and last.exchange else None
    left = retry_after.window_left(response.headers) if response else None
    if left is None:
        return CheckResult("rate", CheckStatus.UNKNOWN, "the answers tell no rate")
    count, reset = left
    says = f"{count} requests are left for {reset:.0f} s"
    if count < _FEW_LEFT:
        return CheckResult("rate", CheckStatus.FAILED, says, f"wait {reset:.0f} s")
    return passed("rate", says)


def _at(value: Any, pointer: str) -> Any:
    return value_at(value, pointer) if pointer and has_value(value, pointer) else None


def _text(value: Any, pointer: str) -> str:
    found = _at(value, pointer)
    return "" if found is None else str(found)


def _short(value: Any) -> str:
    text = phone_numbers.mask_text(str(value))
    return text if len(text) <= 120 else f"{text[:120]}…"  # noqa: PLR2004 - a line


def _values_by_name(value: Any) -> dict[str, str]:
    """Return the texts and numbers of a body by their names: `contactId` wherever it stands."""
    found: dict[str, str] = {}
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for name, member in members:
        if isinstance(member, dict | list):
            found = {**_values_by_name(member), **found}
        elif isinstance(member, str | int) and isinstance(name, str):
            found[name] = str(member)
    return found


def _objects(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Yield the objects under a name, wherever they stand."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for name, member in members:
        if name == key and isinstance(member, dict):
            yield member
        yield from _objects(member, key)
