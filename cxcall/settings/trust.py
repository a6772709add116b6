"""Limit what the `.env` file of the working directory, and a user's API document, may decide.

Whoever can write a `.env` file into a folder must not decide where another person's secret goes,
what an operation is, or how careful cxcall is:

| kind of setting | from `.env` |
|---|---|
| destination: base_url, region, token_url, issuer | used only with secrets from `.env`, or if it names a domain that the contract or another source names, and a path that it has there |
| platform | a destination, because its hosts are the default: used only with secrets from `.env`, or if it is the default platform, or the one that an access key belongs to |
| schema, profile, and engagement_header (it decides what counts as accepted), and any setting that is not in this table | used only with secrets from `.env`; a profile also only if no guard of it is weaker than that of the usual profile |
| guard: duplicate_window, hours, hours_policy, max_attempts | used only if it does not lower the guard of the profile or the default |
| guard: do_not_call | used in addition to the list of any other source |
| client_id, access_key_id, username, secrets, timeout, max_wait | used |

A guard that would be lowered is ignored with a warning. A destination or a schema is refused (exit 4) instead:
without it, a request that the folder directs to a test system would go to the default one, and place a call
there. Both name the file and the line, and `auth status` shows them.

Of the other files that are found in a working directory, `.cxcall.toml` and `pyproject.toml` only choose
the operations that `validate` checks files against (cxcall/validation/operation_patterns.py): they set no
setting, and no command that sends reads them.

A document may come from anywhere, so its `servers` do not decide where a secret goes: the profile, the
environment, or a flag must name the host. The published hosts of the platforms need no such setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, command, printable
from cxcall.settings.regions import (
    ACCESS_KEY_PATH,
    HTTPS_PORT,
    region_domain,
    shared_domain,
    url_area,
)
from cxcall.settings.setting_values import CXONE, PLATFORMS
from cxcall.settings.sources import (
    GUARD_SETTINGS,
    SECRET_SETTINGS,
    SETTING_NAMES,
    URL_SETTINGS,
    find_setting,
    split_dotenv,
)
from cxcall.transport.origins import host_of, host_url, is_loopback_url, origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Layer, Setting


_HARMLESS = (
    "client_id",
    "access_key_id",
    "username",
    *SECRET_SETTINGS,
    "timeout",
    "max_wait",
)
"""What decides neither where a secret goes, nor what an operation is, nor how careful cxcall is."""
CHOICES = tuple(sorted({*SETTING_NAMES} - {*GUARD_SETTINGS, "do_not_call", *_HARMLESS}))
"""What may not be combined with a secret from elsewhere: every setting that is not known to be harmless."""
_DEFAULT_PLATFORM = PLATFORMS[0]
_TOKEN_PATHS = ("/oauth/token", "/auth/token", ACCESS_KEY_PATH)
_STATIC = (("password",), ("api_key",))
"""What only a user's document asks for, so that it belongs to no platform."""
_CODE = "credential"
_WHY = "a file in the working directory must not decide where a secret from elsewhere goes, or how careful cxcall is"


def find_secrets_in_use(layers: Sequence[Layer]) -> dict[str, Setting]:
    """Return the secrets that a request for a token, or with credentials, would send."""
    for names in (
        ("access_token",),
        ("access_key_secret", "client_secret"),
        ("client_secret",),
        *_STATIC,
    ):
        if find_setting(names[0], layers):
            found = {name: find_setting(name, layers) for name in names}
            return {name: setting for name, setting in found.items() if setting}
    return {}


