"""`cxcall auth`: log in, show the credentials, print a token, log out."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.option_binding import accept_global_options, new_app
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import SettingsOptions, flags_of
from cxcall.cli.single_command_options import LoginOptions
from cxcall.output.output_options import OutputOptions, argument
from cxcall.output.report import Report

app = accept_global_options(new_app("Log in to the platform and show credentials."))


@app.add_command(
    "login",
    "cxcall auth login --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11 < client-secret.txt",
    "cxcall auth login --platform nice-cxone --region na1 --profile cxone",
    "cxcall auth login --web --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11",
    rules=[Exclusion(("--with-token", "--web", "--basic", "--api-key"))],
)
def login(
    options: LoginOptions,
    output: OutputOptions,
    settings: SettingsOptions,
) -> Report:
    """Log in with client credentials, an access key, or a browser.

    Asks for the platform, the region, and the ID if no flag or setting has them, and keeps them in the
    profile, which is created if it is missing. NICE CXone uses access keys. The secret is prompted for,
    or read from stdin; no flag takes it. Operations that act as a user need --web, with a client that
    has the redirect URI http://localhost.
    """
    from cxcall.cli.actions.auth import log_in

    return log_in({**flags_of(settings), "client_id": options.client_id}, options, output)


@app.add_command("status", "cxcall auth status", "cxcall auth status -o json")
def status(settings: SettingsOptions) -> Report:
    """Show the credentials in use and the source of each value.

    Also shows the host that they are for, and when the token expires.
    """
    from cxcall.cli.actions.auth import show_status

    return show_status(flags_of(settings))


@app.add_command(
    "token",
    'curl -H "Authorization: Bearer $(cxcall auth token)" ...',
    "cxcall auth token --profile eu",
)
def token(settings: SettingsOptions) -> Report:
    """Print a valid access token; request or refresh it if needed."""
    from cxcall.cli.actions.auth import show_token

    return show_token(flags_of(settings))


@app.add_command("logout", "cxcall auth logout", "cxcall auth logout --profile eu")
def logout(settings: SettingsOptions) -> Report:
    """Delete the stored tokens and secrets of the profile."""
    from cxcall.cli.actions.auth import log_out

    return log_out(flags_of(settings))


@app.add_command("switch", "cxcall auth switch eu", "cxcall config profiles")
def switch(name: str = argument("NAME", "The name of a profile.", default=...)) -> Report:
    """Make a profile the default."""
    from cxcall.cli.actions.config import switch_profile

    return switch_profile(name)
