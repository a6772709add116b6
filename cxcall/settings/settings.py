"""Flags, environment, `.env` and profile -> settings, each value with its source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from cxcall.findings.finding import command
from cxcall.pattern import pattern
from cxcall.settings import tenants
from cxcall.settings.addresses import resolve_addresses, resolve_tenant_addresses
from cxcall.settings.regions import token_url_for
from cxcall.settings.sources import (
    DURATION_SETTINGS,
    GC_PREFIX,
    SECRET_SETTINGS,
    SETTING_NAMES,
    ConfigFile,
    Layer,
    SettingSource,
    find_setting,
    invalid_setting,
    read_dotenv,
    read_environment,
    read_flags,
    suggest_name,
)
from cxcall.transport.urls import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.findings.finding import Finding

DEFAULTS = {
    "profile": "default",
    "timeout": "30",
    "max_wait": "60",
    "duplicate_window": "900",
    "hours_policy": "warn",
}
HOURS_POLICIES = ("warn", "enforce")
CXONE = "nice-cxone"
PLATFORMS = ("genesys-cloud", CXONE)
LONGEST_SECONDS = 604800.0  # a week: beyond it the system's own timers overflow
_HEADER_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Setting(NamedTuple):
    """One settled value and where it came from; a secret's value is in no repr."""

    value: str
    source: str
    secret: bool = False

    def __repr__(self) -> str:
        shown = "****" if self.secret and self.value else self.value
        return f"Setting({shown!r}, {self.source!r})"


class Settings(NamedTuple):
    """What a command goes by; `""` stands for what nobody set.

    `conflicts` are warnings, except where a secret would go to a host that it was not meant for:
    that one is an error, and no token is taken while it stands. `embedded` settings are those of
    the sandbox in this process; nothing about them is kept. `roams` says that nobody wrote the
    API's address, so that it goes by what is discovered of the CXone tenant.
    """

    values: Mapping[str, Setting]
    conflicts: tuple[Finding, ...] = ()
    is_embedded: bool = False
    base_url_from_tenant: bool = False

    def _text(self, name: str) -> str:
        return self.values[name].value

    def with_api_endpoint(self, api: str) -> Settings:
        """Return them for another host: where the tenant was found."""
        path = urlsplit(self.base_url).path
        found = Setting(api + path, tenants.DISCOVERY_SOURCE)
        return self._replace(values={**self.values, "base_url": found})

    @property
    def profile(self) -> str:
        """The profile's name."""
        return self._text("profile")

    def login(self, *flags: str) -> str:
        """Return the command that logs in to this profile, as a hint to be pasted."""
        source = self.values["profile"].source
        is_usual = source == "default" or source.startswith("default_profile")
        return command(
            "cxcall", "auth", "login", *flags, *(() if is_usual else ("-p", self.profile))
        )

    @property
    def platform(self) -> str:
        """`genesys-cloud`, `nice-cxone`, or what nobody declared."""
        return self._text("platform")

    @property
    def region(self) -> str:
        """The region as it was written: a name or a domain."""
        return self._text("region")

    @property
    def base_url(self) -> str:
        """The API's address, without a slash at its end."""
        return self._text("base_url")

    @property
    def token_url(self) -> str:
        """Where tokens are fetched; empty when the API's address does not say."""
        return self._text("token_url")

    @property
    def issuer(self) -> str:
        """Who says where a CXone tenant is; empty for another platform."""
        return self._text("issuer")

    @property
    def access_key_id(self) -> str:
        """The ID of a CXone user's access key."""
        return self._text("access_key_id")

    @property
    def access_key_secret(self) -> str:
        """That access key's secret."""
        return self._text("access_key_secret")

    @property
    def client_id(self) -> str:
        """The OAuth client's ID."""
        return self._text("client_id")

    @property
    def client_secret(self) -> str:
        """The OAuth client's secret."""
        return self._text("client_secret")

    @property
    def access_token(self) -> str:
        """A token that was given, to be used as it is."""
        return self._text("access_token")

    @property
    def timeout(self) -> float:
        """The longest that one exchange may take, in seconds."""
        return float(self._text("timeout"))

    @property
    def max_wait(self) -> float:
        """The longest that a delivery may wait to send again, in seconds in total."""
        return float(self._text("max_wait"))

    @property
    def duplicate_window(self) -> float:
        """For how long an accepted request stops another equal one, in seconds."""
        return float(self._text("duplicate_window"))

    @property
    def engagement_header(self) -> str:
        """The response header to look for the engagement ID in first."""
        return self._text("engagement_header")

    @property
    def contract(self) -> str:
        """The file of the user's own contract."""
        return self._text("contract")

    @property
    def hours(self) -> str:
        """The time of day in which people may be called, `08:00-21:00`; empty for any."""
        return self._text("hours")

    @property
    def hours_policy(self) -> str:
        """`warn` outside of the hours, or `enforce` them."""
        return self._text("hours_policy")

    @property
    def do_not_call(self) -> str:
        """The file of numbers that are not to be called."""
        return self._text("do_not_call")


class RunningSandbox(Protocol):
    """A running sandbox, as far as settings are concerned."""

    @property
    def base_url(self) -> str:
        """Its address on loopback."""

    @property
    def client_id(self) -> str:
        """The client that it knows."""

    @property
    def client_secret(self) -> str:
        """That client's secret."""


