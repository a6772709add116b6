"""Find objects of a body with the structure of another operation: no name is correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer, objects, value_at
from cxcall.findings.edit import Applicability, Edit, move
from cxcall.findings.finding import Finding, Severity
from cxcall.phone import number_masking
from cxcall.runtime.name_similarity import nearest_name
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

_MIN_NAMES = 2
"""This many names must be wrong, and as many missing: a single one is a misspelled name."""
_MAX_NAMES = 6
_MAX_COLUMNS = 50
"""Unknown names of an object that are compared with the declared ones."""


def find_unexpected_body(operation: Operation, body: Payload) -> Iterator[Finding]:
    """Yield an error for a body if the operation takes none, or takes it in another media type."""
    declared = operation.contract.resolve(operation.declared.get("requestBody", {}))
    media = list(declared.get("content", {}))
    if media and (body.value or declared.get("required")):
        yield Finding.error(
            "body-malformed",
            "body",
            f"`{operation.name}` requires a body of type `{'` or `'.join(media)}`",
            fix="send it with another client, such as `curl --data-binary @FILE`",
            why="cxcall sends bodies as JSON or as a form",
            source=operation.source,
        )
    elif body.value:
        yield Finding.error(
            "property-unknown",
            "body",
            f"`{operation.name}` has no request body",
            fix=f"leave it out; to see the parameters: `cxcall operations {operation.name}`",
            source=operation.source,
            excerpt=body.find_excerpt(""),
        )


def find_wrong_structures(operation: Operation, body: Payload) -> Iterator[Finding]:
    """Yield a finding for each object in a body with several names, of which none is declared."""
    for pointer, members in objects(body.value):
        if not pointer or len(members) < _MIN_NAMES:
            continue
        schema = operation.schema_at(pointer)
        declared, required = schema.get("properties", {}), schema.get("required", [])
        is_closed = schema.get("additionalProperties") is False and declared
        if is_closed and len(required) >= _MIN_NAMES and members.keys().isdisjoint(declared):
            route = f"{operation.method} {operation.path}"
            sample = (
                f"write it as this route requires: `cxcall operations {operation.name} --skeleton`"
            )
            yield body.make_finding(
                Severity.ERROR,
                "operation-mismatch",
                pointer,
                f"`{pointer}` does not have the structure of `{route}`: it has {_list(members)} in place of "
                f"{_list(required)}",
                key=True,
                fix=_recommendation(operation) or sample,
                why="the schema requires the latter and allows no other properties there",
                source=operation.source,
            )


def is_map(operation: Operation, pointer: str) -> bool:
    """Return whether an object of the schema takes members of any name."""
    schema = operation.schema_at(pointer)
    return "properties" not in schema and "additionalProperties" in schema


def columns_of_map(
    operation: Operation, value: Any, place: str, unknown: Sequence[str]
) -> list[str]:
    """Return the unknown names of an object that are probably those of a missing map in it.

    They are several, and one is like no declared name; others may differ from an optional one in case.
    """
    schema, node = operation.schema_at(place), value_at(value, place)
    declared, required = schema.get("properties", {}), map(fold_name, schema.get("required", ()))
    folded = {*map(fold_name, declared)} - {*required}
    own = [each for each in unknown[:_MAX_COLUMNS] if not isinstance(node[each], dict | list)]
    new = [each for each in own if not nearest_name(each, declared)]
    columns = [each for each in own if each in new or fold_name(each) in folded]
    return columns if new and len(columns) >= _MIN_NAMES else []


def without_wrapper(operation: Operation, body: Payload, findings: list[Finding]) -> list[Finding]:
    """Return the findings on a body; if all of it is in one object, the finding that says so replaces what follows from it."""
    name = _find_wrapper(operation, body.value)
    if not name:
        return findings
    place = join_pointer("", name)
    moves = (
        move(join_pointer(place, each), join_pointer("", each), Applicability.UNSAFE)
        for each in body.value[name]
    )
    is_declared = name in operation.schema_at("").get("properties", {})
    kind = "is for values of your own" if is_declared else f"`{operation.name}` does not have"
    finding = body.make_finding(
        Severity.ERROR,
        "property-unknown",
        place,
        f"the properties are in `{number_masking.mask_text(name)}`, which {kind}",
        key=True,
        fix=f"send the object in `{number_masking.mask_text(name)}` itself as the body",
        why="the API looks for the properties in the body itself",
        source=operation.source,
    )._replace(edits=(*moves, Edit("remove", place, applicability=Applicability.UNSAFE)))
    return [finding, *(each for each in findings if not _follows_from(each, place))]


def _find_wrapper(operation: Operation, value: Any) -> str:
    """Return the only name of a body if its object has the properties of the operation; else an empty text."""
    if not isinstance(value, dict) or len(value) != 1:
        return ""
    declared = operation.schema_at("").get("properties", {})
    ((name, inner),) = value.items()
    if not isinstance(inner, dict):
        return ""
    known = {each for each in inner if each in declared}
    needed = {*operation.schema_at("").get("required", ())}
    if name in declared:  # a map that may have any names
        is_map = "properties" not in operation.schema_at(join_pointer("", name))
        is_clear = is_map and bool(needed) and needed <= known
    else:
        is_clear = len(known) >= _MIN_NAMES or bool(known & needed)
    return name if is_clear and len(known) * 2 > len(inner) else ""


def _follows_from(finding: Finding, place: str) -> bool:
    """Return whether a finding results from a wrapper: the properties are missing from the body, or unknown in the wrapper."""
    is_in_wrapper = finding.where == place or finding.where.startswith(f"{place}/")
    is_missing = finding.code == "property-missing" and finding.where.count("/") <= 1
    return is_in_wrapper or is_missing


def _recommendation(operation: Operation) -> str:
    """Return the advice to use the recommended operation, with its properties; empty if there is none."""
    if not operation.recommended:
        return ""
    other = operation.contract.find_by_name(operation.recommended)[0]
    return (
        f"send {_list(other.schema_at('').get('required', []))} to the recommended route, "
        f"`{other.method} {other.path}`: `cxcall {other.command or 'send ' + other.name}`; "
        f"or keep this route: `cxcall operations {operation.name} --skeleton`"
    )


def _list(names: Iterable[str]) -> str:
    """Return names in a sentence."""
    quoted = [f"`{number_masking.mask_text(name)}`" for name in names]
    if len(quoted) > _MAX_NAMES:
        quoted = [*quoted[:_MAX_NAMES], f"{len(quoted) - _MAX_NAMES} more"]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))
