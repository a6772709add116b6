"""The sent URL is byte for byte the one that is shown and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request
from requests.adapters import HTTPAdapter

from cxcall.contracts.parameters import Parameter
from cxcall.contracts.request_url import target
from cxcall.findings.errors import UsageError
from cxcall.transport.origins import is_sent_unchanged, target_of
from helpers.command import CONTACT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

OWN = {
    "openapi": "3.1.0",
    "info": {"title": "Leads", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/leads/{id}/calls": {
            "post": {
                "operationId": "callLead",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    *(
                        {"name": name, "in": "query", "schema": {"type": "string"}}
                        for name in ("$filter", "page[size]", "user.name", "a b", "$", "a²")
                    ),
                    *(
                        {"name": name, "in": "query", "schema": {"type": "string"}}
                        for name in ("filter", "größe", "x=y")
                    ),
                    {"name": "X-Note", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "Done."}},
            }
        }
    },
}


def sent_target(url: str) -> str:
    """Return the target that requests writes to the request line."""
    prepared = Request("POST", url).prepare()
    return HTTPAdapter().request_url(prepared, {})


@given(st.text("/.%?#;:@a~A2eEfF \\[]|ü\n'&=", max_size=12))
def test_a_url_that_is_called_unchanged_is_sent_unchanged(rest: str) -> None:
    url = f"https://host.example/{rest}"
    if is_sent_unchanged(url):
        assert sent_target(url) == target_of(url) == f"/{rest}"


@pytest.mark.parametrize("path", ["/x/..;/a", "/x/..;v=1/a", "/.;/a"])
def test_dot_segment_with_a_matrix_parameter_is_not_sent(path: str) -> None:
    assert not is_sent_unchanged(f"https://host.example{path}")
    assert is_sent_unchanged("https://host.example/x;v=1/a")


PATH = Parameter("id", "path", required=True, description="", schema={})
QUERY = Parameter("q", "query", required=False, description="", schema={})


@given(st.text(max_size=8) | st.text("./\\%2eE", max_size=8), st.text(max_size=8))
def test_every_value_is_sent_as_shown_or_refused(value: str, query: str) -> None:
    try:
        url = "https://host.example" + target("/a/{id}/b", [PATH, QUERY], {"id": value, "q": query})
    except (UsageError, UnicodeEncodeError):
        return
    assert is_sent_unchanged(url)
    assert sent_target(url) == target_of(url)


@pytest.mark.parametrize(
    "value", ["", ".", "..", "%2e%2e", "%2E", "../x", "a/..", "..\\x", "..%2fx", "a\nb", "a\x00"]
)
def test_a_value_that_changes_the_route_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="`id` in the path"):
        target("/a/{id}/b", [PATH], {"id": value})


@pytest.mark.parametrize("value", ["...", ".a", "a..b", "a/b", "..a", "ü", "50%"])
def test_another_value_is_accepted(value: str) -> None:
    assert is_sent_unchanged("http://h" + target("/a/{id}/b", [PATH], {"id": value}))


@pytest.mark.parametrize("value", ["..", ".", "%2e%2e"])
@pytest.mark.parametrize("dry", [("-n",), ("--curl",), ("--yes",), ("--yes", "--force")])
def test_an_id_of_dots_is_refused_before_anything_is_sent(
    live: Cxcall, sandbox: Sandbox, value: str, dry: tuple[str, ...]
) -> None:
    words = ("end-conversation", "--conversation-id", value)
    ran = live("send", *words, *dry, "-o", "json", code=2)
    assert ran.envelope["findings"][0]["where"] == "path"
    assert "another route" in ran.envelope["findings"][0]["message"]
    assert sandbox.received == []


def test_track_refuses_an_id_of_dots(live: Cxcall, sandbox: Sandbox) -> None:
    live("track", "..", code=2)
    assert not any("conversations" in entry.path for entry in sandbox.received)


@pytest.mark.slow
def test_a_path_of_a_document_that_would_change_is_refused(cxcall: Cxcall) -> None:
    reasons = {
        **dict.fromkeys(("/a/../b", "/a//b/%7e", "//a"), "would be changed"),
        **dict.fromkeys(("/a b", "/a#b", "/ä"), "has characters that a URL cannot have"),
    }
    for path, reason in reasons.items():
        document = {**OWN, "paths": {path: {"get": {"operationId": "odd", "responses": {}}}}}
        words = ("send", "odd", "--contract", cxcall.file("own.json", document), "-n")
        assert reason in cxcall(*words, code=2).err, path


@pytest.mark.parametrize("value", ["a\r\nB: c", " a", "ü"])
def test_a_header_that_cannot_be_sent_is_refused(cxcall: Cxcall, value: str) -> None:
    words = ("send", "callLead", "--contract", cxcall.file("own.json", OWN), "--id", CONTACT)
    assert "header:X-Note" in cxcall(*words, "--x-note", value, "-n", "-o", "json", code=2).out


BY_FLAG = {
    "--filter": "filter=1",
    "--page-size": "page%5Bsize%5D=1",
    "--user-name": "user.name=1",
    "--a-b": "a%20b=1",
    "--größe": "gr%C3%B6%C3%9Fe=1",
    "--a²": "a%C2%B2=1",
}
BY_NAME = {
    "$filter=1": "%24filter=1",
    "filter=1": "filter=1",
    "page[size]=1": "page%5Bsize%5D=1",
    "a b=1=2": "a%20b=1%3D2",
    "$=1": "%24=1",
    "x=y=1": "x%3Dy=1",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([word for flag in BY_FLAG for word in (flag, "1")], BY_FLAG.values()),
        ([word for pair in BY_NAME for word in ("--param", pair)], BY_NAME.values()),
    ],
    ids=["flag", "name"],
)
def test_parameters_of_any_name_can_be_set(
    cxcall: Cxcall, words: list[str], expected: Iterable[str]
) -> None:
    start = ("send", "callLead", "--contract", cxcall.file("own.json", OWN), "--id", CONTACT)
    shown = cxcall(*start, *words, "-n", "-o", "json", code=0).envelope
    assert sorted(shown["request"]["url"].partition("?")[2].split("&")) == sorted(expected)


def test_the_flags_of_a_document_are_listed(cxcall: Cxcall) -> None:
    own = cxcall.file("own.json", OWN)
    shown = cxcall("send", "callLead", "--contract", own, "--help", code=0).out
    for flag in ("--filter", "--page-size", "--user-name", "--a-b", "--größe", "--param"):
        assert flag in shown
    assert "--$" not in shown
    assert "Set the parameter `filter`." in shown


def test_url_with_a_backslash_is_at_no_known_host() -> None:
    # urllib reads the host after the `@`, requests the one before the backslash.
    from cxcall.settings.untrusted_sources import is_published_host
    from cxcall.transport.origins import is_http_url, is_loopback_url

    assert is_published_host("https://api.mypurecloud.com")
    assert not is_published_host("https://evil.com\\@api.mypurecloud.com")
    assert is_loopback_url("http://127.0.0.1")
    assert not is_loopback_url("http://evil.com\\@127.0.0.1")
    assert not is_http_url("http://evil.com\\@127.0.0.1")
