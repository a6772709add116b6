"""Limit what the `.env` file of the working directory, and a user's API document, may decide.

Whoever can write a `.env` file into a folder must not decide where another person's secret goes,
what an operation is, or how careful cxcall is. From `.env`, these kinds of settings are used:

- destination (base_url, region, token_url, issuer): used only with secrets from `.env`, or if another source sets
  the same value; a region of the platform's published list is also used if no other source sets a destination
- platform: a destination, because its hosts are the default: the same; if no other source names a platform, it is also used if
  it is the default one, or the one that an access key belongs to
- schema, profile, and engagement_header (it decides what counts as accepted), and any setting that is not in
  this list: used only with secrets from `.env`; a profile also only if no guard of it is weaker than that of
  the usual profile
- guards (duplicate_window, hours, hours_policy, max_attempts): used only if it does not lower the guard of
  the profile or the default
- guard do_not_call: used in addition to the list of any other source, as the list of each source is
- client_id: used, but not with an access key from elsewhere, which it moves to another token endpoint
- access_key_id, username, secrets, timeout, max_wait: used

A request without credentials follows the same rule, or a folder could redirect it, or replace it by another
one, where the API trusts its network instead of a secret: a choice counts only if the address of the API and
all secrets are from `.env`, or if there are no secrets, the document. The engagement ID's place counts: it is
read from the response. Rows of a queue that need credentials get those of a worker with the same target, so
that only the document is limited.

A guard that would be lowered is ignored with a warning. A destination or a schema is refused (exit 4) instead:
without it, a request that the folder directs to a test system would go to the default one, and place a call
there. Both name the file and the line, and `auth status` shows them.

Of the other files that are found in a working directory, `.cxcall.toml` and `pyproject.toml` only choose
the operations that `validate` checks files against (cxcall/validation/pattern_file.py): they set no
setting, and no command that sends reads them.

A document may come from anywhere, so its `servers` do not decide where a secret goes: the profile, the
environment, or a flag must name the host. A published host of a platform needs no such setting, unless
a source names a region: then it must be the host of that region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.contracts.openapi_document import CXONE, GENESYS_CLOUD
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, printable
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.settings.regions import is_domain_of_vendor, region_domain, url_area
from cxcall.settings.sources import (
    CREDENTIAL_NAMES,
    GUARD_SETTINGS,
    SETTING_NAMES,
    URL_SETTINGS,
    Setting,
    find_setting,
    without_dotenv,
)
from cxcall.transport.origins import host_of, host_url, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import SettingsByName

_HARMLESS = (*CREDENTIAL_NAMES, "timeout", "max_wait")
"""Settings that do not change where a secret goes, what an operation is, or how careful cxcall is."""
CHOICES = tuple(sorted({*SETTING_NAMES} - {*GUARD_SETTINGS, "do_not_call", *_HARMLESS}))
"""Settings that may not be combined with a secret from another source: all that are not known to be harmless."""
_OF_RESPONSES = ("engagement_header", "engagement_id")
"""Choices that change how a response is read, not where a request goes, or what it does."""
_MOVES = ("region", *URL_SETTINGS, "client_id")
"""Choices that change where a request goes, or where a secret for a token goes."""
_STATIC = (("password",), ("api_key",))
"""Secrets that only a user's document requires, so they belong to no platform."""
_CODE = "credential"
_REQUEST = "the request"
_WHY = "a file in the working directory must not decide where a secret from elsewhere goes, or how careful cxcall is"
_WHY_REQUEST = (
    "a file in the working directory must not decide where a request goes, or what it does"
)


class TrustErrors(NamedTuple):
    """Errors about choices of `.env` and of a document, by what they must not be combined with.

    `settings` are for the secrets of the settings, `login` for a secret of a login, `request` for a request
    without secrets, `queue` for one that a worker sends with its own secrets.
    """

    settings: tuple[Finding, ...]
    login: tuple[Finding, ...]
    request: tuple[Finding, ...]
    queue: tuple[Finding, ...]


