"""Read the words by which responses of any API say that something failed, succeeded, or that nothing is wrong."""

from __future__ import annotations

import re
from typing import Any

from cxcall.documents.json_document import MAX_DEPTH
from cxcall.documents.json_text import find_finite_json
from cxcall.runtime.patterns import compile_on_use, compile_pattern, fold_name

_NOTHING_WRONG = frozenset("false na noerror noerrors none null ok success successful".split())
_SUCCESS_CODE = r"0+|20[0-6]"
_OF_CHECK = (
    r"(?:duplicat|invalid|restrict|suspend|throttl)\w*|bad|black ?listed|(?:black|do not call) list|blocked|denied"
    r"|dis(?:abled|allowed)|dnc|do not call$|forbidden|illegal|incorrect|insufficient|limit (?:exceeded|reached)"
    r"|malformed|mismatch|missing|no (?:such|valid)|out of (?:hours|range)|outside(?: calling)?|prohibited|too many"
    r"|un(?:auth|support)\w+|(?<!went )wrong|(?:authentication|authorization|login|payment|token) (?:is )?required"
    r"|not (?:an? )?(?:active|allowed|authori[sz]ed|callable|enough|found|logged in|permitted|supported|valid)"
    r"|(?:call was not|no call was) placed"
)
"""What says that the request was refused before anything began."""
PLAIN = (
    rf"(?:{_OF_CHECK}|(?:abort|cancel|conflict|exceed|exception|expir|fail|refus|reject|skipp|suppress|violat)\w*"
    r"|already|busy|ca(?:n ?not|n't)|could(?: not|n't)|declined|err(?:or)?s?|faults?|hang ?up|http [45]\d\d|ignored"
    r"|ko|lost|maintenance|no (?:agents?|credit)|nok|offline|out of|paused|time ?outs?|timed ?out"
    r"|too (?:long|short|large|late)|try again|un(?:able|(?:assign|avail|expect|know|process|reach|success)\w+)|wrong"
    r"|(?:accepted|ok|success\w*) ?[:=] ?(?:0|false|no)"
    r"|(?:not(?: an?)?|no(?: \w+){1,3}) (?:able|accepted|active|allowed|authori[sz]ed|available|callable|called"
    r"|created|dial(?:l?ed)?|enough|exist|found|logged in|ok|permitted|placed|possible|processed|queued|ready"
    r"|received|running|sent|started|success\w*|supported|valid))\b"
)
"""Words of a failure in any sentence; a text in another language has none of them."""
_FAILED = compile_on_use(rf"\b{PLAIN}")
OF_REFUSAL = compile_on_use(
    rf"(?:.* )?(?:(?!err(?:or)?s? \d)(?:{PLAIN})|auth\w*|da(?:ys?|ily)|e(?:rr(?:or)?)? ?[45]\d\d|empty|example"
    r"|exists?|false|hour(?:s|ly)?|(?:rate)?limit\w*|minutes?|none?|not?(?= |$)|null|pending|quotas?|requests?|required"
    r"|seconds?|string|tbd|too|undefined|uuid)(?: .*)?"
)
"""Words that errors have at the place of an ID."""
_NO_FAILURE = compile_on_use(
    r"\b(?:0|zero|no|not(?: an?)?|not (?:found )?(?:in|on)(?: an?| the)?|never|nothing|without)(?: any)? "
    rf"(?:{PLAIN}|(?:issues?|problems?)\b)(?!(?: count)?[ :=]+[1-9])(?: (?:found|occurred))?|\berrors? free\b"
    rf"|\b{PLAIN}(?: \w+)? ?[:=] ?(?:0|none)(?=\W*$|[,;.)]| \w+ ?[:=])"
)
"""What says that nothing failed: `0 errors`, `no failed rows`, `rejected: 0`."""
_CHECK = compile_on_use(
    rf"\b(?:{_OF_CHECK}|(?:does not|doesn't) exist|closed|must|quota (?:exceeded|reached)|required"
    r"|unknown (?!error|exception|failure|reason|result|stat)\w+)\b"
)
_RUN = compile_on_use(
    r"\b(?:abort|already|answer|attempt|backend|bridge|busy|call(?:ed|ee|ing)|cancel|commit|connect|constraint|crash"
    r"|customer|deadlock|dial(?:er|ing)|disconnect|dropp?ed|e(?:conn|of|pipe|socket|timed)|exception|exit"
    r"|fail(?!ed$|ure$|$)|gateway|h[au]ng|in progress|internal|leg|lost|machine|memory|network|no response|partial"
    r"|record|reset|response|retr(?:y|ies)|r(?:ang(?!e)|ing)|server|session|sip|socket|status of|stream|terminat|timed"
    r"|took|transaction|transfer|unexpected|upstream|voicemail)\w*|\btime ?outs?\b"
)
"""Words of what runs after the check."""
DONE = compile_on_use(
    r"\b(?:accepted|added|calling|created|delivered|done|initiated|ok|placed|queued|received|scheduled|sent"
    r"|start(?:ed|ing)|submitted|succeeded|success\w*)\b"
)
"""What a request became that succeeded, as a whole state or message, or in a sentence."""
_CLAUSE = compile_on_use(
    r"\b\w+ ?[:=] ?(?:0|false|none?)\b|[.;:!?,()=|/<>\n]+|\s-\s|\b(?:after|and|because|but|then|while)\b"
)
_OF_REQUEST = r"(?:accepted|dial(?:l?ed|l?ing)|in progress|placed|process(?:ed|ing)|queued|scheduled|submitted)\b"
_ACT = rf"(?:{DONE.pattern}|{_OF_REQUEST}|\b(?:called|connected|ringing)\b)"
_HELP = r"(?:(?:already|be|been|being|has|is|just|now|successfully|was|will) )*"
_ONE = (
    r"(?:(?:dial|new|original|outbound|phone|voice) )*(?:call(?: ?back)?|contact|conversation|customer|dial(?:ing)?"
    r"|engagement|interaction|number|phone)\b"
)
_NOT = "no not never 0 if once before until unless when whether which".split()
_ONE_DONE = compile_on_use(
    "".join(rf"(?<!\b{word} )" for word in _NOT)
    + r"(?!a call is in progress)(?:^|\b(?:an?|its|one|the|this|your|1) )"
    rf"(?:{_ONE}(?: (?:[a-z]|of(?= \d)|to|(?=\S{{0,40}}\d)\S++)\b){{0,8}} {_HELP}{_ACT}"
    rf"|(?:dial )?request {_HELP}{_OF_REQUEST})(?! (?:at most|for another|limit"
    r"|\d+ times|per (?:day|hour|minute|second)|rate|recently|today|too (?:fast|often)))"
    rf"|^(?:1(?: of \d+ calls)? {_HELP}{_ACT}|(?:already|is being|now|successfully|will be) (?:started|{_OF_REQUEST})"
    rf"|(?!sch){_OF_REQUEST} (?:already|as|at|by|for|in|now|successfully|to|until|with)\b"
    rf"|(?:we )?(?:are |have )?{_HELP}{_ACT} (?:(?:an?|another|the|your) )?(?:{_ONE}|request\b|\+?\d{{7}}))"
)
"""What was done to one call, or to a request for it; a clause may begin with the verb."""
_OF_ERROR = compile_on_use(
    r"(?:field|validation)?errors?(?:list)?|err(?:or)?(?:code|msg|message|no|text|type)?|exception|faultcode|problems"
    r"|rc|retcode|type|violations|(?:is)?(?:blocked|denied|dnc|fail(?:ed|ures?)|invalid|rejected)"
)
_NO_FLAG = compile_on_use(
    r"(?i)(?:is)?(?:blocked|denied|dnc|failed|invalid|rejected)=(?:checked|clean|no?|not listed|passed)"
)
_CODE = compile_on_use(r"(?:return|result|status)?code|errno|ret")
_OWN_OUTCOME = compile_on_use(r"outcome|result|stat(?:e|us)")
_OUTCOME = compile_on_use(
    rf"{_OWN_OUTCOME.pattern}|.*(?:code|message|msg)|detail|reason|(?:re(?:sponse|sult|turn)|status)desc(?:ription)?"
)
_DESCRIPTION = compile_on_use(r"description|details?|title|type")
"""Texts of what was created, unless there is nothing else."""
_NO_START = compile_on_use(r"(?:\d|(?:limited|no|none|not|null|unknown)\b).*")
_OPEN_STATE = compile_on_use(r"un(?:assigned|known)|not (?:yet )?(?:called|dial+ed|started)")
"""States of what was not started; the latter are no failure."""
_FLAG = compile_on_use(
    r"(?:is)?(?:accepted|allowed|authori[sz]ed|callable|created|dial+ed|initiated|ok|permitted|placed|processed"
    r"|queued|sent|started|succeeded|success(?:ful)?|valid)"
)
MOST_TEXT = 16384


