"""`cxcall doctor`: checks that pass, fail, or stay unknown, without placing a call."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.contracts.contract import find_extended_operations
from cxcall.contracts.openapi_document import DOCTOR
from cxcall.contracts.parameters import required_parameters
from cxcall.platform_reads.read_requests import describe_missing
from cxcall.sandbox.server import Sandbox
from helpers.command import CAMPAIGN, CONTACT, Cxcall, Ran
from helpers.platform_server import Platform, Reply
from helpers.vendor_documents import secured_api

USER = "00000004-1234-1234-1234-123456789012"
LIST = "00000002-1234-1234-1234-123456789012"
NUMBER = "+12025550123"
BODY = {
    "contactId": CONTACT,
    "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": NUMBER}},
}
CASE = ("--for", "execute", "--param", f"campaignId={CAMPAIGN}", "--file", "body.json")


def lines(ran: Ran) -> dict[str, list[tuple[str, str]]]:
    """Return (verdict, text) of each check, by its subject."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in ran.envelope["data"]["checks"]:
        found.setdefault(line["check"], []).append((line["verdict"], line["says"]))
    return found


def verdicts(ran: Ran) -> dict[str, list[str]]:
    return {check: [verdict for verdict, _ in results] for check, results in lines(ran).items()}


def platform(**answers: Any) -> Platform:
    """Run a platform with the sandbox's responses to reads, except those in `replies` by a part of the path."""
    usual = {
        "/tokens/me": {
            "organization": {"name": "Example"},
            "authorizedScope": ["outbound"],
            "OAuthClient": {"state": "active"},
        },
        "/campaigns/": {
            "name": "Follow-up",
            "campaignStatus": "on",
            "dialingMode": "preview",
            "errors": [],
            "contactList": {"id": LIST},
        },
        "/apiversion": {},
        "/contacts/": {"callable": True},
        "/contactlists/": {"phoneColumns": [{"columnName": "phoneNumber"}]},
    }

    def reads(path: str, _count: int) -> Reply:
        for part, usually in usual.items():
            if part in path:
                found = answers.get(part.strip("/").partition("/")[0], usually)
                return found if isinstance(found, Reply) else Reply(200, found)
        return Reply(404)

    return Platform(reads=reads)


@pytest.mark.slow
def test_checks_of_the_sandbox_pass_and_place_no_call(live: Cxcall, sandbox: Sandbox) -> None:
    live.file("body.json", BODY)
    ran = live("doctor", *CASE, "-o", "json", code=0)
    verdicts_by_check = verdicts(ran)
    assert verdicts_by_check["campaign"] == ["passed", "passed", "passed", "unknown"]
    assert verdicts_by_check["contact list"] == ["passed", "passed"]
    assert verdicts_by_check["contact"] == ["passed", "passed"]
    assert (verdicts_by_check["request"], verdicts_by_check["provenance"]) == (
        ["passed"],
        ["unknown"],
    )
    assert set(verdicts_by_check) >= {
        "settings",
        "host",
        "TLS",
        "clock",
        "credentials",
        "token",
        "scope",
        "rate",
    }
    assert not sandbox.rings
    assert {entry.method for entry in sandbox.received} <= {"GET", "POST"}
    assert [entry.path for entry in sandbox.received if entry.method == "POST"] == ["/oauth/token"]
    assert NUMBER not in ran.out


@pytest.mark.slow
def test_settings_host_and_token_are_checked_without_an_operation(live: Cxcall) -> None:
    verdicts_by_check = verdicts(live("doctor", "-o", "json", code=0))
    assert "request" not in verdicts_by_check
    assert verdicts_by_check["token"] == verdicts_by_check["client"] == ["passed"]


@pytest.mark.slow
def test_failed_checks_name_the_next_step(cxcall: Cxcall) -> None:
    cxcall.file("body.json", BODY)
    errors = [{"code": "no.lines"}]
    with platform(
        campaigns={"campaignStatus": "off", "errors": errors, "contactList": {"id": LIST}},
        contactlists={"phoneColumns": [{"columnName": "Home"}]},
        contacts=Reply(404, {"code": "not.found", "message": "no such contact"}),
        tokens={"OAuthClient": {"state": "disabled"}, "authorizedScope": ["routing"]},
    ) as running:
        ran = cxcall("doctor", *CASE, "-o", "json", code=5, env=running.environment)
    results = lines(ran)
    failed = {
        check: [says for verdict, says in entries if verdict == "failed"]
        for check, entries in results.items()
    }
    assert "`off`" in failed["campaign"][0]
    assert "no.lines" in failed["campaign"][1]
    assert "`Home`" in failed["contact list"][0]
    assert f"contact `{CONTACT}` is not in contact list `{LIST}` (HTTP 404" in failed["contact"][0]
    assert "`disabled`" in failed["client"][0]
    assert results["scope"][0][0] == "unknown"  # scopes apply only to a person's token
    fixes = [line["fix"] for line in ran.envelope["data"]["checks"] if line["verdict"] == "failed"]
    assert all(fixes)


