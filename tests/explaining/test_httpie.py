"""Commands of HTTPie are read as HTTPie 3.2 sends them: each case was compared with `http --offline --print HB`."""

from __future__ import annotations

import json
import shlex

from cxcall.explaining.readers.commands.other_clients import read_httpie
from helpers.cases import each_case

URL = "https://api.mypurecloud.com/api/v2/conversations/calls"


@each_case(
    "options, method, headers, body",
    [
        ("--auth=u:p POST URL X-A:1", "POST", {"Authorization": "Basic dTpw", "X-A": "1"}, None),
        ("-A bearer -a TOK POST URL a=1", "POST", {"Authorization": "Bearer TOK"}, {"a": "1"}),
        ("-Abearer -aTOK URL", "GET", {"Authorization": "Bearer TOK"}, None),
        ("--auth-type=bearer URL --auth TOK", "GET", {"Authorization": "Bearer TOK"}, None),
        ("-a u:p URL Authorization:Bearer", "GET", {"Authorization": "Basic dTpw"}, None),
        ("--pretty all -s monokai POST URL X-A:1 a:=3", "POST", {"X-A": "1"}, {"a": 3}),
        ("--cert c.pem --session-read-only s URL X-A:1", "GET", {"X-A": "1"}, None),
        (
            "POST URL 'X-E;' t=12:30 n='a;b' e=a@b",
            "POST",
            {"X-E": ""},
            {"t": "12:30", "n": "a;b", "e": "a@b"},
        ),
        ("""--raw='{"a": 1}' POST URL""", "POST", {}, {"a": 1}),
    ],
)
def test_options_and_items_are_read_as_httpie_sends_them(
    options: str, method: str, headers: dict[str, str], body: object
) -> None:
    read = read_httpie(shlex.split(f"http {options}".replace("URL", URL)), None, None)
    assert f"{read.scheme}://{read.host}{read.path}" == URL
    assert read.method == method
    assert headers.items() <= dict(read.headers or {}).items()
    assert (json.loads(read.body) if read.body else None) == body


def test_values_from_files_are_unknown() -> None:
    read = read_httpie(shlex.split(f"http POST {URL} X-F:@f.txt b=@x.txt c:=@y.json"), None, None)
    assert read.unknown == {
        "/b": ("@x.txt",),
        "/c": ("@y.json",),
        "header:X-F": ("@f.txt",),
    }
