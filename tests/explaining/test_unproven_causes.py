"""`explain` reports a likely cause as an error only if a schema or the response proves it."""

from __future__ import annotations

from typing import Any

from cxcall import explain
from cxcall.findings.finding import Finding, Severity
from helpers.exchanges import ACD, CALLS, exchange
from helpers.exchanges import ID as QUEUE

UPLOAD = {"skillId": 7, "forceOverwrite": True, "listFile": "aWQscGhvbmUK", "startSkill": False}


def find(source: str | dict[str, Any]) -> tuple[Finding, ...]:
    (found,) = explain(source)
    return found.findings


def test_code_that_a_comment_notes_after_a_status_is_the_response() -> None:
    call = (
        f"requests.get('https://api.mypurecloud.ie/api/v2/outbound/campaigns/{QUEUE}', headers=h)"
    )
    texts = {
        f"{call}  # 404 campaign.not.found": "campaign.not.found",
        f"{call}\n# 404: general.resource.not.found": "general.resource.not.found",
        f"{call}  # 404 when the campaign is new": "gives no reason",
    }
    for text, expected in texts.items():
        assert any(expected in f"{each.message} {each.why}" for each in find(text)), text
        assert not any("when the campaign" in each.why for each in find(text)), text


def test_refusal_of_some_value_in_a_body_that_is_not_shown_proves_no_cause() -> None:
    texts = {"Invalid participant address": True, "conversation.error.no.user.station": False}
    for text, is_open in texts.items():
        codes = [
            each.code for each in find({**exchange("POST", CALLS, None, 400, text), "body": None})
        ]
        assert ("not-provable" in codes) == is_open, text


def test_wrong_name_of_a_parameter_in_the_body_is_corrected() -> None:
    found = find(
        exchange("POST", f"{ACD}/scheduled-callbacks", {"phone": "2125550123", "skill": 7})
    )
    fixes = {each.where: each.fix for each in found if each.code == "property-unknown"}
    assert fixes["/phone"] == "send it as `?phoneNumber=...`"
    assert fixes["/skill"] == "send it as `?skillId=...`"


def test_client_token_is_a_likely_cause_of_a_403_only() -> None:
    for status, expected in ((401, Severity.NOTE), (403, Severity.WARNING), (400, Severity.NOTE)):
        found = find(exchange("GET", "/api/v2/users/me", None, status))
        (about,) = (each for each in found if each.code == "token-user-context")
        assert about.severity is expected


def test_fields_sent_as_json_are_not_called_a_form_of_curl() -> None:
    upload = {"url": "https://apps.mypurecloud.com/uploads/v2/contactlist", "method": "POST"}
    source = {
        **upload,
        "headers": {"Content-Type": "application/json"},
        "body": {"id": QUEUE},
        "status": 415,
    }
    (about,) = (each for each in find(source) if each.where == "header:Content-Type")
    assert "not as JSON" in about.fix
    assert "curl" not in about.why


def test_body_of_another_operation_under_the_path_is_an_error_only_as_a_whole() -> None:
    for body, expected in (
        (UPLOAD, Severity.ERROR),
        ({**UPLOAD, "listName": "A"}, Severity.WARNING),
    ):
        found = find(exchange("POST", f"{ACD}/lists/call-lists", body))
        (other,) = (each for each in found if each.code == "operation-mismatch")
        assert other.severity is expected
        assert "POST /lists/call-lists/{listId}/upload" in other.fix
