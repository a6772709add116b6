"""Decide whether a text can be dialed: a number, an extension, or the address of a SIP user or a flow."""

from __future__ import annotations

from cxcall.runtime.patterns import compile_pattern

SCHEME = r"(?i)^\s*(?:tel|sips?|callto):"
_EXTENSION = r"(?:x|ext|extn|extension)\b\.?|(?:x|ext|extn|extension)\.?(?=\s*[0-9])"
DIALABLE = rf"(?i)\s*[+*#(]*[0-9](?:[0-9 ().\-/\s*#,;+pw]|{_EXTENSION})*"
_HAS_SCHEME = rf"{SCHEME}\s*\S"
_ADDRESS = r"\s*[^\s@<>]+@[^\s@<>]+\s*"  # also `FlowName@localhost`


def is_dialable(text: str) -> bool:
    """Return whether a text has one of the forms that the platforms dial.

    Sources: docs/platforms/genesys-cloud.md#phone-numbers, docs/platforms/nice-cxone.md#operations-that-place-a-call.
    """
    forms = (_HAS_SCHEME, _ADDRESS)
    if any(compile_pattern(form).match(text) for form in forms):
        return True
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    return compile_pattern(DIALABLE).fullmatch(plain.replace("\uff0b", "+")) is not None
