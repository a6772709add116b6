"""Settings that contradict each other: layers of settings -> findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.settings.regions import region_domain, shared_domain
from cxcall.settings.sources import find_misspelled_variables, find_setting
from cxcall.transport.urls import host_of, is_loopback_host, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Layer, Setting

# Places in the order of precedence: flags, environment (two families), `.env` (two), profile.
_DOTENV = slice(3, 5)
_PROFILE = 5
_BY_PRECEDENCE = ("access_token", "access_key_secret", "client_secret")


def find_conflicts(
    layers: Sequence[Layer], contract: Contract, base_url: str, token_url: str
) -> Iterator[Finding]:
    """Yield what a person should know before a request goes to `base_url`, the worst first."""
    yield from _misled_secret(layers, contract)
    yield from _platforms(layers, contract)
    if not is_loopback_host(shared_domain(base_url)):
        yield from _regions(layers, contract, base_url)
    yield from _token_host(layers, contract, base_url, token_url)
    yield from _unknown_domain(layers, contract)
    yield from _credentials(layers)
    for name, hint in find_misspelled_variables():
        yield _warning("usage", name, f"`{name}` is no setting, and is ignored", hint)


def _warning(code: str, where: str, message: str, fix: str, why: str = "") -> Finding:
    return Finding(Severity.WARNING, code, where, message, fix, why)


def _misled_secret(layers: Sequence[Layer], contract: Contract) -> Iterator[Finding]:
    """Refuse to let the working directory's `.env` send a profile's own secret elsewhere.

    Whoever can write a `.env` into a folder could otherwise have the secret sent to themselves.
    """
    secret = next((name for name in _BY_PRECEDENCE if find_setting(name, layers)), "client_secret")
    if secret not in layers[_PROFILE] or find_setting(secret, layers[:_PROFILE]):
        return
    own = {_domain(name, written, contract) for name, written in layers[_PROFILE].items()}
    host_by = "base_url" if find_setting("base_url", layers) else "region"
    for name in (host_by, "token_url", "issuer"):
        written = find_setting(name, layers)
        if written is None or not _is_in(written, layers[_DOTENV]):
            continue
        domain = _domain(name, written, contract)
        if domain not in {*contract.regions.values(), *own}:
            yield Finding(
                Severity.ERROR,
                "credential",
                written.locate(),
                f"`.env` would send the profile's `{secret}` to `{domain}`",
                f"set `{secret}` beside it in `.env`, or `{name}` in the profile",
                "a file in the working directory must not decide where a profile's secret goes",
            )


def _domain(name: str, written: Setting, contract: Contract) -> str:
    """Return the domain that a setting names; empty when it names none."""
    if name in {"base_url", "token_url", "issuer"}:
        return shared_domain(written.value)
    try:
        return region_domain(written, contract) if name == "region" else ""
    except UsageError:
        return ""  # it lost, so nobody needs it to be right


def _is_in(written: Setting, layers: Sequence[Layer]) -> bool:
    return any(written is entry for layer in layers for entry in layer.values())


def _platforms(layers: Sequence[Layer], contract: Contract) -> Iterator[Finding]:
    declared = contract.declared.get("x-cxcall-platform", "")
    written = find_setting("platform", layers)
    if written and declared and written.value != declared:
        yield _warning(
            "platform-mismatch",
            written.locate(),
            f"the settings are for `{printable(written.value)}`, contract `{contract.name}` is for `{declared}`",
            f"take a profile for `{declared}`, or another operation",
        )


def _regions(layers: Sequence[Layer], contract: Contract, base_url: str) -> Iterator[Finding]:
    """Warn once when a place that lost names another host; a flag is taken at its word."""
    if "base_url" in layers[0]:
        return
    name = "base_url" if find_setting("base_url", layers) else "region"
    winner = find_setting(name, layers)
    if winner and _host_named(name, winner, contract) != host_of(base_url).lower():
        return  # neither won: the tenant was found elsewhere
    for layer in layers:
        for name in ("base_url", "region"):
            written = layer.get(name)
            host = _host_named(name, written, contract) if written else ""
            if winner and written and host and host != host_of(base_url).lower():
                yield _warning(
                    "region-mismatch",
                    winner.locate(),
                    f"`{host_of(base_url)}` (from {winner.source}) is used, "
                    f"and not `{host}` (from {written.source})",
                    "unset one of the two; `cxcall config show` lists every value with its source",
                )
                return


def _host_named(name: str, written: Setting, contract: Contract) -> str:
    if name == "base_url":
        return host_of(written.value).lower()
    domain = _domain(name, written, contract)
    return host_of(contract.base_url(domain)).lower() if domain else ""


def _token_host(
    layers: Sequence[Layer], contract: Contract, base_url: str, token_url: str
) -> Iterator[Finding]:
    written = find_setting("token_url", layers)
    domains = {shared_domain(base_url), shared_domain(token_url)}
    if written and len(domains) > 1 and domains & {*contract.regions.values()}:
        yield _warning(
            "region-mismatch",
            written.locate(),
            f"token host `{host_of(token_url)}` and API host `{host_of(base_url)}` do not belong together",
            "unset `token_url`, or set `base_url` to the same region",
            "a token is valid only in the region that issued it",
        )


def _unknown_domain(layers: Sequence[Layer], contract: Contract) -> Iterator[Finding]:
    region = find_setting("region", layers)
    if not region or not contract.regions or find_setting("base_url", layers):
        return
    domain = region_domain(region, contract)
    if domain not in contract.regions.values():
        yield _warning(
            "host-unknown",
            region.locate(),
            f"`{domain}` is no region that cxcall knows; it is used as it is",
            f"one of: {', '.join(contract.regions)}",
            "regions may be newer than this list",
        )


def _credentials(layers: Sequence[Layer]) -> Iterator[Finding]:
    token, client, secret = (
        find_setting(name, layers) for name in ("access_token", "client_id", "client_secret")
    )
    if token and client and secret:
        yield _warning(
            "credential",
            token.locate(),
            f"the access token (from {token.source}) is used, and not the client (from {client.source})",
            "unset one of the two",
        )
    elif client and secret and _are_strangers(client, secret, layers):
        yield _warning(
            "credential",
            client.locate(),
            f"`client_id` (from {client.source}) and `client_secret` (from {secret.source}) may not belong together",
            "set both in the same place",
        )


def _are_strangers(client: Setting, secret: Setting, layers: Sequence[Layer]) -> bool:
    """Tell whether a place that gave one half of the pair has another half of its own."""
    for layer in layers:
        half = (layer.get("client_id") is client) + (layer.get("client_secret") is secret)
        if half == 1 and "client_id" in layer and "client_secret" in layer:
            own_id, own_secret = layer["client_id"], layer["client_secret"]
            return own_id.value != client.value or own_secret.value != secret.value
    return False
