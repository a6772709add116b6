"""Decide by the words of an operation of a user's document whether it only reads: docs/own-documents.md#risk has the rule.

The method is no proof: some dialers start calls with a GET, and some have one operation for many functions.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from cxcall.runtime.patterns import compile_pattern, fold_name, name_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

WORDS = {
    "calls": "call callback dial ring ringout originate",
    "starts": """
        activate add begin bridge click connect create dispatch enable enqueue execute fire initiate insert invoke join launch
        make perform place process push reactivate reconnect redial relaunch rerun resend restart resume retry run send start submit
        trigger unpause
    """,
    "changes": """
        allow assign cancel clear deactivate delete disable expire pause purge release remove revoke set stop unblock unsuppress
        update
    """,
    # Only before "the lead" or another object: more often, they are nouns.
    "reaches": "alert call callback contact deliver engage invite notify patch phone queue reach release remind ring schedule "
    "transfer",
    "reads": """
        can check count describe display download fetch find get has is list look lookup obtain poll query read retrieve return
        search see show validate view
    """,
    # After a verb, as in `runStatus`.
    "data": """
        cdr code codes config count detail details event events group groups history id info information list lists log logs
        metadata note notes record recording recordings records report reports result results rule rules settings state
        statistics stats status summary time times transcript
    """,
    "reads of a POST": "count export find list lookup preview query search validate",
    "logs": "activities activity audit audits event events history log logs trail",
}
"""All words that say that an operation calls, starts, changes, or reads something."""
_CALLS, _STARTS, _CHANGES, _REACHES, _READS, _DATA, _POST_READS, _LOGS = (
    frozenset(each.split()) for each in WORDS.values()
)
_ACTS = _CALLS | _STARTS | _CHANGES
_NAMES_OF_CALLS = _CALLS | {"calling", "phone", "talk", "voice"}
_ENTRIES = frozenset("add create insert call ring".split())  # of a log
_SELECTORS = frozenset("action act function func cmd command method op operation do task".split())
# A call can be written together with other words: `makecall`.
_CALL_WORD = (
    r"(?i)((?:call|dial)(?:s(?![a-z]))?(?!back|ed|er|ing|able|y)"
    r"|(?<![a-z])ring(?=(?:client|contact|customer|lead|me|now|number|person|phone|user)(?![a-z])))"
)
_DATA_OF_CALLS = (
    rf"(?:{'|'.join(_DATA)}|centers?|costs?|dispositions?|durations?|forwarding|hours|limits|metrics|monitoring"
    r"|plans?|quality|scripts?|strategy|tags?|transcripts?|types?|volume|window)\b"
)
_MAKES_CALL = (
    rf"\b(?:{'|'.join(_STARTS)}|schedule|request|auto|external|manual|out|preview|re|speed)s? "
    rf"(?:\w+ ){{0,3}}(?:call|callback|dials?)\b(?! {_DATA_OF_CALLS})"
    rf"|\b(?:{'|'.join(_STARTS)}|schedule|request)s? "
    r"(?:(?:new|outbound|outgoing|phone|the|voice) )?(?:calls|callbacks)\b"
    r"|\b(?:call|dial) (?:now|me|out|up)\b|\bring (?:me|now)\b"
    r"|\bclickto (?:call|dial)\b|\boriginate\b|\bc 2 c\b"
)
_NO_VERB = r"\b(?!\W+(?:dates?|ons|points?|times?)\b)"  # `add-ons`
_OBJECT = r"(?:an?|the|its?|them|their|each|every|all|him|her|me|one|this|that|people|someone)\b"
_ALSO = r"(?:\b(?:and|or|then)\b|[,;:.&])\s*(?:(?:and|or|then|also|immediately|automatically)\s+)*"
_DO_NOT_CALL_LIST = (
    r"(?:internal|global|custom|company)?"
    r"(?:dnc|donotcall|donotcontact|suppress(?:ed|ion)?|opt(?:ed)?out|(?:block|black|exclusion)list)"
    r"(?:list|group|record|number|phone|contact|entr(?:y|ie)|item|registry)*s?"
)


def only_reads(path: str, declared: Mapping[str, Any], *, has_number: bool) -> bool:
    """Return whether nothing says that an operation calls, starts, or changes something, or what it does with a number."""
    name = _words(re.sub(r"^.*[./#:]", "", str(declared.get("operationId", ""))))
    summary = str(declared.get("summary") or declared.get("description") or "")
    words, segments = _summary_words(summary, path), _last_segments(path)
    end = [*chain.from_iterable(segments)]
    is_dialer = "dial" in end and len(end) > 1 and not (_DATA | {"plan", "plans"}) & {*end}
    if is_dialer or any(map(_makes_call, (name, end))) or _acts(name) or _summary_acts(words):
        return False
    if _has_second_verb(declared, name, *segments) or _selects(path, declared, _ACTS):
        return False
    if _READS & {*words[:1]} or (_READS - {"get"}) & {*name[:1]}:
        return True
    if any(map(_acts, segments)) or _makes_call(words):
        return False
    functions = (each for each, _ in _selected(path, declared) if each.lower() != "task")  # an ID
    # Without an `operationId`, the name is made of the method and the path.
    has_name = name[:1] == ["get"] and not {*filter(str.isalpha, name[1:])} <= {*_words(path)}
    return has_name or not (has_number or any(functions))


def post_only_reads(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether a POST only reads: the end of its path has a word such as `search`, and its summary begins with one."""
    words, last = _summary_words(str(declared.get("summary", "")), path), _last_segments(path)[-1]
    is_search = _POST_READS & {*last[:1], *last[-1:]} and not _ACTS & {*last}
    is_read = is_search and _POST_READS & {*words[:1]}
    return bool(is_read) and only_reads(path, declared, has_number=False)


