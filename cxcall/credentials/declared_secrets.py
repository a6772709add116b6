"""The user name, the password, and the API keys that a request sends where a user's document declares them."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

from cxcall.contracts.parameters import is_control_header
from cxcall.contracts.security_schemes import API_KEY, BASIC, Alternative, SecurityScheme, keys_of
from cxcall.credentials import stored_logins
from cxcall.credentials.access_token import credentials_error, login_value
from cxcall.credentials.token_provider import check_trust, stop_on_conflicts
from cxcall.findings.finding import printable
from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.settings.sources import Layer
from cxcall.transport.http_messages import is_header
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from cxcall.findings.errors import CredentialsError
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Setting


class DeclaredSecrets:
    """The user name, the password, and the API keys of the settings, or else those of the stored login."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.source = ""

    def has(self, scheme: SecurityScheme) -> bool:
        """Return whether there are credentials for a scheme, without reading the keyring."""
        login = stored_logins.find_login(self._settings)
        needed = {BASIC: ("username", "password"), API_KEY: ("api_key",)}.get(scheme.kind)
        return needed is not None and (
            all(self._settings.values[name].value for name in needed)
            or all(stored_logins.has_stored_value(login, name) for name in needed)
        )

    def value(self, scheme: SecurityScheme, alternative: Alternative) -> str:
        """Return the value to send for a scheme of an alternative; raises CredentialsError if it may not be sent."""
        names = ("username", "password") if scheme.kind == BASIC else ("api_key",)
        *username, secret = self._read(names)
        self.source = secret.source
        remember_secrets(secret.value)
        _check_destination(self._settings, secret.layer)
        if username:
            return self._basic(username[0].value, secret.value)
        check_place(scheme)
        value = self._key(secret.value, scheme, alternative)
        remember_secrets(value)
        what = f"the API key for {scheme.place} `{printable(scheme.field)}`"
        if not value:
            raise credentials_error(f"{what} is empty", "enter its value", where=self.source)
        if not _is_sendable(scheme, value):
            raise self._unusable(what)
        return value

    def _read(self, names: tuple[str, ...]) -> list[Setting]:
        settings = [self._settings.values[name] for name in names]
        if all(each.value for each in settings):
            return settings
        login = stored_logins.find_login(self._settings)
        source = stored_logins.login_source(login)
        login = stored_logins.load_keyring_secrets(self._settings, login)
        return [login_value(str(login.get(name, "")), source) for name in names]

    def _basic(self, username: str, password: str) -> str:
        if ":" in username or not (username + password).isprintable():
            raise self._unusable("the user name or the password")
        encoded = b64encode(f"{username}:{password}".encode()).decode()
        remember_secrets(encoded)
        return f"Basic {encoded}"

    def _key(self, text: str, scheme: SecurityScheme, alternative: Alternative) -> str:
        """Return the key of a scheme; several keys are written as `NAME=VALUE,NAME=VALUE`."""
        keys = keys_of(alternative)
        if pairs := split_keys(text, keys):
            return pairs[scheme.field]
        if len(keys) == 1 or self._settings.is_embedded:
            return text
        names = ",".join(f"{each.field}=..." for each in keys)
        raise credentials_error(
            f"the API requires {len(keys)} keys, but only one is set",
            f"write them as `{names}`",
            where=self.source,
        )

    def _unusable(self, what: str) -> CredentialsError:
        return credentials_error(
            f"{what} has a character that cannot be sent", "copy only the value", where=self.source
        )


def split_keys(text: str, keys: list[SecurityScheme]) -> dict[str, str]:
    """Return the value of each key in a text `NAME=VALUE,NAME=VALUE` by its field; empty if a text has another form."""
    found: dict[str, str] = {}
    parts = [part.partition("=") for part in text.split(",")]
    for name, sign, value in parts:
        # The names of headers have no case.
        same = (
            each.field
            for each in keys
            if name == each.field or (each.place == "header" and name.lower() == each.field.lower())
        )
        found[next(same, "") if sign else ""] = value
    return found if "" not in found and len(found) == len(keys) == len(parts) else {}


def _is_sendable(scheme: SecurityScheme, value: str) -> bool:
    """Return whether a key can be sent in its place, as one value that the document cannot change."""
    if scheme.place == "query":
        return True
    is_plain = scheme.place == "header" or not re.search(r"[\s;,\"\\]", value)
    return is_plain and is_header("Cookie", value)


def check_place(scheme: SecurityScheme) -> None:
    """Raise CredentialsError if a document names a place for a key that would change the request."""
    name = scheme.field
    is_separate = scheme.place == "header" and is_control_header(name)
    is_safe = is_header(name, "") and not is_separate
    if scheme.place == "query" or is_safe:
        return
    raise credentials_error(
        f"an API key cannot be sent in the {scheme.place} `{printable(name)}`, which the document declares",
        "correct the name in the document",
        "a key in that place would change the request itself",
    )


def _check_destination(settings: Settings, layer: Layer) -> None:
    """Raise CredentialsError if a secret of `layer` may not go to the host of the settings."""
    stop_on_conflicts(settings)
    check_trust(settings, layer)
    base_url = settings.values["base_url"]
    if base_url.layer is Layer.DEFAULT:
        raise credentials_error(
            f"the host `{host_of(base_url.value)}` comes only from the document, so no secret is sent to it",
            "set `base_url` where the secret is set, or add `--base-url`",
            "a document must not decide where a secret goes",
        )
