"""Mask the secrets of this run in everything that is printed or stored, however a server encodes them."""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import cache
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.text_decoding import decodings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MASKED = "****"

_MIN_LENGTH = 8
"""A shorter secret is masked only as a whole word, and only if it has other characters than letters.

Otherwise it would mask parts of words, or a word of a message, by chance.
"""
_MIN_WORD_LENGTH = 4
_PREFIX_LENGTH = 16
"""The start of a secret that is masked too, because a text may have been truncated within a secret."""
_RUN_LENGTH = 12
"""So many characters in a row are masked wherever they are in a secret of at least `_PREFIX_LENGTH`."""
_MAX_CUT_LENGTH = 256
"""More bytes than the start of a secret has in any encoding."""
_MAX_ESCAPE_LENGTH = 11
_MAX_SHOWN = 3
"""So few characters of a secret may stay at the end of a truncated text, because they may be those of another word."""
_MIN_CORE_LENGTH = 7
_MIN_NUMBER = 10 ** (_MIN_LENGTH - 1)
_USERINFO = r"""((?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{0,20}://)[^\s/?#"'<>,]+@"""
_SEPARATOR = "\x01"  # no white space, letter, or sign of an escape: no encoding continues after it
_NUMBERS = tuple(map(str, range(256)))
# base64url is compared as base64, and case is ignored: a proxy may change the case of a header.
_FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", "abcdefghijklmnopqrstuvwxyz+/")


class _Secrets(NamedTuple):
    """The secrets of this run, the folded texts to search for by their starts, and the short secrets.

    `runs` are the parts of secrets that are masked wherever they are, `lengths` those of the starts and the runs.
    `cut` is the width of a part and the step from one to the next, so short that each of them in a text covers a
    whole part of the text. `parts` has all parts of them: most texts have none of them.
    """

    known: frozenset[str] = frozenset()
    forms: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    runs: frozenset[str] = frozenset()
    lengths: frozenset[int] = frozenset()
    words: re.Pattern[str] | None = None
    cut: tuple[int, int] = (1, _PREFIX_LENGTH)
    parts: frozenset[str] = frozenset()


