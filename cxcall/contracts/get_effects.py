"""Decide whether a GET of a user's document only reads.

The method is no proof: some dialers start calls and campaigns with a GET. A GET acts if its name or its summary begins
with a verb that starts or changes something, or says that something is dialed, or if its query selects such a function.
A path can say so, too, but it may be that of an object, such as `/runs/{id}/trigger`: a summary that begins with a verb
of reading outweighs it, and so does a name, unless its verb is `get`, which may only be the method. If its query selects
any function, or a number at the end of `/alert` or for a "call", something must say that it reads. Which function a request
selects is known from its values: `selects_action` decides about each. In the list of a log, the same parameter is a filter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from cxcall.contracts.do_not_call_effects import LIFTING_VERBS, changes_do_not_call_list
from cxcall.runtime.patterns import compile_pattern, name_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Words may be written together, as in `makecall`.
_FILLERS = r"(?:(?:an?|the|new|outbound|outgoing|phone|voice|manual|your|one|to|2|out)\s?)*"
_STARTS_CALL = (
    # `make a call`, not `make a call list`
    r"(?:(?:make|plac|start|initiat|creat|trigger|launch|begin|request|schedul|click|originat|perform)"
    rf"(?:e?s|e|ing)?\s?{_FILLERS}(?:calls?|callbacks?|dial)\b(?! lists?\b)|\boriginates?\b|\bc ?2 ?c\b)"
)
_DIALS = (
    rf"\b(?:get\s?|do\s?)?{_STARTS_CALL}"
    # `auto dial`, not `dial plan`
    r"|\b(?:get\s?|do\s?)?(?:re|auto|out|speed)?\s?dial(?:out|number|now|up|s)?\b"
    r"(?! (?:plan|rule|pattern|string|tone|code|list)s?\b)"
    r"|^(?:call|ring)s?\s(?:now|me|back|out|up|an?|the|to|this|your|someone|people|persons?)\b"
    r"|\b(?:call|ring)(?:now|me|number|user|person|phone|customer|client|contact|lead)\b"
)
_IS_CALL = rf"(?:{_FILLERS}(?:call|callback)|ring)(?:out)?\b"
_CALLING_VERBS = frozenset(("call", "dial", "ring", "originate", "click"))
ACTING_VERBS = frozenset(
    """
    start restart resume rerun run execute trigger fire launch relaunch activate reactivate initiate begin invoke
    redial retry make place send resend push enqueue submit perform process add insert create connect reconnect
    bridge dispatch join enable disable pause unpause stop cancel set update delete remove assign
    """.split()
)
# At the end of `/campaignStart`, they are rarely the name of an object.
_LAST_VERBS = frozenset("start restart resume execute activate initiate invoke launch".split())
READ_VERBS = frozenset(
    """
    get list search query find fetch retrieve count preview validate export
    """.split()
)
GET_VERBS = READ_VERBS | frozenset(
    """
    read show view describe check look lookup see return download poll obtain display monitor
    """.split()
)
READ_NOUNS = frozenset(
    """
    status state info information detail details history lookup search log logs record records recording recordings
    statistics stats report reports result results count summary metadata transcript time times settings config
    list lists code codes event events group groups rule rules
    """.split()
)
# `Run a search` reads.
_READ_OBJECTS = frozenset("search query lookup report check validation preview".split())
# With a number, at the end of a path.
_REACHING_WORDS = frozenset(
    """
    call callback dial ring alert notify contact message remind transfer request schedule text new
    """.split()
)
_CALL_NOUNS = frozenset("call callback dial ring otp".split())
_SELECTORS = frozenset("action act function func cmd command method op operation do task".split())
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
_PARAMETER = r"\{[^{}/]*\}"
_SENTENCE_END = r"[.\n](?:\s|$)"
_LONGEST_ABBREVIATION = 3  # `tts` is not the name of a list
_NAMESPACE = r"^.*[./#:]"


def dials(words: Sequence[str]) -> bool:
    """Return whether the words of a name, a segment of a path, or a summary say that something is dialed."""
    return compile_pattern(_DIALS).search(" ".join(words)) is not None


def get_only_reads(
    path: str, declared: Mapping[str, Any], *, has_number: bool, is_object: bool
) -> bool:
    """Return whether a GET only reads, as far as is known.

    `is_object` says that other methods of the document create, change, or delete the object at the path.
    """
    name = operation_words(declared)
    text = str(declared.get("summary") or declared.get("description") or "").strip()
    segments = path_words(path)
    summary = _with_verb(name_words(compile_pattern(_SENTENCE_END).split(text)[0]), segments)
    verbs = ACTING_VERBS - _nouns_of(segments)
    if acts(name, verbs | _CALLING_VERBS) or acts(summary, verbs):
        return False
    last = next((each for each in reversed(segments) if each), [])
    if not is_object and _is_call_of_more_words(last):
        return False
    is_sure = summary[:1] == ["get"] or bool(GET_VERBS & {*summary[:1], *name[:1]} - {"get"})
    functions, fixed = [*_functions(path, declared)], [*_functions(path, declared, is_unset=True)]
    verbs = verbs_of_calls(path, declared, is_read=True)
    if any(map(_function_acts, fixed)) or (
        not is_sure and any(_function_acts(each, verbs) for each in functions)
    ):
        return False
    if is_sure or (is_object and not has_number):
        return True
    if path_acts(segments, has_number=has_number):
        return False
    is_action = not path.partition("?")[0].rstrip("/").endswith("}")
    words = _REACHING_WORDS & {*last[:1]} if is_action else set[str]()
    reaches = has_number and bool(words | _CALL_NOUNS & {*name, *summary})
    return not (reaches or functions) or _may_read(path, name, summary)


def _nouns_of(segments: Sequence[Sequence[str]]) -> set[str]:
    """Return the verbs that are names of objects in a path, as `run` in `/runs/{id}`."""
    words = {word for each in segments for word in each}
    return {word.removesuffix(ending) for word in words for ending in ("s", "es")} - words


def _is_call_of_more_words(segment: Sequence[str]) -> bool:
    """Return whether a segment says that something is dialed, whatever a response returns; `/dial/{id}` may be an object."""
    is_object = [*segment] in (["dial"], ["dials"])
    return not is_object and dials(segment) and not READ_NOUNS & {*segment}


def operation_words(declared: Mapping[str, Any]) -> list[str]:
    """Return the words of the name of an operation, without its namespace."""
    return name_words(re.sub(_NAMESPACE, "", str(declared.get("operationId", ""))))


def path_words(path: str) -> list[list[str]]:
    """Return the words of each segment of a path, without those of its parameters and of an ending such as `.php`."""
    plain = unquote(compile_pattern(_PARAMETER).sub("", path.partition("?")[0]))
    return [name_words(re.split(r"[.;]", each)[0]) for each in plain.strip("/").split("/")]


def _with_verb(summary: list[str], segments: Sequence[Sequence[str]]) -> list[str]:
    """Return a summary with its verb without the ending of `Starts`; `Triggers of a flow` has none for `/triggers`."""
    first = summary[0] if summary else ""
    if any(first in each for each in segments):
        return summary
    verbs = {first.removesuffix("s"), first.removesuffix("es")} & (ACTING_VERBS | GET_VERBS)
    return [next(iter(verbs), first), *summary[1:]]


def acts(words: Sequence[str], verbs: frozenset[str] = ACTING_VERBS) -> bool:
    """Return whether a text begins with one of the verbs, as `runStatus` does not, or says that something is dialed."""
    if not words or words[0] in GET_VERBS:
        call = compile_pattern(_STARTS_CALL)
        return words[:1] == ["get"] and call.fullmatch(" ".join(words[1:])) is not None
    is_noun = READ_NOUNS & {*words[1:2]} or _READ_OBJECTS & {*words[1:4]}
    return dials(words) or (words[0] in verbs and not is_noun)


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
    summary = compile_pattern(_SENTENCE_END).split(str(declared.get("summary", "")))[0]
    words = {*operation_words(declared), *name_words(summary)}
    is_log = _LOG_WORDS & words.union(*path_words(path))
    lifting = LIFTING_VERBS if changes_do_not_call_list(path) else frozenset[str]()
    return verbs - _CREATING_VERBS if is_log else verbs | _CALLS | lifting


def selects_action(name: str, value: str, verbs: frozenset[str] = ACTING_VERBS | _CALLS) -> bool:
    """Return whether a parameter selects a function, and a value of it one that dials or has one of the verbs."""
    functions = re.split("[,;|]", value) if is_selector(name) else ()
    return any(_function_acts(name_words(each), verbs) for each in functions)


def _function_acts(words: Sequence[str], verbs: frozenset[str] = ACTING_VERBS | _CALLS) -> bool:
    """Return whether a function dials or has one of the verbs: `call`, `call_number`, `outboundCall`, `campaign_start`."""
    if acts(words, verbs - _CALLS):
        return True
    if not words or words[0] in GET_VERBS or not verbs >= _CALLS or _CALL_DATA & {*words}:
        return False
    is_call = compile_pattern(_IS_CALL).match(" ".join(words)) is not None
    return is_call or (words[-1] in _CALLS | (_LAST_VERBS & verbs) and not _NO_CALL & {*words})


def selects_call(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether a request whose query is not set selects a function that calls somebody."""
    return any(_function_acts(each, _CALLS) for each in _functions(path, declared, is_unset=True))


