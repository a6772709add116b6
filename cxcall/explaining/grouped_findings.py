"""Group what a report would repeat: findings with the same text, and requests that failed for the same cause."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cxcall.explaining.explanation import Explanation
from cxcall.findings.finding import Finding, Severity
from cxcall.runtime.patterns import UUID_FORM, compile_on_use

_DESCRIPTION = compile_on_use(r"; it says: |\. ")
"""The text before the description of a property in a reason."""
_MAX_ADDITIONS = 3
_NAME = compile_on_use(r"`[^` ]+` (?=is missing|belongs in )")
_DIFFERS = compile_on_use(rf"{UUID_FORM}|[+*]*[0-9*]{{4,}}(?:[-:.T][0-9]+)*Z?")
"""The values that differ between requests with the same cause: IDs, phone numbers, and times."""
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
