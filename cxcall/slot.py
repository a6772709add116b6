"""Slots: which values may stand at a place of a line without changing any verdict on it, as a pattern.

The patterns are for UTF-8 text; each takes less than what JSON, a schema and the doubts would let pass.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.payloads.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema

UUID = rb'"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"'
NUMBER = rb'"\+[1-9][0-9]{1,14}"'
_TIME = (
    rb'"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]'
    rb'(?:\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"'
)
_INTEGER = rb"-?(?:0|[1-9][0-9]{0,14})(?![0-9.eE])"
_FRACTION = rb"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9](?![0-9.eE])"
_BOOLEAN = rb"(?:true|false)"


def _in_any_case(words: bytes) -> bytes:
    """Write words as doubts know them: where case is ignored, other letters pass for an `i` or an `s`."""

    def letter(found: re.Match[bytes]) -> bytes:
        more = b"\x80-\xff]+" if found[0] in b"is" else b"]"
        return b"[" + found[0] + found[0].upper() + more

    return re.sub(rb"[a-z]", letter, words)


# A string that is no placeholder: how it does not start, what it runs on with, and how it does not end.
# Not every such string is told: white space in front of it, or more than two spaces behind it, could
# hide a placeholder; U+0080 to U+00BF and U+1000 to U+3FFF are left out, as there is white space among
# them, and so are escapes that can spell ASCII.
_UNFILLED = _in_any_case(b"todo|tbd|changeme|fixme|xxx+")
_TO_FILL_IN = _in_any_case(b"your|my|enter|insert|replace")
_NO_START = rb'(?![ <\[{$%%\\]|00000000-0000|(?:%b) *"|(?:%b)[-_ ])' % (_UNFILLED, _TO_FILL_IN)
_RUN = rb"[ !#-\[\]-~\x80-\xbf\xc3-\xe0\xe4-\xf4]*+"
_ESCAPED = rb'\\(?:["\\/bfnrt]|u00[c-fC-F][0-9a-fA-F])'
_HIDDEN = (rb"\\[fnrt]", rb"[-_ ]" + _in_any_case(b"here"))
_NO_END = rb"(?<!   )" + b"".join(
    rb"(?<!%b%b)" % (end, b" " * spaces) for end in _HIDDEN for spaces in range(3)
)
_FREE = rb'"' + _NO_START + _RUN + rb"(?:" + _ESCAPED + _RUN + rb")*" + _NO_END + rb'"'
_FILLED = rb'"(?!")' + _FREE[1:]

_LONGEST_CHAIN = 9  # references that lead to references
_SAYS_NOTHING = {
    "title", "description", "readOnly", "writeOnly", "deprecated", "example", "examples", "default",
    "$comment", "contentEncoding", "contentMediaType", "components",
}  # fmt: skip
_OF_SHAPE = {
    "type", "required", "minProperties", "maxProperties", "minItems", "maxItems", "dependentRequired",
}  # fmt: skip
_BELOW = ("properties", "items", "additionalProperties")
_ONE_BELOW = ("items", "additionalProperties", "not", "if", "then", "else")
_ALL_BELOW = ("anyOf", "oneOf", "allOf")
_NAMED_BELOW = ("properties", "dependentSchemas")
_UUID_RULE = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
_NUMBER_RULE = r"^\+[1-9][0-9]{1,14}$"


def rules_of(node: JsonSchema) -> dict[str, Any]:
    """Return the keywords of a schema that can make a value invalid."""
    return {
        name: rule
        for name, rule in node.items()
        if name not in _SAYS_NOTHING and not name.startswith("x-")
    }


def hangs_on_shape(node: Any) -> bool:
    """Tell whether a schema's verdict hangs on names, types and lengths alone, never on a value."""
    if isinstance(node, bool):
        return True
    if not isinstance(node, dict):
        return False
    for name, rule in rules_of(node).items():
        if name in _ONE_BELOW:
            below = [rule]
        elif name in _ALL_BELOW:
            below = rule
        elif name in _NAMED_BELOW:
            below = list(rule.values())
        elif name in _OF_SHAPE:
            continue
        else:
            return False
        if not all(map(hangs_on_shape, below)):
            return False
    return True


def opened(contract: Contract, node: Any) -> JsonSchema | None:
    """Return the rules that hold at a place, its `$ref` followed; None where they cannot be told apart.

    Beside what it says of its own members, a schema may say only what hangs on the shape of a value.
    """
    if not isinstance(node, dict):
        return {} if node is True else None
    found = rules_of(node)
    seen = 0
    while "$ref" in found:
        seen += 1
        if len(found) > 1 or seen > _LONGEST_CHAIN:
            return None
        try:
            found = rules_of(contract.parts.target(found["$ref"]))
        except UsageError:
            return None
    return found


def below(contract: Contract, node: JsonSchema | None, token: str | int) -> JsonSchema | None:
    """Return the rules for one member of an object, or one item of an array; None where they are unclear."""
    if node is None:
        return None
    rest = {name: rule for name, rule in node.items() if name not in _BELOW}
    if not hangs_on_shape(rest):
        return None
    if isinstance(token, int):
        return opened(contract, node.get("items", True))
    named = node.get("properties", {})
    return opened(contract, named.get(token, node.get("additionalProperties", True)))


def slot(written: bytes, rules: Sequence[JsonSchema | None], form: str = "") -> bytes:
    """Return a pattern for the value `written`: what may stand there under the rules of each operation.

    `form` is the format that doubts go by. Where the rules are not understood, only the same again.
    """
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return re.escape(written)
    if written[:1] == b'"':
        kinds = {_text(rule) for rule in known} - {_FREE}
        if form == "e164" or (form == "phone" and written[:2] == b'"+'):
            kinds = {NUMBER} if kinds <= {NUMBER, _FILLED} else {b""}
        elif form not in ("", "uuid", "date-time"):
            kinds = {b""}
        kinds = kinds - {_FILLED} or kinds or {_FREE}
        found = kinds.pop() if len(kinds) == 1 else b""
    elif any(rule.keys() - {"type"} for rule in known):
        found = b""
    else:
        found = next(
            (kind for kind in (_BOOLEAN, _INTEGER, _FRACTION) if re.fullmatch(kind, written)), b""
        )
    return found or re.escape(written)


def _text(rule: JsonSchema) -> bytes:
    """Return the pattern of strings that a rule lets pass and that are no placeholders; empty where unclear."""
    said = {name: wanted for name, wanted in rule.items() if name != "type"}
    form, pattern = said.pop("format", None), said.pop("pattern", None)
    if form == "uuid" and pattern in (None, _UUID_RULE) and not said:
        return _without_nil(UUID)
    if pattern == _NUMBER_RULE and form in (None, "e164") and not said:
        return NUMBER
    if form == "date-time" and pattern is None and not said:
        return _TIME
    if pattern is not None or form not in (None, "e164", "phone"):
        return b""
    choices = said.pop("enum", None)
    if choices is not None:
        return b"" if said else _one_of(choices)
    least = said.pop("minLength", 0)
    return b"" if said or least not in (0, 1) else _FILLED if least else _FREE


def _without_nil(uuid: bytes) -> bytes:
    return rb'"(?!00000000-0)' + uuid[1:]


def _one_of(choices: Sequence[Any]) -> bytes:
    """Return a pattern of the choices that are plain text; empty where one is left to be filled in."""
    if any(is_placeholder(choice) for choice in choices):
        return b""
    texts = [json.dumps(choice).encode() for choice in choices if isinstance(choice, str)]
    return rb"(?:%b)" % b"|".join(map(re.escape, texts))
