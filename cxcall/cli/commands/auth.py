"""`cxcall auth`: log in, show the credentials, print a token, log out, and choose the default profile."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.commands.config import chosen_profile, settings_of_platform
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import COMMON, SettingsOptions, flags_of, port_option
from cxcall.contracts.contract import find_platform_contract
from cxcall.contracts.openapi_document import CXONE, PLATFORMS
from cxcall.credentials import login_and_logout, token_provider
from cxcall.credentials.access_token import EXPLICIT, credentials_error
from cxcall.credentials.client_selection import grant_kind, require_token_url
from cxcall.credentials.oauth_client import ACCESS_KEY, check_id
from cxcall.credentials.status import get_status
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.settings import profile_changes
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.settings import (
    config_path,
    find_platform,
    find_profile,
    read_profile,
    read_trusted_layers,
)
from cxcall.settings.sources import DEFAULTS, GC_PREFIX, Layer, Setting, check_values, find_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxcall.credentials.access_token import Token
    from cxcall.settings.sources import Flags

_PLATFORM_SETTINGS = ("platform", "region", "base_url", "client_id", "access_key_id")


app = CommandGroup("Log in to the platform and show credentials.", COMMON)


class LoginOptions(OptionGroup):
    """How to log in; without `with_token` and `web`, with a client secret or an access key."""

    client_id: str | None = option(
        "--client-id ID", "Set the ID of the OAuth client or the access key."
    )
    with_token: bool = option("--with-token", "Read an access token from stdin and store it.")
    basic: bool = option("--basic", "Store a user name and a password for your own API document.")
    api_key: bool = option("--api-key", "Read an API key for your own document and store it.")
    web: bool = option("--web", "Log in as a user, in the browser.")
    port: int = port_option("Redirect to this port; 0 is any free port.")
    no_browser: bool = option(
        "--no-browser", "Print the URL of the login page; do not open a browser."
    )


@app.command(
    "login",
    "cxcall auth login --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11 < client-secret.txt",
    "cxcall auth login --platform nice-cxone --region na1 --profile cxone",
    "cxcall auth login --web --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11",
    rules=[Exclusion(("--with-token", "--web", "--basic", "--api-key"))],
)
def login(options: LoginOptions, output: OutputOptions, target: SettingsOptions) -> Report:
    """Log in with client credentials, an access key, or a browser.

    Asks for the platform, the region, and the ID if no flag or setting has them, and keeps them in the
    profile, which is created if it is missing. NICE CXone uses access keys. The secret is prompted for,
    or read from stdin; no flag takes it. Operations that act as a user need --web, with a client that
    has the redirect URI http://localhost.
    """
    flags: Flags = {**flags_of(target), "client_id": options.client_id}
    screen = Screen.standard(output)
    profile = find_profile(flags)
    # The `.env` of a folder must not create a profile.
    can_create = profile.layer in (Layer.FLAGS, Layer.ENVIRONMENT)
    with profile_changes.new_profile(config_path(), profile) if can_create else nullcontext():
        if options.basic or options.api_key:
            return _store_credentials(flags, screen, profile, is_basic=options.basic)
        flags = _ask_destination(flags, screen)
        flags, identifier = _ask_identifier(flags, options, screen)
        values = _values_to_keep(profile, flags, identifier)
        token = _request_token(flags, options, output, identifier)
        kept = _keep_in_profile(profile, values)
    settings = settings_of_platform(flags)  # a CXone login finds the host of the tenant
    status = get_status(settings)
    done = f"logged in to {settings.base_url} ({token.kind})"
    if token.kind == EXPLICIT:
        done = f"the access token for {settings.base_url} was not verified"
    text = f"{done}; stored in {status.storage}{kept}"
    return Report("auth login", findings=status.findings, data=status.as_dict(), text=text)


@app.command("status", "cxcall auth status", "cxcall auth status -o json")
def show_status(settings: SettingsOptions) -> Report:
    """Show the credentials in use and the source of each value.

    Also shows the host that they are for, and when the token expires.
    """
    status = get_status(settings_of_platform(flags_of(settings)))
    return Report(
        "auth status",
        outcome=Outcome.OK if status.is_usable else Outcome.ERROR,
        exit_code=ExitCode.OK if status.is_usable else ExitCode.CREDENTIALS,
        findings=status.findings,
        data=status.as_dict(),
        table=Table(("SETTING", "VALUE", "SOURCE"), status.rows()).joining_sources(),
    )


@app.command(
    "token",
    """printf 'Authorization: Bearer %s' "$(cxcall auth token)" | curl -H @- ...""",
    "cxcall auth token --profile eu",
)
def token(settings: SettingsOptions) -> Report:
    """Print a valid access token; request or refresh it if needed."""
    token = token_provider.get_token(settings_of_platform(flags_of(settings)))
    data = {"accessToken": token.value, "expiresAt": token.expires_at}
    return Report("auth token", data=data, text=token.value, shows_secret=True)


@app.command("logout", "cxcall auth logout", "cxcall auth logout --profile eu")
def logout(target: SettingsOptions) -> Report:
    """Delete the stored tokens and secrets of the profile."""
    chosen = chosen_profile(flags_of(target))
    profile = chosen.value
    removed, problems = login_and_logout.delete_login(profile)
    if not (removed or problems):  # a profile with a misspelled name has no login
        read_profile(chosen, ConfigFile.read(config_path()), can_create=False)
    nothing = f"profile `{profile}` {'is logged out' if problems else 'has no login'}"
    return Report(
        "auth logout",
        outcome=Outcome.ERROR if problems else Outcome.OK,
        exit_code=ExitCode.USAGE if problems else ExitCode.OK,
        findings=problems,
        data={"removed": removed},
        text=f"removed {', '.join(removed)}" if removed else nothing,
    )


@app.command("switch", "cxcall auth switch eu", "cxcall config profiles")
def switch(profile: str = argument("NAME", "The name of a profile.", default=...)) -> Report:
    """Make a profile the default."""
    profile_changes.set_default_profile(config_path(), profile)
    return Report(
        "auth switch", data={"profile": profile}, text=f"`{profile}` is now the default profile"
    )


def _store_credentials(flags: Flags, screen: Screen, profile: Setting, *, is_basic: bool) -> Report:
    """Store Basic credentials or an API key for the profile and its host; nothing is requested with them."""
    from cxcall.credentials.request_credentials import store_credentials

    settings = settings_of_platform(flags)
    token_provider.check_trust(settings, Layer.LOGIN)  # before a person types a secret
    username = (
        (settings.username or _read(screen, "User name", "CXCALL_USERNAME")) if is_basic else ""
    )
    secret = _read_secret(screen, "Password" if is_basic else "API key")
    # The default profile, and one for a platform, keep their destination: other calls and a token go there, too.
    own = ConfigFile.read(config_path()).profiles.get(profile.value, {})
    is_own = profile.value != DEFAULTS["profile"] and own.keys().isdisjoint(_PLATFORM_SETTINGS)
    values = _values_to_keep(profile, flags) if is_own else {}
    storage = store_credentials(settings, username, secret)
    text = f"stored for {settings.base_url} in {storage}{_keep_in_profile(profile, values)}"
    return Report("auth login", data={"baseUrl": settings.base_url, "keptIn": storage}, text=text)


def _ask_destination(flags: Flags, screen: Screen) -> Flags:
    """Return the flags with the platform and region; asks a person for those that no setting has."""
    layers = read_trusted_layers(flags)[0]
    if not screen.is_interactive or any(
        find_setting(name, layers) for name in ("region", "base_url")
    ):
        return flags
    platform = find_platform(flags)
    if not platform:
        answer = screen.read_line(f"Platform: {', '.join(PLATFORMS)} [{PLATFORMS[0]}]")
        platform = answer or PLATFORMS[0]
        check_values([{"platform": Setting(platform, "answer", locate=lambda: "stdin")}])
    if platform == CXONE:  # no default: a key is sent there
        prompt, default = "Area, such as na1, or the URL of the API", ""
    else:
        contract = find_platform_contract(platform)
        urls = {name: contract.base_url(domain) for name, domain in contract.regions.items()}
        default = next((name for name in urls if urls[name] == contract.base_url()), "")
        prompt = f"Region, or the URL of the API [{default}]"
    answer = screen.read_line(prompt) or default
    chosen: Flags = {
        **flags,
        "platform": platform,
        "base_url" if "://" in answer else "region": answer,
    }
    settings_of_platform(chosen)  # raises UsageError for an invalid answer
    return chosen


def _ask_identifier(flags: Flags, options: LoginOptions, screen: Screen) -> tuple[Flags, str]:
    """Return the flags with the ID of the client or the access key, and its setting; asks for it if no setting has it."""
    settings = settings_of_platform(flags)
    token_provider.check_trust(settings, Layer.LOGIN)  # before a person types an ID or a secret
    if options.with_token:
        return flags, "client_id"
    token_provider.stop_on_conflicts(settings)
    if options.web:
        client_id = settings.client_id or _read_id(screen, "client ID", "--client-id")
        return {**flags, "client_id": client_id}, "client_id"
    is_key = grant_kind(settings) == ACCESS_KEY
    if is_key and options.client_id and not settings.client_secret:  # no application has this ID
        flags = {**flags, "client_id": None, "access_key_id": options.client_id}
        settings = settings_of_platform(flags)
    require_token_url(settings)  # before a person types the secret
    if is_key:
        name, noun, source = "access_key_id", "access key ID", "CXCALL_ACCESS_KEY_ID"
    else:
        name, noun, source = "client_id", "client ID", "--client-id"
    is_known = settings.values[name].value
    return flags if is_known else {**flags, name: _read_id(screen, noun, source)}, name


def _request_token(
    flags: Flags, options: LoginOptions, output: OutputOptions, identifier: str
) -> Token:
    """Log in, and return the token. `identifier` is the setting of the ID."""
    screen, settings = Screen.standard(output), settings_of_platform(flags)
    if options.with_token:
        token = _read_secret(screen, "Access token")
        return login_and_logout.log_in_with_token(settings, token)
    if options.web:
        show = _page_opener(output, open_browser=not options.no_browser)
        return login_and_logout.log_in_with_browser(settings, show, port=options.port)
    noun, name = (
        ("Access key", "access_key_secret")
        if identifier == "access_key_id"
        else ("Client", "client_secret")
    )
    secret = settings.values[name].value or _read_secret(screen, f"{noun} secret")
    return login_and_logout.store_login(settings, settings.values[identifier].value, secret)


def _read(screen: Screen, prompt: str, name: str) -> str:
    """Return what a person types, or a line of stdin; raises CredentialsError if stdin has none. `name` is its setting."""
    if not (text := screen.read_line(prompt)) and not screen.is_interactive:
        fix = f"set `{name}`, and pipe the secret into stdin"
        raise credentials_error(f"`{name}` is required without a terminal", fix, where=name)
    return text


def _read_id(screen: Screen, noun: str, name: str) -> str:
    """Return an ID that a person types, or a line of stdin; raises CredentialsError before a secret is asked for."""
    text = _read(screen, f"{noun[0].upper()}{noun[1:]}", name)
    return check_id(noun, Setting(text, name))


def _read_secret(screen: Screen, prompt: str) -> str:
    """Return a secret from a person or from stdin; raises CredentialsError if stdin has none."""
    if not (secret := screen.read_secret(prompt)) and not screen.is_interactive:
        message = f"{prompt} is required on stdin without a terminal"
        raise credentials_error(message, "pipe it into stdin", where="stdin")
    return secret


def _values_to_keep(profile: Setting, flags: Flags, identifier: str = "") -> dict[str, Any]:
    """Return the values that the person entered, for the profile; raises UsageError if it cannot be changed.

    `identifier` is the setting of the ID. Values from the environment are not kept.
    """
    if profile.value.startswith(GC_PREFIX) or profile.layer.is_dotenv:
        return {}
    names = ("platform", "region", "base_url", identifier)
    contract = find_platform_contract(find_platform(flags))
    values = {
        name: profile_changes.checked_value(name, value, contract)
        for name in names
        if (value := flags.get(name))
    }
    if values:
        profile_changes.check_changeable(config_path())
    return values


def _keep_in_profile(profile: Setting, values: Mapping[str, Any]) -> str:
    """Write values to the profile, and return a line that names them."""
    if not values:
        return ""
    profile_changes.change_profile(config_path(), profile.value, values)
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"\nprofile `{profile.value}` now has {shown}"


def _page_opener(output: OutputOptions, *, open_browser: bool) -> Callable[[str], None]:
    """Return a function that prints the address of a page to stderr, and may open it in the browser."""
    screen = Screen.standard(output._replace(output="text"))

    def show(page: str) -> None:
        screen.print_diagnostic(f"log in at this page, as the user who places the calls:\n{page}")
        if open_browser:
            from threading import Thread

            from cxcall.credentials.browser_login import open_page

            # A browser that was named in `BROWSER` may block its caller.
            Thread(target=open_page, args=(page,), daemon=True).start()

    return show
