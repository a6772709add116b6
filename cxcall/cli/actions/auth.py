"""Run `cxcall auth`: log in, show the credentials, print a token, log out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.cli.actions.config import settings_of_platform
from cxcall.credentials import tokens
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.named_tuple import NamedTuple
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.settings.settings import CXONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxcall.credentials.store import Token
    from cxcall.output.options import OutputOptions
    from cxcall.settings.settings import Settings

    Flags = Mapping[str, str | None]


class LoginOptions(NamedTuple):
    """How to log in; without `with_token` and `web`, with a client secret or an access key."""

    with_token: bool
    web: bool
    port: int
    open_browser: bool


def log_in(flags: Flags, options: LoginOptions, output: OutputOptions) -> Report:
    """Log in, store the secret, and return who is logged in."""
    screen = Screen.standard(output)
    settings = settings_of_platform(flags)
    if options.with_token:
        token = tokens.log_in_with_token(settings, screen.read_secret("Access token"))
    elif options.web:
        flags = {**flags, "client_id": settings.client_id or screen.read_line("Client ID")}
        show = _page_opener(output, open_browser=options.open_browser)
        token = tokens.log_in_with_browser(settings_of_platform(flags), show, port=options.port)
    else:
        token = _log_in_with_secret(settings, screen)
    settings = settings_of_platform(flags)  # a CXone login finds the host of the tenant
    status = tokens.get_status(settings)
    return Report(
        "auth login",
        findings=status.findings,
        data=status.as_dict(),
        text=f"logged in to {settings.base_url} ({token.kind}); stored in {status.storage}",
    )


def _log_in_with_secret(settings: Settings, screen: Screen) -> Token:
    is_cxone = settings.platform == CXONE
    noun, pair = ("Access key", "access_key") if is_cxone else ("Client", "client")
    identifier = settings.values[f"{pair}_id"].value or screen.read_line(f"{noun} ID")
    secret = settings.values[f"{pair}_secret"].value or screen.read_secret(f"{noun} secret")
    return tokens.log_in(settings, identifier, secret)


def _page_opener(output: OutputOptions, *, open_browser: bool) -> Callable[[str], None]:
    """Return a function that prints the address of a page to stderr, and may open it in the browser."""
    screen = Screen.standard(output._replace(output="text"))

    def show(page: str) -> None:
        screen.print_diagnostic(f"log in at this page, as the user who places the calls:\n{page}")
        if open_browser:
            import webbrowser
            from threading import Thread

            # A text-mode browser blocks its caller.
            Thread(target=webbrowser.open, args=(page,), daemon=True).start()

    return show


def show_status(flags: Flags) -> Report:
    """Return the credentials in use, each value with its source; exit code 4 if there are none."""
    status = tokens.get_status(settings_of_platform(flags))
    return Report(
        "auth status",
        outcome=Outcome.OK if status.is_usable else Outcome.ERROR,
        exit_code=ExitCode.OK if status.is_usable else ExitCode.CREDENTIALS,
        findings=status.findings,
        data=status.as_dict(),
        table=Table(("", "VALUE", "SOURCE"), status.rows()),
    )


def show_token(flags: Flags) -> Report:
    """Return a valid access token, which is requested or refreshed if needed."""
    token = tokens.get_token(settings_of_platform(flags))
    data = {"accessToken": token.value, "expiresAt": token.expires_at}
    return Report("auth token", data=data, text=token.value, shows_secret=True)


def log_out(flags: Flags) -> Report:
    """Delete the stored tokens and secrets of the profile."""
    settings = settings_of_platform(flags)
    removed = tokens.log_out(settings)
    text = f"removed {', '.join(removed)}" if removed else "nothing was stored; nothing to remove"
    return Report("auth logout", findings=settings.conflicts, data={"removed": removed}, text=text)
