"""A person logs in by the browser: Authorization Code with PKCE, on a loopback redirect (RFC 8252)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxcall.credentials.oauth_client import credentials_error
from cxcall.credentials.redirect_server import RedirectServer
from cxcall.credentials.token_request import redeem_code
from cxcall.transport.urls import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

    from cxcall.credentials.oauth_client import Client, TokenGrant
    from cxcall.findings.errors import CredentialsError

PATIENCE = 300.0
"""Seconds that a person has to log in."""

_AGAIN = "`cxcall auth login --web`"
_VERIFIER = 64
_SHOWN = 200


@dataclass(frozen=True)
class Login:
    """One login of one person; nothing of it is used twice."""

    client: Client
    web: WebApplicationClient
    state: str
    verifier: str

    @classmethod
    def new(cls, client: Client) -> Login:
        """Start a login, with a state and a verifier of its own."""
        from oauthlib.oauth2 import WebApplicationClient

        web = WebApplicationClient(client.client_id)
        return cls(client, web, secrets.token_urlsafe(32), web.create_code_verifier(_VERIFIER))

    def page(self, redirect_uri: str, scope: str) -> str:
        """Return the address of the page to log in at."""
        page = f"{self.client.token_url.rpartition('/')[0]}/authorize"
        asked = self.web.prepare_request_uri(
            _as_https(page),
            redirect_uri=redirect_uri,
            scope=scope or None,
            state=self.state,
            code_challenge=self.web.create_code_challenge(self.verifier, "S256"),
            code_challenge_method="S256",
        )
        return page + str(asked).removeprefix(_as_https(page))

    def code(self, answer: str) -> str:
        """Return the code in the address that the browser came back to; raises CredentialsError."""
        from oauthlib.oauth2 import OAuth2Error

        try:
            told = self.web.parse_request_uri_response(_as_https(answer), state=self.state)
        except OAuth2Error as error:
            raise self._refusal(error) from None
        return str(told["code"])

    def _refusal(self, error: OAuth2Error) -> CredentialsError:
        from oauthlib.oauth2 import AccessDeniedError, MismatchingStateError, MissingCodeError

        host = self.client.host
        if isinstance(error, MismatchingStateError):
            why = "its `state` is not the one that was sent: it may be an old tab, or somebody else's login"
            return credentials_error("the browser came back from another login", _AGAIN, why)
        if isinstance(error, MissingCodeError):
            return credentials_error(f"the browser came back from `{host}` without a code", _AGAIN)
        said = ": ".join(filter(None, (str(error.error or ""), str(error.description or ""))))
        why = f"`{host}` says `{printable(said)[:_SHOWN]}`"
        if isinstance(error, AccessDeniedError):
            fix = f"{_AGAIN}, and allow it there; a client's first login needs `oauth:client:authorize`"
            return credentials_error("the login was refused in the browser", fix, why)
        fix = "check the client's grant type and that its redirect URIs hold `http://localhost`"
        return credentials_error(f"`{host}` refused the login", fix, why)


def log_in(
    client: Client,
    show: Callable[[str], None],
    *,
    port: int = 0,
    scope: str = "",
    timeout: float = 30.0,
    patience: float = PATIENCE,
) -> TokenGrant:
    """Let a person log in at the page that `show` is given, and redeem the code for a token.

    `port` 0 takes a free one; `timeout` bounds the exchange and `patience` the person, in seconds.
    Raises CredentialsError when it comes to nothing, UndeliveredError when the endpoint does not
    answer, and UsageError when the port cannot be had.
    """
    login = Login.new(client)
    with RedirectServer(port, login.code) as loopback:
        show(login.page(loopback.redirect_uri, scope))
        code = loopback.wait(patience)
    if not code:
        message = f"nobody logged in within {patience:g} s"
        why = "the browser did not come back; the page may be closed, or its redirect URI not registered"
        raise credentials_error(message, _AGAIN, why)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": login.verifier,
        "redirect_uri": loopback.redirect_uri,
    }
    # The code stands where the refresh token will: what is refused is shown without it.
    return redeem_code(client._replace(refresh_token=code), form, timeout)


def _as_https(url: str) -> str:
    # oauthlib takes no other scheme; which of ours may be plain, `endpoint.check_url` has settled.
    return url.replace("http://", "https://", 1)
