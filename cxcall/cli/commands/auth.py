"""`cxcall auth`: log in, show the credentials, print a token, log out, and choose the default profile."""

from cxcall.cli.actions.auth import log_in, log_out, print_token, show_credentials, switch_profile
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import COMMON, SettingsOptions, port_option
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup("Log in to the platform and show credentials.", COMMON)


class LoginOptions(OptionGroup):
    """How to log in; without `with_token` and `web`, with a client secret or an access key."""

    client_id: str | None = option("--client-id ID", "Set the ID of the OAuth client.")
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
    return log_in(options, output, target)


@app.command("status", "cxcall auth status", "cxcall auth status -o json")
def show_status(settings: SettingsOptions) -> Report:
    """Show the credentials in use and the source of each value.

    Also shows the host that they are for, and when the token expires.
    """
    return show_credentials(settings)


@app.command(
    "token",
    """printf 'Authorization: Bearer %s' "$(cxcall auth token)" | curl -H @- ...""",
    "cxcall auth token --profile eu",
)
def token(settings: SettingsOptions) -> Report:
    """Print a valid access token; request or refresh it if needed."""
    return print_token(settings)


@app.command("logout", "cxcall auth logout", "cxcall auth logout --profile eu")
def logout(target: SettingsOptions) -> Report:
    """Delete the stored tokens and secrets of the profile."""
    return log_out(target)


@app.command("switch", "cxcall auth switch eu", "cxcall config profiles")
def switch(profile: str = argument("NAME", "The name of a profile.", default=...)) -> Report:
    """Make a profile the default."""
    return switch_profile(profile)