class Redactor:
    """Masks secrets in text. The set of secrets is replaced as a whole, so that a reader needs no lock."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = _Secrets()
        self._lock = Lock()
        self.add(secrets)

    def add(self, texts: Iterable[str]) -> None:
        """Mask these texts from now on, in every thread; an empty one is ignored."""
        new = set(filter(None, texts))
        if new <= self._secrets.known:
            return
        with self._lock:
            old = self._secrets
            known = old.known | new
            added: dict[str, list[str]] = {}
            for form in {each for secret in new - old.known for each in _encoded_forms(secret)}:
                added.setdefault(form[:_PREFIX_LENGTH], []).append(form)
            runs = {each for secret in new - old.known for each in _runs(secret)}
            forms = {
                **old.forms,
                **{start: (*old.forms.get(start, ()), *own) for start, own in added.items()},
            }
            starts = {*added, *runs}
            lengths = old.lengths.union(map(len, starts))
            shortest = min([sum(old.cut) - 1, *lengths])
            width = shortest // 3 + 1
            step = shortest - width + 1
            if (width, step) != old.cut:  # else only the new starts are cut
                starts |= {*forms, *old.runs}
            words = "|".join(map(re.escape, filter(_is_short_secret, known)))
            self._secrets = _Secrets(
                known,
                forms,
                old.runs | runs,
                lengths,
                re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None,
                (width, step),
                old.parts.union(start[at : at + width] for start in starts for at in range(step)),
            )

    def redact(self, text: str) -> str:
        """Return a text with every secret masked, in any encoding that `text_decoding` decodes.

        A part of a secret is also masked, and so are the user and the password in any URL. Takes time
        proportional to the length.
        """
        if "@" in text and "://" in text:
            text = compile_pattern(_USERINFO).sub(rf"\1{MASKED}@", text)
        secrets = self._secrets
        if not secrets.known or len(text) < _MIN_WORD_LENGTH:
            return text
        spans = [
            view.source_span(start, end)
            for view in decodings(text)
            for start, end in _join(_find_secrets(view.text, secrets))
        ]
        return mask_spans(text, spans) if spans else text

    def may_change(self, texts: Iterable[str]) -> bool:
        """Return False if certainly no text contains a secret that `redact` masks, with one search for all texts."""
        text, secrets = _SEPARATOR.join(texts), self._secrets
        views = decodings(text) if secrets.known else ()
        return ("@" in text and "://" in text) or any(
            True for view in views for _ in _find_secrets(view.text, secrets)
        )

    def find_cut_secret(self, text: str) -> int:
        """Return where the start of a secret begins at the end of a truncated text; the length of the text if there is none."""
        starts, found = self._secrets.forms, [len(text)]
        for end in range(max(0, len(text) - _MAX_ESCAPE_LENGTH), len(text) + 1):
            for view in decodings(text[:end]):  # an escape may be truncated, too
                folded = view.text.translate(_FOLD)
                for length in range(min(len(folded), _PREFIX_LENGTH - 1), _MAX_SHOWN, -1):
                    if any(start.startswith(folded[-length:]) for start in starts):
                        found.append(view.source_span(len(folded) - length, len(folded))[0])
                        break
        return min(found)

    def redact_value(self, value: Any) -> Any:
        """Return a copy of a JSON value with every secret masked, in names too."""
        if isinstance(value, dict):
            return {
                self.redact_value(name): self.redact_value(each) for name, each in value.items()
            }
        if isinstance(value, list | tuple):
            if len(value) >= _MIN_LENGTH and all(type(item) is int for item in value):
                numbers = ",".join(map(str, value))
                if self.redact(numbers) != numbers:
                    return [MASKED]
            return [self.redact_value(item) for item in value]
        if isinstance(value, int) and abs(value) >= _MIN_NUMBER:
            return value if self.redact(str(value)) == str(value) else MASKED
        return self.redact(value) if isinstance(value, str) else value


_redactor = Redactor()
"""Knows the secrets of this process."""


def remember_secrets(*secrets: str) -> None:
    """Make `redact` mask these texts from now on, in every thread; an empty text is ignored."""
    _redactor.add(secrets)


def redact(text: str) -> str:
    """Return a text with every secret of this process masked, as `Redactor.redact` does."""
    return _redactor.redact(text)


def without_cut_secret(content: bytes) -> bytes:
    """Return the first part of a longer content, without the start of a secret at its end."""
    # What is removed may be the end of a secret that was long enough to be found by `redact`.
    while True:
        end = content[-_MAX_CUT_LENGTH:].decode("latin-1")
        kept = _redactor.find_cut_secret(end)
        if kept == len(end):
            return content
        content = content[: len(content) - len(end) + kept]


@cache
def _word() -> re.Pattern[str]:
    """Return the pattern of a part of a secret that other texts may have, too: words in one case, or a number."""
    return re.compile(r".[^0-9A-Z]*|[^0-9a-z]*|[0-9]{,11}", re.DOTALL)


def redact_value(value: Any) -> Any:
    """Return a copy of a JSON value with every secret of this process masked, in names too."""
    return _redactor.redact_value(value)


def redacted_repr(value: Any, *hidden: str) -> str:
    """Return a named tuple as `repr` does, without the fields that a traceback must not show."""
    shown = ((name, field) for name, field in value._asdict().items() if name not in hidden)
    return f"{type(value).__name__}({', '.join(f'{name}={field!r}' for name, field in shown)})"


def _is_short_secret(secret: str) -> bool:
    return _MIN_WORD_LENGTH <= len(secret) < _MIN_LENGTH and not secret.isalpha()


def _find_secrets(text: str, secrets: _Secrets) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each secret in a text."""
    folded, (width, step) = text.translate(_FOLD), secrets.cut
    parts = [folded[at : at + width] for at in range(0, len(folded), step)]
    for place, part in () if secrets.parts.isdisjoint(parts) else enumerate(parts):
        if part not in secrets.parts:
            continue
        for start in range(max(0, (place - 1) * step + 1), place * step + 1):
            for length in secrets.lengths:
                found = folded[start : start + length]
                if found in secrets.runs:
                    yield start, start + length
                for form in secrets.forms.get(found, ()):
                    yield start, start + _common_length(folded, start, form)
    if secrets.words is not None:
        yield from (match.span() for match in secrets.words.finditer(text))


