"""Start the program: what needs no command line is answered before one is built."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from cxcall import __version__

        print(f"cxcall {__version__}")  # noqa: T201 - before there is a screen
        return
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.cli import leave, run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.completion import complete

        print(complete(sys.argv[1:], os.environ))  # noqa: T201 - a shell reads it
        leave(0)
    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
