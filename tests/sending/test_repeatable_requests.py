"""After a lost response, only a request that is safe to repeat, such as a stop, may be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import wrap
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

pytestmark = pytest.mark.slow

ID = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
NUMBER = '/0="+12025550123"'
IDEMPOTENT = {"x-cxcall-idempotent": True}


def run(cxcall: Cxcall, *words: str, contract: tuple[str, ...] = ()) -> tuple[Ran, Ran]:
    """Return what a command prints whose response is lost, and what `explain --last` prints then."""
    with Platform(lambda _body, _count: Reply(502, {}, rings=False)) as platform:
        cxcall.environment |= platform.environment
        return cxcall(*words, *contract, code=8), cxcall("explain", "--last", *contract, code=3)


@pytest.mark.parametrize(
    "words",
    [
        ("campaign", "stop", ID),
        ("send", "stop-campaign", "--campaign-id", ID),
        ("send", "add-dnc-numbers", "--dnc-list-id", ID, "--set", NUMBER),
    ],
)
def test_stop_and_do_not_call_are_to_be_sent_again(cxcall: Cxcall, words: tuple[str, ...]) -> None:
    ran, last = run(cxcall, *words)
    assert "hint: run it again; or find out whether it was processed" in ran.err
    assert "hint: run it again; or find out whether it was processed" in last.out
    assert "call may have been placed" not in ran.err + last.out
    assert (f"see whether it runs: `cxcall campaign status {ID}`" in ran.err) == (
        words[0] == "campaign"
    )


def test_last_delivery_without_a_response_has_no_other_cause(live: Cxcall) -> None:
    campaign = ("execute", ID, "--contact-id", ID, "--phone-number", "+12025550157")
    live(*campaign, code=8)
    last = live("explain", "--last", "-o", "json", code=3)
    assert last.codes == ["outcome-unknown"]
    assert "is unknown: the connection was closed without a response; the call" in last.out
    assert last.envelope["data"]["attempts"][0]["root"] is None


KNOWN = {"security": [], "responses": {}, "x-cxcall-rings": False}
DECLARED: dict[str, tuple[str, dict[str, Any], bool]] = {
    "run-put": ("put", {}, True),
    "run-delete": ("delete", {}, True),
    "run-post": ("post", {}, False),
    "run-patch": ("patch", {}, False),
    "run-twice": ("post", IDEMPOTENT, True),
    "run-call": ("post", IDEMPOTENT | {"summary": "Dial a lead"}, False),
}
"""Of each operation: its method, what the document declares of it, and whether it is repeatable."""


def test_advice_follows_from_the_method_and_the_document(cxcall: Cxcall) -> None:
    paths = {
        f"/{name}": {method: KNOWN | {"operationId": name} | declared}
        for name, (method, declared, _) in DECLARED.items()
    }
    own = ("--contract", cxcall.file("own.json", wrap("3.1.0", paths, "own.example")))
    for name, (_, declared, is_repeatable) in DECLARED.items():
        ran, last = run(cxcall, "send", name, "--yes", contract=own)
        for text in (ran.err, last.out):
            assert ("hint: run it again; or find out" in text) == is_repeatable, name
            assert ("hint: do not run it again" in text) != is_repeatable, name
            assert ("and calls placed" in text) == ("summary" in declared), name


def test_advice_without_the_document_is_not_to_repeat(cxcall: Cxcall) -> None:
    paths = {"/teams": {"put": KNOWN | {"operationId": "run"}}}
    own = ("--contract", cxcall.file("own.json", wrap("3.1.0", paths, "own.example")))
    _, last = run(cxcall, "send", "run", "--yes", contract=own)
    assert "hint: run it again; or find out" in last.out
    unknown = cxcall("explain", "--last", code=3).out
    assert "hint: do not run it again: find out whether it was processed, or a call" in unknown
    assert "`--contract FILE`, with the document of `run`, shows whether" in unknown
    cxcall("explain", "--last", "--contract", "gone.json", code=2)


def test_resumed_batch_asks_what_its_operation_may_have_done(cxcall: Cxcall) -> None:
    known = {"operationId": "run", "security": [], "responses": {}, "x-cxcall-rings": False}
    schema = {"type": "object", "properties": {"team": {"type": "string"}}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    document = wrap("3.1.0", {"/teams": {"post": known | body}}, "own.example")
    file, own = cxcall.file("rows.csv", "/team\na\n"), cxcall.file("own.json", document)
    words = ("batch", file, "--operation", "run", "--contract", own, "-o", "jsonl")
    with Platform(lambda _body, _count: Reply(502, {}, rings=False)) as platform:
        cxcall.environment |= platform.environment
        sent, resumed = cxcall(*words, code=9).out, cxcall(*words, "--resume", code=9).out
    for text in (sent, resumed):
        assert "the request may have been processed" in text
        assert "find out whether it was processed" in text
        assert "call may have been placed" not in text
