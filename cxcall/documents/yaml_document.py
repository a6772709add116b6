"""Parse YAML 1.2 into JSON values.

PyYAML parses the text; this module builds the values, because PyYAML's own constructors follow YAML 1.1,
in which `no` and `on` are booleans, and take four times as long.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import MAX_DEPTH
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST_EXPANSION = 3_000_000
"""The most values in a document after each alias is replaced by its value."""

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_NUMBERS = frozenset("0123456789+-.")
_INTEGER = compile_on_use(r"[-+]?[0-9]{1,4300}|0o[0-7]{1,4300}|0x[0-9a-fA-F]{1,4300}")
_DECIMAL = compile_on_use(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE = "<<"


class YamlError(ValueError):
    """A text is not valid YAML; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def load_yaml(text: str, on_problem: Callable[[YamlError], None] = lambda _error: None) -> Any:
    """Return the value of the first document in a YAML text; names of members are always texts.

    Calls `on_problem` for a repeated name in a mapping (YAML 1.2, section 3.2.1.1), of which the last one wins,
    and for another document in the text.
    Raises YamlError, also for a text that is nested too deep, or whose aliases expand to too much.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(on_problem).build(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _error(str(error.problem or error.context), mark) from None
    except yaml.YAMLError as error:
        raise _error(str(error).partition("\n")[0], None) from None


class _Builder:
    """Builds a value from the events of a parser; `_open` has the incomplete values.

    An entry of `_open` is a list or dict, the key that waits for its value, its anchor, and how many
    values there were before it, and the names that come only from a merge key.
    """

    def __init__(self, on_problem: Callable[[YamlError], None]) -> None:
        self._on_problem = on_problem
        self._open: list[tuple[Any, list[str], str | None, int, set[str]]] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._root: Any = None

    def build(self, events: Iterator[Any]) -> Any:
        """Return the value of the first document."""
        from yaml import events as kinds

        for event in events:
            kind = type(event)
            if kind is kinds.ScalarEvent:
                self._add_scalar(event)
            elif kind is kinds.MappingStartEvent or kind is kinds.SequenceStartEvent:
                self._count += 1
                container: Any = {} if kind is kinds.MappingStartEvent else []
                self._open.append((container, [], event.anchor, self._count, set()))
                self._stop_on_excess(event)
            elif kind is kinds.MappingEndEvent or kind is kinds.SequenceEndEvent:
                container, _, anchor, count, _ = self._open.pop()
                self._add(container, event, anchor, 1 + self._count - count)
            elif kind is kinds.AliasEvent:
                value, size = self._anchors.get(event.anchor, (None, 0))
                if not size:
                    raise _error(f"the alias `*{event.anchor}` has no anchor", event.start_mark)
                self._count += size
                self._stop_on_excess(event)
                self._add(value, event, None, size)
            elif kind is kinds.DocumentEndEvent:
                self._report_other_document(events)
                break
        return self._root

    def _report_other_document(self, events: Iterator[Any]) -> None:
        """Report a second document with a value; a `---` at the end of a file begins one without a value."""
        start, content = next(events), next(events, None)
        if content is not None and getattr(content, "value", None) != "":
            message = "several YAML documents in one file: only the first one is read"
            self._on_problem(_error(message, start.start_mark))

    def _add_scalar(self, event: Any) -> None:
        self._count += 1
        text: str = event.value
        is_key = bool(self._open) and isinstance(self._open[-1][0], dict) and not self._open[-1][1]
        is_plain = event.implicit[0] or (event.tag not in (None, "!", _TEXT_TAG))
        value = text if is_key or not is_plain else _resolve(text)
        self._add(value, event, event.anchor, 1)

    def _add(self, value: Any, event: Any, anchor: str | None, size: int) -> None:
        """Put a complete value into the innermost list or dict."""
        if anchor:
            self._anchors[anchor] = value, size
        if not self._open:
            self._root = value
            return
        container, key, _, _, merged = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif not key:
            if not isinstance(value, str):
                raise _error("the name of a member must be a string", event.start_mark)
            if value in container and value not in merged:
                message = f"duplicate name `{value}` in one mapping: the last one is used"
                self._on_problem(_error(message, event.start_mark))
            merged.discard(value)
            key.append(value)
        else:
            name = key.pop()
            if name == _MERGE and (members := _members_to_merge(value)) is not None:
                merged.update(members.keys() - container.keys())
                container |= {**members, **container}
            else:
                container[name] = value

    def _stop_on_excess(self, event: Any) -> None:
        if len(self._open) > MAX_DEPTH:
            raise _error(f"more than {MAX_DEPTH} levels are nested", event.start_mark)
        if self._count > LARGEST_EXPANSION:
            raise _error("the aliases expand to too many values", event.start_mark)


def _members_to_merge(value: Any) -> dict[str, Any] | None:
    """Return the members that a merge key (`<<`) adds; None if its value cannot be merged."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, dict) for part in parts):
        return None
    return {name: member for part in reversed(parts) for name, member in part.items()}


def _resolve(text: str) -> Any:
    """Return the value of a plain scalar in the core schema of YAML 1.2; infinities stay texts."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _FIRST_OF_NUMBERS:
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            return int(text[2:] if base != 10 else text, base)  # noqa: PLR2004 - the decimal system
        if _DECIMAL.fullmatch(text) and isfinite(number := float(text)):
            return number
    return text


def _error(message: str, mark: Any) -> YamlError:
    return YamlError(message, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
