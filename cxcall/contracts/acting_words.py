"""Decide by the words of an operation of a user's document, in its name, summary, and path, whether it acts.

It acts if it starts or changes something, or if something is dialed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.runtime.patterns import compile_pattern, name_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Words may be written together, as in `makecall`.
CALL_FILLERS = r"(?:(?:an?|the|new|outbound|outgoing|phone|voice|manual|your|one|to|2|out)\s?)*"
_STARTS_CALL = (
    # `make a call`, not `make a call list`
    r"(?:(?:make|plac|start|initiat|creat|trigger|launch|begin|request|schedul|click|originat|perform)"
    rf"(?:e?s|e|ing)?\s?{CALL_FILLERS}(?:calls?|callbacks?|dial)\b(?! lists?\b)|\boriginates?\b|\bc ?2 ?c\b)"
)
_DIALS = (
    rf"\b(?:get\s?|do\s?)?{_STARTS_CALL}"
    # `auto dial`, not `dial plan`
    r"|\b(?:get\s?|do\s?)?(?:re|auto|out|speed)?\s?dial(?:out|number|now|up|s)?\b"
    r"(?! (?:plan|rule|pattern|string|tone|code|list)s?\b)"
    r"|^(?:call|ring)s?\s(?:now|me|back|out|up|an?|the|to|this|your|someone|people|persons?)\b"
    r"|\b(?:call|ring)(?:now|me|number|user|person|phone|customer|client|contact|lead)\b"
)
CALLING_VERBS = frozenset(("call", "dial", "ring", "originate", "click"))
ACTING_VERBS = frozenset(
    """
    start restart resume rerun run execute trigger fire launch relaunch activate reactivate initiate begin invoke
    redial retry make place send resend push enqueue submit perform process add insert create connect reconnect
    bridge dispatch join enable disable pause unpause stop cancel set update delete remove assign
    """.split()
)
# At the end of `/campaignStart`, they are rarely the name of an object.
LAST_VERBS = frozenset("start restart resume execute activate initiate invoke launch".split())
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
# Objects from which nobody is called until something else is started with them.
_PASSIVE_NOUNS = frozenset(
    """
    contactlist calllist callinglist dnclist donotcalllist contactlistfilter filter user role
    tag label note comment report export template permission division disposition wrapupcode
    """.split()
)
# `Run a search` reads.
_READ_OBJECTS = frozenset("search query lookup report check validation preview".split())
_PARAMETER = r"\{[^{}/]*\}"
_SENTENCE_END = r"[.\n](?:\s|$)"
_NAMESPACE = r"^.*[./#:]"


def dials(words: Sequence[str]) -> bool:
    """Return whether the words of a name, a segment of a path, or a summary say that something is dialed."""
    return compile_pattern(_DIALS).search(" ".join(words)) is not None


def acts(words: Sequence[str], verbs: frozenset[str] = ACTING_VERBS) -> bool:
    """Return whether a text begins with one of the verbs, as `runStatus` does not, or says that something is dialed."""
    if not words or words[0] in GET_VERBS:
        call = compile_pattern(_STARTS_CALL)
        return words[:1] == ["get"] and call.fullmatch(" ".join(words[1:])) is not None
    is_noun = READ_NOUNS & {*words[1:2]} or _READ_OBJECTS & {*words[1:4]}
    return dials(words) or (words[0] in verbs and not is_noun)


def path_acts(segments: Sequence[Sequence[str]], *, has_number: bool = False) -> bool:
    """Return whether a path says that something is dialed, or ends with an acting verb; `/dials/{id}` does not.

    Without a number, `/dial/{id}/recording` is that of an object.
    """
    fixed = [place for place, words in enumerate(segments) if words]
    last = segments[fixed[-1]] if fixed else []
    above = [place for place in fixed[:-1] if not segments[place + 1] and not has_number]
    parts = [segments[place] for place in fixed if place not in above]
    parts = [each for each in parts if "".join(each)[:-1] not in CALLING_VERBS]
    return any(map(dials, parts)) or (last in parts and (acts(last) or last[-1] in LAST_VERBS))


def is_passive(segment: str) -> bool:
    """Return whether a segment of a path, in lower case, is a noun of which nobody is called: `call-lists`."""
    return re.sub(r"[^a-z]", "", segment).removesuffix("s") in _PASSIVE_NOUNS


def operation_words(declared: Mapping[str, Any]) -> list[str]:
    """Return the words of the name of an operation, without its namespace."""
    return name_words(re.sub(_NAMESPACE, "", str(declared.get("operationId", ""))))


def path_words(path: str) -> list[list[str]]:
    """Return the words of each segment of a path, without those of its parameters and of an ending such as `.php`."""
    plain = unquote(compile_pattern(_PARAMETER).sub("", path.partition("?")[0]))
    return [name_words(re.split(r"[.;]", each)[0]) for each in plain.strip("/").split("/")]


def first_sentence(text: str) -> list[str]:
    """Return the words of the first sentence of a summary or a description."""
    return name_words(compile_pattern(_SENTENCE_END).split(text)[0])
