"""The cause of a refusal that has only words: whole words of the sentence, and not parts of names or quoted values."""

from __future__ import annotations

import json

import pytest

from cxcall.contracts.contract import load_catalog
from cxcall.responses.refusals.reason_choice import find_cause_of_text
from cxcall.responses.refusals.refusal_findings import explain_refusal
from cxcall.responses.refusals.refused_request import RefusedRequest
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

SENTENCES = {
    "state": [
        "Campaign is already running",
        "Session already started",
        "contact ended",
        "The contact list is in use",
        "Conflict",
        "conflicts with another campaign",
        "The campaign is not active",
        "Skill 7 is not active",
        "Queue is closed",
        "the campaign is disabled",
        "Invalid state",
        "The call is not in a valid state for this operation",
        "Campaign is running",
        "the user is locked",
        "record locked",
        "The contact list is being processed",
        "Import in progress",
        "The list is not yet ready",
        "Campaign contact list is empty",
        "Campaign must be off",
        "Campaign must be off.",
        "the agent must be logged in",
    ],
    "header-missing": [
        "missing header X-Tenant",
        "X-Tenant header is required",
        "Missing X-Tenant header",
        "Required request header 'X-Tenant' for method parameter type String is not present",
        "Header X-Tenant is missing",
        "Header 'X-Tenant' not found",
        "The X-Tenant header was not provided",
        "Missing header parameter 'X-Tenant'",
        "Missing required header: X-Tenant",
    ],
    "property-missing": [
        "Field required",
        "Required",
        "This field is required.",
        "'to' is a required property",
        "must have required property 'to'",
        "Required String parameter 'to' is not present",
        "Required request body is missing",
        "to cannot be blank",
        "Missing required field: to",
        "locked is required",
        "conflict is required",
    ],
    "credential": [
        "Invalid client secret provided",
        "Bad credentials",
        "Invalid username or password",
        "incorrect user name",
        "Invalid client",
        "Invalid API credentials",
        "Invalid or expired credentials",
        "wrong password",
    ],
    "type-mismatch": [
        "Cannot deserialize value of type int from String",
        "could not convert string to float: 'abc'",
        "The JSON value could not be converted to System.Int32. Path: $.to",
        "incorrect type for field",
        "Type mismatch",
        "Cannot construct instance of `X`",
    ],
    "body-malformed": [
        "Unexpected token } in JSON at position 4",
        "invalid character 'x' in JSON",
        "Illegal character ((CTRL-CHAR, code 10)) at [Source: ; line: 1, column: 2]",
        "Unexpected end of JSON input",
        "com.fasterxml.jackson.core.JsonParseException: foo",
        "the body is not valid JSON",
        "JSON parse error",
        "Failed to parse request body",
    ],
    "token-missing": [
        "no access token",
        "No token",
        "missing bearer token",
        "Missing Authentication Token",
        "Authentication required",
        "Authentication is required",
        "Full authentication is required to access this resource",
    ],
    "token-expired": [
        "Invalid token",
        "invalid access token",
        "The token is invalid",
        "Token rejected",
        "the access token provided is invalid",
        "Your access token has expired",
        "expired token",
        "JWT expired at 2026",
        "bad or expired token",
        "password or token expired",
    ],
    "rate-limited": [
        "rate limit exceeded; try later",
        "Rate limit exceeded the maximum. Retry the request in [3] seconds",
        "Too many requests",
        "Request throttled",
        "ThrottlingException",
        "Too many concurrent calls",
    ],
    "permission-missing": [
        "Forbidden",
        "403 Forbidden,forbidden",
        "You do not have permission",
        "missing the following permissions: a:b:c",
        "access forbidden",
        "insufficient permissions",
        "The user does not have access to this queue",
    ],
    "not-found": [
        "contact not found",
        "API key not found",
        "Field representative not found",
        "Customer property 5 was not found",
        "Campaign 42 does not exist",
        "unknown skill 4",
        "Unknown contact",
    ],
    "value-not-allowed": [
        "must be one of a, b",
        "note must be one of active, inactive, running",
        "'locked' is not a valid status",
        "Invalid value 'running' for field status",
        "must be once per day",
        "Value must be off or on",
        "mode must be on, off",
        "phone number too long",
        "must not be in the past",
        "InvalidParameterException",
        "x is out of range",
        '"locked" must be a boolean',
        "locked must be a boolean",
        '"to" contains invalid value; conflict between exclusive peers [a, b]',
        "'x' is not one of ['active', 'inactive']",
        "Expected one of: running. Invalid value given",
    ],
}
OTHER_MEANINGS = {
    "not-provable": [
        "number is blocked by carrier",
        "not defined in userData",
        "thisDisabledReason unknown",
        "this disabled thing",
        "x is not a statement",
        "the running total differs",
        "Corporate limit reached",
        "no next page token",
        "page token expired",
        "Forbidden characters in name",
        "Extra properties are forbidden",
        "userId 42 is not a user",
        "cannot convert campaign to power mode",
        "The request took too long to complete",
        "You must have the role of a supervisor",
        "Unlocked accounts only",
        "no such page token",
    ],
    "value-not-allowed": [
        '"x" is not a valid statement',
        "invalid state code ZZ",
        "The number being dialed is invalid",
        "separate limits must be set",
        "The rate limit must be a positive number",
        "Invalid page token",
        "Invalid deviceToken",
        "Invalid device token",
        "Invalid clientReference",
        "Invalid value for client",
        "Bad request: clientId must be a number",
        "name contains forbidden characters and is invalid",
        "phone: invalid character '#' at position 4",
        "unknown contactField is invalid",
        "Parameter 'to' not found",
        "Field foo does not exist",
        "call.running must be a boolean",
        "/locked must be a boolean",
        "header X-Locked must be a boolean",
        "already-running must be a boolean",
        "invalid json pointer",
        "body.active must be a boolean",
        "Invalid value for call.active",
        "The oauth token url is invalid",
        "The is locked field is invalid",
        "The accepted values field is invalid",
        "thank you text must not be longer",
    ],
    "property-missing": [
        "missing required field permission",
        "Inactive agents is required",
        "inactive days must not be blank",
    ],
}
"""Sentences that contain the words of another cause in a longer word, in a name, or with another meaning."""


