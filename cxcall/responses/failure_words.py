"""Read the words by which responses of any API say that something failed, succeeded, or that nothing is wrong."""

from __future__ import annotations

import re
from typing import Any

from cxcall.runtime.patterns import compile_on_use, compile_pattern, fold_name

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
_DONE = compile_on_use(
    r"(?<!not )(?<!be )(?<!n't )\b(?:accepted|created|done|initiated|ok|placed|queued|received|scheduled|sent"
    r"|start(?:ed|ing)|submitted|success\w*)\b"
)
_OF_ERROR = compile_on_use(r"err(?:or)?(?:code|msg|message|no|text|type)?|exception|faultcode|type")
_CODE = compile_on_use(r"(?:return|result|status)?code|rc|errno")
_OUTCOME = compile_on_use(
    r"description|details?|message|msg|outcome|reason|result|stat(?:e|us)|title"
)
_FAILED_STATE = compile_on_use(r"(?!un(?:assigned|known))\S+")
_FLAG = compile_on_use(r"(?:is)?(?:accepted|ok|succeeded|success|valid)")


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


def tells_failure(body: Any) -> bool:
    """Return whether a text, or a member of an object, that would say what became of a request says that it failed."""
    if isinstance(body, str):
        return says_failure(body) and _DONE.search(separate_words(body)) is None
    if not isinstance(body, dict):
        return body is False or (isinstance(body, int) and body < 0)
    return any(_reports_failure(fold_name(name), value, body) for name, value in body.items())


def _reports_failure(name: str, value: Any, body: dict[str, Any]) -> bool:
    from cxcall.responses.message_in_body import ERROR_NAME

    text = str(value).strip()
    if _FLAG.fullmatch(name):
        return text.lower() in ("false", "n", "no", "nok")
    if _CODE.fullmatch(name) and re.fullmatch(r"-\d+|[45]\d\d", text):
        return text[0] == "-" or len(body) == 1
    is_of_error = ERROR_NAME.fullmatch(name) or _OF_ERROR.fullmatch(name)
    if is_of_error and (name != "type" or text.endswith(("Error", "Exception"))):
        return not says_nothing_wrong(value)
    is_text = isinstance(value, str) and _OUTCOME.fullmatch(name) is not None
    # A call that is `not_started` has not failed.
    is_open = name in ("state", "status") and _FAILED_STATE.fullmatch(separate_words(text)) is None
    return is_text and not is_open and tells_failure(value)
