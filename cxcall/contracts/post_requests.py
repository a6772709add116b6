"""Decide whether words of an operation of a user's document say that it does more than it seems to do.

A POST whose summary begins with a verb of reading reads, unless it acts, too: "Fetch the next lead and connect it" has a
second verb, "Export a lead to the dialer" a destination, "Get in touch with a lead" only the word. Its name and its path
can say so, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.acting_words import (
    ACTING_VERBS,
    GET_VERBS,
    READ_NOUNS,
    READ_VERBS,
    acts,
    operation_words,
    path_acts,
    path_words,
)
from cxcall.runtime.patterns import compile_pattern, name_words

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALSO = r"(?:\b(?:and|or|then)\b|[,;:.&])\s*(?:(?:and|or|then|also|immediately|automatically)\s+)*"
# In a name, they may only be the method: `CreateValidation`. After `Create or`, they change the same object.
_CHANGING_VERBS = frozenset("create add insert make set update submit process perform".split())
_SECOND_VERBS = ACTING_VERBS - _CHANGING_VERBS - {"send", "resend", "push"}  # a comment, a report
_ACTS = rf"(?:{'|'.join(sorted(_SECOND_VERBS))})"
_REACHES = "(?:call|dial|ring|phone|contact|notify|alert|remind|engage|reach|transfer|invite|patch|queue|schedule|deliver)"
# `Get the start and stop times` has no second verb, nor has `Find the skill and queue of an agent`.
_NO_VERB = rf"(?!\W+(?:dates?|times|lists?|groups?|{'|'.join(sorted(READ_NOUNS))})\b)"
_OBJECT = r"(?=\W+(?:an?|the|it|its|them|their|each|every|all|him|her|one|this|that|people)\b)"
_CALLS = r"(?:call|dial|ring)(?=\W*$)"
_IDIOM = r"^gets?\s+(?:in|on|through|into|hold|going|started)\b"
_TO_DIALER = r"\b(?:to|into)\b.*\bdiall?ers?\b"
_TO_QUEUE = r"^(?:en)?queues? (?:an?|the|one|this)\b|\b(?:to|into|in) .*\bqueues?\b"
_OF_DIALER = r"\b(?:outbound|outgoing|predictive|(?:auto)?diall?(?:ers?|ed|ing))\b"


def does_more(declared: Mapping[str, Any]) -> bool:
    """Return whether a name or a summary has a second verb, which acts, or a dialer as the destination."""
    summary, name = str(declared.get("summary", "")).lower(), " ".join(operation_words(declared))
    # `Fetches the lead and connects it`, but `List jobs, runs and triggers`
    ending = "e?s" if next(iter(name_words(summary)), "").endswith("s") else ""
    verb = rf"(?:{_ACTS}{ending}\b{_NO_VERB}|{_REACHES}{ending}\b{_OBJECT}|{_CALLS})"
    return (
        compile_pattern(rf"{_ALSO}{verb}|{_TO_DIALER}").search(summary) is not None
        or compile_pattern(rf"{_ALSO}(?:{_ACTS}|{_REACHES})\b|{_TO_DIALER}").search(name)
        is not None
    )


def fills_queue(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether an operation on queues may put somebody into one, or is that of a dialer, as `/outbound/queues` is."""
    summary = " ".join(name_words(str(declared.get("summary", ""))))
    texts = (*map(" ".join, path_words(path)), " ".join(operation_words(declared)), summary)
    is_dialer = any(map(compile_pattern(_OF_DIALER).search, texts))
    return is_dialer or compile_pattern(_TO_QUEUE).search(summary) is not None


def post_only_reads(path: str, declared: Mapping[str, Any]) -> bool:
    """Return whether a POST only reads by its summary, and neither its name nor its path says that it acts."""
    summary = str(declared.get("summary", "")).strip().lower()
    words = name_words(summary)
    verbs = {each.removesuffix(ending) for each in words[:1] for ending in ("", "s", "es")}
    if not verbs & READ_VERBS or compile_pattern(_IDIOM).search(summary) or does_more(declared):
        return False
    segments = path_words(path)
    last = next((each for each in reversed(segments) if each), [""])
    if acts(operation_words(declared), ACTING_VERBS - _CHANGING_VERBS) or (
        path_acts(segments) and not GET_VERBS & {*last}
    ):
        return False
    # `Fetch the next lead` at `/dialer/next`, but `Get contacts` at `/outbound/bulk`
    is_list = any(each.endswith("s") for each in (last[-1], *words[1:4]))
    is_read = is_list or bool(READ_VERBS.union(READ_NOUNS) & {*last})
    return is_read or not any(map(compile_pattern(_OF_DIALER).search, map(" ".join, segments)))
