"""Store the logins of profiles on this machine, readable only by their owner; their secrets may be in the keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC
from cxcall.credentials import keyring_store
from cxcall.credentials.access_token import KEYRING_SOURCE, LOGIN_SOURCE, credentials_error
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from cxcall.documents.private_files import PrivateFile, StoredRecord
from cxcall.settings.settings import state_dir
from cxcall.transport.origins import host_url

if TYPE_CHECKING:
    from cxcall.settings.settings import Settings

SECRET_FIELDS = (
    *("client_secret", "access_key_secret", "access_token", "refresh_token"),
    *("password", "api_key"),
)
_KEYRING_NAMES = "in_keyring"
_KEYRING_PROBLEM = "not_in_keyring"


def find_login(settings: Settings) -> StoredRecord:
    """Return the stored login for the profile and its host; empty if there is none.

    A login belongs to one host: no flag and no `.env` file can send its secret to another host.
    Raises UsageError if other users can read the file.
    """
    if settings.is_embedded:
        return {}
    return next(iter(_logins().find(_login_key(settings))), {})


def login_hosts(profile: str) -> list[str]:
    """Return the base URLs that a profile has a stored login for."""
    records = _logins().find({"profile": profile})
    return sorted({str(record.get("base_url", "")) for record in records})


def save_login(settings: Settings, login: StoredRecord) -> None:
    """Store a login for the profile and its host, in place of an earlier one.

    Its secrets go into the keyring if one is installed and accepts them, else into the file. Raises
    UnwritableError.
    """
    key = _login_key(settings)
    secrets = {name: str(login[name]) for name in SECRET_FIELDS if name in login}
    record = {
        name: value
        for name, value in login.items()
        if name not in (_KEYRING_NAMES, _KEYRING_PROBLEM)
    }
    if keyring_store.is_installed():
        try:
            keyring_store.save_secrets(_account(key), secrets)
        except keyring_store.KeyringError as error:
            record[_KEYRING_PROBLEM] = str(error)
        else:
            record = {name: value for name, value in record.items() if name not in secrets}
            record[_KEYRING_NAMES] = sorted(secrets)
    _logins().put(record, key)


def load_keyring_secrets(settings: Settings, login: StoredRecord) -> StoredRecord:
    """Return a login with its secrets from the keyring; raises CredentialsError if that fails."""
    if not login.get(_KEYRING_NAMES):
        return login
    try:
        return {**login, **keyring_store.load_secrets(_account(login)), _KEYRING_NAMES: []}
    except keyring_store.KeyringError as error:
        raise credentials_error(
            str(error),
            f"unlock it, or {settings.login_command()} again: secrets that it cannot store are kept in a file",
            f"the keyring has the {describe_secret(login)} of profile `{login.get('profile')}`",
        ) from None


def keyring_secret_names(login: StoredRecord) -> tuple[str, ...]:
    """Return the names of the secrets of a login that are in the keyring."""
    names = login.get(_KEYRING_NAMES)
    return tuple(map(str, names)) if isinstance(names, list) else ()


def login_source(login: StoredRecord) -> str:
    """Return the source name for a login's secrets: the keyring or the file."""
    return KEYRING_SOURCE if keyring_secret_names(login) else LOGIN_SOURCE


def describe_storage(settings: Settings) -> str:
    """Describe where the login's secrets are stored, and why not in the keyring; empty if there is no login."""
    login = find_login(settings)
    if not login:
        return ""
    if keyring_secret_names(login):
        return "the system's keyring"
    why = login.get(_KEYRING_PROBLEM)
    return f"credentials.json, mode 0600{f', as {why}' if why else ''}"


def delete_logins(profile: str) -> list[StoredRecord]:
    """Delete the logins of a profile for every host, and return them.

    The member `kept` of a login says why the keyring did not delete its secrets.
    """
    logins = _logins().remove({"profile": profile})
    for login in filter(keyring_secret_names, logins):
        try:
            keyring_store.delete_secrets(_account(login))
        except keyring_store.KeyringError as error:
            login["kept"] = str(error)
    return logins


def describe_secret(record: StoredRecord) -> str:
    """Return a name for the secret of a login, for messages."""
    kind = record.get("kind", CLIENT_CREDENTIALS)
    names = {
        ACCESS_KEY: "access key",
        AUTHORIZATION_CODE: "login in the browser",
        BASIC: "password",
        API_KEY: "API key",
    }
    is_token = "access_token" in (*record, *keyring_secret_names(record))
    return "access token" if is_token else names.get(kind, "client secret")


def _logins() -> PrivateFile:
    return PrivateFile(state_dir() / "credentials.json")


def _login_key(settings: Settings) -> dict[str, str]:
    # Without the path, because CXone has the API's version there.
    return {"profile": settings.profile, "base_url": host_url(settings.base_url)}


def _account(key: StoredRecord) -> str:
    return f"{key['profile']} {key['base_url']}"
