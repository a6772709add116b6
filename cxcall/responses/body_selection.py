"""Select parts of a response body: by a JMESPath expression, or by the names of fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.responses.message_in_body import shorten

_DEPTH = 3
"""The depth of the names that a similar one is looked for in, unless a field is deeper."""


class Selection(NamedTuple):
    """The selection of `--query` or `--fields`; `search` is the compiled expression."""

    search: Callable[[Any], Any] | None = None
    fields: tuple[str, ...] = ()

    def pick(self, item: Any) -> Any:
        """Return the fields of an object, by their dotted names; a missing one is null."""
        return {name: _value_at(item, name.split(".")) for name in self.fields}


class SelectionError(Exception):
    """An expression cannot be applied to a response; the text says why."""


def parse_selection(query: str | None, fields: str | None) -> Selection | None:
    """Return the selection of the flags, None if there are none; raises UsageError for an invalid one."""
    if query is not None and fields is not None:
        raise UsageError(
            "`--fields` cannot be combined with `--query`",
            where="--fields",
            fix="name the fields in the expression, as in `--query 'entities[].{id: id}'`",
        )
    if query is not None:
        return Selection(_compile(query))
    if fields is None:
        return None
    names = tuple(name.strip() for name in fields.split(","))
    if not all(part for name in names for part in name.split(".")):
        raise UsageError(
            f"`{fields}` is not a list of names",
            where="--fields",
            fix="write `--fields id,contact.id`",
        )
    return Selection(fields=names)


def _compile(expression: str) -> Callable[[Any], Any]:
    """Return the search function of a JMESPath expression, checked before anything is sent."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
        _check_functions(compiled)
    except (JMESPathError, RecursionError) as error:
        raise UsageError(
            f"`{shorten(expression)}` is not a JMESPath expression: {_reason(error)}",
            where="--query",
            fix="see https://jmespath.org; quote it for the shell, as in `--query 'entities[].name'`",
        ) from error

    def search(value: Any) -> Any:
        try:
            return compiled.search(value)
        except JMESPathError as error:
            raise SelectionError(_reason(error)) from error

    return search


def _check_functions(compiled: Any) -> None:
    """Raise UnknownFunctionError or ArityError like the search, which would skip the check at a null."""
    from jmespath.exceptions import ArityError, UnknownFunctionError
    from jmespath.functions import Functions

    waiting = [compiled.parsed]
    while waiting:
        node = waiting.pop()
        waiting += [each for each in node.get("children", ()) if isinstance(each, dict)]
        if node.get("type") != "function_expression":
            continue
        name, count = node["value"], len(node["children"])
        if name not in Functions.FUNCTION_TABLE:
            raise UnknownFunctionError(f"unknown function `{name}`")
        signature = Functions.FUNCTION_TABLE[name]["signature"]
        is_variadic = bool(signature) and signature[-1].get("variadic", False)
        if count < len(signature) or (count > len(signature) and not is_variadic):
            raise ArityError(len(signature), count, name)


def _reason(error: Exception) -> str:
    """Return the error in an expression on one line."""
    place, token = getattr(error, "lex_position", None), getattr(error, "token_value", None)
    if place is not None and token and not hasattr(error, "lexer_value"):
        return f"unexpected `{token}` at character {place + 1}"
    if place is not None and type(error).__name__ == "IncompleteExpressionError":
        return "it is incomplete"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(getattr(error, "message", error))
    return text.splitlines()[0].rstrip(":.")


def printed_lines(result: Any) -> Sequence[Any]:
    """Return the values to print, one on each line: those of a list, or else the value; none for null."""
    if result is None:
        return ()
    return result if isinstance(result, list) else (result,)


def _value_at(item: Any, names: Sequence[str]) -> Any:
    """Return the value at a dotted name; for a list, the values in its items."""
    if isinstance(item, list) and names:
        return [_value_at(each, names) for each in item]
    if not names:
        return item
    return _value_at(item.get(names[0]), names[1:]) if isinstance(item, dict) else None


def missing_fields(selection: Selection, items: Sequence[Any]) -> tuple[Finding, ...]:
    """Return a note for each field that no item has, with the nearest name."""
    from cxcall.runtime.name_similarity import find_similar

    depth = max((_DEPTH, *(1 + field.count(".") for field in selection.fields)))
    known = {name for item in items for name in _names(item, "", depth)}
    notes = []
    for field in selection.fields if items else ():
        if field not in known:
            near = find_similar(field, sorted(known))
            fix = (
                f"the most similar field is `{near}`"
                if near
                else "to see the response, leave out `--fields`"
            )
            message = f"no item of the response has the field `{field}`"
            notes.append(Finding.note("selection", "--fields", message, fix=fix))
    return tuple(notes)


def _names(item: Any, above: str, depth: int) -> Sequence[str]:
    """Return the dotted names of an object's members, to a depth."""
    if isinstance(item, list):
        return [name for each in item for name in _names(each, above, depth)]
    if not isinstance(item, dict) or not depth:
        return []
    own = [f"{above}{name}" for name in item]
    return own + [
        name for key, value in item.items() for name in _names(value, f"{above}{key}.", depth - 1)
    ]
