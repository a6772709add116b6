"""Start the program: what needs no command line is answered before one is built."""

import os
import sys

from cxcall.departure import leave

_UNUSED = (
    *("ipaddress", "linecache", "platform", "subprocess", "tokenize"),
    *("difflib:get_close_matches", "gettext:gettext", "shutil:get_terminal_size", "uuid:UUID"),
    "traceback:FrameSummary StackSummary",
    "typer.completion:get_completion_inspect_parameters",
)


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from cxcall import __version__

        print(f"cxcall {__version__}")  # noqa: T201 - before there is a screen
        leave(0)
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.lean import lazy
    from cxcall.pattern import lazy_patterns

    # What Typer loads for features that no command uses costs 6 % of a send.
    with lazy_patterns(), lazy(*_UNUSED):
        from cxcall.cli import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.completion import complete

        print(complete(sys.argv[1:], os.environ))  # noqa: T201 - a shell reads it
        leave(0)
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
