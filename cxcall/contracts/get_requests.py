"""Decide whether a GET of a user's document only reads.

The method is no proof: some dialers start calls and campaigns with a GET. A GET acts if its name or its summary begins
with a verb that starts or changes something, or says that something is dialed, or if its query selects such a function.
A path can say so, too, but it may be that of an object, such as `/runs/{id}/trigger`: a summary that begins with a verb
of reading outweighs it, and so does a name, unless its verb is `get`, which may only be the method. If its query selects
any function, or a number at the end of `/alert` or for a "call", something must say that it reads. Which function a request
selects is known from its values: `selected_functions.py` decides about each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.acting_words import (
    ACTING_VERBS,
    CALLING_VERBS,
    GET_VERBS,
    READ_NOUNS,
    acts,
    dials,
    first_sentence,
    operation_words,
    path_acts,
    path_words,
)
from cxcall.contracts.selected_functions import function_acts, functions_of, verbs_of_calls
from cxcall.runtime.patterns import name_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# With a number, at the end of a path.
_REACHING_WORDS = frozenset(
    """
    call callback dial ring alert notify contact message remind transfer request schedule text new
    """.split()
)
_CALL_NOUNS = frozenset("call callback dial ring otp".split())
_LONGEST_ABBREVIATION = 3  # `tts` is not the name of a list


def get_only_reads(
    path: str, declared: Mapping[str, Any], *, has_number: bool, is_object: bool
) -> bool:
    """Return whether a GET only reads, as far as is known.

    `is_object` says that other methods of the document create, change, or delete the object at the path.
    """
    name = operation_words(declared)
    text = str(declared.get("summary") or declared.get("description") or "").strip()
    segments = path_words(path)
    summary = _with_verb(first_sentence(text), segments)
    verbs = ACTING_VERBS - _nouns_of(segments)
    if acts(name, verbs | CALLING_VERBS) or acts(summary, verbs):
        return False
    last = next((each for each in reversed(segments) if each), [])
    if not is_object and _is_call_of_more_words(last):
        return False
    is_sure = summary[:1] == ["get"] or bool(GET_VERBS & {*summary[:1], *name[:1]} - {"get"})
    functions, fixed = (
        [*functions_of(path, declared)],
        [*functions_of(path, declared, is_unset=True)],
    )
    verbs = verbs_of_calls(path, declared, is_read=True)
    if any(map(function_acts, fixed)) or (
        not is_sure and any(function_acts(each, verbs) for each in functions)
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


def _with_verb(summary: list[str], segments: Sequence[Sequence[str]]) -> list[str]:
    """Return a summary with its verb without the ending of `Starts`; `Triggers of a flow` has none for `/triggers`."""
    first = summary[0] if summary else ""
    if any(first in each for each in segments):
        return summary
    verbs = {first.removesuffix("s"), first.removesuffix("es")} & (ACTING_VERBS | GET_VERBS)
    return [next(iter(verbs), first), *summary[1:]]


def _may_read(path: str, name: Sequence[str], summary: Sequence[str]) -> bool:
    """Return whether a name, a summary, or a path is that of a list or of data, or a name that begins with `get`."""
    last = next((each for each in reversed(path_words(path)) if each), [""])
    is_list = last[-1].endswith("s") and len(last[-1]) > _LONGEST_ABBREVIATION
    # A document without names has those that are made of the method and the path.
    has_name = not {*filter(str.isalpha, name[1:])} <= {*name_words(path)}
    return (
        is_list or (name[:1] == ["get"] and has_name) or bool(READ_NOUNS & {*name, *summary, *last})
    )
