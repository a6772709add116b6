"""Explain a refusal of the credentials by their source, in place of general advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials.access_token import Token
from cxcall.responses.refusals.cause_table import (
    NEW_TOKEN,
    NOT_AUTHENTICATED,
    TOKEN_NOT_ACCEPTED,
)

if TYPE_CHECKING:
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.findings.finding import Finding
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

_ABOUT_TOKENS = (NOT_AUTHENTICATED, TOKEN_NOT_ACCEPTED)


def explain_rejection(
    result: Delivery, settings: Settings, credentials: Credentials | None, *, is_new: bool
) -> Delivery:
    """Return a result with advice on the credentials that were sent, in the findings on a refused token.

    `is_new` says that the token was requested after an earlier one was refused.
    """
    has_token = isinstance(credentials, Token) or (credentials and credentials.token)
    if has_token:
        result = result._replace(findings=tuple(map(_with_token, result.findings)))
    if not any(NEW_TOKEN in each.fix for each in result.findings):
        return result
    from cxcall.credentials.rejection_advice import advise_on_rejection

    advice = advise_on_rejection(settings, credentials, is_new=is_new)
    findings = (each._replace(fix=each.fix.replace(NEW_TOKEN, advice)) for each in result.findings)
    return result._replace(
        findings=tuple(each if has_token else _without_token(each) for each in findings)
    )


def _with_token(finding: Finding) -> Finding:
    """Return a finding that the token is missing, of a request that was sent with one."""
    if finding.code != "token-missing":
        return finding
    return finding._replace(
        message=finding.message.replace(
            "no token was sent", "a token was sent, but the API says that it got none"
        ),
        fix="check whether a proxy or a gateway removes the header `Authorization`",
    )


def _without_token(finding: Finding) -> Finding:
    """Return a finding on the token of a request that was sent without one."""
    if finding.code != "token-expired":
        return finding
    message = finding.message
    for each in _ABOUT_TOKENS:
        message = message.replace(each, "the API does not accept the credentials")
    return finding._replace(code="credential", message=message)
