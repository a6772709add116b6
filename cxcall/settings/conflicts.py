"""Find settings that contradict each other, or the sandbox that `CXCALL_ONLY_SANDBOX` allows, and variables without effect.

The program under test may pass flags, and its folder may have a `.env` with the credentials of its owner; this variable
takes precedence over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.settings.regions import names_no_area, normalize_url, region_domain, region_of
from cxcall.settings.sources import (
    CREDENTIAL_NAMES,
    GUARD_SETTINGS,
    MACHINE_VARIABLES,
    ONLY_SANDBOX,
    PREFIX,
    SETTING_NAMES,
    Layer,
    Setting,
    empty_guards,
    find_setting,
    invalid_setting,
    only_sandbox,
    suggest_name,
    unknown_variables,
    variable_name,
)
from cxcall.transport.origins import host_of, host_url, is_loopback_url, origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import SettingsByName

_GUARDS = (*GUARD_SETTINGS, "do_not_call", "only_sandbox")
_GUARD_WORDS = {
    "dnc": "do_not_call",
    "donotcall": "do_not_call",
    "hours": "hours",
    "attempts": "max_attempts",
    "duplicate": "duplicate_window",
    "duplicates": "duplicate_window",
}
"""Words that only the names of guards contain, also written together."""
_SIMILARITY, _GUARD_SIMILARITY = 0.6, 0.75
"""The least similarity of names; of guards, enough for `DO_NOT_CAL`, but `HOST` does not resemble `HOURS`."""


def find_conflicts(
    layers: Sequence[SettingsByName],
    contract: Contract,
    values: SettingsByName,
    replaced: SettingsByName,
) -> Iterator[Finding]:
    """Yield the conflicts of the settings behind the addresses in `values`.

    `replaced` are the URLs of the profile that are not in its layer, because `CXCALL_REGION` replaces them. Raises
    UsageError for an address that `CXCALL_ONLY_SANDBOX` does not allow.
    """
    base_url, token_url = values["base_url"].value, values["token_url"].value
    if only_sandbox():
        _stop_on_other_address(values)
    if not is_loopback_url(base_url):
        yield from _ignored_host(layers, contract, base_url, replaced)
    yield from _repeated_path(contract, values["base_url"])
    yield from _foreign_token_host(layers, contract, base_url, token_url)
    yield from _unknown_region(layers, contract)
    yield from _ambiguous_credentials(layers)
    yield from find_ignored_variables()


def find_wrong_destination(operation: Operation, settings: Settings) -> Iterator[Finding]:
    """Yield errors if the settings and the operation belong to different platforms, or the profile is for another host."""
    yield from (
        each
        for each in settings.conflicts
        if each.code == "region-mismatch" and each.severity is Severity.ERROR
    )
    if settings.platform and operation.platform and settings.platform != operation.platform:
        setting, own = settings.values["platform"], operation.platform
        chosen = f"`platform` is `{settings.platform}` (from {setting.source})"
        fix = f"add `--platform {own}`"
        if setting.layer is Layer.PROFILE:
            chosen = f"profile `{settings.profile}` is for `{settings.platform}`"
            fix = f"use a profile for `{own}`: `--profile NAME`"
        yield Finding.error(
            "platform-mismatch",
            "host",
            f"`{operation.name}` is an operation of `{own}`, but {chosen}",
            fix=f"{fix}; `cxcall operations` lists other operations",
            source=operation.source,
        )


def drop_other_credentials(layers: Sequence[SettingsByName]) -> list[SettingsByName]:
    """Return the layers with credentials only from the `CXCALL_*` variables."""
    return [
        layer
        if place in (Layer.FLAGS, Layer.ENVIRONMENT)
        else {name: layer[name] for name in layer if name not in CREDENTIAL_NAMES}
        for place, layer in enumerate(layers)
    ]


def _stop_on_other_address(values: SettingsByName) -> None:
    """Raise UsageError if requests would go to another server than the sandbox."""
    variable = Setting(only_sandbox(), ONLY_SANDBOX, Layer.ENVIRONMENT, lambda: ONLY_SANDBOX)
    allowed = normalize_url(ONLY_SANDBOX, variable)
    for name in ("base_url", "token_url"):
        setting = values[name]
        if setting.value and origin(setting.value) != origin(allowed):
            raise invalid_setting(
                name,
                setting,
                f"is at {host_url(setting.value)}, but only the sandbox at {allowed} may be used",
                fix=f"set `{variable_name('base_url')}={allowed}`, and no flag or setting for another server; "
                f"to use another one, unset `{ONLY_SANDBOX}`",
                why=f"`{ONLY_SANDBOX}` is set, so that a test places no real call",
            )


def find_ignored_guards() -> Iterator[Finding]:
    """Yield an error for each empty or misspelled variable of a guard: no call may be placed without the guard.

    Raises UsageError if no request at all may be sent, because the name resembles `CXCALL_ONLY_SANDBOX`.
    """
    for name in empty_guards():
        yield Finding.error(
            "usage",
            name,
            f"`{name}` is set, but empty",
            "set its value, or unset the variable",
            "the guard would not apply, so no call is placed",
        )
    for name in unknown_variables():
        guard = _resembled_guard(name)
        problem = f"unknown setting `{name}`"
        fix = f"the most similar name is `{variable_name(guard)}`; unset `{name}`, or rename it"
        if guard == _GUARDS[-1]:
            raise UsageError(problem, where=name, fix=fix, why="a request could go to any server")
        if guard:
            why = "the guard that it may be intended for would not apply, so no call is placed"
            yield Finding.error("usage", name, problem, fix, why)


def find_ignored_variables() -> Iterator[Finding]:
    """Yield a warning for each variable that is ignored, but resembles a setting.

    A variable that resembles no setting belongs to another program.
    """
    for finding in find_ignored_guards():
        yield finding._replace(severity=Severity.WARNING)
    known = [each.removeprefix(PREFIX) for each in MACHINE_VARIABLES]
    known += [each.upper() for each in SETTING_NAMES]
    for name in unknown_variables():
        from cxcall.runtime.name_similarity import find_similar

        near = find_similar(name.removeprefix(PREFIX), known, _SIMILARITY)
        if near and not _resembled_guard(name):
            fix = f"the most similar name is `{PREFIX}{near}`"
            yield Finding.warning("usage", name, f"unknown setting `{name}`, which is ignored", fix)


def _resembled_guard(name: str) -> str:
    """Return the guard that a variable seems to be meant for; empty if there is none."""
    plain = name.removeprefix(PREFIX).lower()
    words = {*plain.split("_"), plain.replace("_", "")}
    for word, guard in _GUARD_WORDS.items():
        if any(word == each or (len(word) > len("hours") and word in each) for each in words):
            return guard
    from cxcall.runtime.name_similarity import find_similar

    near = find_similar(plain, (*SETTING_NAMES, _GUARDS[-1]), _GUARD_SIMILARITY)
    return near if near in _GUARDS else ""


def _ignored_host(
    layers: Sequence[SettingsByName], contract: Contract, base_url: str, replaced: SettingsByName
) -> Iterator[Finding]:
    """Warn about the first layer whose host is not used, unless the flag `--base-url` is set."""
    if "base_url" in layers[Layer.FLAGS]:
        return
    name = "base_url" if find_setting("base_url", layers) else "region"
    used = find_setting(name, layers)
    used_host = host_of(base_url).lower()
    if not used or _named_host(name, used, contract) != used_host:
        return  # the host comes from tenant discovery or from the contract
    names = ("base_url",) if names_no_area(base_url, contract) else ("base_url", "region")
    for layer in (replaced, *layers):
        for name in names:
            setting = layer.get(name)
            host = _named_host(name, setting, contract) if setting else ""
            if setting and host and host != used_host:
                found = Finding.warning(
                    "region-mismatch",
                    used.locate(),
                    f"`{host_of(base_url)}` (from {used.source}) is used, "
                    f"not `{host}` (from {setting.source})",
                    "unset one of the two; `cxcall config show` lists every value with its source",
                )
                if layer is replaced and is_loopback_url(setting.value):
                    # Nobody may expect that calls for the profile of a sandbox are real.
                    found = found._replace(severity=Severity.ERROR)
                yield found
                return


def _named_host(name: str, setting: Setting, contract: Contract) -> str:
    if name == "base_url":
        return host_of(setting.value).lower()
    try:
        domain = region_domain(setting, contract)
    except UsageError:
        return ""  # a value that is not used need not be valid
    return host_of(contract.base_url(domain)).lower()


def _repeated_path(contract: Contract, base_url: Setting) -> Iterator[Finding]:
    """Warn about a path of a region's API, such as `/api/v2`: the paths of the operations contain it."""
    path = urlsplit(base_url.value).path
    if path and contract.is_shipped and region_of(base_url.value, contract):
        yield Finding.warning(
            "host-unknown",
            base_url.locate(),
            f"`base_url` has the path `{path}`, which is added to the path of each operation",
            f"write `{host_url(base_url.value)}`",
        )


