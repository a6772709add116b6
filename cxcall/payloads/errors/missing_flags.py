"""Suggest flags for the properties that are missing in a body built from flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload


def suggest_flags(body: Payload, operation: Operation, places: Sequence[str]) -> str:
    """Return a hint with the flags that set one of some JSON Pointers; empty if the body is not from flags."""
    origins = body.origins.values()
    is_of_flags = origins and all(each.startswith("--") for each in origins)
    if body.document is not None or not is_of_flags:
        return ""
    flags = dict.fromkeys(
        f"`--{flag.name} {flag.metavar}`"
        for place in places
        for flag in operation.flags
        if any(f"{each}/".startswith(f"{place}/") for each in flag.pointers)
    )
    return "add " + " or ".join(flags or [f"`--set {place}=JSON`" for place in places])