def _find_secrets_in_use(layers: Sequence[SettingsByName]) -> dict[str, Setting]:
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
    layers: Sequence[SettingsByName], contract: Contract, values: SettingsByName
) -> TrustErrors:
    """Return the errors about sources that are not trusted; `values` are the settings in use."""
    dotenv = _DotenvChoices(layers, contract, values)
    login = tuple(dotenv.find_errors({}))
    secrets = _find_secrets_in_use(layers)
    foreign = {name: each for name, each in secrets.items() if not each.layer.is_dotenv}
    base_url, platform = values["base_url"], values["platform"]
    contract_file = find_setting("contract", layers)
    is_own = bool(secrets) or (contract_file is not None and contract_file.layer.is_dotenv)
    is_own = is_own and not foreign and base_url.layer.is_dotenv
    request = () if is_own else tuple(dotenv.find_choices({}, _REQUEST))
    queue = () if is_own else tuple(dotenv.find_choices({}, _REQUEST, ("contract",)))
    if not secrets:
        return TrustErrors((), login, request, queue)
    if foreign:
        errors = dotenv.find_errors(foreign)
        if dotenv.is_foreign_choice("platform", foreign):
            return TrustErrors((*errors,), login, request, queue)
        other = _other_platform(dotenv.outside, platform, foreign, base_url.value)
    else:
        errors = _find_unnamed_host(layers, contract, base_url)
        other = _other_platform(layers, platform, secrets, base_url.value)
    return TrustErrors((*errors, *other), login, request, queue)


class _DotenvChoices:
    """The choices in `.env`, and the settings that the other sources have without it."""

    def __init__(
        self, layers: Sequence[SettingsByName], contract: Contract, values: SettingsByName
    ) -> None:
        self.outside = without_dotenv(layers)
        self._layers, self._contract, self._values = layers, contract, values
        found = {name: find_setting(name, layers) for name in (*CHOICES, "client_id")}
        self._chosen = {name: each for name, each in found.items() if each and each.layer.is_dotenv}

    def find_errors(self, secrets: Mapping[str, Setting]) -> Iterator[Finding]:
        """Yield an error for each choice that may not be combined with secrets from elsewhere.

        Without `secrets`, the secret is a login's or one that the user types. If no choice moves an
        address, a host that only a document names is an error, too.
        """
        first = next(iter(secrets), "")
        owner = f"`{first}` (from {secrets[first].source})" if first else "a secret from elsewhere"
        yield from self.find_choices(secrets, owner)
        if not any(self.is_foreign_choice(name, secrets) for name in _MOVES):
            yield from _find_unnamed_host(self.outside, self._contract, self._values["base_url"])

    def find_choices(
        self, secrets: Mapping[str, Setting], owner: str, names: Sequence[str] = CHOICES
    ) -> Iterator[Finding]:
        """Yield an error for each choice among `names` that `owner`, a secret or a request, must not follow."""
        why = _WHY_REQUEST if owner == _REQUEST else _WHY
        skipped = _OF_RESPONSES if owner == _REQUEST else ()
        for name in (*names, "client_id"):
            if name not in skipped and self.is_foreign_choice(name, secrets):
                problem = f"choose the {name} for {owner}"
                if name in _MOVES:
                    problem = f"send {owner} to `{printable(self._host(name))}`"
                fix = f"if you trust it, set `{name}` in the environment or by a flag"
                where = self._chosen[name].locate()
                yield Finding.error(_CODE, where, f"`.env` would {problem}", fix, why)

    def is_foreign_choice(self, name: str, secrets: Mapping[str, Setting]) -> bool:
        """Return whether `.env` makes a choice that these secrets are not for: no other source makes the same one."""
        setting, own = self._chosen.get(name), find_setting(name, self.outside)
        if setting is None:
            return False
        is_cxone = self._values["platform"].value == CXONE
        if own and name in (*_MOVES, "platform"):
            if setting.value.rstrip("/") == own.value.rstrip("/"):
                return False
        elif name == "platform":
            has_key = "access_key_secret" in (secrets or _find_secrets_in_use(self.outside))
            return setting.value != GENESYS_CLOUD and not (has_key and setting.value == CXONE)
        if name == "client_id":
            # With the ID of an application, NICE CXone has another token endpoint for an access key.
            return is_cxone and "access_key_secret" in secrets
        if name == "region" and not own and not self._has_own_address():
            return not _is_published_region(setting)
        # Beside an address, a region has no effect, except on the token endpoint of an access key.
        return name != "region" or is_cxone or not find_setting("base_url", self._layers)

    def _has_own_address(self) -> bool:
        """Return whether a source outside `.env` sets the address of the API or of a token endpoint."""
        return any(find_setting(name, self.outside) for name in URL_SETTINGS)

    def _host(self, name: str) -> str:
        """Return the host that a choice leads to."""
        used = {"region": "base_url", "client_id": "token_url"}.get(name, name)
        return host_of(self._values[used].value) or "another address"