def _foreign_token_host(
    layers: Sequence[SettingsByName], contract: Contract, base_url: str, token_url: str
) -> Iterator[Finding]:
    setting = find_setting("token_url", layers)
    if setting and region_of(base_url, contract) != region_of(token_url, contract):
        yield Finding.warning(
            "region-mismatch",
            setting.locate(),
            f"token host `{host_of(token_url)}` and API host `{host_of(base_url)}` do not belong together",
            "unset `token_url`, or set `base_url` to the same region",
            "a token is valid only in the region that issued it",
        )


def _unknown_region(layers: Sequence[SettingsByName], contract: Contract) -> Iterator[Finding]:
    region = find_setting("region", layers)
    if not region or not contract.regions or find_setting("base_url", layers):
        return
    domain = region_domain(region, contract)
    if domain not in contract.regions.values():
        yield Finding.warning(
            "host-unknown",
            region.locate(),
            f"unknown region `{domain}`; it is used unchanged",
            suggest_name(domain, contract.regions.values()),
            "a region may be newer than this list",
        )


def _ambiguous_credentials(layers: Sequence[SettingsByName]) -> Iterator[Finding]:
    token, client, secret = (
        find_setting(name, layers) for name in ("access_token", "client_id", "client_secret")
    )
    if token and client and secret:
        yield Finding.warning(
            "credential",
            token.locate(),
            f"the access token (from {token.source}) is used, not the client (from {client.source})",
            "unset one of the two",
        )
    elif client and secret and _have_different_origins(client, secret, layers):
        yield Finding.warning(
            "credential",
            client.locate(),
            f"`client_id` (from {client.source}) and `client_secret` (from {secret.source}) may not belong together",
            "set both in the same place",
        )


def _have_different_origins(
    client: Setting, secret: Setting, layers: Sequence[SettingsByName]
) -> bool:
    """Return whether a layer that provides one half of the pair also sets a different other half."""
    for layer in layers:
        own_id, own_secret = layer.get("client_id"), layer.get("client_secret")
        if own_id and own_secret and (own_id is client) != (own_secret is secret):
            return (own_id.value, own_secret.value) != (client.value, secret.value)
    return False
