"""Merge flags, environment, `.env`, and profile into settings, each value with its source."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.documents.paths import variable_folder
from cxcall.findings.finding import Severity, add_notice
from cxcall.findings.hinted_commands import command
from cxcall.runtime.operating_system import is_missing
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.sources import (
    DEFAULTS,
    GC_PREFIX,
    Layer,
    Setting,
    SettingsByName,
    check_absolute,
    check_choice,
    check_values,
    default_setting,
    find_setting,
    only_sandbox,
    read_environment,
    read_flags,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.findings.finding import Finding
    from cxcall.phone.call_limit import CallLimit
    from cxcall.settings.sources import Flags


class _Text:
    """A descriptor: returns the value of the setting with the attribute's name; empty if it is not set."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, settings: Settings, owner: type) -> str:
        return settings.values[self._name].value


class _Seconds(_Text):
    """A descriptor: returns the value of a setting in seconds."""

    def __get__(self, settings: Settings, owner: type) -> float:  # type: ignore[override]
        return float(super().__get__(settings, owner))


class Settings:
    """The effective settings of one command; an empty text means "not set".

    `conflicts` are warnings, or an error if a secret or a call would go to a host that it is not meant
    for; no token is requested while there is an error. `untrusted` are errors about values of `.env` and
    of a document that apply if a secret comes from a login or from the user, `untrusted_request` those of `.env` that
    apply to a request without credentials, `ignored_guards` those of variables that stop a call.
    `is_embedded` marks the settings of the sandbox in this process, for which nothing is stored.
    `base_url_from_tenant` is true if no source sets the API's address, so that it comes from the discovery of
    the CXone tenant.
    """

    profile = _Text()
    platform = _Text()
    region = _Text()
    base_url = _Text()
    token_url = _Text()
    issuer = _Text()
    client_id = _Text()
    client_secret = _Text()
    access_key_id = _Text()
    access_key_secret = _Text()
    access_token = _Text()
    username = _Text()
    password = _Text()
    api_key = _Text()
    engagement_header = _Text()
    engagement_id = _Text()
    contract = _Text()
    hours = _Text()
    hours_policy = _Text()
    do_not_call = _Text()
    max_attempts = _Text()
    timeout = _Seconds()
    max_wait = _Seconds()
    duplicate_window = _Seconds()

    def __init__(
        self,
        values: Mapping[str, Setting],
        conflicts: tuple[Finding, ...] = (),
        *,
        untrusted: tuple[Finding, ...] = (),
        untrusted_request: tuple[Finding, ...] = (),
        untrusted_queue: tuple[Finding, ...] = (),
        is_embedded: bool = False,
        base_url_from_tenant: bool = False,
        more_do_not_call: Sequence[Setting] = (),
        ignored_guards: tuple[Finding, ...] = (),
    ) -> None:
        self.values = values
        self.conflicts = conflicts
        self.untrusted = untrusted
        self.untrusted_request = untrusted_request
        self.untrusted_queue = untrusted_queue
        self.is_embedded = is_embedded
        self.base_url_from_tenant = base_url_from_tenant
        self.more_do_not_call = more_do_not_call
        self.ignored_guards = ignored_guards

    @property
    def do_not_call_lists(self) -> Mapping[str, Setting]:
        """The do-not-call lists of all sources, by their paths; a number on any of them is not called."""
        lists: dict[str, Setting] = {}
        for each in (self.values["do_not_call"], *self.more_do_not_call):
            if each.value:
                lists.setdefault(each.value, each)
        return lists

    @property
    def do_not_call_files(self) -> tuple[str, ...]:
        """The paths of the do-not-call lists of all sources."""
        return tuple(self.do_not_call_lists)

    @property
    def call_limit(self) -> CallLimit | None:
        """The largest number of calls to one person; None if there is no limit."""
        if not self.max_attempts:
            return None
        from cxcall.phone.call_limit import CallLimit

        return CallLimit.parse(self.max_attempts)

    @property
    def engagement_place(self) -> str:
        """The place that the user named for the engagement ID; empty if there is none."""
        header = f"header:{self.engagement_header}" if self.engagement_header else ""
        return self.engagement_id or header

    def with_values(self, **values: Setting) -> Settings:
        """Return the settings with other values."""
        changed = copy(self)
        changed.values = {**self.values, **values}
        return changed

    def with_api_endpoint(self, endpoint: str) -> Settings:
        """Return the settings with the API endpoint that tenant discovery found."""
        from cxcall.settings.addresses import DISCOVERY_SOURCE

        url = endpoint + urlsplit(self.base_url).path
        return self.with_values(base_url=Setting(url, DISCOVERY_SOURCE, Layer.DISCOVERY))

    def login_command(self, *flags: str) -> str:
        """Return the command that logs in to this profile, for a suggestion in a message."""
        is_default = self.values["profile"].layer in (Layer.DEFAULT, Layer.PROFILE)
        return command(
            "cxcall", "auth", "login", *flags, *(() if is_default else ("-p", self.profile))
        )


