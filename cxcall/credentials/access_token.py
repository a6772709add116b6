"""The access token of a request, which every command that sends needs."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from cxcall.findings.errors import CredentialsError, CxcallError
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr, remember_secrets
from cxcall.settings.sources import Layer, Setting
from cxcall.transport.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.credentials.request_credentials import Credentials
    from cxcall.settings.settings import Settings

EXPLICIT = "given"
LOGIN_SOURCE = "cxcall auth login"
KEYRING_SOURCE = "cxcall auth login (keyring)"


class Token(NamedTuple):
    """An access token. `scopes` and `expires_at` (seconds since 1970) are None if unknown.

    `kind` is one of `Operation.token_kinds` (`client-credentials`, `access-key`,
    `authorization-code`), or `given` for an explicit token.
    """

    value: str
    kind: str
    scopes: frozenset[str] | None
    expires_at: float | None
    source: str
    layer: Layer = Layer.OTHER

    def __repr__(self) -> str:
        return redacted_repr(self, "value")

    def authorize(self, base_url: str) -> Authorization:
        """Return the authorization that sends the token only to the scheme, host, and port of `base_url`."""
        return Authorization(base_url, f"Bearer {self.value}")


class SharedToken:
    """Credentials for the requests of all threads; when the API refuses them, one thread gets the next ones for all.

    `renew(refused=...)` returns credentials with another token than the refused ones.
    """

    def __init__(self, renew: Callable[..., Credentials | None], first: Credentials | None) -> None:
        self._renew, self._current = renew, first
        self._is_refused = False
        self._failure: CxcallError | None = None
        self._lock = Lock()

    def __call__(self, refused: Credentials | None) -> Credentials | None:
        """Return the current credentials, or new ones if the API refused them, as it did with the `refused` ones.

        Raises the errors of `renew`, which threads that wait for a renewal have in common.
        """
        known_failure = self._failure
        with self._lock:
            if refused is not None and refused is self._current:
                self._is_refused = True
            if not self._is_refused:
                return self._current
            if self._failure and self._failure is not known_failure:
                raise self._failure
            try:
                self._current = self._renew(refused=self._current)
            except CxcallError as error:
                self._failure = error
                raise
            self._is_refused = False
            return self._current


def explicit_token(settings: Settings) -> Token | None:
    """Return the token that a setting provides; raises CredentialsError if it is not valid, or may not be sent."""
    setting = settings.values["access_token"]
    if not setting.value:
        return None
    check_area(settings)
    return new_explicit_token(setting)


def check_area(settings: Settings) -> None:
    """Raise CredentialsError if a token would go to the default host of NICE CXone, whose tenants are in several areas."""
    if settings.base_url_from_tenant and settings.values["base_url"].layer is Layer.DEFAULT:
        raise missing_area("access token", "CXCALL_BASE_URL")


def missing_area(secret: str, variable: str) -> CredentialsError:
    """Return the error for a secret of a CXone tenant whose area is not known; `variable` may name the host instead."""
    return credentials_error(
        f"the area of the {secret} is not set",
        f"set `CXCALL_REGION`, or `region` in the profile, to `na1`, `eu1`, `au1` or another; or `{variable}`",
        f"cxcall does not guess where to send an {secret}",
    )


def new_explicit_token(setting: Setting) -> Token:
    """Return a token that a person entered; raises CredentialsError if it is not valid."""
    value, source, layer, _ = setting
    if value.strip().lower() == "bearer":
        fix = "enter only the token; a variable may be empty, as in `Bearer $TOKEN`"
        raise credentials_error("the access token is only the word `Bearer`", fix, where=source)
    return Token(check_secret("access token", value, source), EXPLICIT, None, None, source, layer)


def login_value(value: str, source: str = LOGIN_SOURCE) -> Setting:
    """Return a value of a stored login, or one that the user enters to store it."""
    return Setting(value, source, Layer.LOGIN)


def check_secret(name: str, text: str, source: str, fix: str = "") -> str:
    """Return a token or secret without surrounding blanks, which is masked from now on.

    Raises CredentialsError if it is not valid. The error never quotes it, only the invalid character.
    """
    remember_secrets(text.strip())
    return check_text(name, text, source, fix)


def check_text(name: str, text: str, source: str, fix: str = "") -> str:
    """Return a text without surrounding blanks; raises CredentialsError, with the hint `fix`, if it cannot be sent."""
    secret = text.strip()
    invalid = next((index for index, char in enumerate(secret) if not "!" <= char <= "~"), None)
    if not secret:
        fix = fix or f"run the command again with the {name}"
        raise credentials_error(f"the {name} is empty", fix, where=source)
    if invalid is not None:
        raise credentials_error(
            f"the {name} contains U+{ord(secret[invalid]):04X} at position {invalid + 1}, which is not allowed",
            fix or f"copy only the {name}, without `Bearer`, quotes, or line breaks",
            where=source,
        )
    return secret


def credentials_error(
    message: str, fix: str, why: str = "", *, where: str = "token", code: str = "credential"
) -> CredentialsError:
    """Return the error for credentials that cannot be used."""
    return CredentialsError(Finding.error(code, where, message, fix, why))


def missing_credentials_error(
    settings: Settings, message: str, fix: str, why: str = ""
) -> CredentialsError:
    """Return the error for missing credentials, with warnings on settings of `.env` that no other credentials follow."""
    choices = settings.untrusted
    if not any(each.layer.is_dotenv for each in settings.values.values()):
        choices = ()  # only a document names the host
    if choices:
        fix = f"first follow the hint of the warning below, then {fix}; or set all credentials in `.env`"
    error = Finding.error("token-missing", "token", message, fix, why)
    return CredentialsError(error, *(each._replace(severity=Severity.WARNING) for each in choices))
