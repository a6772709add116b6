"""Find every credential that a text passes to a client, including replaced ones and those for a proxy.

For example, the last of two headers may be sent, while the response echoes the first one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cxcall.payloads.placeholders import is_placeholder, is_redacted
from cxcall.runtime.patterns import LazyPattern, compile_on_use, is_uuid
from cxcall.runtime.secrets.likely_secrets import find_likely_secrets, is_likely_secret
from cxcall.runtime.secrets.random_texts import is_mixed, is_plain, is_random
from cxcall.runtime.secrets.secret_names import (
    KEY_NAMES,
    LOGIN_NAMES,
    PASSWORD_NAMES,
    has_secret_part,
    is_auth_header,
    is_declared_error_word,
    is_named_as_secret,
)
from cxcall.runtime.text_decoding import straighten_quotes

_QUOTE_SIGN = compile_on_use("[\"']")
_QUOTE = r"\\?[\"'`]"
_VALUE = (
    r"""(?:(?P<quote>["'`])(?P<quoted>[^"'`\n]{1,4096})(?P=quote)|(?P<bare>[^\s"'`]{4,4096}))"""
)
# `Authorization: Bearer X`, `"X-Api-Key" => "X"`, `headers["Authorization"] = "X"`, `("Authorization", "X")`.
_HEADER = compile_on_use(
    rf"(?<![\w-])(?P<name>[A-Za-z][\w-]{{1,60}})(?:{_QUOTE})?\]?[ \t]*(?::|=>|=|,)[ \t]*"
    rf"(?:{_QUOTE})?(?P<value>[^\"'`\n]{{4,4096}})"
)
# `--pass X`, `--client-secret=X`, `-Token X`.
_OPTION = compile_on_use(rf"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{{1,60}})(?:=|[ \t]+){_VALUE}")
# `-u user:X` of curl, `-a X` of HTTPie, `-U user:X` for a proxy, `-E file:X` for a certificate.
_LOGIN = compile_on_use(rf"(?<![\w-])(?:-[uUE]|--(?:proxy-)?(?:user|cert))(?:=|[ \t]*){_VALUE}")
_COOKIES = compile_on_use(rf"(?<![\w-])(?:-b|--cookie)(?:=|[ \t]*){_VALUE}")
_HTTPIE = compile_on_use(rf"(?<![\w-])(?:-a|--auth)(?:=|[ \t]+){_VALUE}")
_HTTPIE_START = compile_on_use(r"(?:^|[\s$;&|(`])(?:https?|xhs?)[ \t]")
# `auth=("user", "X")`, `HTTPBasicAuth("user", "X")`.
_PAIR = compile_on_use(
    rf"(?i)auth\w{{0,20}}[ \t]{{0,4}}=?[ \t]{{0,4}}[(\[{{]{{1,4}}\s{{0,40}}"
    rf"{_QUOTE}[^\"'`\n]{{0,200}}{_QUOTE}\s{{0,40}},\s{{0,40}}"
    rf"{_QUOTE}(?P<value>[^\"'`\n]{{1,4096}}){_QUOTE}"
)
_USERINFO = compile_on_use(r"://(?P<value>[^\s/?#@\"'`]{1,4096})@")
_SCHEME = compile_on_use(r"(?:(?i:Bearer|Basic|Token|ApiKey|Digest)[ \t]+)?(?P<token>[^\s,;]+)")
_ENDS = ".,;:)}]\\"
# A header as one argument or as two texts in quotes: `-H "X-Api-Key: X"`, `"X-Api-Key": "X"`. Prose has neither.
_QUOTED_HEADER = compile_on_use(
    rf"(?P<quote>{_QUOTE})(?P<name>[A-Za-z][\w-]{{1,60}})"
    rf"(?::[ \t]*|(?P=quote)\]?[ \t]*(?::|=>|=|,)[ \t]*{_QUOTE})"
    r"(?P<value>[A-Za-z_-][A-Za-z_ -]{0,4096})(?P=quote)"
)
_BARE_HEADER = compile_on_use(
    r"(?<!\S)(?P<name>[A-Za-z][\w-]{1,60}):(?P<value>[A-Za-z_-]{8,4096})(?!\S)"
)
_LETTERS = compile_on_use(r"[A-Za-z_-]{8,}")
_PROSE = frozenset(
    """
    authentication authorization authorisation authenticated challenge credential credentials
    expected forbidden negotiate required rejected supported unauthorized undefined
    """.split()
)
# `token = "..."`, `val token: String = "..."`, `os.environ["TOKEN"] = '...'`, `"token" => "..."`.
_QUOTED = compile_on_use(
    r"""(?<![\w-])(?:env:)?([A-Za-z_][\w.-]{1,60})["'`\])]{0,2}
    [ \t]*(?::[ \t]*[\w<>?&.]{1,30}[ \t]*)?(?::?=>?|<-|:)[ \t]*(?:[@$A-Za-z]{1,2}(?=["'`]))?(["'`])([^\n]{4,4096}?)(?<!\\)\2""",
    re.VERBOSE,
)
# `set("token", "...")`, `define('TOKEN', '...')`, `setenv("TOKEN", "...")`.
_CALL = compile_on_use(
    r"""(?:set|put|add|append|define|env)\w{0,20}\([ \t]*["'`]"""
    r"""([A-Za-z_][\w.-]{1,60})["'`][ \t]*,[ \t]*(["'`])([^\n]{4,4096}?)(?<!\\)\2""",
    re.IGNORECASE,
)
# `export TOKEN=...`, fish's `set -x TOKEN ...`, cmd's `set "TOKEN=..."`, `@token = ...`, `token: ...`.
_LINE = compile_on_use(
    r"""^[ \t$@>-]{0,9}(?:(?:export|local|readonly|declare|typeset|setx?|env)[ \t]+(?:-\w+[ \t]+){0,4}"?)?(?:env:)?
    ([A-Za-z_][\w.-]{1,60})(?:[ \t]*(:?=|:)[ \t]*|[ \t]+)([^\s"'`;]{4,4096})""",
    re.MULTILINE | re.VERBOSE,
)
_IDENTIFIER = compile_on_use(r"[A-Za-z_]\w*(?:\.\w+)*")
_WORD = compile_on_use(r"[A-Za-z]+")
_NO_SECRET = compile_on_use(r"\s|://")
_SCHEME_START = compile_on_use(r"(?:Bearer|Basic)[ ]+", re.IGNORECASE)
_SECRET_NAME = rf"(?:(?P<password>{PASSWORD_NAMES})|(?P<key>{KEY_NAMES}))"
_IS = (
    r"(?: (?:is|was|ist|war|lautet|est|es|era|(?:start|begin)s with|ends (?:in|with)"
    r"|beginnt mit|empieza con|commence par))"
)
# `the token that I got from them is X`, and not `the request ID for the token is X`.
_OF = (
    r"(?P<words> (?:of|for|from|in|that|which|I|we|they|des|der|von|f\u00fcr|del?|du|para|pour)"
    r"(?: (?!(?:and|but|code|error|id|incident|reference|request|trace)\b)[\w'-]{1,30}){0,6}?"
    rf"(?:{_IS}:?|:)| (?:as|to))"
)
# No word of a sentence: 16 letters and more, or capitals within.
_TOKEN_OF_LETTERS = compile_on_use(
    r"(?:\bBearer (?=[A-Za-z]{16})|\b(?i:bearer(?: token)?) (?=[A-Z]*(?:[a-z]+[A-Z]+){2})"
    r"|\b(?i:token|secret|password|key)(?: is)?:? (?=(?:[a-z]{1,3})?(?:[A-Z]{1,2}[a-z]{1,3}){3}))"
    r"([A-Za-z]{8,})(?![\w(-]|\.\w)"
)
# What a sentence calls a secret, a login, or a cookie: `client secret X`, `the PIN is X`, `basic auth with user:X`.
_TOLD_VALUE = r"[\"'`*(]{0,3}(?P<value>[^\s\"'`\u2018-\u201d<>,;(){}\[\]|&\\=:/]{4,100}+)(?!\()"
# Letters alone only with a capital within, or in capitals.
_TOLD_SECRET = compile_on_use(
    rf"(?i:{_SECRET_NAME}[\"'`]?(?:{_OF}|(?P<stated>{_IS}:?|:|(?= \())|(?(key)|(?: of)?))) "
    rf"(?=\S{{0,99}}?(?:[0-9]|[a-z]-?[A-Z]|[A-Z]{{8}})){_TOLD_VALUE}"
)
_TOLD_BEHIND = compile_on_use(
    rf"(?<![^\s(]){_TOLD_VALUE}[\"'`]? (?i:(?P<stated>as|als|como|comme)"
    rf" (?:(?:an?|the|my|our|mein|unser|la|mi|el|le|mon|notre) )?{_SECRET_NAME})",
    needs=(" as ", " als ", " como ", " comme "),
)
_TOLD_LOGIN = compile_on_use(
    rf"(?i:(?<![\w-])(?:-u|basic auth\w*|(?P<slash>{LOGIN_NAMES})|log ?in|user(?:name)?(?::\w+)?)"
    r"(?: is| are| with| of| as)?:?) "
    rf"[\"'`]?(?!(?i:id|agent|type)\b)[\w.@+-]{{1,60}}(?::| / |(?(slash)/|:)){_TOLD_VALUE}"
)
_TOLD_COOKIE = compile_on_use(
    rf"(?i:\bcookies?(?: header)?(?: is| was| with)?:?) [\"'`]?[\w.-]{{1,60}}={_TOLD_VALUE}"
)
_PASSPHRASE = compile_on_use(
    rf"(?i:{PASSWORD_NAMES}(?:{_OF}|{_IS}?:?)) "
    r"(?P<quote>[\"'`])(?P<value>[^\W\d_][^\"'`\n]{5,100})(?P=quote)"
)
_SENTENCE = compile_on_use(
    r"(?<![\w-])(?:an?|be|can|cannot|empty|expired|field|has|have|incorrect|invalid|is|least|long|may|missing|must|no"
    r"|not|of|pass\w+|required|secret|short|should|the|token|unknown|value|was|weak|wrong)(?![\w-])",
    re.IGNORECASE,
)
"""Words that are not in a passphrase, but in what is said of one: `password "must not be empty"`."""
_ENCODING = compile_on_use(
    r"(?i:(?:aes|base|hs|md|oauth|pbkdf|rs|sha|utf)-?[0-9]+.*)|[A-Za-z]+[0-9]*(?:-[a-z]+)+"
)
_SIGN = compile_on_use("[!#$%^&@]")
_CAPITALS = compile_on_use("[a-z]-?[A-Z]|[A-Z]{8}")
_MIN_TOLD, _MIN_STATED, _MIN_LETTERS, _FEWEST_DIGITS = 6, 4, 8, 2


