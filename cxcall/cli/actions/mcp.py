"""Start the MCP server if its packages are installed and its options can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from cxcall.cli.commands.mcp import ServerOptions
    from cxcall.settings.sources import Flags

_STDIN = ("-", "/dev/stdin", "/dev/fd/0")
_PACKAGES = ("mcp", "mcp_types", "pydantic", "anyio")


def serve_agents(options: ServerOptions) -> None:
    """Serve the tools until stdin ends; raises UsageError without the extra `mcp`."""
    _stop_on_stdin(options.flags)
    operations = _allowed(options)
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
    serve(options, operations)


def _stop_on_stdin(flags: Flags) -> None:
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


def _allowed(options: ServerOptions) -> tuple[str, ...]:
    """Return the operations that may be sent; raises UsageError for an unknown one, or for none."""
    from cxcall.contracts.contract import load_operation

    names, contract = tuple(options.operations or ()), options.target.own_contract
    if bool(names) != options.allow_send:
        missing = "--operation" if options.allow_send else "--allow-send"
        raise UsageError(
            "`--allow-send` and `--operation` belong together",
            where=missing,
            fix=f"add `{missing}{' NAME' if options.allow_send else ''}`: only the operations that you name can be sent",
        )
    for name in names:
        if load_operation(name, contract).is_for_login:
            raise UsageError(
                f"`{name}` cannot be sent: it takes secrets",
                where="--operation",
                fix="log in with `cxcall auth login`",
            )
    return names
