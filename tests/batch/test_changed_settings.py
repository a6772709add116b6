"""An unfinished batch is found again, although a setting or a name is written differently now: nobody is called twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.request_identity import intent_digest
from cxcall.runtime.host_spellings import is_same_api
from helpers.calling_api import posting
from helpers.campaign_loads import LIST_ID, Dialer, halves, load
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

CALLED, UNCLEAR, LEFT = NUMBERS = [f"+1202555010{row}" for row in range(3)]


def write_document(cxcall: Cxcall, name: str = "dialNumber", path: str = "/dial") -> str:
    properties = {"phoneNumber": {"type": "string"}}
    rings: dict[str, Any] = {"x-cxcall-rings": True}
    document = posting(name, properties, path, required=("phoneNumber",), **rings)
    return cxcall.file("own.json", document)


def run(cxcall: Cxcall, *words: str, name: str = "dialNumber", code: int) -> Ran:
    own = ("--contract", "own.json", "--concurrency", "1")
    return cxcall("batch", "calls.csv", "--operation", name, *own, *words, code=code)


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    """Begin a batch: the first row is accepted, the second is unknown, the third stops it."""

    def answer(body: Any, count: int) -> Reply:
        if count:
            return Reply()
        replies = {CALLED: Reply(), UNCLEAR: Reply(0)}
        return replies.get(body["phoneNumber"], Reply(429, {}, {"Retry-After": "900"}))

    write_document(cxcall)
    cxcall.file("calls.csv", "\n".join(("/phoneNumber", *NUMBERS, "")))
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        run(cxcall, "--confirm", "3", code=9)
        assert platform.rung == 2
        platform.answer = lambda _body, _count: Reply()
        yield platform


@pytest.mark.slow
def test_other_spelling_of_the_base_url_resumes_the_batch(
    cxcall: Cxcall, platform: Platform
) -> None:
    port = platform.environment["CXCALL_BASE_URL"].rpartition(":")[2]
    base = ("--base-url", f"HTTP://LocalHost:{port}/")
    stopped = run(cxcall, *base, "--confirm", "3", code=7)
    assert "was not finished" in stopped.err
    assert "hint: add `--resume`" in stopped.err
    run(cxcall, *base, "--resume", "--confirm", "1", code=9)
    assert [sorted(each.values()) for each in platform.order] == [[each] for each in NUMBERS]


@pytest.mark.slow
def test_renamed_operation_stops_the_batch(cxcall: Cxcall, platform: Platform) -> None:
    write_document(cxcall, "callNumber")
    run(cxcall, "--confirm", "3", name="callNumber", code=7)
    ran = run(cxcall, "--resume", "--confirm", "1", name="callNumber", code=2)
    assert "was for dialNumber" in ran.err
    assert "if it was renamed, give it that name" in ran.err
    assert "cxcall batch cancel" in ran.err
    write_document(cxcall, "callNumber", "/v2/call")
    stopped = run(cxcall, "--confirm", "3", name="callNumber", code=7)
    assert "was not finished: dialNumber, http://127.0.0.1:" in stopped.err
    # An operation that the document still has is not the renamed one.
    document = posting("dialNumber", {}, "/agents/dial")
    document["paths"] |= posting("dialAgent", {"phoneNumber": {"type": "string"}})["paths"]
    cxcall.file("own.json", document)
    ran = run(cxcall, "--resume", "--confirm", "1", name="dialAgent", code=2)
    assert "a different command would call the same people again" in ran.err
    assert "renamed" not in ran.err
    assert platform.rung == 2


@pytest.mark.slow
def test_batch_of_an_operation_in_another_document_answers_for_nobody(cxcall: Cxcall) -> None:
    """Nobody is taken for called because a batch of the same file sent requests to a path that ends alike."""
    properties = {"phoneNumber": {"type": "string"}}
    rings: dict[str, Any] = {"x-cxcall-rings": True}
    account = {"name": "account", "in": "path", "required": True, "schema": {"type": "string"}}
    documents = [
        posting("noteNumber", properties, "/notes/dial", **rings),
        posting("dialNumber", properties, "/{account}/dial", parameters=[account], **rings),
    ]
    rows = "".join(f"{number},acme\n" for number in NUMBERS)
    cxcall.file("calls.csv", f"/phoneNumber,account\n{rows}")
    more, refused = "--ignore-extra-columns", Reply(429, {}, {"Retry-After": "900"})
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall.file("own.json", documents[0])
        run(cxcall, "--confirm", "3", more, name="noteNumber", code=0)
        cxcall.file("own.json", documents[1])
        platform.answer = lambda body, _count: Reply() if body["phoneNumber"] == CALLED else refused
        run(cxcall, "--confirm", "3", more, code=9)
        platform.answer = lambda _body, _count: Reply()
        run(cxcall, "--resume", "--confirm", "2", more, code=0)
    assert [body["phoneNumber"] for body in platform.order].count(LEFT) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("platform")
def test_other_address_or_profile_stops_the_batch_except_in_the_sandbox_or_again(
    cxcall: Cxcall,
) -> None:
    with Platform() as other:
        cxcall.environment |= other.environment
        for path in ("/dial", "/v2/call"):  # also if the operation is another one
            write_document(cxcall, "callNumber", path)
            run(cxcall, "--confirm", "3", name="callNumber", code=7)
        write_document(cxcall)
        run(cxcall, "--confirm", "3", code=7)
        assert other.order == []
        run(cxcall, "--sandbox", code=0)
        run(cxcall, "--confirm", "3", "--again", code=0)
        assert other.rung == 3
    with Platform() as other:
        cxcall.environment |= other.environment
        cxcall("config", "set", "timeout", "9", "--profile", "other", code=0)
        run(cxcall, "--profile", "other", "--confirm", "3", code=7)
        assert other.rung == 0


@pytest.mark.slow
def test_other_path_of_the_base_url_may_be_another_tenant(
    cxcall: Cxcall, platform: Platform
) -> None:
    """Neither batch ends or answers for the other one: the remaining people of the first one are called, too."""
    other = ("--base-url", f"{platform.environment['CXCALL_BASE_URL']}/tenant-b")
    stopped = run(cxcall, *other, "--confirm", "3", code=7)
    assert "hint: run the command that began it with `--resume`" in stopped.err
    run(cxcall, *other, "--resume", "--confirm", "3", code=2)
    assert platform.rung == 2
    run(cxcall, *other, "--confirm", "3", "--again", code=0)
    assert platform.rung == 5
    run(cxcall, "--resume", "--confirm", "1", code=9)
    assert platform.rung == 6
    assert [body["phoneNumber"] for body in platform.order].count(LEFT) == 2


@pytest.mark.slow
def test_unfinished_load_stops_no_load_into_another_list(cxcall: Cxcall) -> None:
    file, other_list = cxcall.file("leads.csv", halves(1)), LIST_ID.replace("2", "3")
    dialer = Dialer()

    def answer(body: Any, count: int) -> Reply:
        is_stopped = isinstance(body, list) and "P1" in str(body) and LIST_ID in str(body)
        return Reply(429, {}, {"Retry-After": "900"}) if is_stopped else dialer.answer(body, count)

    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, file, LIST_ID, "--yes", code=9)
        load(cxcall, file, LIST_ID, "--yes", code=7)
        load(cxcall, file, other_list, "--yes", code=0)
    assert sorted(dialer.loaded) == ["P0", "P0", "P1"]  # two parts of a load are sent side by side


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://API.example.com/calls/A?x=1",
        "https://api.example.com:443/calls/A?x=1",
        "https://api.example.com./calls/A?x=1",
    ],
)
def test_spelling_of_the_host_does_not_change_the_digest(spelling: str) -> None:
    usual = "https://api.example.com/calls/A?x=1"
    assert intent_digest("POST", spelling, {}) == intent_digest("POST", usual, {})
    other = spelling.replace("/A", "/a")
    assert intent_digest("POST", other, {}) != intent_digest("POST", usual, {})


@pytest.mark.parametrize(
    ("url", "other", "is_same"),
    [
        ("http://api.example.com:8080/v1", "https://API.example.com", True),
        ("http://[::1]:8080", "http://localhost:8080/v1", True),
        ("http://[2001:db8::1]:8080", "https://[2001:db8::1]", True),
        ("http://localhost:8080", "http://localhost:8081", False),
        ("https://api.example.com", "https://api.example.org", False),
        ("sandbox", "http://sandbox", False),
    ],
)
def test_same_api_is_the_same_host_and_on_this_machine_the_same_port(
    url: str, other: str, *, is_same: bool
) -> None:
    assert is_same_api(url, other) is is_same
