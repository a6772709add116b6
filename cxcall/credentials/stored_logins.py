"""Store the logins of profiles on this machine, readable only by their owner; their secrets may be in the keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC
from cxcall.credentials.access_token import KEYRING_SOURCE, LOGIN_SOURCE, credentials_error
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from cxcall.documents.private_files import PrivateFile, StoredRecord
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.finding import Finding
from cxcall.settings.settings import state_dir
from cxcall.transport.origins import host_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.settings.settings import Settings

_SECRET_FIELDS = (
    *("client_secret", "access_key_secret", "access_token", "refresh_token"),
    *("password", "api_key"),
)
_KEYRING_NAMES = "in_keyring"
_KEYRING_PROBLEM = "not_in_keyring"
_ID = "id"
"""Random: it tells two logins for the same host from each other."""
_ENTRY = "keyring_entry"
"""The name of the login's keyring entry."""
_LOGGED_OUT = "logged_out_profile"
"""In place of `profile`: the login is removed, but its keyring entry is not known to be deleted."""


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

    key, earlier = _login_key(settings), find_login(settings)
    secrets = {name: str(login[name]) for name in _SECRET_FIELDS if name in login}
    own = (_KEYRING_NAMES, _KEYRING_PROBLEM)
    record = {name: value for name, value in login.items() if name not in own}
    # All state folders of a user share one keyring.
    entry = f"{key['profile']} {key['base_url']} {state_dir()}"
    record = {_ID: token_hex(8), **record, **key, _ENTRY: entry}
    check_logins_can_be_saved()  # before the keyring replaces the earlier secrets
    try:
        keyring_store.save_secrets(entry, secrets)
    except keyring_store.KeyringError as error:
        if keyring_store.is_installed():
            record[_KEYRING_PROBLEM] = str(error)
    else:
        record = {name: value for name, value in record.items() if name not in secrets}
        record[_KEYRING_NAMES] = sorted(secrets)
    is_replaced = _KEYRING_NAMES in record and _entry_of(earlier) == entry
    if keyring_secret_names(earlier) and not is_replaced:
        _keep_entry(earlier)
    _logins().put(record, key)
    if _KEYRING_NAMES in record:
        _logins().remove({_LOGGED_OUT: key["profile"], _ENTRY: entry})
        _delete_left_entries(key["profile"])  # of an earlier version


def check_logins_can_be_saved() -> None:
    """Raise UnwritableError if no login can be stored now."""
    _logins().rewrite()


def check_logins_can_be_read(settings: Settings) -> None:
    """Raise CredentialsError if the logins cannot be read, for a request that may need one."""
    try:
        _logins().read_for_change()
    except UsageError as error:
        damage = error.findings[0]
        fix = f"{damage.fix}, then run {settings.login_command()}"
        raise CredentialsError(damage._replace(code="credential", fix=fix)) from None


def load_keyring_secrets(settings: Settings, login: StoredRecord) -> StoredRecord:
    """Return a login with its secrets from the keyring; raises CredentialsError if that fails."""
    if not login.get(_KEYRING_NAMES):
        return login
    from cxcall.credentials import keyring_store

    try:
        return {**login, **keyring_store.load_secrets(_entry_of(login)), _KEYRING_NAMES: []}
    except keyring_store.KeyringError as error:
        raise credentials_error(
            str(error),
            f"unlock it, or run {settings.login_command()} again: secrets that it cannot store are kept in a file",
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

    Raises UsageError if the file cannot be changed, and then nothing is deleted.
    """
    check_logins_can_be_saved()
    for login in _logins().read_for_change():
        if login.get("profile") == profile and keyring_secret_names(login):
            _keep_entry(login)
    removed = _logins().remove({"profile": profile})
    logins = [each for each in removed if not keyring_secret_names(each)]
    # A keyring that did not respond may have stored the secret after all.
    uncertain = [each for each in logins if _KEYRING_PROBLEM in each]
    deleted, problems = _delete_left_entries(profile, uncertain)
    return [*logins, *deleted], problems


def _keep_entry(login: StoredRecord) -> None:
    """Keep the name of a login's keyring entry until the entry is deleted."""
    key = {_LOGGED_OUT: str(login["profile"]), _ENTRY: _entry_of(login)}
    own = ("profile", _ENTRY, *_SECRET_FIELDS)
    _logins().put({name: login[name] for name in login if name not in own}, key)


def _delete_left_entries(
    profile: str, uncertain: Iterable[StoredRecord] = ()
) -> tuple[list[StoredRecord], list[Finding]]:
    """Delete the keyring entries of logins that are removed, and return these, and an error for each entry that is left.

    Those of `uncertain` logins may not exist, so they are no error.
    """
    from cxcall.credentials import keyring_store

    deleted, problems, why = [], [], ""
    left = [each for each in _logins().read_for_change() if each.get(_LOGGED_OUT) == profile]
    for login in (*left, *uncertain):
        entry = _entry_of(login)
        try:
            if not why:  # a keyring that did not respond is not waited for again
                keyring_store.delete_secrets(entry)
        except keyring_store.KeyringError as error:
            why = str(error)
        if why and _LOGGED_OUT in login:
            problems.append(_left_in_keyring(profile, entry, why))
        elif _LOGGED_OUT in login:
            deleted += _logins().remove({_LOGGED_OUT: profile, _ENTRY: entry})
    return deleted, problems


def _left_in_keyring(profile: str, entry: str, why: str) -> Finding:
    return Finding.error(
        "credential",
        KEYRING_SOURCE,
        f"a secret of profile `{profile}` may still be in the keyring",
        fix=f"unlock the keyring, and log out again; or delete the entry `{entry}` of `cxcall` there",
        why=why,
    )


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


def _entry_of(login: StoredRecord) -> str:
    """Return the name of a login's keyring entry; earlier versions did not store it."""
    names = ("profile", "base_url", _ID)
    return str(login.get(_ENTRY, "")) or " ".join(
        str(login[name]) for name in names if name in login
    )