def _join(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans with those that overlap the one before as one: a long secret has a span for each of its characters."""
    begin = stop = 0
    for start, end in spans:
        if begin <= start < stop:
            stop = max(stop, end)
            continue
        if stop:
            yield begin, stop
        begin, stop = start, end
    if stop:
        yield begin, stop


def _common_length(text: str, start: int, form: str) -> int:
    """Return how many characters of `form` are at `start`."""
    if text.startswith(form, start):
        return len(form)
    pairs = zip(form, text[start : start + len(form)], strict=False)
    return next(
        (index for index, (one, other) in enumerate(pairs) if one != other), len(text) - start
    )


def mask_spans(text: str, spans: list[tuple[int, int]]) -> str:
    """Return a text with `****` in place of each span; spans may overlap."""
    parts: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not parts:
            parts += [text[end:start], MASKED]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def _plain_forms(secret: str) -> set[str]:
    """Return a secret as a text may have it without an encoding; none if it is short."""
    if len(secret) < _MIN_LENGTH:
        return set()
    # A secret may itself look like an escape. A form changes `+` to a space, which is then removed.
    plain = {secret, secret.replace("+", " "), secret.replace("+", ""), secret.replace(" ", "+")}
    plain.update(view.text for view in decodings(secret))
    return {form for form in plain if len(form) >= _MIN_LENGTH}


def _runs(secret: str) -> Iterator[str]:
    """Yield the folded parts of a secret that no other text has by chance."""
    for form in _plain_forms(secret):
        folded, parts = form.translate(_FOLD), len(form) - _RUN_LENGTH + 1
        for at in range(parts if len(form) >= _PREFIX_LENGTH else 0):
            if not _word().fullmatch(form, at, at + _RUN_LENGTH):
                yield folded[at : at + _RUN_LENGTH]


def _encoded_forms(secret: str) -> Iterator[str]:
    """Yield the folded texts that stand for a secret, apart from the escapes that `text_decoding` decodes."""
    if len(secret) < _MIN_LENGTH:
        return
    yield from (form.translate(_FOLD) for form in _plain_forms(secret))
    utf8 = secret.encode("utf-8", "replace")
    yield from _byte_lists(utf8)
    quoted = quote(secret, safe="").encode()  # so OAuth encodes a secret before Basic credentials
    encoded = {
        utf8,
        quoted,
        utf8.replace(b"/", rb"\/"),
        b2a_base64(utf8, newline=False).rstrip(b"="),
    }
    encoded.update(secret.encode(charset, "replace") for charset in ("utf-16-le", "utf-16-be"))
    for data in encoded:
        yield data.hex()
        yield from _base64_cores(data)


def _byte_lists(data: bytes) -> Iterator[str]:
    """Yield the bytes as lists of numbers, as JSON, Go, and .NET print them, without white space."""
    numbers, pairs = ",".join([_NUMBERS[byte] for byte in data]), data.hex(",")
    yield from (numbers, numbers.replace(",", ""), "0x" + pairs.replace(",", ",0x"))
    yield from (pairs, pairs.replace(",", ":"), pairs.replace(",", "+"))  # a `-` is folded to `+`


def _base64_cores(data: bytes) -> Iterator[str]:
    """Yield the characters that base64 always has for these bytes, for each of the three alignments."""
    for offset in range(3):
        text = b2a_base64(bytes(offset) + data, newline=False).decode()
        # The characters at both ends depend on the bytes beside them.
        core = text[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6]
        if len(core) >= _MIN_CORE_LENGTH:
            yield core.lower()