def names_call(
    texts: Iterable[str], path: str, declared: Mapping[str, Any], *, is_denied: bool
) -> bool:
    """Return whether a word of an operation, or a function that it selects, is one of calls.

    If the document denies that it places a call (`is_denied`), data of calls, such as a call list, is not such a word,
    unless it is started.
    """
    words = [_words(each) for each in texts]
    if is_denied and not any((_STARTS - _ENTRIES).intersection(each) for each in words):
        data = compile_pattern(rf"\b(?:{'|'.join(_NAMES_OF_CALLS)}) {_DATA_OF_CALLS}")
        words = [data.sub(" ", " ".join(each)).split() for each in words]
    is_named = any(_NAMES_OF_CALLS & {word.removesuffix("s") for word in each} for each in words)
    return is_named or any(map(_makes_call, words)) or _selects(path, declared, _CALLS)


def _words(name: str) -> list[str]:
    return name_words(compile_pattern(_CALL_WORD).sub(r" \1 ", name))


def _makes_call(words: Sequence[str]) -> bool:
    """Return whether words say that a call is made, whatever a response returns: `click to call`, `auto dial`."""
    return compile_pattern(_MAKES_CALL).search(" ".join(words)) is not None


def _acts(words: Sequence[str], verbs: frozenset[str] = _ACTS) -> bool:
    """Return whether a name begins or ends with a verb: `startJob`, `external_dial`, not `runStatus`."""
    ends = {*words[-1:]} if _is_data(words) else {*words[:1], *words[-1:]}
    return bool(verbs & ends) and not _READS & {*words[:2]}


def _is_data(words: Sequence[str]) -> bool:
    """Return whether the second word is that of data: `run status`, but not `trigger flow`."""
    return bool(_DATA & {*words[1:2]})


def _summary_words(summary: str, path: str) -> list[str]:
    """Return the words of the first sentence: `start` of `Starts a flow`, `triggers` of `Triggers of it` at `/triggers`."""
    first, *others = _words(re.split(r"[.\n](?:\s|$)", summary.strip())[0]) or [""]
    verbs = {first.removesuffix("s"), first.removesuffix("es")} & (_ACTS | _REACHES | _READS)
    return [first if first in _words(path) else next(iter(verbs), first), *others]


def _summary_acts(words: Sequence[str]) -> bool:
    """Return whether a summary begins with a verb; `Call forwarding` and `Queues` do not."""
    is_object = compile_pattern(_OBJECT).fullmatch(" ".join(words[1:2]))
    if compile_pattern(r"(?:call|ring) (?:back|out|persons?|up|your)\b").match(" ".join(words)):
        return True
    verbs = _ACTS | _REACHES if is_object else _ACTS - _REACHES
    return words[0] in verbs and not _is_data(words)