def find_credentials(text: str) -> Iterator[str]:
    """Yield the credentials in a text: of headers, of options of clients, of pairs in code, and of URLs.

    Placeholders and variables are not credentials. A word is one only at certain places: in a header that is
    passed to a client, or as a password.
    """
    yield from filter(_is_credential, _find(text))
    yield from filter(_is_password_word, _find_words(text))


def _find(text: str) -> Iterator[str]:
    for match in _HEADER.finditer(text):
        yield from _in_header(match["name"], match["value"])
    for match in _OPTION.finditer(text):
        if is_likely_secret(match["name"], value := match["quoted"] or match["bare"]):
            yield value
    for value in _values(_COOKIES, text):
        yield from _in_header("Cookie", value)
    for login in _logins(text):
        user, _, password = login.partition(":")
        yield password or user
    for match in _PAIR.finditer(text):
        yield from _in_header("Authorization", match["value"])


def _find_words(text: str) -> Iterator[str]:
    """Yield texts of only letters that are credentials by their place, even if they look like a word."""
    for pattern in (_QUOTED_HEADER, *([_BARE_HEADER] if _HTTPIE_START.search(text) else ())):
        for match in pattern.finditer(text):
            name = match["name"].lower()
            if "cookie" not in name and ("-" in name or name == "authorization"):
                yield from _in_header(name, match["value"])
    yield from (login.partition(":")[2] for login in _logins(text))
    yield from (match["value"] for match in _PAIR.finditer(text))


