"""`cxcall auth`: log in, see who you are, hand the token to a script, log out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cxcall.cli.option_binding import accept_global_options, examples, expand_option_groups, new_app
from cxcall.cli.options import PlatformOptions, SettingsOptions, flags_of
from cxcall.output.options import OutputOptions
from cxcall.output.report import Report, Table

if TYPE_CHECKING:
    from cxcall.settings.settings import Settings

app = accept_global_options(new_app("Log in to the platform, and show as whom."))


@app.command(
    "login",
    epilog=examples(
        "cxcall auth login --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11 < client-secret.txt",
        "cxcall auth login --platform nice-cxone --region na1",
        "cxcall auth login --web --client-id 7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11",
    ),
)
@expand_option_groups
def login(
    output: OutputOptions,
    settings: SettingsOptions,
    platform: PlatformOptions,
    client_id: Annotated[
        str | None,
        typer.Option(
            "--client-id", metavar="ID", help="The OAuth client's ID.", show_default=False
        ),
    ] = None,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Read an access token from stdin and keep it.")
    ] = False,
    web: Annotated[bool, typer.Option("--web", help="Log in as a person, by the browser.")] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65535,
            help="Redirect to this port; 0 for any free.",
        ),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser; show the page's address.")
    ] = False,
) -> Report:
    """Log in: by client credentials, or for NICE CXone by an access key.

    The secret is asked for, or read from stdin, never a flag. Settings in the environment or in
    .env are used as they are. Operations that act as a user need a person's login: --web, with a
    client that has the redirect URI http://localhost.
    """
    from cxcall.credentials import tokens
    from cxcall.output.screen import Screen
    from cxcall.settings.settings import CXONE

    screen = Screen.standard(output)
    flags = {**flags_of(settings, platform), "client_id": client_id}
    settled = _settle(flags)
    if with_token:
        token = tokens.log_in_with_token(settled, screen.read_secret("Access token"))
    elif web:
        flags["client_id"] = settled.client_id or screen.read_line("Client ID")
        token = tokens.log_in_with_browser(
            _settle(flags), _shower(output, opens=not no_browser), port=port
        )
    else:
        is_cxone = settled.platform == CXONE
        noun, pair = ("Access key", "access_key") if is_cxone else ("Client", "client")
        known = settled.values[f"{pair}_id"].value or screen.read_line(f"{noun} ID")
        secret = settled.values[f"{pair}_secret"].value or screen.read_secret(f"{noun} secret")
        token = tokens.log_in(settled, known, secret)
    settled = _settle(flags)  # the API's address may be found only now
    found = tokens.get_status(settled)
    return Report(
        "auth login",
        findings=found.findings,
        data=found.as_dict(),
        text=f"logged in to {settled.base_url} ({token.kind}); kept in {found.storage}",
    )


@app.command("status", epilog=examples("cxcall auth status", "cxcall auth status -o json"))
@expand_option_groups
def status(settings: SettingsOptions, platform: PlatformOptions) -> Report:
    """Show who would send, to which host, until when, and where each value came from."""
    from cxcall.credentials import tokens
    from cxcall.findings.exit_codes import ExitCode, Outcome

    settled = _settle(flags_of(settings, platform))
    found = tokens.get_status(settled)
    return Report(
        "auth status",
        outcome=Outcome.OK if found.is_usable else Outcome.ERROR,
        exit_code=ExitCode.OK if found.is_usable else ExitCode.CREDENTIALS,
        findings=found.findings,
        data=found.as_dict(),
        table=Table(("", "VALUE", "SOURCE"), found.rows()),
    )


@app.command(
    "token",
    epilog=examples(
        'curl -H "Authorization: Bearer $(cxcall auth token)" ...', "cxcall auth token --profile eu"
    ),
)
@expand_option_groups
def token(settings: SettingsOptions, platform: PlatformOptions) -> Report:
    """Print an access token for a script; fetched or refreshed when there is need."""
    from cxcall.credentials import tokens

    settled = _settle(flags_of(settings, platform))
    found = tokens.get_token(settled)
    return Report(
        "auth token",
        data={"accessToken": found.value, "expiresAt": found.expires_at},
        text=found.value,
    )


@app.command("logout", epilog=examples("cxcall auth logout", "cxcall auth logout --profile eu"))
@expand_option_groups
def logout(settings: SettingsOptions, platform: PlatformOptions) -> Report:
    """Forget the tokens and secrets kept on this machine for the profile."""
    from cxcall.credentials import tokens

    settled = _settle(flags_of(settings, platform))
    removed = tokens.log_out(settled)
    text = f"removed {', '.join(removed)}" if removed else "nothing was kept; nothing to remove"
    return Report("auth logout", findings=settled.conflicts, data={"removed": removed}, text=text)


def _settle(flags: Mapping[str, str | None]) -> Settings:
    """Settle by the contract of the platform that the settings name."""
    from cxcall.contracts.contract import of_platform
    from cxcall.settings.settings import find_platform, load_settings

    return load_settings(flags, of_platform(find_platform(flags)))


def _shower(output: OutputOptions, *, opens: bool) -> Callable[[str], None]:
    """Return what shows a page to a person: the browser, and its address on stderr in any case."""
    from cxcall.output.screen import Screen

    screen = Screen.standard(output._replace(output="text"))

    def show(page: str) -> None:
        screen.print_diagnostic(
            f"log in at this page, as the person who is to be called from:\n{page}"
        )
        if opens:
            import webbrowser
            from threading import Thread

            # A browser of the terminal keeps its caller waiting.
            Thread(target=webbrowser.open, args=(page,), daemon=True).start()

    return show
