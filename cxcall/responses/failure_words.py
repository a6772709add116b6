"""Read the words by which responses of any API say that something failed, succeeded, or that nothing is wrong."""

from __future__ import annotations

import re
from typing import Any

from cxcall.runtime.patterns import compile_on_use, compile_pattern

SUCCESS_WORDS = frozenset(("ok", "success", "successful"))
_NOTHING_WRONG = SUCCESS_WORDS | {"false", "na", "noerror", "noerrors", "none", "null"}
_SUCCESS_CODE = r"0+|20[0-6]"
_FAILURE = compile_on_use(
    r"\b(?:(?:abort|cancel|conflict|duplicat|exceed|exception|expir|fail|invalid|refus|reject|restrict|suspend"
    r"|throttl|violat)\w*|already|bad|black ?listed|(?:black|do not call) list|blocked|busy|ca(?:n ?not|n't)"
    r"|closed|could(?: not|n't)|denied|dis(?:abled|allowed)|dnc|err(?:or)?s?|faults?|forbidden|illegal|incorrect"
    r"|insufficient|ko|limit|malformed|mismatch|missing|must|never|no(?= )|nok|not(?= )|nothing(?= )|offline"
    r"|out of|outside|prohibited|required|too (?:many|long|short|large|late)|unable"
    r"|un(?:(?:auth|assign|avail|expect|know|process|reach|support)\w+)|wrong)\b"
)
"""Words of a failure; a text in another language has none of them."""


def separate_words(text: str) -> str:
    """Return a text in lower case, with the words of a code separated: `GatewayTimeout`, `gateway.timeout`."""
    stripped = text.strip()
    if not re.search(r"\s", stripped):
        stripped = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", " ", stripped)
    return re.sub(r"[\s_]+", " ", stripped.replace("-", " ")).lower()


def says_failure(text: str) -> bool:
    """Return whether a text or a code has a word of a failure: `Invalid number`, `ContactBlocked`, `no_queue`."""
    from cxcall.responses.platform_codes import find_platform_codes

    is_word = not says_nothing_wrong(text) and _FAILURE.search(separate_words(text)) is not None
    return is_word or any(
        compile_pattern("HTTP [45]").match(each.where) for each in find_platform_codes(text)
    )


def says_nothing_wrong(value: Any) -> bool:
    """Return whether the value of a member about errors reports no error: it is empty, `0`, `NO_ERROR`, or a 2xx status."""
    if isinstance(value, list):
        objects = (each for each in value if isinstance(each, dict))
        flags = (each is False for found in objects for each in found.values())
        return all(map(says_nothing_wrong, value)) and not any(flags)
    if isinstance(value, dict):
        return all(map(says_nothing_wrong, value.values()))
    text = str(value).strip().lower()
    if text.isalpha():
        return text in _NOTHING_WRONG
    is_success = compile_pattern(_SUCCESS_CODE).fullmatch(text) is not None
    words = compile_pattern(r"[\W_]").sub("", text)
    return is_success or text in ("", "-") or words in _NOTHING_WRONG