def _values(option: LazyPattern, text: str) -> list[str]:
    """Return the values of an option in a text."""
    return [match["quoted"] or match["bare"] for match in option.finditer(text)]


def _logins(text: str) -> list[str]:
    """Return the logins in options and URLs, each `user:password`; of HTTPie and in a URL also a token alone."""
    logins = [each for each in _values(_LOGIN, text) if ":" in each]
    logins += _values(_HTTPIE, text) if _HTTPIE_START.search(text) else ()
    return logins + [match["value"] for match in _USERINFO.finditer(text)]


def _is_password_word(value: str) -> bool:
    is_word = _LETTERS.fullmatch(value) is not None
    return is_word and value.lower() not in _PROSE and not is_placeholder(value)


def _in_header(name: str, value: str) -> Iterator[str]:
    """Yield the secret in the value of a header; its only blank is the one after a scheme."""
    if "cookie" in name.lower():
        yield from (each.partition("=")[2].strip() for each in value.split(";"))
    elif has_secret_part(name) or is_auth_header(name):
        for each in re.split(r",[ \t]+", value):
            if found := _SCHEME.fullmatch(each.strip().rstrip(_ENDS)):
                yield found["token"]


def _is_credential(value: str) -> bool:
    """Return whether a value may be secret: not a word, as in prose, and not a placeholder."""
    is_word = re.fullmatch(r"[A-Za-z._-]*", value)
    is_variable = value[:1] in "$%{<(@*/" or is_plain(value)
    return not (is_word or is_variable or is_placeholder(value) or is_redacted(value))