def _has_second_verb(declared: Mapping[str, Any], *names: Sequence[str]) -> bool:
    """Return whether a summary, a name, or a segment has a second verb, which acts, or a dialer as the destination."""
    summary = str(declared.get("summary", "")).lower()
    # `Fetches it and connects it`, but `List jobs, runs and triggers`
    ending = "e?s" if re.match(r"\W*[a-z]+s\b", summary) else ""
    acts, reaches = map("|".join, (_ACTS - _REACHES, _REACHES))
    verb = (
        rf"(?:{acts}){ending}{_NO_VERB}|(?:call|ring){ending}\W*$|(?:{reaches}){ending}\W+{_OBJECT}"
    )
    also = compile_pattern(rf"{_ALSO}(?:{verb})|\b(?:to|into)\b.*\bdiall?ers?\b")
    in_name = compile_pattern(rf"\b(?:and|or|then) (?:{acts}|{reaches}){_NO_VERB}")
    return bool(also.search(summary) or any(in_name.search(" ".join(each)) for each in names))


def _last_segments(path: str) -> list[list[str]]:
    """Return the words of each of the last two segments that are not above a parameter; without parameters at the end."""
    plain = re.sub(r"[.;][^/]*", "", re.sub(r"\{[^{}/]*\}", "{}", path.partition("?")[0]))
    segments = plain.rstrip("/{}").rpartition("{}")[2].split("/")
    return [_words(unquote(each)) for each in segments[-2:]]


def is_selector(name: str) -> bool:
    """Return whether a parameter, or a member of a body, selects a function: `action[]`, `apiCommand`, `function_name`."""
    words = {*name_words(name)}
    return bool(words & _SELECTORS) and words - _SELECTORS <= {"api", "name"}


def selects_action(name: str, value: str, verbs: frozenset[str] = _ACTS) -> bool:
    """Return whether a parameter selects a function, and a value of it one with such a verb: `external_dial`."""
    functions = map(_words, re.split("[,;|]", value))
    return is_selector(name) and any(_acts(each, verbs) or _makes_call(each) for each in functions)


def verbs_of_functions(path: str, *, is_read: bool) -> frozenset[str]:
    """Return the words of functions by which an operation that calls nobody otherwise may call somebody.

    In a log, some are entries; those that take people off a do-not-call list count, too.
    """
    verbs = _CALLS | _STARTS if is_read else _CALLS
    verbs = verbs - _ENTRIES if _LOGS & {*chain.from_iterable(_last_segments(path))} else verbs
    return verbs | _CHANGES if changes_do_not_call_list(path) else verbs


def acting_values(path: str, declared: Mapping[str, Any], *, is_read: bool) -> dict[str, list[str]]:
    """Return the declared values of parameters that select a function by which somebody may be called."""
    acting: dict[str, list[str]] = {}
    for each in declared.get("parameters", ()):
        for value in map(str, each.get("schema", {}).get("enum", ())):
            if selects_action(each["name"], value, verbs_of_functions(path, is_read=is_read)):
                acting.setdefault(each["name"], []).append(value)
    return acting


def _selects(path: str, declared: Mapping[str, Any], verbs: frozenset[str]) -> bool:
    """Return whether a request whose query is not set selects a function with one of the verbs."""
    return any(selects_action(*each, verbs) for each in _selected(path, declared))


def _selected(path: str, declared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each parameter of the query that selects a function, with its value if it is not set."""
    yield from (each for each in parse_qsl(path.partition("?")[2]) if is_selector(each[0]))
    for each in declared.get("parameters", ()):
        name, schema = str(each.get("name", "")), each.get("schema", {})
        if each.get("in") == "query" and is_selector(name):
            yield name, str(schema.get("const", schema.get("default", "")))


def changes_do_not_call_list(path: str) -> bool:
    """Return whether a path is that of a do-not-call list, and not also of calls."""
    segments = [each for each in path.partition("?")[0].split("/") if "{" not in each]
    is_list = compile_pattern(_DO_NOT_CALL_LIST).fullmatch
    others = [each for each in segments if not is_list(fold_name(each))]
    words = {word.removesuffix("s") for each in others for word in name_words(each)}
    return len(others) < len(segments) and not words & {*_CALLS, "start", "run"}
