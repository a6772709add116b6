"""Build a request body from a file, stdin, and flags, with the source of each value."""

from __future__ import annotations

import json
from copy import deepcopy
from itertools import chain, combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from cxcall.contracts.json_schema import schema_types
from cxcall.contracts.operation import MULTIPART, URLENCODED
from cxcall.documents.json_document import MAX_DEPTH, DocumentError, is_too_deep, parse_json
from cxcall.documents.json_pointer import (
    enclosing_pointers,
    has_value,
    join_pointer,
    split_pointer,
    value_at,
)
from cxcall.documents.text_files import read_text
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Excerpt, Finding, Severity
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.documents.json_document import Document
    from cxcall.findings.edit import Edit
    from cxcall.payloads.csv_table import CsvRecord
    from cxcall.payloads.errors.renames import Rename

    ValueSource: TypeAlias = "Document | CsvRecord"
    """What a body was read from."""


class Payload(NamedTuple):
    """A body, the document that it was read from, and the flag that set the value at each pointer.

    `moved` says where the document has a value whose name or place was corrected; `uncertain` are the
    places that an unsafe correction set.
    """

    value: Any
    document: ValueSource | None = None
    origins: Mapping[str, str] = MappingProxyType({})
    moved: Mapping[str, str] = MappingProxyType({})
    uncertain: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return redacted_repr(self, "value", "document")

    def with_renames(self, renames: Collection[Rename]) -> Payload:
        """Return the body with wrong names corrected; findings on it have the places of this one."""
        from cxcall.documents.json_edits import apply_edits

        value, moved = deepcopy(self.value), dict(self.moved)
        for rename in renames:
            apply_edits(value, rename.edits)
            moved |= {target: self.find_place(source) for source, target in rename.moves}
        unsafe = (edit for rename in renames for edit in rename.edits if not edit.is_safe)
        uncertain = self.uncertain.union(edit.pointer for edit in unsafe)
        return self._replace(value=value, moved=moved, uncertain=uncertain)

    def without_false_certainty(self, finding: Finding) -> Finding:
        """Return a finding whose edits are unsafe if they follow an edit that is not safe."""
        if not self.uncertain or all(map(self._is_certain, finding.edits)):
            return finding
        return finding._replace(edits=tuple(edit.as_unsafe() for edit in finding.edits))

    def _is_certain(self, edit: Edit) -> bool:
        ways = chain.from_iterable(map(enclosing_pointers, (edit.pointer, edit.source)))
        return self.uncertain.isdisjoint(("", *ways))

    def find_place(self, pointer: str) -> str:
        """Return the place of a value in the document, which differs if its name or place was corrected."""
        above, rest = pointer, ""
        while above and above not in self.moved:
            above, _, last = above.rpartition("/")
            rest = f"/{last}{rest}"
        return self.moved.get(above, "") + rest

    def places_with_renames(self) -> set[str]:
        """Return the places of the objects in which names were corrected."""
        pairs = (
            (target.rpartition("/")[0], source.rpartition("/")[0])
            for target, source in self.moved.items()
        )
        return {above for target, above in pairs if self.find_place(target) == above}

    def find_origin(self, pointer: str) -> str:
        """Return the flag that set the value at `pointer` or above it; empty if there is none."""
        while pointer not in self.origins and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.origins.get(pointer, "")

    def find_excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:
        """Return the place of a value, or of its name (`key`), in the file; None if a flag set it."""
        if self.document is None or self.find_origin(pointer):
            return None
        return self.document.find_excerpt(pointer, key=key)

    def locate(self, finding: Finding, where: str) -> Finding:
        """Return a finding at a place of the body, or of the request, such as `query:NAME`."""
        if not where.startswith("/"):
            return finding._replace(where=where)
        excerpt, origin = self.find_excerpt(where), self.find_origin(where)
        return finding._replace(where=where, excerpt=excerpt, origin=origin)

    def make_finding(
        self,
        severity: Severity,
        code: str,
        where: str,
        message: str,
        *,
        key: bool = False,
        **more: Any,
    ) -> Finding:
        """Return a finding on a value; a missing value is located at the object that lacks it."""
        is_there = has_value(self.value, where)
        value = value_at(self.value, where) if is_there else None
        place = where if is_there else where.rpartition("/")[0]
        where, place = self.find_place(where), self.find_place(place)
        excerpt = self.find_excerpt(place, key=key)
        while self.moved and place and excerpt is None and not self.find_origin(place):
            place = place.rpartition("/")[0]  # only a correction adds this object
            excerpt = self.find_excerpt(place, key=key)
        return Finding(
            severity,
            code,
            where,
            message,
            origin=self.find_origin(place),
            excerpt=excerpt,
            **{"value": value if isinstance(value, str) else "", **more},
        )


