"""The masking of secrets in text: every encoding, short secrets, and text without secrets."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from threading import Thread
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cxcall.runtime.secrets import known_secrets
from cxcall.runtime.secrets.known_secrets import (
    MASKED,
    redact,
    redact_value,
    remember_secrets,
    without_cut_secret,
)
from cxcall.runtime.text_decoding import decodings
from helpers.echo_encodings import ENCODINGS, find_remains
from helpers.work import examples, is_quick

CANARY = "cAnArY/7f+3K_x9-Qz~84=LmN0pRsTuVwXyZ"
# No part of these texts can be a part of a secret that a test remembers.
PLAIN = st.text(
    st.characters(exclude_characters="cCnNrR=%\\&+", exclude_categories=["Cs"]), max_size=80
)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=120)


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without secrets, because other tests of this process have left some."""
    monkeypatch.setattr(known_secrets, "_redactor", known_secrets.Redactor())


def shown_as(data: bytes, charset: str) -> str:
    return data.decode(charset, "replace")


@settings(max_examples=10, deadline=None, phases=[Phase.generate])  # no shorter secret
@given(secret=SECRETS, before=PLAIN, after=PLAIN)
def test_no_encoding_of_a_secret_survives(secret: str, before: str, after: str) -> None:
    remember_secrets(secret)
    for name, encode in [*ENCODINGS.items()][:: 12 if is_quick() else 1]:
        for charset in ("utf-8", "latin-1"):
            text = f"{before} {shown_as(encode(secret), charset)} {after}"
            assert not find_remains(redact(text), secret, encode), name


@pytest.mark.slow
@given(text=st.text(max_size=300))
def test_text_without_a_secret_is_unchanged(text: str) -> None:
    remember_secrets(CANARY, "sh0rt!")
    assert redact(text) == text


@pytest.mark.slow
@given(before=PLAIN, after=PLAIN)
def test_only_the_secret_is_replaced(before: str, after: str) -> None:
    remember_secrets(CANARY)
    for name in ("raw", "json-lower", "percent", "html-hex", "base64url", "hex"):
        encoded = ENCODINGS[name](CANARY).decode()
        assert redact(f"{before}<{encoded}>{after}") == f"{before}<{MASKED}>{after}"


