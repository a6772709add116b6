"""Store the logins of profiles on this machine, readable only by their owner; their secrets may be in the keyring."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC
from cxcall.credentials.access_token import KEYRING_SOURCE, LOGIN_SOURCE, credentials_error
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from cxcall.documents.private_files import PrivateFile, StoredRecord, UnwritableError
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.finding import Finding
from cxcall.settings.settings import state_dir
from cxcall.transport.origins import host_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.settings.settings import Settings

SECRET_FIELDS = (
    *("client_secret", "access_key_secret", "access_token", "refresh_token"),
    *("password", "api_key"),
)
_KEYRING_NAMES = "in_keyring"
_KEYRING_PROBLEM = "not_in_keyring"
_ID = "id"
"""Random, and part of the name of the login's keyring entry: all state folders of a user share one keyring."""
_ENTRIES, _ENTRIES_OF = "keyring_entries", "keyring_entries_of"
"""The names of all keyring entries that a profile may have, in a record of their own."""


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
    """Store a login for the profile and its host, in place of an earlier one; one that is renewed keeps its ID.

    Its secrets go into the keyring if one is installed and accepts them, else into the file. Raises
    UnwritableError, and then the earlier login is unchanged.
    """
    from secrets import token_hex

    from cxcall.credentials import keyring_store

    key, profile = _login_key(settings), settings.profile
    secrets = {name: str(login[name]) for name in SECRET_FIELDS if name in login}
    own = (_KEYRING_NAMES, _KEYRING_PROBLEM)
    record = {name: value for name, value in login.items() if name not in own}
    record = {_ID: token_hex(8), **record, **key}
    account, entries = _account(record), _keyring_entries(profile)
    is_installed = keyring_store.is_installed()
    # Before the keyring has the entry, so that a logout finds it, whatever happens from here on.
    _put_keyring_entries(profile, [*entries, account] if is_installed else entries)
    try:
        keyring_store.save_secrets(account, secrets)
    except keyring_store.KeyringError as error:
        if is_installed:
            record[_KEYRING_PROBLEM] = str(error)
        _logins().put(record, key)
        if not isinstance(error, keyring_store.UnverifiedError):
            with suppress(UnwritableError):
                _put_keyring_entries(profile, entries)
    else:
        record = {name: value for name, value in record.items() if name not in secrets}
        _logins().put({**record, _KEYRING_NAMES: sorted(secrets)}, key)
        # Entries of an earlier version, without an ID, may be those of logins in other state folders, too.
        earlier = [each for each in entries if "://" in each.rpartition(" ")[2]]
        _delete_unused_entries(profile, kept=earlier)


def check_logins_can_be_saved() -> None:
    """Raise UnwritableError if no login can be stored now."""
    _logins().rewrite()


def check_logins_can_be_read(settings: Settings) -> None:
    """Raise CredentialsError if the logins cannot be read, for a request that may need one."""
    try:
        _logins().read_for_change()
    except UsageError as error:
        damage = error.findings[0]
        fix = f"{damage.fix}, then {settings.login_command()}"
        raise CredentialsError(damage._replace(code="credential", fix=fix)) from None


def load_keyring_secrets(settings: Settings, login: StoredRecord) -> StoredRecord:
    """Return a login with its secrets from the keyring; raises CredentialsError if that fails."""
    if not login.get(_KEYRING_NAMES):
        return login
    from cxcall.credentials import keyring_store

    try:
        return {**login, **keyring_store.load_secrets(_account(login)), _KEYRING_NAMES: []}
    except keyring_store.KeyringError as error:
        raise credentials_error(
            str(error),
            f"unlock it, or {settings.login_command()} again: secrets that it cannot store are kept in a file",
            f"the {describe_secret(login)} of profile `{login.get('profile')}` was stored there",
        ) from None


def keyring_secret_names(login: StoredRecord) -> tuple[str, ...]:
    """Return the names of the secrets of a login that are in the keyring."""
    names = login.get(_KEYRING_NAMES)
    return tuple(map(str, names)) if isinstance(names, list) else ()


def has_stored_value(login: StoredRecord, name: str) -> bool:
    """Return whether a login has an ID or a secret, in the file or in the keyring, which is not read."""
    return name in (*login, *keyring_secret_names(login))


def login_id(login: StoredRecord) -> str:
    """Return the ID of a login; empty if there is none, or if an earlier version stored it."""
    return str(login.get(_ID, ""))


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
    """Delete the logins of a profile for every host, and return them, and an error for each secret that may still be stored.

    Raises UsageError if the file cannot be changed, and then nothing is deleted. The name of an entry stays until the
    keyring has deleted it.
    """
    _put_keyring_entries(profile, _keyring_entries(profile))
    logins = _logins().remove({"profile": profile})
    remaining = _delete_unused_entries(profile)
    problems = [
        Finding.error(
            "credential",
            KEYRING_SOURCE,
            f"a secret of profile `{profile}` may still be in the keyring",
            fix=f"unlock the keyring, and run it again; or delete the entry `{entry}` of `cxcall` there",
            why=why,
        )
        for entry, why in remaining.items()
    ]
    return [login for login in logins if _account(login) not in remaining], problems


def _keyring_entries(profile: str) -> list[str]:
    """Return the names of the keyring entries that a profile may have; a login of an earlier version knows only its own."""
    records = _logins().read_for_change()
    known = [each[_ENTRIES] for each in records if each.get(_ENTRIES_OF) == profile]
    return list(dict.fromkeys([*chain(*known), *_used_entries(profile)]))


def _used_entries(profile: str) -> list[str]:
    records = _logins().read_for_change()
    logins = (each for each in records if each.get("profile") == profile)
    return [_account(login) for login in logins if keyring_secret_names(login)]


def _put_keyring_entries(profile: str, names: list[str]) -> None:
    key = {_ENTRIES_OF: profile}
    if names:
        _logins().put({_ENTRIES: names}, key)
    else:
        _logins().remove(key)


def _delete_unused_entries(profile: str, kept: Iterable[str] = ()) -> dict[str, str]:
    """Delete the keyring entries that no login of the profile uses; returns those that may still be there, and why."""
    from cxcall.credentials import keyring_store

    used, remaining, why = [*_used_entries(profile), *kept], {}, ""
    for entry in _keyring_entries(profile):
        if entry in used:
            continue
        try:
            if not why:  # a keyring that did not respond is not waited for again
                keyring_store.delete_secrets(entry)
        except keyring_store.KeyringError as error:
            why = str(error)
        if why:
            remaining[entry] = why
    with suppress(UnwritableError):
        _put_keyring_entries(profile, [*used, *remaining])
    return remaining


def describe_secret(record: StoredRecord) -> str:
    """Return a name for the secret of a login, for messages."""
    kind = record.get("kind", CLIENT_CREDENTIALS)
    names = {
        ACCESS_KEY: "access key",
        AUTHORIZATION_CODE: "login in the browser",
        BASIC: "password",
        API_KEY: "API key",
    }
    is_token = has_stored_value(record, "access_token")
    return "access token" if is_token else names.get(kind, "client secret")


def _logins() -> PrivateFile:
    return PrivateFile(state_dir() / "credentials.json")


def _login_key(settings: Settings) -> dict[str, str]:
    # Without the path, because CXone has the API's version there.
    return {"profile": settings.profile, "base_url": host_url(settings.base_url)}


def _account(login: StoredRecord) -> str:
    """Return the name of a login's keyring entry; a login of an earlier version has no ID."""
    return " ".join(str(login[name]) for name in ("profile", "base_url", _ID) if name in login)
