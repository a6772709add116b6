"""Describe the credentials that would be used, with their host and expiry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxcall.credentials import client_selection, stored_logins, token_cache
from cxcall.credentials.access_token import EXPLICIT
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CREDENTIAL_SETTINGS
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Severity
from cxcall.findings.times_in_text import utc_text
from cxcall.named_tuple import NamedTuple
from cxcall.settings.sources import SECRET_SETTINGS, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.credentials.access_token import Token
    from cxcall.credentials.oauth_client import OAuthClient
    from cxcall.findings.finding import Finding
    from cxcall.settings.settings import Settings


class CredentialsStatus(NamedTuple):
    """The credentials that would be used, as far as they are known without the network."""

    settings: Settings
    token: Token | None
    client: OAuthClient | None
    findings: tuple[Finding, ...]
    storage: str = ""
    document_rows: Sequence[tuple[str, str, str]] = ()
    """The credentials that only a user's own document uses, as in `rows`."""

    @property
    def is_usable(self) -> bool:
        """Whether there is a token, or credentials to request one."""
        errors = any(found.severity is Severity.ERROR for found in self.findings)
        return not errors and bool(self.token or self.client or self.document_rows)

    @property
    def kind(self) -> str:
        """How the token is obtained, as in `Token.kind`; empty if there is none."""
        if self.token:
            return self.token.kind
        return self.client.kind if self.client else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the status as JSON members; `sources` maps each row's name to the value's source."""
        token = self.token
        scopes = sorted(token.scopes) if token and token.scopes is not None else None
        return {
            "usable": self.is_usable,
            "profile": self.settings.profile,
            "baseUrl": self.settings.base_url,
            "tokenUrl": self.settings.token_url,
            "kind": self.kind,
            "clientId": self._client_id,
            "renewable": bool(self.client and self.client.is_renewable),
            "keptIn": self.storage,
            "scopes": scopes,
            "expiresAt": self._expires.isoformat(timespec="seconds") if self._expires else None,
            "sources": {name: source for name, _, source in self.rows() if source},
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (name, value, source) of each row for a table, with secrets masked."""
        token, client, values = self.token, self.client, self.settings.values
        rows = [
            (name, values[name].value, values[name].source)
            for name in ("profile", "base_url", "token_url", "issuer")
            if name != "issuer" or values[name].value
        ]
        rows += self._client_rows(client) if client else self._incomplete_rows()
        rows += self.document_rows
        if token and token.kind == EXPLICIT:
            rows.append(("access_token", "****", token.source))
        rows.append(("grant", self.kind or "none", ""))
        if token and token.scopes is not None:
            rows.append(("scopes", " ".join(sorted(token.scopes)), ""))
        expiry = utc_text(self._expires) if self._expires else "not known"
        rows.append(("expires", expiry if token else "no token yet", ""))
        if client and client.kind == AUTHORIZATION_CODE:
            how = (
                "automatically"
                if client.is_renewable
                else "only by a new login: there is no refresh token"
            )
            rows.append(("renewed", how, ""))
        if self.storage:
            rows.append(("stored in", self.storage, ""))
        return rows

    def _client_rows(self, client: OAuthClient) -> Iterator[tuple[str, str, str]]:
        is_key = client.kind == ACCESS_KEY
        setting = self.settings.values["access_key_id" if is_key else "client_id"]
        source = client.source if client.layer is Layer.LOGIN else ""
        label = client.label.replace(" ", "_")
        yield f"{label}_id", client.client_id, source or setting.source
        if client.has_secret:
            yield f"{label}_secret", "****", client.source
        if client.application[0]:
            yield (
                "application",
                client.application[0],
                source or self.settings.values["client_id"].source,
            )

    @property
    def _settings_of_client(self) -> tuple[str, str]:
        """The names of the settings with the ID and the secret of the client."""
        return CREDENTIAL_SETTINGS[client_selection.grant_kind(self.settings)]

    @property
    def _client_id(self) -> str:
        """The ID of the client, or of one without a secret; empty if a token is set."""
        if self.client:
            return self.client.client_id
        return "" if self.token else self.settings.values[self._settings_of_client[0]].value

    @property
    def _expires(self) -> datetime | None:
        """The time at which the token expires; None if it is not known."""
        moment = self.token.expires_at if self.token else None
        return datetime.fromtimestamp(moment, UTC) if moment else None

    def _incomplete_rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield the rows of an ID or a secret that is set without the other one."""
        for name in self._settings_of_client:
            value, source, *_ = self.settings.values[name]
            if value and not self.token:
                yield name, "****" if name in SECRET_SETTINGS else value, source


def document_rows(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (name, value, source) of each credential that only a user's own document uses, with secrets masked."""
    login = stored_logins.find_login(settings)
    rows = []
    for name in ("username", "password", "api_key"):
        value, source, *_ = settings.values[name]
        if not value and stored_logins.has_stored_value(login, name):
            value, source = str(login.get(name, "****")), stored_logins.login_source(login)
        if value:
            rows.append((name, value if name == "username" else "****", source))
    return rows


def get_status(settings: Settings) -> CredentialsStatus:
    """Return the credentials that would be used, without sending anything.

    Raises UsageError if other users can read the stored secrets.
    """
    token = client = None
    own = document_rows(settings)
    needs_token = all(name == "username" for name, *_ in own)
    findings = [*settings.conflicts, *client_selection.find_unused_credentials(settings)]
    try:
        token = client_selection.find_explicit_token(settings)
        if token is None:
            client = client_selection.select_client(settings)
            token = token_cache.find_cached_token(settings, client)
    except CredentialsError as error:
        if needs_token:
            findings += error.findings
    used = client or token
    if not (used and used.layer.is_dotenv):
        # Without a token, nothing is refused yet, but a login would be.
        severity = Severity.ERROR if used and needs_token else Severity.WARNING
        places = {each.where for each in findings if each.severity in (severity, Severity.ERROR)}
        findings += [
            choice._replace(severity=severity)
            for choice in settings.untrusted
            if choice.where not in places
        ]
    storage = stored_logins.describe_storage(settings)
    return CredentialsStatus(settings, token, client, tuple(findings), storage, own)
