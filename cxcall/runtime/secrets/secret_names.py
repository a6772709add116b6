"""Decide by a name, in any alphabet, whether its value is a secret."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cxcall.runtime.patterns import compile_pattern, is_uuid
from cxcall.runtime.secrets.random_texts import is_like_key, is_mixed, is_random

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRET_WORDS = frozenset(
    """
    secret secrets password passwords passwd pwd pw passphrase passcode pin token tokens credential
    credentials creds apikey authorization cookie jwt bearer verifier otp kennwort geheimnis passe
    senha segredo wachtwoord haslo parola clave sifre heslo geslo losen jelszo jeton
    """.split()
)
_RANDOM_WORDS = frozenset(
    """
    auth oauth authentication key keys session sessionid sid sig signature nonce code assertion
    ticket hash salt hmac codice chiave schlussel llave
    """.split()
)
# The names in prose, in the languages whose sentences `explain` reads. German ones may end a longer word.
PASSWORD_NAMES = (
    r"(?:passwor[dt]|kennwort|geheimnis"  # noqa: S105 - names only
    r"|(?<![a-z])(?:passphrase|passcode|passwd|pwd?|pin|otp|secreto?|contrase[n\u00f1]a|mot de passe))"
)
KEY_NAMES = r"(?:schl(?:\u00fc|ue?)ssel|(?<![a-z])(?:token|jeton|(?:api|access)[ _-]?key|cl[e\u00e9]|clave|llave))"
LOGIN_NAMES = r"(?:cred(?:ential|enciale)?s?|zugangsdaten|identifiants)"
_NUMBER_WORDS = frozenset(("pin", "passcode", "password", "otp"))
"""The last words of names whose value is a secret also if it is a number."""
# A text without these has only names of keys, and names of secrets before a colon.
_HINTS = "secret passw token credential auth sess cookie bearer basic digest pwd".split()
_KEY_HINTS = ("pikey", "pi-key", "pi_key", "pi key")
_FORM_SECRETS = ("code", "code_verifier", "assertion")
_URL_SECRETS = ("sig", "signature", "x-amz-signature", "x-goog-signature")
"""The names of the signature in a URL that gives access to a file."""
_MIN_SIGNATURE, _MIN_PASSWORD = 6, 8
_SECRET_PARTS = tuple(
    """
    secret passw token credential apikey contrase kennwort motdepasse losenord salasana adgangskode
    adgangskod
    """.split()
)
"""Words that also count within a name of one word, such as `authtoken`."""
_HEADER_PARTS = (*_SECRET_PARTS, "authorization", "cookie", "session", "api-key", "signature")
_KEY_PARTS = ("session", "sessid", "schlussel")
# Stems in other alphabets: a language may change the end, and some have no spaces.
_FOREIGN_SECRETS = tuple(
    """
    парол токен секрет 密码 密碼 口令 令牌 密钥 密鑰 パスワード 暗証 トークン シークレット 비밀번호 암호 토큰 סיסמ אסימון המפתח المرور
    السر رمز κωδικ συνθηματικ पासवर्ड รหัสผ่าน
    """.split()
)
_FOREIGN_KEYS = ("ключ", "キー", "鍵", "키", "מפתח", "مفتاح", "κλειδ")
# `token_type` is not a secret, unless its value looks like one.
_ATTRIBUTES = frozenset(
    """
    type kind id url uri endpoint host name expires expiry expiration ttl in at issued length count
    status limit remaining policy required enabled valid format field header param grant scope
    scopes
    """.split()
)
_PLACE_IN_LIST = r"(?:next|prev|previous)?(?:page|paging|pagination|cursor|continuation|scroll)(?:token|key)|nexttoken"
"""The joined name of the place of a page in a list, which is no secret: `nextPageToken`; not `facebookPageToken`."""
_LAST_WORD = "pass"  # as in `DB_PASS`, but not in `pass_count`
_ANY_PARTS = (*_SECRET_WORDS, *_RANDOM_WORDS, *_SECRET_PARTS, *_KEY_PARTS, _LAST_WORD)
_KEPT_NAMES = 1024
SECRET, KEY = "secret", "key"
# Letters that look like others, and letters from which no accent can be removed.
_LOOK_ALIKES = str.maketrans(
    "аеорсухкіјѕԁһԛԝвмнтАЕОРСУХКІЈЅВМНТΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονιρτυκԌɡɑıłŁøØđĐß",
    "aeopcyxkijsdhqwbmhtAEOPCYXKIJSBMHTABEZHIKMNOPTYXaoviptukGgailLoOdDs",
)
_OTHER_LETTERS = str.maketrans("ıłŁøØđĐ", "ilLoOdD")
_WORD = r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\dA-Za-z_]+"
_ERROR_WORDS = frozenset(
    "code description detail error message msg reason status title type".split()
)
"""The usual members of an error in a response."""
_declared: set[str] = set()
"""The names, in lower case, that a user's document declares for secrets."""