@pytest.mark.slow
def test_contact_is_looked_up_in_the_list_of_the_campaign(cxcall: Cxcall) -> None:
    cxcall.file("body.json", BODY)
    with platform() as running:
        cxcall("doctor", *CASE, code=0, env=running.environment)
        assert running.seen[f"/api/v2/outbound/contactlists/{LIST}/contacts/{CONTACT}"] == 1


@pytest.mark.slow
def test_object_that_does_not_exist_is_named_and_nothing_is_looked_for_in_it(
    cxcall: Cxcall,
) -> None:
    cxcall.file("body.json", BODY)
    absent = Reply(404, {"code": "not.found", "message": "none"})
    with platform(contactlists=absent) as running:
        results = lines(cxcall("doctor", *CASE, "-o", "json", code=5, env=running.environment))
        says = f"contact list `{LIST}` does not exist"
        assert results["contact list"] == [("failed", f"{says} (HTTP 404, `get-contact-list`)")]
        assert results["contact"] == [("unknown", f"not checked: {says}")]
    with platform(campaigns=absent) as running:
        results = lines(cxcall("doctor", *CASE, "-o", "json", code=5, env=running.environment))
    assert f"campaign `{CAMPAIGN}` does not exist" in results["campaign"][0][1]
    described = {
        operation.name: describe_missing(
            operation, dict.fromkeys(required_parameters(operation), "U")
        )
        for operation in find_extended_operations(DOCTOR)
        if required_parameters(operation)
    }
    assert described == {
        "get-campaign": "campaign `U` does not exist",
        "get-contact-list": "contact list `U` does not exist",
        "get-contact": "contact `U` is not in contact list `U`",
        "cxone-get-skill": "skill `U` does not exist",
    }


@pytest.mark.slow
def test_objects_that_are_not_named_are_unknown(live: Cxcall) -> None:
    results = lines(live("doctor", "--for", "execute", "-o", "json", code=5))
    assert results["campaign"][0][0] == "unknown"
    assert "`campaignId` is not known" in results["campaign"][0][1]
    assert results["request"][0][0] == "failed"
    words = ("--for", "execute", "--param", f"campaignId={CAMPAIGN}", "-o", "json")
    results = lines(live("doctor", *words, code=0))
    assert results["request"][0] == ("unknown", "the body is not checked: none was given")
    assert "number" not in results


def test_request_and_its_numbers_are_checked_offline(cxcall: Cxcall) -> None:
    cxcall.file("body.json", {**BODY, "contactId": "12345"})
    cxcall.file("dnc.txt", f"{NUMBER}\n")
    words = ("doctor", *CASE, "--do-not-call", "dnc.txt", "--hours", "00:00-23:59:59", "-o", "json")
    ran = cxcall(*words, "--base-url", "http://127.0.0.1:9", code=5)
    verdicts_by_check = verdicts(ran)
    assert verdicts_by_check["request"][0] == "failed"
    assert verdicts_by_check["number"] == ["passed"]
    assert verdicts_by_check["do-not-call"] == ["failed"]
    assert verdicts_by_check["hours"] == ["passed"]
    assert verdicts_by_check["host"] == ["failed"]
    for check in ("TLS", "clock", "credentials", "token", "rate"):
        assert verdicts_by_check[check] == ["unknown"]


@pytest.mark.slow
def test_need_for_a_user_token_is_reported(live: Cxcall) -> None:
    ran = live("doctor", "--for", "place-call", "--param", f"to={NUMBER}", "-o", "json", code=5)
    token = [says for verdict, says in lines(ran)["grant"] if verdict == "failed"]
    assert "authorization-code" in token[0]
    assert verdicts(ran)["permission"] == ["unknown"]
    ran = live("doctor", "--for", "place-call", "--set", "/uuiData=1", code=5)
    assert "add `--param to=NUMBER`" in ran.out


@pytest.mark.slow
def test_missing_credentials_and_a_refused_token_are_distinguished(
    cxcall: Cxcall, sandbox: Sandbox
) -> None:
    ran = cxcall("doctor", "--base-url", sandbox.base_url, "-o", "json", code=5)
    assert verdicts(ran)["credentials"] == ["failed"]
    env = {"CXCALL_ACCESS_TOKEN": "refused-token"}
    ran = cxcall("doctor", "--base-url", sandbox.base_url, "-o", "json", code=5, env=env)
    verdicts_by_check = verdicts(ran)
    assert (verdicts_by_check["credentials"], set(verdicts_by_check["token"])) == (
        ["passed"],
        {"failed"},
    )
    assert "refused-token" not in ran.out


