"""The hint on a refusal depends on the request that was sent, and on the source of its credentials."""

from __future__ import annotations

import shlex

import pytest

from helpers.command import CAMPAIGN, CONTACT, Cxcall, Ran
from helpers.fault_server import FaultServer, answer
from helpers.platform_server import Platform, Reply

CALL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
TOKEN = {"CXCALL_ACCESS_TOKEN": "a-token-of-this-test"}
PAGE = b"<html><body>Blocked</body></html>"


def refused(cxcall: Cxcall, reply: Reply, **variables: str) -> Ran:
    """Return a call that a platform refuses with a reply; `variables` replace its client credentials."""
    with Platform(lambda _body, _count: reply) as running:
        target = {"CXCALL_BASE_URL": running.base_url, **variables}
        return cxcall(*CALL, "-o", "json", env=target if variables else running.environment)


def hint(ran: Ran) -> str:
    return str(ran.envelope["findings"][0]["fix"])


def test_refused_token_of_the_environment_is_one_error(cxcall: Cxcall) -> None:
    ran = refused(cxcall, Reply(401), **TOKEN)
    assert ran.codes == ["token-expired"]
    assert "replace the access token (from environment CXCALL_ACCESS_TOKEN)" in hint(ran)


def test_token_that_does_not_arrive_was_sent(cxcall: Cxcall) -> None:
    ran = refused(cxcall, Reply(401, {"code": "authentication.required"}), **TOKEN)
    assert ran.codes == ["token-missing"]
    (finding,) = ran.envelope["findings"]
    assert finding["message"].startswith("a token was sent, but the API says that it got none")
    assert "a proxy or a gateway removes the header `Authorization`" in hint(ran)


@pytest.mark.slow
def test_refused_token_of_a_login_is_one_error(cxcall: Cxcall) -> None:
    with Platform(lambda _body, _count: Reply(401)) as running:
        target = {"CXCALL_BASE_URL": running.base_url}
        token = TOKEN["CXCALL_ACCESS_TOKEN"]
        cxcall("auth", "login", "--with-token", stdin=token, env=target, code=0)
        ran = cxcall(*CALL, "-o", "json", env=target, code=4)
    assert ran.codes == ["token-expired"]
    assert "`cxcall auth login --with-token" in hint(ran)


def test_new_token_of_a_client_that_is_refused_needs_no_login(cxcall: Cxcall) -> None:
    ran = refused(cxcall, Reply(401))
    assert ran.codes == ["token-expired"]
    assert "requesting another token did not help: check that the OAuth client is" in hint(ran)
    assert "auth login" not in hint(ran)


def test_cached_token_that_is_refused_with_another_status_is_deleted(cxcall: Cxcall) -> None:
    ran = refused(cxcall, Reply(403, {"message": "Token is invalid or expired"}))
    assert "`cxcall auth logout" in hint(ran)


@pytest.mark.slow
def test_missing_right_is_asked_for_and_not_looked_up_in_scopes(cxcall: Cxcall) -> None:
    ran = refused(cxcall, Reply(403))
    assert "ask an administrator which permission" in hint(ran)
    assert "auth status" not in hint(ran)
    message = "missing permission: dialer:campaign:edit"
    ran = refused(cxcall, Reply(403, {"code": "missing.permissions", "message": message}))
    assert "ask an administrator to add `dialer:campaign:edit` to the role" in hint(ran)


@pytest.mark.slow
def test_refusal_of_a_valid_body_names_a_command_that_checks_its_objects(cxcall: Cxcall) -> None:
    body = {
        "contactId": CONTACT,
        "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550123"}},
    }
    file = cxcall.file("body.json", body)
    words = ("execute", CAMPAIGN, "-f", file, "--yes", "-o", "json")
    found = Reply(200, {"name": "found", "contactList": {"id": CAMPAIGN}})
    with Platform(lambda *_: Reply(400), reads=lambda *_: found) as running:
        ran = cxcall(*words, env=running.environment, code=5)
        line = hint(ran).split("`")[1]
        assert line.startswith(
            f"cxcall doctor --for execute --param campaignId={CAMPAIGN} --file FILE"
        )
        _, *words_of_hint = shlex.split(line.replace("FILE", file))
        checks = cxcall(*words_of_hint, "-o", "json", env=running.environment).envelope["data"]
    assert {"campaign", "contact", "contact list"} <= {each["check"] for each in checks["checks"]}
    assert not [each for each in checks["checks"] if "is not known" in each["says"]]


@pytest.mark.slow
def test_support_gets_a_correlation_id_only_if_the_response_has_one(cxcall: Cxcall) -> None:
    assert "correlation ID" not in hint(refused(cxcall, Reply(400)))
    known = Reply(400, headers={"ININ-Correlation-Id": "abc-1"})
    assert "the correlation ID `abc-1`" in hint(refused(cxcall, known))


@pytest.mark.parametrize("status", [400, 403])
def test_web_page_is_the_response_of_a_gateway(cxcall: Cxcall, status: int) -> None:
    with FaultServer((answer(status, {"Content-Type": "text/html"}, PAGE),)) as server:
        target = {**TOKEN, "CXCALL_BASE_URL": server.base_url}
        ran = cxcall(*CALL, "-o", "json", env=target, code=5)
    assert "ask the operator of the proxy, gateway, or firewall" in hint(ran)


@pytest.mark.slow
def test_content_type_that_was_sent_is_not_asked_for(cxcall: Cxcall) -> None:
    assert "send `Content-Type" not in hint(refused(cxcall, Reply(415)))
    sent = "POST /api/v2/conversations/calls HTTP/1.1\nHost: api.mypurecloud.com\nContent-Type: text/plain\n\n{}\n\nHTTP/1.1 415 Unsupported Media Type\n"
    assert "send `Content-Type: application/json`" in cxcall("explain", "-", stdin=sent).out


def test_pasted_request_leads_to_a_token_from_whatever_source(cxcall: Cxcall) -> None:
    sent = "GET /api/v2/tokens/me HTTP/1.1\nHost: api.mypurecloud.com\nAuthorization: Bearer x\n\nHTTP/1.1 401 Unauthorized\n"
    output = cxcall("explain", "-", stdin=sent).out
    assert "`cxcall auth token`" in output
    assert "auth login" not in output
