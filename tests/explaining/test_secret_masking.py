"""`explain` prints no secret of the request that it explains, wherever the secret is."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from cxcall import explain
from cxcall.explaining.text_credentials import find_credentials
from cxcall.runtime.likely_secrets import mask_likely_secrets
from helpers.cases import each_case
from helpers.command import Cxcall
from helpers.echo_encodings import ENCODINGS, find_remains

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
RANDOM = "q7Rt9xZp2LmK4vB8"
PATH = "/api/v2/conversations/calls"
FORMS = ((), ("-o", "json"), ("--fix", "curl"), ("--fix", "json", "-o", "json"))


def make_exchange(**more: Any) -> dict[str, Any]:
    call = {"method": "POST", "host": "api.mypurecloud.com", "path": PATH, "status": 400}
    return {**call, "body": {"phoneNumber": "+12025550123"}, **more}


def explain_in_every_form(cxcall: Cxcall, exchange: dict[str, Any]) -> str:
    name = cxcall.file("exchange.json", exchange)
    runs = [cxcall("explain", name, *form) for form in FORMS]
    return "".join(ran.out + ran.err for ran in runs)


EXCHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown member": (JWT, make_exchange(body={"note": JWT})),
    "unknown key": (
        RANDOM,
        make_exchange(body={"sessionId": RANDOM, "auth": RANDOM, "jwt": RANDOM}),
    ),
    "name of a member": (JWT, make_exchange(body={JWT: 1})),
    "pin": ("83741", make_exchange(body={"pin": "83741"})),
    "path": (JWT, make_exchange(path=f"/api/v2/x/{JWT}")),
    "query": (RANDOM, make_exchange(path=f"{PATH}?sig={RANDOM}")),
    "message": (JWT, make_exchange(response={"message": f"bad token {JWT}"})),
    "message with Bearer": (RANDOM, make_exchange(response={"message": f"got Bearer {RANDOM}"})),
    "text": (RANDOM, make_exchange(response=f"Authorization: Bearer {RANDOM} is wrong")),
    "correlation ID": (
        JWT,
        make_exchange(
            response={"status": 400, "headers": {"ININ-Correlation-Id": JWT}, "body": {}}
        ),
    ),
    "echoed header": (
        "my own credential",
        make_exchange(headers={"X-Api-Key": "my own credential"}, response="my own credential"),
    ),
    "echoed password": (
        "s3cret-password",
        make_exchange(
            headers={"Authorization": f"Basic {b64encode(b'me:s3cret-password').decode()}"},
            response={"message": "s3cret-password is wrong"},
        ),
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_secret_is_not_printed(cxcall: Cxcall, name: str) -> None:
    secret, exchange = EXCHANGES[name]
    assert secret not in explain_in_every_form(cxcall, exchange)


@each_case("name", ENCODINGS)
def test_echoed_token_is_masked_in_every_encoding(name: str) -> None:
    token, encode = "cAnArY-1/aB+cD_eF~gH=jKlMnOpQrStUvWxYz", ENCODINGS[name]
    echo = encode(token).decode("utf-8", "replace")
    headers = {"ININ-Correlation-Id": echo, "WWW-Authenticate": f'Bearer realm="{echo}"'}
    (found,) = explain(
        make_exchange(
            headers={"Authorization": f"Bearer {token}"},
            response={"status": 400, "headers": headers, "body": {"message": f"bad {echo}"}},
        )
    )
    text = json.dumps([found.as_dict(), found.ticket], ensure_ascii=False) + repr(found.findings)
    assert not find_remains(text, token, encode)


@pytest.mark.slow
def test_dates_and_ids_are_printed(cxcall: Cxcall) -> None:
    body = {"campaignStart": "2024-11-02", "keyDate": "2024-11-02T10:00:00Z"}
    shown = explain_in_every_form(
        cxcall,
        make_exchange(path="/2010-04-01/Accounts/7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11", body=body),
    )
    assert "/2010-04-01/Accounts/7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11" in shown
    assert "****" not in shown


TOKEN, PASSWORD = "q8Zr5TnW2kLx7VbC3mYdPz4Hs9Jf0Gw1Ra6Te8Ui", "Wint3rMond77"
URL = "https://api.mypurecloud.ie/api/v2/conversations/callbacks"
BEARER = f'-H "Authorization: Bearer {TOKEN}" -d "{{}}"'
REFUSAL = f'\n\nHTTP/1.1 400 Bad Request\n\n{{"message":"value {PASSWORD} is wrong"}}'
PART = 'Content-Disposition: form-data; name="client_secret"'
PAYLOAD = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ"
COLLECTION = {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}
NUMBER = "+12025550187"


def numbers(number: str) -> str:
    return f'curl -X POST {URL} -d \'{{"callbackNumbers":["{number}"],"queue":1}}\''


TEXTS = {
    "form": (PASSWORD, f"curl {URL} -d 'a=b&client_secret={PASSWORD}'{REFUSAL}"),
    "JSON": (PASSWORD, f'curl {URL} -d \'{{"password":"{PASSWORD}"}}\'{REFUSAL}'),
    "parts": (PASSWORD, f"POST {URL} HTTP/1.1\n\n--x\n{PART}\n\n{PASSWORD}\n--x--{REFUSAL}"),
    "XML": (PASSWORD, f"POST {URL} HTTP/1.1\n\n<a><password>{PASSWORD}</password></a>{REFUSAL}"),
    "JSON in a string": (
        PASSWORD,
        f'curl {URL} -d \'{{"data":"{{\\"password\\":\\"{PASSWORD}\\"}}"}}\'{REFUSAL}',
    ),
    "variable": (TOKEN, f'TOKEN={TOKEN}\ncurl -X POST "{URL}/$TOKEN" -d "{{}}"'),
    "variable of fish": (TOKEN, f'set -x TOKEN {TOKEN}\ncurl -X POST "{URL}/$TOKEN" -d "{{}}"'),
    "variable named pass": (
        PASSWORD,
        f'PASS={PASSWORD}\ncurl {URL} -d "{{\\"queue\\":\\"$PASS\\"}}"',
    ),
    "Python": (
        TOKEN,
        f'import requests\ntoken = "{TOKEN}"\nrequests.post(f"{URL}/{{token}}", json={{}})',
    ),
    "environment of Python": (
        TOKEN,
        f'os.environ["TOKEN"] = "{TOKEN}"\nrequests.post("{URL}/{TOKEN}", json={{}})',
    ),
    "part of a JWT": (
        PAYLOAD,
        f'curl {URL} -H "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.c2ln" -d \'{{"queue":"{PAYLOAD}"}}\'',
    ),
    "variable of Postman": (
        TOKEN,
        json.dumps(
            {
                "info": COLLECTION,
                "variable": [{"key": "token", "value": TOKEN}],
                "item": [
                    {"name": "x", "request": {"method": "POST", "url": f"{URL}/{{{{token}}}}"}}
                ],
            }
        ),
    ),
    "cookie": (
        TOKEN,
        f"curl {URL} --cookie 'sid={TOKEN}' -d a=1{REFUSAL.replace(PASSWORD, TOKEN)}",
    ),
    "password of a URL": (
        PASSWORD,
        f"curl {URL.replace('//', f'//me:{PASSWORD}@')} -d a=1{REFUSAL}",
    ),
    "folded header": (
        TOKEN,
        f"POST {URL} HTTP/1.1\nAuthorization: Bearer\n {TOKEN}\n\n{{}}{REFUSAL}",
    ),
    "header on two lines": (TOKEN, f"POST {URL}\nAuthorization: Bearer\n{TOKEN}\n\n{{}}{REFUSAL}"),
    "default of a variable": (TOKEN, f'curl -X POST "{URL}/${{X:-{TOKEN}}}" -d "{{}}"'),
    "number in a path": (NUMBER, f"curl -X POST {URL}/{NUMBER} -d '{{}}'"),
    "number with a slash": ("12345678", numbers("030/12345678")),
    "number with dashes": ("202\u2011555", numbers("+1\u2011202\u2011555\u20110123")),
    "number with spaces": ("202\xa0555", numbers("+1\xa0202\xa0555\xa00123")),
    "number in other digits": (
        "\u0661\u0662\u0660",
        numbers("+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0662\u0663"),
    ),
    "number with invisible characters": ("555", numbers("+1\u200b202\u200b555\u200b0123")),
    "host": (TOKEN, f'curl -X POST "https://{TOKEN}.mypurecloud.ie/api/v2/x" {BEARER}'),
    "name of a parameter": (TOKEN, f'curl -X POST "{URL}?{TOKEN}=1" {BEARER}'),
    "method": (TOKEN, f"curl -X {TOKEN} {URL} {BEARER}"),
    "name of an item": (
        TOKEN,
        json.dumps(
            {
                "info": COLLECTION,
                "item": [
                    {
                        "name": TOKEN,
                        "request": {
                            "method": "POST",
                            "header": [{"key": "Authorization", "value": f"Bearer {TOKEN}"}],
                            "url": URL,
                        },
                    }
                ],
            }
        ),
    ),
}


@pytest.mark.slow
@each_case("name", TEXTS)
def test_secret_of_text_is_not_printed(cxcall: Cxcall, name: str) -> None:
    secret, text = TEXTS[name]
    file = cxcall.file("request.txt", text)
    runs = [cxcall("explain", file, *form) for form in (["-v", "--all"], ["-o", "json"])]
    if not name.startswith("number"):  # which a corrected request contains unchanged
        runs.append(cxcall("explain", file, "--fix", "-o", "json"))
    shown = "".join(ran.out + ran.err for ran in runs)
    assert secret.lower() not in shown.lower()
    assert "conversations" in shown or "mypurecloud" in shown


def test_name_in_code_is_not_a_secret() -> None:
    (found,) = explain(
        "token_name = 'access_token'\ntoken = get_token()\n"
        f"requests.post('{URL}', json={{'access_token': access_token, 'x': 'conversations'}})"
    )
    assert "****" not in str(found.as_dict())


@each_case("label", ["Passwort", "Kennwort", "contrase\xf1a", "mot de passe", "senha", "PASS"])
def test_secret_behind_a_label_is_masked(label: str) -> None:
    message = f"{label}: {PASSWORD}"
    (found,) = explain(make_exchange(response={"message": message}))
    assert PASSWORD not in repr(found)
    assert label in repr(found)


@pytest.mark.slow
def test_long_text_that_repeats_is_masked_in_linear_time() -> None:
    for unit in (
        "form-data;",
        'form-data; name="a"',
        "token : ",
        '"\\\\"',
        "${a:-",
        "a>b</",
        "password:",
        "password: '",
    ):
        assert mask_likely_secrets(unit * 30_000)


@each_case("text", [TEXTS["JSON in a string"][1].partition("\n")[0], TEXTS["number in a path"][1]])
def test_value_that_is_not_usable_is_left_open(cxcall: Cxcall, text: str) -> None:
    ran = cxcall("explain", cxcall.file("request.txt", text), "--fix", "--as", "curl")
    assert ran.code == 3
    assert "to be filled in: " in ran.err


def test_controls_are_escaped_in_json(cxcall: Cxcall) -> None:
    text = f"curl -X POST {URL} -d '{{\"a\x9b31m\u202c\":1}}'"
    ran = cxcall("explain", cxcall.file("request.txt", text), "-o", "json")
    assert "\x9b" not in ran.out
    assert "\u202c" not in ran.out
    assert json.loads(ran.out)


ECHO = "cAnArY-1Token_aB"
PASS = "hunterlongpassword"
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
@pytest.mark.parametrize("more", [0, 40])
def test_secret_of_one_request_is_masked_in_the_others(more: int) -> None:
    others = [
        make_exchange(headers={"Authorization": f"Bearer other-Token-{each}x"})
        for each in range(more)
    ]
    for name, (secret, shown) in SHOWN_IN.items():
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


WORDS = {
    "YOUR_TOKEN": f"curl --pass YOUR_TOKEN --proxy-user a:YOUR_TOKEN {SEND}",
    "$PASS-word1": f"curl --pass $PASS-word1 {SEND}",
    "something-or-other": f"I sent Authorization: Bearer something-or-other\ncurl {SEND}",
    "/etc/c1.pem": f"curl --cert /etc/c1.pem --key k.pem {SEND}",
    "user": f"curl -u user:pw {SEND}",
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
        assert not [each for each in find_credentials(unit * 50_000) if each == KEY]
