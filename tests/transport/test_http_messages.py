"""HTTP messages: headers, bodies as text and JSON, and secrets in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.runtime.secrets.likely_secrets import masked_headers
from cxcall.transport.http_messages import Headers, HttpRequest, HttpResponse
from cxcall.transport.origins import is_loopback_url

pytestmark = pytest.mark.usefixtures("_plain_environment")


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["a", "X-Id", "Date"]), st.text("ab ", max_size=3)))
def test_headers_are_looked_up_in_any_case(given_: dict[str, str]) -> None:
    headers = Headers(given_.items())
    assert dict(headers) == given_
    for name, value in given_.items():
        assert headers[name.upper()] == headers.get(name.lower()) == value
        assert name.swapcase() in headers


def test_repeated_headers() -> None:
    headers = Headers([("Id", "a"), ("id", "a"), ("Via", "b"), ("VIA", "c")])
    assert (headers["ID"], headers["via"], len(headers)) == ("a", "b, c", 2)
    assert "secret" not in repr(Headers([("Set-Cookie", "secret")]))


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=nonsense", b"a\xff", "a�"),
        ("text/plain; charset=rot13", b"a", "a"),
        ('text/plain; charset="UTF-8"', "é".encode(), "é"),
    ],
)
def test_text_is_never_fatal(kind: str, body: bytes, text: str) -> None:
    assert HttpResponse(200, "OK", Headers([("Content-Type", kind)]), body).text == text


@pytest.mark.slow
@given(st.binary(max_size=40))
def test_json_is_never_fatal(body: bytes) -> None:
    response = HttpResponse(200, "OK", Headers(), body)
    try:
        expected = json.loads(body, parse_constant=lambda _: None)
    except ValueError:
        expected = None
    assert repr(response.json()) == repr(expected)


def test_only_distinctive_secrets_are_masked_in_responses() -> None:
    """A word that is also a parameter named as a secret would be masked within other words."""
    body = '{"id": "campaign-77", "follow_up_2026": "s3cr3t-k3y-9", "b": "p4ge-t0k3n-9"}'
    words = "token=campaign&password=follow_up_2026&pin=77&session_id=campaign-77"
    url = f"https://api.example.com/x?{words}&pageToken=p4ge-t0k3n-9&next_key=p4ge&api_key=s3cr3t-k3y-9"
    masked = HttpRequest("GET", url, {"X-Auth": "campaign"}, None).mask_echo(body)
    assert masked == body.replace("s3cr3t-k3y-9", "****")


def test_numbers_that_json_cannot_write_are_null() -> None:
    """What cxcall prints of a response is JSON."""
    response = HttpResponse(200, "OK", Headers(), b'{"a": NaN, "b": [-Infinity, 1e999, 1.5, 2]}')
    assert response.json() == {"a": None, "b": [None, None, 1.5, 2]}


def test_deep_json_is_no_json() -> None:
    assert HttpResponse(200, "OK", Headers(), b"[" * 200000).json() is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8/", True),
        ("https://LOCALHOST", True),
        ("https://api.mypurecloud.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_loopback_url(url) is expected


def test_secrets_in_headers_are_masked() -> None:
    sent = {
        "Authorization": "Bearer abc",
        "Proxy-Authorization": "abc",
        "X-Api-Key": "k",
        "Set-Cookie": "c=d",
        "X-Session-Token": "t",
        "X-Passphrase": "p",
        "Accept": "a/b",
        "ININ-Correlation-Id": "1",
    }
    assert masked_headers(sent) == {
        **dict.fromkeys(sent, "****"),
        "Authorization": "Bearer ****",
        "Accept": "a/b",
        "ININ-Correlation-Id": "1",
    }


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        (
            "Location",
            "https://e/p?sv=2026-01-01&sig=zSECRETe",
            "https://e/p?sv=2026-01-01&sig=****",
        ),
        ("Content-Location", "/a?X-Amz-Signature=0a1b2c3d&b=c", "/a?X-Amz-Signature=****&b=c"),
        ("Refresh", "0; url=https://e/?a=b&token=rSECRETe", "0; url=https://e/?a=b&token=****"),
        ("Refresh", "0; url=https://e/?token=rSECRETe", "0; url=https://e/?token=****"),
        (
            "Link",
            '<https://e/?signature=lSECRETe>; rel="next"',
            '<https://e/?signature=****>; rel="next"',
        ),
        (
            "WWW-Authenticate",
            'Bearer realm="x", token="vSECRETe"',
            'Bearer realm="x", token="****"',
        ),
        ("Link", "<https://e/?page=2&sig=a1b2>", "<https://e/?page=2&sig=a1b2>"),
        ("WWW-Authenticate", 'Bearer error="invalid_token"', 'Bearer error="invalid_token"'),
    ],
)
def test_secret_in_the_value_of_a_header_is_masked(name: str, value: str, masked: str) -> None:
    assert masked_headers({name: value}) == {name: masked}
