"""`cxcall mcp`: serve checks to AI agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import GuardOptions, TargetOptions, flags_of
from cxcall.findings.errors import UsageError
from cxcall.output.output_options import OptionGroup, option

if TYPE_CHECKING:
    from cxcall.settings.sources import Flags

_STDIN = ("-", "/dev/stdin", "/dev/fd/0")
_PACKAGES = ("mcp", "mcp_types", "pydantic", "anyio")


app = CommandGroup()


class ServerOptions(OptionGroup):
    """What the person who starts the server sets: the destination, the guards, and operations to send."""

    target: TargetOptions
    guards: GuardOptions
    allow_send: bool = option(
        "--allow-send", "Add a tool that sends requests after a person agrees.", group="Safety"
    )
    operations: list[str] | None = option(
        "--operation NAME", "Add an operation that may be sent. Repeatable.", group="Safety"
    )


@app.command(
    "mcp",
    "cxcall mcp",
    "cxcall mcp --allow-send --operation execute --do-not-call dnc.txt --hours 08:00-21:00",
)
def mcp(options: ServerOptions) -> None:
    """Serve checks to AI agents.

    Speaks the Model Context Protocol on stdin and stdout, for a client that starts it. The tools validate payloads, explain failed requests, show operations and history, make dry runs, and run the preflight checks of doctor. Without --allow-send, there is no tool that sends. With it, the tool sends a request once, after a dry run has shown it and the client has asked a person. This command line sets the profile, the destination, and the guards; an agent cannot change them. Requires an extra: pip install 'cxcall[mcp]'.
    """
    _check_files(flags_of(options))
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


def _check_files(flags: Flags) -> None:
    """Raise UsageError for a file that cannot be read, or is stdin: the protocol uses it, so that a list would be empty."""
    from cxcall.contracts.contract import find_platform_contract, load_user_contract
    from cxcall.sending.call_guards import read_lists
    from cxcall.settings.settings import find_contract_file, find_platform, load_settings

    contract = find_contract_file(flags)
    _stop_on_stdin("--contract", contract)
    if contract:
        load_user_contract(contract)
    settings = load_settings(flags, find_platform_contract(find_platform(flags)))
    _stop_on_stdin("--do-not-call", *settings.do_not_call_files)
    read_lists(settings)


def _stop_on_stdin(flag: str, *paths: str) -> None:
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
