"""With --output json, every command prints one envelope that matches its schema."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import jsonschema
import pytest

from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

SCHEMA = json.loads(
    resources.files("cxcall").joinpath("output/envelope.schema.json").read_text("utf-8")
)
ENVELOPE = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
PERSONAL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "follow_up")
EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number")

PATHS = [
    (("auth", "login"), 0, "ok"),
    (("auth", "token"), 0, "ok"),
    (("auth", "logout"), 0, "ok"),
    (PERSONAL, 0, "accepted"),
    ((*PERSONAL, "--dry-run"), 0, "dry-run"),
    (("personal-connection", "--contact-id", "1"), 3, "invalid"),
    (("personal-connection", "--contact-id", "1", "--reason-code", "x", "--force"), 5, "refused"),
    ((*EXECUTE, "+12025550129"), 6, "undelivered"),
    ((*EXECUTE, "+12025550142"), 4, "refused"),
    ((*EXECUTE, "+12025550150"), 8, "unknown"),
    (("validate", "good.json"), 0, "valid"),
    (("explain", "--codes"), 0, "ok"),
    (("explain", "missing.json"), 2, "error"),
    (("explain", "failed.json"), 3, "invalid"),
    (("batch", "calls.csv", "--operation", "personal-connection"), 2, "error"),
    (("history", "prune", "--older-than", "1d"), 0, "ok"),
    (("validate", "bad.json"), 3, "invalid"),
    (("operations",), 0, "ok"),
    (("operations", "execute"), 0, "ok"),
    (("history", "list"), 0, "ok"),
    (("history", "show", "nope"), 2, "error"),
    (("config", "show"), 0, "ok"),
    (("doctor",), 0, "ok"),
    (("doctor", "--for", "execute"), 5, "error"),
    (("track", CONTACT), 8, "unknown"),
    (("send", "get-campaign", "--campaign-id", CAMPAIGN), 0, "accepted"),
    (("callback", "--to", "+12025550123", "--queue", CAMPAIGN), 0, "accepted"),
    (("help", "exit-codes"), 0, "ok"),
    (("completion", "bash"), 0, "ok"),
    (("nope",), 2, "error"),
    (("--nope",), 2, "error"),
    (("--base-url", "http://example.com", *PERSONAL), 2, "error"),
    (("--profile", "nope", *PERSONAL), 2, "error"),
]


@each_case("arguments, code, outcome", PATHS, quick=2)
def test_envelope_matches_its_schema(
    live: Cxcall, arguments: tuple[str, ...], code: int, outcome: str
) -> None:
    own = {"CXCALL_STATE_DIR": str(live.folder / f"state-{live.starts}")}
    live.file("good.json", {"contactId": CONTACT, "reasonCode": "follow_up"})
    live.file("bad.json", "{")
    live.file("failed.json", {"method": "POST", "path": "/api/v2/outbound/calls", "status": 400})
    ran = live(*arguments, "-o", "json", code=code, env=own)
    ENVELOPE.validate(ran.envelope)
    assert ran.envelope["outcome"] == outcome
    assert ran.envelope["exitCode"] == code
    # `batch -o jsonl > FILE` would fail silently if its errors were only in the file.
    assert ran.err == "" or arguments[0] == "batch"


@each_case(
    "command, good, bad",
    [
        ("auth logout", (), ("--client-id",)),
        ("history list", (), ("--since", "soon")),
        ("history prune", ("--older-than", "1d"), ("--older-than", "soon")),
        ("history prune", ("--older-than", "1d"), ("--older-than",)),
        ("config path", (), ("--nope",)),
        ("send get-campaign", ("--campaign-id", CAMPAIGN), ()),
        ("help", ("files",), ("nope",)),
        ("personal-connection", PERSONAL[1:], ("--profile", "auth")),
    ],
    quick=1,
)
def test_command_has_the_same_name_on_success_and_on_error(
    live: Cxcall, command: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    for code, words in ((0, good), (2, bad)):
        ran = live("-o", "json", *command.split(), *words, code=code)
        assert ran.envelope["command"] == command


@pytest.mark.slow
def test_errors_name_the_operation_and_the_request_that_was_built(live: Cxcall) -> None:
    live.file("dnc.txt", "+12025550102")
    live.file("bad.json", "{")
    for words, code, has_request in (
        (("--contact-id", "1", "--phone-number", "+12025550102"), 3, True),
        (("-f", "bad.json"), 3, False),
        ((*EXECUTE[2:], "+12025550102", "--do-not-call", "dnc.txt"), 7, True),
    ):
        envelope = live("execute", CAMPAIGN, *words, "-o", "json", code=code).envelope
        ENVELOPE.validate(envelope)
        assert (envelope["operation"], envelope["provenance"]) == ("execute", "community")
        assert (envelope["request"] is not None) == has_request
        assert "+12025550102" not in str(envelope)
    envelope = live("campaign", "start", "x", "-o", "json", code=3).envelope
    assert (envelope["operation"], envelope["provenance"]) == ("start-campaign", "published")
    assert envelope["request"]["method"] == "POST"


@pytest.mark.slow
def test_each_refusal_has_a_finding_with_advice(live: Cxcall) -> None:
    for number in ("+12025550129", "+12025550140", "+12025550150"):
        envelope = live(*EXECUTE, number, "-o", "json").envelope
        errors = [found for found in envelope["findings"] if found["severity"] == "error"]
        assert errors, number
        assert all(found["fix"] or found["why"] for found in errors), errors
        assert envelope["correlationId"] == envelope["response"]["headers"]["Inin-Correlation-Id"]


def test_404_names_the_published_operation(live: Cxcall) -> None:
    ran = live(*EXECUTE, "+12025550144", code=5)
    assert "POST /api/v2/outbound/campaigns/{campaignId}/start" in ran.err
    assert "error[path-unpublished]" in ran.err
