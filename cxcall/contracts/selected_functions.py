"""Decide which function a request to an operation of a user's document selects, by a parameter such as `action`.

Some APIs have one operation for many functions. In the list of a log, the same parameter is a filter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from cxcall.contracts.acting_words import (
    ACTING_VERBS,
    CALL_FILLERS,
    GET_VERBS,
    LAST_VERBS,
    READ_NOUNS,
    acts,
    first_sentence,
    is_passive,
    operation_words,
    path_words,
)
from cxcall.contracts.do_not_call_effects import LIFTING_VERBS, changes_do_not_call_list
from cxcall.runtime.patterns import compile_pattern, name_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_IS_CALL = rf"(?:{CALL_FILLERS}(?:call|callback)|ring)(?:out)?\b"
_SELECTORS = frozenset("action act function func cmd command method op operation do task".split())
# In a search or a note, they also describe it: `method=call` is a channel, and a `task` may be a text.
_SELECTORS_OF_DATA = frozenset(("method", "op", "operation", "task"))
_SEARCH_VERBS = frozenset("list lists search searches query find finds count counts export".split())
_LONGEST_FUNCTION = 2
_SELECTOR_PREFIXES = frozenset(("api", "name"))  # `apiAction`, `function_name`
_CALLS = frozenset(("call", "callback", "ring"))
# As a filter, they are the most frequent ones; as a command, they call nobody, and may be repeated.
_HARMLESS_VERBS = frozenset("update set delete remove assign stop cancel disable pause".split())
_CREATING_VERBS = frozenset(("create", "add", "insert"))
_LOG_WORDS = frozenset(
    """
    audit audits auditing log logs auditlog auditlogs eventlog changelog history event events activity activities
    changes trail journal
    """.split()
)
# `end_call` and `missed_call` call nobody.
_NO_CALL = frozenset(
    """
    end hang hangup terminate drop hold unhold mute unmute park close disconnect release reject decline finish
    complete log record answer answered pickup inbound incoming missed abandoned stop cancel delete remove update
    disable pause no not after
    """.split()
)
# `call_center`, `call_ended`
_CALL_DATA = READ_NOUNS | frozenset(
    """
    center centre queue queues type types id ids flow end ended hangup answered completed failed missed cost
    duration quality disposition
    """.split()
)


def is_selector(name: str) -> bool:
    """Return whether a parameter, or a member of a body, selects a function: `action[]`, `apiCommand`, `function_name`."""
    words = {*name_words(name)}
    return bool(words & _SELECTORS) and words - _SELECTORS <= _SELECTOR_PREFIXES


def verbs_of_calls(path: str, declared: Mapping[str, Any], *, is_read: bool) -> frozenset[str]:
    """Return the words of functions by which an operation may call somebody that otherwise calls nobody.

    Of an operation that is not a read, they only include calls. In a log, calls and what creates something are entries. Of
    a do-not-call list, those that take people off it count, too.
    """
    verbs = ACTING_VERBS - _HARMLESS_VERBS if is_read else frozenset[str]()
    summary = first_sentence(str(declared.get("summary", "")))
    words = {*operation_words(declared), *summary}
    is_log = _LOG_WORDS & words.union(*path_words(path))
    lifting = LIFTING_VERBS if changes_do_not_call_list(path) else frozenset[str]()
    return verbs - _CREATING_VERBS if is_log else verbs | _CALLS | lifting


def has_data(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether an operation searches, or creates something of which nobody is called, such as a note."""
    last = next((each for each in reversed(path_words(path)) if each), [""])
    first = {*operation_words(declared)[:1], *first_sentence(str(declared.get("summary", "")))[:1]}
    return bool(_SEARCH_VERBS & {*first, last[-1]}) or is_passive("".join(last))


def selects_action(
    name: str,
    value: str,
    verbs: frozenset[str] = ACTING_VERBS | _CALLS,
    *,
    is_data: bool = False,
    is_declared: bool = True,
) -> bool:
    """Return whether a parameter selects a function, and a value of it one that dials or has one of the verbs.

    `is_data` is what `has_data` returned. A value that is not declared is a text, rather than a function, if it has spaces.
    """
    if not is_selector(name):
        return False
    functions, longest = re.split("[,;|]", value), _LONGEST_FUNCTION
    if _SELECTORS_OF_DATA & {*name_words(name)}:
        longest, verbs = 1, verbs - _CALLS if is_data else verbs
    if not is_declared:
        functions = [each for each in functions if len(each.split()) <= longest]
    return any(function_acts(name_words(each), verbs) for each in functions)


def function_acts(words: Sequence[str], verbs: frozenset[str] = ACTING_VERBS | _CALLS) -> bool:
    """Return whether a function dials or has one of the verbs: `call`, `call_number`, `outboundCall`, `campaign_start`."""
    if acts(words, verbs - _CALLS):
        return True
    if not words or words[0] in GET_VERBS or not verbs >= _CALLS or _CALL_DATA & {*words}:
        return False
    is_call = compile_pattern(_IS_CALL).match(" ".join(words)) is not None
    return is_call or (words[-1] in _CALLS | (LAST_VERBS & verbs) and not _NO_CALL & {*words})


def selects_call(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether a request whose query is not set selects a function that calls somebody."""
    return any(function_acts(each, _CALLS) for each in functions_of(path, declared, is_unset=True))


def acting_values(path: str, declared: Mapping[str, Any], *, is_read: bool) -> dict[str, list[str]]:
    """Return the declared values of parameters that select a function by which somebody may be called."""
    verbs, is_data = verbs_of_calls(path, declared, is_read=is_read), has_data(path, declared)
    found = {each.get("name", ""): _values(each) for each in declared.get("parameters", ())}
    acting = {
        name: [each for each in values if selects_action(name, each, verbs, is_data=is_data)]
        for name, values in found.items()
    }
    return {name: values for name, values in acting.items() if values}


def _values(parameter: Mapping[str, Any], *, is_unset: bool = False) -> list[str]:
    """Return the values that a parameter can have, or those that it has in a request that does not set it."""
    schema = parameter.get("schema", {})
    any_of = () if is_unset else schema.get("enum")
    return list(map(str, any_of or [schema.get("const", schema.get("default", ""))]))


def functions_of(
    path: str, declared: Mapping[str, Any], *, is_unset: bool = False
) -> Iterator[list[str]]:
    """Yield the words of each function that the query can select, or selects if it `is_unset`; none of them if it can be any."""
    for name, value in parse_qsl(path.partition("?")[2]):
        if is_selector(name):
            yield name_words(value)
    for each in declared.get("parameters", ()):
        name = str(each.get("name", ""))
        if each.get("in") == "query" and is_selector(name):
            values = map(name_words, _values(each, is_unset=is_unset))
            yield from (each for each in values if each or name.lower() != "task")  # often an ID
