"""`cxcall mcp`: serve checks to AI agents."""

from cxcall.cli.option_binding import new_app
from cxcall.cli.options.mcp import ServerOptions
from cxcall.findings.errors import UsageError

app = new_app()
_STDIN = ("-", "/dev/stdin", "/dev/fd/0")
_PACKAGES = ("mcp", "mcp_types", "pydantic", "anyio")


@app.add_command(
    "mcp",
    "cxcall mcp",
    "cxcall mcp --root payloads --profile sandbox",
    "cxcall mcp --allow-send --operation execute --do-not-call dnc.txt --hours 08:00-21:00",
)
def mcp(options: ServerOptions) -> None:
    """Serve checks to AI agents.

    Speaks the Model Context Protocol on stdin and stdout, for a client that starts it. The tools validate payloads, explain failed requests, show operations and history, make dry runs, and run the preflight checks of doctor. Without --allow-send, there is no tool that sends. With it, the tool sends a request once, after a dry run has shown it and the client has asked a person. This command line sets the profile, the destination, and the guards; an agent cannot change them. Requires an extra: pip install 'cxcall[mcp]'.
    """
    _stop_on_stdin(options.flags)
    try:
        from cxcall.cli.mcp_server.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise UsageError(
            "`cxcall mcp` needs the extra `mcp`",
            where="mcp",
            fix="install it: `pip install 'cxcall[mcp]'`",
        ) from None
    serve(options)


def _stop_on_stdin(flags: dict[str, str | None]) -> None:
    """Raise UsageError if a file is stdin: the protocol uses it, so that a list would be read as empty."""
    from cxcall.contracts.contract import find_platform_contract
    from cxcall.settings.settings import find_platform, load_settings

    files = {"--contract": [flags["contract"]]}
    if flags["contract"] not in _STDIN:
        settings = load_settings(flags, find_platform_contract(find_platform(flags)))
        files["--do-not-call"] = list(settings.do_not_call_files)
    for flag, paths in files.items():
        if any(path in _STDIN for path in paths):
            raise UsageError(
                f"`{flag}` cannot be stdin: the protocol uses it", where=flag, fix="name a file"
            )