def separate_words(text: str) -> str:
    """Return a text in lower case, with the words of a code separated: `GatewayTimeout`, `gateway.timeout`."""
    stripped = text.strip()
    if not re.search(r"\s", stripped):
        stripped = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", " ", stripped)
    return re.sub(r"[\s_]+", " ", stripped.replace("-", " ")).lower()


def says_failure(text: str) -> bool:
    """Return whether a text has plain words of a failure, or is a platform's code of one: `Invalid number`, `no_queue`."""
    start = text[:MOST_TEXT]
    is_failure = not says_nothing_wrong(start) and _FAILED.search(_without_negations(start))
    return bool(is_failure) or is_published(start, "HTTP [45]")


def is_published(text: str, place: str) -> bool:
    """Return whether a text is a code that a platform has published at a place."""
    from cxcall.responses.platform_codes import find_platform_codes

    return any(compile_pattern(place).match(each.where) for each in find_platform_codes(text))


def says_check(text: str) -> bool | None:
    """Return whether an error is that of a check, or a published code of one; False if of what ran; None if it does not say."""
    if is_published(text, "HTTP 4(?!08)"):
        return True
    words = separate_words(text[:MOST_TEXT])
    others = _CHECK.sub("", words)
    if _RUN.search(others) or DONE.search(others):
        return False
    return True if others != words else None