def acting_values(path: str, declared: Mapping[str, Any], *, is_read: bool) -> dict[str, list[str]]:
    """Return the declared values of parameters that select a function by which somebody may be called."""
    verbs = verbs_of_calls(path, declared, is_read=is_read)
    found = {each.get("name", ""): _values(each) for each in declared.get("parameters", ())}
    acting = {
        name: [each for each in values if selects_action(name, each, verbs)]
        for name, values in found.items()
    }
    return {name: values for name, values in acting.items() if values}


def _values(parameter: Mapping[str, Any], *, is_unset: bool = False) -> list[str]:
    """Return the values that a parameter can have, or those that it has in a request that does not set it."""
    schema = parameter.get("schema", {})
    any_of = () if is_unset else schema.get("enum")
    return list(map(str, any_of or [schema.get("const", schema.get("default", ""))]))


def _functions(
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


def path_acts(segments: Sequence[Sequence[str]], *, has_number: bool = False) -> bool:
    """Return whether a path says that something is dialed, or ends with an acting verb; `/dials/{id}` does not.

    Without a number, `/dial/{id}/recording` is that of an object.
    """
    fixed = [place for place, words in enumerate(segments) if words]
    last = segments[fixed[-1]] if fixed else []
    above = [place for place in fixed[:-1] if not segments[place + 1] and not has_number]
    parts = [segments[place] for place in fixed if place not in above]
    parts = [each for each in parts if "".join(each)[:-1] not in _CALLING_VERBS]
    return any(map(dials, parts)) or (last in parts and (acts(last) or last[-1] in _LAST_VERBS))


def _may_read(path: str, name: Sequence[str], summary: Sequence[str]) -> bool:
    """Return whether a name, a summary, or a path is that of a list or of data, or a name that begins with `get`."""
    last = next((each for each in reversed(path_words(path)) if each), [""])
    is_list = last[-1].endswith("s") and len(last[-1]) > _LONGEST_ABBREVIATION
    # A document without names has those that are made of the method and the path.
    has_name = not {*filter(str.isalpha, name[1:])} <= {*name_words(path)}
    return (
        is_list or (name[:1] == ["get"] and has_name) or bool(READ_NOUNS & {*name, *summary, *last})
    )