def load_settings(flags: Flags, contract: Contract, server: str = "") -> Settings:
    """Return the effective settings: flag, environment, `.env`, profile, default, in this order.

    `flags` maps names to values, `contract` declares hosts, `server` is an operation's address. Raises UsageError.
    """
    from cxcall.contracts.openapi_document import CXONE, GENESYS_CLOUD
    from cxcall.settings import addresses, conflicts
    from cxcall.settings.untrusted_sources import find_trust_errors, platform_of

    layers, profile, ignored, more_lists = read_trusted_layers(flags)
    replaced = addresses.pop_replaced_urls(layers, contract)
    declared = Setting(platform_of(contract), f"contract {contract.name}", Layer.CONTRACT)
    platform = find_setting("platform", layers) or declared
    is_cxone = platform.value == CXONE
    if platform.value != GENESYS_CLOUD:  # the GENESYSCLOUD_* variables are not for hosts of others
        layers[Layer.VENDOR_ENVIRONMENT], layers[Layer.VENDOR_DOTENV] = {}, {}
    values = {**check_values(layers), "profile": profile, "platform": platform}

    if is_cxone:
        found = addresses.resolve_tenant_addresses(
            layers, contract, profile.value, state_dir, server
        )
    else:
        found = addresses.resolve_addresses(layers, contract, server)
    values |= {"do_not_call": _name_lists(values["do_not_call"], more_lists), **found}
    trust = find_trust_errors(layers, contract, values)
    weaker = _find_weaker_guards(layers, profile)
    findings = [*trust.settings, *weaker, *ignored]
    findings += conflicts.find_conflicts(layers, contract, values, replaced)
    for each in findings:
        add_notice(each._replace(severity=Severity.WARNING))
    from_server = bool(server) and values["base_url"].layer is Layer.DEFAULT
    from_tenant = is_cxone and not find_setting("base_url", layers) and not from_server
    return Settings(
        values,
        tuple(findings),
        untrusted=trust.login,
        untrusted_request=(*trust.request, *weaker),
        untrusted_queue=(*trust.queue, *weaker),
        base_url_from_tenant=from_tenant,
        more_do_not_call=more_lists,
        ignored_guards=tuple(conflicts.find_ignored_guards()),
    )


def _name_lists(first: Setting, others: Sequence[Setting]) -> Setting:
    also = (f"; also `{each.value}` from {each.source}" for each in others)
    return first._replace(source="".join([first.source, *also]))


def find_contract_file(flags: Flags) -> str:
    """Return the path of the user's own contract, without `~`; empty if there is none.

    A relative path is in the working directory, unless it is in a profile: see `ConfigFile`.
    Reads no other setting, so that commands that only read contracts ignore invalid settings.
    """
    setting = find_setting("contract", _read_layers(flags)[0])
    if setting is None or not setting.value.startswith("~"):
        return setting.value if setting else ""
    from cxcall.documents.paths import expand_home

    return str(expand_home(setting.value, setting.locate()))


def find_platform(flags: Flags) -> str:
    """Return the platform that a source names; empty if there is none. Raises UsageError for an unknown one."""
    setting = find_setting("platform", _read_layers(flags)[0]) or default_setting("platform")
    check_choice("platform", setting)
    return setting.value


def find_profile(flags: Flags) -> Setting:
    """Return the name of the profile that would be used. It may not exist."""
    return _choose_profile(_layers_above_profile(flags), ConfigFile.read(config_path()))