def build_payload(
    operation: Operation,
    file: str | None,
    flags: Sequence[tuple[Flag, str]] = (),
    sets: Sequence[str] = (),
) -> Payload:
    """Build a body from a file, overridden by the values of operation flags and `--set`.

    `flags` pairs each flag with its text; `sets` are `/pointer=JSON`.
    Raises DocumentError or UsageError if the file or a flag cannot be read.
    """
    document = _read_document(operation, file) if file is not None else None
    value = (
        deepcopy(document.value) if document is not None else empty_value(operation.schema_at(""))
    )
    return apply_flags(operation, Payload(value, document), flags, sets)


def _read_document(operation: Operation, file: str) -> Document:
    """Read the one document of a body; raises DocumentError for another text."""
    try:
        return parse_json(read_text(file), file)
    except DocumentError as error:
        from cxcall.documents.json_syntax_errors import ONE_PER_LINE

        each_line = command("cxcall", "batch", file, "--operation", operation.name)
        fix = f"give one body here; to send each line: {each_line}"
        texts = {ONE_PER_LINE: fix, "cxcall operations NAME": f"cxcall operations {operation.name}"}
        found = [*error.findings]
        for text, new in texts.items():
            found = [each._replace(fix=each.fix.replace(text, new)) for each in found]
        raise DocumentError(*found) from None


def empty_value(schema: JsonSchema) -> Any:
    """Return an empty array if the schema requires one, also if it may be null; else an empty object."""
    types = schema_types(schema)
    return [] if "array" in types and "object" not in types else {}


def apply_flags(
    operation: Operation,
    payload: Payload,
    flags: Sequence[tuple[Flag, str]] = (),
    sets: Sequence[str] = (),
) -> Payload:
    """Return a payload with the values of flags and `--set`; changes `payload.value` in place.

    Raises UsageError if two flags, or two `--set`, set the same value.
    """
    value, origins = payload.value, dict(payload.origins)
    options: dict[str, str] = {}
    for flag, text in flags:
        origin = f"--{flag.name}"
        name, _, member = text.partition("=") if flag.under else ("", "", text)
        option = f"{origin} {name}".rstrip()
        for pointer in _flag_pointers(flag, text):
            if pointer in options:
                raise _second_value(options[pointer], option)
            options[pointer] = option
            value = set_text(operation, value, pointer, member, origin)
            origins[pointer] = origin
    for pointer, member in parse_set_options(operation, sets):
        value = set_value(
            _create_containers(operation, value, pointer, "--set"), pointer, member, "--set"
        )
        origins[pointer] = "--set"
    return Payload(value, payload.document, origins)


def _second_value(first: str, second: str) -> UsageError:
    """Return the error for two options that set the same value: which of them is meant is unknown."""
    if first == second:
        message, fix = f"`{first}` is given 2 times, but has one value", "give it once"
    else:
        message, fix = f"`{first}` and `{second}` set the same value", "leave out one of them"
    return UsageError(message, where=second.partition(" ")[0], fix=fix)


def _flag_pointers(flag: Flag, text: str) -> Sequence[str]:
    if not flag.under:
        return flag.pointers
    name, separator, _ = text.partition("=")
    if not (name and separator):
        raise UsageError(
            f"`{text}` is not of the form {flag.metavar}",
            where=f"--{flag.name}",
            fix=f"write {command(f'--{flag.name}', f'{name}=VALUE' if name else flag.metavar)}",
        )
    return (join_pointer(flag.under, name),)


def set_text(operation: Operation, value: Any, pointer: str, text: str, origin: str) -> Any:
    """Set the value at `pointer` from a text, in the type that the schema requires; returns `value`."""
    member = operation.convert_text(pointer, text)
    return set_value(_create_containers(operation, value, pointer, origin), pointer, member, origin)


