"""Start the program: what needs no command line is answered before one is built."""

import os
import sys

from cxcall.departure import leave


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from cxcall import __version__

        print(f"cxcall {__version__}")  # noqa: T201 - before there is a screen
        leave(0)
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.cli import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.completion import complete

        print(complete(sys.argv[1:], os.environ))  # noqa: T201 - a shell reads it
        leave(0)
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