def says_done(text: str) -> bool:
    """Return whether a text says that something was done to one call: `Your call was placed before the limit was reached`."""
    start = text[:MOST_TEXT].strip()
    words = start if re.search(r"\s", start) else separate_words(start)
    return any(_ONE_DONE.search(separate_words(each)) for each in _CLAUSE.split(words))


def is_state_of_start(text: str) -> bool:
    """Return whether a state may be that of something that was started."""
    return not (_NO_START.fullmatch(separate_words(text)) or says_failure(text))


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
    text = str(value).strip()[:MOST_TEXT]
    words, letters = separate_words(text), compile_pattern(r"[\W_]").sub("", text.lower())
    is_success = compile_pattern(_SUCCESS_CODE).fullmatch(text) or _NO_FAILURE.fullmatch(words)
    return bool(is_success) or text in ("", "-") or letters in _NOTHING_WRONG


def tells_failure(body: Any, sent: frozenset[str] = frozenset()) -> bool:
    """Return whether what would say what became of a request says that it failed; a message that was sent does not."""
    if isinstance(body, str):
        inner = find_finite_json(body, MAX_DEPTH) if body[:1] == "{" else None
        return tells_failure(inner) if inner else body.lower() not in sent and says_failure(body)
    if not isinstance(body, dict):
        return body is False or (isinstance(body, int) and body < 0)
    members = [(fold_name(name), value) for name, value in body.items()]
    if any(_reports_failure(name, value, body) for name, value in members):
        return True
    if any(_reports_success(name, str(value).strip().lower()) for name, value in members):
        return False
    is_alone = all(_DESCRIPTION.fullmatch(name) for name, _ in members)
    told = (m for m in members if _OWN_OUTCOME.fullmatch(m[0]) or str(m[1]).lower() not in sent)
    return any(_tells_failed_outcome(*each, is_alone=is_alone) for each in told)


def _reports_failure(name: str, value: Any, body: dict[str, Any]) -> bool:
    """Return whether a flag, a code, or a member of an error says that something failed."""
    from cxcall.responses.message_in_body import ERROR_NAME

    text = str(value).strip()
    if _FLAG.fullmatch(name):
        return text.lower() in ("false", "n", "no", "nok")
    if _NO_FLAG.fullmatch(f"{name}={text}"):
        return False
    if _CODE.fullmatch(name) and re.fullmatch(r"-\d+|[45]\d\d", text):
        return text[0] == "-" or len(body) == 1
    is_of_error = ERROR_NAME.fullmatch(name) or _OF_ERROR.fullmatch(name)
    is_named = is_of_error and (name != "type" or text.endswith(("Error", "Exception")))
    return bool(is_named) and not says_nothing_wrong(value)


def _reports_success(name: str, text: str) -> bool:
    """Return whether a flag, a code, or a state says in a word that a request succeeded."""
    if DONE.fullmatch(name.removeprefix("is")):
        return text in ("true", "y", "yes", "1")
    if _CODE.fullmatch(name):
        return compile_pattern(_SUCCESS_CODE).fullmatch(text) is not None
    return bool(_OWN_OUTCOME.fullmatch(name) and DONE.fullmatch(text))


def _tells_failed_outcome(name: str, value: Any, *, is_alone: bool) -> bool:
    """Return whether a text of the outcome has plain words of a failure; a description only if it `is_alone`."""
    is_outcome = _OUTCOME.fullmatch(name) or (is_alone and name != "type")
    if not is_outcome or not isinstance(value, str):
        return value is False and _OUTCOME.fullmatch(name) is not None
    is_state = name in ("state", "status")
    return says_failure(value) and not (is_state and _OPEN_STATE.fullmatch(separate_words(value)))
