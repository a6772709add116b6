"""Select the errors of the JSON Schema validator that are causes, and the names that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import ALTERNATIVES, compile_schema, is_acceptable, new_validator
from cxcall.documents.json_pointer import child_at, has_value, join_pointer, make_pointer, value_at
from cxcall.payloads.errors.broken_rules import without_duplicates
from cxcall.payloads.errors.value_corrections import SCALAR_RULES
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jsonschema_rs import ValidationError

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

    Branch = list[ValidationError]
    Names = dict[str, list[str]]

UNKNOWN = ("additionalProperties", "unevaluatedProperties")
_INDEX = compile_on_use(r"\+?[0-9]{1,20}")
_IDENTIFYING_RULES = ("required", "const", "enum")


def relevant_errors(
    errors: Iterable[ValidationError], operation: Operation
) -> Iterator[ValidationError]:
    """Yield errors in a body; for a oneOf or anyOf, the errors of the alternative that was probably intended."""
    for error in errors:
        context = error.kind.as_dict().get("context") if error.kind.name in ALTERNATIVES else None
        if context and not alternative_properties(context):
            branches = _discriminated(context, pointer_of(error), operation) or context
            intended = _intended_errors(branches, len(list(error.instance_path)))
            yield from relevant_errors(intended, operation)
        else:
            yield error


def find_several_matches(
    schema: JsonSchema, value: Any
) -> Iterator[tuple[ValidationError, list[str]]]:
    """Yield the error of each value that fits several alternatives of a `oneOf`, and their names.

    Without names: the first broken rule if such a `oneOf` only has an effect on it, as in `contains`.
    """
    errors = [*compile_schema(schema).iter_errors(value)]
    found = [*_errors_of_several(errors)]
    if errors and not found and is_acceptable(schema, value):
        yield errors[0], []
    for error in found:
        nodes = value_at(schema, make_pointer(*error.schema_path))
        branches = enumerate(error.kind.as_dict()["context"])
        yield error, [_name(nodes[at], at) for at, branch in branches if not branch]


def _errors_of_several(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors for several matches, also those that are all errors of an alternative."""
    for error in errors:
        context = error.kind.as_dict()["context"] if error.kind.name in ALTERNATIVES else ()
        if not all(context):
            yield error
        for branch in context:
            inner = [*_errors_of_several(branch)]
            yield from inner if len(inner) == len(branch) else ()


def _name(node: Any, at: int) -> str:
    """Return the number of an alternative, with its name or its required properties."""
    known = node if isinstance(node, dict) else {}
    name = known.get("$ref", "").rpartition("/")[2] or known.get("title")
    needed = " and ".join(f"`{each}`" for each in known.get("required", ()))
    return f"number {at + 1}" + (f" (`{name}`)" if name else f" (with {needed})" if needed else "")


def _discriminated(
    branches: Sequence[Branch], place: str, operation: Operation
) -> Sequence[Branch]:
    """Return the alternatives that allow the value of the `discriminator` of an object; empty without such a value."""
    discriminator = operation.schema_at(place).get("discriminator", {})
    member = join_pointer(place, str(discriminator.get("propertyName")))
    return [
        branch
        for branch in branches
        if all(
            pointer_of(each) != member and _subject(each)[:2] != (place, "type") for each in branch
        )
    ]


def _intended_errors(branches: Sequence[Branch], depth: int) -> list[ValidationError]:
    """Return the errors of the alternative that was probably intended, for a value at a depth.

    A value that no alternative allows is one error with the values or types of all of them. While it is wrong, or if
    several alternatives are as likely, a property that only some of them require is not missing.
    """
    distances = [_branch_distance(branch, depth) for branch in branches]
    least = min(distances)
    nearest = branches[distances.index(least)]
    possible = [
        {_subject(error): error for error in branch}
        for branch, distance in zip(branches, distances, strict=True)
        if distance[0] == least[0]
    ]
    shared = set.intersection(*map(set, possible))
    is_open = bool(shared) and distances.count(least) > 1
    is_open |= any(rule == "enum" for _, rule, _ in shared)
    found = []
    for error in nearest:
        subject = _subject(error)
        if subject in shared:
            found.append(_merged([errors[subject] for errors in possible]))
        elif not (is_open and error.kind.name == "required"):
            found.append(error)
    return found


def _subject(error: ValidationError) -> tuple[str, str, str]:
    """Return what an error is about: the place, the rule, and the name of a missing property."""
    rule = "enum" if error.kind.name == "const" else error.kind.name
    return pointer_of(error), rule, str(error.kind.as_dict().get("property", ""))


def _merged(errors: Sequence[ValidationError]) -> ValidationError:
    """Return one error for the errors on the same value in several alternatives: it has the values, or types, of all."""
    first, details = errors[0], [error.kind.as_dict() for error in errors]
    types = [each for detail in details for each in detail.get("types", ())]
    values = [
        each for detail in details for each in detail.get("options", [detail.get("expected_value")])
    ]
    rule = {"type": types} if types else {"enum": values}
    if len(errors) == 1 or _subject(first)[1] not in rule:
        return first
    schema: JsonSchema = {word: without_duplicates(listed) for word, listed in rule.items()}
    value = first.instance
    for name in reversed(list(first.instance_path)):
        schema, value = {"properties": {str(name): schema}}, {str(name): value}
    return next(iter(new_validator(schema).iter_errors(value)), first)