@pytest.mark.slow
def test_response_without_data_is_not_that_of_the_api(cxcall: Cxcall) -> None:
    for name, part, reply, code, verdict in (
        ("genesys-cloud", "tokens", Reply(200, [{}]), 5, "failed"),
        ("genesys-cloud", "tokens", Reply(204), 5, "failed"),
        ("nice-cxone", "apiversion", Reply(204), 0, "passed"),  # its schema declares 204
    ):
        with platform(**{part: reply}) as running:
            env = {"CXCALL_ACCESS_TOKEN": "token", "CXCALL_BASE_URL": running.base_url}
            ran = cxcall("doctor", "--platform", name, "-o", "json", code=code, env=env)
        assert verdicts(ran)["token"] == [verdict], name


def test_clock_is_compared_with_the_host(cxcall: Cxcall) -> None:
    with platform(tokens=Reply(200, {}, {"Date": "Wed, 01 Jan 2020 00:00:00 GMT"})) as running:
        ran = cxcall("doctor", "-o", "json", code=5, env=running.environment)
    assert "ahead of the host" in lines(ran)["clock"][0][1]


def test_low_rate_budget_is_reported(cxcall: Cxcall) -> None:
    spent = {
        f"inin-ratelimit-{name}": value
        for name, value in (("allowed", "300"), ("count", "299"), ("reset", "42"))
    }
    with platform(tokens=Reply(200, {}, spent)) as running:
        ran = cxcall("doctor", "-o", "json", code=5, env=running.environment)
    assert lines(ran)["rate"] == [("failed", "1 request is left for 42 s")]


@pytest.mark.parametrize("words", [(), ("--for", "execute")])
def test_unknown_parameter_is_rejected(words: tuple[str, ...], cxcall: Cxcall) -> None:
    ran = cxcall("doctor", *words, "--param", "campaignI=x", "-o", "json", code=2)
    [found] = ran.envelope["findings"]
    assert found["message"] == "unknown parameter `campaignI`"
    assert found["fix"] == "the most similar name is `campaignId`"


@pytest.mark.parametrize("given", ["campaignId", "=x", "campaignId="])
def test_parameter_without_a_value_is_rejected(given: str, cxcall: Cxcall) -> None:
    cxcall("doctor", "--for", "execute", "--param", given, code=2)


@pytest.mark.slow
def test_text_output_has_a_line_per_check(live: Cxcall) -> None:
    ran = live("doctor", code=0)
    first = ran.out.splitlines()[0]
    assert first.startswith("passed\tsettings\tprofile `default`")
    assert ran.err.strip().endswith("passed, 0 failed, 1 unknown")
    assert {line.count("\t") for line in ran.out.splitlines()} == {3}


@pytest.mark.slow
def test_cxone_skill_is_looked_up(live: Cxcall) -> None:
    words = ("--for", "cxone-dial-phone", "--param", f"to={NUMBER}", "--param", "skillId=4711")
    ran = live(
        "doctor",
        *words,
        "--param",
        "session=1",
        "-o",
        "json",
        code=5,
        env={"CXCALL_PLATFORM": "nice-cxone"},
    )
    assert verdicts(ran)["skill"] == ["passed"] * 4


@pytest.mark.slow
@pytest.mark.parametrize("token", [{}, {"CXCALL_ACCESS_TOKEN": "a-token"}])
@pytest.mark.parametrize("words", [(), ("--for", "dial")])
def test_own_api_is_asked_for_no_route_of_a_platform(
    cxcall: Cxcall, token: dict[str, str], words: tuple[str, ...]
) -> None:
    asked: list[str] = []

    def reads(path: str, _count: int) -> Reply:
        asked.append(path)
        return Reply(404)

    file = cxcall.file("own.json", secured_api({"token": {"type": "http", "scheme": "bearer"}}))
    with Platform(reads=reads) as running:
        env = {**token, "CXCALL_BASE_URL": f"{running.environment['CXCALL_BASE_URL']}/v1"}
        ran = cxcall("doctor", "--contract", file, *words, "-o", "json", env=env)
    assert asked == ["/v1"]
    credentials = ["passed"] if token else ["failed"] if words else ["unknown"]
    assert verdicts(ran)["credentials"] == credentials
    assert "token" not in verdicts(ran)


@pytest.mark.parametrize("setting", [{"CXCALL_PLATFORM": "genesys-cloud"}, {}])
def test_platform_that_the_settings_name_is_checked_despite_an_own_document(
    cxcall: Cxcall, setting: dict[str, str]
) -> None:
    file = cxcall.file("own.json", secured_api({"token": {"type": "http", "scheme": "bearer"}}))
    env = {"CXCALL_REGION": "us-east-1", "HTTPS_PROXY": "http://127.0.0.1:9", **setting}
    ran = cxcall("doctor", "--contract", file, "-o", "json", env=env, code=5)
    ((verdict, says),) = lines(ran)["host"]
    assert (verdict, says.split()[0]) == ("failed", "`api.mypurecloud.com`")
