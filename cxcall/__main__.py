"""Start the program: what needs no command line is answered before one is built."""

import os
import sys

from cxcall.runtime.process_exit import exit_process

_UNUSED = (
    *("ipaddress", "linecache", "platform", "subprocess", "tokenize"),
    *("difflib:get_close_matches", "gettext:gettext", "shutil:get_terminal_size", "uuid:UUID"),
    "traceback:FrameSummary StackSummary",
    "typer.completion:get_completion_inspect_parameters",
)


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from cxcall.version import __version__

        exit_process(0, f"cxcall {__version__}\n")
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.lean import lazy
    from cxcall.pattern import lazy_patterns

    # What Typer loads for features that no command uses costs 6 % of a send.
    with lazy_patterns(), lazy(*_UNUSED):
        from cxcall.cli.main import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.cli.completion import complete

        exit_process(0, complete(sys.argv[1:], os.environ) + "\n")
    exit_process(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