def one_for_each_value(found: Iterable[ValidationError]) -> list[ValidationError]:
    """Return one error for each wrong value: its type, or else the shortest list of values."""
    errors = list(found)
    strictest: dict[str, ValidationError] = {}
    for error in sorted(filter(_is_about_value, errors), key=_strictness):
        strictest.setdefault(pointer_of(error), error)
    kept = set(map(id, strictest.values()))
    return [error for error in errors if not _is_about_value(error) or id(error) in kept]


def _is_about_value(error: ValidationError) -> bool:
    return error.kind.name in SCALAR_RULES


def _strictness(error: ValidationError) -> tuple[bool, float]:
    options = error.kind.as_dict().get("options")
    return error.kind.name != "type", len(options) if options else float("inf")


def names_in(errors: Sequence[ValidationError], operation: Operation) -> tuple[Names, Names]:
    """Return the unknown and the missing names that errors are about, by the pointer of their object.

    To `unevaluatedProperties`, also each property of a schema in `allOf` with an error is unknown: these are left out.
    """
    unknown: Names = {}
    missing: Names = {}
    causes = {
        make_pointer(*list(error.instance_path)[:end])
        for error in errors
        if error.kind.name not in UNKNOWN
        for end in range(len(list(error.instance_path)) + 1)
    }
    for error in errors:
        detail, place = error.kind.as_dict(), pointer_of(error)
        if error.kind.name in UNKNOWN:
            has_cause = error.kind.name == "unevaluatedProperties" and place in causes
            declared = operation.schema_at(place).get("properties", {}) if has_cause else {}
            names = [name for name in detail["unexpected"] if name not in declared]
            unknown.setdefault(place, []).extend(names)
        elif error.kind.name == "required":
            missing.setdefault(place, []).append(detail["property"])
        elif error.kind.name in ALTERNATIVES and detail.get("context"):
            names = alternative_properties(detail["context"])
            missing.setdefault(place, []).extend(names)
    return unknown, missing


def pointer_of(error: ValidationError) -> str:
    """Return the pointer of the value that an error is about."""
    return make_pointer(*error.instance_path)


def place_of(error: ValidationError, body: Any) -> str:
    """Return the pointer of the value that an error is about, with the names that the body has."""
    found = [*_places(body, [*error.instance_path])]
    same = (pointer for pointer, value in found if len(found) > 1 and value == error.instance)
    return next(same, found[0][0] if found else "")


def _places(value: Any, path: list[str | int], pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the places to which a path of the validator may lead, and the values there.

    It takes the names `007` and `+7` for the index 7, and leaves out empty names.
    """
    members = value if isinstance(value, dict) else {}
    if not path:
        yield pointer, value
    elif isinstance(value, dict | list):
        name = str(path[0])
        same = (each for each in members if _INDEX.fullmatch(each) and int(each) == path[0])
        name = name if name in members else next(same, name)
        if has_value(value, join_pointer("", name)):
            yield from _places(child_at(value, name), path[1:], join_pointer(pointer, name))
    if "" in members:
        yield from _places(members[""], path, join_pointer(pointer, ""))


def _branch_distance(branch: Branch, depth: int) -> tuple[int, int, int, int]:
    """Rank a branch of a oneOf, for a value at a depth, by its errors.

    A value of a wrong type means that the branch was not intended, and so do, in an object, wrong names and
    constants; a member with the right name and a wrong value does not. Between a wrong constant and a missing name, the
    constant counts more.
    """
    types = sum(
        each.kind.name == "type" and len(list(each.instance_path)) == depth for each in branch
    )
    names = sum(
        len(each.kind.as_dict()["unexpected"]) if each.kind.name in UNKNOWN else 1
        for each in branch
        if each.kind.name in (*UNKNOWN, *_IDENTIFYING_RULES)
    )
    values = sum(_subject(each)[1] == "enum" for each in branch)
    return types, names, values, len(branch)


def alternative_properties(branches: list[list[ValidationError]]) -> list[str]:
    """Return the properties if the branches differ only in which one of them is required."""
    if any(len(branch) != 1 or branch[0].kind.name != "required" for branch in branches):
        return []
    pointers = {tuple(branch[0].instance_path) for branch in branches}
    names = (branch[0].kind.as_dict()["property"] for branch in branches)
    return [*dict.fromkeys(names)] if len(pointers) == 1 else []


def undeclared_names(operation: Operation, value: Any, place: str) -> list[str]:
    """Return the names of an object that its schema does not declare; none of any other value."""
    declared, given = operation.schema_at(place).get("properties", {}), value_at(value, place)
    names = given if declared and isinstance(given, dict) else ()
    return [name for name in names if name not in declared]
