"""Group what a report would repeat: findings with the same text, and requests that failed for the same cause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cxcall.explaining.explanation import Explanation
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder
from cxcall.phone.e164_numbers import find_number_mistake
from cxcall.responses.failures_in_2xx import explain_failures
from cxcall.runtime.patterns import UUID_FORM

_DESCRIPTION = re.compile(r"; it says: |\. ")
"""The text before the description of a property in a reason."""
_MAX_ADDITIONS = 3
_NAME = re.compile(r"`[^` ]+` (?=is missing|belongs in )")
_DIFFERS = re.compile(rf"{UUID_FORM}|[+*]*[0-9*]{{4,}}(?:[-:.T][0-9]+)*Z?")
"""The values that differ between requests with the same cause: IDs, phone numbers, and times."""
# A random UUID, which is not a placeholder to any rule, and a number in E.164.
_JUDGED_BY_FORM = re.compile(
    r"(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![\w-])"
    r"|(?<![\w+])\+[1-9][0-9]{6,14}(?!\w)"
)
_OPAQUE_TOKEN = re.compile(r"(?i:bearer) ([\w~+/-]{12,}=*)")
_KEPT_TEXTS = 4096


def group_findings(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings in groups: findings with the same text about several properties are one group.

    Groups are in the order of their first findings. A note is left out if another finding has the same
    correction; if there is an error, notes on the body and `not-provable` notes are left out, too.
    """
    fixes = [finding.fix for finding in findings]
    has_error = any(finding.severity is Severity.ERROR for finding in findings)
    groups: dict[Any, list[Finding]] = {}
    for index, each in enumerate(findings):
        is_said = each.fix and each.fix in fixes[:index]
        is_lesser = has_error and (each.where.startswith("/") or each.code == "not-provable")
        if each.severity is Severity.NOTE and (is_said or is_lesser):
            continue
        name = _NAME.match(each.message)
        key = (each.severity, each.code, each.message[name.end() :]) if name else each
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def join_findings(group: Sequence[Finding]) -> Finding:
    """Return one finding for a group: the first one, with the names and corrections of the others."""
    first, *others = group
    if not others:
        return first
    names = ", ".join(each.message.partition(" ")[0] for each in others)
    reasons = {_DESCRIPTION.split(each.why)[0].rstrip(".") for each in group}
    fixes = list(dict.fromkeys(each.fix for each in group))
    is_list = len(fixes) > _MAX_ADDITIONS and all(each.startswith("add `") for each in fixes)
    return first._replace(
        message=f"{first.message}; also {names}",
        why=reasons.pop() if len(reasons) == 1 else "",
        fix="add these properties" if is_list else "; ".join(fixes),
    )


def cause_of(explanation: Explanation) -> bytes:
    """Return a digest that is equal for requests whose findings differ only in IDs, numbers, and times."""
    request, route = explanation.request, explanation.route
    if not explanation.findings and request.is_successful:
        return b""
    operation = route.operation.name if route.operation else _without_ids(request.path)
    parts = [request.method, request.host, operation, str(request.status), str(route.nearest)]
    for each in explanation.findings:
        parts += [each.severity, each.code, each.where]
        parts += map(_without_ids, (each.message, each.fix, each.why))
    return sha256("\0".join(parts).encode("utf-8", "replace")).digest()


@lru_cache(maxsize=_KEPT_TEXTS)
def _without_ids(text: str) -> str:
    return _DIFFERS.sub("#", text)


def form_of(request: ObservedRequest) -> bytes | None:
    """Return a digest that is equal for requests that differ only in UUIDs, phone numbers, and opaque tokens.

    The rules check only whether a UUID is repeated, whether a number is repeated and can be dialed, and whether
    a token is repeated. All else is compared as it was sent. A response that reports no failure is not checked,
    so its form matters only for requests without a finding. Returns None for a request with findings of its
    reader, and for a 2xx response that reports a failure.
    """
    response, headers = request.response, dict(request.headers or {})
    is_accepted = response is not None and bool(response.status) and request.is_successful
    if request.findings:
        return None
    if response and is_accepted and any(explain_failures(response.json(), is_read=False)):
        return None
    sent = "\0".join((request.body or "", request.path, repr(request.query)))
    received = response.body.decode("utf-8", "replace") if response and not is_accepted else ""
    response_headers = dict(response.headers) if response else {}
    if is_accepted:
        response_headers = {"Date": response_headers.get("Date", "")}
    token = _OPAQUE_TOKEN.fullmatch(headers.get("Authorization", ""))
    if token and not is_placeholder(token[1]):
        response_headers.pop("Date", None)  # only decides whether a JWT had expired
        texts = (sent, received, *response_headers.values())
        headers["Authorization"] = f"{any(token[1][:12] in each for each in texts)}"
    rest = (
        request.method,
        request.scheme,
        request.host,
        headers,
        request.status,
        response_headers,
        response and not is_accepted and response.reason,
        request.failure,
        request.unread,
        request.unknown,
        request.null_means_unknown,
        request.body is None,
        request.headers is None,
    )
    text = _number_values(sent, f"\0{received}\0{rest!r}")
    return sha256(text.encode("utf-8", "replace")).digest()


def _number_values(sent: str, rest: str) -> str:
    """Return both texts with numbers in place of values whose form alone matters; equal values get the same number."""
    seen: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        value = match[0]
        if value not in seen:
            kind = find_number_mistake(value) or "number" if value[0] == "+" else "UUID"
            seen[value] = f"\1{len(seen)} {kind}\1"
        return seen[value]

    text = _JUDGED_BY_FORM.sub(replace, sent)
    numbers = {value for value in seen if value[0] == "+"}

    def replace_sent(match: re.Match[str]) -> str:
        return match[0] if match[0][0] == "+" and match[0] not in numbers else replace(match)

    return text + _JUDGED_BY_FORM.sub(replace_sent, rest)