def load_settings(flags: Mapping[str, str | None], contract: Contract) -> Settings:
    """Settle every value: flag, environment, `.env`, profile, default; the first that has one wins.

    `flags` are by the names of settings; `contract` knows the platform's hosts. Raises UsageError,
    with the place, for the first value that cannot be used.
    """
    from cxcall.settings.conflicts import find_conflicts

    layers, profile = _layers(flags)
    declared = str(contract.declared.get("x-cxcall-platform", ""))
    platform = find_setting("platform", layers) or SettingSource(
        declared, f"contract {contract.name}", str
    )
    if platform.value == CXONE:
        # GENESYSCLOUD_* are another vendor's region and secrets: they are not for this platform.
        layers[2], layers[4] = {}, {}
    values = {**_values(layers), "profile": profile, "platform": platform}
    if platform.value == CXONE:
        values |= resolve_tenant_addresses(layers, contract, profile.value, state_dir)
    else:
        values |= resolve_addresses(layers, contract)
    addresses = values["base_url"].value, values["token_url"].value
    conflicts = (*find_conflicts(layers, contract, *addresses), *_of_gc(profile))
    roams = platform.value == CXONE and not find_setting("base_url", layers)
    return Settings(_settings(values), conflicts, base_url_from_tenant=roams)


def _of_gc(profile: SettingSource) -> tuple[Finding, ...]:
    """Return what `gc` goes by in its own profile, and cxcall does not."""
    if not profile.value.startswith(GC_PREFIX):
        return ()
    from cxcall.settings.gc_profiles import GcProfile

    return tuple(GcProfile.read(profile).findings())


def find_contract_file(flags: Mapping[str, str | None]) -> str:
    """Return the contract of the user's own that settings name; empty when there is none.

    No other setting is looked at: what only reads contracts works whatever the others hold.
    """
    layers, _ = _layers(flags)
    written = find_setting("contract", layers)
    return written.value if written else ""


def find_platform(flags: Mapping[str, str | None]) -> str:
    """Return the platform that settings name; empty when they name none."""
    layers, _ = _layers(flags)
    written = find_setting("platform", layers)
    return written.value if written else ""


def _layers(flags: Mapping[str, str | None]) -> tuple[list[Layer], SettingSource]:
    """Return the sources of settings, the first one first, and the profile that is the last."""
    above = (read_flags(flags), *read_environment(), *read_dotenv(Path(".env")))
    file = ConfigFile.read(config_dir() / "config.toml")
    profile = find_setting("profile", above) or file.default or _default("profile")
    if profile.value.startswith(GC_PREFIX):
        from cxcall.settings.gc_profiles import GcProfile

        return [*above, GcProfile.read(profile).layer()], profile
    return [*above, file.profile(profile)], profile


def sandbox_settings(sandbox: RunningSandbox, flags: Mapping[str, str | None]) -> Settings:
    """Return the settings of a sandbox in this process: nothing else may decide where it goes."""
    given = {
        "profile": "sandbox",
        "base_url": sandbox.base_url,
        "token_url": token_url_for(sandbox.base_url),
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    layer = {name: SettingSource(value, "sandbox", str) for name, value in given.items()}
    return Settings(_settings(_values([layer, read_flags(flags)])), is_embedded=True)


def state_dir() -> Path:
    """Return the folder of the ledger and the tokens; it may not exist yet."""
    if given := os.environ.get("CXCALL_STATE_DIR", "").strip():
        return Path(given).expanduser()
    from platformdirs import user_state_path

    return user_state_path("cxcall", appauthor=False)


def config_dir() -> Path:
    """Return the folder of config.toml; it may not exist."""
    if given := os.environ.get("CXCALL_CONFIG_DIR", "").strip():
        return Path(given).expanduser()
    from platformdirs import user_config_path

    return user_config_path("cxcall", appauthor=False)


def _default(name: str) -> SettingSource:
    value = DEFAULTS.get(name, "")
    return SettingSource(value, "default" if value else "not set", str)


def _values(layers: Sequence[Layer]) -> dict[str, SettingSource]:
    values = {name: find_setting(name, layers) or _default(name) for name in SETTING_NAMES}
    for name in DURATION_SETTINGS:
        check_seconds(name, values[name])
    if (header := values["engagement_header"]).value and not _HEADER_NAME.fullmatch(header.value):
        fix = "write the name alone, e.g. `X-Engagement-Id`"
        raise invalid_setting("engagement_header", header, "is no header's name", fix=fix)
    for name, allowed in (("platform", ("", *PLATFORMS)), ("hours_policy", HOURS_POLICIES)):
        if (written := values[name]).value not in allowed:
            problem = f"`{printable(written.value)}` is unknown"
            raise invalid_setting(
                name, written, problem, fix=suggest_name(written.value, filter(None, allowed))
            )
    if (hours := values["hours"]).value:
        from cxcall.phone.calling_hours import Hours

        Hours.parse(hours.value, hours.locate())
    return values


def _settings(values: Mapping[str, SettingSource]) -> dict[str, Setting]:
    return {
        name: Setting(written.value, written.source, name in SECRET_SETTINGS)
        for name, written in values.items()
    }


def check_seconds(name: str, written: SettingSource) -> None:
    """Accept seconds above 0 and up to a week, for `max_wait` none at all, too; else raise UsageError."""
    try:
        seconds = float(written.value)
    except ValueError:
        seconds = -1.0
    if not (0 < seconds <= LONGEST_SECONDS or (seconds == 0 and name == "max_wait")):
        least = "from 0" if name == "max_wait" else "above 0"
        raise invalid_setting(
            name,
            written,
            f"is `{printable(written.value)}`, not a number of seconds {least} up to {LONGEST_SECONDS:.0f}",
            fix=f"write seconds, e.g. `{DEFAULTS[name]}`",
        )
