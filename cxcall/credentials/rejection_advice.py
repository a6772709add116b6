"""Advise what to do about credentials that the API refused, by their source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials.access_token import EXPLICIT, Token
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE
from cxcall.responses.refusals.refused_request import SentCredentials
from cxcall.settings.sources import Layer
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.settings.settings import Settings


def describe_credentials(
    settings: Settings, credentials: Credentials | None, *, is_new: bool
) -> SentCredentials:
    """Return what the explanation of a refusal says of credentials; `is_new` is as in `advise_on_rejection`."""
    has_token = isinstance(credentials, Token) or bool(credentials and credentials.token)
    return SentCredentials(has_token, advise_on_rejection(settings, credentials, is_new=is_new))


def advise_on_rejection(
    settings: Settings, credentials: Credentials | None, *, is_new: bool = False
) -> str:
    """Return what to do; `is_new` says that the token was requested after an earlier one was refused."""
    if credentials is None:
        return "the API document declares no credentials for this operation: correct the document"
    token = credentials if isinstance(credentials, Token) else credentials.token
    if token is None:
        return (
            f"check that the credentials (from {credentials.source}) are for this account and host"
        )
    is_stored = token.layer is Layer.LOGIN
    if token.kind != EXPLICIT:
        return _advise_on_client(settings, token, is_stored=is_stored, is_new=is_new)
    if is_stored:
        return f"store another token: {settings.login_command('--with-token')}"
    return f"replace the access token (from {token.source}); cxcall cannot renew it"


def _advise_on_client(settings: Settings, token: Token, *, is_stored: bool, is_new: bool) -> str:
    if token.kind == AUTHORIZATION_CODE:
        return f"log in again: {settings.login_command('--web')}"
    if is_new:
        client = "access key" if token.kind == ACCESS_KEY else "OAuth client"
        return (
            f"a new token was refused, too: check that the {client} is active, and that it is for"
            f" `{host_of(settings.base_url)}`: `cxcall config show`"
        )
    if is_stored:
        return f"log in again: {settings.login_command()}"
    return "delete the cached token, so that cxcall requests a new one: `cxcall auth logout`"