def find_trust_errors(
    layers: Sequence[Layer], contract: Contract, values: Layer, unnamed: tuple[Finding, ...]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the errors that concern the secrets of the settings, and those that a login's secret would have.

    `unnamed` is the error on a host that only a document names.
    """
    untrusted = (*_untrusted_choices(layers, contract, {}), *unnamed)
    secrets = find_secrets_in_use(layers)
    if not secrets:
        return (), untrusted
    other = _other_platform(layers, values["platform"], secrets, values["base_url"].value)
    return (*_untrusted_choices(layers, contract, secrets), *unnamed, *other), untrusted


def _untrusted_choices(
    layers: Sequence[Layer], contract: Contract, secrets: Mapping[str, Setting]
) -> Iterator[Finding]:
    """Yield an error for each choice in `.env` that may not be combined with a secret from elsewhere.

    `secrets` are those in use; without any, the secret is a login's or one that the user types.
    """
    foreign = {name for name, setting in secrets.items() if not _is_from_dotenv(setting, layers)}
    if secrets and not foreign:
        return
    secret = next((name for name in secrets if name in foreign), "")
    owner = f"`{secret}` (from {secrets[secret].source})" if secrets else "a secret from elsewhere"
    _, outside = split_dotenv(layers)
    trusted = {*contract.regions.values()}
    trusted |= {named_domain(name, layer[name], contract) for layer in outside for name in layer}
    unused = "region" if find_setting("base_url", layers) else "base_url"
    for name in CHOICES:
        setting = find_setting(name, layers)
        if setting is None or name == unused or not _is_from_dotenv(setting, layers):
            continue
        if name == "platform" and (setting.value == _DEFAULT_PLATFORM or _has_access_key(outside)):
            continue
        domain = named_domain(name, setting, contract)
        path = _path_of(name, setting.value) if domain in trusted else ""
        if domain and domain in trusted and path in _known_paths(name, outside, contract):
            continue
        target = (
            f"send {owner} to `{domain}{printable(path)}`"
            if domain
            else f"choose the {name} for {owner}"
        )
        yield Finding.error(
            _CODE,
            setting.locate(),
            f"`.env` would {target}",
            f"if you trust it, set `{name}` in the environment or by a flag",
            _WHY,
        )


def _other_platform(
    layers: Sequence[Layer], platform: Setting, secrets: Mapping[str, Setting], base_url: str
) -> Iterator[Finding]:
    """Yield an error if only the operation says for which platform a secret is, and another one is likely.

    A client belongs to Genesys Cloud unless a source names NICE CXone: the platform, its host, an area,
    or an access key, which only CXone has.
    """
    if find_setting("platform", layers) or is_loopback_url(base_url):
        return
    if (*secrets,) in _STATIC:
        return
    has_key = "access_key_secret" in secrets or _has_access_key(layers)
    # A client goes to the token endpoint, a token to the API.
    named_endpoint = ("base_url",) if "access_token" in secrets else ("token_url",)
    names_cxone = bool(url_area(base_url) and find_setting("base_url", layers)) or any(
        find_setting(name, layers) for name in ("issuer", "region", *named_endpoint)
    )
    target = CXONE if url_area(base_url) else platform.value
    if names_cxone or (target == CXONE) == has_key or not target:
        return
    name, secret = next(iter(secrets.items()))
    yield Finding.error(
        _CODE,
        secret.locate(),
        f"only the operation indicates that `{name}` (from {secret.source}) is for `{target}`",
        f"set `platform` to `{target}` where the secret is set, or use another profile",
        "a secret of one platform must not be sent to another one",
    )


def named_domain(name: str, setting: Setting, contract: Contract) -> str:
    """Return the domain that a setting names, with the port of its own; empty if it names none."""
    if name in URL_SETTINGS:
        *_, port = origin(setting.value)
        domain = shared_domain(setting.value).rstrip(".")
        return domain if port == HTTPS_PORT or not domain else f"{domain}:{port}"
    try:
        return region_domain(setting, contract) if name == "region" else ""
    except UsageError:
        return ""  # a value that is not used need not be valid


def _path_of(name: str, url: str) -> str:
    return urlsplit(url).path.rstrip("/") if name in URL_SETTINGS else ""


def _known_paths(name: str, outside: Sequence[Layer], contract: Contract) -> set[str]:
    """Return the paths that an address from `.env` may have: that of another source, else the platforms' own.

    Behind another path the same host may hold another tenant, or the same operation under another URL, which
    the duplicate guard does not know.
    """
    if other := find_setting(name, outside):
        return {_path_of(name, other.value)}
    own = {"base_url": (contract.base_url(),), "token_url": _TOKEN_PATHS}.get(name, ())
    return {"", *(urlsplit(each).path.rstrip("/") for each in own)}


def _is_from_dotenv(setting: Setting, layers: Sequence[Layer]) -> bool:
    return any(setting is entry for layer in split_dotenv(layers)[0] for entry in layer.values())


def _has_access_key(layers: Sequence[Layer]) -> bool:
    """Return whether a secret that only NICE CXone has is set, so that its platform is no other choice."""
    return find_setting("access_key_secret", layers) is not None


def platform_of(contract: Contract) -> str:
    """Return the platform of a contract; a user's document has one only at a published host of it."""
    declared = str(contract.declared.get("x-cxcall-platform", ""))
    is_known = contract.is_shipped or not declared or is_published_host(contract.base_url(), None)
    return declared if is_known else ""


def find_unnamed_host(
    layers: Sequence[Layer], contract: Contract, base_url: Setting
) -> Iterator[Finding]:
    """Yield an error if only a user's document names the host of `base_url`."""
    if contract.is_shipped or find_setting("base_url", layers):
        return
    if is_published_host(base_url.value, find_setting("region", layers)):
        return
    url = host_url(base_url.value)
    yield Finding.error(
        "credential",
        printable(contract.name),
        f"the host `{host_of(base_url.value)}` comes only from the document, so no secret is sent to it",
        f"if you trust the host, add {command('--base-url', url)}, or set `base_url` in the profile",
        "a document must not decide where a secret goes",
    )


def is_published_host(url: str, region: Setting | None) -> bool:
    """Return whether a URL is at the host that a shipped contract has for a region.

    The lists of regions are open: `region` may name one that no contract knows, by its domain.
    """
    if "\\" in url:  # requests reads another host than urllib
        return False
    host = host_of(url).lower()
    is_area = bool(url_area(url)) and ":" not in host
    return is_area or any(
        host == host_of(known.base_url(domain)).lower()
        for known in load_shipped_contracts()
        for domain in (*known.regions.values(), *_domain(region, known))
    )


def _domain(region: Setting | None, known: Contract) -> Iterator[str]:
    if region:
        try:
            yield region_domain(region, known)
        except UsageError:  # not a region of this platform
            return
