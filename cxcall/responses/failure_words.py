"""Read the words by which responses of any API say that something failed, succeeded, or that nothing is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.runtime.patterns import compile_on_use, compile_pattern, fold_name

if TYPE_CHECKING:
    from cxcall.runtime.patterns import LazyPattern

SUCCESS_WORDS = frozenset(("ok", "success", "successful"))
_NOTHING_WRONG = SUCCESS_WORDS | {"false", "na", "noerror", "noerrors", "none", "null"}
_SUCCESS_CODE = r"0+|20[0-6]"
_PLAIN = (
    r"(?:(?:abort|cancel|conflict|duplicat|exceed|exception|expir|fail|invalid|refus|reject|restrict|suspend"
    r"|throttl|violat)\w*|already|bad|black ?listed|(?:black|do not call) list|blocked|busy|ca(?:n ?not|n't)"
    r"|could(?: not|n't)|denied|dis(?:abled|allowed)|dnc|do not call$|err(?:or)?s?|faults?|forbidden|illegal|incorrect"
    r"|insufficient|ko|malformed|mismatch|missing|no (?:such|valid)|nok|offline|out of|outside|prohibited"
    r"|too (?:many|long|short|large|late)|unable|un(?:(?:auth|assign|avail|expect|know|process|reach|support)\w+)|wrong"
    r"|limit reached|(?:authentication|authorization|login|token) (?:is )?required"
    r"|(?:not(?: an?)?|no(?: \w+){1,3}) (?:able|accepted|active|allowed|authori[sz]ed|available|callable|called"
    r"|created|dial(?:l?ed)?|enough|exist|found|logged in|permitted|placed|possible|processed|queued|ready"
    r"|running|started|supported|valid))\b"
)
"""Words of a failure in any sentence; a text in another language has none of them."""
_FAILURE = compile_on_use(
    rf"\b(?:{_PLAIN}|(?:closed|limit|must|never|no(?= )|not(?= )|nothing(?= )|required)\b)"
)
"""Words of a failure in what an error says; elsewhere some of them give advice."""
_FAILED = compile_on_use(rf"\b{_PLAIN}")
_NO_FAILURE = compile_on_use(
    r"\b(?:0|zero|no|not(?: an?)?|not (?:found )?(?:in|on)(?: an?| the)?|never|nothing|without)(?: any)? "
    rf"(?:{_PLAIN}|(?:issues?|problems?)\b)|\berrors? free\b|\b{_PLAIN} ?[:=] ?(?:0|none)(?=\W*$|[,;.)]| \w+ ?[:=])"
)
"""What says that nothing failed: `0 errors`, `no failed rows`, `rejected: 0`."""
_DONE = compile_on_use(
    r"(?<!not )(?<!be )(?<!n't )(?<!\b0 )(?<!\bno )\b(?:accepted|added|created|done"
    r"|initiated|ok|placed|queued|received|scheduled|sent|start(?:ed|ing)|submitted|success\w*)\b"
)
_OF_ERROR = compile_on_use(r"err(?:or)?(?:code|msg|message|no|text|type)?|exception|faultcode|type")
_CODE = compile_on_use(r"(?:return|result|status)?code|rc|errno")
_OUTCOME = compile_on_use(r"detail|message|msg|outcome|reason|result|stat(?:e|us)")
_DESCRIPTION = compile_on_use(r"description|details?|title|type")
"""Texts of what was created, unless there is nothing else."""
_FAILED_STATE = compile_on_use(r"(?!un(?:assigned|known))\S+")
_FLAG = compile_on_use(r"(?:is)?(?:accepted|ok|succeeded|success|valid)")


def separate_words(text: str) -> str:
    """Return a text in lower case, with the words of a code separated: `GatewayTimeout`, `gateway.timeout`."""
    stripped = text.strip()
    if not re.search(r"\s", stripped):
        stripped = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", " ", stripped)
    return re.sub(r"[\s_]+", " ", stripped.replace("-", " ")).lower()


def says_failure(text: str) -> bool:
    """Return whether what an error says has a word of a failure: `Invalid number`, `ContactBlocked`, `no_queue`."""
    return _has_words(_FAILURE, text)


def _has_words(words: LazyPattern, text: str) -> bool:
    from cxcall.responses.platform_codes import find_platform_codes

    if not says_nothing_wrong(text) and words.search(_without_negations(text)):
        return True
    return any(compile_pattern("HTTP [45]").match(each.where) for each in find_platform_codes(text))


def _without_negations(text: str) -> str:
    return _NO_FAILURE.sub("", separate_words(text))


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
        words = _without_negations(body).strip(" .,;:")
        is_done = _DONE.search(words) is not None and not words.startswith("no ")
        return not is_done and _has_words(_FAILED, body)
    if not isinstance(body, dict):
        return body is False or (isinstance(body, int) and body < 0)
    members = [(fold_name(name), value) for name, value in body.items()]
    if any(_reports_failure(name, value, body) for name, value in members):
        return True
    if any(_reports_success(name, str(value).strip().lower()) for name, value in members):
        return False
    is_alone = all(_DESCRIPTION.fullmatch(name) for name, _ in members)
    return any(_tells_failed_outcome(name, value, is_alone=is_alone) for name, value in members)


def _reports_failure(name: str, value: Any, body: dict[str, Any]) -> bool:
    """Return whether a flag, a code, or a member of an error says that something failed."""
    from cxcall.responses.message_in_body import ERROR_NAME

    text = str(value).strip()
    if _FLAG.fullmatch(name):
        return text.lower() in ("false", "n", "no", "nok")
    if _CODE.fullmatch(name) and re.fullmatch(r"-\d+|[45]\d\d", text):
        return text[0] == "-" or len(body) == 1
    is_of_error = ERROR_NAME.fullmatch(name) or _OF_ERROR.fullmatch(name)
    is_named = is_of_error and (name != "type" or text.endswith(("Error", "Exception")))
    return bool(is_named) and not says_nothing_wrong(value)


def _reports_success(name: str, text: str) -> bool:
    """Return whether a flag, a code, or a state says in a word that a request succeeded."""
    if _FLAG.fullmatch(name) and not name.endswith("valid"):
        return text in ("true", "y", "yes", "1")
    if _CODE.fullmatch(name):
        return compile_pattern(_SUCCESS_CODE).fullmatch(text) is not None
    return name in ("outcome", "result", "state", "status") and bool(_DONE.fullmatch(text))


def _tells_failed_outcome(name: str, value: Any, *, is_alone: bool) -> bool:
    """Return whether a text of the outcome has plain words of a failure; a description only if it `is_alone`."""
    is_outcome = _OUTCOME.fullmatch(name) or (is_alone and name != "type")
    if not is_outcome or not isinstance(value, str):
        return False
    # A call that is `not_started` has not failed.
    is_open = name in ("state", "status") and not _FAILED_STATE.fullmatch(separate_words(value))
    return not is_open and tells_failure(value)
