"""An unknown command has a hint on what is meant, which is never a call or a deletion unless it is misspelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

MEANT = {
    "hang-up": "write `cxcall send hang-up`; ",
    "exit-codes": "write `cxcall help exit-codes`; ",
    "report": "write `cxcall batch report`; ",
    "auth-login": "write `cxcall auth login`; ",
    "whoami": "write `cxcall auth status`; ",
    "resend": "write `cxcall history show ID`; ",
    "dial": "write `cxcall operations`; ",
    "config ls": "write `cxcall config show`; ",
    "Execute": "write `cxcall execute`; ",
    "expotr": "the most similar command is `campaign export` or `history export`; ",
    "sandbox request": "the most similar command is `sandbox requests`; ",
    "sandbox start": "write `cxcall sandbox`; ",
    "operations show x": "write `cxcall operations NAME`; ",
    "batch reprot": "the most similar command is `batch report`; ",
    "campaign stat": "the most similar command is `campaign status`; ",
    "batch show": "the commands are `batch list`, `batch report`, `batch status`, `batch cancel`; ",
    "validate --file x": "leave out `--file`: `FILE` is an argument; ",
    "batch -f x": "leave out `-f`: `FILE` is an argument; ",
    "execute --campaign-id x": "leave out `--campaign-id`: `CAMPAIGN_ID` is an argument; ",
}
"""What is typed, and the start of the hint."""
MEANS_SOMETHING_ELSE = (
    "run",
    "again",
    "about",
    "shell",
    "exit",
    "health",
    "all",
    "history clear",
    "config send",
)


@each_case("typed", MEANT, quick=4)
def test_hint_names_the_command_that_is_meant(cxcall: Cxcall, typed: str) -> None:
    (finding,) = cxcall(*typed.split(), "-o", "json", code=2).envelope["findings"]
    assert finding["fix"].startswith(f"{MEANT[typed]}see `cxcall ")


@each_case("typed", MEANS_SOMETHING_ELSE, quick=2)
def test_similar_word_suggests_no_command(cxcall: Cxcall, typed: str) -> None:
    (finding,) = cxcall(*typed.split(), "-o", "json", code=2).envelope["findings"]
    assert finding["fix"].startswith("see `cxcall ")


NEAR = {
    "plce-call": "place-call",
    "place-cal": "place-call",
    "place-calls": "place-call",
    "conversations-calls": "get-conversations-calls",
}
"""Names of no operation, and the one that is suggested: a call or a deletion only for a misspelled name."""


FAR = ("replace-call", "delete-call", "delete-callback")


@each_case("name", [*NEAR, *FAR], quick=3)
def test_unknown_operation_suggests_a_call_only_if_misspelled(cxcall: Cxcall, name: str) -> None:
    (finding,) = cxcall("send", name, "-o", "json", code=2).envelope["findings"]
    near = NEAR.get(name)
    assert finding["fix"] == (
        f"the most similar name is `{near}`" if near else "see `cxcall operations`"
    )
