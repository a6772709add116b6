"""Explain the errors of the JSON Schema validator: which name or value is wrong, why, and the correction."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import ALTERNATIVES, compile_schema
from cxcall.documents.json_pointer import (
    TYPE_NAMES,
    has_value,
    join_pointer,
    split_pointer,
    type_of,
    value_at,
)
from cxcall.findings.edit import Applicability, Edit, write
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.text_lists import list_in_words
from cxcall.payloads.errors.broken_rules import (
    advise_type,
    describe_broken_rule,
    describe_placeholder,
    describe_schema,
    describe_wrong_string,
    type_names,
    with_description,
    with_format,
    without_duplicates,
)
from cxcall.payloads.errors.error_selection import (
    UNKNOWN,
    alternative_properties,
    find_several_matches,
    names_in,
    one_for_each_value,
    place_of,
    pointer_of,
    relevant_errors,
    undeclared_names,
)
from cxcall.payloads.errors.format_advice import format_value
from cxcall.payloads.errors.misnamed_properties import MAX_SUGGESTIONS, find_renames
from cxcall.payloads.errors.value_corrections import (
    as_object,
    correct_choice,
    is_valid_scalar,
    new_value,
    property_template,
    suggest_flags,
    unwrap_list,
)
from cxcall.payloads.placeholders import is_placeholder
from cxcall.phone import number_masking
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from jsonschema_rs import ValidationError

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.errors.error_selection import Names
    from cxcall.payloads.errors.format_advice import Correction
    from cxcall.payloads.errors.renames import Rename
    from cxcall.payloads.payload import Payload

_MAX_ROUNDS = 20
_MAX_LISTED_NAMES = 12
_ONE_ALTERNATIVE = "send the properties of only one alternative of the schema"
_FIT_ONE = "change it so that it fits only one of them"
_WHY_ONE = "the schema allows only one of these alternatives (`oneOf`); the API may accept several"
_TOGETHER = "allowed together with the other properties of"


def explain_schema_errors(operation: Operation, body: Payload) -> tuple[list[Finding], Payload]:
    """Return the findings on an invalid body, and the body with its wrong names corrected.

    A wrong name is corrected before its value is checked, so that it causes only one finding, and no
    second one for the missing property.
    """
    findings: list[Finding] = []
    validator = compile_schema(operation.body_schema, is_lenient=True)
    for number in range(_MAX_ROUNDS + 1):
        errors = one_for_each_value(relevant_errors(validator.iter_errors(body.value), operation))
        if number == _MAX_ROUNDS:
            break
        room = MAX_SUGGESTIONS - len(findings)
        unknown, missing = names_in(errors, operation)
        # The validator leaves empty names out of its paths, so a place may be the object above.
        unknown = {
            place: [name for name in names if has_value(body.value, join_pointer(place, name))]
            for place, names in unknown.items()
        }
        open_places = missing.keys() - unknown.keys()
        unknown |= {
            at: undeclared_names(operation, body.value, at)
            for at in open_places
            if has_value(body.value, at)
        }
        needed = {join_pointer(at, name): at for at, names in missing.items() for name in names}
        renames = find_renames(operation, body.value, unknown, needed, room)
        # If other names are allowed, a wrong name is an error only in place of a missing one.
        renames = {
            pointer: rename
            for pointer, rename in renames.items()
            if pointer.rpartition("/")[0] not in open_places or rename.fills(needed)
        }
        if not renames:
            break
        for pointer, rename in renames.items():
            findings.append(_explain_rename(operation, body, pointer, rename, needed))
        body = body.with_renames(renames.values())
    unknown, _ = names_in(errors, operation)
    for error in errors:
        findings.extend(_explain_error(operation, body, error, unknown))
    for error, names in find_several_matches(operation.body_schema, body.value):
        explainer = _ErrorExplainer(operation, body, place_of(error, body.value))
        findings.append(explainer.several_matches(names))
    return findings, body


def _explain_rename(
    operation: Operation, body: Payload, pointer: str, rename: Rename, needed: Collection[str]
) -> Finding:
    place, name = pointer.rpartition("/")[0], split_pointer(pointer)[-1]
    return _ErrorExplainer(operation, body, place).renamed_property(name, rename, needed)


def _explain_error(
    operation: Operation, body: Payload, error: ValidationError, unknown: Names
) -> Iterator[Finding]:
    """Yield the findings for one error of the JSON Schema validator; `unknown` are the unknown names by their object."""
    keyword, detail = error.kind.name, error.kind.as_dict()
    explainer = _ErrorExplainer(operation, body, place_of(error, body.value))
    if keyword in UNKNOWN:
        yield from map(explainer.unknown_property, unknown[pointer_of(error)])
    elif keyword == "required":
        yield explainer.missing_property(detail["property"])
    elif keyword == "type":
        yield explainer.wrong_type(detail["types"])
    elif keyword in ALTERNATIVES and detail.get("context"):
        if names := alternative_properties(detail["context"]):
            yield explainer.missing_alternatives(names)
        else:
            yield explainer.wrong_value(error)
    elif keyword == "falseSchema" and [*error.schema_path][-4:-3] == ["dependentSchemas"]:
        yield explainer.excluded_property(str([*error.schema_path][-3]))
    else:
        yield explainer.wrong_value(error)


class _ErrorExplainer:
    """Builds the findings on one value of a body that does not match its schema."""

    def __init__(self, operation: Operation, body: Payload, pointer: str) -> None:
        self.operation = operation
        self.body = body
        self.pointer = pointer
        self.schema = operation.schema_at(pointer)
        self.value = value_at(body.value, pointer)
        place = number_masking.mask_text(body.find_place(pointer))
        self.label = f"`{place}`" if place else f"the body of `{operation.name}`"

    def _finding(
        self,
        code: str,
        message: str,
        *,
        where: str | None = None,
        key: bool = False,
        edits: Sequence[Edit] = (),
        **more: str,
    ) -> Finding:
        pointer = self.pointer if where is None else where
        more["source"] = self.operation.source
        return self.body.make_finding(
            Severity.ERROR, code, pointer, message, key=key, edits=tuple(edits), **more
        )

    def renamed_property(self, name: str, rename: Rename, missing: Collection[str]) -> Finding:
        """Return the finding on a wrong name with a known correct name; `missing` are missing properties."""
        needed = [target for _, target in rename.moves if target in missing]
        needed += sorted(rename.changes.intersection(missing).difference(needed))
        mistake = self.schema.get("x-cxcall-mistakes", {}).get(name, {})
        why = mistake.get("why", "the schema allows no other properties here")
        if needed:
            above, _, label = needed[0].rpartition("/")
            is_required = label in self.operation.schema_at(above).get("required", ())
            rule = f"the schema requires `{label}`{' or an alternative' * (not is_required)}"
            why = with_description(rule, self.operation.schema_at(needed[0]).get("description"))
        return self._unknown(name, rename.describe(), why, rename.edits)

    def unknown_property(self, name: str) -> Finding:
        """Return the finding on an unknown name."""
        place = join_pointer(self.pointer, name)
        if name in self.schema.get("properties", {}) and any(
            each in self.schema for each in ALTERNATIVES
        ):
            removal = Edit("remove", place, applicability=Applicability.UNSAFE)
            return self._unknown(name, _ONE_ALTERNATIVE, "", [removal], _TOGETHER)
        mistake = self.schema.get("x-cxcall-mistakes", {}).get(name, {})
        why = mistake.get("why", "the schema allows no other properties here")
        target = mistake.get("use", "").rpartition("/")[2]
        twin = target or self._declared_names.get(fold_name(name), "")
        twin = twin if twin in self.value and twin != name else ""
        elsewhere = self._declared_elsewhere.get(fold_name(name), "") if not twin else ""
        is_there = elsewhere not in ("", place) and has_value(self.body.value, elsewhere)
        other = twin or (elsewhere if is_there else "")
        is_same = bool(twin) and self.value[twin] == self.value.get(name)
        fix = f"remove it{f': `{other}` is there already' * bool(other)}"
        fix = fix if other or mistake else self._list_properties()
        applicability = Applicability.SAFE if is_same else Applicability.UNSAFE
        edit = Edit("remove", place, applicability=applicability)
        return self._unknown(name, fix, why, [edit])

    @cached_property
    def _declared_names(self) -> dict[str, str]:
        return {fold_name(each): each for each in self.schema.get("properties", {})}

    @cached_property
    def _declared_elsewhere(self) -> dict[str, str]:
        """The first place of each declared property by name."""
        return {fold_name(at.rpartition("/")[2]): at for at in reversed(self.operation.pointers)}

    def _unknown(
        self, name: str, fix: str, why: str, edits: Sequence[Edit], relation: str = "a property of"
    ) -> Finding:
        return self._finding(
            "property-unknown",
            f"`{number_masking.mask_text(name)}` is not {relation} {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix=fix,
            why=why,
            edits=edits,
        )

    def _list_properties(self) -> str:
        names = [f"`{name}`" for name in self.schema.get("properties", {})]
        if len(names) > _MAX_LISTED_NAMES:
            return f"see its {len(names)} properties: {self.operation.listing}"
        start = "its only property is" if len(names) == 1 else "its properties are"
        return f"{start} {', '.join(names)}" if names else "remove it"

    def missing_property(self, name: str) -> Finding:
        """Return the finding on a required property that is missing."""
        place = join_pointer(self.pointer, name)
        schema = self.operation.schema_at(place)
        return self._finding(
            "property-missing",
            f"`{name}` is missing from {self.label}",
            where=place,
            key=True,
            fix=self._flags_for(name) or f"add `{property_template(name, schema)}`",
            why=with_description("the schema requires it", schema.get("description")),
            edits=[self._addition(place)],
        )

    def _flags_for(self, *names: str) -> str:
        return suggest_flags(self.body, self.operation, self.pointer, names)

    def _addition(self, place: str) -> Edit:
        """Return the edit that adds a property, with the value that it must share, or with a placeholder."""
        shared = str(self.operation.schema_at(place).get("x-cxcall-same-as", ""))
        kind, _, other = shared.partition(":")
        if kind == "body" and has_value(self.body.value, other):
            return write("add", place, value_at(self.body.value, other), Applicability.UNSAFE)
        return write("add", place, new_value(self.operation, place), Applicability.PLACEHOLDER)

    def missing_alternatives(self, names: list[str]) -> Finding:
        """Return the finding on an object that needs one of some properties, or one that all alternatives require."""
        if len(names) == 1:
            return self.missing_property(names[0])
        listed = list_in_words([f"`{name}`" for name in names], "or")
        return self._finding(
            "property-missing",
            f"{self.label} needs {listed}",
            fix=self._flags_for(*names) or f"add {listed}",
            why=with_description("", self.schema.get("description")),
            edits=[self._addition(join_pointer(self.pointer, names[0]))],
        )

    def excluded_property(self, other: str) -> Finding:
        """Return the finding on a property that is not allowed together with another one.

        It has no edits: which of the two to remove is not known.
        """
        above, _, name = self.pointer.rpartition("/")
        other_place = f"{self.body.find_place(above)}/{other}"
        return self._finding(
            "value-not-allowed",
            f"{self.label} is not allowed together with `{other_place}`",
            key=True,
            other_place=other_place,
            fix=f"remove one of the two, `{name}` or `{other}`",
            why="the platform accepts only one of them",
        )

    def wrong_type(self, types: list[str]) -> Finding:
        """Return the finding on a value of a wrong JSON type."""
        items = self.operation.schema_at(join_pointer(self.pointer, 0))
        unwrapped, names = unwrap_list(self.value, types, items), type_names(types)
        fix, correction = unwrapped or advise_type(self.value, types, self.schema, self.pointer)
        if correction is None and is_placeholder(self.value):
            message, fix = describe_placeholder(self.label, self.value)
            return self._finding("placeholder", message, fix=fix)
        if "object" in types and (meant := as_object(self.operation, self.pointer, self.value)):
            fix, correction = f"write `{format_value(meant)}`", (meant, Applicability.UNSAFE)
        return self._finding(
            "type-mismatch",
            f"{self.label} must be {names}, not {TYPE_NAMES[type_of(self.value)]}",
            fix=fix or f"write {names} there",
            why=describe_schema(self.schema),
            edits=self._replacement(correction),
        )

    def _replacement(self, correction: Correction | None) -> list[Edit]:
        """Return the edits that correct the value, or put a placeholder in its place."""
        placeholder = new_value(self.operation, self.pointer), Applicability.PLACEHOLDER
        value, kind = correction or placeholder
        if kind is not Applicability.PLACEHOLDER and not is_valid_scalar(value, self.schema):
            value, kind = placeholder  # in the correct format, but still wrong
        return [] if value == self.value else [write("replace", self.pointer, value, kind)]

    def several_matches(self, names: list[str]) -> Finding:
        """Return the warning about a value that fits several alternatives of a `oneOf`; `names` are theirs, if known."""
        message = f"{self.label} fits several alternatives of its schema{': ' * bool(names)}{', '.join(names)}"
        found = self._finding("value-not-allowed", message, fix=_FIT_ONE, why=_WHY_ONE)
        return found._replace(severity=Severity.WARNING)

    def wrong_value(self, error: ValidationError) -> Finding:
        """Return the finding on a value that breaks a rule of its schema."""
        code, correction = "", None
        if isinstance(self.value, str):
            code, message, fix = describe_wrong_string(
                self.schema, self.label, self.value, self.pointer
            )
        if isinstance(self.value, str | int | float):
            options = error.kind.as_dict()["options"] if error.kind.name == "enum" else ()
            correction = correct_choice(self.pointer, self.value, with_format(self.schema), options)
        elif error.kind.name == "uniqueItems":
            correction = without_duplicates(self.value), Applicability.UNSAFE
        if not code:
            code = "value-not-allowed"
            message, fix = describe_broken_rule(error, self.label, self.value, self.pointer)
        # Of too many items, or of members that do not go together, it is not known which to keep.
        is_filled = bool(self.value) and isinstance(self.value, list | dict)
        edits = [] if is_filled and not correction else self._replacement(correction)
        return self._finding(code, message, fix=fix, why=describe_schema(self.schema), edits=edits)
