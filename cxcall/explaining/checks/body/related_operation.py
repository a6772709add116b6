"""Find the operation under the same path that the unknown properties of a body belong to."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import split_pointer
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.operation_matching import declared_names, property_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

_MIN_NAMES = 2
"""How many properties must belong to another operation before a finding says so; one name may be there by chance."""
_KEPT_OWNERS = 64


def check_related_operation(
    operation: Operation, payload: Payload, findings: list[Finding]
) -> Iterator[Finding]:
    """Yield a finding if several properties belong to an operation under this path, or above it.

    It is an error if the body has no others, and a warning if only a part of it belongs there.
    """
    unknown = frozenset(filter(None, map(_unknown_name, findings)))
    owner = _find_owner(operation, unknown) if len(unknown) >= _MIN_NAMES else None
    if owner is None:
        return
    names = unknown & declared_names(owner)
    is_all = names == property_names(payload.value)
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    yield payload.make_finding(
        Severity.ERROR if is_all else Severity.WARNING,
        "operation-mismatch",
        "",
        f"{listed} are properties of `{owner.method} {owner.path}`, not of `{operation.name}`",
        fix=f"send them to `{owner.method} {owner.path}`, and leave them out here",
        source=f"contract {owner.contract.name}",
    )._replace(where="body")


def _unknown_name(finding: Finding) -> str:
    """Return the name of an unknown property of the body itself that is not a misspelled one; empty for others."""
    is_unknown = finding.code == "property-unknown" and not finding.edits
    parts = split_pointer(finding.where) if is_unknown and finding.where[:1] == "/" else []
    return parts[0] if len(parts) == 1 else ""


@lru_cache(maxsize=_KEPT_OWNERS)
def _find_owner(operation: Operation, names: frozenset[str]) -> Operation | None:
    """Return the operation under or above the path of another one that declares most of some names; None if none has half of them."""
    from cxcall.contracts.contract import load_catalog

    def count(owner: Operation) -> tuple[int, int]:
        declared = declared_names(owner)
        return len(names & declared), -len(declared)

    owners = [
        each
        for each in load_catalog().find_likely(dict.fromkeys(names))
        if each.takes_body
        and each.platform == operation.platform
        and _is_related(each.path, operation.path)
    ]
    best = max(owners, key=count, default=None)
    shared = count(best)[0] if best else 0
    return best if shared >= _MIN_NAMES and shared * 2 > len(names) else None


def _is_related(one: str, other: str) -> bool:
    return one != other and (one.startswith(f"{other}/") or other.startswith(f"{one}/"))