def read_profile(profile: Setting, file: ConfigFile, *, can_create: bool = True) -> SettingsByName:
    """Return the settings of a profile, also of one of `gc`; raises UsageError as `ConfigFile.profile_settings` does."""
    if not profile.value.startswith(GC_PREFIX):
        return file.profile_settings(profile, can_create=can_create)
    from cxcall.settings.genesys_cli_profiles import read_gc_profile

    return read_gc_profile(profile)


def find_columns(flags: Flags) -> Mapping[str, str]:
    """Return the headers of columns in the profile by their targets."""
    return ConfigFile.read(config_path()).columns(find_profile(flags).value)


def _layers_above_profile(flags: Flags) -> tuple[SettingsByName, ...]:
    return (read_flags(flags), *read_environment(), *_read_dotenv())


def _read_dotenv() -> tuple[SettingsByName, SettingsByName]:
    if is_missing(Path(".env"), or_folder=True):
        return {}, {}
    from cxcall.settings.dotenv_file import read_dotenv

    return read_dotenv()


def _choose_profile(above: Sequence[SettingsByName], file: ConfigFile) -> Setting:
    return find_setting("profile", above) or file.default_profile or default_setting("profile")


def _read_layers(flags: Flags) -> tuple[list[SettingsByName], Setting]:
    """Return the layers in order of precedence, and the profile that the last one comes from.

    The region of a flag takes precedence over the URL of another layer.
    """
    above, file = _layers_above_profile(flags), ConfigFile.read(config_path())
    profile = _choose_profile(above, file)
    layers = [*above, read_profile(profile, file)]
    if "region" in above[Layer.FLAGS] and "base_url" not in above[Layer.FLAGS]:
        for layer in layers[1:]:
            layer.pop("base_url", None)
            layer.pop("token_url", None)
    return layers, profile


def read_trusted_layers(
    flags: Flags,
) -> tuple[list[SettingsByName], Setting, list[Finding], list[Setting]]:
    """Return the layers without guards that `.env` would lower, the profile, and the warnings.

    The last value are the do-not-call lists of all sources but the first.
    """
    layers, profile = _read_layers(flags)
    if only_sandbox():
        from cxcall.settings.conflicts import drop_other_credentials

        layers = drop_other_credentials(layers)
    for layer in (layers[Layer.ENVIRONMENT], layers[-1]):
        if "do_not_call" in layer:
            check_absolute(layer["do_not_call"])
    if not (layers[Layer.DOTENV] or find_setting("do_not_call", layers)):
        return layers, profile, [], []
    from cxcall.settings.stricter_guards import drop_lowered_guards, take_do_not_call_lists

    layers, more_lists = take_do_not_call_lists(layers, flags)
    defaults = {name: default_setting(name) for name in DEFAULTS}
    layers, ignored = drop_lowered_guards(layers, defaults)
    return layers, profile, ignored, more_lists


def _find_weaker_guards(layers: Sequence[SettingsByName], profile: Setting) -> list[Finding]:
    """Return the errors on a profile that `.env` selects and whose guards are weaker than the usual profile's."""
    if not profile.layer.is_dotenv:
        return []
    from cxcall.settings.stricter_guards import find_weaker_guards

    file = ConfigFile.read(config_path())
    usual = file.profile_settings(file.default_profile or default_setting("profile"))
    return [*find_weaker_guards(profile, layers[-1], usual)]


def state_dir() -> Path:
    """Return the folder of the ledger and the tokens, which may not exist yet; raises UsageError for a relative one."""
    if folder := variable_folder("CXCALL_STATE_DIR"):
        return folder
    from platformdirs import user_state_path

    return user_state_path("cxcall", appauthor=False)


def config_dir() -> Path:
    """Return the folder of config.toml, which may not exist; raises UsageError for a relative one."""
    if folder := variable_folder("CXCALL_CONFIG_DIR"):
        return folder
    from platformdirs import user_config_path

    return user_config_path("cxcall", appauthor=False)


def config_path() -> Path:
    """Return the path of config.toml. It may not exist."""
    return config_dir() / "config.toml"
