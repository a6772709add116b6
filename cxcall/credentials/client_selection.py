"""Select the credentials to use: an explicit token, an access key, an OAuth client, or a login; advise on refused ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.contracts.contract import find_platform_contract
from cxcall.contracts.openapi_document import CXONE
from cxcall.credentials import stored_logins
from cxcall.credentials.access_token import (
    EXPLICIT,
    LOGIN_SOURCE,
    Token,
    check_secret,
    credentials_error,
    explicit_token,
    login_value,
    missing_area,
    missing_credentials_error,
    new_explicit_token,
)
from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    CREDENTIAL_SETTINGS,
    OAuthClient,
    build_client,
    check_id,
)
from cxcall.findings.errors import CredentialsError, RejectedCredentialsError, UsageError
from cxcall.findings.finding import Finding
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.regions import is_domain_of_vendor, region_domain
from cxcall.settings.settings import config_path
from cxcall.settings.sources import CREDENTIAL_NAMES, Layer
from cxcall.transport.origins import host_of, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.documents.private_files import StoredRecord
    from cxcall.responses.refusals.refused_request import SentCredentials
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Setting


def find_explicit_token(settings: Settings) -> Token | None:
    """Return the token that a setting or a login provides; raises CredentialsError if not valid."""
    if settings.access_token:
        return explicit_token(settings)
    login = stored_logins.find_login(settings)
    source = stored_logins.login_source(login)
    if "access_token" in stored_logins.keyring_secret_names(login):
        login = stored_logins.load_keyring_secrets(settings, login)
    value = str(login.get("access_token", ""))
    return new_explicit_token(login_value(value, source)) if value else None


def credentials_identity(settings: Settings) -> tuple[str, ...]:
    """Return what tells one account's credentials from another's: those of the settings, and the ID of the login.

    The values contain secrets. A login that is renewed keeps its ID.
    """
    login: StoredRecord = {}
    with suppress(UsageError):  # a dry run needs no credentials
        login = stored_logins.find_login(settings)
    return (
        *(settings.values[name].value for name in CREDENTIAL_NAMES),
        stored_logins.login_id(login),
    )


def rejected_token_error(settings: Settings, token: Token) -> RejectedCredentialsError:
    """Return the error for a token that the API refused, if there is no other."""
    return RejectedCredentialsError(
        Finding.error(
            "token-expired",
            "token",
            f"the access token (from {token.source}) was refused, and cxcall cannot renew it",
            fix=advise_on_rejection(settings, token, is_new=True),
        )
    )


def grant_kind(settings: Settings) -> str:
    """Return how a program gets a token from the platform: by an access key or client credentials.

    The sandbox accepts its OAuth client for every platform.
    """
    is_sandbox = is_loopback_url(settings.token_url) and settings.token_url.endswith("/oauth/token")
    return ACCESS_KEY if settings.platform == CXONE and not is_sandbox else CLIENT_CREDENTIALS


def select_client(
    settings: Settings, *, load_secrets: bool = False, operation: Operation | None = None
) -> OAuthClient:
    """Return the client that the settings name, else the client of the stored login.

    A browser login takes precedence over the secret of the same client, because its token allows
    more operations. `load_secrets` loads the secrets that are in the keyring. Raises
    CredentialsError if there is no client, with a login that `operation` accepts.
    """
    login, kind = stored_logins.find_login(settings), grant_kind(settings)
    if _is_used(settings, login):
        return _client_from_login(
            stored_logins.load_keyring_secrets(settings, login) if load_secrets else login
        )
    client_id, secret = (settings.values[name] for name in CREDENTIAL_SETTINGS[kind])
    if not (client_id.value and secret.value):
        stored_logins.check_logins_can_be_read(settings)
        error = _missing_credentials(settings, kind)
        if operation and operation.token_kinds and kind not in operation.token_kinds:
            fix = f"run {settings.login_command('--web')}: `{operation.name}` acts as a user"
            first, *others = error.findings
            error = CredentialsError(first._replace(fix=fix), *others)
        raise error
    return client_from_pair(settings, client_id, secret)


def client_from_pair(settings: Settings, client_id: Setting, secret: Setting) -> OAuthClient:
    """Return the client with an ID and a secret; raises CredentialsError if not valid."""
    kind = grant_kind(settings)
    client = build_client(client_id, secret, require_token_url(settings), kind)
    if kind != ACCESS_KEY:
        return client
    if bool(settings.client_id) != bool(settings.client_secret):
        raise _incomplete_pair(settings, "client_id", "client_secret")
    return client._replace(application=(settings.client_id, settings.client_secret))


def browser_client(settings: Settings) -> OAuthClient:
    """Return the client for a browser login; raises CredentialsError if its ID is not valid."""
    secret = settings.client_secret
    return OAuthClient(
        check_id("client ID", settings.values["client_id"]),
        check_secret("client secret", secret, LOGIN_SOURCE) if secret else "",
        LOGIN_SOURCE,
        require_token_url(settings),
        AUTHORIZATION_CODE,
        layer=Layer.LOGIN,
    )


def require_token_url(settings: Settings) -> str:
    """Return the token URL; raises CredentialsError if no source sets it."""
    if settings.token_url:
        return settings.token_url
    if settings.platform == CXONE:
        raise missing_area("access key", "CXCALL_TOKEN_URL")
    host, fix = host_of(settings.base_url), "set `CXCALL_TOKEN_URL`, or `token_url` in the profile"
    with suppress(UsageError):  # not the host of a region
        contract = find_platform_contract(settings.platform)
        domain = region_domain(settings.values["base_url"]._replace(value=host), contract)
        if is_domain_of_vendor(domain, contract):
            fix = f"set `region` to `{domain}` in place of `base_url`; or {fix}"
    raise credentials_error(f"the token endpoint for `{host}` is not known", fix)


def find_unused_credentials(settings: Settings) -> Iterator[Finding]:
    """Yield a warning if both a login and the settings provide credentials."""
    login = stored_logins.find_login(settings)
    kind = grant_kind(settings)
    token = settings.values["access_token"]
    secret = settings.values[CREDENTIAL_SETTINGS[kind][1]]
    if not login or not (token.value or secret.value):
        return
    if not token.value and login.get("kind") == AUTHORIZATION_CODE and _is_used(settings, login):
        return
    used, unused = (token if token.value else secret).source, stored_logins.login_source(login)
    is_token_login = stored_logins.has_stored_value(login, "access_token")
    if not token.value and is_token_login:
        used, unused = unused, used
    label = "access key" if kind == ACCESS_KEY else "client secret"
    yield Finding.warning(
        "credential",
        "token",
        f"the {'access token' if token.value or is_token_login else label} "
        f"from {used} is used; the one from {unused} is ignored",
        "unset the setting, or delete the stored login with `cxcall auth logout`",
    )


def _is_used(settings: Settings, login: StoredRecord) -> bool:
    """Return whether a login is for this token endpoint, and no setting takes precedence over it."""
    is_derived = settings.values["token_url"].layer in (Layer.DERIVED, Layer.DISCOVERY)
    if not login.get("token_url") or not (is_derived or login["token_url"] == settings.token_url):
        return False
    kind = login.get("kind", CLIENT_CREDENTIALS)
    id_name, secret_name = CREDENTIAL_SETTINGS[kind]
    overriding = "access_key_secret" if kind == AUTHORIZATION_CODE else secret_name
    is_same = settings.values[id_name].value in ("", login.get(id_name))
    return is_same and not settings.values[overriding].value


def _client_from_login(login: StoredRecord) -> OAuthClient:
    """Return the client of a stored login; raises CredentialsError if the file is damaged."""
    kind, token_url = str(login.get("kind", CLIENT_CREDENTIALS)), str(login["token_url"])
    texts = {name: str(value) for name, value in login.items()}
    keyring_secrets = stored_logins.keyring_secret_names(login)
    client_id, secret = (
        login_value(texts.get(name, ""), stored_logins.login_source(login))
        for name in CREDENTIAL_SETTINGS[kind]
    )
    if kind != AUTHORIZATION_CODE and not keyring_secrets:
        client = build_client(client_id, secret, token_url, kind)
    else:
        client = OAuthClient(
            check_id("client ID" if kind == AUTHORIZATION_CODE else "ID", client_id),
            secret.value,
            secret.source,
            token_url,
            kind,
            refresh_token=texts.get("refresh_token", ""),
            keyring_secrets=keyring_secrets,
            layer=secret.layer,
        )
    if kind != ACCESS_KEY:
        return client
    return client._replace(application=(texts.get("client_id", ""), texts.get("client_secret", "")))


def _missing_credentials(settings: Settings, kind: str) -> CredentialsError:
    first, second = CREDENTIAL_SETTINGS[kind]
    if settings.values[first].value or settings.values[second].value:
        return _incomplete_pair(settings, first, second)
    is_client = kind == ACCESS_KEY and settings.client_id and settings.client_secret
    return missing_credentials_error(
        settings,
        f"there are no credentials for `{host_of(settings.base_url)}`",
        f"run {settings.login_command()}, or set `CXCALL_{first.upper()}` and `CXCALL_{second.upper()}`",
        "NICE CXone has no client-credentials grant: an application presents a user's access key"
        if is_client
        else _other_logins(settings),
    )


def _incomplete_pair(settings: Settings, first: str, second: str) -> CredentialsError:
    present, missing = (first, second) if settings.values[first].value else (second, first)
    return missing_credentials_error(
        settings,
        f"`{present}` is set (from {settings.values[present].source}), but `{missing}` is not",
        f"set `CXCALL_{missing.upper()}`, or run {settings.login_command()}",
        _other_logins(settings),
    )


def _other_logins(settings: Settings) -> str:
    """Return why the stored logins of the profile cannot be used; empty if there is none."""
    if login := stored_logins.find_login(settings):
        owner = login.get("access_key_id") or login.get("client_id") or login.get("username")
        parts = [f"the stored login for this host is the {stored_logins.describe_secret(login)}"]
        parts += [f"of `{owner}`"] if owner else []
        parts += [f"for {login['token_url']}"] if "token_url" in login else []
        return " ".join(parts)
    if hosts := stored_logins.login_hosts(settings.profile):
        return f"profile `{settings.profile}` is logged in to {', '.join(hosts)} only"
    names = ConfigFile.read(config_path()).profiles
    is_chosen = settings.values["profile"].layer is not Layer.DEFAULT
    if is_chosen or not names or settings.profile in names:
        return ""
    return (
        f"no profile is selected; `--profile` selects {' or '.join(f'`{each}`' for each in names)}"
    )


def describe_credentials(
    settings: Settings, credentials: Credentials | None, *, is_new: bool
) -> SentCredentials:
    """Return what the explanation of a refusal says of credentials; `is_new` is as in `advise_on_rejection`."""
    from cxcall.responses.refusals.refused_request import SentCredentials

    has_token = isinstance(credentials, Token) or bool(credentials and credentials.token)
    return SentCredentials(has_token, advise_on_rejection(settings, credentials, is_new=is_new))


def advise_on_rejection(
    settings: Settings, credentials: Credentials | None, *, is_new: bool = False
) -> str:
    """Return what to do; `is_new` says that another token was requested after one was refused."""
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
            f"requesting another token did not help: check that the {client} is active, and that it is for"
            f" `{host_of(settings.base_url)}`: `cxcall config show`"
        )
    if is_stored:
        return f"log in again: {settings.login_command()}"
    return "delete the cached token, so that cxcall requests a new one: `cxcall auth logout`"