def _other_platform(
    layers: Sequence[SettingsByName],
    platform: Setting,
    secrets: Mapping[str, Setting],
    base_url: str,
) -> Iterator[Finding]:
    """Yield an error if only the operation decides the platform of a secret, and another platform is likely.

    A client belongs to Genesys Cloud unless a source names NICE CXone: the platform, its host, an area,
    or an access key, which only CXone has.
    """
    if find_setting("platform", layers) or is_loopback_url(base_url):
        return
    if (*secrets,) in _STATIC:
        return
    has_key = "access_key_secret" in secrets or bool(find_setting("access_key_secret", layers))
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


def platform_of(contract: Contract) -> str:
    """Return the platform of a contract; a user's document has one only at a published host of it."""
    declared = contract.platform
    is_known = contract.is_shipped or not declared or is_published_host(contract.base_url())
    return declared if is_known else ""


def _find_unnamed_host(
    layers: Sequence[SettingsByName], contract: Contract, base_url: Setting
) -> Iterator[Finding]:
    """Yield an error if only a user's document names the host of `base_url`, or another one than the region's."""
    if contract.is_shipped or find_setting("base_url", layers):
        return
    region = find_setting("region", layers)
    if is_host_of_region(base_url.value, region) if region else is_published_host(base_url.value):
        return
    url = host_url(base_url.value)
    yield Finding.error(
        "credential",
        printable(contract.name),
        f"the host `{host_of(base_url.value)}` comes only from the document, so no secret is sent to it",
        f"if you trust the host, add {command('--base-url', url)}, or set `base_url` in the profile",
        "a document must not decide where a secret goes",
    )


def is_published_host(url: str) -> bool:
    """Return whether a URL is at the host that a shipped contract has for any of its regions."""
    if "\\" in url:  # requests and urllib read different hosts
        return False
    host = host_of(url).lower()
    is_area = bool(url_area(url)) and ":" not in host
    return is_area or any(
        host == host_of(known.base_url(domain)).lower()
        for known in load_shipped_contracts()
        for domain in known.regions.values()
    )


def _is_published_region(region: Setting) -> bool:
    """Return whether a region is in the list that its platform has published."""
    return any(
        domain in known.regions.values()
        for known in load_shipped_contracts()
        for domain in _domain(region, known)
    )


def is_host_of_region(url: str, region: Setting) -> bool:
    """Return whether a URL is at the host that a shipped contract has for the region of a setting.

    The lists of regions are open: `region` may name one that no contract knows, by its domain.
    """
    if "\\" in url:  # requests and urllib read different hosts
        return False
    host = host_of(url).lower()
    return any(
        host == host_of(known.base_url(domain)).lower()
        or (":" not in host and url_area(url) == domain)
        for known in load_shipped_contracts()
        for domain in _domain(region, known)
    )


def _domain(region: Setting, known: Contract) -> Iterator[str]:
    """Yield the domain of a region if it certainly belongs to the platform's vendor."""
    try:
        domain = region_domain(region, known)
    except UsageError:  # not a region of this platform
        return
    if is_domain_of_vendor(domain, known):
        yield domain
