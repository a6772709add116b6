"""`explain` prints no secret of the request that it explains, wherever the secret is."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from helpers.cases import each_case
from helpers.command import Cxcall
from helpers.echo_encodings import ENCODINGS, find_remains
from helpers.masked_texts import PATH, URL, make_exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
RANDOM = "q7Rt9xZp2LmK4vB8"
FORMS = ((), ("-o", "json"), ("--fix", "curl"), ("--fix", "json", "-o", "json"))


def explain_in_forms(
    cxcall: Cxcall, exchange: dict[str, Any], forms: Iterable[tuple[str, ...]] = FORMS
) -> str:
    name = cxcall.file("exchange.json", exchange)
    runs = [cxcall("explain", name, *form) for form in forms]
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


@pytest.mark.slow
def test_secret_is_not_printed(cxcall: Cxcall) -> None:
    for number, (name, (secret, exchange)) in enumerate(EXCHANGES.items()):
        form = FORMS[number % len(FORMS)]
        assert secret not in explain_in_forms(cxcall, exchange, [form]), name
        assert secret not in repr([each.as_dict() for each in explain(exchange)]), name


@pytest.mark.slow
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
    shown = explain_in_forms(
        cxcall,
        make_exchange(path="/2010-04-01/Accounts/7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11", body=body),
    )
    assert "/2010-04-01/Accounts/7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11" in shown
    assert "****" not in shown


TOKEN, PASSWORD = "q8Zr5TnW2kLx7VbC3mYdPz4Hs9Jf0Gw1Ra6Te8Ui", "Wint3rMond77"
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
    "curly quotes": (
        TOKEN,
        f"POST {URL} returns 400\n{{\u201cqueueId\u201d: 1, \u201caccess_token\u201d: \u201c{TOKEN}\u201d}}",
    ),
    "curly quote in a secret": (
        "ghi-77",
        f'client_secret = "abc\u2019def\u201dghi-77"\nPOST {URL} HTTP 400\n{{"message":"abc\u2019def\u201dghi-77 is wrong"}}',
    ),
    "curly quote in a secret of a form": (
        "ghi-77",
        """curl https://login.mypurecloud.de/oauth/token -d 'client_id=x&client_secret=abc\u2019def-ghi-77'
HTTP/1.1 400 X
{"description":"abc\u2019def-ghi-77 is wrong"}""",
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
    "number with invisible characters": ("867", numbers("+1\u200b202\u200b867\u200b0123")),
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
    # The corrected request, which JSON shows beside all else, contains a number unchanged.
    fix = [] if name.startswith("number") else ["--fix"]
    form = ["-v", "--all"] if [*TEXTS].index(name) % 3 else [*fix, "-o", "json"]
    ran = cxcall("explain", file, *form)
    shown = ran.out + ran.err + repr([(each.findings, each.as_dict()) for each in explain(text)])
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
        assert mask_likely_secrets(unit * 10_000)


@pytest.mark.slow
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


_COMMAND = "Invoke-RestMethod -Uri https://login.mypurecloud.ie/oauth/token -Method Post -Headers"
_POWERSHELL = (
    "Invoke-RestMethod : The remote server returned an error: (401) Unauthorized.\n"
    f"At C:\\token.ps1:12 char:6\n+ $r = {_COMMAND} @{{%s}}\n+      ~~~~~~~~\n"
)
LOGIN_SECRET = "Zx9KqWeRtY77uIoPlKjH41"


@pytest.mark.parametrize(
    "text",
    [
        _POWERSHELL
        % "A='Basic '+[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('my:%s'))",
        _POWERSHELL % "'X-Gateway'='%s'",
        'Error: 401 {Authorization: "Basic " + btoa("myid:%s")}',
        'Error: 401 {message: "Basic " + btoa("myid" + ":" + "%s")}',
        'Error: 401 {auth: "myid:%s"}',
        'Error: 401 base64_encode("myid:%s") is not valid',
        '{"message":"Malformed credentials myid:%s","code":"bad.credentials"}',
    ],
)
def test_login_in_code_below_an_error_is_not_printed(cxcall: Cxcall, text: str) -> None:
    output = "json" if "{" in text else "text"
    result = cxcall("explain", "-", "-o", output, stdin=text % LOGIN_SECRET)
    assert "401" in result.out or "credential" in result.out
    assert LOGIN_SECRET not in result.out + result.err


def test_code_is_not_quoted_as_the_message_of_the_api() -> None:
    [found] = explain(_POWERSHELL % "Accept=('a','b')")
    assert "the API says" not in repr(found.findings)
