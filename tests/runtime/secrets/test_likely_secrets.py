"""Likely secrets are masked by their form, and nothing else is."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall import check
from cxcall.documents.masked_quotations import blank_secrets
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.runtime.secrets.random_texts import is_long_token
from helpers.cases import each_case

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
RANDOM = "q7Rt9xZp2LmK4vB8"
UUID_TEXT = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
SECRET_NAMES = (
    "token",
    "accessToken",
    "access_token",
    "client_secret",
    "password",
    "authtoken",
    "clientsecret",
    "pin",
    "jwt",
    "apiKey",
    "X-Api-Key",
    "cookie",
    "Refresh_To\u212aen",
    "facebookPageToken",
    "FACEBOOK_PAGE_TOKEN",
    "homepageToken",
    "previousToken",
)
KEY_NAMES = ("auth", "authKey", "key", "sessionId", "session_id", "sid", "signature", "sig")
OTHER_NAMES = ("keyword", "monkey", "author", "shipping", "spinId", "passengers", "contactId", "id")


@each_case(
    "text, secret",
    [
        ("the token Bearer canary123456 is not valid", "canary123456"),
        ("got `bearer abcdefgh`", "abcdefgh"),
        ("Authorization: Bearer Abcdefghij.", "Abcdefghij"),
        ("invalid apikey: k3y-ABCDEF1234567890", "k3y-ABCDEF1234567890"),
        ("ApiKey canary12", "canary12"),
        ("X-Api-Key: canary12", "canary12"),
        ("password:hunter22", "hunter22"),
        ("access_token: canary123456, expired", "canary123456"),
        ("client_secret : q7Rt9x", "q7Rt9x"),
    ],
    quick=2,
)
def test_secret_in_prose_is_masked(text: str, secret: str) -> None:
    assert mask_likely_secrets(text) == text.replace(secret, MASKED)


@each_case(
    "text",
    [
        "Bearer authentication is required", "no bearer credentials", "token: expired", "password: required", "key: phone1",
        "Bearer realm", "a bearer token is missing", "basic information2 about tokens", "tokens: 10", "error: ABC12345",
        "see https://host/token:8080/path", "token_type: bearer123", "invalid token: 'expired'", "token: 'must have 8 characters'",
        "Bearer <access_token>", "Basic: required", "the password is required", "token (optional)", "check token or password",
    ],
)  # fmt: skip
def test_prose_about_secrets_stays(text: str) -> None:
    assert mask_likely_secrets(text) == text


@each_case(
    "form",
    [
        "{'client_secret': '%s'}", 'client_secret: "%s"', "client_secret = '%s'", 'client_secret => "%s"', "(k=1, client_secret='%s')",
        "('client_secret', '%s')", "`client_secret`: `%s`", "**client_secret**: %s", "--client-secret %s", "-u client:%s", "-U client:%s",
        'Bearer "%s"', "NTLM %s", "Bearer <%s>", "JSESSIONID=%s", 'Digest username="u", response="%s"', "client_secret%%3D%s", "client_secret%%253D%s",
        "Authorization%%3A%%20Bearer%%20%s", "client_secret&#61;%s", "&quot;client_secret&quot;:&quot;%s&quot;",
        "\\u0022client_secret\\u0022:\\u0022%s\\u0022", "client_secret\uff1a%s", "client_secret:\u200b %s", "Bearer abc123xyz9\n %s",
        "the client secret is %s", "https://h/login;jsessionid=%s?next=/", "client_secret[%s]", "client_secret\t%s", "client_secret -> %s", "Bearer: %s",
        "{\u201cclient_secret\u201d: \u201c%s\u201d}", "{\u2018client_secret\u2019: \u2018%s\u2019}", "{\u201eclient_secret\u201c: \u201e%s\u201c}",
        "{\xabclient_secret\xbb: \xab%s\xbb}", "{\uff02client_secret\uff02: \uff02%s\uff02}",
    ],
)  # fmt: skip
def test_secret_is_masked_in_every_spelling(form: str) -> None:
    for value in (RANDOM, "Hunt3rW1nterPw"):
        text = form % value
        assert value not in mask_likely_secrets(text)
        masked = json.loads(mask_likely_secrets(json.dumps({"message": text})))
        assert value not in masked["message"]


def test_secret_with_typographic_quotes_is_masked_in_escaped_json() -> None:
    text = '{\\"client_secret\\": \\"%s\\"}'
    for value in ("abc\u201ddef-Secret-77", "Tr\u201dee\u2032House99"):
        assert mask_likely_secrets(text % value) == text % MASKED


@each_case(
    "form",
    [
        'client_secret: "%s"',
        "client_secret = %s, and more",
        "--client-secret %s",
        "the client secret is %s",
    ],
)
@each_case("length", [399, 400, 401, 402, 5000])
def test_long_secret_is_masked_as_a_whole(form: str, length: int) -> None:
    for value in ((RANDOM * 500)[:length], (RANDOM * 500)[: length - 1] + ".x9"):
        assert mask_likely_secrets(form % value) == form % MASKED


def test_secret_is_masked_by_its_form_without_a_name() -> None:
    pair = b64encode(b"client:Hunt3rW1nterPw").decode()
    secret = b64encode(b'{"client_secret": "abc"}').decode()
    for text in (f"header was {pair}", f"payload {secret}"):
        assert mask_likely_secrets(text).endswith(f" {MASKED}")
    half = len(JWT) // 2
    assert JWT[half:] not in mask_likely_secrets(f"token {JWT[:half]}\n{JWT[half:]}")


@each_case(
    "name",
    [
        "пароль", "Пароля", "токен", "密码", "密碼", "パスワード", "비밀번호", "סיסמה", "şifre", "heslo", "hasło", "salasana", "jelszó",
        "lösenord", "motdepasse", "contraseña", "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "p\u0430ssword", "client_\u0455ecret", "\uff21uthorization", "كلمة المرور", "κωδικός",
    ],
)  # fmt: skip
def test_secret_is_masked_by_a_name_in_another_alphabet(name: str) -> None:
    assert mask_likely_secrets(f"wrong {name}: {RANDOM}") == f"wrong {name}: {MASKED}"
    assert json.loads(mask_likely_secrets(json.dumps({name: "x"}))) == {name: MASKED}


@each_case("name", [*SECRET_NAMES, *KEY_NAMES])
def test_random_value_is_masked_by_its_name(name: str) -> None:
    assert json.loads(mask_likely_secrets(json.dumps({name: RANDOM, "a": "b"}))) == {
        name: MASKED,
        "a": "b",
    }
    assert RANDOM not in mask_likely_secrets(f"https://host/path?{urlencode({name: RANDOM})}&a=b")


@each_case("name", SECRET_NAMES)
@each_case("value", ["x", "hunter", "1234", UUID_TEXT, 'a"b\\c', "two words"])
def test_any_value_of_a_secret_is_masked(name: str, value: str) -> None:
    assert json.loads(mask_likely_secrets(json.dumps({name: value, "a": "b"}))) == {
        name: MASKED,
        "a": "b",
    }
    assert json.loads(mask_likely_secrets(json.dumps({name: [value, value]}))) == {
        name: [MASKED] * 2
    }


@each_case("name", [*KEY_NAMES, *OTHER_NAMES])
@each_case(
    "value",
    [
        UUID_TEXT,
        "2024-11-02",
        "2024-11-02T10:00:00Z",
        "20241102T100000Z",
        "12345678901",
        "contact-12345",
        "campaign2024",
        "/api/v2/x",
        "/2010-04-01/Accounts",
        "some words",
        "not.authorized",
        "",
        "https://host/a1b2c3d4",
    ],
)
def test_date_or_plain_id_stays(name: str, value: str) -> None:
    text = json.dumps({name: value, "next": {"message": value}})
    assert mask_likely_secrets(text) == text


@each_case("value", ["<token>", "$TOKEN", "${TOKEN}", "{{token}}", "%TOKEN%", "2024-11-02", "true"])
@each_case("name", ["token", "password", "key"])
def test_placeholder_or_date_stays(name: str, value: str) -> None:
    text = json.dumps({name: value})
    assert mask_likely_secrets(text) == text
    assert mask_likely_secrets(f"Bearer {value}") == f"Bearer {value}"


@each_case(
    "name",
    [*OTHER_NAMES, "token_type", "tokenUrl", "secretName", "next_page_token", "nextToken"],
    quick=2,
)
def test_value_of_another_name_stays(name: str) -> None:
    text = json.dumps({name: "bearer"})
    assert mask_likely_secrets(text) == text


@each_case(
    "text, expected",
    [
        (f"no: {JWT}.", f"no: {MASKED}."),
        (f"'{JWT}'", f"'{MASKED}'"),
        (f"Authorization: Bearer {RANDOM}", f"Authorization: Bearer {MASKED}"),
        (f"sent bearer {RANDOM}, sorry", f"sent bearer {MASKED}, sorry"),
        (f"Basic {b64encode(b'me:s3cret').decode()}", f"Basic {MASKED}"),
        ("Bearer token is missing", "Bearer token is missing"),
        ("Basic authentication required", "Basic authentication required"),
        ('Bearer realm="x", error="invalid_token"', 'Bearer realm="x", error="invalid_token"'),
        ("api-na1.niceincontact.com/v2.0.1", "api-na1.niceincontact.com/v2.0.1"),
        ('{"pass\\u0077ord": "x"}', '{"pass\\u0077ord": "****"}'),
        ('{"pin": 1234, "tokens": 12}', '{"pin": "****", "tokens": 12}'),
        ('{"pin": "48213377", "password": "20240101"}', '{"pin": "****", "password": "****"}'),
        ('[{"name": "password", "value": "horse"}]', '[{"name": "password", "value": "****"}]'),
        ('{"password": "cut o', '{"password": "****"'),
        (f"Cookie: sid={RANDOM}; lang=en", f"Cookie: sid={MASKED}; lang=en"),
        (
            "grant_type=authorization_code&code=abc&redirect_uri=x",
            "grant_type=authorization_code&code=****&redirect_uri=x",
        ),
        ('{"code": "bad.request", "status": 400}', '{"code": "bad.request", "status": 400}'),
    ],
)
def test_secret_in_text_is_masked_by_its_form(text: str, expected: str) -> None:
    assert mask_likely_secrets(text) == expected


@given(data=st.binary(min_size=24, max_size=64), name=st.sampled_from(SECRET_NAMES))
def test_no_random_secret_survives(data: bytes, name: str) -> None:
    for value in (
        urlsafe_b64encode(data).decode().rstrip("="),
        data.hex(),
        secrets.token_urlsafe(32),
    ):
        assert value not in mask_likely_secrets(json.dumps({name: value}))
        assert value not in mask_likely_secrets(f"x?{name}={value}&y=1")


@pytest.mark.slow
@given(moment=st.datetimes(), value=st.uuids(), name=st.sampled_from(KEY_NAMES))
def test_no_date_and_no_uuid_is_masked(moment: datetime, value: UUID, name: str) -> None:
    text = json.dumps(
        {name: str(value), "sessionKey": moment.isoformat(), "key": str(moment.date())}
    )
    assert mask_likely_secrets(text) == text


@pytest.mark.slow
@given(
    value=st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([*SECRET_NAMES, *OTHER_NAMES]), inner)
        ),
        max_leaves=8,
    )
)
def test_masked_json_is_still_json(value: Any) -> None:
    json.loads(mask_likely_secrets(json.dumps(value)))


@pytest.mark.slow
@each_case(
    "unit",
    [
        *('"', '\\"', "a=", '"a":', "Bearer ", "eyJ", "eyJaaaaaa.", "%41", " "),
        *("-----BEGIN PRIVATE KEY-----", "sk-", "SG."),
    ],
)
def test_large_text_is_masked_in_linear_time(unit: str) -> None:
    # Quadratic time would take hours, and the time limit of the test run would stop it.
    mask_likely_secrets(unit * ((1 << 17) // len(unit)))


# Put together here, so that no tool that searches for secrets takes them for real ones.
HEX = "0123456789abcdef" * 4
STARTS = {
    "ghp_": HEX,
    "github_pat_": f"{HEX[:22]}_{HEX}",
    "glpat-": HEX,
    "xoxb-": f"123456789012-123456789012-{RANDOM}",
    "xoxp-": f"123456789012-{RANDOM}",
    "AKIA": "ABCDEFGH23456723",
    "AIza": HEX[:35],
    "sk_" + "live_": HEX,
    "sk-proj-": f"{RANDOM}-{RANDOM}",
    "npm_": HEX[:36],
    "SG.": f"{HEX}.{HEX}",
    "https://hooks.slack.com/services/": f"T12345678/B12345678/{HEX}",
    "-----BEGIN RSA PRIVATE KEY-----\n": f"{HEX}\n{HEX}==\n-----END RSA PRIVATE KEY-----",
    "> -----BEGIN PRIVATE KEY-----\n": f"> {HEX}\n> {HEX}",
    "-----BEGIN EC PRIVATE KEY-----\n": f"Proc-Type: 4,ENCRYPTED\n\n{HEX}\n{HEX}",
}


@each_case("start", STARTS)
def test_secret_of_a_published_format_is_masked_in_any_text(start: str) -> None:
    secret = start + STARTS[start]
    for text in (
        f"refused {secret}",
        json.dumps({"a": f"see {secret} there"}),
        urlencode({"a": secret}),
    ):
        masked = mask_likely_secrets(text)
        assert MASKED in masked
        assert STARTS[start][-12:] not in masked
        assert HEX not in blank_secrets(text)
    findings = check({"contactId": secret, "reasonCode": "a"}, "personal-connection").findings
    assert MASKED in findings[0].message
    assert STARTS[start][-12:] not in str([each.message for each in findings])
    for text in (f"x{start}", f"{start} is missing", f"{start}your_own_secret_for_this"):
        assert mask_likely_secrets(text) == text


def test_names_of_files_and_operations_are_not_tokens() -> None:
    names = """
        Contacts_Q4_2026_v2_EMEA_Team1_Batch07_final3 Export_2026-11-29T10-15-30_Campaign42B7c9_run3
        createV1Accounts2Calls3Legs4Recordings5Transcripts6 4f9c2b7a-1d3e-4f5a-9b8c-7d6e5f4a3b2c
        aBcD1234aBcD1234aBcD1234aBcD1234aBcD1234aBcD1234.csv aBcD1234/aBcD1234aBcD1234aBcD1234aBcD1234aBcD1234
    """
    tokens = ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", f"v1.{'aBcD1234' * 5}+x=", "aBcD1234" * 5)
    assert [each for each in (*names.split(), *tokens) if is_long_token(each)] == [*tokens]
