"""Start the program: what needs no command line is answered before one is built."""

import _signal  # type: ignore[import-not-found]  # built in and loaded; `signal` itself takes time to load
import sys


def main() -> None:
    """Run the command that `sys.argv` names, and leave with its exit code."""
    noted = _note_signals()
    import os

    from cxcall.runtime.process_exit import exit_process

    if sys.argv[1:] == ["--version"]:
        from cxcall.version import __version__

        exit_process(0, f"cxcall {__version__}\n")
    import gc

    # A command is over before its garbage matters: collecting it costs 8 % of a send.
    gc.disable()
    from cxcall.runtime import signals

    signals.noted = noted
    from cxcall.cli.main import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.cli.completion import complete

        exit_process(0, complete(sys.argv[1:], os.environ) + "\n")
    exit_process(run(sys.argv[1:]))


def _note_signals() -> "list[int]":
    """Note SIGINT and SIGTERM from here on, and return the list of those that came.

    An exception in the middle of an import could be lost, or end a library in Rust with a panic.
    """
    noted: list[int] = []

    def note(number: int, _frame: object) -> None:
        noted.append(number)

    for number in (_signal.SIGINT, _signal.SIGTERM):
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, note)
    return noted


if __name__ == "__main__":
    main()
