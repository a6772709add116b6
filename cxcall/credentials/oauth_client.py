"""The OAuth client and the token grant, which contain secrets. Their repr does not show a secret."""

from __future__ import annotations

from cxcall.credentials.access_token import check_secret, check_text, credentials_error
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr
from cxcall.settings.sources import Layer, Setting
from cxcall.transport.origins import host_of

CLIENT_CREDENTIALS = "client-credentials"
ACCESS_KEY = "access-key"
AUTHORIZATION_CODE = "authorization-code"
"""The ways to get a token, by the names that contracts use (`x-cxcall-token`)."""

CREDENTIAL_SETTINGS = {
    ACCESS_KEY: ("access_key_id", "access_key_secret"),
    CLIENT_CREDENTIALS: ("client_id", "client_secret"),
    AUTHORIZATION_CODE: ("client_id", "client_secret"),
}
"""The settings that hold the ID and the secret, by the way to get a token."""


class UndeliveredError(CxcallError):
    """The token endpoint cannot be reached or is busy. There is no token, so nothing was sent.

    `wait` is the time in seconds that it asks to wait; None if it does not.
    """

    exit_code = ExitCode.UNDELIVERED
    outcome = Outcome.UNDELIVERED
    wait: float | None = None


class OAuthClient(NamedTuple):
    """An OAuth client or an access key, the source of its secret, and its token endpoint.

    `client_id` and `secret` belong to the OAuth client, or to the access key if `kind` says so.
    `secret` is empty for a public client. `application` is the (ID, secret) of the registered
    application that presents an access key, if there is one. `refresh_token` comes from a browser
    login. `keyring_secrets` names the secrets that are not loaded from the keyring yet.
    """

    client_id: str
    secret: str
    source: str
    token_url: str
    kind: str = CLIENT_CREDENTIALS
    application: tuple[str, str] = ("", "")
    refresh_token: str = ""
    keyring_secrets: tuple[str, ...] = ()
    layer: Layer = Layer.OTHER

    def __repr__(self) -> str:
        return redacted_repr(self, "secret", "application", "refresh_token")

    @property
    def host(self) -> str:
        """The host of the token endpoint."""
        return host_of(self.token_url)

    @property
    def label(self) -> str:
        """The name of the kind of credentials, for messages."""
        return "access key" if self.kind == ACCESS_KEY else "client"

    @property
    def has_secret(self) -> bool:
        """Whether there is a secret, loaded or in the keyring."""
        return bool(self.secret or CREDENTIAL_SETTINGS[self.kind][1] in self.keyring_secrets)

    @property
    def is_renewable(self) -> bool:
        """Whether a new token can be requested without the user."""
        return self.kind != AUTHORIZATION_CODE or bool(
            self.refresh_token or "refresh_token" in self.keyring_secrets
        )

    def as_login(self) -> dict[str, str]:
        """Return the login to store: the members that are not empty, secrets included."""
        names = ("token_url", "kind", *CREDENTIAL_SETTINGS[self.kind], "refresh_token")
        values = (self.token_url, self.kind, self.client_id, self.secret, self.refresh_token)
        login = dict(zip(names, values, strict=True))
        if all(self.application):
            login |= {"client_id": self.application[0], "client_secret": self.application[1]}
        return {name: value for name, value in login.items() if value}


class TokenGrant(NamedTuple):
    """A token from the token endpoint. `scopes` and `expires_at` are None if the response lacks them.

    `issued_at` and `expires_at` are in seconds since 1970. `refresh_token` and `id_token` (OpenID
    Connect) are empty if the response lacks them.
    """

    value: str
    scopes: frozenset[str] | None
    issued_at: float
    expires_at: float | None
    refresh_token: str = ""
    id_token: str = ""

    def __repr__(self) -> str:
        return redacted_repr(self, "value", "refresh_token", "id_token")


def check_id(name: str, setting: Setting) -> str:
    """Return the ID of a client or an access key; raises CredentialsError if not valid."""
    client_id = check_text(name, setting.value, setting.source)
    if ":" in client_id:
        message = f"the {name} contains a `:`, which is not allowed"
        raise credentials_error(message, f"copy only the {name}", where=setting.source)
    return client_id


def build_client(client_id: Setting, secret: Setting, token_url: str, kind: str) -> OAuthClient:
    """Return a client with an ID and a secret; raises CredentialsError if one is not valid."""
    client = OAuthClient("", "", secret.source, token_url, kind, layer=secret.layer)
    return client._replace(
        client_id=check_id(f"{client.label} ID", client_id),
        secret=check_secret(f"{client.label} secret", secret.value, secret.source),
    )


def token_undelivered(
    code: str, message: str, fix: str, why: str, *, wait: float | None = None
) -> UndeliveredError:
    """Return the error for a token endpoint that did not respond to the request; `wait` is as in `UndeliveredError`."""
    error = UndeliveredError(Finding.error(code, "host", message, fix, why))
    error.wait = wait
    return error
