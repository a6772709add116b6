"""Group the findings of an explanation for a reader, so that no reason and no correction is repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = re.compile(r"; it says: |\. ")
"""The text before the description of a property in a reason."""
_MAX_ADDITIONS = 3
_NAME = re.compile(r"`[^` ]+` (?=is missing|belongs in )")


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
    return first._replace(
        message=f"{first.message}; also {names}",
        why=reasons.pop() if len(reasons) == 1 else "",
        fix=_join_fixes(list(dict.fromkeys(each.fix for each in group))),
    )


def _join_fixes(fixes: Sequence[str]) -> str:
    """Return the corrections as one; if many properties are only to be added, the message lists their names."""
    if len(fixes) > _MAX_ADDITIONS and all(each.startswith("add `") for each in fixes):
        return "add these properties"
    return "; ".join(fixes)