def declare_secret_names(names: Iterable[str]) -> None:
    """Count these names, in any case, as names of secrets from now on, in every thread."""
    new = {name.lower() for name in names}
    if not new <= _declared:
        _declared.update(new)
        kind_of_name.cache_clear()


def is_declared_error_word(name: str) -> bool:
    """Return whether the document declares a name for secrets that an error in a response uses for its own words."""
    folded = name.lower()
    return folded in _ERROR_WORDS and folded in _declared


def declares_error_words() -> bool:
    """Return whether the document declares such a name."""
    return not _declared.isdisjoint(_ERROR_WORDS)


@lru_cache(maxsize=_KEPT_NAMES)
def kind_of_name(name: str) -> str:
    """Return the kind of a name: of a secret, or of a key, which is a secret if it is random; else empty."""
    if name.lower() in _declared:
        return SECRET
    if name.isascii() and not _has_part("".join(filter(str.isalnum, name)).lower(), _ANY_PARTS):
        return ""  # most names; faster than compiling the pattern of words
    words = _plain_words(name)
    joined = "".join(words)
    if compile_pattern(_PLACE_IN_LIST).fullmatch(joined):
        return ""
    is_secret = not _SECRET_WORDS.isdisjoint(words) or _has_part(joined, _SECRET_PARTS)
    is_key = is_secret or not _RANDOM_WORDS.isdisjoint(words) or _has_part(joined, _KEY_PARTS)
    if not joined.isascii():
        secrets, keys = _foreign_parts()
        is_secret = is_secret or _has_part(joined, secrets)
        is_key = is_key or is_secret or _has_part(joined, keys)
    if (is_secret and words[-1] not in _ATTRIBUTES) or words[-1:] == [_LAST_WORD]:
        return SECRET
    return KEY if is_key else ""


def may_name_number(name: str) -> bool:
    """Return whether the value of a secret with this name is secret also if it is a number."""
    return name.lower() in _declared or not _NUMBER_WORDS.isdisjoint(_plain_words(name)[-1:])


def has_hint(folded: str) -> bool:
    """Return whether a text in lower case may have the name of a secret."""
    is_hint = any(hint in folded for hint in _HINTS)
    return is_hint or ("key" in folded and any(hint in folded for hint in _KEY_HINTS))


def is_named_as_secret(name: str) -> bool:
    """Return whether a name is that of a secret, or of a key, which is a secret if it is random."""
    return bool(kind_of_name(name))


@lru_cache(maxsize=256)
def has_secret_part(name: str) -> bool:
    """Return whether the name of a header has a part that says that its value may be a secret."""
    return _has_part(name.lower(), _HEADER_PARTS)


def is_auth_header(name: str) -> bool:
    """Return whether a header has a name such as `X-Auth`, so that its value is a credential."""
    return _plain_words(name)[-1:] == ["auth"]


def is_form_secret(name: str, value: str) -> bool:
    """Return whether a parameter of a form or a query has the exact name of a code or a signature."""
    is_signature = name.lower() in _URL_SECRETS and len(value) >= _MIN_SIGNATURE
    return is_signature or (name.lower() in _FORM_SECRETS and bool(value))


def is_secret_in_prose(name: str, value: str, *, is_stated: bool) -> bool:
    """Return whether a text behind a name in prose is a secret: `token X`, or a shorter key if stated: `the key is X`."""
    if kind_of_name(name) != SECRET:
        is_key = is_stated and name.lower().endswith("key") and is_random(value)
        return (is_key and not is_uuid(value)) or (is_like_key(value) and bool(kind_of_name(name)))
    has_sign = re.search("[!#$%^&@]", value) is not None
    is_named = is_stated and "passw" in name.lower() and len(value) >= _MIN_PASSWORD
    is_password = is_mixed(value) and (has_sign or is_named)
    return is_password or (is_random(value) and not is_uuid(value))


def _plain_words(name: str) -> list[str]:
    """Return the words of a name in lower case, without accents, and with Latin letters in place of look-alikes."""
    if not name.isascii():
        name = _fold(name)
    return [word.lower() for word in compile_pattern(_WORD).findall(name)]


def _has_part(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


@cache
def _foreign_parts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(map(_fold, _FOREIGN_SECRETS)), tuple(map(_fold, _FOREIGN_KEYS))


def _fold(name: str) -> str:
    """Return a name in plain letters, without full-width forms, accents, and look-alikes."""
    from unicodedata import combining, normalize

    plain = normalize("NFD", normalize("NFKC", name)).translate(_OTHER_LETTERS)
    plain = normalize("NFC", "".join(char for char in plain if not combining(char)))
    return re.sub(r"[^\W\d_]+", _fold_mixed, plain)


def _fold_mixed(match: re.Match[str]) -> str:
    """Replace the look-alikes in a word that also has Latin letters."""
    return match[0].translate(_LOOK_ALIKES) if re.search(r"[A-Za-z]", match[0]) else match[0]