def _create_containers(operation: Operation, value: Any, pointer: str, origin: str) -> Any:
    """Create the arrays and objects above `pointer` that the schema requires; returns `value`."""
    above = ""
    for token in split_pointer(pointer)[:-1]:
        above = join_pointer(above, token)
        if not has_value(value, above):
            value = set_value(value, above, empty_value(operation.schema_at(above)), origin)
    return value


def parse_set_options(operation: Operation, texts: Iterable[str]) -> list[tuple[str, Any]]:
    """Return the pointers and values of `--set`.

    Raises UsageError for a text that is not `/pointer=JSON`, and for one that replaces the value of an earlier one.
    """
    found = [_parse_set_option(operation, each) for each in texts]
    for (earlier, _), (later, _) in combinations(found, 2):
        if f"{earlier}/".startswith(f"{later}/") and not later.endswith("/-"):
            raise _second_value(f"--set {earlier}", f"--set {later}")
    return found


def _parse_set_option(operation: Operation, text: str) -> tuple[str, Any]:
    pointer, separator, member = text.partition("=")
    if not separator or not pointer.startswith("/"):
        raise UsageError(
            f"`{text}` is not of the form /pointer=JSON",
            where="--set",
            fix=_advise_on_set(operation, text),
        )
    try:
        return pointer, parse_json(member, "--set").value
    except DocumentError as error:
        quoted = f"{pointer}={json.dumps(member, ensure_ascii=False)}"
        advice, text = "", "a string"
        if member.startswith("@"):
            advice = "`@` does not read a file: write its content as a JSON string; "
            text = "this text itself"
        fix = f"{advice}for {text}, quote it twice: {command('--set', quoted)}"
        raise UsageError(
            f"the value of `{pointer}` is not JSON: {error}", where="--set", fix=fix
        ) from None


def _advise_on_set(operation: Operation, text: str) -> str:
    """Return `--set` as it was probably meant."""
    from cxcall.documents.json_text import find_json

    name, _, member = text.partition("=" if "=" in text else ":")  # or a member of a JSON object
    pointer = "/" + name.strip(' /"').replace(".", "/")
    places = [each for each in operation.pointers if each.endswith(pointer)]
    if pointer not in places and len(places) != 1:
        return f"write `--set /POINTER=JSON`; its places: `cxcall operations {operation.name}`"
    pointer, member = min(places, key=len), member.strip()
    member = member if find_json(member, None) is not None else json.dumps(member or "...")
    return f"write {command('--set', f'{pointer}={member}')}"


def set_value(value: Any, pointer: str, member: Any, origin: str) -> Any:
    """Set the value at `pointer` to `member`; returns `value`.

    In an array, an index replaces that item; `-` or the next index appends one. Raises UsageError if
    there is no object or array at the pointer above, or if the value would be nested too deep.
    """
    tokens = split_pointer(pointer)
    if is_too_deep(member, len(tokens)):
        raise UsageError(
            f"the value is over {MAX_DEPTH} levels deep in the body",
            where=origin,
            fix="send a flatter body",
        )
    above, last = pointer.rpartition("/")[0], tokens[-1]
    node = value_at(value, above) if has_value(value, above) else None
    if isinstance(node, dict):
        node[last] = member
    elif isinstance(node, list) and last in ("-", str(len(node))):
        node.append(member)
    elif isinstance(node, list) and last in map(str, range(len(node))):
        node[int(last)] = member
    else:
        raise UsageError(
            f"there is no object or array to hold `{pointer}`",
            where=origin,
            fix="check the body with `--dry-run`, or set the whole value above it",
        )
    return value


def is_form(content_type: str) -> bool:
    """Return whether a `Content-Type` is one of the two forms."""
    return content_type.partition(";")[0].strip().lower() in (URLENCODED, MULTIPART)


def encode_body(operation: Operation, value: Any) -> tuple[bytes, str]:
    """Return the bytes of a body and their `Content-Type`; raises UsageError for a form that is not an object."""
    if is_form(operation.media_type):
        from cxcall.payloads.form_bodies import encode_form

        return encode_form(operation, value)
    return json.dumps(value, ensure_ascii=False).encode(), operation.media_type
