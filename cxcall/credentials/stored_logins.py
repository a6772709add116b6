"""Store the logins of profiles on this machine, readable only by their owner; their secrets may be in the keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC
from cxcall.credentials import keyring_store
from cxcall.credentials.access_token import KEYRING_SOURCE, LOGIN_SOURCE, credentials_error
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from cxcall.documents.private_files import PrivateFile, StoredRecord
from cxcall.findings.finding import Finding
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
_OLD_SECRETS = "old_secrets_in_keyring"
"""Whether the keyring has the secrets of an earlier login, which it could not replace."""


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
    own = (_KEYRING_NAMES, _KEYRING_PROBLEM, _OLD_SECRETS)
    record = {name: value for name, value in login.items() if name not in own}
    try:
        keyring_store.save_secrets(_account(key), secrets)
    except keyring_store.KeyringError as error:
        if keyring_store.is_installed():
            record[_KEYRING_PROBLEM] = str(error)
        if any(map(_is_in_keyring, _logins().find(key))):
            record[_OLD_SECRETS] = True
    else:
        record = {name: value for name, value in record.items() if name not in secrets}
        record[_KEYRING_NAMES] = sorted(secrets)
    _logins().put(record, key)


def check_logins_can_be_saved() -> None:
    """Raise UnwritableError if no login can be stored now."""
    _logins().rewrite()


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


def delete_logins(profile: str) -> tuple[list[StoredRecord], list[Finding]]:
    """Delete the logins of a profile for every host, and return them, and an error for each that could not be deleted.

    A login stays until the keyring deletes its secrets: without the login, nothing would name them.
    """
    problems = []

    def delete_secrets(login: StoredRecord) -> bool:
        try:
            if _is_in_keyring(login):
                keyring_store.delete_secrets(_account(login))
        except keyring_store.KeyringError as error:
            what = f"the {describe_secret(login)} for {login.get('base_url')}"
            problems.append(
                Finding.error(
                    "credential",
                    KEYRING_SOURCE,
                    f"{what} may still be in the keyring",
                    fix="unlock the keyring, and run it again; "
                    f"or delete the entry `{_account(login)}` of `cxcall` there",
                    why=str(error),
                )
            )
            return False
        return True

    return _logins().remove({"profile": profile}, remove_if=delete_secrets), problems


def _is_in_keyring(login: StoredRecord) -> bool:
    return bool(keyring_secret_names(login) or login.get(_OLD_SECRETS))


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
