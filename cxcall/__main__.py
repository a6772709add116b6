"""Start the program: what needs no command line is answered before one is built."""

import os
import sys

from cxcall.runtime.process_exit import exit_process


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from cxcall.version import __version__

        exit_process(0, f"cxcall {__version__}\n")
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.cli.main import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.cli.completion import complete

        exit_process(0, complete(sys.argv[1:], os.environ) + "\n")
    exit_process(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