def code_of(message: str) -> str:
    content = json.dumps({"message": message}).encode()
    headers = Headers([("Content-Type", "application/json")])
    return explain_refusal(HttpResponse(400, "", headers, content), "", RefusedRequest(None))[
        0
    ].code


@each_case("code, messages", SENTENCES.items())
def test_words_of_a_message_name_the_cause(code: str, messages: list[str]) -> None:
    assert {message: code_of(message) for message in messages} == dict.fromkeys(messages, code)


@each_case("code, messages", OTHER_MEANINGS.items())
def test_words_in_names_and_with_other_meanings_name_no_cause(
    code: str, messages: list[str]
) -> None:
    assert {message: code_of(message) for message in messages} == dict.fromkeys(messages, code)


@pytest.mark.slow
def test_name_of_a_property_is_not_read_as_a_cause() -> None:
    operations = load_catalog()
    names = {pointer.rpartition("/")[2] for each in operations for pointer in each.pointers}
    assert len(names) > 500
    sentences = {
        "{} must be a string": "value-not-allowed",
        "body.{} must be one of a, b": "value-not-allowed",
        "The field {} is invalid.": "value-not-allowed",
        "'{}' is required": "property-missing",
        "missing required field {}": "property-missing",
    }
    wrong = {
        text: found
        for sentence, code in sentences.items()
        for text in map(sentence.format, names)
        if (found := find_cause_of_text(text).code) != code
    }
    assert wrong == {}