@pytest.mark.slow
@given(text=st.text(max_size=100))
def test_positions_of_decoded_characters_are_those_of_the_original(text: str) -> None:
    for view in decodings(text):
        ends = [view.source_span(index, index + 1) for index in range(len(view.text))]
        assert all(0 <= start < end <= len(text) for start, end in ends)
        assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("two word5 here!", "a=two+word5+here%21&b=two+word5", "a=****&b=two+word5"),
        ("pa55", "pin pa55, (pa55) pa55word xpa55", "pin ****, (****) pa55word xpa55"),
        ("pa55", "p%61s\\u0073 pa\\u00355", "p%61s\\u0073 ****"),
        ("token", "the token is wrong", "the token is wrong"),
        ("a1", "a1 b2", "a1 b2"),
        ("", "any text", "any text"),
    ],
)
def test_short_secret_is_masked_as_a_whole_word(secret: str, text: str, expected: str) -> None:
    remember_secrets(secret)
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        (CANARY, f"cut {CANARY[:12]}... or ...{CANARY[-12:]}", f"cut {MASKED}... or ...{MASKED}"),
        (CANARY, f"{quote(CANARY[3:20], safe='')} {CANARY[4:16].upper()}", f"{MASKED} {MASKED}"),
        (CANARY, CANARY[:11], CANARY[:11]),
        ("QueueId1", "queueId", "queueId"),
        ("Passwords1", "a password, Passwords, passwords", "a password, Passwords, passwords"),
        ("12345678", "+12025123456", "+12025123456"),
        ("an-authorization-key-1", "Authorization: none", "Authorization: none"),
    ],
)
def test_part_of_a_secret_is_masked_unless_it_is_a_word_or_a_number(
    secret: str, text: str, expected: str
) -> None:
    remember_secrets(secret)
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://user:pass@host/x?y", "see https://****@host/x?y"),
        ("http://t0ken@[::1]:80", "http://****@[::1]:80"),
        ("(socks5h://a:b%40c@h)", "(socks5h://****@h)"),
        ("Location: //a:b@c, https://a:b:c@d@e", "Location: //a:b@c, https://****@e"),
        (
            "https://host/x@y https://host?q=a@b sip:911@x",
            "https://host/x@y https://host?q=a@b sip:911@x",
        ),
    ],
)
def test_user_and_password_in_a_url_are_masked(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact_value({"a": [text]}) == {"a": [expected]}


def test_values_and_names_of_json_are_masked_and_it_stays_json() -> None:
    remember_secrets(CANARY, "1234567890", "pa55")
    value = {CANARY: [f"x {CANARY}", None, 201, 1.5, True, 1234567890], "outcome": ("pa55", 55)}
    assert redact_value(value) == {
        MASKED: [f"x {MASKED}", None, 201, 1.5, True, MASKED],
        "outcome": [MASKED, 55],
    }
    assert redact_value({"data": [*b"x" + CANARY.encode()], "ids": [*range(9)]}) == {
        "data": [MASKED],
        "ids": [*range(9)],
    }
    remember_secrets('quote"and\\more')
    text = json.dumps({"a": 'say quote"and\\more'})
    assert json.loads(redact(text)) == {"a": "say ****"}


def test_secrets_that_look_like_escapes_are_masked() -> None:
    for secret in ("100%41&amp;=41\\u0041x", "\\/" * 8, "=?utf-8?q?abcdef?=", "+AGEAYgBjAGQ-"):
        remember_secrets(secret)
        for name, encode in ENCODINGS.items():
            if name != "cut":
                text = encode(secret).decode("utf-8", "replace")
                assert not find_remains(redact(text), secret, encode), (secret, name)


def test_secret_is_masked_whole_after_a_repetition_of_its_start() -> None:
    secret = "ab" * 8 + "-and-the-rest"
    remember_secrets(secret)
    assert redact(f"token: abab{secret}.") == f"token: {MASKED}."


def test_secrets_are_known_in_every_thread() -> None:
    secrets = [b64encode(sha256(bytes([number])).digest()).decode() for number in range(16)]
    threads = [Thread(target=remember_secrets, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert redact(" ".join(secrets)).split() == [MASKED] * len(secrets)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["x", "\\", "%25", "=", "&", "+", "\\u0041", " a", "\0", f"{CANARY} "]
)
def test_large_text_is_masked_in_linear_time(unit: str) -> None:
    # Quadratic time would take hours, and the time limit of the test run would stop it.
    remember_secrets(CANARY)
    text = unit * ((1 << 16) // len(unit))
    assert CANARY not in redact(text + CANARY)


ENDS = st.text(st.sampled_from("a4=\\%&+\n \x01u-"), max_size=4)


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(
    st.sampled_from([*ENCODINGS]),
    st.lists(st.tuples(ENDS, ENDS), min_size=1, max_size=3),
    SECRETS,
    st.integers(0, 2),
)
def test_one_search_of_several_texts_finds_what_any_of_them_has(
    name: str, ends: list[tuple[str, str]], secret: str, place: int
) -> None:
    redactor = known_secrets.Redactor([secret])
    echo = shown_as(ENCODINGS[name](secret), "utf-8")
    texts = [
        f"{before}{echo if at == place else ''}{after}" for at, (before, after) in enumerate(ends)
    ]
    if any(redactor.redact(text) != text for text in texts):
        assert redactor.may_change(texts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sign", ["{}", "%{:02X}", "%25{:02x}", "\\u{:04x}", "&#x{:x};", "{:02x}"], ids=str.lower
)
def test_start_of_a_secret_at_the_end_of_a_truncated_text_is_removed(sign: str) -> None:
    remember_secrets(CANARY)
    signs = [sign.format(each if sign == "{}" else ord(each)) for each in CANARY]
    text = "x" * 9 + "".join(signs)
    for end in range(0, len(text), 21):  # each end of a sign, because no sign has seven characters
        shown = redact(without_cut_secret(text[:end].encode()).decode())
        assert "".join(signs[:4]) not in shown, (end, shown)


def test_end_of_a_truncated_text_without_a_secret_stays() -> None:
    remember_secrets(CANARY)
    assert without_cut_secret(b'{"a": "xyz %4') == b'{"a": "xyz %4'
