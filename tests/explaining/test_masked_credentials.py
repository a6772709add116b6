"""`explain` masks the credentials of a whole text in each of its requests."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import pytest

from cxcall import explain
from cxcall.explaining.request_masking import find_json_secrets
from cxcall.explaining.text_secrets import find_credentials, find_named_secrets
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.runtime.secrets.secrets_in_json import mask_secret_members, secret_members
from helpers.cases import each_case
from helpers.masked_texts import PASS, PATH, URL, make_exchange

ECHO, RANDOM = "cAnArY-1Token_aB", "q7Rt9xZp2LmK4vB8"
SHOWN_IN: dict[str, tuple[str, dict[str, Any]]] = {
    "header": (ECHO, make_exchange(headers={"Authorization": f"Bearer {ECHO}"})),
    "password": (
        PASS,
        make_exchange(
            headers={"Authorization": "Basic " + b64encode(f"a:{PASS}".encode()).decode()}
        ),
    ),
    "cookie": (ECHO, make_exchange(headers={"Cookie": f"a=b; sid={ECHO}"})),
    "key": (ECHO, make_exchange(headers={"X-Api-Key": ECHO})),
    "query": (ECHO, make_exchange(path=f"{PATH}?client_secret={ECHO}")),
    "token response": (ECHO, make_exchange(response={"access_token": ECHO})),
    "set cookie": (
        ECHO,
        make_exchange(
            response={"status": 400, "headers": {"Set-Cookie": f"sid={ECHO}"}, "body": {}}
        ),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 20])
def test_secret_of_one_request_is_masked_in_the_others(more: int) -> None:
    others = [
        make_exchange(headers={"Authorization": f"Bearer other-Token-{each}x"})
        for each in range(more)
    ]
    shown_in = SHOWN_IN if not more else {"header": SHOWN_IN["header"]}
    for name, (secret, shown) in shown_in.items():
        echo = make_exchange(body={"note": secret}, response={"message": f"bad [{secret}%22]"})
        for source in ([shown, *others, echo], [echo, *others, shown]):
            found = explain(json.dumps(source))
            assert len(found) == more + 2
            assert secret not in repr([(each.findings, each.ticket) for each in found]), name


def test_secret_of_a_pasted_request_is_masked_in_the_others() -> None:
    url = "https://api.mypurecloud.com/api/v2/userz"
    answer = 'HTTP/1.1 400 Bad Request\n\n{"message":"bad %s"}'
    texts = (
        f"curl -H 'Authorization: Bearer {ECHO}' {url}\n{answer % 'x'}\n\ncurl {url}\n{answer % ECHO}\n",
        f"curl -H 'Authorization: Bearer x{ECHO}\n{ECHO}' {url}\n{answer % ECHO}\n",
        f"GET {url} HTTP/1.1\n\nHTTP/1.1 400 Bad Request\nSet-Cookie: a={ECHO}; Path=/\n\nbad {ECHO}",
    )
    for text in texts:
        assert ECHO not in repr([each.findings for each in explain(text)]), text


KEY = "sk-secret-1"
SEND = f"-X POST {URL} -H 'Content-Type: application/json' -d '{{\"contactId\":\"1\"}}'"
RAW = f"POST {PATH} HTTP/1.1\nHost: api.mypurecloud.com\n%s\nContent-Type: application/json\n\n{{}}"
CREDENTIALS = {
    "HTTPie": f"http -A bearer -a {KEY} POST {URL} contactId=1",
    "HTTPie, then a header": f"http --auth=u:{KEY} POST {URL} a=1 Authorization:'Bearer sk-other'",
    "header, then a user": f"curl -H 'Authorization: Bearer {KEY}' {SEND} -u user:pw",
    "user, then a header": f"curl -u user:{KEY} -H 'Authorization: Bearer sk-other' {SEND}",
    "user as the key": f"curl -u {KEY}: {SEND}",
    "two headers": f"curl -H 'Authorization: Bearer {KEY}' -H 'Authorization: x-2' {SEND}",
    "header, then --oauth2-bearer": f'curl -H "authorization: {KEY}" --oauth2-bearer x-2 {SEND}',
    "--oauth2-bearer": f"curl --oauth2-bearer {KEY} -H 'Authorization: Bearer x-2' {SEND}",
    "two keys": f"curl -H 'X-Api-Key: {KEY}' -H 'X-Api-Key: other' {SEND}",
    "two cookies": f"curl -b 'sid={KEY}' -b 'sid=other' {SEND}",
    "X-Auth": f"curl -H 'X-Auth: {KEY}' {SEND}",
    "proxy's user": f"curl --proxy-user a:{KEY} {SEND}",
    "short for it": f"curl -Ua:{KEY} {SEND}",
    "URL of a proxy": f"curl -x http://a:{KEY}@proxy:8080 {SEND}",
    "proxy's header": f"curl --proxy-header 'Proxy-Authorization: Basic {KEY}' {SEND}",
    "certificate": f"curl --cert c.pem:{KEY} {SEND}",
    "its password": f"curl --cert c.pem --pass {KEY} {SEND}",
    "wget": f"wget --user=u --password='{KEY}' --post-data=a=1 {URL}",
    "PowerShell": f"Invoke-RestMethod -Method Post -Uri {URL} -Token {KEY} -Body 'a=1'",
    "requests": f"requests.post('{URL}', auth=('user', '{KEY}'), headers={{'A-B': 'c'}})",
    "class of requests": f"requests.post('{URL}', auth=HTTPBasicAuth(\n'u', '{KEY}'))",
    "two raw headers": RAW % f"Authorization: Bearer {KEY}\nAuthorization: Bearer sk-other",
    "two raw keys": RAW % f"X-Api-Key: {KEY}\nX-Api-Key: other",
    "headers of a log": json.dumps(
        {
            "cmd": f"curl -H 'Authorization: Bearer {KEY}' -u user:pw {URL}",
            "url": URL,
            "status": 400,
        }
    ),
}
WORD_KEY = "qwertyuiopas"
WORD_CREDENTIALS = {
    "two headers": f"curl -H 'Authorization: {WORD_KEY}' -H 'Authorization: x-2' {SEND}",
    "two keys": f"curl -H \"X-Api-Key: {WORD_KEY}\" -H 'X-Api-Key: other' {SEND}",
    "a scheme": f"curl -H 'Authorization: Token {WORD_KEY}' -H 'Authorization: x-2' {SEND}",
    "user, then a header": f"curl -u user:{WORD_KEY} -H 'Authorization: Bearer sk-other' {SEND}",
    "proxy's user": f"curl --proxy-user a:{WORD_KEY} {SEND}",
    "URL of a proxy": f"curl -x http://a:{WORD_KEY}@proxy:8080 {SEND}",
    "HTTPie": f"http POST {URL} X-Api-Key:{WORD_KEY} X-Api-Key:other contactId=1",
    "dictionary": f"requests.post('{URL}', headers={{'X-Api-Key': '{WORD_KEY}', 'X-Api-Key': 'x'}}, json={{}})",
    "pair": f"requests.post('{URL}', auth=('user', '{WORD_KEY}'), headers={{'Authorization': 'x-2'}})",
}  # fmt: skip


@each_case("name", WORD_CREDENTIALS)
def test_credential_of_letters_alone_is_masked_where_its_place_shows_it(name: str) -> None:
    text = f'{WORD_CREDENTIALS[name]}\n\nHTTP/1.1 400 Bad Request\n\n{{"message":"bad token {WORD_KEY} for you"}}'
    shown = repr([(each.findings, each.ticket) for each in explain(text)])
    assert WORD_KEY not in shown
    assert "for you" in shown


@pytest.mark.slow
@each_case("name", CREDENTIALS)
def test_echo_of_each_credential_of_a_command_is_masked(name: str) -> None:
    text = CREDENTIALS[name]
    if text[0] == "{":
        body = {"message": f"bad token {KEY} for you", "code": "x"}
        text = json.dumps({**json.loads(text), "response": {"status": 400, "body": body}})
    else:
        text += (
            f'\n\nHTTP/1.1 400 Bad Request\n\n{{"message":"bad token {KEY} for you","code":"x"}}'
        )
    shown = repr([(each.findings, each.ticket) for each in explain(text)])
    assert KEY not in shown
    assert "bad token **** for you" in shown


IN_PROSE = {
    "a scheme": f"with Bearer {RANDOM}",
    "a statement": f"the access_token is {RANDOM},",
    "a colon": f"my client secret: {RANDOM};",
    "the name of a key": f"with the API key `{RANDOM}`",
    "a cookie": f"with the cookie session={RANDOM}",
    "quotes": f'we use the token "{RANDOM}",',
    "nothing": "",
}
ANSWERS = (
    '{"message":"%s is wrong for you","code":"x"}',
    'with the message: "%s is wrong for you"',
)


@each_case("name", IN_PROSE)
def test_secret_that_only_prose_shows_is_masked_wherever_it_is_quoted(name: str) -> None:
    for answer in ANSWERS if IN_PROSE[name] else ANSWERS[1:]:
        text = f"POST {URL} {IN_PROSE[name]} returns 401 {answer % RANDOM}"
        shown = repr([(each.findings, each.ticket, each.request) for each in explain(text)])
        assert RANDOM not in shown
        assert "**** is wrong for you" in shown


@pytest.mark.parametrize(
    "shown",
    [
        "The password is p@ss-W0rd.",
        "I use the password p@ss-W0rd.",
        "The password is hunter22.",
        "Our API key is 4f9d8c7b6a5e.",
        "I sent Bearer QwErTyUiOpAsDfGhJkLz",
        "I sent Bearer QwErTyUiOp",
        "I use curl with -u robert:Sommer2024.",
        "Basic auth with `robert:Sommer2024",
        "The user:password is robert:Sommer2024.",
        "The PIN is 483920.",
        "with the header cookie sid=s3cr3t",
        "with the client secret abcDEF123456",
        "The API key that we got from them is 4f9d8c7b6a5e.",
        "Mein Passwort lautet Sommer2024!",
        "Contraseña: Verano2024!",
        "I changed the password to **Sommer2024!**",
        "Using key=4f9d8c7b6a5e77.",
        "My token: QwErTyUiOpAsDf",
        "The credentials are admin/Hunter22!.",
        'We use the password "correct-horse battery"',
    ],
)
def test_password_that_only_prose_shows_is_masked(shown: str) -> None:
    secret = shown.partition('"')[2] or re.split("[ /=]", shown)[-1]
    secret = secret.strip('".*')
    text = f"POST {URL} returns 401 {ANSWERS[0] % secret}\n{shown}"
    assert "**** is wrong for you" in repr([each.findings for each in explain(text)])


WORD_PASSWORD, SHORT_KEY = "SunnyMonday", "Zq7Xv2Lm"
IN_LANGUAGES = {
    WORD_PASSWORD: [
        "Our password (%s) is right.",
        "The password is %s",
        "I used %s as my password.",
    ],
    "Sunny-Monday!": ["The password is %s"],
    WORD_PASSWORD.upper(): ["Password: %s"],
    "The-Secret-of-Monkey": ['Our password is "%s".'],
    "abcDefGhiJkl": ["My token is %s"],
    "abc9": ["Our PIN is %s."],
    "Winter2026": [
        "The password that NICE gave us is %s.",
        "Mit %s als Passwort.",
        "Con %s como contrase\xf1a.",
    ],
    SHORT_KEY: [
        "La clave es %s.",
        "Der API-Schl\xfcssel ist %s.",
        "Zugangsschl\xfcssel: %s",
        "Das Geheimnis des Clients ist %s.",
        "El secreto del cliente es %s.",
        "Le secret du client est %s.",
        "creds: acme:%s",
        "login acme pw %s",
        "Our secret starts with %s.",
    ],
}


@each_case("secret", IN_LANGUAGES)
def test_secret_of_a_sentence_is_masked_in_each_language_that_is_read(secret: str) -> None:
    for sentence in IN_LANGUAGES[secret]:
        text = f"POST {URL} returns 401 {ANSWERS[0] % secret}\n{sentence % secret}"
        assert "**** is wrong for you" in repr([each.findings for each in explain(text)]), sentence


def test_id_that_is_called_the_one_of_a_secret_is_masked() -> None:
    text = f'POST {URL} returns 401 with the message "The secret id: {RANDOM} is wrong"\nHunter22! as the password'
    shown = repr([each.findings for each in explain(text + f"\n{ANSWERS[0] % 'Hunter22!'}")])
    assert RANDOM not in shown
    assert "Hunter22!" not in shown


WORDS = {
    "7795460a-be68-4739-97ed-af1d4f18f1b9": f"the key is 7795460a-be68-4739-97ed-af1d4f18f1b9\ncurl {SEND}",
    "postApiV2ConversationsCallbacks": f"the token of postApiV2ConversationsCallbacks\ncurl {SEND}",
    "robert": f"with the user robert:Sommer2024\ncurl {SEND}",
    "base64-2": f"the secret base64-2 encoded, the PIN of 2 digits, user id:base64-2\ncurl {SEND}",
    "must not be empty": f'the password "must not be empty"\ncurl {SEND}',
    "contact4711": f"a token of contact4711, and the password for the calls to contact4711\ncurl {SEND}",
    "a1b2c3d4e5": f"the token that the request with the ID: a1b2c3d4e5 had\ncurl {SEND}",
    "PBKDF2-SHA256": f"with the password PBKDF2-SHA256\ncurl {SEND}",
    "8f3a9c1e7d2b": f"the incident 8f3a9c1e7d2b of my login\ncurl {SEND}",
    "YOUR_TOKEN": f"curl --pass YOUR_TOKEN --proxy-user a:YOUR_TOKEN {SEND}",
    "$PASS-word1": f"curl --pass $PASS-word1 {SEND}",
    "something-or-other": f"I sent Authorization: Bearer something-or-other\ncurl {SEND}",
    "/etc/c1.pem": f"curl --cert /etc/c1.pem --key k.pem {SEND}",
    "user": f"curl -u user:pw {SEND}",
    "OAuth": f"the password is OAuth, the password (OAuth)\ncurl {SEND}",
    "callbackNumbers": f"falta la clave (callbackNumbers), la clave es callbackNumbers\ncurl {SEND}",
    "mypurecloud": f"curl -H 'Cookie: a=b; Domain=mypurecloud' {SEND}",
}


@each_case("word", WORDS)
def test_word_beside_a_name_of_a_credential_is_not_masked(word: str) -> None:
    answer = f'HTTP/1.1 400 Bad Request\n\n{{"message":"not {word} of","code":"x"}}'
    text = f"{WORDS[word]}\n\n{answer}"
    assert f"not {word} of" in repr([each.findings for each in explain(text)])


@pytest.mark.slow
def test_credentials_of_a_long_text_are_found_in_linear_time() -> None:
    for unit in ("authorization: ", "auth  ", "auth(('", "-u ", "--pass ", "://a:", "'", "a" * 61):
        assert not [each for each in find_credentials(unit * 10_000) if each == KEY]


@each_case(
    "value",
    [
        {"client_secret": KEY},
        {"tokens": [KEY, "x"]},
        {"tokens": [[["a"], KEY]]},
        [{"name": "password", "value": KEY}],
        {"data": [{"key": "apiToken", "type": "text", "value": KEY}]},
        {"headers": {"Authorization": [f"Bearer {KEY}"]}},
    ],
)
def test_secret_in_json_is_found_as_it_is_masked(value: Any) -> None:
    assert KEY in " ".join(secret_members(value))
    assert KEY in " ".join(find_json_secrets(value))
    assert KEY not in json.dumps(mask_secret_members(value))
    assert KEY not in mask_likely_secrets(json.dumps(value)) or "tokens" in value


@each_case(
    "text",
    [
        f"CLIENT_SECRET={RANDOM}",
        f"Cookie: sid={RANDOM}",
        f"X-Api-Key: {RANDOM}",
        f"https://h/cb?code={RANDOM}",
        f"https://h/file?sig={RANDOM}",
        f"https://me:{RANDOM}@h/",
        f"curl -u me:{RANDOM} https://h/",
    ],
)
def test_secret_in_a_text_of_json_is_found_as_it_is_masked(text: str) -> None:
    assert RANDOM in find_json_secrets({"message": text})
    assert RANDOM not in mask_likely_secrets(text) or "@" in text  # `redact` masks those in URLs


def test_word_and_column_are_not_secrets_of_a_whole_source() -> None:
    values = {"columns": ["password", "username"], "text": "invalid cookie: ?code=not.found"}
    assert not find_json_secrets(values)


def test_variable_of_powershell_is_found() -> None:
    assert find_named_secrets(f'$env:API_TOKEN = "{ECHO}"') == {ECHO}
