"""The options of `auth`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.shared_options import port_option
from cxcall.output.output_options import OptionGroup, option


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