def find_in_any_quotes(find: Callable[[str], Iterable[str]], text: str) -> set[str]:
    """Return the secrets that a function finds in a text, or in the text with straight quotes, in both spellings."""
    found = {*find(text)}
    if (straight := straighten_quotes(text)) != text:
        for secret in find(straight):
            parts = re.finditer(re.escape(secret), straight) if _QUOTE_SIGN.search(secret) else ()
            found.update(text[slice(*each.span())] for each in parts)
            found.add(secret)
        found |= {*map(straighten_quotes, found)}
    return found


def find_named_secrets(text: str) -> frozenset[str]:
    """Return the values of variables with the name of a secret in a text."""
    found = [match for pattern in (_QUOTED, _CALL) for match in pattern.findall(text)]
    values = [value for name, _, value in found if is_secret_variable(name, value)]
    for name, sign, value in _LINE.findall(text):
        is_word = sign != "=" and _WORD.fullmatch(value) is not None  # in prose
        if not is_word and is_secret_variable(name, value):
            values.append(value)
    return frozenset(_SCHEME_START.sub("", value) for value in values)


def find_secrets_in_prose(text: str) -> Iterator[str]:
    """Yield what is masked at its place in a text, such as `Bearer X` and `the token is X`, if it is no word elsewhere."""
    for secret in find_likely_secrets(text):
        value = _SCHEME_START.sub("", secret)
        is_text = _NO_SECRET.search(value) is not None or is_uuid(value)
        if is_mixed(value) and _is_credential(value) and not is_text:
            yield value.rstrip(_ENDS)
    for value in _TOKEN_OF_LETTERS.findall(text):
        if not is_named_as_secret(value) and not is_placeholder(value):
            yield value
    for pattern in (_TOLD_SECRET, _TOLD_BEHIND, _TOLD_LOGIN, _TOLD_COOKIE):
        yield from (_told(match) for match in pattern.finditer(text) if _is_told(match))
    yield from _find_passphrases(text)


def _find_passphrases(text: str) -> Iterator[str]:
    """Yield what a sentence quotes as a password, but not what is said of one, nor words in a path, a host, or a name."""
    for value in {match["value"] for match in _PASSPHRASE.finditer(text)}:
        if not _is_said(value, text):
            yield value


def _is_said(value: str, text: str) -> bool:
    """Return whether words say something of a password, or are a name, and are no password."""
    is_name = _IDENTIFIER.fullmatch(value) is not None and is_named_as_secret(value)
    is_part = re.search(rf"(?i)[/\w]{re.escape(value)}|{re.escape(value)}(?:\w|\":)", text)
    return bool(is_name or is_part) or is_placeholder(value) or _SENTENCE.search(value) is not None


def _told(match: re.Match[str]) -> str:
    return match["value"].rstrip(f"{_ENDS}*")


def _is_told(match: re.Match[str]) -> bool:
    """Return whether the text that a sentence calls a secret is one: a number, or with a digit, and no encoding or UUID.

    The value of a key, unlike the name of an operation, has more digits, and what is far from the name looks random.
    A password of letters is stated, with a capital within or only capitals.
    """
    value, groups = _told(match), match.groupdict()
    if groups.get("key") and len(re.findall("[0-9]", value)) < _FEWEST_DIGITS:
        return False
    if value.isdecimal():
        return True
    if is_uuid(value) or _ENCODING.fullmatch(value):
        return False
    is_stated = groups.get("stated") is not None
    if not re.search("[0-9]", value):
        is_password = bool(is_stated and groups["password"] and _CAPITALS.search(value))
        return is_password and len(value) >= _MIN_LETTERS and not _is_said(value, match.string)
    is_far = (
        bool(groups.get("words") and groups["key"])
        and not is_random(value)
        and not _SIGN.search(value)
    )
    is_long = len(value) >= (_MIN_STATED if is_stated else _MIN_TOLD)
    return is_long and is_mixed(value) and _is_credential(value) and not is_far


def is_secret_variable(name: str, value: str) -> bool:
    """Return whether the value of a variable is a secret, and not a placeholder, a path, or a name."""
    if not is_likely_secret(name, value) or value[:1] == "/" or "://" in value:
        return False
    if is_declared_error_word(name):  # of a request it is found at its place
        return False
    is_name = _IDENTIFIER.fullmatch(value) is not None and (
        is_named_as_secret(value) or "." in value or "_" in value
    )
    return not is_placeholder(value) and (not is_name or is_random(value))
