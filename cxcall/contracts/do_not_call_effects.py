"""Decide whether an operation changes a do-not-call list, and whether a value takes people off it.

Such an operation calls nobody itself, but the people whom it takes off the list may be called afterwards.
"""

from __future__ import annotations

from cxcall.runtime.patterns import compile_pattern, fold_name, name_words

_LIST = (
    r"(?:internal|global|custom|company)?"
    r"(?:dnc|donotcall|donotcontact|suppress(?:ed|ion)?|opt(?:ed)?out|(?:block|black|exclusion)list)"
    r"(?:list|group|record|number|phone|contact|entr(?:y|ie)|item|registry)*s?"
)
_CALL_WORDS = frozenset("call calls callback callbacks dial dials ring start run".split())
LIFTING_VERBS = frozenset(
    """
    remove delete clear release disable deactivate stop end cancel pause revoke expire purge unblock unsuppress allow
    """.split()
)
"""The verbs of functions that take people off a list, or switch it off."""
_ON = frozenset("active activated enabled enable enforced on suppressed blocked block dnc".split())
_OFF = frozenset(
    """
    inactive disabled disable off paused stopped ended expired removed deleted released revoked allowed callable
    """.split()
)
_FALSE, _TRUE = ("false", "0", "no", "off", "n"), ("true", "1", "yes", "on", "y")


def changes_do_not_call_list(path: str) -> bool:
    """Return whether a path is that of a do-not-call list, and not also of calls."""
    segments = [each for each in path.partition("?")[0].split("/") if "{" not in each]
    others = [each for each in segments if not compile_pattern(_LIST).fullmatch(fold_name(each))]
    words = {word for each in others for word in name_words(each)}
    return len(others) < len(segments) and not words & _CALL_WORDS


def ends_protection(name: str, value: str) -> bool:
    """Return whether a value switches a do-not-call list off: `isActive=false`, `disabled=true`, `status=inactive`."""
    words, text = name_words(name), value.strip().casefold()
    if words[-1:] in (["status"], ["state"]):
        return bool(_OFF & {*name_words(text)[:1]})
    is_on = _ON & {*words} or compile_pattern(_LIST).fullmatch(fold_name(name).removeprefix("is"))
    return (text in _FALSE and bool(is_on)) or (text in _TRUE and bool(_OFF & {*words}))
