"""Recognize placeholders: values that were never filled in."""

from __future__ import annotations

from typing import Any

from cxcall.findings.finding import Finding
from cxcall.runtime.patterns import (
    IN_ANGLES,
    IN_BRACES,
    IN_BRACKETS,
    IN_PERCENTS,
    compile_pattern,
    is_uuid,
)

# Text that a template engine left, or that an author wrote to be replaced.
_TEMPLATES = (
    rf"{IN_ANGLES}|{IN_BRACKETS}|{IN_BRACES}|{IN_PERCENTS}|\$[A-Za-z_]\w*"
    r"|0{8}-0{4}-0{4}-0{4}-0{12}"
)
_THING = r"(?:id|uuid|guid|token|key|secret|number|name|value|code|url)"
_BEFORE_THING = ("your", "my", "insert", "enter", "replace")
_ALONE = ("todo", "tbd", "changeme", "fixme")


_TO_REPLACE = (
    # your-contact-id, "your contact id"; not "My Renewals"
    rf"(?:{'|'.join(_BEFORE_THING)})"
    rf"(?:[-_][^ ]*|[-_ ](?:[^\n]*[-_ ])?{_THING}(?:[-_ ]here)?)"
    rf"|{'|'.join(_ALONE)}|x{{3,40}}"
)
_UNFILLED = f"{_TEMPLATES}|{_TO_REPLACE}"
_UNFILLED_END = (
    rf"(?:[-_]here|(?:^|[-_ ]){_THING} here)"  # uuid-here, "queue id here"; not "walk-in here"
)
_IS_TEMPLATE = f"^(?:{_TEMPLATES})$"
_IS_TO_REPLACE = f"(?ai)^(?:{_TO_REPLACE}|.*{_UNFILLED_END})$"
_TEMPLATE_STARTS = ("<", "[", "{", "$", "#", "%", "0")
_STARTS = (*_BEFORE_THING, *_ALONE, "xxx")
_END = "here"
"""The starts and ends of placeholders, so that for most texts the patterns are not even compiled."""

_WITH_ID = (
    *("agent", "call", "callback", "campaign", "client", "contact", "conversation", "customer"),
    *("dialer", "division", "external", "flow", "group", "job", "list", "organization", "outbound"),
    *("parent", "participant", "person", "queue", "script", "session", "skill", "user"),
)
# The name of an ID in place of its value: user_id, contactId, QUEUE-ID, uuid; not the name "david".
# `ada-id`, `id-7`, and `contact-id-1234` may be IDs of another system.
_NAME_OF_ID = (
    rf"(?:(?i:(?:(?:{'|'.join(_WITH_ID)})[-_ ])*(?:uu|gu)?id|string|undefined|example|null|none)"
    r"|[A-Za-z]*[a-z](?:I[dD]|UUID|Uuid|GUID|Guid))[0-9]?"
)
_ID_ENDS = ("id", "string", "undefined", "example", "null", "none")
"""The ends of names of IDs, before a digit."""
_BLANKS = r"[\s\x1c-\x1f\x85]*"
NO_VALUES = ("undefined", "null", "none", "nan", "nil")
"""The texts, in any case, that languages write for a variable without a value."""
PLACEHOLDER_SCHEMA: dict[str, Any] = {
    "type": "string",
    "anyOf": [
        {"pattern": rf"(?i)^{_BLANKS}(?:{_UNFILLED.replace(chr(92) + 'w', '[^ ]')}){_BLANKS}$"},
        {"pattern": rf"(?i){_UNFILLED_END}{_BLANKS}$"},
    ],
}
"""A JSON Schema that every placeholder satisfies, and perhaps other strings, because engines differ in `\\w`."""
NAME_OF_ID_SCHEMA = {"type": "string", "pattern": rf"^{_BLANKS}{_NAME_OF_ID}{_BLANKS}$"}
"""A JSON Schema that every name of an ID satisfies, which is a placeholder where an ID is wanted."""


# Properties whose text is for people, so that `my-list` may be meant.
_FREE_TEXT_NAMES = ("name", "title", "description", "note", "notes", "text", "label", "subject")


_VARIABLE = rf"\$\{{.*\}}|\$\(.*\)|\$[\w:]+|{IN_BRACES}|{IN_BRACKETS}|{IN_PERCENTS}"
_HIDDEN = (
    r"(?:redacted|removed|masked|hidden|omitted|censored|scrubbed|anonymi[sz]ed|saniti[sz]ed"
    r"|obfuscated|elided|withheld|secret)"
)
_REDACTED = (
    rf"(?i)[*\u2022\u2588\u2026]+|\.{{3,}}"  # `****`, `...`
    rf"|(?:[<(\[{{*]+(?:[\w.]+[,:;]?[ _-]\(?){{0,4}}{_HIDDEN}\)?(?:[ _-][\w.]+){{0,4}}[>)\]}}*]+|redacted)"
)


def is_redacted(value: str) -> bool:
    """Return whether somebody redacted the value before sharing the text: `****`, `<token removed>`."""
    return compile_pattern(_REDACTED).fullmatch(value.strip()) is not None


def is_withheld(value: str) -> bool:
    """Return whether a text stands for a value that was sent: a variable of a shell, or a redacted value."""
    return bool(compile_pattern(_VARIABLE).fullmatch(value.strip())) or is_redacted(value)


def is_name_of_id(name: str) -> bool:
    """Return whether the name of a property or a parameter is that of an ID, or of a list of IDs."""
    before, letters = name.removesuffix("s")[-3:-2], name.removesuffix("s")[-2:]
    return letters in ("Id", "ID") or (letters in ("id", "iD") and not before.isalpha())


def is_placeholder(value: Any, *, id_wanted: bool = False, name: str = "") -> bool:
    """Return whether a value is a placeholder; the name of an ID is one if an ID is wanted.

    `name` is that of the property: in a name or a description, only the text of a template engine is one.
    """
    if not isinstance(value, str):
        return False
    text = value.strip()
    if text.startswith(_TEMPLATE_STARTS) and compile_pattern(_IS_TEMPLATE).match(text):
        return not is_uuid(text.strip("#{}")) or text[:1] == "0"
    if name.lower().endswith(_FREE_TEXT_NAMES):
        return False
    ends_as_id = text.lower().rstrip("0123456789").endswith(_ID_ENDS)
    if id_wanted and ends_as_id and compile_pattern(f"(?a){_NAME_OF_ID}").fullmatch(text):
        return True
    folded = text.lower()
    is_possible = folded.startswith(_STARTS) or folded.endswith(_END)
    return is_possible and bool(compile_pattern(_IS_TO_REPLACE).match(text))


def placeholder_finding(
    where: str, subject: str, fix: str = "replace it with the real value", **more: Any
) -> Finding:
    """Return the warning that a value looks like a placeholder; `subject` names it, `more` are other fields."""
    message = f"{subject} looks like a placeholder that was never filled in"
    return Finding.warning("placeholder", where, message, fix=fix, **more)
